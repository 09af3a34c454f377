//! What is wrong with a file, and where.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

/// A file that cannot be read or holds something else than it should.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The filesystem refuses.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The bytes are not what they should be.
    #[error("{} at byte {offset}: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Place in the file.
        offset: u64,
        /// What was found, and what was expected.
        message: String,
    },
}

/// What reading gives.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, offset: u64, message: impl Display) -> Self {
        Self::Damaged { path: path.to_owned(), offset, message: message.to_string() }
    }
}
