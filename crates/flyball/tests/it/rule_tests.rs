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

/// Files of a folder that could be rule files or tests, sorted.
/// A file that is named twice is read once; of a series that is described twice the last
/// description counts; times of a day and more have days.
#[test]
fn what_is_named_twice_is_read_as_by_promtool() {
    let Some(promtool) = find_program("promtool") else {
        return skip(SUITE, "promtool is not installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let rules = "groups: [{name: g, rules: [{alert: Up, expr: up > 0}]}]";
    fs::write(folder.path().join("r.yml"), rules).unwrap();
    let test = "rule_files: [r.yml, r.yml]\nevaluation_interval: 1h\ntests:\n\
        - interval: 1h\n  input_series:\n\
        \x20 - {series: 'up{a=\"b\"}', values: '0+0x40'}\n\
        \x20 - {series: 'up{a=\"b\"}', values: '1+0x40'}\n\
        \x20 alert_rule_test: [{eval_time: 26h, alertname: Up, exp_alerts: []}]\n";
    fs::write(folder.path().join("t.yml"), test).unwrap();
    let theirs = transcript(&mut Command::new(promtool), folder.path(), "t.yml");
    assert!(theirs.2.contains("time: 1d2h") && !theirs.2.contains("1:\n"), "{theirs:?}");
    assert_eq!(transcript(&mut binary(), folder.path(), "t.yml"), theirs);
}

fn yaml_files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let yaml = entries.filter(|path| path.extension().is_some_and(|e| e == "yml" || e == "yaml"));
    let mut names: Vec<String> =
        yaml.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn of_upstreams_rule_files_one_is_bad() {
    let Some(folder) = conformance_dir(SUITE, "prometheus/rules") else { return };
    let mut bad = Vec::new();
    let files = yaml_files(&folder);
    for file in &files {
        let (code, out, err) = run(&folder, &["check", "rules", file]);
        if code != 0 {
            bad.push((file.as_str(), code, out + &err));
        }
    }
    let [("invalid_rules.yaml", 1, text)] = &bad[..] else { panic!("{bad:#?}") };
    assert!(text.contains("invalid_rules.yaml:6:9: unknown key `unexpected_field`"), "{text}");
    assert_eq!(files.len(), 15);
    let (_, out, err) = run(&folder, &["check", "rules", "rules_multi_doc.yaml"]);
    assert!((out + &err).contains("only the first document of a file is read"));
}

#[test]
fn verdicts_on_all_files_are_those_of_debians_promtool() {
    let Some(promtool) = find_program("promtool") else {
        return skip(SUITE, "promtool is not installed");
    };
    let code = |mut command: Command, folder: &Path, words: [&str; 3]| {
        command.current_dir(folder).args(words).output().unwrap().status.code()
    };
    for name in ["prometheus/rules", "prometheus/promtool"] {
        let Some(folder) = conformance_dir(SUITE, name) else { return };
        let files = yaml_files(&folder);
        assert!(files.len() >= 15, "{name}");
        for file in &files {
            let checks = ["check", "rules", file.as_str()];
            let theirs = code(Command::new(&promtool), &folder, checks);
            assert_eq!(code(binary(), &folder, checks), theirs, "check rules {name}/{file}");
            // Keys that 2.42 does not know: its verdict says nothing about the tests.
            let text = fs::read_to_string(folder.join(file)).unwrap();
            // A test without `interval` takes that of the evaluations since 2.43.
            if file == "no-test-group-interval.yml" {
                continue;
            }
            let newer =
                ["start_timestamp", "fuzzy_compare", "histogram:", "extra_fields", "limit:"];
            if newer.iter().any(|key| text.contains(key)) || !text.contains("tests:") {
                continue;
            }
            let tests = ["test", "rules", file.as_str()];
            let theirs = code(Command::new(&promtool), &folder, tests);
            assert_eq!(code(binary(), &folder, tests), theirs, "test rules {name}/{file}");
        }
    }
}

#[test]
fn results_are_written_as_junit() {
    let Some(folder) = files() else { return };
    let words =
        ["test", "rules", "--junit=results.xml", "rules_run.yml", "unittest.yml", "nix.yml"];
    let (code, ..) = run(folder.path(), &words);
    assert_eq!(code, 1);
    let text = fs::read_to_string(folder.path().join("results.xml")).unwrap();
    let suites: Vec<&str> = text.split("<testsuite ").skip(1).collect();
    assert_eq!(suites.len(), 3, "{text}");
    let begins = "name=\"rules_run.yml\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\"";
    assert!(suites[0].starts_with(begins), "{text}");
    assert!(suites[0].contains("<testcase name=\"correct test\"></testcase>"), "{text}");
    assert!(suites[0].contains("<testcase name=\"wrong test\"><failure>"), "{text}");
    assert!(suites[1].contains("failures=\"0\" errors=\"0\""), "{text}");
    assert!(suites[2].contains("errors=\"1\"") && suites[2].contains("<error>cannot read nix"));
    // Before the subcommand, as promtool has it.
    let words = ["test", "--junit=other.xml", "rules", "unittest.yml"];
    let (code, out, err) = run(folder.path(), &words);
    assert_eq!(code, 0, "{out}{err}");
    assert!(folder.path().join("other.xml").is_file());
}

#[test]
fn differences_and_data_are_shown_when_wanted() {
    let Some(folder) = files() else { return };
    let words = ["test", "rules", "--diff", "--debug", "failing.yml"];
    let (code, _, err) = run(folder.path(), &words);
    assert_eq!(code, 1);
    assert!(err.contains("DEBUG: Starting test "), "{err}");
    assert!(err.contains("DEBUG: Dump of all data (input_series and rules) at "), "{err}");
    assert!(err.contains(" =>\n"), "{err}");
    assert!(err.contains(" finished, took "), "{err}");
    assert!(err.contains("        diff: [\n"), "{err}");
    assert!(["[-", "{+", "{~"].iter().any(|sign| err.contains(sign)), "{err}");
}
