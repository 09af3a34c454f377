//! Directory entries of the simulated disk, cached and durable, with what waits for `sync_dir`.
//! An operation is a set of assignments (directory, name) -> inode; a rename is one operation with
//! two assignments, so it survives whole or not at all. Files forget nothing here: see `pages`.

use super::rng::SimRng;
use std::collections::BTreeMap;

pub(super) type Ino = usize;

/// Names of one directory.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) cached: BTreeMap<String, Ino>,
    durable: BTreeMap<String, Ino>,
}

/// `name` in `dir` now means `target` (or nothing).
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub(super) dir: Ino,
    pub(super) name: String,
    pub(super) target: Option<Ino>,
}

/// All directories and the operations on them that no `sync_dir` covered yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    dirs: BTreeMap<Ino, Names>,
    unsynced: Vec<Vec<Assignment>>,
}

impl Tree {
    pub(super) fn add_dir(&mut self, ino: Ino) {
        self.dirs.insert(ino, Names::default());
    }

    pub(super) fn is_dir(&self, ino: Ino) -> bool {
        self.dirs.contains_key(&ino)
    }

    pub(super) fn entries(&self, dir: Ino) -> Option<&BTreeMap<String, Ino>> {
        self.dirs.get(&dir).map(|names| &names.cached)
    }

    pub(super) fn apply(&mut self, operation: Vec<Assignment>) {
        for change in &operation {
            if let Some(names) = self.dirs.get_mut(&change.dir) {
                assign(&mut names.cached, change);
            }
        }
        self.unsynced.push(operation);
    }

    /// Does any directory still name the inode?
    pub(super) fn is_named(&self, ino: Ino) -> bool {
        self.dirs.values().any(|names| names.cached.values().any(|target| *target == ino))
    }

    pub(super) fn sync(&mut self, dir: Ino) {
        let mut waiting: Vec<Vec<Assignment>> = Vec::new();
        for operation in std::mem::take(&mut self.unsynced) {
            if !operation.iter().any(|change| change.dir == dir) {
                waiting.push(operation);
                continue;
            }
            for change in &operation {
                // An older change of the same name that still waits must not come after this one.
                for older in &mut waiting {
                    older.retain(|old| (old.dir, &old.name) != (change.dir, &change.name));
                }
                self.persist(change);
            }
        }
        self.unsynced = waiting;
    }

    fn persist(&mut self, change: &Assignment) {
        if let Some(names) = self.dirs.get_mut(&change.dir) {
            assign(&mut names.durable, change);
        }
    }

    /// The directories after a power cut: unsynced operations survive as a prefix (a journalling
    /// filesystem) or one by one (what POSIX allows).
    pub(super) fn survivor(&self, rng: &mut SimRng) -> Self {
        let mut tree = self.clone();
        let operations = std::mem::take(&mut tree.unsynced);
        let in_order = rng.coin();
        let prefix = rng.index(operations.len() + 1);
        for (index, operation) in operations.iter().enumerate() {
            let survives = if in_order { index < prefix } else { rng.coin() };
            if survives {
                for change in operation {
                    tree.persist(change);
                }
            }
        }
        for names in tree.dirs.values_mut() {
            names.cached.clone_from(&names.durable);
        }
        tree
    }
}

fn assign(names: &mut BTreeMap<String, Ino>, change: &Assignment) {
    match change.target {
        Some(ino) => drop(names.insert(change.name.clone(), ino)),
        None => drop(names.remove(&change.name)),
    }
}
