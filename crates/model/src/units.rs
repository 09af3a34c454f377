//! Durations (`1h30m`) and sizes (`512MB`) as Prometheus writes them.
//! Durations: prometheus/common `ParseDuration`. Sizes: powers of two under both spellings.
//! Used by every loader and by the API for its own parameters.

use std::time::Duration;

/// Largest duration upstream can hold: 2^63 - 1 nanoseconds.
const NANOS_MAX: u64 = i64::MAX as u64;

/// Units from large to small, in milliseconds; a year has 365 days, a week 7.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads `1d`, `1h30m`, `500ms` or `0`; units from large to small, each at most once.
///
/// The error says what is wrong without repeating the place.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.is_empty() {
        return Err("a duration is missing; expected something like `30s`".into());
    }
    let wrong = || {
        let hint = if text.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("; did you mean `{text}s`?")
        } else {
            "; expected something like `30s`, `5m` or `1h30m`".to_owned()
        };
        format!("{} is no duration{hint}", crate::quote(text))
    };
    let too_long = || format!("duration {} is longer than 292 years", crate::quote(text));
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total_ms = 0_u64;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at(letters);
        let scale = units.find(|(name, _)| *name == unit).ok_or_else(wrong)?.1;
        if number.is_empty() {
            return Err(wrong());
        }
        let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(scale));
        total_ms = part.and_then(|part| total_ms.checked_add(part)).ok_or_else(too_long)?;
        rest = after;
    }
    if total_ms > NANOS_MAX / 1_000_000 {
        return Err(too_long());
    }
    Ok(Duration::from_millis(total_ms))
}

/// Reads a duration as Go's `time.ParseDuration`: `1.5h`, `100ms`, `2us`; not negative.
pub fn parse_go_duration(text: &str) -> Result<Duration, String> {
    const GO_UNITS: [(&str, f64); 8] = [
        ("ns", 1e-9),
        ("us", 1e-6),
        ("µs", 1e-6),
        ("μs", 1e-6),
        ("ms", 1e-3),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3600.0),
    ];
    let wrong = || format!("{} is no duration; expected something like `1.5s`", crate::quote(text));
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.is_empty() {
        return Err(wrong());
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let scale = GO_UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?.1;
        seconds += number.parse::<f64>().ok().ok_or_else(wrong)? * scale;
        rest = after;
    }
    Duration::try_from_secs_f64(seconds).map_err(|error| format!("{}: {error}", wrong()))
}

/// Writes a duration so that [`parse_duration`] reads it back, as upstream prints it: years and
/// weeks only when nothing smaller remains. Parts below a millisecond are cut.
pub fn format_duration(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if rest == 0 {
        return "0s".into();
    }
    let mut out = String::new();
    for (unit, scale) in UNITS {
        let exact_only = matches!(unit, "y" | "w");
        if rest == 0 || (exact_only && !rest.is_multiple_of(scale)) {
            continue;
        }
        if rest >= scale {
            out.push_str(&(rest / scale).to_string());
            out.push_str(unit);
            rest %= scale;
        }
    }
    out
}

/// Reads `15MB`, `1.5GiB` or `0` as bytes; `MB` and `MiB` are both 1024 * 1024. May be negative.
pub fn parse_size(text: &str) -> Result<i64, String> {
    const SCALES: [(&str, u32); 7] =
        [("B", 0), ("K", 1), ("M", 2), ("G", 3), ("T", 4), ("P", 5), ("E", 6)];
    if text == "0" {
        return Ok(0);
    }
    let wrong = || {
        let quoted = crate::quote(text);
        format!("{quoted} is no size; expected a number and a unit like `512MB` or `1GiB`")
    };
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let prefix = unit.strip_suffix("iB").filter(|prefix| !prefix.is_empty());
        let prefix = prefix.or_else(|| unit.strip_suffix('B'));
        let prefix = prefix.map(|prefix| if prefix.is_empty() { "B" } else { prefix });
        let scale = SCALES.iter().find(|(name, _)| Some(*name) == prefix).ok_or_else(wrong)?.1;
        let number: f64 = number.parse().ok().filter(|_| number != ".").ok_or_else(wrong)?;
        total += number * 1024_f64.powi(scale.cast_signed());
        rest = after;
    }
    if total >= i64::MAX as f64 {
        return Err(format!("size {} is larger than 8 EiB", crate::quote(text)));
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 2^63, checked above")]
    let bytes = total as i64;
    Ok(if negative { -bytes } else { bytes })
}

#[cfg(test)]
mod tests;
