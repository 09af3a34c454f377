//! The simulated disk: inodes, names, faults, space and the trace, all behind one lock in `vfs`.
//! Every operation first asks `Faults`; then it changes the cached images; only syncs touch the
//! durable ones. A crash freezes everything; the next image is built by `after_crash`/`after_kill`.

use super::fault::{Faults, OpKind, Verdict, crash_error, no_space};
use super::names::{Assignment, Ino, Tree};
use super::pages::{Pages, SECTOR};
use super::rng::SimRng;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::io;

pub(super) const ROOT: Ino = 0;

#[derive(Clone, Debug)]
pub(super) struct Disk {
    pub(super) files: BTreeMap<Ino, Pages>,
    pub(super) tree: Tree,
    pub(super) faults: Faults,
    pub(super) rng: SimRng,
    pub(super) locks: BTreeSet<String>,
    next_ino: Ino,
    capacity: Option<u64>,
    used: u64,
    pub(super) trace: Option<String>,
}

impl Disk {
    pub(super) fn new(seed: u64) -> Self {
        let mut tree = Tree::default();
        tree.add_dir(ROOT);
        Self {
            files: BTreeMap::new(),
            tree,
            faults: Faults::default(),
            rng: SimRng::new(seed),
            locks: BTreeSet::new(),
            next_ino: ROOT + 1,
            capacity: None,
            used: 0,
            trace: None,
        }
    }

    /// The machine after a power cut: what was not synced may be gone, in parts and out of order.
    pub(super) fn after_crash(&self, seed: u64) -> Self {
        let mut rng = SimRng::new(seed);
        let tree = self.tree.survivor(&mut rng);
        let files = self.files.iter().filter(|(ino, _)| tree.is_named(**ino));
        let files = files.map(|(ino, pages)| (*ino, pages.survivor(&mut rng))).collect();
        self.restarted(tree, files, rng)
    }

    /// The machine after the process was killed: the page cache is all there.
    pub(super) fn after_kill(&self, seed: u64) -> Self {
        let files = self.files.iter().filter(|(ino, _)| self.tree.is_named(**ino));
        let files = files.map(|(ino, pages)| (*ino, pages.clone())).collect();
        self.restarted(self.tree.clone(), files, SimRng::new(seed))
    }

    fn restarted(&self, tree: Tree, files: BTreeMap<Ino, Pages>, rng: SimRng) -> Self {
        let trace = self.trace.as_ref().map(|_| String::new());
        let mut disk = Self { files, tree, rng, trace, ..Self::new(0) };
        disk.next_ino = self.next_ino;
        disk.capacity = self.capacity;
        disk.recount();
        disk
    }

    /// Asks the faults; `Ok(true)` means: the power goes during this operation.
    pub(super) fn begin(&mut self, kind: OpKind, what: &dyn fmt::Display) -> io::Result<bool> {
        let verdict = self.faults.admit(kind);
        if let Some(trace) = &mut self.trace {
            let number = self.faults.operations;
            writeln!(trace, "{number} {kind:?} {what} {verdict:?}")
                .expect("writing to a String cannot fail");
        }
        match verdict {
            Verdict::Proceed => Ok(false),
            Verdict::CrashNow => Ok(true),
            Verdict::Fail(errno) => Err(io::Error::from_raw_os_error(errno)),
            Verdict::AlreadyOff => Err(crash_error()),
        }
    }

    pub(super) fn set_capacity(&mut self, capacity: Option<u64>) {
        self.capacity = capacity;
    }

    pub(super) fn used(&self) -> u64 {
        self.used
    }

    pub(super) fn capacity(&self) -> u64 {
        self.capacity.unwrap_or(1 << 40)
    }

    pub(super) fn recount(&mut self) {
        self.used = self.files.values().map(Pages::space).sum();
    }

    fn room(&self) -> u64 {
        self.capacity().saturating_sub(self.used)
    }

    pub(super) fn new_file(&mut self) -> Ino {
        let ino = self.next_ino;
        self.next_ino += 1;
        self.files.insert(ino, Pages::default());
        ino
    }

    pub(super) fn new_dir(&mut self) -> Ino {
        let ino = self.next_ino;
        self.next_ino += 1;
        self.tree.add_dir(ino);
        ino
    }

    /// Changes names; files that no name points to any more give their space back.
    pub(super) fn link(&mut self, operation: Vec<Assignment>) {
        let replaced: Vec<Ino> = operation
            .iter()
            .filter_map(|change| self.tree.entries(change.dir)?.get(&change.name).copied())
            .collect();
        self.tree.apply(operation);
        for ino in replaced {
            if !self.tree.is_named(ino) {
                self.used -= self.files.get_mut(&ino).map_or(0, Pages::release);
            }
        }
    }

    pub(super) fn pages(&mut self, ino: Ino) -> io::Result<&mut Pages> {
        self.files.get_mut(&ino).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(super) fn read_at(&mut self, ino: Ino, out: &mut [u8], offset: u64) -> io::Result<usize> {
        self.begin(OpKind::Read, &format_args!("{ino}@{offset}+{}", out.len()))?;
        let wanted = self.shortened(out.len());
        let cached = self.pages(ino)?.cached();
        let start = to_usize(offset)?.min(cached.len());
        let count = wanted.min(cached.len() - start);
        out[..count].copy_from_slice(&cached[start..start + count]);
        Ok(count)
    }

    pub(super) fn write_at(&mut self, ino: Ino, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let crash = self.begin(OpKind::Write, &format_args!("{ino}@{offset}+{}", bytes.len()))?;
        if bytes.is_empty() {
            return Ok(0);
        }
        let offset = to_usize(offset)?;
        let mut count = self.shortened(bytes.len());
        if crash {
            count = self.rng.index(bytes.len() + 1);
        }
        if self.capacity.is_some() {
            let room = self.room();
            count = self.pages(ino)?.writable(offset, count, room);
        }
        if count > 0 {
            let charged = self.pages(ino)?.write(offset, &bytes[..count]);
            self.used += charged;
        }
        match (crash, count) {
            (true, _) => Err(crash_error()),
            (false, 0) => Err(no_space()),
            (false, count) => Ok(count),
        }
    }

    fn shortened(&mut self, len: usize) -> usize {
        let per_mille = self.faults.short_io_per_mille;
        if len > 1 && per_mille > 0 && self.rng.chance(per_mille) {
            return 1 + self.rng.index(len - 1);
        }
        len
    }

    pub(super) fn set_len(&mut self, ino: Ino, len: u64) -> io::Result<()> {
        let crash = self.begin(OpKind::SetLen, &format_args!("{ino} {len}"))?;
        let len = to_usize(len)?;
        if !crash || self.rng.coin() {
            let freed = self.pages(ino)?.set_len(len);
            self.used -= freed;
        }
        survived(crash)
    }

    pub(super) fn sync_data(&mut self, ino: Ino) -> io::Result<()> {
        let crash = match self.begin(OpKind::SyncData, &ino) {
            Ok(crash) => crash,
            Err(error) if self.faults.crashed => return Err(error),
            Err(error) => {
                let mut rng = self.rng.fork();
                self.pages(ino)?.fail_sync(&mut rng);
                return Err(error);
            }
        };
        if !crash {
            self.pages(ino)?.sync();
        }
        survived(crash)
    }

    pub(super) fn sync_dir(&mut self, dir: Ino) -> io::Result<()> {
        let crash = self.begin(OpKind::SyncDir, &dir)?;
        if !crash {
            self.tree.sync(dir);
        }
        survived(crash)
    }

    /// One change of names as one operation; in a crash it may still have reached the cache.
    pub(super) fn rename_like(
        &mut self,
        kind: OpKind,
        what: &dyn fmt::Display,
        operation: Vec<Assignment>,
    ) -> io::Result<()> {
        let crash = self.begin(kind, what)?;
        if !crash || self.rng.coin() {
            self.link(operation);
        }
        survived(crash)
    }
}

pub(super) fn survived(crash: bool) -> io::Result<()> {
    if crash { Err(crash_error()) } else { Ok(()) }
}

fn to_usize(offset: u64) -> io::Result<usize> {
    let offset = usize::try_from(offset).map_err(io::Error::other)?;
    if offset > (1 << 32) * SECTOR {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(offset)
}
