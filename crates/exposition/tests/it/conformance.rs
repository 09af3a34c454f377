//! Bodies written by real exporters parse to the last line.

use super::census;
use exposition::{Format, check_paths_agree};
use std::path::{Path, PathBuf};

fn root() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let root = std::env::var_os("FLYBALL_CONFORMANCE").map_or(beside, PathBuf::from);
    if root.is_dir() {
        return Some(root);
    }
    let strict = std::env::var_os("FLYBALL_STRICT").is_some();
    assert!(!strict, "no conformance data at {}", root.display());
    println!("SKIPPED exposition: no conformance data at {}", root.display());
    None
}

/// Lines that must become samples: neither empty nor a comment.
fn sample_lines(body: &str) -> usize {
    body.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count()
}

fn check_all(folder: &str, wanted: impl Fn(&str) -> Option<Format>) -> usize {
    let Some(root) = root() else { return usize::MAX };
    let mut seen = 0;
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(format) = wanted(&name) else { continue };
        let mut body = std::fs::read_to_string(&path).unwrap();
        if format == Format::OpenMetrics && !body.trim_end().ends_with("# EOF") {
            body.push_str("# EOF\n");
        }
        let census = census(format, body.as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(census.samples, sample_lines(&body), "{name}");
        check_paths_agree(format, body.as_bytes());
        seen += 1;
    }
    seen
}

#[test]
fn upstream_parser_data() {
    let seen = check_all("prometheus/textparse", |name| {
        Some(if name.ends_with(".om.txt") { Format::OpenMetrics } else { Format::Text })
    });
    assert!(seen >= 4);
}

#[test]
fn real_exporters() {
    assert!(check_all("exposition", |_| Some(Format::Text)) >= 16);
}

#[test]
fn node_exporter_golden_output() {
    let wanted = |name: &str| name.starts_with("e2e-").then_some(Format::Text);
    assert!(check_all("node-fixtures", wanted) >= 8);
}
