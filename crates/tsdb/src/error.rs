//! Why the database could not do what was asked; one type for opening, maintenance and inspection.
//! The doors for samples and questions speak `model`'s error types instead.

use crate::encoding::Damage;
use std::io;
use std::path::Path;

/// What kind of trouble it is, for callers that decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DbErrorKind {
    /// Another process holds the data directory.
    Locked,
    /// The directory holds something else: a newer format, or Prometheus' own data.
    WrongFormat,
    /// Stored bytes are damaged.
    Corrupt,
    /// A file that should be there is not.
    Missing,
    /// The disk is full.
    DiskFull,
    /// Another error of the filesystem.
    Io,
    /// The database is closed.
    Closed,
    /// What was asked for is against a rule or a limit.
    Refused,
}

/// An operation on the database failed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct DbError {
    kind: DbErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Result of operations on the database.
pub type DbResult<T> = Result<T, DbError>;

impl DbError {
    /// An error with its full sentence.
    pub fn new(kind: DbErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Kind, for callers that decide.
    pub fn kind(&self) -> DbErrorKind {
        self.kind
    }

    /// A filesystem error with what was attempted and where.
    pub(crate) fn io(attempt: &str, path: &Path, source: io::Error) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DbErrorKind::DiskFull,
            io::ErrorKind::NotFound => DbErrorKind::Missing,
            _ => DbErrorKind::Io,
        };
        let message = format!("cannot {attempt} {}: {source}", path.display());
        Self { kind, message, source: Some(source.into()) }
    }

    /// Damaged bytes with the file they lie in.
    pub(crate) fn corrupt(attempt: &str, path: &Path, damage: &Damage) -> Self {
        let message = format!("cannot {attempt} {}: {damage}", path.display());
        Self { kind: DbErrorKind::Corrupt, message, source: Some(Box::new(*damage)) }
    }
}
