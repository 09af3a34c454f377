//! Attributes and their values, with the text that a value becomes as a label.

use super::Messages;
use crate::WireError;
use crate::protobuf::Reader;
use std::fmt::Write as _;

/// Values may hold values so deep.
const DEPTH_MAX: usize = 16;

/// Walks over `KeyValue` messages.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    messages: Messages<'a>,
}

impl<'a> Attributes<'a> {
    pub(super) const fn of(message: Reader<'a>, number: u32) -> Self {
        Self { messages: Messages::of(message, number) }
    }

    pub(super) fn empty() -> Self {
        Self { messages: Messages::empty() }
    }

    /// The next key and value, or nothing at the end.
    pub fn next_pair(&mut self) -> Result<Option<(&'a str, AnyValue<'a>)>, WireError> {
        let Some(mut reader) = self.messages.next_message()? else { return Ok(None) };
        let (mut key, mut value) = ("", AnyValue(Reader::new(&[])));
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 => key = field.text()?,
                2 => value = AnyValue(field.reader()?),
                _ => {}
            }
        }
        Ok(Some((key, value)))
    }
}

/// `AnyValue`.
#[derive(Clone, Copy, Debug)]
pub struct AnyValue<'a>(Reader<'a>);

impl AnyValue<'_> {
    /// Appends the value as text: texts as they are, lists and maps as JSON, bytes as base64.
    ///
    /// # Errors
    /// `Malformed` bytes; `TooLarge`: values within values, deeper than 16.
    pub fn put_text(self, out: &mut String) -> Result<(), WireError> {
        self.put(out, None)
    }

    /// Inside of JSON, texts are quoted; `depth` counts the brackets around it.
    fn put(self, out: &mut String, depth: Option<usize>) -> Result<(), WireError> {
        let mut reader = self.0;
        let (at, begin) = (reader.offset(), out.len());
        if depth.is_some_and(|depth| depth >= DEPTH_MAX) {
            let text = format!("otlp: values within values, deeper than {DEPTH_MAX}");
            return Err(WireError::too_large(at, text));
        }
        let inner = Some(depth.map_or(0, |depth| depth + 1));
        while let Some(field) = reader.next_field()? {
            // A oneof: the last one counts.
            if (1..=7).contains(&field.number) {
                out.truncate(begin);
            }
            match field.number {
                1 if depth.is_some() => put_json_text(field.text()?, out),
                1 => out.push_str(field.text()?),
                2 => out.push_str(if field.varint()? == 0 { "false" } else { "true" }),
                3 => put(out, field.varint()?.cast_signed()),
                4 => put_double(field.double()?, out),
                5 => put_list(field.reader()?, inner, out)?,
                6 => put_map(field.reader()?, inner, out)?,
                7 if depth.is_some() => {
                    put_json_text(&base64(field.reader()?.rest()), out);
                }
                7 => out.push_str(&base64(field.reader()?.rest())),
                _ => {}
            }
        }
        if out.len() == begin && depth.is_some() {
            out.push_str("null");
        }
        Ok(())
    }
}

fn put_list(list: Reader<'_>, depth: Option<usize>, out: &mut String) -> Result<(), WireError> {
    let mut values = Messages::of(list, 1);
    let mut separator = '[';
    while let Some(value) = values.next_message()? {
        out.push(separator);
        AnyValue(value).put(out, depth)?;
        separator = ',';
    }
    out.push_str(if separator == '[' { "[]" } else { "]" });
    Ok(())
}

fn put_map(map: Reader<'_>, depth: Option<usize>, out: &mut String) -> Result<(), WireError> {
    let mut pairs = Attributes::of(map, 1);
    let mut separator = '{';
    while let Some((key, value)) = pairs.next_pair()? {
        out.push(separator);
        put_json_text(key, out);
        out.push(':');
        value.put(out, depth)?;
        separator = ',';
    }
    out.push_str(if separator == '{' { "{}" } else { "}" });
    Ok(())
}

fn put_json_text(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// As JavaScript writes numbers, which JSON writers of Go follow.
fn put_double(value: f64, out: &mut String) {
    let magnitude = value.abs();
    if value.is_finite() && magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        put(out, format_args!("{value:e}"));
    } else {
        put(out, value);
    }
}

fn put(out: &mut String, value: impl std::fmt::Display) {
    write!(out, "{value}").expect("writing to a string does not fail");
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let index = (group >> (18 - 6 * digit)) & 63;
            out.push(if digit <= chunk.len() { DIGITS[index as usize].into() } else { '=' });
        }
    }
    out
}
