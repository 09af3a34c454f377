//! Durations in Prometheus' notation: `1h30m`, largest unit first, whole milliseconds.
//! Source of semantics: prometheus/common `model.ParseDuration` and `model.Duration.String`.

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

pub(crate) fn read(text: &str) -> Result<i64, String> {
    if text.is_empty() {
        return Err("empty duration string".into());
    }
    if text == "0" {
        return Ok(0);
    }
    let invalid = || format!("not a valid duration string: {}", model::quote(text));
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let letters = rest[digits..].bytes().take_while(u8::is_ascii_lowercase).count();
        let (number, unit) = (&rest[..digits], &rest[digits..digits + letters]);
        if number.is_empty() {
            return Err(invalid());
        }
        let found = units.by_ref().find(|(name, ..)| *name == unit).ok_or_else(invalid)?;
        total = number
            .parse::<i64>()
            .ok()
            .and_then(|count| count.checked_mul(found.1))
            .and_then(|ms| ms.checked_add(total))
            .filter(|ms| *ms <= i64::MAX / 1_000_000)
            .ok_or("duration out of range")?;
        rest = &rest[digits + letters..];
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
