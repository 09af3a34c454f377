use super::*;

#[test]
fn durations_are_read_as_prometheus_reads_them() {
    let cases = [
        ("0", 0),
        ("0s", 0),
        ("1ms", 1),
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("1d2h3m4s5ms", 93_784_005),
        ("1w", 604_800_000),
        ("2y", 63_072_000_000),
        ("007s", 7_000),
        ("292y", 9_208_512_000_000),
    ];
    for (text, ms) in cases {
        assert_eq!(parse_duration(text), Ok(ms), "{text}");
    }
}

#[test]
fn wrong_durations_are_refused_in_prometheus_words() {
    let cases = [
        ("", "empty duration string"),
        ("1", "not a valid duration string: \"1\""),
        ("s", "not a valid duration string: \"s\""),
        ("-1s", "not a valid duration string: \"-1s\""),
        ("1.5h", "unknown unit \".\" in duration \"1.5h\""),
        ("1S", "unknown unit \"S\" in duration \"1S\""),
        ("1s ", "unknown unit \"s \" in duration \"1s \""),
        ("1µs", "unknown unit \"µs\" in duration \"1µs\""),
        ("1m1h", "not a valid duration string: \"1m1h\""),
        ("1m1m", "not a valid duration string: \"1m1m\""),
        ("293y", "duration out of range"),
        ("99999999999999999999s", "not a valid duration string: \"99999999999999999999s\""),
        ("9223372036854775807y", "duration out of range"),
        ("292y9999w", "duration out of range"),
    ];
    for (text, message) in cases {
        assert_eq!(parse_duration(text).unwrap_err().message(), message, "{text}");
    }
}

#[test]
fn durations_are_shown_with_the_largest_units_first() {
    let cases = [
        (0, "0s"),
        (1, "1ms"),
        (1_000, "1s"),
        (90_000, "1m30s"),
        (86_400_000, "1d"),
        (604_800_000, "1w"),
        (605_000_000, "7d3m20s"),
        (31_536_000_000, "1y"),
        (31_536_000_001, "365d1ms"),
        (-300_000, "-5m"),
    ];
    for (ms, text) in cases {
        assert_eq!(format_duration(ms), text);
    }
    assert_eq!(format_duration(i64::MIN), "-106751991167d7h12m55s808ms");
}

#[test]
fn what_is_shown_reads_back() {
    for shift in 0..43 {
        for ms in [1_i64 << shift, (1 << shift) - 1, (1 << shift) + 1] {
            assert_eq!(parse_duration(&format_duration(ms)), Ok(ms));
        }
    }
}
