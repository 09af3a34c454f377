use super::*;

const BOTH: MatcherMode = MatcherMode::Fallback;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_first_word_without_operator_is_the_alerts_name() {
    assert_eq!(with_alert_name(BOTH, &words(&["foo", "a=b"])), ["alertname=\"foo\"", "a=b"]);
    assert_eq!(with_alert_name(BOTH, &words(&["a b\"c"])), ["alertname=\"a b\\\"c\""]);
    assert_eq!(with_alert_name(BOTH, &words(&["a!=b", "foo"])), ["a!=b", "foo"]);
    assert!(with_alert_name(BOTH, &[]).is_empty());
}

#[test]
fn pairs_are_names_with_values() {
    let found = pairs(BOTH, &words(&["a=b", "summary=two words", "c="]), "labels").unwrap();
    assert_eq!(found["summary"], "two words");
    assert_eq!(found["c"], "");
    let error = pairs(BOTH, &words(&["a=~b"]), "annotations").unwrap_err();
    assert_eq!(error, "annotations must be specified as key=value pairs, found a=~\"b\"");
    assert!(
        pairs(BOTH, &words(&["x"]), "labels").unwrap_err().starts_with("matcher \"x\": expected")
    );
}
