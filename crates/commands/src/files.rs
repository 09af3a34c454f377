//! Files that people name, read within a limit; patterns of names.

use crate::console::io_words;
use config::Problem;
use dashboards::INPUT_BYTES_MAX;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Longest configuration file that is read.
const FILE_BYTES_MAX: u64 = 32 << 20;

/// Why there is no text of a file, as a sentence with its name.
#[derive(Debug)]
pub enum TextError {
    /// It cannot be read, or is too long.
    Unreadable(PathBuf, io::Error),
    /// It is no UTF-8, at this place.
    NotText(Box<Problem>),
}

impl TextError {
    /// Kind, for callers that decide.
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Self::Unreadable(_, error) => error.kind(),
            Self::NotText(_) => io::ErrorKind::InvalidData,
        }
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => {
                write!(f, "cannot read {}: {}", path.display(), io_words(error))
            }
            Self::NotText(problem) => problem.fmt(f),
        }
    }
}

/// For callers that name the file themselves.
impl From<TextError> for io::Error {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Unreadable(_, error) => error,
            TextError::NotText(problem) => {
                let text = format!("{} at {}", problem.message, problem.place);
                Self::new(io::ErrorKind::InvalidData, text)
            }
        }
    }
}

/// A configuration file as text, within its limit of 32 MiB.
///
/// # Errors
/// When it cannot be read, is longer or is no UTF-8.
pub fn read_text(path: &Path) -> Result<String, TextError> {
    let bytes = read_within(path, FILE_BYTES_MAX);
    let bytes = bytes.map_err(|error| TextError::Unreadable(path.to_owned(), error))?;
    let text = config::text_of(&path.display().to_string(), bytes);
    text.map_err(|problem| TextError::NotText(Box::new(problem)))
}

/// A file within the limit of dashboards.
///
/// # Errors
/// When it cannot be read or is longer.
pub fn read_board(path: &Path) -> io::Result<Vec<u8>> {
    read_within(path, INPUT_BYTES_MAX as u64)
}

fn read_within(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.len() > bytes_max {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    fs::read(path)
}

/// As upstream: only the last part of a path is a pattern, and a pattern may match nothing.
///
/// # Errors
/// When the folder cannot be listed.
pub fn expand_pattern(pattern: &str) -> io::Result<Vec<PathBuf>> {
    let path = Path::new(pattern);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let Some(name) = name.filter(|name| name.contains(['*', '?', '['])) else {
        return Ok(vec![path.to_owned()]);
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if discovery::matches(&name, &entry.file_name().to_string_lossy()) {
            found.push(folder.join(entry.file_name()));
        }
    }
    found.sort();
    Ok(found)
}
