//! What the shipped dashboards ask of exporters, exporters tell.

use std::collections::BTreeSet;

/// Names that no saved scrape of an exporter has, and why.
const ELSEWHERE: [(&str, &str); 8] = [
    ("ALERTS", "written by rules"),
    ("flyball_", "Flyball's own, looked up at a running server by a test of the binary"),
    ("http_request_duration_seconds_bucket", "told by applications"),
    ("http_requests_total", "told by applications"),
    ("pg_replication_lag_seconds", "told by standbys only"),
    ("redis_connected_slave_lag_seconds", "told by servers with replicas only"),
    ("scrape_", "written by scrapes"),
    ("up", "written by scrapes"),
];

#[test]
fn metrics_of_exporters_are_those_of_their_scrapes() {
    let Some(folder) = testkit::conformance_dir("builtin dashboards", "exposition") else {
        return;
    };
    let mut told = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        told.extend(lines.filter_map(|line| {
            let end = line.find(['{', ' '])?;
            Some(line[..end].to_owned())
        }));
    }
    assert!(told.contains("pg_up") && told.contains("redis_up") && told.contains("nginx_up"));
    let is_elsewhere = |name: &str| {
        ELSEWHERE.iter().any(|(known, _)| match known.strip_suffix('_') {
            Some(_) => name.starts_with(known),
            None => name == *known || (*known == "ALERTS" && name == "ALERTS_FOR_STATE"),
        })
    };
    let asked = include_str!("../../src/builtin/metrics.txt").lines();
    let missing: Vec<&str> =
        asked.filter(|name| !told.contains(*name) && !is_elsewhere(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
