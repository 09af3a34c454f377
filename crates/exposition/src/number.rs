//! Numbers as Go reads and writes them, because every client library and every stored `le` value
//! follows Go: `strconv.ParseFloat` without hexadecimal forms, `FormatFloat(f, 'g', -1, 64)`.

use std::fmt::Write;

#[cfg(test)]
mod tests;

/// First exponent that Go's `FormatFloat(f, 'g', -1, 64)` writes in scientific form.
const SCIENTIFIC_EXPONENT_MIN: i32 = 6;

/// Reads a float as Prometheus does; `None` for what it refuses: hexadecimal forms, underscores,
/// signed NaN, and decimal numbers beyond the range of a double. Every NaN becomes the quiet one.
pub fn parse_float(text: &[u8]) -> Option<f64> {
    if let Some(value) = parse_plain(text) {
        return Some(value);
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    if value.is_finite() {
        return Some(value);
    }
    if value.is_nan() {
        let signed = text.starts_with(b"+") || text.starts_with(b"-");
        return (!signed).then(|| f64::from_bits(model::NORMAL_NAN_BITS));
    }
    // Go reports a range error for `1e999`; only a spelled infinity (with its n) is one.
    text.iter().any(|byte| matches!(byte, b'n' | b'N')).then_some(value)
}

/// Powers of ten that a double holds exactly and that 15 digits can need.
const TENS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Most values are short: up to 15 digits, perhaps with a point, without an exponent. Digits and
/// power of ten are exact doubles then, so that one division rounds correctly (Clinger, "How to
/// read floating point numbers accurately", 1990). `None`: the general reader decides.
fn parse_plain(text: &[u8]) -> Option<f64> {
    let (digits, negative) = match text {
        [b'-', digits @ ..] => (digits, true),
        digits => (digits, false),
    };
    let mut whole = 0_u64;
    let mut point = None;
    for (at, &byte) in digits.get(..17).unwrap_or(digits).iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            whole = whole * 10 + u64::from(digit);
        } else if byte == b'.' && point.is_none() {
            point = Some(at);
        } else {
            return None;
        }
    }
    let count = digits.len() - usize::from(point.is_some());
    if !(1..=15).contains(&count) {
        return None;
    }
    let behind = point.map_or(0, |at| digits.len() - at - 1);
    let value = whole as f64 / TENS[behind];
    Some(if negative { -value } else { value })
}

/// Writes a float as text 0.0.4 has it: shortest digits that read back to the same bits.
pub fn format_float(value: f64) -> String {
    let mut out = String::with_capacity(24);
    write_float(&mut out, value);
    out
}

/// Writes a float as OpenMetrics has it: like [`format_float`] with `.0` behind a whole number.
/// Prometheus 3 keeps values of `le` and `quantile` in this form.
pub fn format_openmetrics_float(value: f64) -> String {
    let mut out = format_float(value);
    if value.is_finite() && !out.contains(['.', 'e']) {
        out.push_str(".0");
    }
    out
}

/// Appends a float in Go's shortest `g` form: scientific for exponents below -4 and from 6 on, the
/// exponent with its sign and at least two digits.
pub(crate) fn write_float(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("NaN");
        return;
    }
    if value.is_infinite() {
        out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
        return;
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("`{:e}` always writes an `e`");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes a decimal exponent");
    let written = if (-4..SCIENTIFIC_EXPONENT_MIN).contains(&exponent) {
        write!(out, "{value}")
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(out, "{mantissa}e{sign}{:02}", exponent.abs())
    };
    written.expect("writing to a string does not fail");
}
