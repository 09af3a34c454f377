//! The hierarchies of cgroups as they are mounted: version 2, or one of version 1 for each
//! controller with, at best, one of version 2 beside them. Finds cgroups and reads their files.
//! A cgroup that goes away while it is read has files that are not there, which is nothing special.

use super::identity::{Identity, Kind, identify};
use crate::{Fault, Reason};
use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// Most bytes of a file; `memory.stat` has 2 KiB, `io.stat` 100 bytes for each disk.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Most cgroups that are looked at.
const CGROUPS_MAX: usize = 20_000;
/// Deepest cgroup that is looked at.
const DEPTH_MAX: usize = 12;
/// Directories where version 1 may have a controller, by controller.
const CONTROLLERS: [(&str, &[&str]); 5] = [
    ("cpuacct", &["cpuacct", "cpu,cpuacct", "cpuacct,cpu"]),
    ("cpu", &["cpu", "cpu,cpuacct", "cpuacct,cpu"]),
    ("memory", &["memory"]),
    ("blkio", &["blkio"]),
    ("pids", &["pids"]),
];

/// Where the hierarchies are mounted.
pub(super) struct Hierarchies {
    /// Directories by controller; the empty name is version 2.
    mounts: BTreeMap<&'static str, PathBuf>,
    /// Is there version 2 alone?
    is_unified: bool,
}

/// A cgroup with its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cgroup {
    /// Path below the hierarchies; begins with `/`.
    pub(super) path: String,
    /// Whose it is.
    pub(super) identity: Identity,
}

/// What a walk found.
#[derive(Default)]
pub(super) struct Found {
    /// Cgroups of machine, containers and pods, and of units if wanted, in the order of their
    /// paths.
    pub(super) cgroups: Vec<Cgroup>,
    /// Were there more cgroups than are looked at?
    pub(super) is_cut: bool,
}

impl Hierarchies {
    /// Looks for what is mounted below `sys/fs/cgroup` of a root.
    pub(super) fn find(root: &Path) -> Result<Self, Fault> {
        let top = root.join("sys/fs/cgroup");
        let is_there = |dir: &Path| dir.join("cgroup.procs").exists();
        if top.join("cgroup.controllers").exists() {
            return Ok(Self { mounts: [("", top)].into(), is_unified: true });
        }
        let first = |dirs: &[&str]| dirs.iter().map(|dir| top.join(dir)).find(|dir| is_there(dir));
        let found = CONTROLLERS.iter().filter_map(|(name, dirs)| Some((*name, first(dirs)?)));
        let mut mounts: BTreeMap<_, _> = found.collect();
        if mounts.is_empty() {
            let message = format!("no hierarchy of cgroups is mounted below {}", top.display());
            return Err(Fault::new(Reason::Unsupported, message));
        }
        mounts.extend(first(&["unified"]).map(|dir| ("", dir)));
        Ok(Self { mounts, is_unified: false })
    }

    /// Is there version 2 alone?
    pub(super) fn is_unified(&self) -> bool {
        self.is_unified
    }

    /// Walks the hierarchies that every container is in.
    pub(super) fn walk(&self, with_units: bool) -> Result<Found, Fault> {
        let mut found = BTreeMap::new();
        let (mut seen, mut is_cut) = (0, false);
        let tops: &[&str] = if self.is_unified { &[""] } else { &["cpuacct", "cpu", "memory"] };
        for top in tops.iter().filter_map(|name| self.mounts.get(name)) {
            let mut waiting = vec![(String::from("/"), 0)];
            while let Some((path, depth)) = waiting.pop() {
                seen += 1;
                if seen > CGROUPS_MAX {
                    is_cut = true;
                    break;
                }
                let below = match children(&below(top, &path)) {
                    Ok(below) => below,
                    // It is gone since its parent was read.
                    Err(error) if path != "/" && error.kind() == ErrorKind::NotFound => continue,
                    Err(error) => return Err(unreadable(&below(top, &path), &error)),
                };
                if depth < DEPTH_MAX {
                    let prefix = if path == "/" { "" } else { path.as_str() };
                    waiting
                        .extend(below.iter().map(|name| (format!("{prefix}/{name}"), depth + 1)));
                }
                let identity = identify(&path);
                let wanted = |identity: &Identity| with_units || identity.kind != Kind::Unit;
                found.extend(identity.filter(wanted).map(|identity| (path, identity)));
            }
        }
        let cgroup = |(path, identity)| Cgroup { path, identity };
        Ok(Found { cgroups: found.into_iter().map(cgroup).collect(), is_cut })
    }

    /// Text of a file of a cgroup in the hierarchy of a controller; the empty name is version 2
    /// beside version 1. `None` when it is not there or cannot be read.
    pub(super) fn text(&self, controller: &str, path: &str, file: &str) -> Option<String> {
        let controller = if self.is_unified { "" } else { controller };
        read_text(&below(self.mounts.get(controller)?, path).join(file))
    }

    /// Processes of a cgroup; where it has none itself, those of the first below it that has some:
    /// podman and init systems in containers put them there.
    pub(super) fn processes(&self, path: &str) -> Vec<u32> {
        let controller = ["cpuacct", "cpu", "memory", ""];
        let controller = controller.iter().find(|name| self.mounts.contains_key(**name));
        let Some(mount) = controller.and_then(|name| self.mounts.get(name)) else {
            return Vec::new();
        };
        let mut dir = below(mount, path);
        for _ in 0..DEPTH_MAX {
            let text = read_text(&dir.join("cgroup.procs")).unwrap_or_default();
            let found: Vec<u32> =
                text.lines().filter_map(|line| line.trim().parse().ok()).collect();
            if !found.is_empty() {
                return found;
            }
            let Some(first) = children(&dir).ok().and_then(|names| names.into_iter().min()) else {
                break;
            };
            dir = dir.join(first);
        }
        Vec::new()
    }

    /// When the directory of a cgroup was last changed, in seconds since 1970: a cgroup is made and
    /// then left alone, unless others are made in it.
    pub(super) fn changed(&self, path: &str) -> Option<f64> {
        let dirs = self.mounts.values().map(|mount| below(mount, path));
        let times = dirs.filter_map(|dir| fs::metadata(dir).ok()?.modified().ok());
        let since = times.filter_map(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        since.min().map(|time| time.as_secs_f64().floor())
    }
}

fn below(mount: &Path, path: &str) -> PathBuf {
    mount.join(path.trim_start_matches('/'))
}

/// Names of the cgroups in a cgroup.
fn children(dir: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            names.extend(entry.file_name().into_string().ok());
        }
    }
    Ok(names)
}

fn unreadable(dir: &Path, error: &std::io::Error) -> Fault {
    let reason = match error.kind() {
        ErrorKind::PermissionDenied => Reason::Permission,
        _ => Reason::Io,
    };
    Fault::new(reason, format!("list cgroups of {}: {error}", dir.display()))
}

/// A small text file, if there is one that can be read.
pub(super) fn read_text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(FILE_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
