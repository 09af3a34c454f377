//! Does a time lie in a time interval? The fields of an interval must all hold, of the ranges of a
//! field one; an empty field always holds.
//! Source: Alertmanager 0.34 `timeinterval.ContainsTime`.

use config::TimeInterval;
use jiff::Zoned;
use jiff::tz::TimeZone;
use model::Timestamp;
use std::ops::RangeInclusive;

/// Does `at` lie in the interval, in the interval's time zone?
pub(crate) fn contains(interval: &TimeInterval, at: Timestamp) -> bool {
    let Ok(at) = jiff::Timestamp::from_millisecond(at.ms()) else { return false };
    let at = at.to_zoned(interval.location.clone().unwrap_or(TimeZone::UTC));
    let minute = i32::from(at.hour()) * 60 + i32::from(at.minute());
    let weekday = at.weekday().to_sunday_zero_offset();
    let times = &interval.times;
    (times.is_empty()
        || times.iter().any(|r| (i32::from(r.start)..i32::from(r.end)).contains(&minute)))
        && holds(&interval.weekdays, |range| contains_i32(range, weekday.into()))
        && holds(&interval.days_of_month, |range| contains_day(range, &at))
        && holds(&interval.months, |range| contains_i32(range, at.month().into()))
        && holds(&interval.years, |range| range.contains(&at.year().into()))
}

fn holds<T>(ranges: &[T], contains: impl Fn(&T) -> bool) -> bool {
    ranges.is_empty() || ranges.iter().any(contains)
}

fn contains_i32<T: Copy + Into<i32>>(range: &RangeInclusive<T>, value: i32) -> bool {
    ((*range.start()).into()..=(*range.end()).into()).contains(&value)
}

/// Negative days count from the end of the month; no day lies beyond it.
fn contains_day(range: &RangeInclusive<i8>, at: &Zoned) -> bool {
    let last = at.days_in_month();
    let (begin, end) = (*range.start(), *range.end());
    let begin = if begin < 0 { last + begin + 1 } else { begin };
    let end = if end < 0 { last + end + 1 } else { end };
    (begin..=end).contains(&at.day())
}

#[cfg(test)]
mod tests;
