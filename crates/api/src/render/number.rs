//! Numbers as Go's strconv prints them, because clients compare texts.
//! Source: Prometheus `util/jsonutil` (`MarshalFloat`, `MarshalTimestamp`).

use std::io::Write;

/// Appends a sample value as a JSON string: `"1.5"`, `"+Inf"`, `"NaN"`, `"1e-07"`.
///
/// `util/jsonutil.MarshalFloat`: decimal notation, except below 1e-6 and from 1e21 on.
pub(crate) fn write_float(out: &mut Vec<u8>, value: f64) {
    out.push(b'"');
    let magnitude = value.abs();
    if magnitude.is_finite() && magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        out.extend_from_slice(go_float_exponent(value).as_bytes());
    } else {
        write_decimal(out, value);
    }
    out.push(b'"');
}

/// Appends a scalar's value as a JSON string, always in decimal notation (`promql.Scalar`).
pub(crate) fn write_float_plain(out: &mut Vec<u8>, value: f64) {
    out.push(b'"');
    write_decimal(out, value);
    out.push(b'"');
}

/// Largest whole number printed through the integer path; all below are exact in f64.
const WHOLE_MAX: f64 = 1e15;

/// `strconv.FormatFloat(value, 'f', -1, 64)`.
fn write_decimal(out: &mut Vec<u8>, value: f64) {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    } else if value.abs() < WHOLE_MAX && value.fract() == 0.0 && !is_negative_zero(value) {
        #[expect(clippy::cast_possible_truncation, reason = "below 1e15, checked above")]
        let whole = value as i64;
        write!(out, "{whole}").expect("a Vec takes every byte");
    } else {
        write!(out, "{value}").expect("a Vec takes every byte");
    }
}

fn is_negative_zero(value: f64) -> bool {
    value == 0.0 && value.is_sign_negative()
}

/// `strconv.FormatFloat(value, 'e', -1, 64)`: the exponent has a sign and at least two digits.
pub(crate) fn go_float_exponent(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').expect("{:e} always prints an exponent");
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// Appends milliseconds as seconds: `1435781430.781`, `-0.001`, `12`; three decimals or none.
pub(crate) fn write_seconds(out: &mut Vec<u8>, ms: i64) {
    let sign = if ms < 0 { "-" } else { "" };
    let (seconds, fraction) = (ms.unsigned_abs() / 1000, ms.unsigned_abs() % 1000);
    let written = if fraction == 0 {
        write!(out, "{sign}{seconds}")
    } else {
        write!(out, "{sign}{seconds}.{fraction:03}")
    };
    written.expect("a Vec takes every byte");
}
