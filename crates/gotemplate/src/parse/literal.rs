//! Constants of templates: quoted texts, characters and numbers, read as Go reads them.
//! Used by the parser. Complex numbers are refused; a `\xNN` that is no UTF-8 becomes U+FFFD.

use super::ast::Number;
use std::borrow::Cow;

/// The text a constant stands for, quotes included; `None` when Go calls it invalid.
pub(super) fn unquote(quoted: &str) -> Option<String> {
    if let Some(raw) = quoted.strip_prefix('`') {
        return Some(raw.strip_suffix('`')?.replace('\r', ""));
    }
    let mut rest = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let (unit, behind) = unit(rest, '"')?;
        match unit {
            Unit::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Unit::Byte(byte) => bytes.push(byte),
        }
        rest = behind;
    }
    Some(match String::from_utf8_lossy(&bytes) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    })
}

/// What one character or escape stands for.
enum Unit {
    Char(char),
    /// `\xNN` and `\NNN` stand for bytes.
    Byte(u8),
}

fn unit(text: &str, quote: char) -> Option<(Unit, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first != '\\' {
        return (first != quote).then_some((Unit::Char(first), chars.as_str()));
    }
    let escape = chars.next()?;
    let rest = chars.as_str();
    let plain = |c| Some((Unit::Char(c), rest));
    match escape {
        'a' => plain('\x07'),
        'b' => plain('\x08'),
        'f' => plain('\x0c'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\x0b'),
        '\\' => plain('\\'),
        '\'' | '"' => (escape == quote).then_some((Unit::Char(quote), rest)),
        'x' => byte(rest, 2, 16),
        '0'..='7' => byte(&text[1..], 3, 8),
        'u' => scalar(rest, 4),
        'U' => scalar(rest, 8),
        _ => None,
    }
}

fn byte(text: &str, digits: usize, radix: u32) -> Option<(Unit, &str)> {
    let (code, rest) = code(text, digits, radix)?;
    Some((Unit::Byte(u8::try_from(code).ok()?), rest))
}

fn scalar(text: &str, digits: usize) -> Option<(Unit, &str)> {
    let (code, rest) = code(text, digits, 16)?;
    Some((Unit::Char(char::from_u32(code)?), rest))
}

fn code(text: &str, digits: usize, radix: u32) -> Option<(u32, &str)> {
    let (code, rest) = text.split_at_checked(digits)?;
    let valid = code.chars().all(|c| c.is_digit(radix));
    valid.then(|| u32::from_str_radix(code, radix).ok()).flatten().map(|code| (code, rest))
}

/// A character constant such as `'a'`.
pub(super) fn character(text: &str) -> Result<Number, String> {
    let inner = text.get(1..).unwrap_or_default();
    let (unit, tail) = unit(inner, '\'').ok_or("invalid syntax")?;
    if tail != "'" {
        return Err(format!("malformed character constant: {text}"));
    }
    let code = match unit {
        Unit::Char(c) => u32::from(c),
        Unit::Byte(byte) => u32::from(byte),
    };
    Ok(Number { text: text.into(), int: Some(i64::from(code)), float: Some(f64::from(code)) })
}

/// The refusal of a complex constant.
pub(super) fn no_complex(text: &str) -> String {
    format!("complex number {text}: complex numbers are not supported")
}

/// A number in any of Go's notations, under every type that can hold it.
pub(super) fn number(text: &str) -> Result<Number, String> {
    if text.ends_with('i') {
        return Err(no_complex(text));
    }
    let (negative, magnitude) = match text.strip_prefix('-') {
        Some(magnitude) => (true, magnitude),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = integer(magnitude);
    let int = digits.and_then(|digits| signed(digits, negative));
    let large = digits.filter(|_| !negative).map(|digits| digits as f64);
    if let Some(float) = int.map(|int| int as f64).or(large) {
        return Ok(Number { text: text.into(), int, float: Some(float) });
    }
    let quoted = crate::fmt::quote(text);
    let Some(float) = float(text) else { return Err(format!("illegal number syntax: {quoted}")) };
    if !text.contains(['.', 'e', 'E', 'p', 'P']) {
        return Err(format!("integer overflow: {quoted}"));
    }
    Ok(Number { text: text.into(), int: whole(float), float: Some(float) })
}

/// The integer a float is, if it is one.
#[expect(clippy::cast_possible_truncation, reason = "compared with the float afterwards")]
fn whole(float: f64) -> Option<i64> {
    let int = float as i64;
    (int as f64 == float && int != i64::MAX).then_some(int)
}

fn signed(magnitude: u64, negative: bool) -> Option<i64> {
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// An integer with base prefix (`0x`, `0o`, `0b`, a leading 0 is octal) and underscores.
fn integer(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        Some(_) if lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, &*lower),
    };
    if !underscores_fit(digits, radix != 10) {
        return None;
    }
    let digits = digits.replace('_', "");
    let valid = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    valid.then(|| u64::from_str_radix(&digits, radix).ok()).flatten()
}

/// Underscores stand one at a time between digits or behind the base prefix.
fn underscores_fit(digits: &str, prefixed: bool) -> bool {
    (prefixed || !digits.starts_with('_')) && !digits.ends_with('_') && !digits.contains("__")
}

fn float(text: &str) -> Option<f64> {
    let unsigned = text.trim_start_matches(['+', '-']);
    if unsigned.starts_with("0x") || unsigned.starts_with("0X") {
        return hex_float(&unsigned[2..]).map(|v| if text.starts_with('-') { -v } else { v });
    }
    let plain = unsigned.chars().all(|c| c.is_ascii_digit() || ".eE+-".contains(c));
    let float: f64 = plain.then(|| text.parse().ok()).flatten()?;
    float.is_finite().then_some(float)
}

/// `1.8p1`: hexadecimal digits and a power of two.
fn hex_float(text: &str) -> Option<f64> {
    let (digits, power) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let joined = format!("{whole}{fraction}");
    let valid = !joined.is_empty() && joined.len() <= 16;
    let mantissa = valid.then(|| u64::from_str_radix(&joined, 16).ok()).flatten()?;
    let power: i32 = power.parse().ok()?;
    let shift = i32::try_from(fraction.len() * 4).ok()?;
    let value = mantissa as f64 * 2f64.powi(power.checked_sub(shift)?);
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests;
