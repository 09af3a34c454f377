//! Why a text is no dashboard, or a dashboard is not kept.

/// What kind of trouble there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The text is no dashboard, or larger than the limits.
    Invalid,
    /// There is no such dashboard, version, folder or annotation.
    NotFound,
    /// Somebody else has changed it meanwhile, or the name is taken.
    Conflict,
    /// It may only be read.
    ReadOnly,
    /// Too many or too much is kept already.
    Full,
    /// The disk refused.
    Failed,
}

/// What was attempted, what was found and what would do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// Kind, for callers that decide.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }
}
