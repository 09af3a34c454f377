//! A place in a body: what comes next, and on which line an error is.
//! Lines are counted only when an error asks for one.

use crate::{ParseError, ParseErrorKind};

/// Longest piece of input quoted in an error.
const EXCERPT_MAX: usize = 60;

/// Position in a body.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    body: &'a [u8],
    at: usize,
    line_start: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { body, at: 0, line_start: 0 }
    }

    /// Marks the place to which errors of this line refer.
    pub(super) fn begin_line(&mut self) {
        self.line_start = self.at;
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        &self.body[self.at..]
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Where the line begins that was begun last.
    pub(super) fn line_start(&self) -> usize {
        self.line_start
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> &'a [u8] {
        &self.body[from..to]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.body.get(self.at).copied()
    }

    pub(super) fn is_end(&self) -> bool {
        self.at == self.body.len()
    }

    /// Consumes `count` bytes; fewer at the end.
    pub(super) fn take(&mut self, count: usize) -> &'a [u8] {
        let end = self.body.len().min(self.at + count);
        let taken = &self.body[self.at..end];
        self.at = end;
        taken
    }

    /// Consumes a byte if it is the next one.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Consumes a text if it comes next.
    pub(super) fn eat_text(&mut self, text: &[u8]) -> bool {
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    pub(super) fn take_while(&mut self, test: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let count = rest.iter().position(|&byte| !test(byte)).unwrap_or(rest.len());
        self.take(count)
    }

    pub(super) fn skip_blanks(&mut self) -> usize {
        self.take_while(|byte| matches!(byte, b' ' | b'\t')).len()
    }

    /// Consumes up to the line break (not the break itself).
    pub(super) fn take_line(&mut self) -> &'a [u8] {
        let rest = self.rest();
        self.take(memchr::memchr(b'\n', rest).unwrap_or(rest.len()))
    }

    /// A metric name of the legacy scheme, empty when none comes next.
    pub(super) fn take_metric_name(&mut self) -> &'a [u8] {
        self.take_name(|byte| byte == b':')
    }

    /// A label name of the legacy scheme, empty when none comes next.
    pub(super) fn take_label_name(&mut self) -> &'a [u8] {
        self.take_name(|_| false)
    }

    fn take_name(&mut self, also: impl Fn(u8) -> bool) -> &'a [u8] {
        if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return &[];
        }
        self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || also(byte))
    }

    /// A text in double quotes with backslash escapes; returns what stands between the quotes,
    /// still escaped. `None` (nothing consumed) when there is no complete one.
    pub(super) fn take_quoted(&mut self, line_breaks: LineBreaks) -> Option<&'a [u8]> {
        let rest = self.rest();
        if rest.first() != Some(&b'"') {
            return None;
        }
        let mut index = 1;
        loop {
            match *rest.get(index)? {
                b'"' => break,
                b'\\' => match *rest.get(index + 1)? {
                    b'\n' => return None,
                    _ => index += 2,
                },
                b'\n' if line_breaks == LineBreaks::Refused => return None,
                _ => index += 1,
            }
        }
        self.at += index + 1;
        Some(&rest[1..index])
    }

    /// Line of the last `begin_line`, from 1.
    pub(super) fn line(&self) -> usize {
        self.body[..self.line_start].split(|&byte| byte == b'\n').count()
    }

    pub(super) fn error(&self, kind: ParseErrorKind, message: String) -> ParseError {
        ParseError::new(kind, self.line(), message)
    }

    /// An error that quotes what stands at the cursor.
    pub(super) fn expected(&self, what: &str) -> ParseError {
        let found = match self.rest() {
            [] => "end of input".to_owned(),
            [b'\n', ..] => "end of line".to_owned(),
            rest => excerpt(rest.split(|&byte| byte == b'\n').next().unwrap_or(rest)),
        };
        self.error(ParseErrorKind::Syntax, format!("expected {what}, found {found}"))
    }
}

/// May a quoted text hold a raw line break? The text format lets label values do so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineBreaks {
    Allowed,
    Refused,
}

/// A piece of input for an error: cut, control characters and bytes that are no text escaped.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(EXCERPT_MAX)];
    let mut shown = String::from("`");
    for chunk in cut.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
        }
        shown.push_str(&chunk.invalid().escape_ascii().to_string());
    }
    shown.push_str(if cut.len() < bytes.len() { "`..." } else { "`" });
    shown
}
