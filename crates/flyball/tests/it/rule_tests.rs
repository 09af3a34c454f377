//! `flyball test rules` beside promtool: upstream's verdicts on its own files, and the very words
//! of Debian's promtool where it knows the format.

use crate::server::{binary, run};
use std::fs;
use std::path::Path;
use std::process::Command;
use testkit::{conformance_dir, find_program, skip};

const SUITE: &str = "flyball test rules";

/// Copies the files, because paths in messages are relative to where one stands.
fn files() -> Option<tempfile::TempDir> {
    let source = conformance_dir(SUITE, "prometheus/promtool")?;
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    Some(folder)
}

#[test]
fn verdicts_are_upstreams() {
    let Some(folder) = files() else { return };
    let cases: [(i32, &[&str]); 19] = [
        (0, &["unittest.yml"]),
        (0, &["at-modifier-test.yml"]),
        (0, &["negative-offset-test.yml"]),
        (0, &["no-test-group-interval.yml"]),
        (0, &["start-time-test.yml"]),
        (0, &["long-period.yml"]),
        (1, &["failing.yml"]),
        (1, &["bad-input-series.yml"]),
        (1, &["bad-promql.yml"]),
        (1, &["bad-rules-error-test.yml"]),
        (1, &["bad-rules-syntax-test.yml"]),
        (0, &["--run=correct", "rules_run.yml"]),
        (1, &["--run=wrong", "rules_run.yml"]),
        (1, &["rules_run.yml"]),
        (0, &["--run=correct", "rules_run_fuzzy.yml"]),
        (1, &["--run=wrong", "rules_run_fuzzy.yml"]),
        (1, &["rules_run_no_fuzzy.yml"]),
        (0, &["--ignore-unknown-fields", "rules_run_extrafields.yml"]),
        (1, &["rules_run_extrafields.yml"]),
    ];
    for (expected, words) in cases {
        let (code, out, err) = run(folder.path(), &[&["test", "rules"], words].concat());
        assert_eq!(code, expected, "{words:?}\n{out}{err}");
    }
}

#[test]
fn checks_find_what_upstream_finds() {
    let Some(folder) = files() else { return };
    let cases: [(i32, &[&str]); 6] = [
        (0, &["rules.yml"]),
        (1, &["rules-bad.yml"]),
        (1, &["rules_extrafields.yml"]),
        (0, &["--ignore-unknown-fields", "rules_extrafields.yml"]),
        (3, &["--lint-fatal", "prometheus-rules.lint.yml"]),
        (0, &["--lint-fatal", "--lint=none", "rules_duplicates.yml"]),
    ];
    for (expected, words) in cases {
        let (code, out, err) = run(folder.path(), &[&["check", "rules"], words].concat());
        assert_eq!(code, expected, "{words:?}\n{out}{err}");
    }
    let (_, _, err) = run(folder.path(), &["check", "rules", "rules-bad.yml"]);
    let place = "rules-bad.yml:12:21: alert `InstanceDown`: annotation `summary`: template: ";
    assert!(err.contains(place) && err.contains("undefined variable \"$label\""), "{err}");
}

fn transcript(command: &mut Command, folder: &Path, file: &str) -> (Option<i32>, String, String) {
    let output = command.current_dir(folder).args(["test", "rules", file]).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn words_are_promtools() {
    let Some(folder) = files() else { return };
    let Some(promtool) = find_program("promtool") else {
        return skip(SUITE, "promtool is not installed");
    };
    let own = "rule_files: [own-rules.yml]\ntests:\n- interval: 30s\n  external_labels: {dc: north}\n  \
               input_series:\n  - {series: 'm{i=\"a\"}', values: '0+1x20'}\n  - {series: 'm{i=\"b\"}', values: '5x3 stale'}\n  \
               alert_rule_test:\n  - {eval_time: 90s, alertname: Big, exp_alerts: [{exp_labels: {i: b}, exp_annotations: {t: x}}]}\n  \
               - {eval_time: 8m, alertname: Big, exp_alerts: []}\n  \
               promql_expr_test:\n  - {expr: 'm * 1.5', eval_time: 1m30s, exp_samples: [{labels: '{i=\"a\"}', value: 1}]}\n  \
               - {expr: nothing, eval_time: 1m, exp_samples: [{labels: '{}', value: 1e300}]}\n  \
               - {expr: 'sum(m) / 0', eval_time: 0, exp_samples: []}\n";
    let rules = "groups:\n- name: g\n  rules:\n  - record: m:sum\n    expr: sum(m)\n  - alert: Big\n    \
                 expr: m > 2\n    for: 1m\n    labels: {sum: '{{ with query \"m:sum\" }}{{ . | first | value }}{{ end }}'}\n    \
                 annotations: {t: '{{ $labels.i }} of {{ $externalLabels.dc }} is {{ $value }}'}\n";
    fs::write(folder.path().join("own.yml"), own).unwrap();
    fs::write(folder.path().join("own-rules.yml"), rules).unwrap();
    for file in
        ["failing.yml", "rules_run.yml", "at-modifier-test.yml", "long-period.yml", "own.yml"]
    {
        let theirs = transcript(&mut Command::new(&promtool), folder.path(), file);
        let ours = transcript(&mut binary(), folder.path(), file);
        assert_eq!(ours, theirs, "{file}");
    }
}
