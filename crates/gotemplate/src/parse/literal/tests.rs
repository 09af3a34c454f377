use super::{character, number, unquote};

#[test]
fn texts_are_unquoted_as_in_go() {
    let cases = [
        (r#""a\n\t\"\\""#, Some("a\n\t\"\\")),
        (r#""\x41\101\u00e9\U0001F600""#, Some("AA\u{e9}\u{1f600}")),
        (r#""\xff""#, Some("\u{fffd}")),
        (r#""\q""#, None),
        (r#""\'""#, None),
        (r#""\ud800""#, None),
        (r#""\4""#, None),
        ("`raw\\d\r\n`", Some("raw\\d\n")),
    ];
    for (quoted, expected) in cases {
        assert_eq!(unquote(quoted).as_deref(), expected, "{quoted}");
    }
}

#[test]
fn numbers_are_read_under_every_type_that_fits() {
    let read = |text: &str| number(text).map(|number| (number.int, number.float));
    let cases = [
        ("1", (Some(1), Some(1.0))),
        ("-0", (Some(0), Some(0.0))),
        ("0x1F", (Some(31), Some(31.0))),
        ("0o17", (Some(15), Some(15.0))),
        ("017", (Some(15), Some(15.0))),
        ("0b101", (Some(5), Some(5.0))),
        ("0x_1", (Some(1), Some(1.0))),
        ("1_000", (Some(1000), Some(1000.0))),
        ("1e3", (Some(1000), Some(1000.0))),
        ("1.5", (None, Some(1.5))),
        ("-.5", (None, Some(-0.5))),
        ("0x1p-2", (None, Some(0.25))),
        ("9223372036854775807", (Some(i64::MAX), Some(9.223_372_036_854_776e18))),
        ("18446744073709551615", (None, Some(1.844_674_407_370_955_2e19))),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text), Ok(expected), "{text}");
    }
    assert_eq!(
        read("99999999999999999999").unwrap_err(),
        "integer overflow: \"99999999999999999999\""
    );
    assert_eq!(read("089").unwrap_err(), "integer overflow: \"089\"");
    for wrong in ["1_000_", "_1", "0x", "1e", "--1", ".", "1e999", "0x1.8"] {
        assert_eq!(read(wrong).unwrap_err(), format!("illegal number syntax: \"{wrong}\""));
    }
    assert!(read("1i").unwrap_err().contains("complex numbers are not supported"));
}

#[test]
fn characters_are_numbers() {
    assert_eq!(character("'a'").map(|number| number.int), Ok(Some(97)));
    assert_eq!(character(r"'\n'").map(|number| number.int), Ok(Some(10)));
    assert_eq!(character(r"'\x41'").map(|number| number.int), Ok(Some(65)));
    assert_eq!(character("'ab'").unwrap_err(), "malformed character constant: 'ab'");
    assert_eq!(character("''").unwrap_err(), "invalid syntax");
}
