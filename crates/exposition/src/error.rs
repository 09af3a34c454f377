//! The one error of this crate: a line that is not in the format, with its number and what was
//! found there.

use std::fmt;

/// What kind of trouble stopped the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The bytes do not follow the grammar of the format.
    Syntax,
    /// A number cannot be read or does not fit.
    Number,
    /// A text that must be UTF-8 is not.
    Encoding,
    /// A label set is not one: repeated or empty names, too many labels.
    Labels,
    /// OpenMetrics without `# EOF` at its end, or with something behind it.
    End,
}

/// A body that could not be parsed; everything before the line was fine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    kind: ParseErrorKind,
    line: usize,
    message: String,
}

impl ParseError {
    pub(crate) fn new(kind: ParseErrorKind, line: usize, message: String) -> Self {
        Self { kind, line, message }
    }

    /// Kind, for callers that decide.
    pub fn kind(&self) -> ParseErrorKind {
        self.kind
    }

    /// Line of the body, from 1.
    pub fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}
