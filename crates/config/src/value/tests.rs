use super::*;
use serde_json::json;

#[test]
fn texts_take_the_value_that_they_are_in_yaml() {
    for (text, expected) in [
        ("", Value::Null),
        ("~", Value::Null),
        ("plain words", json!("plain words")),
        ("12", json!(12)),
        ("1.5", json!(1.5)),
        ("yes", json!(true)),
        (r#""12""#, json!("12")),
        (
            r#"{"a": [1, "b:", null], "c": {"d": "1"}}"#,
            json!({"a": [1, "b:", null], "c": {"d": "1"}}),
        ),
        ("foo: bar", json!({"foo": "bar"})),
    ] {
        assert_eq!(yaml_value(text), Some(expected), "{text}");
    }
    assert_eq!(yaml_value("[FIRING:2] web is down"), None);
    assert_eq!(yaml_value("a: b: c"), None);
    assert_eq!(yaml_value("# a heading"), None);
    assert_eq!(yaml_value("{}:{alertname=\"a\"}"), None);
    assert_eq!(yaml_value("a\n---\nb"), None);
}
