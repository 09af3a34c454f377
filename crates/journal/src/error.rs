//! The one error of the journal: a sentence, a kind for callers that decide, the cause.

use std::fmt;
use std::io;
use std::path::Path;

/// What kind of trouble stopped an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JournalErrorKind {
    /// The disk is full; the same call works again when there is room.
    NoSpace,
    /// The operating system failed an operation; the next call tries with a new segment.
    Io,
    /// A record is empty or longer than the limit.
    RecordSize,
    /// A segment has a format version that this program does not know.
    Version,
    /// The replay function refused a record.
    Replay,
}

/// An operation on the journal failed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct JournalError {
    kind: JournalErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl JournalError {
    pub(crate) fn new(kind: JournalErrorKind, message: String) -> Self {
        Self { kind, message, source: None }
    }

    /// `attempt` completes "journal: cannot ..." with verb and object.
    pub(crate) fn io(attempt: impl fmt::Display, path: &Path, source: io::Error) -> Self {
        let kind =
            if is_no_space(&source) { JournalErrorKind::NoSpace } else { JournalErrorKind::Io };
        let message = format!("journal: cannot {attempt} {}: {source}", path.display());
        Self { kind, message, source: Some(Box::new(source)) }
    }

    pub(crate) fn caused_by(mut self, source: crate::ReplayError) -> Self {
        self.source = Some(source);
        self
    }

    /// Kind, for callers that decide.
    pub fn kind(&self) -> JournalErrorKind {
        self.kind
    }
}

pub(crate) fn is_no_space(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
