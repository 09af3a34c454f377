//! Durations in Prometheus' notation: `1h30m`, largest unit first, whole milliseconds.
//! Source of semantics: prometheus/common `model.ParseDuration` and `model.Duration.String`.

#[cfg(test)]
mod tests;

use crate::{ErrorKind, ParseError, ast::Place};

/// Milliseconds of each unit, largest first, with whether it is used only when it divides evenly.
const UNITS: [(&str, i64, bool); 7] = [
    ("y", 31_536_000_000, true),
    ("w", 604_800_000, true),
    ("d", 86_400_000, false),
    ("h", 3_600_000, false),
    ("m", 60_000, false),
    ("s", 1_000, false),
    ("ms", 1, false),
];

/// Parses `1h30m` or `0`: milliseconds, at most 292 years (upstream counts nanoseconds in 64 bits).
pub fn parse_duration(text: &str) -> Result<i64, ParseError> {
    let place = Place { start: 0, end: text.len() };
    read(text).map_err(|message| ParseError::new(ErrorKind::Syntax, text, place, message))
}

/// Milliseconds of a duration, or upstream's complaint about it.
pub(crate) fn read(text: &str) -> Result<i64, String> {
    match text {
        "" => return Err("empty duration string".into()),
        "0" => return Ok(0),
        _ => {}
    }
    let invalid = || format!("not a valid duration string: {}", model::quote(text));
    let mut rest = text;
    let mut units_left = UNITS.as_slice();
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        if number.is_empty() || unit.is_empty() {
            return Err(invalid());
        }
        if !UNITS.iter().any(|(name, ..)| *name == unit) {
            let (unit, text) = (model::quote(unit), model::quote(text));
            return Err(format!("unknown unit {unit} in duration {text}"));
        }
        // Units go from the largest to the smallest, each at most once.
        let index = units_left.iter().position(|(name, ..)| *name == unit).ok_or_else(invalid)?;
        let size = units_left[index].1;
        units_left = &units_left[index + 1..];
        let count: u64 = number.parse().ok().ok_or_else(invalid)?;
        total = i64::try_from(count)
            .ok()
            .and_then(|count| count.checked_mul(size))
            .and_then(|ms| ms.checked_add(total))
            .filter(|ms| *ms <= i64::MAX / 1_000_000)
            .ok_or("duration out of range")?;
        rest = tail;
    }
    Ok(total)
}

/// Shows milliseconds as Prometheus does: `90000` is `1m30s`, years and weeks only when exact.
pub fn format_duration(ms: i64) -> String {
    if ms == 0 {
        return "0s".into();
    }
    let mut out = String::from(if ms < 0 { "-" } else { "" });
    let mut rest = ms.unsigned_abs();
    for (unit, size, exact_only) in UNITS {
        let size = size.unsigned_abs();
        if exact_only && !rest.is_multiple_of(size) {
            continue;
        }
        if rest >= size {
            out.extend([(rest / size).to_string().as_str(), unit]);
            rest %= size;
        }
    }
    out
}
