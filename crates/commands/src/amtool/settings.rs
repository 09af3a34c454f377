//! amtool's files of settings: defaults of flags, for the user and for the machine.

use crate::files::read_text;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Of the user, below the home directory.
const OF_USER: &str = ".config/amtool/config.yml";
/// Of the machine.
const OF_MACHINE: &str = "/etc/amtool/config.yml";

/// Flags with their values. Files that are not there say nothing; an earlier file wins.
///
/// # Errors
/// When a file is there and cannot be used.
pub fn read() -> Result<Vec<(String, String)>, String> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let of_user = home.map(|home| home.join(OF_USER));
    of_files(of_user.into_iter().chain([PathBuf::from(OF_MACHINE)]))
}

fn of_files(paths: impl Iterator<Item = PathBuf>) -> Result<Vec<(String, String)>, String> {
    let mut all: Vec<(String, String)> = Vec::new();
    for path in paths {
        for (name, value) in of_file(&path)? {
            if !all.iter().any(|(known, _)| *known == name) {
                all.push((name, value));
            }
        }
    }
    Ok(all)
}

fn of_file(path: &Path) -> Result<Vec<(String, String)>, String> {
    let name = path.display().to_string();
    match read_text(path) {
        Ok(text) => {
            let loaded = config::amtool::load(&name, &text).map_err(|error| error.to_string())?;
            Ok(loaded.config)
        }
        // A home directory that is a file, or is not ours, has no settings for us.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
