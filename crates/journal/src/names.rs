//! File names of a journal directory: `00000042.journal`, `00000042.new`, `reserve`, `quarantine/`.
//! Whatever else lies in the directory belongs to somebody else and is left alone.

use std::path::{Path, PathBuf};

const SUFFIX: &str = ".journal";
const UNFINISHED_SUFFIX: &str = ".new";

pub(crate) fn segment_name(id: u64) -> String {
    format!("{id:08}{SUFFIX}")
}

pub(crate) fn segment_path(dir: &Path, id: u64) -> PathBuf {
    dir.join(segment_name(id))
}

/// A segment that gets its name when it is complete and synced.
pub(crate) fn unfinished_path(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("{id:08}{UNFINISHED_SUFFIX}"))
}

pub(crate) fn reserve_path(dir: &Path) -> PathBuf {
    dir.join("reserve")
}

pub(crate) fn quarantine_dir(dir: &Path) -> PathBuf {
    dir.join("quarantine")
}

pub(crate) fn parse_segment(name: &str) -> Option<u64> {
    parse(name, SUFFIX)
}

pub(crate) fn parse_unfinished(name: &str) -> Option<u64> {
    parse(name, UNFINISHED_SUFFIX)
}

/// The number of a name that this program would have written itself.
fn parse(name: &str, suffix: &str) -> Option<u64> {
    let digits = name.strip_suffix(suffix)?;
    let id = digits.parse().ok().filter(|id| *id > 0)?;
    (format!("{id:08}") == digits).then_some(id)
}
