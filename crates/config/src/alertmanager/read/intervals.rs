//! Named times: `time_intervals` and the older `mute_time_intervals` share one space of names.
//! Semantics: Alertmanager's `timeinterval`; ranges that no calendar has are refused.

use crate::alertmanager::TimeInterval;
use crate::hint::did_you_mean;
use crate::read::Section;
use crate::yaml::Node;
use jiff::tz::TimeZone;
use model::quote;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

const WEEKDAYS: [&str; 7] =
    ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Both sections of the file.
pub(super) fn read(file: &Section<'_>) -> BTreeMap<String, Vec<TimeInterval>> {
    let mut lines = BTreeMap::new();
    let mut intervals = BTreeMap::new();
    for key in ["mute_time_intervals", "time_intervals"] {
        for node in file.items(key) {
            let Some(section) = file.reader.section(node, key) else { continue };
            let name = section.text("name").unwrap_or_default();
            let place = section.place_of("name");
            if name.is_empty() {
                section.problem("name", "a time interval needs a `name`");
            } else if let Some(line) = lines.insert(name.clone(), place.line) {
                let message =
                    format!("time interval {} is already defined in line {line}", quote(&name));
                section.problem("name", message);
            }
            let nodes = section.items("time_intervals").iter();
            let alternatives = nodes.filter_map(|node| interval(&section, node)).collect();
            section.finish();
            intervals.insert(name, alternatives);
        }
    }
    intervals
}

fn interval(parent: &Section<'_>, node: &Node) -> Option<TimeInterval> {
    let section = parent.reader.section(node, "time_intervals")?;
    let interval = TimeInterval {
        times: section.items("times").iter().filter_map(|node| time(&section, node)).collect(),
        weekdays: ranges(&section, "weekdays", weekday),
        days_of_month: ranges(&section, "days_of_month", days_of_month),
        months: months(&section),
        years: ranges(&section, "years", year),
        location: location(&section),
    };
    section.finish();
    Some(interval)
}

fn time(parent: &Section<'_>, node: &Node) -> Option<Range<u16>> {
    let section = parent.reader.section(node, "times")?;
    let minutes = |key| {
        if !section.is_filled(key) {
            section.problem_here(format!("a time range needs `{key}`"));
        }
        section.filled(key)?;
        section.parsed(key, "a time like `09:30`", 0, minute)
    };
    let (start, end) = (minutes("start_time"), minutes("end_time"));
    section.finish();
    let (start, end) = (start?, end?);
    if start >= end {
        let message = "`start_time` must be before `end_time`; a range that crosses midnight is \
                       two ranges, the first until `24:00`";
        parent.reader.problem(node.place, message);
        return None;
    }
    Some(start..end)
}

/// `HH:MM` as minutes of the day, 24:00 included.
fn minute(text: &str) -> Result<u16, String> {
    let wrong = || format!("{} is no time; expected `HH:MM`, at most `24:00`", quote(text));
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let number = |part: &str| -> Option<u16> {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| digits)
    };
    let (hours, minutes) = number(hours).zip(number(minutes)).ok_or_else(wrong)?;
    let total = hours * 60 + minutes;
    if minutes < 60 && total <= 1440 { Ok(total) } else { Err(wrong()) }
}

/// A list of `BEGIN:END` or single members.
fn ranges<T: Copy + Into<i32>>(
    section: &Section<'_>,
    key: &'static str,
    range: impl Fn(&str, &str) -> Result<RangeInclusive<T>, String>,
) -> Vec<RangeInclusive<T>> {
    let found = section.items(key).iter().filter_map(|item| {
        let text = section.reader.text(item, key)?.to_lowercase();
        let (begin, end) = text.split_once(':').unwrap_or((&text, &text));
        match range(begin, end) {
            Ok(range) => Some(range),
            Err(error) => {
                section.reader.problem(item.place, format!("`{key}`: {error}"));
                None
            }
        }
    });
    found.collect()
}

fn weekday(begin: &str, end: &str) -> Result<RangeInclusive<u8>, String> {
    let member = |text: &str| position(&WEEKDAYS, text, "day of the week").map(|at| at - 1);
    in_order(member(begin)?, member(end)?, "in a week, which begins on Sunday")
}

fn months(section: &Section<'_>) -> Vec<RangeInclusive<u8>> {
    let months = ranges(section, "months", month);
    for (range, item) in months.iter().zip(section.items("months")) {
        if *range.start() < 1 || *range.end() > 12 {
            let message = "`months` go from 1 to 12; the others never come";
            section.reader.warn(item.place, "time_intervals.months", message.into());
        }
    }
    months
}

/// Upstream takes any number; one that no year has never applies.
fn month(begin: &str, end: &str) -> Result<RangeInclusive<u8>, String> {
    let member = |text: &str| match text.parse::<i64>() {
        Ok(number) => Ok(number),
        Err(_) => position(&MONTHS, text, "month").map(i64::from),
    };
    let range = in_order(member(begin)?, member(end)?, "in a year")?;
    let clamped = |month: &i64| u8::try_from((*month).clamp(0, 13)).unwrap_or_default();
    Ok(clamped(range.start())..=clamped(range.end()))
}

fn year(begin: &str, end: &str) -> Result<RangeInclusive<i32>, String> {
    let member = |text: &str| {
        text.parse::<i32>().map_err(|error| format!("{} is no year: {error}", quote(text)))
    };
    in_order(member(begin)?, member(end)?, "")
}

/// Days from 1 to 31, or from -31 to -1 counted from the month's end.
fn days_of_month(begin: &str, end: &str) -> Result<RangeInclusive<i8>, String> {
    let member = |text: &str| {
        let day = text.parse::<i8>().ok().filter(|day| *day != 0 && (-31..=31).contains(day));
        day.ok_or_else(|| {
            let quoted = quote(text);
            format!("{quoted} is no day of the month; expected 1 to 31 or -31 to -1")
        })
    };
    let (first, last) = (member(begin)?, member(end)?);
    if first < 0 && last > 0 {
        return Err(format!("{begin}:{end}: a range that begins at -1 or below ends there too"));
    }
    // The shortest month has 28 days: what is never in order there is a mistake.
    let from_start = |day: i8| if day < 0 { 28 + day } else { day };
    if from_start(first) > from_start(last) {
        return Err(format!("{begin}:{end}: the end is always before the beginning"));
    }
    Ok(first..=last)
}

fn in_order<T: PartialOrd + Copy>(
    begin: T,
    end: T,
    place: &str,
) -> Result<RangeInclusive<T>, String> {
    if begin <= end {
        return Ok(begin..=end);
    }
    let blank = if place.is_empty() { "" } else { " " };
    Err(format!("the end of a range cannot be before its beginning{blank}{place}"))
}

/// Position of a name, from 1.
fn position(names: &[&'static str], text: &str, what: &str) -> Result<u8, String> {
    let at = names.iter().position(|name| *name == text);
    let at = at.and_then(|at| u8::try_from(at + 1).ok());
    at.ok_or_else(|| {
        let hint = did_you_mean(text, names.iter().copied());
        format!("{} is no {what}{hint}", quote(text))
    })
}

/// A name of the IANA database, `UTC` or `Local`, written exactly so: files that only Flyball
/// would read are no help.
fn location(section: &Section<'_>) -> Option<TimeZone> {
    let name = section.filled("location").filter(|name| name != "UTC")?;
    if name == "Local" {
        return Some(TimeZone::system());
    }
    let zone = match TimeZone::get(&name) {
        Ok(zone) => zone,
        Err(error) => {
            let message = format!("`location`: {} is no time zone: {error}", quote(&name));
            section.problem("location", message);
            return None;
        }
    };
    if let Some(known) = zone.iana_name().filter(|known| *known != name) {
        let quoted = quote(&name);
        let message = format!("`location`: {quoted} is no time zone; did you mean `{known}`?");
        section.problem("location", message);
    }
    Some(zone)
}
