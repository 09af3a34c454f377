//! Bodies written by real exporters parse to the last line.

use super::census;
use exposition::{Format, check_paths_agree};
use testkit::conformance_dir;

/// Lines that must become samples: neither empty nor a comment.
fn sample_lines(body: &str) -> usize {
    body.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count()
}

fn check_all(folder: &str, wanted: impl Fn(&str) -> Option<Format>) -> usize {
    let Some(folder) = conformance_dir("exposition", folder) else { return usize::MAX };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
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
