//! What clients of Grafana do, in its shapes.

use crate::test_client::{Client, run, text};
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

/// Status and JSON of `METHOD PATH` below `/grafana/api`.
async fn ask(client: &Client, line: &str, body: Value) -> (u16, Value) {
    let (method, path) = line.split_once(' ').unwrap();
    let request = Request::builder().method(method).uri(format!("/grafana/api{path}"));
    let request = request.header("host", "localhost").header("content-type", "application/json");
    let response = client.send(request.body(Body::from(body.to_string())).unwrap()).await;
    let status = response.status().as_u16();
    (status, serde_json::from_str(&text(response).await).unwrap())
}

#[test]
fn terraform_creates_reads_changes_and_deletes_a_dashboard() {
    run(async {
        let client = Client::new();
        let (_, health) = ask(&client, "GET /health", json!(null)).await;
        assert_eq!(health["database"], "ok");
        let (_, folder) =
            ask(&client, "POST /folders", json!({"uid": "f1", "title": "Team"})).await;
        assert_eq!((&folder["uid"], &folder["title"]), (&json!("f1"), &json!("Team")));
        let board = |title: &str, version: u64| json!({"uid": "u1", "title": title, "version": version, "panels": []});
        let create = json!({"dashboard": board("Load", 7), "folderUid": "f1", "message": "m"});
        let (status, saved) = ask(&client, "POST /dashboards/db", create).await;
        assert_eq!(
            (status, saved),
            (
                200,
                json!({"id": super::describe::number("u1"), "uid": "u1", "url": "/d/u1/load",
                "status": "success", "version": 1, "slug": "load", "folderUid": "f1"})
            )
        );
        let (_, found) = ask(&client, "GET /dashboards/uid/u1", json!(null)).await;
        assert_eq!(found["meta"]["folderTitle"], "Team");
        assert_eq!(found["dashboard"]["version"], 1);

        let stale = json!({"dashboard": board("Loads", 9)});
        let (status, said) = ask(&client, "POST /dashboards/db", stale).await;
        assert_eq!((status, &said["status"]), (412, &json!("version-mismatch")));
        let change = json!({"dashboard": board("Loads", 1)});
        assert_eq!(ask(&client, "POST /dashboards/db", change).await.1["version"], 2);
        let force = json!({"dashboard": board("Loads", 1), "overwrite": true});
        assert_eq!(ask(&client, "POST /dashboards/db", force).await.1["version"], 3);

        let (status, said) = ask(&client, "DELETE /dashboards/uid/u1", json!(null)).await;
        assert_eq!((status, &said["title"]), (200, &json!("Loads")));
        let (status, said) = ask(&client, "GET /dashboards/uid/u1", json!(null)).await;
        assert_eq!((status, said), (404, json!({"message": "there is no dashboard \"u1\""})));
    });
}

#[test]
fn search_finds_dashboards_and_folders() {
    run(async {
        let client = Client::new();
        ask(&client, "POST /folders", json!({"uid": "f1", "title": "Team load"})).await;
        let board = json!({"title": "Load of hosts", "tags": ["x"], "panels": []});
        ask(&client, "POST /dashboards/db", json!({"dashboard": board, "folderUid": "f1"})).await;
        let hits = |path: &'static str| {
            let client = &client;
            async move {
                let (_, hits) = ask(client, path, json!(null)).await;
                let hits = hits.as_array().unwrap().clone();
                let title = |hit: &Value| hit["title"].as_str().unwrap().to_owned();
                hits.iter().map(title).collect::<Vec<_>>()
            }
        };
        assert_eq!(hits("GET /search?query=load").await, ["Team load", "Load of hosts"]);
        assert_eq!(hits("GET /search?query=load&type=dash-db").await, ["Load of hosts"]);
        assert_eq!(hits("GET /search?tag=x").await, ["Load of hosts"]);
        assert_eq!(hits("GET /search?folderUIDs=f1").await, ["Load of hosts"]);
        assert_eq!(hits("GET /search?query=load&limit=1&page=2").await, ["Load of hosts"]);
        assert_eq!(hits("GET /search?dashboardUIDs=flyball-host").await, ["Host"]);
    });
}

#[test]
fn deployments_leave_marks() {
    run(async {
        let client = Client::new();
        let mark = json!({"time": 1000, "timeEnd": 1000, "tags": ["deploy"], "text": "v2",
            "dashboardUID": "", "panelId": 0});
        let (_, made) = ask(&client, "POST /annotations", mark).await;
        assert_eq!(made, json!({"id": 1, "message": "Annotation added"}));
        let (_, found) =
            ask(&client, "GET /annotations?from=0&to=2000&tags=deploy", json!(null)).await;
        assert_eq!(
            found,
            json!([{"id": 1, "dashboardUID": "", "panelId": 0, "login": "anonymous", "time": 1000,
                "timeEnd": 1000, "text": "v2", "tags": ["deploy"]}])
        );
        let (_, said) = ask(&client, "DELETE /annotations/1", json!(null)).await;
        assert_eq!(said["message"], "Annotation deleted");
    });
}

#[test]
fn importers_find_the_one_data_source() {
    run(async {
        let client = Client::new();
        let (_, all) = ask(&client, "GET /datasources", json!(null)).await;
        let shown = |source: &Value| {
            ["uid", "name", "type", "isDefault"].map(|key| source[key].to_string()).join(" ")
        };
        let found: Vec<String> = all.as_array().unwrap().iter().map(shown).collect();
        assert_eq!(found, [r#""flyball" "Flyball" "prometheus" true"#]);
        for path in ["GET /datasources/uid/flyball", "GET /datasources/name/Flyball"] {
            assert_eq!(ask(&client, path, json!(null)).await, (200, all[0].clone()));
        }
        let (status, said) = ask(&client, "GET /datasources/uid/other", json!(null)).await;
        assert_eq!((status, said), (404, json!({"message": "Data source not found"})));
    });
}
