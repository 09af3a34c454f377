//! Follows text through an HTML document: what place comes after a piece of it.
//! Each step reads at least a byte or changes the state. Semantics: html/template, transition.go.

use super::context::{Attribute, Context, Delim, Element, State, UrlPart};
use super::{entity, script, style};

const SPACES: [char; 5] = [' ', '\t', '\n', '\x0c', '\r'];

type Step = (Context, usize);

/// The place after the first piece of a text, and the length of that piece.
pub(super) fn advance(context: Context, text: &str) -> Result<Step, String> {
    if context.delim != Delim::None {
        return in_value(context, text);
    }
    match special_end(context.element, context.state, text) {
        Some(0) => Ok((Context::default(), 0)),
        end => transition(context, &text[..end.unwrap_or(text.len())]),
    }
}

/// Where the content of a special element ends.
fn special_end(element: Element, state: State, text: &str) -> Option<usize> {
    if element == Element::Other || state.is_in_tag() {
        return None;
    }
    let name = element.name().as_bytes();
    let ends = |index: &usize| {
        let rest = &text.as_bytes()[index + 2..];
        rest.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
            && rest.get(name.len()).is_some_and(|next| b"> \t\n\x0c/".contains(next))
    };
    text.match_indices("</").map(|(index, _)| index).find(ends)
}

pub(super) fn transition(context: Context, text: &str) -> Result<Step, String> {
    let whole = text.len();
    match context.state {
        State::Text => Ok(in_text(context, text)),
        State::Tag => in_tag(context, text),
        State::AttrName => {
            let end = attribute_name_end(text, 0)?;
            let state = if end == whole { State::AttrName } else { State::AfterName };
            Ok((Context { state, ..context }, end))
        }
        State::AfterName => Ok(after_name(context, text)),
        State::BeforeValue => Ok(before_value(context, text)),
        State::HtmlComment => Ok(match text.find("-->") {
            Some(end) => (Context::default(), end + 3),
            None => (context, whole),
        }),
        State::Rcdata | State::Attr => Ok((context, whole)),
        State::Url | State::Srcset => Ok((url(context, text), whole)),
        State::Js => Ok(script::code(context, text)),
        State::JsDqStr | State::JsSqStr | State::JsTemplate | State::JsRegexp => {
            script::delimited(context, text)
        }
        State::JsBlockComment | State::CssBlockComment => Ok(block_comment(context, text)),
        State::JsLineComment | State::CssLineComment => Ok(line_comment(context, text)),
        State::Css => Ok(style::code(context, text)),
        State::CssDqStr | State::CssSqStr | State::CssDqUrl | State::CssSqUrl | State::CssUrl => {
            style::text(context, text)
        }
    }
}

fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches(SPACES).len()
}

fn in_text(context: Context, text: &str) -> Step {
    let mut from = 0;
    while let Some(open) = text[from..].find('<').map(|index| from + index) {
        let rest = &text[open + 1..];
        if rest.starts_with("!--") {
            return (Context { state: State::HtmlComment, ..Context::default() }, open + 4);
        }
        let (closes, name) = match rest.strip_prefix('/') {
            Some(name) => (true, name),
            None => (false, rest),
        };
        let length = tag_name(name);
        let end = text.len() - name.len() + length;
        if length > 0 {
            let element = if closes { Element::Other } else { Element::named(&name[..length]) };
            return (Context { state: State::Tag, element, ..Context::default() }, end);
        }
        from = end.max(open + 1);
    }
    (context, text.len())
}

/// Length of a tag's name: letters and digits, with single `:` and `-` inside.
fn tag_name(text: &str) -> usize {
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(u8::is_ascii_alphabetic) {
        return 0;
    }
    let mut end = 1;
    loop {
        match (bytes.get(end), bytes.get(end + 1)) {
            (Some(byte), _) if byte.is_ascii_alphanumeric() => end += 1,
            (Some(b':' | b'-'), Some(next)) if next.is_ascii_alphanumeric() => end += 2,
            _ => return end,
        }
    }
}

fn in_tag(context: Context, text: &str) -> Result<Step, String> {
    let start = spaces(text);
    if start == text.len() {
        return Ok((context, start));
    }
    let element = context.element;
    if text[start..].starts_with('>') {
        let state = element.content_state();
        return Ok((Context { state, element, ..Context::default() }, start + 1));
    }
    let end = attribute_name_end(text, start)?;
    if start == end {
        let found = crate::fmt::quote(&text[start..]);
        return Err(format!("expected space, attr name, or end of tag, but got {found}"));
    }
    let name = text[start..end].to_ascii_lowercase();
    let is_script_type = element == Element::Script && name == "type";
    let attribute = if is_script_type { Attribute::ScriptType } else { attribute_kind(&name) };
    let state = if end == text.len() { State::AttrName } else { State::AfterName };
    Ok((Context { state, attribute, element, ..Context::default() }, end))
}

fn attribute_kind(name: &str) -> Attribute {
    match AttributeContent::of(name) {
        AttributeContent::Url => Attribute::Url,
        AttributeContent::Css => Attribute::Style,
        AttributeContent::Js => Attribute::Script,
        AttributeContent::Srcset => Attribute::Srcset,
        AttributeContent::Plain | AttributeContent::Unsafe => Attribute::Plain,
    }
}

/// Where the name of an attribute ends that begins at a byte.
fn attribute_name_end(text: &str, from: usize) -> Result<usize, String> {
    let ends = [' ', '\t', '\n', '\x0c', '\r', '=', '>', '\'', '"', '<'];
    let Some(end) = text[from..].find(ends).map(|index| from + index) else {
        return Ok(text.len());
    };
    let found = &text[end..=end];
    if matches!(found, "'" | "\"" | "<") {
        let start: String = text.chars().take(32).collect();
        let (found, start) = (crate::fmt::quote(found), crate::fmt::quote(&start));
        return Err(format!("{found} in attribute name: {start}"));
    }
    Ok(end)
}

fn after_name(context: Context, text: &str) -> Step {
    let start = spaces(text);
    if start == text.len() {
        (context, start)
    } else if text[start..].starts_with('=') {
        (Context { state: State::BeforeValue, ..context }, start + 1)
    } else {
        (Context { state: State::Tag, ..context }, start)
    }
}

fn before_value(context: Context, text: &str) -> Step {
    let start = spaces(text);
    let (delim, end) = match text[start..].chars().next() {
        None => return (context, start),
        Some('\'') => (Delim::Single, start + 1),
        Some('"') => (Delim::Double, start + 1),
        Some(_) => (Delim::SpaceOrTagEnd, start),
    };
    (Context { state: context.attribute.value_state(), delim, ..context }, end)
}

/// Inside the value of an attribute, up to what ends it.
fn in_value(context: Context, text: &str) -> Result<Step, String> {
    let end = text.find(context.delim.ends());
    let value = &text[..end.unwrap_or(text.len())];
    let unquoted = context.delim == Delim::SpaceOrTagEnd;
    if let Some(index) = value.find(['"', '\'', '<', '=', '`']).filter(|_| unquoted) {
        let found = crate::fmt::quote(&value[index..=index]);
        return Err(format!("{found} in unquoted attr: {}", crate::fmt::quote(value)));
    }
    let Some(end) = end else {
        return Ok((follow_value(context, value)?, text.len()));
    };
    let other_script = context.state == State::Attr
        && context.attribute == Attribute::ScriptType
        && !script::is_script_type(value);
    let element = if other_script { Element::Other } else { context.element };
    let quote = usize::from(!unquoted);
    Ok((Context { state: State::Tag, element, ..Context::default() }, end + quote))
}

/// The place behind a part of a value, in which characters may be written as entities.
fn follow_value(mut context: Context, value: &str) -> Result<Context, String> {
    let plain = entity::unescape(value);
    let mut rest = &*plain;
    while !rest.is_empty() {
        let (next, read) = transition(context, rest)?;
        if read == 0 && next.state == context.state {
            break;
        }
        context = next;
        rest = &rest[read..];
    }
    Ok(context)
}

/// The part of a URL behind a text.
pub(super) fn url(context: Context, text: &str) -> Context {
    let url = if text.contains(['?', '#']) {
        UrlPart::Query
    } else if spaces(text) != text.len() && context.url == UrlPart::Nothing {
        UrlPart::Path
    } else {
        context.url
    };
    Context { url, ..context }
}

fn block_comment(context: Context, text: &str) -> Step {
    let Some(end) = text.find("*/") else { return (context, text.len()) };
    let state = if context.state == State::JsBlockComment { State::Js } else { State::Css };
    (Context { state, ..context }, end + 2)
}

fn line_comment(context: Context, text: &str) -> Step {
    let (ends, state): (&[char], _) = if context.state == State::JsLineComment {
        (&['\n', '\r', '\u{2028}', '\u{2029}'], State::Js)
    } else {
        (&['\n', '\x0c', '\r'], State::Css)
    };
    match text.find(ends) {
        Some(end) => (Context { state, ..context }, end),
        None => (context, text.len()),
    }
}

/// What the value of an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttributeContent {
    Plain,
    Css,
    Js,
    Url,
    Srcset,
    /// It changes how the rest is read, or what is sent.
    Unsafe,
}

impl AttributeContent {
    /// What the value of the attribute with this lower-case name is, judged carefully.
    pub(super) fn of(name: &str) -> Self {
        let name = match name.strip_prefix("data-") {
            Some(custom) => custom,
            None if name.starts_with("xmlns:") => return Self::Url,
            None => name.split_once(':').map_or(name, |(_, local)| local),
        };
        match name {
            "action" | "archive" | "background" | "cite" | "classid" | "codebase" | "data"
            | "formaction" | "href" | "icon" | "longdesc" | "manifest" | "poster" | "profile"
            | "src" | "usemap" | "xmlns" => Self::Url,
            "style" => Self::Css,
            "srcset" => Self::Srcset,
            "accept-charset" | "async" | "challenge" | "charset" | "content" | "crossorigin"
            | "defer" | "enctype" | "form" | "formenctype" | "formmethod" | "formnovalidate"
            | "http-equiv" | "keytype" | "language" | "method" | "novalidate" | "pattern"
            | "rel" | "sandbox" | "srcdoc" | "type" | "value" => Self::Unsafe,
            "srclang" => Self::Plain,
            name if name.starts_with("on") => Self::Js,
            name if ["src", "uri", "url"].iter().any(|part| name.contains(part)) => Self::Url,
            _ => Self::Plain,
        }
    }
}
