//! `flyball test promql` as a shell sees it: verdict, what failed and where, exit codes.

use crate::server::run;
use expect_test::{Expect, expect};
use std::fs;
use tempfile::TempDir;

const GOOD: &str = "load 1m\n  up 1 1 0\n\neval instant at 2m up\n  up 0\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Both streams one after the other, then the exit code.
#[track_caller]
fn check(files: &[(&str, &str)], words: &[&str], expected: &Expect) {
    let folder = folder(files);
    let (code, out, err) = run(folder.path(), &[&["test", "promql"], words].concat());
    expected.assert_eq(&format!("{err}--\n{out}-- {code}\n"));
}

#[test]
fn good_scripts_are_counted_over_all_files() {
    let strings = "eval instant at 0 \"a\"\n  expect string \"a\"\n\neval instant at 0 1\n  1\n";
    check(
        &[("a.test", GOOD), ("b.test", strings)],
        &["a.test", "b.test"],
        &expect![[r"
            --
            3 passed, 0 failed
            -- 0
        "]],
    );
}

#[test]
fn a_failure_has_its_place_and_what_was_expected_and_found() {
    let bad = format!(
        "{GOOD}\neval instant at 1m up * 2\n  {{}} 3\n\neval range from 0 to 2m step 1m up\n  up 1 1 1\n\
         \neval instant at 1m up +\n\neval instant at 1m sum(up)\n  expect warn\n  {{}} 1\n"
    );
    check(
        &[("good.test", GOOD), ("bad.test", &bad)],
        &["bad.test", "good.test"],
        &expect![[r#"
            FAILED: bad.test:7: up * 2
              expected {} 3
              found    {} 2
            FAILED: bad.test:10: up
              expected {__name__="up"} 1 1 1
              found    {__name__="up"} 1 1 0
            FAILED: bad.test:13: up +
              expected an answer
              found    error: 1:5: parse error: unexpected end of input
            FAILED: bad.test:15: sum(up)
              expected warning: any text
              found    no warning
            --
            2 passed, 4 failed
            -- 1
        "#]],
    );
}

#[test]
fn a_file_that_is_no_script_costs_no_other_file() {
    let words = ["none.test", "bad.test", "late.test", "a.test"];
    check(
        &[
            ("a.test", GOOD),
            ("bad.test", "load 1m\n  up{job=a} 1\n"),
            ("late.test", "load 1m\n  a 1 2\n\nload 30s\n  a 5 6\n"),
        ],
        &words,
        &expect![[r#"
            FAILED: cannot read none.test: no such file or directory
            FAILED: bad.test:2:10: parse error: unexpected identifier "a" in label set, expected string
              |   up{job=a} 1
              |          ^
            did you mean `"a"`?
            FAILED: late.test:4: cannot store the sample at 0 s: it is older than the newest sample of its series
            --
            1 passed, 0 failed
            -- 2
        "#]],
    );
}

#[test]
fn features_are_upstreams_unless_they_are_named() {
    let script = "eval instant at 0 max_of(1, 2)\n  2\n";
    let files = [("a.test", script)];
    let flag = |names: &str| format!("--enable-feature={names}");
    check(
        &files,
        &["a.test"],
        &expect![[r"
            --
            1 passed, 0 failed
            -- 0
        "]],
    );
    check(
        &files,
        &["a.test", &flag("use-start-timestamps")],
        &expect![[r#"
            FAILED: a.test:1: max_of(1, 2)
              expected an answer
              found    error: 1:1: parse error: function "max_of" is not enabled; `--enable-feature=promql-experimental-functions` switches it on
            --
            0 passed, 1 failed
            -- 1
        "#]],
    );
    check(
        &files,
        &["a.test", &flag("promql-duration-expr,promql-experimental-functions")],
        &expect![[r"
            --
            1 passed, 0 failed
            -- 0
        "]],
    );
    check(
        &files,
        &["a.test", &flag("promql-everything")],
        &expect![[r"
            --enable-feature=promql-everything: there is no such feature; there are promql-experimental-functions, promql-delayed-name-removal, promql-extended-range-selectors, promql-binop-fill-modifiers, use-start-timestamps, classic-mode, utf8-strict-mode
            --
            -- 2
        "]],
    );
}

#[test]
fn upstreams_scripts_pass() {
    let Some(scripts) = testkit::conformance_dir("promqltest by command", "promqltest") else {
        return;
    };
    let mut words = vec!["test".to_owned(), "promql".to_owned()];
    for entry in fs::read_dir(scripts).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "test") {
            words.push(path.display().to_string());
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = run(folder.path(), &words);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "2214 passed, 0 failed\n", ""));
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "nothing is written to the disk");
}
