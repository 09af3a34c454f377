use super::{
    duration_seconds, replace_all, strip_domain, strip_port, title, title_and_lower, to_lower,
    to_upper,
};

#[test]
fn letters_change_one_by_one() {
    assert_eq!(to_upper("straße é"), "STRAßE É");
    assert_eq!(to_lower("İSTANBUL ΑΣ"), "istanbul ασ");
}

#[test]
fn titles_keep_or_lower_what_follows() {
    assert_eq!(title("foo BAR-baz_qux 3com don't"), "Foo BAR-Baz_qux 3com Don'T");
    assert_eq!(title_and_lower("foo BAR-baz_qux don't a.b"), "Foo Bar-Baz_qux Don't A.b");
}

#[test]
fn matches_are_replaced_as_in_go() {
    let cases = [
        ("(a)(b)", "$2${1}x$$", "abab", "bax$bax$"),
        ("(a)", "$1x", "a", ""),
        ("a*", "-", "baaac", "-b-c-"),
        ("(?P<n>.)", "<$n>", "é", "<é>"),
        (":\\d+$", "", "web:9100", "web"),
        ("b", "$", "abc", "a$c"),
        (".", "x", "a\nb", "x\nx"),
    ];
    for (pattern, replacement, text, expected) in cases {
        let replaced = replace_all(pattern, replacement, text, 100);
        assert_eq!(replaced.as_deref(), Ok(expected), "{pattern}");
    }
    let doubled = replace_all("a", "aaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaa", 100);
    assert_eq!(doubled.unwrap_err(), "result is longer than 100 bytes");
    let error = replace_all("(", "", "", 10).unwrap_err();
    assert!(error.starts_with("regexp: Compile(\"(\"): error parsing regexp: "), "{error}");
}

#[test]
fn addresses_lose_port_or_domain() {
    let ports = [
        ("web:9100", "web"),
        ("[::1]:80", "::1"),
        ("web", "web"),
        ("::1", "::1"),
        ("a:b:c", "a:b:c"),
    ];
    for (address, expected) in ports {
        assert_eq!(strip_port(address), expected, "{address}");
    }
    let domains = [
        ("web.example.com:9100", "web:9100"),
        ("web.example.com", "web"),
        ("10.0.0.1:80", "10.0.0.1:80"),
        ("[::1]:80", "[::1]:80"),
        ("web", "web"),
    ];
    for (address, expected) in domains {
        assert_eq!(strip_domain(address), expected, "{address}");
    }
}

#[test]
fn durations_are_read_in_prometheus_notation() {
    let cases =
        [("1h30m", 5400.0), ("0", 0.0), ("1y2w3d4h5m6s7ms", 33_019_506.007), ("1ms", 0.001)];
    for (text, expected) in cases {
        assert_eq!(duration_seconds(text), Ok(expected), "{text}");
    }
    assert_eq!(duration_seconds("").unwrap_err(), "empty duration string");
    assert_eq!(duration_seconds("999999y").unwrap_err(), "duration out of range");
    for wrong in ["1", "h", "1m1h", "1h1h", "1.5h", "-1h", "1H"] {
        let expected = format!("not a valid duration string: {wrong:?}");
        assert_eq!(duration_seconds(wrong), Err(expected));
    }
}
