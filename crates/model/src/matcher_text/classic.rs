//! The classic grammar of matchers: names of the legacy alphabet, values with or without quotes.
//! Semantics: Alertmanager's `pkg/labels`; a stray backslash is a backslash.

use crate::{MatchOp, Matcher, quote};

/// Reads a list; a brace at the beginning and one at the end are dropped, each by itself.
pub(super) fn parse(text: &str) -> Result<Vec<Matcher>, String> {
    let inner = text.strip_prefix('{').unwrap_or(text);
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    pieces(inner).into_iter().map(parse_one).collect()
}

/// Splits at commas outside of quotes; white space at the end is no piece.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut begin) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            ',' if !quoted => {
                pieces.push(&text[begin..at]);
                begin = at + 1;
            }
            '"' if !escaped => quoted = !quoted,
            '\\' => escaped = !escaped,
            ',' => {}
            _ => escaped = false,
        }
    }
    let last = text[begin..].trim();
    pieces.extend(Some(last).filter(|last| !last.is_empty()));
    pieces
}

/// Reads one matcher.
pub(super) fn parse_one(text: &str) -> Result<Matcher, String> {
    let trimmed = text.trim();
    let name_end = trimmed.find(|c| !is_name_char(c)).unwrap_or(trimmed.len());
    let (name, rest) = trimmed.split_at(name_end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("matcher {}: expected a label name", quote(text)));
    }
    let rest = rest.trim_start();
    let ops = [MatchOp::Regex, MatchOp::Equal, MatchOp::NotEqual, MatchOp::NotRegex];
    let Some(op) = ops.into_iter().find(|op| rest.starts_with(op.as_str())) else {
        return Err(format!("matcher {}: expected `=`, `!=`, `=~` or `!~`", quote(text)));
    };
    let value = unescape(rest[op.as_str().len()..].trim_start())
        .ok_or_else(|| format!("matcher {}: its value has an unescaped quote", quote(text)))?;
    Matcher::new(op, name, &value).map_err(|error| error.to_string())
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | ':')
}

/// The value without its quotes: `\n`, `\"` and `\\` are escapes, other backslashes stay.
fn unescape(raw: &str) -> Option<String> {
    let inner = match raw.strip_prefix('"') {
        // A quote at the beginning needs one at the end, which is not escaped.
        Some(rest) => rest.strip_suffix('"').filter(|inner| !ends_escaping(inner))?,
        None => raw,
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return None,
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some(c @ ('"' | '\\')) => out.push(c),
                Some(c) => out.extend(['\\', c]),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    Some(out)
}

/// Does the text end with an odd number of backslashes?
fn ends_escaping(text: &str) -> bool {
    text.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}
