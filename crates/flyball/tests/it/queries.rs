//! Who asks what: the list of queries, ending one, and clients that leave.

use crate::server::Server;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use testkit::http::{self, Reply};
use testkit::wait_for;

/// Minutes of work that hold little memory: medians of a day's seconds, at every step.
const LONG: &str = "quantile_over_time(0.5, vector(time() % 7)[1d:1s])";

fn encoded(expr: &str) -> String {
    url::form_urlencoded::byte_serialize(expr.as_bytes()).collect()
}

/// Sends a range query that takes its time and does not wait for the answer.
fn ask_long(server: &Server) -> TcpStream {
    let path = format!("/api/v1/query_range?query={}&start=0&end=10000&step=1", encoded(LONG));
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(testkit::DEADLINE)).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn active(server: &Server) -> Vec<Value> {
    let reply = server.get("/api/flyball/v1/queries");
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    body["data"]["active"].as_array().unwrap().clone()
}

/// The first one that runs and reads samples or holds bytes.
fn running(server: &Server) -> Value {
    wait_for("a running query", || {
        let found = active(server).into_iter();
        found.into_iter().find(|query| query["state"] == "running" && query["bytes"] != 0)
    })
}

fn delete(server: &Server, id: &Value) -> Reply {
    let path = format!("/api/flyball/v1/queries/{id}");
    http::exchange(server.address(), "DELETE", &path, &[], b"").unwrap()
}

fn wait_for_none(server: &Server) {
    wait_for("the end of all queries", || active(server).is_empty().then_some(()));
}

#[test]
fn a_client_that_leaves_ends_its_query_and_is_counted() {
    let server = Server::start(&[]);
    let stream = ask_long(&server);
    let query = running(&server);
    assert_eq!(query["query"], LONG);
    assert_eq!((&query["kind"], &query["user"]), (&"range".into(), &"anonymous".into()));
    assert_eq!((&query["client"], &query["stepSeconds"]), (&"127.0.0.1".into(), &1.0.into()));
    assert!(server.get("/metrics").text().contains("flyball_queries_running 1\n"));
    drop(stream);
    wait_for_none(&server);
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("flyball_queries_cancelled_total{by=\"client\"} 1\n"), "{metrics}");
    assert!(metrics.contains("{kind=\"range\",outcome=\"cancelled\"} 1\n"), "{metrics}");
}

#[test]
fn an_operator_ends_a_query_and_its_client_is_told() {
    let server = Server::start(&[]);
    let mut stream = ask_long(&server);
    let query = running(&server);
    let reply = delete(&server, &query["id"]);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 499 "), "{answer}");
    let told = format!("query {} was stopped by anonymous at 127.0.0.1", query["id"]);
    assert!(answer.contains(&told), "{answer}");
    wait_for_none(&server);
    assert_eq!(delete(&server, &query["id"]).status, 404);
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("flyball_queries_cancelled_total{by=\"operator\"} 1\n"), "{metrics}");
    assert!(server.log().contains("msg=\"query stopped\""), "{}", server.log());
}

#[test]
fn evaluations_of_rules_are_listed_and_can_be_ended() {
    let mut server = Server::prepare(&["--config.file=prometheus.yml"]);
    server.write("prometheus.yml", "rule_files: [rules.yml]\n");
    let expr = "quantile_over_time(0.5, vector(time() % 7)[12d:1s])";
    let many = format!("max_over_time({expr}[1h:1s])");
    let rules = format!(
        "groups:\n- name: heavy\n  interval: 1s\n  rules:\n  - record: r\n    expr: '{many}'\n"
    );
    server.write("rules.yml", &rules);
    server.run();
    let query = running(&server);
    assert_eq!(query["ruleGroup"]["name"], "heavy");
    assert!(query["user"].is_null() && query["client"].is_null(), "{query}");
    assert_eq!(delete(&server, &query["id"]).status, 200);
    let told = format!("query {} was stopped by anonymous", query["id"]);
    wait_for("the rule's error", || {
        server.get("/api/v1/rules").text().contains(&told).then_some(())
    });
}

fn logged(server: &Server, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(server.folder.path().join(name)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn queries_are_logged_to_a_file_that_can_be_rotated() {
    let mut server =
        Server::prepare(&["--config.file=prometheus.yml", "--query.slow-threshold=1ms"]);
    let rules = "groups:\n- name: g\n  interval: 1s\n  rules: [{record: r, expr: 'vector(7)'}]\n";
    server.write("rules.yml", rules);
    server.write("prometheus.yml", "global: {query_log_file: q.log}\nrule_files: [rules.yml]\n");
    server.run();
    assert_eq!(server.query("vector(41)").len(), 1);
    let (mut by_client, mut by_rule) = (Value::Null, Value::Null);
    wait_for("both lines", || {
        let lines = logged(&server, "q.log");
        let find =
            |query: &str| lines.iter().find(|line| line["params"]["query"] == query).cloned();
        (by_client, by_rule) = (find("vector(41)")?, find("vector(7)")?);
        Some(())
    });
    assert_eq!(by_client["httpRequest"]["clientIP"], "127.0.0.1");
    assert_eq!(by_client["httpRequest"]["path"], "/api/v1/query");
    assert_eq!(by_rule["ruleGroup"]["name"], "g");
    assert!(by_rule["ruleGroup"]["file"].as_str().unwrap().ends_with("rules.yml"), "{by_rule}");
    assert!(by_client["stats"]["timings"]["evalTotalTime"].is_f64(), "{by_client}");

    let log = server.folder.path().join("q.log");
    std::fs::rename(&log, server.folder.path().join("q.log.1")).unwrap();
    server.signal("HUP");
    wait_for("a new file", || (!logged(&server, "q.log").is_empty()).then_some(()));
    assert!(server.get("/metrics").text().contains("flyball_query_log_enabled 1\n"));

    server.write("prometheus.yml", "global: {query_log_file: no/such/folder/q.log}\n");
    server.signal("HUP");
    wait_for("the refusal", || {
        server.log().contains("cannot open global.query_log_file").then_some(())
    });
    server.write("prometheus.yml", "global: {query_log_file: /dev/full}\n");
    server.signal("HUP");
    wait_for("failures to be counted", || {
        assert_eq!(server.query("vector(1)").len(), 1, "a full disk stops no query");
        let metrics = server.get("/metrics").text();
        (!metrics.contains("flyball_query_log_failures_total 0\n")).then_some(())
    });
}

#[test]
fn slow_queries_are_logged() {
    let server = Server::start(&["--query.slow-threshold=1ms"]);
    let slow = "sum_over_time(vector(1)[1d:1s])";
    assert_eq!(server.query(slow).len(), 1);
    let line = wait_for("the line", || {
        server.log().lines().find(|line| line.contains("msg=\"slow query\" id=")).map(str::to_owned)
    });
    assert!(
        line.contains(&format!("query={slow} ")) && line.contains("by=\"anonymous at 127.0.0.1\""),
        "{line}"
    );
    assert!(line.contains("kind=instant") && line.contains("outcome=answered"), "{line}");
}
