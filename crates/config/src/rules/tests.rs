use super::{PlacedText, RuleDefinition, RuleKind, load};
use expect_test::{Expect, expect};
use relabel::NameScheme;
use std::fmt::Write;

fn check_with(scheme: NameScheme, text: &str, expected: &Expect) {
    let mut out = String::new();
    match load("rules.yml", text, scheme) {
        Ok(loaded) => {
            for group in &loaded.config.groups {
                let timing = (group.interval, group.query_offset, group.limit);
                writeln!(out, "{} {} {timing:?} {}", group.place, group.name, group.labels)
                    .unwrap();
                for rule in &group.rules {
                    let (place, expr) = (rule.place, &rule.expr);
                    writeln!(out, "  {place} {}", shown(&rule.kind)).unwrap();
                    for (name, text) in texts(rule) {
                        writeln!(out, "    {} {name}={:?}", text.place, text.text).unwrap();
                    }
                    writeln!(out, "  {} {:?}", expr.place, expr.text).unwrap();
                }
            }
            for warning in &loaded.warnings {
                writeln!(out, "{warning}").unwrap();
            }
        }
        Err(error) => {
            for problem in error.problems() {
                writeln!(out, "{}: {}", problem.place, problem.message).unwrap();
            }
        }
    }
    expected.assert_eq(&out);
}

fn shown(kind: &RuleKind) -> String {
    match kind {
        RuleKind::Record { metric } => format!("record {metric}"),
        RuleKind::Alert { name, hold, keep_firing_for, .. } => {
            format!("alert {name} for {hold:?} keep firing for {keep_firing_for:?}")
        }
    }
}

/// Labels and annotations of a rule.
fn texts(rule: &RuleDefinition) -> impl Iterator<Item = &(String, PlacedText)> {
    let annotations = match &rule.kind {
        RuleKind::Record { .. } => &[][..],
        RuleKind::Alert { annotations, .. } => annotations,
    };
    rule.labels.iter().chain(annotations)
}

fn check(text: &str, expected: &Expect) {
    check_with(NameScheme::Utf8, text, expected);
}

#[test]
fn groups_and_rules_are_read_with_their_places() {
    check(
        "groups:
- name: g
  interval: 30s
  query_offset: 0s
  limit: 10
  labels: {team: x}
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
    labels: {a: 1}
  - alert: Down
    expr: |
      up
        == 0
    for: 5m
    keep_firing_for: 1m
    labels:
      severity: page
    annotations:
      summary: \"{{ $labels.instance }} is down\"
",
        &expect![[r#"
            2:3 g (Some(30s), Some(0ns), Some(10)) {team="x"}
              8:5 record job:up:sum
                10:17 a="1"
              9:11 "sum by (job) (up)"
              11:5 alert Down for 300s keep firing for 60s
                18:17 severity="page"
                20:17 summary="{{ $labels.instance }} is down"
              13:7 "up\n  == 0\n"
        "#]],
    );
}

#[test]
fn empty_files_and_groups_are_fine() {
    check("", &expect![[r""]]);
    check("groups:", &expect![[r""]]);
    check(
        "groups:\n- name: a\n- name: b\n  rules: []\n  limit: -1\n  interval: 0s",
        &expect![[r"
            2:3 a (None, None, None) {}
            3:3 b (None, None, None) {}
        "]],
    );
}

#[test]
fn only_the_first_document_counts() {
    check(
        "groups: []\n---\ngroups: [",
        &expect![[r"
        rules.yml:2:1: only the first document of a file is read; this one is ignored
    "]],
    );
}

#[test]
fn what_upstream_refuses_is_refused() {
    check(
        "groups:\n- rules: []\n- name: a\n- name: a\n- nam: b",
        &expect![[r#"
        2:3: a rule group needs a `name`
        4:9: group "a" is already defined in line 3
        5:3: a rule group needs a `name`
        5:3: unknown key `nam`; did you mean `name`?
    "#]],
    );
    check(
        "groups:\n- name: g\n  rules:\n  - expr: up\n  - record: a\n  - record: a\n    alert: b\n    expr: up\n  -\n",
        &expect![[r#"
            4:5: rule 1 of group "g": one of `record` and `alert` must be set
            5:5: rule 2 of group "g": `expr` is missing
            7:12: rule 3 of group "g": at most one of `record` and `alert` may be set
            9:4: rule 4 of group "g": `expr` is missing
            9:4: rule 4 of group "g": one of `record` and `alert` must be set
        "#]],
    );
    check(
        "groups:\n- name: g\n  rules:\n  - record: 'a{b=\"c\"}'\n    expr: up\n    for: 1m\n    keep_firing_for: 1m\n    annotations: {x: y}\n    labels: {__name__: x, '': y}\n",
        &expect![[r#"
            4:13: rule 1 of group "g": `record` has braces; a recording rule sets labels with `labels`
            6:5: rule 1 of group "g": a recording rule has no `for`
            7:5: rule 1 of group "g": a recording rule has no `keep_firing_for`
            8:5: rule 1 of group "g": a recording rule has no `annotations`
            9:14: "__name__" is no name for one of `labels`
            9:27: "" is no name for one of `labels`
        "#]],
    );
    check(
        "groups:\n- name: g\n  interval: 5\n  limit: many\n  rules: {}",
        &expect![[r#"
        3:13: `interval`: "5" is no duration; did you mean `5s`?
        4:10: `limit` is a whole number, found a text
        5:10: `rules` is a list, found a map
    "#]],
    );
    check(
        "groups:\n- name: g\n  rules:\n  - alert: a\n    expr: up\n    fro: 1m\n    labels: [x]",
        &expect![[r"
            6:5: unknown key `fro`; did you mean `for`?
            7:13: `labels` is a map of keys, found a list
        "]],
    );
    check(
        "group: []",
        &expect![[r"
        1:1: unknown key `group`; did you mean `groups`?
    "]],
    );
    check(
        "- a",
        &expect![[r"
        1:1: the file is a map of keys, found a list
    "]],
    );
}

#[test]
fn names_depend_on_the_scheme() {
    let text =
        "groups:\n- name: g\n  rules:\n  - record: a.b\n    expr: up\n    labels: {c.d: e}\n";
    check(
        text,
        &expect![[r#"
            2:3 g (None, None, None) {}
              4:5 record a.b
                6:19 c.d="e"
              5:11 "up"
        "#]],
    );
    check_with(
        NameScheme::Legacy,
        text,
        &expect![[r#"
        4:13: rule 1 of group "g": "a.b" is no valid metric name
        6:14: "c.d" is no name for one of `labels`
    "#]],
    );
}

#[test]
fn a_zero_for_does_no_harm_to_a_recording_rule() {
    check(
        "groups:\n- name: g\n  rules:\n  - {record: a, expr: up, for: 0s, annotations: {}}",
        &expect![[r#"
            2:3 g (None, None, None) {}
              4:5 record a
              4:23 "up"
        "#]],
    );
}

#[test]
fn places_inside_expressions_are_those_of_the_file() {
    let text = "groups:
- name: g
  rules:
  - {record: a, expr: up == bad}
  - record: b
    expr: |
      üp
        == bad
  - record: c
    expr: 'up == bad'
  - record: d
    expr: up
      == bad
  - record: e
    expr: >-
      up
      == bad
  - record: f
    expr: 'up{a=\"b\"} == bad'
  - record: g
    expr: \"up{a=\\\"b\\\"} == bad\"
  - record: h
    expr: |

      up
      == bad
";
    let loaded = load("f", text, NameScheme::Utf8).unwrap();
    let mut out = String::new();
    for rule in &loaded.config.groups[0].rules {
        let RuleKind::Record { metric } = &rule.kind else { panic!("only records") };
        let at = rule.expr.text.find("bad").unwrap();
        writeln!(out, "{metric} {} {}", rule.expr.place, rule.expr.place_at(at)).unwrap();
        assert_eq!(rule.expr.place_at(0), rule.expr.place);
        assert!(rule.expr.place_at(usize::MAX).line >= rule.expr.place.line);
    }
    expect![[r"
        a 4:23 4:29
        b 7:7 8:12
        c 10:12 10:18
        d 12:11 12:11
        e 16:7 16:7
        f 19:12 19:25
        g 21:12 21:12
        h 25:7 27:10
    "]]
    .assert_eq(&out);
}
