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
/// Paths that one pattern may name.
const PATHS_MAX: usize = 100_000;

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

/// Paths that a pattern names, as Go's `filepath.Glob`: each part of a path may be a pattern, and
/// a pattern may match nothing, also because its folder is not there. A path without a pattern
/// names itself, whether it is there or not.
///
/// # Errors
/// When a folder cannot be listed, or more than 100,000 paths match.
pub fn expand_pattern(pattern: &str) -> io::Result<Vec<PathBuf>> {
    if has_pattern(pattern) { expand(Path::new(pattern)) } else { Ok(vec![pattern.into()]) }
}

/// The folder that a pattern begins with, before its first part that is one; nothing without one.
pub fn fixed_folder(pattern: &str) -> Option<&Path> {
    let is_fixed = |path: &&Path| !path.to_str().is_some_and(has_pattern);
    has_pattern(pattern).then(|| Path::new(pattern).ancestors().find(is_fixed)).flatten()
}

fn has_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '\\'])
}

fn expand(path: &Path) -> io::Result<Vec<PathBuf>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(vec![path.to_owned()]);
    };
    let name = name.to_string_lossy();
    let folders =
        if has_pattern(&folder.to_string_lossy()) { expand(folder)? } else { vec![folder.into()] };
    let mut found = Vec::new();
    for folder in folders {
        if has_pattern(&name) {
            found.extend(entries(&folder, &name)?);
        } else {
            found.push(folder.join(&*name));
            found.retain(|path| path.exists());
        }
        if found.len() > PATHS_MAX {
            return Err(io::Error::other(format!("more than {PATHS_MAX} paths match")));
        }
    }
    Ok(found)
}

/// Entries of a folder that match a pattern, in the order of their names.
fn entries(folder: &Path, pattern: &str) -> io::Result<Vec<PathBuf>> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let listing = match fs::read_dir(here) {
        Ok(listing) => listing,
        Err(error) if is_no_folder(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in listing {
        let name = entry?.file_name();
        if discovery::matches(pattern, &name.to_string_lossy()) {
            found.push(folder.join(name));
        }
    }
    found.sort();
    Ok(found)
}

fn is_no_folder(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_path_may_be_a_pattern() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a/x.yml", "a/y.yaml", "b/x.yml", "b/c/z.yml", "d.yml"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = |pattern: &str| -> Vec<String> {
            let pattern = folder.path().join(pattern);
            let found = expand_pattern(pattern.to_str().unwrap()).unwrap();
            let short = |path: &PathBuf| path.strip_prefix(folder.path()).unwrap().to_owned();
            found.iter().map(|path| short(path).display().to_string()).collect()
        };
        assert_eq!(found("*/x.yml"), ["a/x.yml", "b/x.yml"]);
        assert_eq!(found("*/*.y*ml"), ["a/x.yml", "a/y.yaml", "b/x.yml"]);
        assert_eq!(found("[bd]*/?/*.yml"), ["b/c/z.yml"]);
        assert_eq!(found(r"\d.yml"), ["d.yml"]);
        assert!(found("none/*.yml").is_empty() && found("d.yml/*").is_empty());
        assert_eq!(found("none.yml"), ["none.yml"], "a path without a pattern names itself");
    }

    #[test]
    fn what_stands_before_the_first_pattern_is_its_folder() {
        assert_eq!(fixed_folder("/etc/rules/*/a?.yml"), Some(Path::new("/etc/rules")));
        assert_eq!(fixed_folder("*.yml"), Some(Path::new("")));
        assert_eq!(fixed_folder("/etc/a.yml"), None);
    }
}
