//! A real Redis beside the server: watched as a target of its own, shown, told of when it is gone.

use crate::server::Server;
use serde_json::Value;
use std::process::Command;
use testkit::{Peer, find_program, free_port, http, skip, wait_for};

/// The value of an instant query with one series.
fn value(server: &Server, query: &str) -> Option<String> {
    let reply = http::get(server.address(), &format!("/api/v1/query?query={query}")).ok()?;
    let answer: Value = serde_json::from_slice(&reply.body).ok()?;
    Some(answer.pointer("/data/result/0/value/1")?.as_str()?.to_owned())
}

#[test]
fn a_service_is_a_target_and_its_end_is_seen_and_told() {
    let Some(program) = find_program("redis-server") else {
        return skip("redis watched by the server", "redis-server is not installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = Command::new(program);
    command.current_dir(folder.path()).args(["--save", "", "--bind", "127.0.0.1"]);
    command.args(["--requirepass", "a-secret", "--port", &port.to_string()]);
    let redis = Peer::start(&mut command, &folder.path().join("log")).unwrap();
    let config = "collect:
  host: {enabled: false}
  redis:
    - {address: '127.0.0.1:PORT', interval: 1s, password: a-secret}
    - {address: '127.0.0.1:PORT', instance: wrong, interval: 1s, password: another-secret}
";
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", &config.replace("PORT", &port.to_string()));
    server.run();
    let is = |query: &str, expected: &str| {
        wait_for(query, || value(&server, query).filter(|found| found == expected));
    };
    let instance = format!("instance=%22127.0.0.1:{port}%22");
    is(&format!("redis_up{{{instance}}}"), "1");
    is(&format!("up{{job=%22redis%22,{instance}}}"), "1");
    is("redis_up{instance=%22wrong%22}", "0");
    is("flyball_service_collector_fault{instance=%22wrong%22,reason=%22auth%22}", "1");
    is(&format!("redis_db_keys{{db=%22db0%22,{instance}}}"), "0");
    drop(redis);
    is(&format!("redis_up{{{instance}}}"), "0");
    let targets = http::get(server.address(), "/api/v1/targets").unwrap().text();
    assert!(targets.contains("\"wrong\""), "{targets}");
    let shown = http::get(server.address(), "/api/v1/status/config").unwrap().text();
    let log = server.log();
    let told = log.lines().filter(|line| line.contains("a collector of a service lacks data"));
    assert!(told.clone().any(|line| line.contains("reason=auth")), "{log}");
    assert!(told.clone().any(|line| line.contains("reason=connect")), "{log}");
    for text in [targets, shown, log.clone()] {
        assert!(!text.contains("a-secret") && !text.contains("another-secret"), "{text}");
    }
}
