//! Escaping of the functions `html`, `js` and `urlquery`, and their percent encoding.
//! Semantics: Go's text/template (funcs.go) and net/url.

use crate::fmt::{Sink, is_print};
use std::fmt::Write;

/// HTML text or attribute.
pub(crate) fn html(out: &mut Sink, text: &str) {
    for c in text.chars() {
        match c {
            '\0' => out.push("\u{fffd}"),
            '"' => out.push("&#34;"),
            '\'' => out.push("&#39;"),
            '&' => out.push("&amp;"),
            '<' => out.push("&lt;"),
            '>' => out.push("&gt;"),
            c => out.push_char(c),
        }
    }
}

/// The inside of a JavaScript text.
pub(crate) fn js(out: &mut Sink, text: &str) {
    for c in text.chars() {
        match c {
            '\\' => out.push("\\\\"),
            '\'' => out.push("\\'"),
            '"' => out.push("\\\""),
            '<' | '>' | '&' | '=' => out.push(&format!("\\u{:04X}", u32::from(c))),
            c if c < ' ' || !c.is_ascii() && !is_print(c) => {
                out.push(&format!("\\u{:04X}", u32::from(c)));
            }
            c => out.push_char(c),
        }
    }
}

/// A value of a URL's query; spaces become `+`.
pub(crate) fn url_query(out: &mut Sink, text: &str) {
    out.push(&query_escaped(text));
}

/// The same as a text.
pub(crate) fn query_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => escaped.push('+'),
            b'-' | b'_' | b'.' | b'~' => escaped.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            byte => write!(escaped, "%{byte:02X}").expect("writing to a String cannot fail"),
        }
    }
    escaped
}

/// What [`query_escaped`] was made from; bytes that are no UTF-8 become U+FFFD.
pub(crate) fn query_unescaped(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
                let plain = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
                let Some(byte) = plain.and_then(|digits| u8::from_str_radix(digits, 16).ok())
                else {
                    let shown = &behind[..behind.len().min(2)];
                    let shown = format!("%{}", String::from_utf8_lossy(shown));
                    return Err(format!("invalid URL escape {}", crate::fmt::quote(&shown)));
                };
                bytes.push(byte);
                rest = &behind[2..];
            }
            byte => bytes.push(*byte),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
