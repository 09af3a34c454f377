use super::*;

#[test]
fn settings_are_flags_with_values() {
    let text = "alertmanager.url: http://am:9093\nrequire-comment: false\ntimeout: 5s\n";
    let flags = load("config.yml", text).unwrap().config;
    let flags: Vec<(&str, &str)> = flags.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(
        flags,
        [("alertmanager.url", "http://am:9093"), ("require-comment", "false"), ("timeout", "5s")]
    );
    assert!(load("config.yml", "").unwrap().config.is_empty());
}

#[test]
fn a_list_is_no_value() {
    let error = load("config.yml", "author: [a]\n").unwrap_err().to_string();
    assert!(error.starts_with("config.yml:1:9: `author` is a text, found a list"), "{error}");
}
