//! `flyball tsdb` on a real data directory: beside the running server, after its end, damaged.

use crate::server::{Server, run};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use testkit::http::{self, Site};

/// A server with some samples in segments; the snapshot is what makes it flush.
fn server_with_segments(target: &Site) -> (Server, PathBuf) {
    let mut server = Server::prepare(&["--config.file=p.yml", "--web.enable-admin-api"]);
    let config = format!(
        "global: {{scrape_interval: 100ms, scrape_timeout: 100ms}}\nscrape_configs:\n\
         - job_name: shop\n  static_configs: [{{targets: ['{}']}}]\n",
        target.address()
    );
    server.write("p.yml", &config);
    server.run();
    server.wait_for_query("count_over_time(orders[1m]) > 5", |found| found.len() == 1);
    let reply = http::post(server.address(), "/api/v1/admin/tsdb/snapshot", &[], b"").unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    let name = body["data"]["name"].as_str().unwrap();
    let snapshot = server.data_dir().join("snapshots").join(name);
    (server, snapshot)
}

fn site() -> Site {
    Site::start(|_| (200, "orders 7\nsize_bytes{path=\"/a\"} 1.5\n".to_owned()))
}

#[test]
fn a_young_directory_has_only_a_journal_and_survives_a_kill() {
    let mut server = Server::start(&[]);
    server.wait_for_query("up{job='node'}", |found| !found.is_empty());
    server.kill();
    let folder = server.folder.path();
    let (code, out, err) = inspect(folder, &["list"]);
    let expected = "no segments yet: the samples are in the journal\n";
    assert_eq!((code, out.as_str(), err.as_str()), (0, expected, ""));
    let (code, out, err) = inspect(folder, &["verify"]);
    assert!(code == 0 && out.contains("SUCCESS: read 0 segments"), "{out}{err}");
    let (code, out, _) = inspect(folder, &["dump", "--match=up{job='node'}"]);
    assert!(code == 0 && out.starts_with("{__name__=\"up\""), "{out}");
    let (code, out, _) = inspect(folder, &["analyze"]);
    assert!(code == 0 && out.contains("  node_cpu_seconds_total\n"), "{out}");
}

fn inspect(folder: &Path, words: &[&str]) -> (i32, String, String) {
    run(folder, &[&["tsdb"], words].concat())
}

#[test]
fn a_running_servers_directory_can_be_read() {
    let target = site();
    let (server, snapshot) = server_with_segments(&target);
    let folder = server.folder.path();

    let (code, out, err) = inspect(folder, &["list"]);
    assert_eq!((code, out.lines().next().unwrap().split_whitespace().next()), (0, Some("SEGMENT")));
    assert!(err.contains("note: a server is running on flyball-data"), "{err}");
    let (code, out, _) = inspect(folder, &["list", "-o", "json"]);
    let segments: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, segments[0]["samples"].as_u64() > Some(10)), (0, true), "{out}");

    let (code, out, err) = inspect(folder, &["verify"]);
    assert!(code == 0 && out.contains("every checksum holds"), "{out}{err}");
    let (code, out, _) = inspect(folder, &["analyze", "--limit=3"]);
    assert_eq!(code, 0);
    assert!(out.contains("SERIES  METRIC\n"), "{out}");

    let snapshot = snapshot.to_str().unwrap();
    let (code, out, err) = inspect(folder, &["verify", snapshot]);
    assert!(code == 0 && !err.contains("note:"), "nobody holds a snapshot: {out}{err}");
}

#[test]
fn samples_are_dumped_as_text_and_json() {
    let target = site();
    let (mut server, _) = server_with_segments(&target);
    server.terminate();
    let folder = server.folder.path();
    let (code, out, err) = inspect(folder, &["dump", "--match=orders", "--match={job='shop'}"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let instance = target.address();
    let head = format!("{{__name__=\"orders\", instance=\"{instance}\", job=\"shop\"}} 7 ");
    // On a busy machine a scrape may fail: its marker is no sample of the target.
    let is_sample = |line: &&str| line.contains("orders") && !line.contains(" NaN ");
    let orders: Vec<&str> = out.lines().filter(is_sample).collect();
    assert!(orders.len() > 5 && orders.iter().all(|line| line.starts_with(&head)), "{out}");
    let times: Vec<i64> =
        orders.iter().map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a < b), "no sample twice although two selectors match it");

    let min_time = format!("--min-time={}", times[2]);
    let max_time = format!("--max-time={}", times[3]);
    let words = ["dump", "--match=orders", &min_time, &max_time, "-o", "json"];
    let (code, out, _) = inspect(folder, &words);
    let line: Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!((code, &line["labels"]["__name__"]), (0, &Value::from("orders")));
    assert_eq!(line["samples"], serde_json::json!([[times[2], "7"], [times[3], "7"]]));
}

#[test]
fn slips_of_dump_are_told() {
    let target = site();
    let (mut server, _) = server_with_segments(&target);
    server.terminate();
    let said = |words: &[&str]| {
        let (code, out, err) = inspect(server.folder.path(), &[&["dump"], words].concat());
        assert_eq!(out, "", "{words:?}");
        (code, err)
    };
    let (code, err) = said(&["--match={"]);
    assert!(code == 1 && err.contains("--match={: "), "{err}");
    assert!(err.ends_with("\n  | {\n  |  ^\n"), "{err}");
    let (code, err) = said(&["--match=nope"]);
    assert!(code == 0 && err.contains("note: no sample matches"), "{err}");
    let (code, err) = said(&["--min-time=2", "--max-time=1"]);
    assert!(code == 1 && err.contains("--min-time=2 is after --max-time=1"), "{err}");
    let (code, err) = said(&["flyball-dat"]);
    assert!(code == 1 && err.contains("no such directory"), "{err}");
}

#[test]
fn damage_is_named_with_file_and_offset() {
    let target = site();
    let (mut server, _) = server_with_segments(&target);
    server.terminate();
    let segment = largest_segment(&server.data_dir());
    let mut bytes = fs::read(&segment).unwrap();
    let at = bytes.len() / 4;
    bytes[at] ^= 0x10;
    fs::write(&segment, bytes).unwrap();
    let (code, out, err) = inspect(server.folder.path(), &["verify"]);
    assert_eq!(code, 1, "{out}");
    let name = segment.file_name().unwrap().to_str().unwrap();
    let has_place = err.contains("at offset ") || err.contains("at byte ");
    assert!(err.contains("FAILED") && err.contains(name) && has_place, "{err}");
    let (code, out, _) = inspect(server.folder.path(), &["verify", "-o", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["sound"]), (1, &Value::from(false)));
    assert!(!report["damage"].as_array().unwrap().is_empty());
}

fn largest_segment(dir: &Path) -> PathBuf {
    let mut folders = vec![dir.to_owned()];
    let mut found: Vec<(u64, PathBuf)> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "snapshots") {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "seg") {
                found.push((entry.metadata().unwrap().len(), path));
            }
        }
    }
    found.into_iter().max().expect("a segment was flushed").1
}
