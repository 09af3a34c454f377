//! File service discovery without a clock: reads the files of one section and says what changed.
//! A file that cannot be read or understood keeps its previous targets and is reported; a file
//! that is gone takes its targets with it (upstream does both).

use crate::glob;
use crate::group::{FILEPATH_LABEL, Fault, Group};
use config::FileSdConfig;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use sys::Vfs;

#[cfg(test)]
mod tests;

/// Largest file with targets: 64 MiB, about half a million targets.
pub const FILE_BYTES_MAX: u64 = 64 << 20;
/// Most files of one section; a pattern that matches more is reported.
pub const FILES_MAX: usize = 10_000;

/// The files of one `file_sd_configs` entry.
#[derive(Debug)]
pub struct FileSet {
    patterns: Vec<String>,
    files: BTreeMap<PathBuf, Known>,
    faults: Vec<Fault>,
}

/// What is known of a file.
#[derive(Debug, Default)]
struct Known {
    /// Bytes that were parsed last, for good or bad, so that nothing is parsed twice.
    bytes: Option<Vec<u8>>,
    groups: Vec<Group>,
    fault: Option<String>,
}

impl FileSet {
    /// No file is read yet.
    pub fn new(config: &FileSdConfig) -> Self {
        Self { patterns: config.files.clone(), files: BTreeMap::new(), faults: Vec::new() }
    }

    /// Reads all files; answers whether groups or faults are others than before.
    pub fn refresh(&mut self, vfs: &dyn Vfs) -> bool {
        let mut faults = Vec::new();
        let mut known = std::mem::take(&mut self.files);
        let mut changed = false;
        for path in self.paths(vfs, &mut faults) {
            let mut file = known.remove(&path).unwrap_or_default();
            changed |= file.read(vfs, &path);
            if let Some(message) = &file.fault {
                let source = path.display().to_string();
                faults.push(Fault { source, message: message.clone() });
            }
            self.files.insert(path, file);
        }
        // What is left of `known` are files that no pattern finds any more.
        changed |= known.values().any(|file| !file.groups.is_empty());
        changed |= faults != self.faults;
        self.faults = faults;
        changed
    }

    /// Groups of all files, by file and position.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.files.values().flat_map(|file| &file.groups)
    }

    /// Files and patterns that could not be used at the last refresh.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Existing files of all patterns, sorted, each once.
    fn paths(&self, vfs: &dyn Vfs, faults: &mut Vec<Fault>) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        for pattern in &self.patterns {
            match expand(vfs, Path::new(pattern)) {
                Ok(found) => paths.extend(found),
                Err(error) => {
                    let message = format!("cannot list the directory: {error}");
                    faults.push(Fault { source: pattern.clone(), message });
                }
            }
        }
        paths.sort();
        paths.dedup();
        if paths.len() > FILES_MAX {
            let message = format!("{} files match, at most {FILES_MAX} are read", paths.len());
            faults.push(Fault { source: self.patterns.join(", "), message });
            paths.truncate(FILES_MAX);
        }
        paths
    }
}

/// Files in the pattern's directory whose names match its last part. A directory that does not
/// exist has no files; that is no fault, it may come later.
fn expand(vfs: &dyn Vfs, pattern: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(name) = pattern.file_name().and_then(|name| name.to_str()) else {
        return Ok(Vec::new());
    };
    let parent = pattern.parent().unwrap_or(Path::new(""));
    let folder = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let entries = match vfs.read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let found =
        entries.into_iter().filter(|entry| !entry.is_dir && glob::matches(name, &entry.name));
    Ok(found.map(|entry| parent.join(entry.name)).collect())
}

impl Known {
    /// Reads the file again; answers whether its groups changed.
    fn read(&mut self, vfs: &dyn Vfs, path: &Path) -> bool {
        let bytes = match vfs.read(path, FILE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.fault = Some(format!("cannot read: {error}"));
                // Parse again even if the next bytes equal the last ones: the fault must go.
                self.bytes = None;
                return false;
            }
        };
        if self.bytes.as_ref() == Some(&bytes) {
            return false;
        }
        let parsed = parse(path, &bytes);
        self.bytes = Some(bytes);
        match parsed {
            Ok(groups) => {
                self.fault = None;
                let changed = groups != self.groups;
                self.groups = groups;
                changed
            }
            Err(message) => {
                self.fault = Some(message);
                false
            }
        }
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<Group>, String> {
    let file = path.display().to_string();
    let text = config::text_of(&file, bytes.to_vec()).map_err(|problem| problem.to_string())?;
    let loaded = config::load_target_groups(&file, &text).map_err(|error| error.to_string())?;
    let group = |(index, group)| {
        Group::new(format!("{file}:{index}"), group, Some((FILEPATH_LABEL, file.as_str())))
    };
    Ok(loaded.config.iter().enumerate().map(group).collect())
}
