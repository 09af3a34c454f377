use super::{Outside, expand_go};

#[test]
fn expansion_follows_go() {
    let env = |name: &str| match name {
        "TEST" => Some("value".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    let outside = Outside::new(&env, &none);
    for (text, expected, missing) in [
        ("plain", "plain", vec![]),
        ("${TEST}", "value", vec![]),
        ("a$TEST-b", "avalue-b", vec![]),
        ("foo$${TEST}", "foo${TEST}", vec![]),
        ("foo$$bar", "foo$bar", vec![]),
        ("${EMPTY}x", "x", vec!["EMPTY"]),
        ("$NOPE$NOPE", "", vec!["NOPE"]),
        ("50$", "50$", vec![]),
        ("a$ b", "a$ b", vec![]),
        ("${", "", vec![]),
        ("${}x", "x", vec![]),
        ("$1", "", vec!["1"]),
        ("ü$é", "ü$é", vec![]),
    ] {
        let (expanded, unset) = expand_go(text, &outside);
        assert_eq!(
            (expanded.as_str(), unset),
            (expected, missing.iter().map(|m| (*m).to_string()).collect()),
            "{text}"
        );
    }
}
