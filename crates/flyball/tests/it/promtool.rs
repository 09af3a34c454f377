//! The binary under the name `promtool` beside Debian's: both end alike, and what is not here is
//! refused with what to use.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use testkit::{find_program, free_port, skip};

const RULES: &str =
    "groups:\n- name: g\n  rules:\n  - {record: x, expr: up}\n  - {alert: A, expr: up == 0}\n";
const TWICE: &str =
    "groups:\n- name: g\n  rules:\n  - {record: x, expr: up}\n  - {record: x, expr: up}\n";
const TESTS: &str = "rule_files: [rules.yml]\ntests:\n- interval: 1m\n  \
    input_series: [{series: up, values: '1 1'}]\n  \
    promql_expr_test: [{expr: up, eval_time: 1m, exp_samples: [{labels: up, value: VALUE}]}]\n";
const USERS: &str = "basic_auth_users: {ann: \
    '$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi'}\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("good.yml", "rule_files: [rules.yml]\nscrape_configs: [{job_name: a}]\n"),
        ("bad.yml", "global: {scrape_intervall: 15s}\n"),
        ("lacks.yml", "rule_files: [none.yml]\n"),
        ("rules.yml", RULES),
        ("twice.yml", TWICE),
        ("wrong.yml", "groups:\n- name: g\n  rules:\n  - {record: x, expr: rate(up)}\n"),
        ("passes.yml", &TESTS.replace("VALUE", "1")),
        ("fails.yml", &TESTS.replace("VALUE", "2")),
        ("users.yml", USERS),
        ("plain.yml", "basic_auth_users: {ann: secret, b: }\nfoo: 1\n"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    symlink(env!("CARGO_BIN_EXE_flyball"), folder.path().join("promtool")).unwrap();
    folder
}

/// Exit code, and what was printed on either stream.
fn run(program: &Path, folder: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(program);
    let output = command.current_dir(folder).args(words).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_link_ends_as_promtool_ends() {
    let Some(theirs) = find_program("promtool") else {
        return skip("promtool", "promtool is not installed");
    };
    let folder = folder();
    let ours: PathBuf = folder.path().join("promtool");
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let cases: &[&[&str]] = &[
        &[],
        &["--help"],
        &["--version"],
        &["check"],
        &["nonsense"],
        &["check", "nonsense"],
        &["check", "config"],
        &["check", "config", "good.yml"],
        &["--enable-feature=promql-at-modifier", "check", "config", "good.yml"],
        &["check", "config", "--syntax-only", "good.yml"],
        &["check", "config", "bad.yml"],
        &["check", "config", "lacks.yml"],
        &["check", "config", "none.yml"],
        &["check", "config", "good.yml", "bad.yml"],
        &["check", "rules", "rules.yml"],
        &["check", "rules", "twice.yml"],
        &["check", "rules", "--lint=all", "--lint-fatal", "twice.yml"],
        &["check", "rules", "--lint=none", "--lint-fatal", "twice.yml"],
        &["check", "rules", "wrong.yml"],
        &["check", "rules", "rules.yml", "none.yml"],
        &["check", "web-config", "users.yml"],
        &["check", "web-config", "plain.yml"],
        &["check", "web-config", "none.yml"],
        &["test", "rules", "passes.yml"],
        &["--enable-feature=promql-at-modifier", "test", "rules", "passes.yml"],
        &["test", "rules", "fails.yml"],
        &["test", "rules", "none.yml"],
        &["query", "instant", &nobody, "up"],
        &["query", "range", &nobody, "up"],
        &["query", "series", "--match=up", &nobody],
        &["query", "series", &nobody],
        &["query", "labels", &nobody, "job"],
        &["query", "instant", "not a url", "up"],
    ];
    for words in cases {
        let (code, out, err) = run(&ours, folder.path(), words);
        let (expected, their_out, their_err) = run(&theirs, folder.path(), words);
        assert_eq!(code, expected, "{words:?}:\n{out}{err}\npromtool:\n{their_out}{their_err}");
    }
}

#[test]
fn what_is_not_here_is_refused_with_what_to_use() {
    let folder = folder();
    let ours: PathBuf = folder.path().join("promtool");
    for (words, instead) in [
        (&["tsdb", "list", "data"][..], "use `flyball tsdb import prometheus`"),
        (&["tsdb", "create-blocks-from", "openmetrics", "a"], "`flyball tsdb import openmetrics`"),
        (&["tsdb", "analyze"], "use `flyball tsdb`"),
        (&["debug", "all", "http://a"], "ask the server for `/metrics`"),
        (&["push", "metrics", "http://a"], "post to `/metrics/job/JOB`"),
        (&["check", "service-discovery", "good.yml", "a"], "the page Targets"),
        (&["check", "healthy"], "ask the server for `/-/healthy`"),
        (&["promql", "format", "up"], "use `flyball query explain`"),
    ] {
        let (code, out, err) = run(&ours, folder.path(), words);
        assert_eq!((code, &*out), (Some(1), ""), "{words:?}: {err}");
        assert!(err.contains("is not a part of flyball: ") && err.contains(instead), "{err}");
    }
}
