use super::{format_duration, parse_duration, parse_go_duration, parse_size};
use proptest::prelude::*;
use std::time::Duration;

#[test]
fn durations_are_read_as_upstream_reads_them() {
    for (text, seconds) in [
        ("0", Some(0.0)),
        ("0s", Some(0.0)),
        ("324ms", Some(0.324)),
        ("3s", Some(3.0)),
        ("5m", Some(300.0)),
        ("1h", Some(3600.0)),
        ("4d", Some(345_600.0)),
        ("4d1h", Some(349_200.0)),
        ("14d", Some(1_209_600.0)),
        ("3w2d1h", Some(1_990_800.0)),
        ("10y", Some(315_360_000.0)),
        ("", None),
        ("1", None),
        ("15", None),
        ("-1w", None),
        ("1.5d", None),
        ("d", None),
        ("1s1m", None),
        ("1m1m", None),
        (" 1m", None),
        ("1 m", None),
        ("294y", None),
        ("200y10400w", None),
        ("107675d", None),
        ("99999999999999999999s", None),
        ("1M", None),
    ] {
        let found = parse_duration(text).ok().map(|duration| duration.as_secs_f64());
        assert_eq!(found, seconds, "{text:?}");
    }
}

#[test]
fn a_bare_number_gets_a_hint() {
    assert_eq!(parse_duration("15").unwrap_err(), "\"15\" is no duration; did you mean `15s`?");
}

#[test]
fn durations_are_printed_as_upstream_prints_them() {
    for (ms, text) in [
        (0, "0s"),
        (324, "324ms"),
        (3_000, "3s"),
        (300_000, "5m"),
        (3_600_000, "1h"),
        (90_061_000, "1d1h1m1s"),
        (4 * 86_400_000, "4d"),
        (14 * 86_400_000, "2w"),
        (365 * 86_400_000, "1y"),
    ] {
        assert_eq!(format_duration(Duration::from_millis(ms)), text);
    }
}

proptest! {
    #[test]
    fn printed_durations_read_back(ms in 0_u64..9_000_000_000_000) {
        let duration = Duration::from_millis(ms);
        prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in "\\PC{0,20}") {
        prop_assert!(parse_duration(&text).is_ok() || parse_duration(&text).is_err());
        prop_assert!(parse_size(&text).is_ok() || parse_size(&text).is_err());
    }
}

#[test]
fn sizes_are_powers_of_two_under_both_spellings() {
    for (text, bytes) in [
        ("0", Some(0)),
        ("1B", Some(1)),
        ("1KB", Some(1024)),
        ("1KiB", Some(1024)),
        ("15MB", Some(15 << 20)),
        ("1.5GB", Some(3 << 29)),
        ("1GB512MB", Some(3 << 29)),
        ("-1GB", Some(-(1 << 30))),
        ("100", None),
        ("", None),
        ("-", None),
        ("MB", None),
        (".B", None),
        ("1XB", None),
        ("1mb", None),
        ("1iB", None),
        ("16EB", None),
    ] {
        assert_eq!(parse_size(text).ok(), bytes, "{text:?}");
    }
}

#[test]
fn go_durations_have_fractions() {
    for (text, ms) in [
        ("0", Some(0)),
        ("1s", Some(1000)),
        ("1.5h", Some(5_400_000)),
        ("1m30s", Some(90_000)),
        (".5s", Some(500)),
        ("100ms", Some(100)),
        ("", None),
        ("1", None),
        ("s", None),
        ("-1s", None),
        ("1d", None),
    ] {
        let found = parse_go_duration(text).ok().map(|duration| duration.as_millis());
        assert_eq!(found, ms, "{text:?}");
    }
}
