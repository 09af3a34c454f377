//! What went wrong with a template, in Go's words, so that what people find about them helps.
//! Returned by parsing and rendering.

/// What kind of trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text is no template.
    Parse,
    /// The template asked for something that is not there or does not fit.
    Execute,
    /// A bound was reached: see [`Limits`](crate::Limits).
    Limit,
}

/// A template that cannot be read or rendered.
///
/// Reads as Go's error does: `template: NAME:LINE: ...` when parsing,
/// `template: NAME:LINE:COLUMN: executing "NAME" at <EXPRESSION>: ...` when rendering, where the
/// column counts bytes from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: Box<str>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Box<str>>) -> Self {
        Self { kind, message: message.into() }
    }

    /// What kind of trouble it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}
