//! Dashboards through the binary: kept by the API, provisioned from files, asked for by clients of
//! Grafana, carried by the command line.

use crate::server::{Server, run};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use testkit::http::{Reply, exchange};
use testkit::wait_for;

/// One request; status and body, null without one.
fn ask(server: &Server, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let headers = ["Content-Type: application/json"];
    let Reply { status, body, .. } =
        exchange(server.address(), method, path, &headers, &bytes).unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn board(title: &str, expr: &str) -> Value {
    json!({
        "title": title, "schemaVersion": 39, "tags": ["team"],
        "panels": [{"id": 1, "type": "timeseries", "title": "Load",
            "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
            "targets": [{"refId": "A", "expr": expr}]}]
    })
}

#[test]
fn a_dashboard_is_kept_changed_compared_and_restored_also_after_a_kill() {
    let mut server = Server::start(&[]);
    let own = "/api/flyball/v1/dashboards";
    let at = |path: &str| format!("{own}{path}");
    let save = |title: &str, version: Value| json!({"dashboard": board(title, "node_load1"), "version": version, "message": "why"});
    let (status, meta) = ask(&server, "POST", own, &json!({"dashboard": board("Load", "up")}));
    assert_eq!((status, &meta["uid"], &meta["version"]), (200, &json!("load"), &json!(1)));
    let (status, meta) = ask(&server, "PUT", &at("/load"), &save("Loads", json!(1)));
    assert_eq!((status, &meta["version"], &meta["message"]), (200, &json!(2), &json!("why")));
    let (status, refused) = ask(&server, "PUT", &at("/load"), &save("Late", json!(1)));
    assert_eq!(status, 409);
    assert!(refused["error"].as_str().unwrap().starts_with("version 1 is no longer the last one"));

    server.kill();
    server.run();
    let (_, found) = ask(&server, "GET", &at("/load/diff"), &Value::Null);
    let places: Vec<&str> = found["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|difference| difference["place"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["panel \"Load\": targets[0].expr", "title"]);
    let (status, meta) = ask(&server, "POST", &at("/load/versions/1/restore"), &Value::Null);
    assert_eq!((status, &meta["version"]), (200, &json!(3)));
    let (_, found) = ask(&server, "GET", &at("/load"), &Value::Null);
    assert_eq!(found["dashboard"]["panels"][0]["targets"][0]["expr"], "up");
    assert_eq!(ask(&server, "DELETE", &at("/load"), &Value::Null).0, 204);
    assert_eq!(ask(&server, "GET", &at("/load"), &Value::Null).0, 404);
}

#[test]
fn provisioned_files_are_followed_while_the_server_runs() {
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", "version: 1\ndashboards: [boards]\n");
    fs::create_dir_all(server.folder.path().join("boards/Team A")).unwrap();
    let file = |title: &str| {
        let mut board = board(title, "up");
        board["uid"] = json!("of-file");
        board.to_string()
    };
    server.write("boards/Team A/one.json", &file("One"));
    server.run();
    let shown = || ask(&server, "GET", "/api/flyball/v1/dashboards/of-file", &Value::Null);
    let (status, found) = shown();
    assert_eq!((status, &found["dashboard"]["title"]), (200, &json!("One")));
    assert_eq!(
        (&found["meta"]["provisioned"], &found["meta"]["folderTitle"]),
        (&json!(true), &json!("Team A"))
    );
    let save = json!({"dashboard": board("Mine", "up")});
    assert_eq!(ask(&server, "PUT", "/api/flyball/v1/dashboards/of-file", &save).0, 403);

    server.write("boards/Team A/one.json", &file("Two times as long"));
    server.write("boards/bad.json", "{");
    wait_for("the changed file", || (shown().1["dashboard"]["title"] != "One").then_some(()));
    let (_, list) = ask(&server, "GET", "/api/flyball/v1/dashboards?query=Two", &Value::Null);
    assert_eq!(list["dashboards"][0]["uid"], "of-file");
    let troubles = list["troubles"].as_array().unwrap();
    assert!(troubles.len() == 1 && troubles[0]["path"].as_str().unwrap().ends_with("bad.json"));

    fs::remove_file(server.folder.path().join("boards/Team A/one.json")).unwrap();
    wait_for("the file to be gone", || (shown().0 == 404).then_some(()));
}

/// The requests of Terraform's provider, grizzly and grafana-dashboard-manager, in their shapes.
#[test]
fn clients_of_grafana_keep_find_and_delete_dashboards() {
    let server = Server::start(&[]);
    let at = |path: &str| format!("/grafana/api{path}");
    let (_, health) = ask(&server, "GET", &at("/health"), &Value::Null);
    assert_eq!(health["database"], "ok");
    let folder = json!({"title": "Platform", "uid": "platform"});
    let (status, made) = ask(&server, "POST", &at("/folders"), &folder);
    assert_eq!((status, &made["uid"]), (200, &json!("platform")));
    assert!(made["id"].is_number());
    let (_, folders) = ask(&server, "GET", &at("/folders?limit=1000&page=1"), &Value::Null);
    assert!(folders.as_array().unwrap().iter().any(|one| one["title"] == "Platform"));

    let mut model = board("Edge", "up");
    model["uid"] = json!("edge");
    model["id"] = Value::Null;
    let save = json!({"dashboard": model, "folderUid": "platform", "overwrite": false, "message": "first"});
    let (status, saved) = ask(&server, "POST", &at("/dashboards/db"), &save);
    assert_eq!((status, &saved["status"], &saved["version"]), (200, &json!("success"), &json!(1)));
    assert_eq!((&saved["url"], &saved["slug"]), (&json!("/d/edge/edge"), &json!("edge")));
    let (status, refused) = ask(&server, "POST", &at("/dashboards/db"), &save);
    assert_eq!((status, &refused["status"]), (412, &json!("version-mismatch")));
    let over = json!({"dashboard": model, "folderUid": "platform", "overwrite": true});
    assert_eq!(ask(&server, "POST", &at("/dashboards/db"), &over).1["version"], 2);

    let (_, hits) =
        ask(&server, "GET", &at("/search?type=dash-db&limit=5000&page=1"), &Value::Null);
    let hit = hits.as_array().unwrap().iter().find(|hit| hit["uid"] == "edge").unwrap();
    assert_eq!((&hit["type"], &hit["folderUid"]), (&json!("dash-db"), &json!("platform")));
    let (_, found) = ask(&server, "GET", &at("/dashboards/uid/edge"), &Value::Null);
    assert_eq!(
        (&found["dashboard"]["uid"], &found["meta"]["folderUid"]),
        (&json!("edge"), &json!("platform"))
    );
    let (status, gone) = ask(&server, "DELETE", &at("/dashboards/uid/edge"), &Value::Null);
    assert_eq!((status, &gone["title"]), (200, &json!("Edge")));
    let (status, missing) = ask(&server, "GET", &at("/dashboards/uid/edge"), &Value::Null);
    assert!(status == 404 && missing["message"].is_string());
    let (_, sources) = ask(&server, "GET", &at("/datasources"), &Value::Null);
    assert_eq!((&sources[0]["type"], sources.as_array().unwrap().len()), (&json!("prometheus"), 1));
}

#[test]
fn the_command_line_carries_dashboards_and_says_what_is_wrong() {
    let server = Server::start(&[]);
    let folder = server.folder.path();
    let url = format!("--server=http://{}", server.address());
    server.write("good.json", &board("Shop", "rate(orders_total[5m])").to_string());
    server.write("bad.json", &board("Shop", "rate(orders_total[5m)").to_string());
    server.write("no.json", "[]");

    let (code, out, err) = run(folder, &["dashboard", "lint", "good.json"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let (code, _, err) = run(folder, &["dashboard", "lint", "bad.json"]);
    assert!(code == 1 && err.contains("panels[0].targets[0].expr: 1:"), "{err}");
    let (code, _, err) = run(folder, &["dashboard", "import", &url, "no.json"]);
    assert!(code == 1 && err.contains("no.json: "), "{err}");
    let (code, out, _) = run(folder, &["dashboard", "import", "--dry-run", "good.json"]);
    assert!(code == 0 && out.contains("\"Shop\" with 1 panels and 0 variables"), "{out}");
    assert_eq!(ask(&server, "GET", "/api/flyball/v1/dashboards/shop", &Value::Null).0, 404);

    let (code, out, err) =
        run(folder, &["dashboard", "import", &url, "--folder=Team", "good.json"]);
    assert_eq!(code, 0, "{out}{err}");
    let (_, found) = ask(&server, "GET", "/api/flyball/v1/dashboards/shop", &Value::Null);
    assert_eq!(found["meta"]["folderTitle"], "Team");
    let (code, exported, err) = run(folder, &["dashboard", "export", &url, "shop"]);
    assert_eq!((code, err.as_str()), (0, ""));
    server.write("exported.json", &exported);
    server.write("other.json", &exported.replace("5m", "1m"));
    let (code, out, _) = run(folder, &["dashboard", "diff", "exported.json", "other.json"]);
    let line = "~ panel \"Load\": targets[0].expr: \"rate(orders_total[5m])\" -> \"rate(orders_total[1m])\"\n";
    assert_eq!((code, out.as_str()), (1, line));
    assert_eq!(run(folder, &["dashboard", "diff", "exported.json", "exported.json"]).0, 0);
    let (code, _, err) = run(folder, &["dashboard", "export", &url, "nobody"]);
    assert!(code == 1 && err.contains("there is no dashboard \"nobody\""), "{err}");
}

/// What the shipped dashboards ask of Flyball, it tells of itself.
#[test]
fn shipped_dashboards_ask_for_metrics_that_the_server_has() {
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", "version: 1\nalertmanager: alertmanager.yml\n");
    let receivers = "receivers:\n- {name: ops, webhook_configs: [{url: 'http://127.0.0.1:9/'}]}\n";
    server.write("alertmanager.yml", &format!("route: {{receiver: ops}}\n{receivers}"));
    server.run();
    server.query("vector(1)");
    let text = server.get("/metrics").text();
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let told: BTreeSet<&str> = kinds.filter_map(|line| line.split(' ').next()).collect();
    let asked = include_str!("../../../dashboards/src/builtin/metrics.txt");
    let own = asked.lines().filter(|name| name.starts_with("flyball_"));
    let missing: Vec<&str> =
        own.filter(|name| !told.contains(name.strip_suffix("_bucket").unwrap_or(name))).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
