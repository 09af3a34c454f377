//! CSS inside HTML: where texts, URLs and comments begin and end, and its escapes.
//! Semantics: html/template, transition.go and css.go.

use super::context::{Context, State};
use super::place;

const SPACES: [char; 5] = ['\t', '\n', '\x0c', '\r', ' '];

type Step = (Context, usize);

/// Rules up to the next text, URL or comment.
pub(super) fn code(context: Context, text: &str) -> Step {
    let mut from = 0;
    while let Some(at) = text[from..].find(['(', '"', '\'', '/']).map(|index| from + index) {
        let rest = &text[at + 1..];
        let found = match text.as_bytes()[at] {
            b'"' => Some((State::CssDqStr, at + 1)),
            b'\'' => Some((State::CssSqStr, at + 1)),
            b'/' if rest.starts_with('/') => Some((State::CssLineComment, at + 2)),
            b'/' if rest.starts_with('*') => Some((State::CssBlockComment, at + 2)),
            b'(' if ends_with_url(text[..at].trim_end_matches(SPACES)) => {
                let inner = rest.trim_start_matches(SPACES);
                let start = text.len() - inner.len();
                Some(match inner.as_bytes().first() {
                    Some(b'"') => (State::CssDqUrl, start + 1),
                    Some(b'\'') => (State::CssSqUrl, start + 1),
                    _ => (State::CssUrl, start),
                })
            }
            _ => None,
        };
        if let Some((state, end)) = found {
            return (Context { state, ..context }, end);
        }
        from = at + 1;
    }
    (context, text.len())
}

fn ends_with_url(text: &str) -> bool {
    let Some(start) = text.len().checked_sub(3) else { return false };
    let Some(word) = text.get(start..) else { return false };
    word.eq_ignore_ascii_case("url") && !text[..start].ends_with(is_name_char)
}

/// Can the character be part of a name of CSS?
pub(super) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii()
}

/// The inside of a text or URL.
pub(super) fn text(mut context: Context, text: &str) -> Result<Step, String> {
    let ends: &[char] = match context.state {
        State::CssDqStr | State::CssDqUrl => &['\\', '"'],
        State::CssSqStr | State::CssSqUrl => &['\\', '\''],
        _ => &['\\', '\t', '\n', '\x0c', '\r', ' ', ')'],
    };
    let mut from = 0;
    while let Some(at) = text[from..].find(ends).map(|index| from + index) {
        if text.as_bytes()[at] != b'\\' {
            return Ok((Context { state: State::Css, ..context }, at + 1));
        }
        let Some(escaped) = text[at + 1..].chars().next() else {
            let text = crate::fmt::quote(text);
            return Err(format!("unfinished escape sequence in CSS string: {text}"));
        };
        from = at + 1 + escaped.len_utf8();
        context = place::url(context, &decode(&text[..from]));
    }
    Ok((place::url(context, &decode(&text[from..])), text.len()))
}

/// The text without escapes such as `\3c` and `\"`.
pub(super) fn decode(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        plain.push_str(before);
        let digits = escape.chars().take(6).take_while(char::is_ascii_hexdigit).count();
        let Ok(code) = u32::from_str_radix(&escape[..digits], 16) else {
            let mut chars = escape.chars();
            plain.extend(chars.next());
            rest = chars.as_str();
            continue;
        };
        plain.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = &escape[digits..];
        // One space ends an escape, so that a digit can follow.
        rest =
            rest.strip_prefix("\r\n").unwrap_or_else(|| rest.strip_prefix(SPACES).unwrap_or(rest));
    }
    plain.push_str(rest);
    plain
}
