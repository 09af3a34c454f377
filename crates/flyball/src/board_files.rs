//! Dashboards of files: folders that the configuration names, read at the start, at a reload and
//! when a file comes, changes or goes. Read-only here; what they mean `dashboards` decides.

use crate::supervise::Stop;
use commands::console::io_words;
use commands::files::read_board;
use dashboards::{FILES_MAX, File, Library, Provisioned};
use exposition::Family;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Time between two looks at the folders.
const LOOK_INTERVAL: Duration = Duration::from_secs(3);
/// Folders in folders that are followed.
const DEPTH_MAX: usize = 6;

/// Folders with dashboards, and what was seen in them.
pub(crate) struct BoardFiles {
    library: Arc<Library>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    folders: Vec<String>,
    seen: Vec<Seen>,
    count: usize,
}

/// A file as it lay there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    path: PathBuf,
    folder: String,
    len: u64,
    changed: Option<SystemTime>,
}

impl BoardFiles {
    pub(crate) fn new(library: Arc<Library>) -> Self {
        Self { library, state: Mutex::default() }
    }

    /// Reads these folders from now on. May wait for the disk.
    pub(crate) fn configure(&self, folders: Vec<String>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.folders = folders;
        state.seen.clear();
        self.look(&mut state, true);
    }

    /// Looks after the folders until it is time to stop.
    pub(crate) async fn watch(self: Arc<Self>, mut stop: Stop) {
        while !stop.is_given() {
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = stop.wait() => return,
            }
            let files = Arc::clone(&self);
            let looked = tokio::task::spawn_blocking(move || {
                let mut state = files.state.lock().unwrap_or_else(PoisonError::into_inner);
                if !state.folders.is_empty() {
                    files.look(&mut state, false);
                }
            });
            if let Err(error) = looked.await {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }

    /// Reads everything when something is not as it was.
    fn look(&self, state: &mut State, anyway: bool) {
        let found = seen(&state.folders);
        if !anyway && found == state.seen {
            return;
        }
        let provisioned = Provisioned::of(read(&found));
        for trouble in provisioned.troubles() {
            tracing::error!(
                path = trouble.path,
                error = trouble.message,
                "a provisioned file is no dashboard; the others are served"
            );
        }
        if !state.folders.is_empty() {
            let (count, troubles) = (provisioned.len(), provisioned.troubles().len());
            tracing::info!(count, troubles, "provisioned dashboards read");
        }
        state.count = provisioned.len();
        state.seen = found;
        self.library.provision(provisioned);
    }

    /// What there is and what is wrong, for `/metrics`.
    pub(crate) fn families(&self) -> Vec<Family> {
        let count = self.state.lock().unwrap_or_else(PoisonError::into_inner).count;
        let (kept, bytes) = self.library.kept();
        let gauge =
            |name: &str, help: &str, value: usize| Family::gauge(name, help).with(value as f64);
        vec![
            gauge("flyball_dashboards_kept", "Dashboards that users keep.", kept),
            gauge("flyball_dashboards_kept_bytes", "Bytes of these and of their versions.", bytes),
            gauge("flyball_dashboards_provisioned", "Dashboards of provisioned files.", count),
            gauge(
                "flyball_dashboards_provisioned_bad_files",
                "Provisioned files that are no dashboards.",
                self.library.troubles().len(),
            ),
            Family::counter(
                "flyball_dashboards_log_failures_total",
                "Writes of dashboards or annotations to the disk that failed.",
            )
            .with(self.library.log_failures() as f64),
        ]
    }
}

/// Dashboards of folders, each as a file with its content, and why one cannot be read.
pub(crate) fn files(folders: &[String]) -> Vec<File> {
    read(&seen(folders))
}

/// Files in their order; more than can be served are left out after the first that is too many.
fn seen(folders: &[String]) -> Vec<Seen> {
    let mut found = Vec::new();
    for folder in folders {
        let root = Path::new(folder);
        if root.is_dir() {
            walk(root, root, 0, &mut found);
        } else {
            found.push(look_at(root.to_owned(), String::new()));
        }
    }
    found
}

fn walk(root: &Path, folder: &Path, depth: usize, found: &mut Vec<Seen>) {
    let Ok(entries) = fs::read_dir(folder) else {
        // Said when it is read: a folder is no file.
        return found.push(look_at(folder.to_owned(), String::new()));
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let name = folder.strip_prefix(root).unwrap_or(folder).display().to_string();
    for path in paths {
        if found.len() > FILES_MAX {
            return;
        }
        // Kubernetes mounts the files of a ConfigMap beside folders that begin with two dots.
        let is_hidden =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if is_hidden {
            continue;
        }
        if path.is_dir() {
            if depth < DEPTH_MAX {
                walk(root, &path, depth + 1, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(look_at(path, name.clone()));
        }
    }
}

fn look_at(path: PathBuf, folder: String) -> Seen {
    let metadata = fs::metadata(&path).ok();
    let len = metadata.as_ref().map_or(0, fs::Metadata::len);
    let changed = metadata.and_then(|metadata| metadata.modified().ok());
    Seen { path, folder, len, changed }
}

fn read(found: &[Seen]) -> Vec<File> {
    let file = |seen: &Seen| File {
        path: seen.path.display().to_string(),
        folder: seen.folder.clone(),
        content: read_board(&seen.path)
            .map_err(|error| format!("cannot read the file: {}", io_words(&error))),
    };
    found.iter().map(file).collect()
}

#[cfg(test)]
mod tests;
