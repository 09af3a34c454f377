use super::{Time, Zone, parse};
use crate::types::IntType;
use jiff::Timestamp;

fn time(text: &str) -> Time {
    Time::utc(text.parse::<Timestamp>().expect("a timestamp"))
}

/// Outputs of Go's `Time.Format`.
#[test]
fn layouts_are_examples() {
    let time = time("2026-01-05T08:09:06.070809Z").with_zone(Zone::Offset(-12_600));
    let cases = [
        ("2006-01-02 15:04:05.999999999 -0700 MST", "2026-01-05 04:39:06.070809 -0330 -0330"),
        ("Monday Mon January Jan 1 01 2 02 _2", "Monday Mon January Jan 1 01 5 05  5"),
        ("3:04PM 03:04pm 15 4 5 05", "4:39AM 04:39am 04 39 6 06"),
        ("06 2006 002 __2", "26 2026 005   5"),
        (".000 .000000000 ,99 .9999999", ".070 .070809000 ,07 .070809"),
        ("05.999 05.000", "06.07 06.070"),
        ("Z07:00 Z0700 Z07 -07:00 -07 -07:00:00", "-03:30 -0330 -03 -03:30 -03 -03:30:00"),
        ("Month Janet Mondays _2006 2nd", "Month Janet Mondays _2026 5nd"),
        ("é 15h", "é 04h"),
        ("", ""),
    ];
    for (layout, expected) in cases {
        assert_eq!(time.format(layout), expected, "{layout}");
    }
    assert_eq!(time.with_zone(Zone::Utc).rfc3339(), "2026-01-05T08:09:06.070809Z");
    assert_eq!(Time::ZERO.to_string(), "0001-01-01 00:00:00 +0000 UTC");
}

#[test]
fn times_are_read_in_layouts() {
    let cases = [
        ("2006-01-02", "2026-11-21", "2026-11-21 00:00:00 +0000 UTC"),
        (
            "2006-01-02T15:04:05Z07:00",
            "2026-11-21T01:02:03.25+02:00",
            "2026-11-21 01:02:03.25 +0200 +0200",
        ),
        ("2006-01-02T15:04:05Z07:00", "2026-11-21T01:02:03Z", "2026-11-21 01:02:03 +0000 UTC"),
        ("Mon Jan _2 3:04PM 2006", "Sat nov  1 12:30AM 2026", "2026-11-01 00:30:00 +0000 UTC"),
        ("2006 002", "2024 366", "2024-12-31 00:00:00 +0000 UTC"),
        ("02.01.06", "01.02.69", "1969-02-01 00:00:00 +0000 UTC"),
        ("15:04:05.000 MST", "01:02:03.004 UTC", "0000-01-01 01:02:03.004 +0000 UTC"),
    ];
    for (layout, text, expected) in cases {
        assert_eq!(
            parse(layout, text).map(|time| time.to_string()).as_deref(),
            Ok(expected),
            "{layout}"
        );
    }
    let wrong = [
        ("2006-01-02", "x", "parsing time \"x\" as \"2006-01-02\": cannot parse \"x\" as \"2006\""),
        ("2006-01-02", "2026-11-21x", "parsing time \"2026-11-21x\": extra text: \"x\""),
        ("2006-01-02", "2026-02-30", "parsing time \"2026-02-30\": day or time out of range"),
        ("15:04", "1é", "parsing time \"1é\" as \"15:04\": cannot parse \"1é\" as \"15\""),
    ];
    for (layout, text, expected) in wrong {
        assert_eq!(parse(layout, text).unwrap_err(), expected);
    }
}

#[test]
fn durations_read_as_in_go() {
    let cases = [
        (0, "0s"),
        (999, "999ns"),
        (1_500, "1.5µs"),
        (12_000_000, "12ms"),
        (1_500_000_000, "1.5s"),
        (60_000_000_000, "1m0s"),
        (-3_723_004_000_000, "-1h2m3.004s"),
        (i64::MIN, "-2562047h47m16.854775808s"),
    ];
    for (nanoseconds, expected) in cases {
        assert_eq!(IntType::Duration.words(nanoseconds).as_deref(), Some(expected));
    }
    assert_eq!(IntType::Month.words(13).as_deref(), Some("%!Month(13)"));
    assert_eq!(IntType::Weekday.words(0).as_deref(), Some("Sunday"));
}

#[test]
fn times_stay_within_the_years_that_can_be_shown() {
    let last = Time::utc(Timestamp::MAX);
    assert_eq!(last.plus(i64::MAX), last);
    assert_eq!(last.since(&Time::ZERO), i64::MAX);
    assert_eq!(Time::ZERO.since(&last), i64::MIN);
}
