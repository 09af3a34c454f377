//! Parts of a date in UTC, counted day by day and year by year.

/// The part of an instant (seconds since the epoch) that a function gives.
pub(super) fn part(name: &str, seconds: f64) -> Option<f64> {
    // Go: what is no 64-bit integer becomes the smallest one, and the smallest ones are taken for
    // the largest without a sign.
    let whole = if seconds.abs() < 9.2e18 { truncated(seconds) } else { i64::MIN };
    let wraps = whole < -9_223_372_028_715_321_600;
    let whole = i128::from(whole) + if wraps { 1 << 64 } else { 0 };
    let days = i64::try_from(whole.div_euclid(86_400));
    let day = days.expect("64 bits of seconds are 48 bits of days");
    let second = i64::try_from(whole.rem_euclid(86_400)).expect("a day has 86,400 seconds");
    let (year, month, day_of_month, day_of_year) = date(day);
    let part = match name {
        "year" => year,
        "month" => month + 1,
        "day_of_month" => day_of_month + 1,
        "day_of_year" => day_of_year + 1,
        // The epoch was a Thursday.
        "day_of_week" => (day + 4).rem_euclid(7),
        "days_in_month" => days_in(year, month),
        "hour" => second / 3600,
        "minute" => second / 60 % 60,
        _ => return None,
    };
    Some(part as f64)
}

#[expect(clippy::cast_possible_truncation, reason = "whole seconds are wanted")]
fn truncated(seconds: f64) -> i64 {
    seconds as i64
}

/// Year; month, day of the month and of the year from 0.
fn date(mut day: i64) -> (i64, i64, i64, i64) {
    // The calendar repeats after 400 years.
    let cycles = day.div_euclid(146_097);
    day = day.rem_euclid(146_097);
    let mut year = 1970 + 400 * cycles;
    while day >= 365 + i64::from(is_leap(year)) {
        day -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let day_of_year = day;
    let mut month = 0;
    while day >= days_in(year, month) {
        day -= days_in(year, month);
        month += 1;
    }
    (year, month, day, day_of_year)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        1 => 28 + i64::from(is_leap(year)),
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}
