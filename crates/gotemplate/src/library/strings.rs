//! Functions on texts that rules and notifications share: letters, expressions, parts of addresses.

use super::text;
use crate::builtin::too_long;
use crate::fmt::Sink;
use crate::value::Value;
use regex::Regex;
use std::net::IpAddr;

/// Go's `strings.ToUpper`: character by character.
pub(super) fn to_upper(text: &str) -> String {
    text.chars().map(|c| single(c, c.to_uppercase())).collect()
}

/// Go's `strings.ToLower`.
pub(super) fn to_lower(text: &str) -> String {
    text.chars().map(lower).collect()
}

fn lower(c: char) -> char {
    // The only character whose lower case is two characters.
    if c == '\u{130}' { 'i' } else { single(c, c.to_lowercase()) }
}

/// The one character of a mapping; the character itself when there are several.
fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// Go's `strings.Title`: the first letter of each word in upper case, the others as they are.
pub(super) fn title(text: &str) -> String {
    let mut after_separator = true;
    text.chars()
        .map(|c| {
            let begins = std::mem::replace(&mut after_separator, is_separator(c));
            if begins { single(c, c.to_uppercase()) } else { c }
        })
        .collect()
}

fn is_separator(c: char) -> bool {
    if c.is_ascii() { !(c.is_ascii_alphanumeric() || c == '_') } else { c.is_whitespace() }
}

/// `cases.Title` of golang.org/x/text: the first letter of each word in upper case, the others in
/// lower case. Words go on over apostrophes, colons and points between letters.
pub(super) fn title_and_lower(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut in_word = false;
    for (index, c) in chars.iter().copied().enumerate() {
        let cased = c.is_alphabetic();
        if cased && !in_word {
            out.push(single(c, c.to_uppercase()));
        } else {
            out.push(lower(c));
        }
        let letters = |c: &char| c.is_alphanumeric();
        let joins = matches!(c, '\'' | '’' | '.' | ':' | '·')
            && in_word
            && index > 0
            && chars.get(index + 1).is_some_and(letters);
        in_word = cased || in_word && (c.is_alphanumeric() || c == '_' || joins);
    }
    out
}

/// Compiles an expression in RE2's syntax.
pub(super) fn expression(pattern: &str) -> Result<Regex, String> {
    model::search_pattern(pattern).map_err(|error| format!("error parsing regexp: {error}"))
}

/// Does the expression match anywhere?
pub(super) fn is_match(pattern: &str, text: &str) -> Result<bool, String> {
    Ok(expression(pattern)?.is_match(text))
}

/// `reReplaceAll` on its arguments: expression, replacement, text.
pub(super) fn replace_in(arguments: &[Value], bytes_max: usize) -> Result<Value, String> {
    let [pattern, replacement, subject] = [0, 1, 2].map(|index| text(arguments, index));
    replace_all(pattern, replacement, subject, bytes_max).map(Value::from)
}

/// Replaces every match; `$1` and `${name}` stand for groups. Texts above `bytes_max` are refused.
fn replace_all(
    pattern: &str,
    replacement: &str,
    text: &str,
    bytes_max: usize,
) -> Result<String, String> {
    let expression = expression(pattern)
        .map_err(|why| format!("regexp: Compile({}): {why}", crate::fmt::quote(pattern)))?;
    let mut out = Sink::new(bytes_max);
    let mut end = 0;
    for captures in expression.captures_iter(text) {
        let whole = captures.get(0).expect("group 0 is the match");
        out.push(&text[end..whole.start()]);
        model::expand_captures(&captures, replacement, &mut |part| out.push(part));
        end = whole.end();
        if out.is_full() {
            break;
        }
    }
    out.push(&text[end..]);
    out.finish().ok_or_else(|| too_long(bytes_max))
}

/// The host of `host:port`; the text itself when it is something else.
pub(super) fn strip_port(address: &str) -> String {
    split_host_port(address).map_or(address, |(host, _)| host).to_owned()
}

/// The first label of a host name, with its port; addresses stay whole.
pub(super) fn strip_domain(address: &str) -> String {
    let (host, port) = split_host_port(address).unwrap_or((address, ""));
    if host.parse::<IpAddr>().is_ok() {
        return address.to_owned();
    }
    let name = host.split('.').next().unwrap_or_default();
    match port {
        "" => name.to_owned(),
        port if name.contains(':') => format!("[{name}]:{port}"),
        port => format!("{name}:{port}"),
    }
}

/// Go's `net.SplitHostPort`.
fn split_host_port(address: &str) -> Option<(&str, &str)> {
    let (head, port) = address.rsplit_once(':')?;
    let host = match head.strip_prefix('[') {
        Some(bracketed) => bracketed.strip_suffix(']')?,
        None if head.contains(':') => return None,
        None => head,
    };
    let clean = |text: &str| !text.contains(['[', ']']);
    (clean(host) && clean(port)).then_some((host, port))
}

/// Units of Prometheus' durations, the largest first, in milliseconds.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Seconds of a duration such as `1h30m`: each unit at most once, the largest first.
pub(super) fn duration_seconds(text: &str) -> Result<f64, String> {
    let invalid = || format!("not a valid duration string: {}", crate::fmt::quote(text));
    match text {
        "" => return Err("empty duration string".into()),
        "0" => return Ok(0.0),
        _ => {}
    }
    let (mut milliseconds, mut rest, mut units) = (0u64, text, UNITS.iter());
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, behind) = rest.split_at(digits);
        let letters = behind.len() - behind.trim_start_matches(char::is_alphabetic).len();
        let (unit, behind) = behind.split_at(letters);
        let (_, length) = units.find(|known| known.0 == unit).ok_or_else(invalid)?;
        if number.is_empty() {
            return Err(invalid());
        }
        let part = number.parse().ok().and_then(|number: u64| number.checked_mul(*length));
        let sum = part.and_then(|part| milliseconds.checked_add(part));
        // Nanoseconds must fit into 63 bits.
        let fits = sum.filter(|sum| *sum <= i64::MAX.unsigned_abs() / 1_000_000);
        milliseconds = fits.ok_or("duration out of range")?;
        rest = behind;
    }
    Ok(milliseconds as f64 / 1000.0)
}

#[cfg(test)]
mod tests;
