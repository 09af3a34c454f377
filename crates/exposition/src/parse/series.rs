//! Name and labels of a sample line: where they stand (`Layout`), and their texts on request.
//! `NAME{a="b"}`, or with quoted names `{"my.name", "my.label"="b"}`.

use super::Format;
use super::cursor::{Cursor, LineBreaks, excerpt};
use crate::{ParseError, ParseErrorKind};
use model::METRIC_NAME;
use std::borrow::Cow;
use std::ops::Range;

/// Most labels of one sample; a target that sends more fails its scrape.
pub const LABELS_MAX: usize = 1024;

/// Places of name and labels in the body; buffers are kept from line to line.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    name: Option<Range<usize>>,
    labels: Vec<(Range<usize>, Range<usize>)>,
}

/// What a brace list belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Series,
    Exemplar,
}

impl Layout {
    pub(super) fn clear(&mut self) {
        self.name = None;
        self.labels.clear();
    }

    /// Reads name and labels; returns the bytes of both. The cursor stands at the first byte.
    pub(super) fn read<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
        format: Format,
    ) -> Result<&'a [u8], ParseError> {
        self.clear();
        let start = cursor.at();
        let name = cursor.take_metric_name();
        let mut end = cursor.at();
        if !name.is_empty() {
            self.name = Some(start..end);
            skip(cursor, format);
        }
        if cursor.eat(b'{') {
            self.braces(cursor, format, Owner::Series)?;
            end = cursor.at();
        }
        if end == start {
            return Err(cursor.expected("a metric name"));
        }
        match &self.name {
            Some(name) if !name.is_empty() => Ok(cursor.slice(start, end)),
            Some(_) | None => {
                let series = excerpt(cursor.slice(start, end));
                let message = format!("metric name not set in {series}");
                Err(cursor.error(ParseErrorKind::Labels, message))
            }
        }
    }

    /// Reads labels up to and with the closing brace.
    pub(super) fn braces(
        &mut self,
        cursor: &mut Cursor<'_>,
        format: Format,
        owner: Owner,
    ) -> Result<(), ParseError> {
        loop {
            skip(cursor, format);
            if cursor.eat(b'}') {
                return Ok(());
            }
            let (name, quoted) = label_name(cursor)?;
            skip(cursor, format);
            let is_metric_name = quoted && matches!(cursor.peek(), Some(b',' | b'}'));
            if is_metric_name && owner == Owner::Series {
                self.set_name(cursor, name)?;
                cursor.eat(b',');
            } else {
                let value = label_value(cursor, format, owner)?;
                self.push(cursor, name, value)?;
                separator(cursor, format)?;
            }
        }
    }

    fn set_name(&mut self, cursor: &Cursor<'_>, name: Range<usize>) -> Result<(), ParseError> {
        if self.name.is_some() {
            let message = "metric name already set".to_owned();
            return Err(cursor.error(ParseErrorKind::Labels, message));
        }
        self.name = Some(name);
        Ok(())
    }

    fn push(
        &mut self,
        cursor: &Cursor<'_>,
        name: Range<usize>,
        value: Range<usize>,
    ) -> Result<(), ParseError> {
        if name.is_empty() {
            let message = "label name is empty".to_owned();
            return Err(cursor.error(ParseErrorKind::Labels, message));
        }
        if self.labels.len() == LABELS_MAX {
            let message = format!("more than {LABELS_MAX} labels");
            return Err(cursor.error(ParseErrorKind::Labels, message));
        }
        self.labels.push((name, value));
        Ok(())
    }

    /// Metric name, unescaped.
    pub(super) fn name<'a>(&self, cursor: &Cursor<'a>) -> Cow<'a, str> {
        self.name.as_ref().map_or(Cow::Borrowed(""), |name| text_at(cursor, name))
    }

    pub(super) fn names_label(&self, cursor: &Cursor<'_>, name: &str) -> bool {
        self.labels.iter().any(|(found, _)| text_at(cursor, found) == name)
    }

    /// All pairs, unescaped, in the order of the line, the metric name first (when there is one).
    pub(super) fn pairs<'a>(&self, cursor: &Cursor<'a>) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        let name = self.name.iter().map(|name| (METRIC_NAME.into(), text_at(cursor, name)));
        let labels = self.labels.iter();
        name.chain(labels.map(|(n, v)| (text_at(cursor, n), text_at(cursor, v)))).collect()
    }
}

fn label_name(cursor: &mut Cursor<'_>) -> Result<(Range<usize>, bool), ParseError> {
    let start = cursor.at();
    let bare = cursor.take_label_name();
    if !bare.is_empty() {
        return Ok((start..cursor.at(), false));
    }
    match cursor.take_quoted(LineBreaks::Allowed) {
        Some(quoted) => {
            require_utf8(cursor, quoted, "name")?;
            Ok((start + 1..cursor.at() - 1, true))
        }
        None => Err(cursor.expected("label name")),
    }
}

fn label_value(
    cursor: &mut Cursor<'_>,
    format: Format,
    owner: Owner,
) -> Result<Range<usize>, ParseError> {
    if !cursor.eat(b'=') {
        return Err(cursor.expected(match owner {
            Owner::Series => "`=` behind the label name",
            Owner::Exemplar => "`=` behind the label name of an exemplar",
        }));
    }
    skip(cursor, format);
    let line_breaks = match format {
        Format::Text => LineBreaks::Allowed,
        Format::OpenMetrics => LineBreaks::Refused,
    };
    let start = cursor.at();
    let Some(quoted) = cursor.take_quoted(line_breaks) else {
        return Err(cursor.expected("label value in double quotes"));
    };
    require_utf8(cursor, quoted, "label value")?;
    Ok(start + 1..cursor.at() - 1)
}

/// The text format takes labels without a comma between them, as upstream's lexer does.
fn separator(cursor: &mut Cursor<'_>, format: Format) -> Result<(), ParseError> {
    skip(cursor, format);
    let fine = cursor.eat(b',') || format == Format::Text || cursor.peek() == Some(b'}');
    if fine { Ok(()) } else { Err(cursor.expected("`,` or `}`")) }
}

/// White space between tokens: any in the text format, none in OpenMetrics.
fn skip(cursor: &mut Cursor<'_>, format: Format) {
    match format {
        Format::Text => drop(cursor.skip_blanks()),
        Format::OpenMetrics => {}
    }
}

pub(super) fn require_utf8<'a>(
    cursor: &Cursor<'_>,
    bytes: &'a [u8],
    what: &str,
) -> Result<&'a str, ParseError> {
    std::str::from_utf8(bytes).ok().ok_or_else(|| {
        let message = format!("{what} {} is not valid UTF-8", excerpt(bytes));
        cursor.error(ParseErrorKind::Encoding, message)
    })
}

fn text_at<'a>(cursor: &Cursor<'a>, range: &Range<usize>) -> Cow<'a, str> {
    match std::str::from_utf8(cursor.slice(range.start, range.end)) {
        Ok(text) => unescape(text, Quotes::Escaped),
        // Names and values are checked when they are read.
        Err(_) => Cow::Borrowed(""),
    }
}

/// Is `\"` an escape? In HELP lines of the text format it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    Escaped,
    Plain,
}

/// Replaces `\\`, `\n` and `\"`; any other backslash stays as it is.
pub(super) fn unescape(text: &str, quotes: Quotes) -> Cow<'_, str> {
    if !text.as_bytes().contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let replaced = match (c, chars.peek()) {
            ('\\', Some('\\')) => Some('\\'),
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('"')) if quotes == Quotes::Escaped => Some('"'),
            _ => None,
        };
        if replaced.is_some() {
            chars.next();
        }
        out.push(replaced.unwrap_or(c));
    }
    Cow::Owned(out)
}
