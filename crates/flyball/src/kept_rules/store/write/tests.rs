//! What is written is for people, and reads as the same group.

use super::*;
use config::rules::load;
use relabel::NameScheme;

/// The group of a rule file, without the places of its texts.
fn read(text: &str) -> RuleGroup {
    let loaded = load("r.yml", text, NameScheme::Utf8);
    loaded.unwrap_or_else(|error| panic!("{error}\n{text}")).config.groups.remove(0)
}

fn file(group: &str) -> String {
    let mut text = "groups:\n".to_owned();
    for (index, line) in group.lines().enumerate() {
        text.extend([if index == 0 { "- " } else { "  " }, line, "\n"]);
    }
    text
}

#[test]
fn a_group_is_written_for_people() {
    let group = group(&read(
        "groups:\n- name: g one\n  interval: 90s\n  limit: 3\n  labels: {team: db}\n  rules:\n\
         \x20 - {record: 'a:b', expr: sum(a), labels: {x: 'yes'}}\n\
         \x20 - alert: Down\n    expr: |\n      up == 0\n      and on() vector(1)\n    for: 5m\n\
         \x20   fire_after: \n    on_missing: keep\n    flap_damping: {}\n\
         \x20   annotations: {summary: '{{ $value }}: \"x\"'}\n",
    ));
    expect_test::expect![[r#"
        name: "g one"
        interval: 1m30s
        limit: 3
        labels:
          team: db
        rules:
          - record: "a:b"
            expr: "sum(a)"
            labels:
              x: "yes"
          - alert: Down
            expr: |
              up == 0
              and on() vector(1)
            for: 5m
            on_missing: keep
            flap_damping:
              changes: 4
              within: 1h
              quiet: 10m
            annotations:
              summary: "{{ $value }}: \"x\""
    "#]]
    .assert_eq(&group);
}

#[test]
fn what_is_written_reads_as_the_same_group() {
    let texts = [
        "up",
        "yes",
        "1",
        "1.5",
        "~",
        "",
        " up ",
        "up\n",
        "up\nor x",
        "up\n\nor x\n",
        " a\nb",
        "a \nb",
        "a: b",
        "# x",
        "- a",
        "{x}",
        "\"q\"",
        "'",
        "\\n",
        "\t",
        "a\tb\nc",
        "ä\u{2028}b\nc",
        "|",
        "null",
        "a #b",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a`",
        "a\r\nb",
        "\u{7f}",
        "---",
        "...",
        "0x1f",
        "1_000",
    ];
    for text in texts {
        let json = quoted(text);
        let first = read(&format!(
            "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: {}\n    labels: {{l: {json}}}\n\
             \x20   annotations: {{a: {json}}}\n",
            if text.is_empty() { "x".into() } else { json.clone() },
        ));
        let again = read(&file(&group(&first)));
        assert_eq!(group(&again), group(&first), "{text:?}");
        assert_eq!(again.rules[0].expr.text, first.rules[0].expr.text, "{text:?}");
        assert_eq!(again.rules[0].labels[0].1.text, first.rules[0].labels[0].1.text);
    }
}
