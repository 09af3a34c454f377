//! Files that people name, read within a limit; patterns of names.

use dashboards::INPUT_BYTES_MAX;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Longest configuration file that is read.
const FILE_BYTES_MAX: u64 = 32 << 20;

/// A configuration file as text, within its limit of 32 MiB.
///
/// # Errors
/// When it cannot be read, is longer or is no UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > FILE_BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    fs::read_to_string(path)
}

/// A file within the limit of dashboards.
///
/// # Errors
/// When it cannot be read or is longer.
pub fn read_board(path: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.len() > INPUT_BYTES_MAX as u64 {
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
