//! The applications under examples/ run, are scraped, and answer what the built-in dashboard and
//! the rule pack for HTTP services ask.

use crate::server::Server;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::clients::{node_with, python_with};
use testkit::{Peer, free_port, http, skip, wait_for};

const DASHBOARD: &str = include_str!("../../../dashboards/src/builtin/http.json");

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// Runs an application and a server that scrapes it, and asks both.
fn check(name: &str, route: &str, mut command: Command) {
    let port = free_port();
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    let log = server.folder.path().join("app.log");
    let app = Peer::start(command.arg(port.to_string()), &log).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    wait_for(&format!("{name} to answer"), || {
        http::get(address, "/metrics").ok().filter(|reply| reply.status == 200)
    });
    let targets = format!("[{{targets: ['{address}']}}]");
    server.write(
        "prometheus.yml",
        &format!(
            "scrape_configs:\n- job_name: {name}\n  scrape_interval: 500ms\n  \
         static_configs: {targets}\n"
        ),
    );
    let text = "prometheus: prometheus.yml\ncollect: {host: {enabled: false}}\n";
    server.write("flyball.yml", text);
    server.run();
    let visit = || {
        for path in ["/orders/1", "/orders/1", "/orders/2", "/fail", "/nowhere"] {
            http::get(address, path).unwrap();
        }
    };
    visit();
    let scraped = |query: &str| !server.query(query).is_empty();
    wait_for("the first requests", || scraped("http_requests_total{code=\"500\"}").then_some(()));
    visit();
    let requests = format!("http_requests_total{{code=\"200\",route=\"{route}\"}} >= 6");
    wait_for("more requests", || scraped(&requests).then_some(()));
    for query in [
        "http_requests_total{code=\"404\",route=\"unmatched\"}",
        "http_request_duration_seconds_bucket{method=\"GET\",le=\"+Inf\"}",
        "http_requests_active{method=\"GET\"} >= 1",
        "db_query_duration_seconds_count{operation=\"select\"} >= 2",
        "cache_hits_total{cache=\"orders\"} >= 4",
        "cache_misses_total{cache=\"orders\"} >= 2",
        "websocket_connections_active == 0",
        "queue_pending{queue=\"invoices\"} >= 2",
    ] {
        assert!(scraped(query), "{name} answers {query}:\n{}", app.output());
    }
    assert_dashboard(&server, name);
    wait_for("the rule pack for HTTP services", || {
        scraped("flyball_rule_pack_active{pack=\"http\"}").then_some(())
    });
}

/// Each question of the dashboard has an answer, but for the label `status` in place of `code`.
fn assert_dashboard(server: &Server, job: &str) {
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut asked = 0;
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let Some(expr) = target["expr"].as_str() else { continue };
            if expr.contains("status!=\"\"") {
                continue;
            }
            let query = expr.replace("$job", job).replace("$instance", ".+");
            let query = query.replace("$__rate_interval", "1m");
            assert!(!server.query(&query).is_empty(), "{job} answers {query}");
            asked += 1;
        }
    }
    assert!(asked > 8, "{asked} questions");
}

#[test]
fn express_answers_the_dashboard() {
    let Some(mut node) = node_with("example of Express", &["express", "prom-client"]) else {
        return;
    };
    node.arg(examples().join("node/express.js"));
    check("express", "/orders/:id", node);
}

#[test]
fn fastify_answers_the_dashboard() {
    let Some(mut node) = node_with("example of Fastify", &["fastify", "prom-client"]) else {
        return;
    };
    node.arg(examples().join("node/fastify.js"));
    check("fastify", "/orders/:id", node);
}

#[test]
fn fastapi_answers_the_dashboard() {
    let modules = ["fastapi", "uvicorn", "prometheus_client"];
    let Some(python) = python_with("example of FastAPI", &modules) else { return };
    let mut command = Command::new(python);
    command.arg(examples().join("python/app.py")).env("PYTHONDONTWRITEBYTECODE", "1");
    check("fastapi", "/orders/{id}", command);
}

/// Its crates come from the registry or from the cache; without either the suite is skipped.
#[test]
fn axum_answers_the_dashboard() {
    let manifest = examples().join("rust/Cargo.toml");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("example-rust");
    let cargo = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(words).arg("--manifest-path").arg(&manifest).arg("--locked");
        command.env("CARGO_TARGET_DIR", &target).output().unwrap()
    };
    if !cargo(&["fetch"]).status.success() {
        return skip("example of axum", "its crates cannot be fetched");
    }
    let built = cargo(&["build", "--package", "shop"]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    check("axum", "/orders/{id}", Command::new(target.join("debug/shop")));
}
