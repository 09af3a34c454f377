use super::load_target_groups;
use expect_test::{Expect, expect};
use std::fmt::Write;

fn check(text: &str, expected: &Expect) {
    let mut out = String::new();
    match load_target_groups("sd.yml", text) {
        Ok(loaded) => {
            for group in loaded.config {
                writeln!(out, "{:?} {}", group.targets, group.labels).unwrap();
            }
        }
        Err(error) => out = error.to_string(),
    }
    expected.assert_eq(&out);
}

#[test]
fn yaml_and_json_are_read_alike() {
    check(
        "- targets: [a:1, 'b:2']\n  labels: {x: 1, y: ''}\n- targets:\n",
        &expect![[r#"
        ["a:1", "b:2"] {x="1"}
        [] {}
    "#]],
    );
    check(
        r#"[{"targets": ["a:1", "b:2"], "labels": {"x": "1"}}]"#,
        &expect![[r#"
        ["a:1", "b:2"] {x="1"}
    "#]],
    );
    check("[]", &expect![""]);
    check("", &expect![""]);
}

#[test]
fn everything_else_is_refused() {
    check(
        "targets: [a:1]",
        &expect![[r"
        sd.yml:1:1: the file is a list of target groups, found a map
          1 | targets: [a:1]
            | ^"]],
    );
    check(
        "- targets: [a:1]\n  label: {}",
        &expect![[r"
        sd.yml:2:3: unknown key `label`; did you mean `labels`?
          2 |   label: {}
            |   ^"]],
    );
    check(
        "-",
        &expect![[r"
        sd.yml:1:2: this target group is empty; expected `targets`
          1 | -
            |  ^"]],
    );
    check(
        "- targets: a:1",
        &expect![[r"
        sd.yml:1:12: `targets` is a list, found a text
          1 | - targets: a:1
            |            ^"]],
    );
    check(
        "- targets: [{a: 1}]\n  labels: {'': x}",
        &expect![[r"
        sd.yml:1:13: `targets` is a text, found a map
          1 | - targets: [{a: 1}]
            |             ^
        sd.yml:2:12: a label name cannot be empty
          2 |   labels: {'': x}
            |            ^"]],
    );
}
