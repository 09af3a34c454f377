use super::{Scalar, Style};

fn plain(text: &str) -> Scalar {
    Scalar { text: text.into(), style: Style::Plain, forced_text: false }
}

#[test]
fn integers_are_read_as_go_reads_them() {
    for (text, expected) in [
        ("0", Some(0)),
        ("-7", Some(-7)),
        ("+7", Some(7)),
        ("1_000", Some(1000)),
        ("0x1F", Some(31)),
        ("0b101", Some(5)),
        ("0o17", Some(15)),
        ("017", Some(15)),
        ("1e3", Some(1000)),
        ("18446744073709551615", Some(i128::from(u64::MAX))),
        ("08", None),
        ("1.5", None),
        ("--1", None),
        ("-+1", None),
        ("", None),
        ("-", None),
        ("0x", None),
        ("12h", None),
        ("nan", None),
    ] {
        assert_eq!(plain(text).integer(), expected, "{text:?}");
    }
}

#[test]
fn floats_and_their_special_words() {
    for (text, expected) in [
        ("1.5", Some(1.5)),
        (".5", Some(0.5)),
        ("-2e-3", Some(-0.002)),
        ("42", Some(42.0)),
        (".inf", Some(f64::INFINITY)),
        ("-.INF", Some(f64::NEG_INFINITY)),
        ("inf", None),
        ("nan", None),
        ("infinity", None),
        ("1.2.3", None),
        ("", None),
    ] {
        assert_eq!(plain(text).float(), expected, "{text:?}");
    }
    assert!(plain(".nan").float().is_some_and(f64::is_nan));
}

#[test]
fn booleans_know_the_words_of_yaml_1_1() {
    assert_eq!(plain("yes").bool(), Some(true));
    assert_eq!(plain("Off").bool(), Some(false));
    assert_eq!(plain("yEs").bool(), None);
    assert_eq!(plain("1").bool(), None);
}

#[test]
fn quotes_and_tags_make_text() {
    for scalar in
        [Scalar { style: Style::Quoted, ..plain("1") }, Scalar { forced_text: true, ..plain("1") }]
    {
        assert_eq!(scalar.integer(), None);
        assert_eq!(scalar.float(), None);
        assert_eq!(scalar.kind(), "a text");
    }
    assert!(!Scalar { style: Style::Quoted, ..plain("") }.is_null());
    assert!(plain("~").is_null());
}
