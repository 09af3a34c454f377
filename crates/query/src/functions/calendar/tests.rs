//! Dates around leap days, the epoch and far away.

use super::*;

fn part(name: &str, seconds: i64) -> f64 {
    field(name).unwrap()(seconds)
}

#[test]
fn known_moments_are_taken_apart() {
    let names = [
        "year",
        "month",
        "day_of_month",
        "day_of_week",
        "day_of_year",
        "hour",
        "minute",
        "days_in_month",
    ];
    let cases: [(i64, [f64; 8]); 5] = [
        (0, [1970.0, 1.0, 1.0, 4.0, 1.0, 0.0, 0.0, 31.0]),
        (-1, [1969.0, 12.0, 31.0, 3.0, 365.0, 23.0, 59.0, 31.0]),
        // 2024-02-29T12:34:56Z
        (1_709_210_096, [2024.0, 2.0, 29.0, 4.0, 60.0, 12.0, 34.0, 29.0]),
        // 2100-02-28T23:59:59Z: no leap year
        (4_107_542_399, [2100.0, 2.0, 28.0, 0.0, 59.0, 23.0, 59.0, 28.0]),
        // 2000-12-31T00:00:00Z
        (978_220_800, [2000.0, 12.0, 31.0, 0.0, 366.0, 0.0, 0.0, 31.0]),
    ];
    for (seconds, parts) in cases {
        for (name, expected) in names.into_iter().zip(parts) {
            assert_eq!(part(name, seconds), expected, "{name} of {seconds}");
        }
    }
}

#[test]
fn days_and_dates_are_inverse() {
    for days in (-800_000..800_000).step_by(97) {
        let (year, month, day) = date_from_days(days);
        assert_eq!(days_from_date(year, month, day), days);
        assert!((1..=12).contains(&month) && (1..=31).contains(&day));
    }
}

#[test]
fn floats_beyond_the_calendar_do_not_panic() {
    for value in [f64::NAN, f64::INFINITY, -1e300, 9.3e18, -9.3e18] {
        for name in ["year", "day_of_year", "days_in_month", "minute"] {
            assert!(part(name, whole_seconds(value)).is_finite(), "{name} of {value}");
        }
    }
}

/// As a Prometheus on amd64 answers.
#[test]
fn what_is_no_date_wraps_around_to_the_far_future() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
        let parts = ["year", "month", "day_of_month", "day_of_week", "hour", "minute"];
        let found = parts.map(|name| part(name, whole_seconds(value)));
        assert_eq!(found, [292_277_026_596.0, 12.0, 4.0, 0.0, 15.0, 30.0], "{value}");
    }
    assert_eq!(part("year", whole_seconds(-1e17)), -3_168_871_881.0);
}
