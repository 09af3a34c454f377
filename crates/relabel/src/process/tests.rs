use crate::{Action, NameScheme, Rule, RuleSpec, apply, explain};
use expect_test::{Expect, expect};
use model::Labels;

/// `action key=value ...`: words of a rule; `source=a,b`, `sep=`, `re=`, `mod=`, `to=`, `with=`.
fn rule(words: &[&str]) -> Rule {
    let mut spec = RuleSpec { action: Action::parse(words[0]).unwrap(), ..RuleSpec::default() };
    for word in &words[1..] {
        let (key, value) = word.split_once('=').unwrap();
        match key {
            "source" => spec.source_labels = Some(value.split(',').map(Into::into).collect()),
            "sep" => spec.separator = Some(value.into()),
            "re" => spec.regex = Some(value.into()),
            "mod" => spec.modulus = value.parse().unwrap(),
            "to" => spec.target_label = value.into(),
            "with" => spec.replacement = Some(value.into()),
            other => panic!("unknown word {other}"),
        }
    }
    Rule::new(spec, NameScheme::Utf8).unwrap()
}

fn check(labels: &[(&str, &str)], rules: &[&[&str]], expected: &Expect) {
    let rules: Vec<Rule> = rules.iter().map(|words| rule(words)).collect();
    let start = Labels::from_pairs(labels.iter().copied());
    let mut builder = start.to_builder();
    let kept = apply(&rules, &mut builder);
    let shown = if kept { builder.build().to_string() } else { "dropped".into() };
    expected.assert_eq(&shown);
    let last = explain(&rules, &start).last().map_or(kept, |step| step.kept);
    assert_eq!(last, kept, "explain agrees with apply");
}

const ABC: &[(&str, &str)] = &[("a", "foo"), ("b", "bar"), ("c", "baz")];

#[test]
fn replace_fills_groups() {
    check(
        ABC,
        &[&["replace", "source=a", "re=f(.*)", "to=d", "with=ch${1}-ch${1}", "sep=;"]],
        &expect![[r#"{a="foo", b="bar", c="baz", d="choo-choo"}"#]],
    );
    check(
        ABC,
        &[
            &["replace", "source=a,b", "re=f(.*);(.*)r", "to=a", "with=b${1}${2}m"],
            &["replace", "source=c,a", "re=(b).*b(.*)ba(.*)", "to=d", "with=$1$2$2$3"],
        ],
        &expect![[r#"{a="boobam", b="bar", c="baz", d="boooom"}"#]],
    );
}

#[test]
fn replace_without_a_match_changes_nothing() {
    check(
        ABC,
        &[&["replace", "source=a", "re=x", "to=b", "with=never"]],
        &expect![[r#"{a="foo", b="bar", c="baz"}"#]],
    );
}

#[test]
fn replace_with_an_empty_result_removes_the_target() {
    check(
        ABC,
        &[&["replace", "source=a", "re=(f).*", "to=b", "with=$2"]],
        &expect![[r#"{a="foo", c="baz"}"#]],
    );
    check(ABC, &[&["replace", "source=missing", "to=b"]], &expect![[r#"{a="foo", c="baz"}"#]]);
    check(ABC, &[&["replace", "to=b", "with="]], &expect![[r#"{a="foo", c="baz"}"#]]);
}

#[test]
fn replace_writes_a_constant_even_when_the_source_is_empty() {
    check(&[], &[&["replace", "to=d", "with=static"]], &expect![[r#"{d="static"}"#]]);
    check(
        ABC,
        &[&["replace", "source=a", "to=d", "with=static"]],
        &expect![[r#"{a="foo", b="bar", c="baz", d="static"}"#]],
    );
    check(
        &[("a", "x")],
        &[&["replace", "source=a", "re=", "to=d", "with=static"]],
        &expect![[r#"{a="x"}"#]],
    );
}

#[test]
fn the_target_may_be_a_template() {
    let rule: &[&str] =
        &["replace", "source=__meta_sd_tags", "re=(?:.+,|^)path:(/[^,]+).*", "to=__metrics_path__"];
    check(
        &[("__meta_sd_tags", "path:/secret,job:some-job,label:foo=bar")],
        &[rule, &["replace", "source=__meta_sd_tags", "re=(?:.+,|^)job:([^,]+).*", "to=job"]],
        &expect![[
            r#"{__meta_sd_tags="path:/secret,job:some-job,label:foo=bar", __metrics_path__="/secret", job="some-job"}"#
        ]],
    );
    check(
        &[("tags", "label:foo=bar")],
        &[&["replace", "source=tags", "re=label:([^=]+)=(.+)", "to=${1}", "with=${2}"]],
        &expect![[r#"{foo="bar", tags="label:foo=bar"}"#]],
    );
    check(
        &[("a", "boo")],
        &[&["replace", "source=a", "re=.*(zap)?", "to=${1}", "with=x"]],
        &expect![[r#"{a="boo"}"#]],
    );
}

#[test]
fn utf8_names_can_be_targets() {
    check(
        &[("a", "line1\nline2")],
        &[&["replace", "source=a", "re=line1.line2", "to=température.cpu", "with=ok"]],
        &expect![[r#"{a="line1\nline2", "température.cpu"="ok"}"#]],
    );
}

#[test]
fn keep_and_drop_match_the_whole_joined_value() {
    check(ABC, &[&["keep", "source=a", "re=foo"]], &expect![[r#"{a="foo", b="bar", c="baz"}"#]]);
    check(ABC, &[&["keep", "source=a", "re=fo"]], &expect!["dropped"]);
    check(ABC, &[&["drop", "source=a,b", "re=foo;bar"]], &expect!["dropped"]);
    check(ABC, &[&["drop", "source=a,b", "sep=", "re=foobar"]], &expect!["dropped"]);
    check(ABC, &[&["drop", "source=a", "re=f"]], &expect![[r#"{a="foo", b="bar", c="baz"}"#]]);
    check(&[], &[&["drop", "source=nothing", "re="]], &expect!["dropped"]);
    check(&[], &[&["keep", "source=nothing", "re=.+"]], &expect!["dropped"]);
}

#[test]
fn a_dropped_set_sees_no_further_rule() {
    let rules = [rule(&["drop", "source=a", "re=foo"]), rule(&["replace", "to=d", "with=x"])];
    let steps = explain(&rules, &Labels::from_pairs(ABC.iter().copied()));
    assert_eq!(steps.len(), 1);
    assert!(!steps[0].kept);
}

#[test]
fn equality_compares_with_the_target() {
    let same = &[("port", "9100"), ("wanted", "9100")];
    check(
        same,
        &[&["keepequal", "source=port", "to=wanted"]],
        &expect![[r#"{port="9100", wanted="9100"}"#]],
    );
    check(same, &[&["dropequal", "source=port", "to=wanted"]], &expect!["dropped"]);
    check(ABC, &[&["keepequal", "source=a", "to=b"]], &expect!["dropped"]);
    check(&[], &[&["keepequal", "source=x", "to=y"]], &expect!["{}"]);
    check(&[], &[&["dropequal", "source=x", "to=y"]], &expect!["dropped"]);
}

#[test]
fn hashmod_is_upstreams_md5() {
    // Values: last 8 bytes of the MD5 digest, big-endian, modulo 1000.
    check(
        &[("c", "baz")],
        &[&["hashmod", "source=c", "to=d", "mod=1000"]],
        &expect![[r#"{c="baz", d="976"}"#]],
    );
    check(
        &[("a", "foo\nbar")],
        &[&["hashmod", "source=a", "to=b", "mod=1000"]],
        &expect![[r#"{a="foo\nbar", b="734"}"#]],
    );
    check(&[], &[&["hashmod", "source=a", "to=b", "mod=1"]], &expect![[r#"{b="0"}"#]]);
}

#[test]
fn names_are_mapped_dropped_and_kept() {
    check(
        &[("a", "foo"), ("b1", "bar"), ("b2", "baz")],
        &[&["labelmap", "re=(b.*)", "with=bar_${1}"]],
        &expect![[r#"{a="foo", b1="bar", b2="baz", bar_b1="bar", bar_b2="baz"}"#]],
    );
    check(
        &[("__meta_my_bar", "aaa"), ("__meta_my_baz", "bbb"), ("x", "c")],
        &[&["labelmap", "re=__meta_(my.*)"]],
        &expect![[
            r#"{__meta_my_bar="aaa", __meta_my_baz="bbb", my_bar="aaa", my_baz="bbb", x="c"}"#
        ]],
    );
    check(&[("a", "1"), ("b1", "2")], &[&["labeldrop", "re=b.*"]], &expect![[r#"{a="1"}"#]]);
    check(&[("a", "1"), ("b1", "2")], &[&["labelkeep", "re=b.*"]], &expect![[r#"{b1="2"}"#]]);
    check(&[("a", "1")], &[&["labelmap", "re=a(x)?", "with=$1"]], &expect![[r#"{a="1"}"#]]);
}

#[test]
fn case_follows_simple_unicode_mapping() {
    check(
        &[("a", "bAr123Foo")],
        &[&["lowercase", "source=a", "to=l"], &["uppercase", "source=a", "to=u"]],
        &expect![[r#"{a="bAr123Foo", l="bar123foo", u="BAR123FOO"}"#]],
    );
    check(
        &[("a", "straße İ ΟΔΟΣ ᾀ")],
        &[&["lowercase", "source=a", "to=l"], &["uppercase", "source=a", "to=u"]],
        &expect![[r#"{a="straße İ ΟΔΟΣ ᾀ", l="straße i οδοσ ᾀ", u="STRAßE İ ΟΔΟΣ ᾈ"}"#]],
    );
}

fn refuse(spec: RuleSpec, scheme: NameScheme, expected: &Expect) {
    let error = Rule::new(spec, scheme).unwrap_err();
    expected.assert_eq(&format!("{}: {error}", error.kind().key()));
}

fn spec(action: Action) -> RuleSpec {
    RuleSpec { action, ..RuleSpec::default() }
}

#[test]
fn rules_that_cannot_work_are_refused() {
    use Action::{DropEqual, HashMod, LabelDrop, LabelMap, Lowercase, Replace};
    use NameScheme::{Legacy, Utf8};
    refuse(
        spec(Replace),
        Utf8,
        &expect!["target_label: relabel action `replace` needs a `target_label`"],
    );
    refuse(
        RuleSpec { target_label: "d".into(), ..spec(HashMod) },
        Utf8,
        &expect!["modulus: relabel action `hashmod` needs a `modulus` above 0"],
    );
    refuse(
        RuleSpec { target_label: "a-b".into(), ..spec(Replace) },
        Legacy,
        &expect![[r#"target_label: "a-b" is no valid `target_label` for action `replace`"#]],
    );
    refuse(
        RuleSpec { target_label: "1${2}".into(), ..spec(Replace) },
        Legacy,
        &expect![[r#"target_label: "1${2}" is no valid `target_label` for action `replace`"#]],
    );
    refuse(
        RuleSpec { target_label: "d".into(), replacement: Some("x".into()), ..spec(Lowercase) },
        Utf8,
        &expect!["replacement: relabel action `lowercase` takes no `replacement`"],
    );
    refuse(
        RuleSpec { target_label: "d".into(), regex: Some("(.*)".into()), ..spec(DropEqual) },
        Utf8,
        &expect![
            "action: relabel action `dropequal` takes only `source_labels` and `target_label`"
        ],
    );
    refuse(
        RuleSpec { source_labels: Some(vec![]), ..spec(LabelDrop) },
        Utf8,
        &expect!["action: relabel action `labeldrop` takes only `regex`"],
    );
    refuse(
        RuleSpec { replacement: Some("$".into()), ..spec(LabelMap) },
        Legacy,
        &expect![[r#"replacement: "$" is no valid `replacement` for action `labelmap`"#]],
    );
}

#[test]
fn legacy_templates_follow_upstreams_pattern() {
    for (template, allowed) in [
        ("${1}", true),
        ("$1", true),
        ("a$1b9", true),
        ("_x", true),
        ("9a", false),
        ("", false),
        ("$", false),
        ("${", false),
        ("${}", false),
        ("${1", false),
        ("a-b", false),
        ("a$$b", false),
    ] {
        let spec = RuleSpec { replacement: Some(template.into()), ..spec(Action::LabelMap) };
        assert_eq!(Rule::new(spec, NameScheme::Legacy).is_ok(), allowed, "{template:?}");
    }
}

#[test]
fn a_rule_is_printed_without_its_defaults() {
    let check = |spec: RuleSpec, expected: &str| {
        assert_eq!(Rule::new(spec, NameScheme::Utf8).unwrap().to_string(), expected);
    };
    check(
        RuleSpec {
            source_labels: Some(vec!["a".into(), "b".into()]),
            regex: Some("(.+):\\d+".into()),
            target_label: "host".into(),
            ..RuleSpec::default()
        },
        "action: replace, source_labels: [a, b], regex: \"(.+):\\\\d+\", target_label: host",
    );
    check(
        RuleSpec {
            regex: Some("__meta_.*".into()),
            action: Action::LabelDrop,
            ..RuleSpec::default()
        },
        "action: labeldrop, regex: \"__meta_.*\"",
    );
}
