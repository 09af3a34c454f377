//! The one error of this crate: where a text is wrong, why, and what was probably meant.
//! Messages are upstream's where clients compare them.

mod caret;
#[cfg(test)]
mod tests;

use crate::ast::Place;
use std::fmt;

/// What kind of trouble a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The text does not follow the grammar.
    Syntax,
    /// The text follows the grammar but its parts do not fit: types, matchers, modifiers.
    Meaning,
    /// The text uses a feature that is switched off.
    Disabled,
    /// A limit of this crate is exceeded (nesting depth, number of values).
    Limit,
}

/// A text that is not valid PromQL.
///
/// `Display` is upstream's single line: `1:5: parse error: unexpected end of input`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    message: String,
    place: Place,
    line: usize,
    column: usize,
    suggestion: Option<String>,
}

impl ParseError {
    pub(crate) fn new(
        kind: ErrorKind,
        source: &str,
        place: Place,
        message: impl Into<String>,
    ) -> Self {
        let (line, column) = place.line_column(source);
        let message = message.into();
        Self(Box::new(Inner { kind, message, place, line, column, suggestion: None }))
    }

    /// The same error in a longer text that contains the wrong one from byte `offset` on.
    pub(crate) fn within(&self, source: &str, offset: usize) -> Self {
        let Place { start, end } = self.place();
        let place = Place { start: start + offset, end: end + offset };
        let error = Self::new(self.kind(), source, place, self.message());
        error.suggest(self.0.suggestion.clone())
    }

    /// Kind, for callers that decide.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The sentence without place, as upstream words it.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Bytes of the source that are wrong.
    pub fn place(&self) -> Place {
        self.0.place
    }

    /// Line of the first wrong byte, from 1.
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// Column of the first wrong byte within its line, in bytes, from 1.
    pub fn column(&self) -> usize {
        self.0.column
    }

    /// A sentence that helps, when that is certain: "did you mean `rate(up[5m])`?".
    pub fn suggestion(&self) -> Option<&str> {
        self.0.suggestion.as_deref()
    }

    pub(crate) fn suggest(mut self, suggestion: impl Into<Option<String>>) -> Self {
        self.0.suggestion = suggestion.into();
        self
    }

    /// Shows the error under the text it is about: message, line, caret, suggestion.
    ///
    /// ```text
    /// 1:6: parse error: expected type range vector in call to function "rate", got instant vector
    ///   | rate(up)
    ///   |      ^^
    /// did you mean `rate(up[5m])`?
    /// ```
    pub fn render(&self, source: &str) -> String {
        format!("{self}\n{}", self.render_place(source))
    }

    /// What stands below the message: line, caret, suggestion; for callers that word the message.
    pub fn render_place(&self, source: &str) -> String {
        let mut out = caret::under(source, self.0.place);
        if let Some(suggestion) = &self.0.suggestion {
            out += suggestion;
            out.push('\n');
        }
        out
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: parse error: {}", self.0.line, self.0.column, self.0.message)
    }
}

impl std::error::Error for ParseError {}
