//! URLs as values: which schemes are let through and how their characters are written.
//! Semantics: html/template, url.go.

use super::values::FAILSAFE;
use std::fmt::Write;

/// May a value be used as a URL? Relative ones, http, https and mailto may.
pub(super) fn is_safe(url: &str) -> bool {
    match url.split_once(':') {
        Some((scheme, _)) if !scheme.contains('/') => {
            ["http", "https", "mailto"].iter().any(|safe| scheme.eq_ignore_ascii_case(safe))
        }
        _ => true,
    }
}

/// The value, or something harmless when it may not be used.
pub(super) fn filter(url: &str) -> String {
    if is_safe(url) { url.to_owned() } else { format!("#{FAILSAFE}") }
}

/// Percent-encodes; when normalizing, what has a meaning in URLs and valid escapes stay.
pub(super) fn process(text: &str, normalizes: bool) -> String {
    let bytes = text.as_bytes();
    let mut url = String::with_capacity(text.len() + 16);
    for (index, byte) in bytes.iter().copied().enumerate() {
        let stays = match byte {
            b'!' | b'#' | b'$' | b'&' | b'*' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?'
            | b'@' | b'[' | b']' => normalizes,
            b'-' | b'.' | b'_' | b'~' => true,
            b'%' => {
                let digits = bytes.get(index + 1..index + 3);
                normalizes && digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            }
            byte => byte.is_ascii_alphanumeric(),
        };
        if stays {
            url.push(char::from(byte));
        } else {
            write!(url, "%{byte:02x}").expect("writing to a String cannot fail");
        }
    }
    url
}

/// A list of URLs with their sizes, as `srcset` takes it.
pub(super) fn srcset(text: &str) -> String {
    let elements: Vec<String> = text.split(',').map(srcset_element).collect();
    elements.join(",")
}

fn srcset_element(element: &str) -> String {
    let trimmed = element.trim_start_matches(is_space);
    let (url, size) = trimmed.split_at(trimmed.find(is_space).unwrap_or(trimmed.len()));
    let harmless = size.chars().all(|c| is_space(c) || c.is_ascii_alphanumeric());
    if !is_safe(url) || !harmless {
        return format!("#{FAILSAFE}");
    }
    let indent = &element[..element.len() - trimmed.len()];
    format!("{indent}{}{size}", process(url, true))
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\x0c' | '\r')
}
