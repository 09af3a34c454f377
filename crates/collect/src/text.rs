//! Reading the kernel's texts: numbered lines, fields between blanks, numbers with a place.
//! Works on bytes without allocating; texts come from the kernel but are not trusted.

use crate::Error;
use std::str;

/// Lines with their numbers from 1, without their ends.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let some = !text.is_empty();
    text.split(|&byte| byte == b'\n').take_while(move |_| some).zip(1..).map(|(l, n)| (n, l))
}

/// Fields between blanks.
pub(crate) fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty())
}

/// Splits at the first occurrence of a byte.
pub(crate) fn split_once(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let position = text.iter().position(|&byte| byte == at)?;
    Some((&text[..position], &text[position + 1..]))
}

/// Text for a label or a name; bytes that are not UTF-8 become replacement characters.
pub(crate) fn label(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// An unsigned decimal number of at most 64 bits.
pub(crate) fn uint(field: &[u8], line: usize) -> Result<u64, Error> {
    decimal(field).ok_or_else(|| Error::parse(line, "an unsigned integer", field))
}

/// An unsigned decimal number, if it is one.
pub(crate) fn decimal(field: &[u8]) -> Option<u64> {
    if field.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for byte in field {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(value)
}

/// An unsigned number in base 16, with or without `0x`.
pub(crate) fn hex(field: &[u8], line: usize) -> Result<u64, Error> {
    let digits = field.strip_prefix(b"0x").unwrap_or(field);
    let unsigned = digits.first().is_some_and(u8::is_ascii_hexdigit);
    str::from_utf8(digits)
        .ok()
        .filter(|_| unsigned)
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .ok_or_else(|| Error::parse(line, "a hexadecimal number", field))
}

/// Any decimal number, signs and fractions included.
pub(crate) fn float(field: &[u8], line: usize) -> Result<f64, Error> {
    if let Some(value) = decimal(field) {
        return Ok(value as f64);
    }
    str::from_utf8(field)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::parse(line, "a number", field))
}

/// The field at a position of a line, or an error that names what is missing.
pub(crate) fn nth<'a>(
    line: &'a [u8],
    index: usize,
    number: usize,
    what: &str,
) -> Result<&'a [u8], Error> {
    fields(line).nth(index).ok_or_else(|| Error::parse(number, what, line))
}

#[cfg(test)]
mod tests;
