use super::*;

fn defaults() -> GroupDefaults {
    GroupDefaults {
        interval: Duration::from_secs(15),
        query_offset: Duration::ZERO,
        scheme: NameScheme::Utf8,
        syntax: ParserOptions::default(),
        unknown_keys: UnknownKeys::Refused,
    }
}

#[test]
fn mistakes_in_expressions_have_their_place_in_the_file() {
    let text = "groups:\n- name: a\n  rules:\n  - record: x\n    expr: rate(up)\n";
    let problems = parse("rules.yml", text, defaults()).expect_err("a type error");
    assert!(problems[0].to_string().starts_with("rules.yml:5:16: parse error: "), "{problems:?}");
}

#[test]
fn labels_of_the_rule_stand_above_those_of_the_group() {
    let text = "groups:\n- name: a\n  labels: {team: db, tier: '1'}\n  rules:\n  - alert: X\n\
                    \u{20}   expr: up\n    labels: {team: web}\n";
    let (groups, _) = parse("rules.yml", text, defaults()).expect("good rules");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(groups[0].rules[0].labels(), [pair("tier", "1"), pair("team", "web")]);
}

#[test]
fn mistakes_in_templates_have_their_line_in_the_file() {
    let text = "groups:\n- name: a\n  rules:\n  - alert: 'X: y'\n    expr: up\n\
                    \x20   annotations:\n      good: '{{ $value }}'\n      bad: |\n        one\n\
                    \x20       two {{ $label.job }}\n";
    let problems = parse("rules.yml", text, defaults()).expect_err("a mistake");
    let first = problems[0].to_string();
    let first = first.lines().next().unwrap_or_default();
    let what = "alert `X: y`: annotation `bad`: template: undefined variable \"$label\"";
    assert_eq!(first, format!("rules.yml:10:9: {what}"));
}
