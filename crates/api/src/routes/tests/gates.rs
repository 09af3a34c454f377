//! Readiness, switches, permissions: who gets past the table and when.

use super::{check, show};
use crate::test_client::{Client, run, text};
use crate::testing::{Rooms, state};
use crate::{Mount, Permission, ServerOptions};
use axum::routing::post;
use config::WebConfig;
use expect_test::expect;
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[test]
fn loading_answers_503_except_for_health_and_progress() {
    let client = Client::new();
    client.rooms.loading.store(true, Ordering::Relaxed);
    let status = |line: &str| run(client.ask(line)).status().as_u16();
    assert_eq!(status("GET /-/ready"), 503);
    assert_eq!(status("GET /readyz"), 503);
    assert_eq!(status("GET /api/v1/query?query=1"), 503);
    assert_eq!(status("GET /-/healthy"), 200);
    assert_eq!(status("GET /livez"), 200);
    assert_eq!(status("GET /api/v1/status/walreplay"), 200);
    assert_eq!(status("GET /metrics"), 200);
    assert_eq!(status("GET /"), 200);
    let refused = run(client.ask("GET /api/v1/query?query=1"));
    assert_eq!(refused.headers()["retry-after"], "5");
    expect![[r#"{"status":"error","errorType":"unavailable","error":"the server is starting"}"#]]
        .assert_eq(&run(text(refused)));
    let ready = run(client.ask("GET /-/ready"));
    assert_eq!(ready.headers()["x-prometheus-stopping"], "false");
}

#[test]
fn draining_answers_503() {
    let client = Client::new();
    client.app.draining.store(true, Ordering::Release);
    let ready = run(client.ask("GET /-/ready"));
    assert_eq!(ready.status(), 503);
    assert_eq!(ready.headers()["x-prometheus-stopping"], "true");
    show(
        &client,
        "GET /api/v1/query?query=1",
        &expect![[r#"
            503 {"status":"error","errorType":"unavailable","error":"the server is
            stopping"}"#]],
    );
    assert_eq!(run(client.ask("GET /-/healthy")).status(), 200);
}

#[test]
fn broken_part_shows_in_health() {
    let client = Client::new();
    client.rooms.broken.store(true, Ordering::Relaxed);
    show(
        &client,
        "GET /healthz?verbose",
        &expect![[r#"
        503 [+]ready ok
        [+]scrape ok
        [-]storage failed: disk full
        [-]watched/redis excluded: critical 0: a:6379, connection refused (100 points)
        healthz check failed
    "#]],
    );
    assert_eq!(run(client.ask("GET /livez?verbose")).status(), 200);
}

#[test]
fn lifecycle_is_off_by_default() {
    check(
        "POST /-/reload",
        &expect![[r#"
        403 Lifecycle API is not enabled.
    "#]],
    );
    check(
        "PUT /-/quit",
        &expect![[r#"
        403 Lifecycle API is not enabled.
    "#]],
    );
}

#[test]
fn lifecycle_when_enabled() {
    let client = Client::with(ServerOptions { enable_lifecycle: true, ..ServerOptions::default() });
    show(&client, "POST /-/reload", &expect!["200 "]);
    client.rooms.bad_config.store(true, Ordering::Relaxed);
    show(
        &client,
        "PUT /-/reload",
        &expect![[r#"
        500 failed to reload config: prometheus.yml:3:1: unknown key `scrap`
    "#]],
    );
    show(
        &client,
        "POST /-/quit",
        &expect![[r#"
        200 Requesting termination... Goodbye!
    "#]],
    );
    assert_eq!(client.rooms.quits.load(Ordering::Relaxed), 1);
    assert_eq!(run(client.ask("GET /-/quit")).status(), 405);
}

#[test]
fn admin_is_off_by_default() {
    check(
        "POST /api/v1/admin/tsdb/snapshot",
        &expect![[r#"
            503 {"status":"error","errorType":"unavailable","error":"admin APIs
            disabled"}"#]],
    );
    check(
        "POST /api/v1/admin/tsdb/compact",
        &expect![[r#"
            503 {"status":"error","errorType":"unavailable","error":"admin APIs
            disabled"}"#]],
    );
    for path in ["delete_series?match[]=up", "clean_tombstones"] {
        let client = Client::new();
        let reply = run(client.ask(&format!("PUT /api/v1/admin/tsdb/{path}")));
        assert_eq!(reply.status(), 503, "{path}");
        assert!(client.rooms.deleted.lock().is_empty(), "{path}");
    }
}

#[test]
fn deletions_when_enabled() {
    let client = Client::with(ServerOptions { enable_admin_api: true, ..ServerOptions::default() });
    let path = "/api/v1/admin/tsdb/delete_series";
    for method in ["POST", "PUT"] {
        let asked = format!("{method} {path}?match[]=up&start=1&end=2.5");
        assert_eq!(run(client.ask(&asked)).status(), 204, "{method}");
    }
    assert_eq!(run(client.ask(&format!("POST {path} match[]=up"))).status(), 204);
    assert_eq!(run(client.ask("POST /api/v1/admin/tsdb/clean_tombstones")).status(), 204);
    let all = "__name__=\"up\" -9223372036854775808ms 9223372036854775807ms";
    let some = "__name__=\"up\" 1000ms 2500ms";
    assert_eq!(*client.rooms.deleted.lock(), [some, some, all, "purged"]);
    show(
        &client,
        &format!("POST {path}"),
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"no match[] parameter
        provided"}"#]],
    );
    show(
        &client,
        &format!("POST {path}?match[]=up{{"),
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"match[]\": 1:4: parse error: unexpected end of input inside braces"}"#]],
    );
    show(
        &client,
        &format!("POST {path}?match[]={{}}"),
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"match[]\": match[] must contain at least one non-empty matcher"}"#]],
    );
    show(
        &client,
        &format!("POST {path}?match[]=up&start=yesterday"),
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"start\": invalid time value for 'start': cannot parse \"yesterday\" to a
        valid timestamp"}"#]],
    );
    show(
        &client,
        &format!("POST {path}?match[]=up&match[]=down"),
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"cannot delete: too
        many selectors"}"#]],
    );
    assert_eq!(run(client.ask(&format!("GET {path}?match[]=up"))).status(), 405);
    assert_eq!(client.rooms.deleted.lock().len(), 4);
}

#[test]
fn admin_when_enabled() {
    let client = Client::with(ServerOptions { enable_admin_api: true, ..ServerOptions::default() });
    show(
        &client,
        "POST /api/v1/admin/tsdb/snapshot",
        &expect![[r#"200 {"status":"success","data":{"name":"20231114T221320Z-skip-false"}}"#]],
    );
    show(
        &client,
        "POST /api/v1/admin/tsdb/snapshot skip_head=true",
        &expect![[r#"200 {"status":"success","data":{"name":"20231114T221320Z-skip-true"}}"#]],
    );
    show(
        &client,
        "POST /api/v1/admin/tsdb/snapshot?skip_head=perhaps",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"skip_head\": unable to parse boolean: strconv.ParseBool: parsing
            \"perhaps\": invalid syntax"}"#]],
    );
    show(
        &client,
        "POST /api/v1/admin/tsdb/compact?cold=0",
        &expect![[r#"
        200 {"status":"success","data":{"segmentsBefore":4,"segmentsAfter":1,
        "bytesBefore":4096,"bytesAfter":1024}}"#]],
    );
    show(
        &client,
        "POST /api/v1/admin/tsdb/compact?cold=1",
        &expect![[r#"
            503 {"status":"error","errorType":"unavailable","error":"the storage is
            read-only: disk full"}"#]],
    );
}

#[test]
fn panic_in_a_handler_is_an_answer() {
    let client = Client::new();
    client.rooms.panics.store(true, Ordering::Relaxed);
    show(
        &client,
        "GET /api/v1/scrape_pools",
        &expect![[r#"
            500 {"status":"error","errorType":"internal","error":"a bug in the server;
            see its log"}"#]],
    );
    assert_eq!(run(client.ask("GET /-/healthy")).status(), 200);
}

#[test]
fn mounted_route_has_a_gate_and_a_place_in_the_document() {
    let rooms = Arc::new(Rooms::default());
    let write = Mount {
        path: "/api/v1/write",
        permission: Permission::Write,
        methods: post(|| async { "taken" }),
        described: vec![("post", "Takes samples")],
    };
    let options = ServerOptions::default();
    let client = Client::build(options, state(&rooms), rooms, WebConfig::default(), vec![write]);
    assert_eq!(run(client.show("POST /api/v1/write")), "200 taken");
    assert_eq!(run(client.ask("GET /api/v1/write")).status(), 405);
    let document = run(client.show("GET /api/openapi.json"));
    assert!(document.contains("Takes samples"), "{document}");
    client.rooms.loading.store(true, Ordering::Relaxed);
    assert_eq!(run(client.ask("POST /api/v1/write")).status(), 503);
}

#[test]
fn a_browser_gets_the_page_where_programs_get_data() {
    let rooms = Arc::new(Rooms::default());
    let health = Mount {
        path: "/health",
        permission: Permission::Health,
        methods: axum::routing::get(|| async { "data" }),
        described: vec![],
    };
    let options = ServerOptions::default();
    let client = Client::build(options, state(&rooms), rooms, WebConfig::default(), vec![health]);
    let answer = |accept: &str| {
        let request = http::Request::get("/health").header("host", "localhost");
        let request = request.header("accept", accept).body(axum::body::Body::empty()).unwrap();
        let response = run(client.send(request));
        assert!(response.headers().get_all("vary").iter().any(|names| names == "accept"));
        response.headers()["content-type"].to_str().unwrap().to_owned()
    };
    assert_eq!(answer("*/*"), "text/plain; charset=utf-8");
    assert_eq!(answer("application/json"), "text/plain; charset=utf-8");
    assert_eq!(answer("text/html,application/xhtml+xml,*/*;q=0.8"), "text/html; charset=utf-8");
}

#[test]
fn prefix_holds_everywhere() {
    let options = ServerOptions { route_prefix: Some("/fly/".into()), ..ServerOptions::default() };
    let client = Client::with(options);
    let text_of = |line| run(client.show(line));
    assert_eq!(text_of("GET /fly/-/healthy"), "200 Flyball is Healthy.\n");
    assert_eq!(run(client.ask("GET /-/healthy")).status(), 404);
    assert_eq!(run(client.ask("GET /flying")).status(), 404);
    let location = |line| {
        let response = run(client.ask(line));
        response.headers()["location"].to_str().unwrap().to_owned()
    };
    assert_eq!(location("GET /"), "/fly/");
    assert_eq!(location("GET /fly"), "/fly/");
    assert!(text_of("GET /fly/").starts_with("200 <!doctype html>"));
    assert!(text_of("GET /fly/api/openapi.json").contains("\"url\":\"/fly\""));
}

#[test]
fn requests_are_counted_by_route() {
    let client = Client::new();
    run(client.ask("GET /api/v1/label/job/values"));
    run(client.ask("GET /api/v1/label/instance/values"));
    run(client.ask("GET /no/such/page"));
    let mut out = String::new();
    out.push_str(&exposition::render_text(&client.app.state.http.families()));
    let line = r#"flyball_http_requests_total{code="200",handler="/api/v1/label/{name}/values"} 2"#;
    assert!(out.contains(line), "{out}");
    let line = r#"flyball_http_requests_total{code="404",handler="(unknown)"} 1"#;
    assert!(out.contains(line), "{out}");
}

#[test]
fn inv_80_permission_is_asked_before_the_handler() {
    let handler = || post(|| async { "ran" });
    let mount =
        |path, permission| Mount { path, permission, methods: handler(), described: vec![] };
    let asked = |options: ServerOptions| {
        let rooms = Arc::new(Rooms::default());
        let mounts = vec![
            mount("/admin", Permission::Admin),
            mount("/lifecycle", Permission::Lifecycle),
            mount("/write", Permission::Write),
        ];
        let client = Client::build(options, state(&rooms), rooms, WebConfig::default(), mounts);
        let ran = |path: &str| run(client.show(&format!("POST {path}"))) == "200 ran";
        [ran("/admin"), ran("/lifecycle"), ran("/write")]
    };
    let none = ServerOptions::default();
    assert_eq!(asked(none.clone()), [false, false, true]);
    assert_eq!(
        asked(ServerOptions { enable_admin_api: true, ..none.clone() }),
        [true, false, true]
    );
    assert_eq!(asked(ServerOptions { enable_lifecycle: true, ..none }), [false, true, true]);
}
