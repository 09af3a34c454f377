//! Space and inodes of every mount that is not excluded; a mount that hangs costs only itself.
//! Mounts come from process 1 (the host's view), from this process when that one is hidden.

use super::Setup;
use super::round::{Collector, Round, Source};
use crate::family::FamilyId;
use crate::statfs::{Answer, Statfs};
use crate::text;
use crate::{Error, ErrorKind, FilesystemSpace};
use model::Labels;
use regex::bytes::Regex;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Filesystem {
    init: Source,
    own: Source,
    mounts_exclude: Option<Regex>,
    types_exclude: Option<Regex>,
    statfs: Statfs,
    size: FamilyId,
    free: FamilyId,
    available: FamilyId,
    files: FamilyId,
    files_free: FamilyId,
    read_only: FamilyId,
    device_error: FamilyId,
    mount_info: FamilyId,
}

/// One line of mountinfo (`proc_pid_mountinfo(5)`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mount {
    device: String,
    point: String,
    kind: String,
    major: u64,
    minor: u64,
    is_read_only: bool,
}

impl Filesystem {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let (out, options) = (&mut *setup.out, setup.options);
        let mountinfo =
            |process: &str| Source::new(setup.roots.proc.join(process).join("mountinfo"));
        let mut gauge =
            |name: &str, help: &str| out.gauge(&format!("node_filesystem_{name}"), help);
        let timeout = Duration::from_millis(options.filesystem_timeout_ms);
        Ok(Self {
            init: mountinfo("1"),
            own: mountinfo("self"),
            mounts_exclude: super::device_pattern(
                "filesystem.mount-points-exclude",
                &options.filesystem_mounts_exclude,
            )?,
            types_exclude: super::device_pattern(
                "filesystem.fs-types-exclude",
                &options.filesystem_types_exclude,
            )?,
            statfs: Statfs::new(Arc::clone(setup.host), timeout),
            size: gauge("size_bytes", "Filesystem size in bytes."),
            free: gauge("free_bytes", "Filesystem free space in bytes."),
            available: gauge(
                "avail_bytes",
                "Filesystem space available to non-root users in bytes.",
            ),
            files: gauge("files", "Filesystem total file nodes."),
            files_free: gauge("files_free", "Filesystem total free file nodes."),
            read_only: gauge("readonly", "Filesystem read-only status."),
            device_error: gauge(
                "device_error",
                "Whether an error occurred while getting statistics for the given device.",
            ),
            mount_info: gauge("mount_info", "Filesystem mount information."),
        })
    }

    fn mounts(&mut self, round: &mut Round<'_>) -> Result<Vec<Mount>, Error> {
        match self.init.parse(round.host, round.buffer, parse) {
            Err(error) if error.kind() == ErrorKind::NoData => {
                self.own.parse(round.host, round.buffer, parse)
            }
            outcome => outcome,
        }
    }

    fn is_excluded(&self, mount: &Mount) -> bool {
        let hit = |pattern: &Option<Regex>, text: &str| {
            pattern.as_ref().is_some_and(|pattern| pattern.is_match(text.as_bytes()))
        };
        hit(&self.mounts_exclude, &mount.point) || hit(&self.types_exclude, &mount.kind)
    }

    fn push(&self, round: &mut Round<'_>, mount: &Mount, answer: Answer) {
        let (space, trouble) = match answer {
            Answer::Space(space) => (Some(space), String::new()),
            Answer::Failed(error) => (None, errno_text(&error)),
            Answer::Stuck => (None, "mountpoint timeout".into()),
            Answer::NotAsked => (None, "too many stuck mountpoints".into()),
        };
        let labels = Labels::from_pairs([
            ("device", &mount.device),
            ("mountpoint", &mount.point),
            ("fstype", &mount.kind),
            ("device_error", &trouble),
        ]);
        let flag = |is_set: bool| f64::from(u8::from(is_set));
        round.out.push(self.device_error, &labels, flag(space.is_none()));
        round.out.push(self.read_only, &labels, flag(mount.is_read_only));
        let Some(space) = space else { return };
        self.push_space(round, &labels, &space);
        let labels = Labels::from_pairs([
            ("device", &mount.device),
            ("major", &mount.major.to_string()),
            ("minor", &mount.minor.to_string()),
            ("mountpoint", &mount.point),
        ]);
        round.out.push(self.mount_info, &labels, 1.0);
    }

    fn push_space(&self, round: &mut Round<'_>, labels: &Labels, space: &FilesystemSpace) {
        let bytes = |blocks: u64| blocks as f64 * space.block_bytes as f64;
        round.out.push(self.size, labels, bytes(space.blocks));
        round.out.push(self.free, labels, bytes(space.blocks_free));
        round.out.push(self.available, labels, bytes(space.blocks_available));
        round.out.push(self.files, labels, space.files as f64);
        round.out.push(self.files_free, labels, space.files_free as f64);
    }
}

/// Lines `id parent major:minor root point options [optional...] - type source super-options`.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Mount>, Error> {
    let mut mounts = Vec::new();
    for (number, line) in text::lines(content) {
        let bad = || Error::parse(number, "a line of mountinfo", line);
        let mut fields = text::fields(line).skip(2);
        let mut next = || fields.next().ok_or_else(bad);
        let (major, minor) = text::split_once(next()?, b':').ok_or_else(bad)?;
        let (point, options) = (fields.nth(1).ok_or_else(bad)?, fields.next().ok_or_else(bad)?);
        let mut rest = fields.skip_while(|field| *field != b"-").skip(1);
        let mut next = || rest.next().ok_or_else(bad);
        let (kind, device) = (next()?, next()?);
        let super_options = rest.next().unwrap_or_default();
        let is_ro =
            |options: &[u8]| options.split(|&byte| byte == b',').any(|option| option == b"ro");
        mounts.push(Mount {
            device: text::label(device),
            point: unescape(point),
            kind: text::label(kind),
            major: text::uint(major, number)?,
            minor: text::uint(minor, number)?,
            is_read_only: is_ro(options) || is_ro(super_options),
        });
    }
    Ok(mounts)
}

/// Blanks and tabs are written in octal (fstab(5)); upstream leaves other escapes alone, so do we.
fn unescape(point: &[u8]) -> String {
    text::label(point).replace("\\040", " ").replace("\\011", "\t")
}

/// The host's path of a mount point: `/host/home` below the root `/host` is `/home`.
fn below_root(root: &Path, point: &str) -> Option<String> {
    let inside = Path::new(point).strip_prefix(root).ok()?;
    Some(Path::new("/").join(inside).to_string_lossy().into_owned())
}

/// `No such file or directory (os error 2)` is `no such file or directory` in upstream's label.
fn errno_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

impl Collector for Filesystem {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let mut mounts = self.mounts(round)?;
        for mount in &mut mounts {
            // Outside the root upstream leaves the path as it is.
            if let Some(inside) = below_root(&round.roots.root, &mount.point) {
                mount.point = inside;
            }
        }
        let mut seen = BTreeSet::new();
        mounts.retain(|mount| {
            let key = (mount.device.clone(), mount.point.clone(), mount.kind.clone());
            !self.is_excluded(mount) && seen.insert(key)
        });
        let paths: Vec<PathBuf> = mounts
            .iter()
            .map(|mount| round.roots.root.join(mount.point.trim_start_matches('/')))
            .collect();
        for (mount, answer) in mounts.iter().zip(self.statfs.ask(&paths)) {
            self.push(round, mount, answer);
        }
        Ok(())
    }
}
