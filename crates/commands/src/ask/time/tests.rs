use super::*;

const NOW: Instant = Instant(1_700_000_000_500);

#[track_caller]
fn check(text: &str, seconds: &str) {
    assert_eq!(Instant::parse(text, NOW).map(|at| at.to_string()).as_deref(), Ok(seconds));
}

#[test]
fn instants_are_read_in_every_form() {
    check("1700000000", "1700000000");
    check("1700000000.25", "1700000000.250");
    check("1.7e9", "1700000000");
    check("-1", "-1");
    check("2023-11-14T22:13:20Z", "1700000000");
    check("2023-11-14T23:13:20.5+01:00", "1700000000.500");
    check("now", "1700000000.500");
    check("-1h", "1699996400.500");
    check("now-1d", "1699913600.500");
}

#[test]
fn what_is_no_instant_is_refused_with_the_forms_that_are() {
    for text in ["", "yesterday", "1h", "now+1h", "2023-11-14", "NaN", "1e300", "--1h"] {
        assert!(Instant::parse(text, NOW).is_err(), "{text}");
    }
    let error = Instant::parse("yesterday", NOW).unwrap_err();
    assert!(error.contains("\"yesterday\"") && error.contains("RFC 3339"), "{error}");
}

#[test]
fn steps_are_read_in_every_form() {
    let cases = [("60", 60.0), ("1m", 60.0), ("1h30m", 5400.0), ("1.5h", 5400.0), ("0.5", 0.5)];
    for (text, seconds) in cases {
        assert_eq!(parse_step(text), Ok(seconds), "{text}");
    }
    assert_eq!(parse_step("1m0.5s"), Ok(60.5));
    assert_eq!(parse_step("1d"), Ok(86_400.0));
    assert_eq!(parse_step("0s"), Ok(0.0));
    for text in ["", "-1", "-1m", "5 minutes", "1x", "m", "inf"] {
        assert!(parse_step(text).is_err(), "{text}");
    }
}
