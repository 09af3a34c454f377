//! Dashboards over HTTP: what is kept, what is refused, and with which words.

use crate::test_client::{Client, run, text};
use axum::body::Body;
use axum::response::Response;
use http::{Request, StatusCode};
use serde_json::{Value, json};

const BASE: &str = "/api/flyball/v1";

async fn send(client: &Client, method: &str, path: &str, body: &Value) -> Response {
    let request = Request::builder().method(method).uri(format!("{BASE}{path}"));
    let request = request.header("host", "localhost").header("content-type", "application/json");
    client.send(request.body(Body::from(body.to_string())).unwrap()).await
}

/// Status and JSON of an answer.
async fn ask(client: &Client, line: &str, body: Value) -> (StatusCode, Value) {
    let (method, path) = line.split_once(' ').unwrap();
    let response = send(client, method, path, &body).await;
    let status = response.status();
    let text = text(response).await;
    let json = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (status, json)
}

async fn error(client: &Client, line: &str, body: Value) -> String {
    let (status, json) = ask(client, line, body).await;
    format!("{} {}", status.as_u16(), json["error"].as_str().unwrap_or_default())
}

fn board(title: &str) -> Value {
    json!({"title": title, "tags": ["t"], "panels": [
        {"type": "graph", "title": "p", "targets": [{"expr": "up"}]}]})
}

#[test]
fn a_dashboard_is_imported_listed_shown_changed_and_deleted() {
    run(async {
        let client = Client::new();
        let (status, dry) = ask(
            &client,
            "POST /dashboards/import",
            json!({"dashboard": board("Load"), "dry_run": true}),
        )
        .await;
        assert_eq!((status, &dry["uid"]), (StatusCode::OK, &json!("load")));
        assert_eq!(dry["dashboard"]["panels"][0]["type"], "timeseries");
        assert_eq!(dry["report"][0]["message"], "graph became timeseries");
        assert!(error(&client, "GET /dashboards/load", json!(null)).await.starts_with("404 "));

        let import = json!({"dashboard": board("Load")});
        assert_eq!(ask(&client, "POST /dashboards/import", import.clone()).await.1["uid"], "load");
        assert_eq!(ask(&client, "POST /dashboards/import", import).await.1["uid"], "load-2");

        let (_, shown) = ask(&client, "GET /dashboards/load", json!(null)).await;
        assert_eq!(shown["meta"]["version"], 1);
        assert_eq!(shown["meta"]["updated"], "1970-01-01T00:05:00Z");
        assert_eq!(shown["dashboard"]["schemaVersion"], 41);

        let change = json!({"dashboard": board("Loads"), "version": 1, "message": "plural"});
        let (_, meta) = ask(&client, "PUT /dashboards/load", change.clone()).await;
        assert_eq!((&meta["version"], &meta["message"]), (&json!(2), &json!("plural")));
        assert_eq!(
            error(&client, "PUT /dashboards/load", change).await,
            "409 version 1 is no longer the last one: \"anonymous\" saved version 2"
        );
        let (_, list) = ask(&client, "GET /dashboards?query=loads&tag=t", json!(null)).await;
        let uids: Vec<&Value> =
            list["dashboards"].as_array().unwrap().iter().map(|one| &one["uid"]).collect();
        assert_eq!(uids, [&json!("load")]);

        let (status, _) = ask(&client, "DELETE /dashboards/load", json!(null)).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(
            error(&client, "DELETE /dashboards/load", json!(null)).await,
            "404 there is no dashboard \"load\""
        );
    });
}

#[test]
fn versions_are_listed_shown_and_restored() {
    run(async {
        let client = Client::new();
        let save = |title: &str| json!({"dashboard": board(title)});
        ask(&client, "PUT /dashboards/a", save("one")).await;
        ask(&client, "PUT /dashboards/a", save("two")).await;
        let (_, versions) = ask(&client, "GET /dashboards/a/versions", json!(null)).await;
        assert_eq!(versions["versions"][0]["title"], "two");
        assert_eq!(versions["versions"][1]["version"], 1);
        let (_, first) = ask(&client, "GET /dashboards/a/versions/1", json!(null)).await;
        assert_eq!(first["dashboard"]["title"], "one");
        let (_, found) = ask(&client, "GET /dashboards/a/diff", json!(null)).await;
        let title = json!({"place": "title", "old": "\"one\"", "new": "\"two\""});
        assert_eq!(found, json!({"from": 1, "to": 2, "differences": [title]}));
        let (_, back) = ask(&client, "GET /dashboards/a/diff?from=2&to=1", json!(null)).await;
        assert_eq!(back["differences"][0]["new"], "\"one\"");
        assert_eq!(
            error(&client, "GET /dashboards/a/diff?from=7", json!(null)).await,
            "404 dashboard \"a\" has no version 7"
        );
        let draft = json!({"dashboard": board("three")});
        let (_, found) = ask(&client, "POST /dashboards/a/diff", draft).await;
        let title = json!({"place": "title", "old": "\"two\"", "new": "\"three\""});
        assert_eq!(found, json!({"from": 2, "to": null, "differences": [title]}));
        let draft = json!({"dashboard": board("three"), "from": 1});
        let (_, found) = ask(&client, "POST /dashboards/a/diff", draft).await;
        assert_eq!(found["differences"][0]["old"], "\"one\"");
        let refused = error(&client, "POST /dashboards/a/diff", json!({"dashboard": 1})).await;
        assert!(refused.starts_with("400 "), "{refused}");
        let (_, meta) = ask(&client, "POST /dashboards/a/versions/1/restore", json!(null)).await;
        assert_eq!(meta["message"], "restored from version 1");
        let (_, shown) = ask(&client, "GET /dashboards/a", json!(null)).await;
        assert_eq!(
            (&shown["dashboard"]["title"], &shown["meta"]["version"]),
            (&json!("one"), &json!(3))
        );
        assert_eq!(
            error(&client, "POST /dashboards/a/versions/9/restore", json!(null)).await,
            "404 dashboard \"a\" has no version 9"
        );
        let response = send(&client, "GET", "/dashboards/a/export", &json!(null)).await;
        assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"a.json\"");
        let file: Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!((&file["uid"], &file["id"]), (&json!("a"), &Value::Null));
    });
}

#[test]
fn stars_and_folders_are_kept() {
    run(async {
        let client = Client::new();
        let (_, folder) = ask(&client, "POST /folders", json!({"title": "Team A"})).await;
        assert_eq!(folder, json!({"uid": "team-a", "title": "Team A", "provisioned": false}));
        let save = json!({"dashboard": board("one"), "folder": "team-a"});
        let (_, meta) = ask(&client, "PUT /dashboards/a", save).await;
        assert_eq!(meta["folderTitle"], "Team A");
        ask(&client, "PUT /dashboards/a/star", json!(null)).await;
        let (_, list) = ask(&client, "GET /dashboards?starred=true", json!(null)).await;
        assert_eq!(list["dashboards"][0]["starred"], true);
        ask(&client, "DELETE /dashboards/a/star", json!(null)).await;
        let (_, list) = ask(&client, "GET /dashboards?starred=true", json!(null)).await;
        assert_eq!(list["dashboards"], json!([]));
        assert!(error(&client, "DELETE /folders/team-a", json!(null)).await.starts_with("409 "));
        ask(&client, "PUT /folders/team-a", json!({"title": "Team B"})).await;
        let (_, folders) = ask(&client, "GET /folders", json!(null)).await;
        assert_eq!(folders[0]["title"], "Team B");
        let lost = json!({"dashboard": board("one"), "folder": "nowhere"});
        assert_eq!(
            error(&client, "PUT /dashboards/a", lost).await,
            "404 there is no folder \"nowhere\""
        );
    });
}

#[test]
fn annotations_are_found_by_time_and_tags() {
    run(async {
        let client = Client::new();
        let deploy =
            json!({"time": 1000, "timeEnd": 2000, "tags": ["deploy", "api"], "text": "v2"});
        let (_, created) = ask(&client, "POST /annotations", deploy).await;
        assert_eq!(created, json!({"id": 1}));
        ask(&client, "POST /annotations", json!({"text": "now"})).await;
        let (_, found) =
            ask(&client, "GET /annotations?from=0&to=1500&tags=deploy", json!(null)).await;
        assert_eq!(
            found["annotations"],
            json!([{"id": 1, "time": 1000, "timeEnd": 2000, "tags": ["deploy", "api"],
                "text": "v2", "author": "anonymous"}])
        );
        let (_, found) = ask(&client, "GET /annotations?from=2001&tags=deploy", json!(null)).await;
        assert_eq!(found["annotations"], json!([]));
        assert_eq!(
            error(&client, "POST /annotations", json!({})).await,
            "400 an annotation has a text or tags"
        );
        let (status, _) = ask(&client, "DELETE /annotations/1", json!(null)).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert!(error(&client, "DELETE /annotations/1", json!(null)).await.starts_with("404 "));
    });
}

#[test]
fn what_is_no_dashboard_is_refused() {
    run(async {
        let client = Client::new();
        let refused = |body: Value| error(&client, "POST /dashboards/import", body);
        assert!(refused(json!({"dashboard": 5})).await.starts_with("400 a dashboard is a JSON"));
        assert!(refused(json!({})).await.starts_with("400 the body is not as described"));
        let bad = json!({"dashboard": board("x"), "uid": "a/b"});
        assert!(refused(bad).await.contains("expected letters"));
        let taken = json!({"dashboard": {"uid": "u", "title": "t", "panels": []}});
        ask(&client, "POST /dashboards", taken.clone()).await;
        assert!(error(&client, "POST /dashboards", taken).await.starts_with("409 "));
    });
}
