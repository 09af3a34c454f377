//! Jumps of the wall clock, by hours and by years: nothing is deleted, nothing fires.

use crate::server::Server;
use std::path::Path;
use testkit::{skip, wait_for};

const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

#[test]
fn clock_jumps_delete_nothing_and_fire_nothing() {
    if !Path::new(LIBRARY).exists() {
        return skip("clock jumps", "libfaketime is not installed");
    }
    let mut server = Server::prepare(&["--config.file=flyball.yml", "--log.level=debug"]);
    server.write("flyball.yml", "version: 1\nrule_files: [rules.yml]\ndefault_rules: false\n");
    server.write("rules.yml", "groups: []\n");
    let offset = server.write("offset", "+0s\n");
    server.env("LD_PRELOAD", LIBRARY);
    server.env("FAKETIME_TIMESTAMP_FILE", offset.to_str().unwrap());
    server.env("FAKETIME_NO_CACHE", "1");
    server.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    server.run();
    server.wait_for_query("up{job=\"node\"} == 1", |found| found.len() == 1);
    // Rules begin when there are samples: at a first start `absent` is simply true.
    server.write("rules.yml", RULES);
    server.signal("HUP");
    server.wait_for_query("ALERTS{alertstate=\"pending\"}", |found| found.len() == 1);
    let before = samples(&server, "node_load1[1h]");
    assert!(before > 0);
    for jump in ["+2h\n", "+3y\n"] {
        std::fs::write(&offset, jump).unwrap();
        server.wait_for_query("up{job=\"node\"} == 1", |found| found.len() == 1);
        let later = wait_for("rounds after the jump", || {
            let found = samples(&server, "node_load1[5m]");
            (found >= 8).then_some(found)
        });
        assert!(later >= 8);
        let firing = server.query("count_over_time(ALERTS{alertstate=\"firing\"}[5m])");
        assert!(firing.is_empty(), "after {jump}: {firing:?}");
    }
    assert!(samples(&server, "node_load1[4y]") > before, "what was stored before is still there");
    assert!(!server.log().contains("alert fires"), "{}", server.log());
}

/// Samples that a range selector finds now.
fn samples(server: &Server, selector: &str) -> usize {
    let expr = format!("sum(count_over_time({selector}))");
    let found = server.query(&expr);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    let count = found.first().map_or(0, |(_, value)| *value as usize);
    count
}

const RULES: &str = "\
groups:
- name: jumps
  interval: 500ms
  rules:
  - alert: NotForLongEnough
    expr: vector(1)
    for: 1h
  - alert: SomethingIsAbsent
    expr: absent(up{job=\"node\"})
";
