//! Numbers for people: `humanize`, `humanize1024`, `humanizeDuration` and their like.
//! Semantics: Prometheus' template functions and its common/helpers/templates.

use crate::fmt::significant;
use crate::time::Time;
use crate::types::IntType;
use crate::value::Value;
use jiff::Timestamp;

const LARGE: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const BINARY: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];

/// A value as a number: floats, integers, durations in seconds, and texts of numbers.
pub(super) fn to_float(value: &Value) -> Result<f64, String> {
    match value {
        Value::Float(number) => Ok(*number),
        Value::Int(IntType::Duration, nanoseconds) => Ok(*nanoseconds as f64 / 1e9),
        Value::Int(IntType::Int | IntType::Int64, number) => Ok(*number as f64),
        Value::String(text) => parse_float(text),
        Value::Absent | Value::Nil => Err("can't convert <nil> to float".into()),
        other => Err(format!("can't convert {} to float", other.type_name())),
    }
}

/// Go's `strconv.ParseFloat`.
fn parse_float(text: &str) -> Result<f64, String> {
    let failed = |why| format!("strconv.ParseFloat: parsing {}: {why}", crate::fmt::quote(text));
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let special = ["inf", "infinity", "nan"].iter().any(|word| unsigned.eq_ignore_ascii_case(word));
    let nan_with_sign = unsigned.eq_ignore_ascii_case("nan") && unsigned.len() != text.len();
    let digits = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if nan_with_sign || !special && !digits {
        return Err(failed("invalid syntax"));
    }
    let Ok(number) = text.parse::<f64>() else { return Err(failed("invalid syntax")) };
    if number.is_infinite() && !special {
        return Err(failed("value out of range"));
    }
    Ok(number)
}

fn four_digits(number: f64) -> String {
    significant(number, 4)
}

/// `1.235M`
pub(super) fn humanize(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return four_digits(number);
    }
    let (number, prefix) =
        if number.abs() >= 1.0 { divided(number, 1000.0, LARGE) } else { multiplied(number) };
    four_digits(number) + prefix
}

/// `1.177Mi`
pub(super) fn humanize_1024(number: f64) -> String {
    if number.abs() <= 1.0 || !number.is_finite() {
        return four_digits(number);
    }
    let (number, prefix) = divided(number, 1024.0, BINARY);
    four_digits(number) + prefix
}

fn divided(mut number: f64, base: f64, prefixes: [&'static str; 8]) -> (f64, &'static str) {
    let mut prefix = "";
    for larger in prefixes {
        if number.abs() < base {
            break;
        }
        prefix = larger;
        number /= base;
    }
    (number, prefix)
}

fn multiplied(mut number: f64) -> (f64, &'static str) {
    let mut prefix = "";
    for smaller in SMALL {
        if number.abs() >= 1.0 {
            break;
        }
        prefix = smaller;
        number *= 1000.0;
    }
    (number, prefix)
}

/// `1d 2h 3m 4s`, `2.5s`, `12ms`
#[expect(clippy::cast_possible_truncation, reason = "whole seconds; Go saturates differently")]
pub(super) fn humanize_duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return four_digits(seconds);
    }
    if seconds == 0.0 {
        return four_digits(seconds) + "s";
    }
    if seconds.abs() < 1.0 {
        let (number, prefix) = multiplied(seconds);
        return format!("{}{prefix}s", four_digits(number));
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    let magnitude = seconds.abs();
    let whole = magnitude as i64;
    let (days, hours, minutes) = (whole / 86400, whole / 3600 % 24, whole / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{}s", four_digits(magnitude)),
        (0, 0, _) => format!("{sign}{minutes}m {}s", whole % 60),
        (0, ..) => format!("{sign}{hours}h {minutes}m {}s", whole % 60),
        _ => format!("{sign}{days}d {hours}h {minutes}m {}s", whole % 60),
    }
}

/// `95.9%`
pub(super) fn humanize_percentage(ratio: f64) -> String {
    four_digits(ratio * 100.0) + "%"
}

/// `2022-01-25 12:36:43 +0000 UTC`
pub(super) fn humanize_timestamp(seconds: f64) -> Result<String, String> {
    if !seconds.is_finite() {
        return Ok(four_digits(seconds));
    }
    Ok(to_time(seconds)?.to_string())
}

/// The instant at seconds since 1970, to the millisecond.
#[expect(clippy::cast_possible_truncation, reason = "compared with the bounds before")]
pub(super) fn to_time(seconds: f64) -> Result<Time, String> {
    if !seconds.is_finite() {
        return Err("value is NaN or Inf".into());
    }
    let nanoseconds = seconds * 1e9;
    if nanoseconds > i64::MAX as f64 || nanoseconds < i64::MIN as f64 {
        let seconds = crate::fmt::shown(&Value::Float(seconds));
        return Err(format!(
            "{seconds} cannot be represented as a nanoseconds timestamp since it overflows int64"
        ));
    }
    let milliseconds = nanoseconds as i64 / 1_000_000;
    Timestamp::from_millisecond(milliseconds).map(Time::utc).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
