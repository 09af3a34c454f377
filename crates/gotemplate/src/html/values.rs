//! What becomes of a value at its place: the escapers of html/template.

use super::{script, strip, style, url};
use crate::builtin;
use crate::escape;
use crate::fmt::{self, Sink};
use crate::library::to_json;
use crate::types::SafeType;
use crate::value::Value;
use std::fmt::Write;

/// Stands where a value could not be written safely; the same word as in Go, so that it is found.
pub(super) const FAILSAFE: &str = "ZgotmplZ";

/// One escaper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Attr,
    Comment,
    CssString,
    CssValue,
    Html,
    HtmlName,
    JsRegexp,
    JsString,
    JsValue,
    Nospace,
    /// The function `html` of text templates.
    PlainHtml,
    /// The function `urlquery` of text templates.
    PlainQuery,
    Rcdata,
    Srcset,
    UrlEscape,
    UrlFilter,
    UrlNormalize,
}

impl Step {
    /// What the value becomes.
    pub(super) fn apply(self, value: &Value, bytes_max: usize) -> Result<String, String> {
        if self == Self::JsValue {
            return Ok(js_value(value, bytes_max));
        }
        let text = shown(value, self, bytes_max)?;
        let safe = match value {
            Value::Safe(kind, _) => Some(*kind),
            _ => None,
        };
        let is_html = safe == Some(SafeType::Html);
        let is_url = safe == Some(SafeType::Url);
        Ok(match self {
            Self::Html if is_html => text,
            Self::Rcdata if is_html => replaced(&text, Replaces::HTML_KEEPING_ENTITIES),
            Self::Attr if is_html => replaced(&strip::tags(&text), Replaces::HTML_KEEPING_ENTITIES),
            Self::Html | Self::Rcdata | Self::Attr => replaced(&text, Replaces::HTML),
            Self::Nospace if is_html => {
                replaced(&strip::tags(&text), Replaces::NOSPACE_KEEPING_ENTITIES)
            }
            Self::Nospace => replaced(&text, Replaces::NOSPACE),
            Self::HtmlName => html_name(&text),
            Self::Comment => String::new(),
            Self::CssString => css_string(&text),
            Self::CssValue => css_value(&text),
            Self::JsString => js_string(&text),
            Self::JsRegexp => js_regexp(&text),
            Self::JsValue => text,
            Self::PlainHtml => {
                let mut out = Sink::new(usize::MAX);
                escape::html(&mut out, &text);
                out.cut()
            }
            Self::PlainQuery => escape::query_escaped(&text),
            Self::UrlFilter if is_url => text,
            Self::UrlFilter => url::filter(&text),
            Self::UrlNormalize => url::process(&text, true),
            Self::UrlEscape => url::process(&text, is_url),
            Self::Srcset if is_url => url::process(&text, true).replace(',', "%2c"),
            Self::Srcset => url::srcset(&text),
        })
    }
}

/// The value as text; a missing one is empty here, except for functions of text templates.
fn shown(value: &Value, step: Step, bytes_max: usize) -> Result<String, String> {
    match value {
        Value::String(text) | Value::Safe(_, text) => Ok(text.to_string()),
        Value::Absent | Value::Nil if !matches!(step, Step::PlainHtml | Step::PlainQuery) => {
            Ok(String::new())
        }
        value => {
            let mut out = Sink::new(bytes_max);
            fmt::show(&mut out, value);
            out.finish().ok_or_else(|| builtin::too_long(bytes_max))
        }
    }
}

/// Which characters are written as entities.
#[derive(Clone, Copy)]
struct Replaces {
    ampersand: bool,
    spaces: bool,
}

impl Replaces {
    const HTML: Self = Self { ampersand: true, spaces: false };
    const HTML_KEEPING_ENTITIES: Self = Self { ampersand: false, spaces: false };
    const NOSPACE: Self = Self { ampersand: true, spaces: true };
    const NOSPACE_KEEPING_ENTITIES: Self = Self { ampersand: false, spaces: true };
}

fn replaced(text: &str, which: Replaces) -> String {
    // An empty value without quotes would take the next attribute for its value.
    if which.spaces && text.is_empty() {
        return FAILSAFE.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\0' if which.spaces => out.push_str("&#xfffd;"),
            '\0' => out.push('\u{fffd}'),
            '"' | '\'' | '+' => push_number(&mut out, c),
            '&' if which.ampersand => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' | '\x0b' | '\x0c' | '\r' | ' ' | '=' | '`' if which.spaces => {
                push_number(&mut out, c);
            }
            '\u{fdd0}'..='\u{fdef}' | '\u{fff0}'..='\u{ffff}' if which.spaces => {
                write!(out, "&#x{:x};", u32::from(c)).expect("writing to a String cannot fail");
            }
            c => out.push(c),
        }
    }
    out
}

fn push_number(out: &mut String, c: char) {
    write!(out, "&#{};", u32::from(c)).expect("writing to a String cannot fail");
}

/// Names of harmless attributes and elements.
fn html_name(name: &str) -> String {
    use super::place::AttributeContent;
    let name = name.to_lowercase();
    let plain = AttributeContent::of(&name) == AttributeContent::Plain;
    let letters = name.chars().all(|c| matches!(c, '0'..='9' | 'a'..='z'));
    if name.is_empty() || !plain || !letters { FAILSAFE.into() } else { name }
}

fn css_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\0' | '\t' | '\n' | '\x0c' | '\r' | '"' | '&' | '\'' | '(' | ')' | '+' | '/' | ':'
            | ';' | '<' | '>' | '{' | '}' => {
                write!(out, "\\{:x}", u32::from(c)).expect("writing to a String cannot fail");
                let next = chars.peek();
                let runs_on = |c: &char| c.is_ascii_hexdigit() || " \t\n\x0c\r".contains(*c);
                if next.is_none_or(runs_on) {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// Values that cannot change the structure of a style: numbers, names, colours.
fn css_value(text: &str) -> String {
    let plain = style::decode(text);
    let harmful =
        ['\0', '"', '\'', '(', ')', '/', ';', '@', '[', '\\', ']', '`', '{', '}', '<', '>'];
    let names: String = plain.chars().filter(|c| c.is_ascii() && style::is_name_char(*c)).collect();
    let names = names.replace('-', "").to_ascii_lowercase();
    let acts = names.contains("expression") || names.contains("mozbinding");
    if plain.contains(harmful) || plain.contains("--") || acts { FAILSAFE.into() } else { plain }
}

fn js_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        js_char(&mut out, c);
    }
    out
}

fn js_char(out: &mut String, c: char) {
    match c {
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\x0c' => out.push_str("\\f"),
        '\r' => out.push_str("\\r"),
        '/' => out.push_str("\\/"),
        '\\' => out.push_str("\\\\"),
        '\0' | '\x0b' | '"' | '`' | '&' | '\'' | '+' | '<' | '>' | '\u{2028}' | '\u{2029}' => {
            write!(out, "\\u{:04x}", u32::from(c)).expect("writing to a String cannot fail");
        }
        c => out.push(c),
    }
}

fn js_regexp(text: &str) -> String {
    if text.is_empty() {
        return "(?:)".into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '$' | '(' | ')' | '*' | '-' | '.' | '?' | '[' | ']' | '^' | '{' | '|' | '}' => {
                out.extend(['\\', c]);
            }
            c => js_char(&mut out, c),
        }
    }
    out
}

/// The value as an expression of JavaScript.
fn js_value(value: &Value, bytes_max: usize) -> String {
    let words = match value {
        Value::Absent | Value::Nil => return " null ".into(),
        Value::Int(kind, number) => kind.words(*number).map(Value::from),
        Value::List(list) => list.kind().print.map(|print| Value::from(print(list))),
        Value::Map(map) => map.kind().print.map(|print| Value::from(print(map))),
        Value::Location(zone) => Some(Value::from(zone.name())),
        _ => None,
    };
    let json = match to_json(words.as_ref().unwrap_or(value), bytes_max) {
        Ok(json) => json,
        Err(why) => {
            let why = why.replace("*/", "* /").replace("</script", "\\x3C/script");
            return format!(" /* {why} */null ");
        }
    };
    let runs_on =
        json.starts_with(script::is_identifier_part) || json.ends_with(script::is_identifier_part);
    if runs_on { format!(" {json} ") } else { json }
}
