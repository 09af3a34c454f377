//! A real Redis beside the server: watched as a target of its own, shown, told of when it is gone.

use crate::server::Server;
use serde_json::Value;
use std::process::Command;
use testkit::http::Site;
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

/// Containers from files as on a host with version 2 of cgroups, and a page of nginx's.
#[test]
fn a_reload_begins_and_ends_what_changed() {
    let page = "Active connections: 1 \nserver accepts handled requests\n 5 5 9 \n\
                Reading: 0 Writing: 1 Waiting: 0 \n";
    let site = Site::start(move |_| (200, page.to_owned()));
    let mut server = Server::prepare(&["--config.file=flyball.yml", "--web.enable-lifecycle"]);
    let scope = "host/sys/fs/cgroup/system.slice/docker-".to_owned() + &"ab".repeat(32) + ".scope";
    for (path, text) in [
        ("host/sys/fs/cgroup/cgroup.controllers".to_owned(), "cpu\n"),
        (format!("{scope}/cpu.stat"), "usage_usec 2000000\n"),
    ] {
        std::fs::create_dir_all(server.folder.path().join(&path).parent().unwrap()).unwrap();
        server.write(&path, text);
    }
    let config = |nginx: &str, containers: &str| {
        let url = format!("http://{}/status", site.address());
        format!(
            "collect:\n  host: {{enabled: false}}\n  nginx:\n    \
             - {{url: '{url}', instance: stays, interval: 1s}}\n    \
             - {{url: '{url}', instance: changes, interval: 1s{nginx}}}\n{containers}"
        )
    };
    let containers = "  containers: {root: host, enabled: true, interval: 1s, instance: box}\n";
    server.write("flyball.yml", &config(", username: u, password: one", containers));
    server.run();
    let cpu = "container_cpu_usage_seconds_total{job=\"cadvisor\",instance=\"box\",name!=\"\"}";
    server.wait_for_query(cpu, |found| found.len() == 1 && found[0].1 == 2.0);
    server.wait_for_query("nginx_up == 1", |found| found.len() == 2);
    // `one`, then `two`: only the password changes.
    let said = |text: &str| {
        site.asked().iter().flat_map(|asked| &asked.head).any(|line| line.ends_with(text))
    };
    assert!(said("Basic dTpvbmU="));
    server.write("flyball.yml", &config(", username: u, password: two", ""));
    let reply = http::post(server.address(), "/-/reload", &[], b"").unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    wait_for("the new password", || said("Basic dTp0d28=").then_some(()));
    server.wait_for_query(cpu, <[_]>::is_empty);
    server.wait_for_query("nginx_up == 1", |found| found.len() == 2);
}
