//! What the keys may say, and the places of mistakes.

use super::*;
use crate::rules::{RuleKind, load};
use relabel::NameScheme;

/// The rule's extras, or every mistake.
fn read(keys: &str) -> Result<AlertExtras, String> {
    let text = format!("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n{keys}");
    let loaded = load("r.yml", &text, NameScheme::Utf8).map_err(|error| error.to_string())?;
    match loaded.config.groups[0].rules[0].kind.clone() {
        RuleKind::Alert { extras, .. } => Ok(*extras),
        RuleKind::Record { metric } => Err(metric),
    }
}

fn mistake(keys: &str) -> String {
    let error = read(keys).expect_err("a mistake");
    error.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn all_keys_are_read() {
    let extras = read(
        "    recover_expr: up > 1\n    fire_after: 3 of 5\n    on_missing: keep\n    \
         flap_damping: {changes: 6, within: 30m, quiet: 5m}\n",
    );
    let extras = extras.expect("good keys");
    assert_eq!(extras.recover.map(|text| text.text), Some("up > 1".to_owned()));
    assert_eq!(extras.fire_after, Some(FireAfter { hits: 3, evaluations: 5 }));
    assert_eq!(extras.on_missing, OnMissing::Keep);
    let (within, quiet) = (Duration::from_mins(30), Duration::from_mins(5));
    assert_eq!(extras.flap_damping, Some(FlapDamping { changes: 6, within, quiet }));
}

#[test]
fn without_keys_everything_is_as_upstream() {
    assert_eq!(read(""), Ok(AlertExtras::default()));
    let damped = read("    flap_damping: {}\n").expect("all keys have defaults");
    assert_eq!(damped.flap_damping, Some(FlapDamping::default()));
}

#[test]
fn mistakes_have_their_place() {
    let cases = [
        (
            "    fire_after: 5 of 3\n",
            "r.yml:6:17: `fire_after`: found \"5 of 3\", expected `N of M` with 1 <= N <= M <= 64",
        ),
        (
            "    fire_after: often\n",
            "r.yml:6:17: `fire_after`: found \"often\", expected `N of M` with 1 <= N <= M <= 64",
        ),
        (
            "    for: 1m\n    fire_after: 1 of 2\n",
            "r.yml:7:5: rule 1 of group \"g\": `fire_after` and `for` exclude each other",
        ),
        ("    recover_expr: ''\n", "r.yml:6:19: rule 1 of group \"g\": `recover_expr` is empty"),
        (
            "    flap_damping: {changes: 0}\n",
            "r.yml:6:29: rule 1 of group \"g\": `changes` is a number from 1 to 60",
        ),
        (
            "    flap_damping: {quiet: 0s}\n",
            "r.yml:6:27: rule 1 of group \"g\": `quiet` must be above 0",
        ),
    ];
    for (keys, expected) in cases {
        assert_eq!(mistake(keys), expected, "{keys}");
    }
    let first = mistake("    on_missing: kep\n");
    assert!(first.starts_with("r.yml:6:17: ") && first.contains("`keep`"), "{first}");
    let record =
        "groups:\n- name: g\n  rules:\n  - record: r\n    expr: up\n    on_missing: keep\n";
    let error = load("r.yml", record, NameScheme::Utf8).expect_err("a mistake").to_string();
    let expected = "r.yml:6:5: rule 1 of group \"g\": a recording rule has no `on_missing`";
    assert!(error.starts_with(expected), "{error}");
}
