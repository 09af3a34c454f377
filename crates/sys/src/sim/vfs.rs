//! `SimVfs`: the `Vfs` over the simulated disk, and the test's hand on its faults.
//! Cheap handles on one shared disk; paths are walked from the root, `/a` and `a` are the same.
//! Memory only; a crash cycle over a few small files costs microseconds.

use super::disk::{Disk, ROOT, survived};
use super::fault::{OpKind, crash_error};
use super::names::{Assignment, Ino};
use crate::{DirEntry, DirLock, File, Space, Vfs};
use parking_lot::Mutex;
use std::io;
use std::path::{Component, Path};
use std::sync::Arc;

/// A filesystem in memory that forgets what was not synced.
///
/// The root directory exists and is durable; every other directory needs `sync_dir` of its parent
/// like any name. `sync_data` makes bytes durable, never names.
#[derive(Clone, Debug)]
pub struct SimVfs {
    disk: Arc<Mutex<Disk>>,
}

impl SimVfs {
    /// An empty disk; `seed` decides short reads and writes and what a failed sync loses.
    pub fn new(seed: u64) -> Self {
        Self::over(Disk::new(seed))
    }

    fn over(disk: Disk) -> Self {
        Self { disk: Arc::new(Mutex::new(disk)) }
    }

    /// The disk after a power cut now (or at the crash point): `seed` decides which unsynced
    /// sectors, lengths and names survive. The old handles stay as they are.
    pub fn after_crash(&self, seed: u64) -> Self {
        Self::over(self.disk.lock().after_crash(seed))
    }

    /// The disk after the process was killed: every completed operation is there, locks are free,
    /// ordered faults are forgotten, what was not synced is still not synced.
    pub fn after_kill(&self, seed: u64) -> Self {
        Self::over(self.disk.lock().after_kill(seed))
    }

    /// State-changing operations begun so far: the number of possible crash points.
    pub fn operations(&self) -> u64 {
        self.disk.lock().faults.operations
    }

    /// Lets the power go during operation number `operation` (counted from 0 since the disk was
    /// made); it and all later ones fail with an error that `is_crash` knows.
    pub fn crash_at(&self, operation: u64) {
        self.disk.lock().faults.crash_at = Some(operation);
    }

    /// Has the crash point been reached?
    pub fn crashed(&self) -> bool {
        self.disk.lock().faults.crashed
    }

    /// After `pass` more operations of a kind, the next `count` fail with this errno (EIO is 5,
    /// ENOSPC 28). A failed `SyncData` silently loses a part of the file's unsynced bytes.
    pub fn fail(&self, kind: OpKind, pass: u64, count: u64, errno: i32) {
        self.disk.lock().faults.plan(kind, pass, count, errno);
    }

    /// Takes back what [`SimVfs::fail`] ordered for a kind.
    pub fn heal(&self, kind: OpKind) {
        self.disk.lock().faults.forget(kind);
    }

    /// Makes reads and writes move fewer bytes than asked for, in so many of 1000 cases.
    pub fn set_short_io(&self, per_mille: u32) {
        self.disk.lock().faults.short_io_per_mille = per_mille;
    }

    /// Size of the disk in bytes (charged by 512-byte sector on first write); `None`: endless.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.disk.lock().set_capacity(bytes);
    }

    /// Leaves exactly `bytes` of free space.
    pub fn set_available(&self, bytes: u64) {
        let mut disk = self.disk.lock();
        let used = disk.used();
        disk.set_capacity(Some(used + bytes));
    }

    /// Flips one bit of a file, on the disk and in the cache.
    pub fn flip_bit(&self, path: &Path, byte: u64, bit: u8) -> io::Result<()> {
        self.edit(path, |bytes| {
            let at = usize::try_from(byte).ok().filter(|at| *at < bytes.len());
            if let Some(at) = at {
                bytes[at] ^= 1 << (bit & 7);
            }
        })
    }

    /// Changes the bytes of a file at rest, on the disk and in the cache.
    pub fn edit(&self, path: &Path, edit: impl Fn(&mut Vec<u8>)) -> io::Result<()> {
        let mut disk = self.disk.lock();
        let ino = disk.file(path)?;
        disk.pages(ino)?.damage(edit);
        disk.recount();
        Ok(())
    }

    /// The bytes of a file that a power cut could not take any more.
    pub fn durable_bytes(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut disk = self.disk.lock();
        let ino = disk.file(path)?;
        Ok(disk.pages(ino)?.durable().to_vec())
    }

    /// Begins to write down every operation.
    pub fn start_trace(&self) {
        self.disk.lock().trace = Some(String::new());
    }

    /// Operations since `start_trace`, one a line: number, kind, inode and range, what became of
    /// it.
    pub fn trace(&self) -> String {
        self.disk.lock().trace.clone().unwrap_or_default()
    }

    /// All names with their lengths, depth first, for comparing two disks.
    pub fn listing(&self) -> Vec<(String, u64)> {
        let disk = self.disk.lock();
        let mut found = Vec::new();
        disk.list(ROOT, "", &mut found);
        found
    }
}

impl Disk {
    fn list(&self, dir: Ino, prefix: &str, found: &mut Vec<(String, u64)>) {
        for (name, ino) in self.tree.entries(dir).into_iter().flatten() {
            let path = format!("{prefix}/{name}");
            match self.files.get(ino) {
                Some(pages) => found.push((path, pages.cached().len() as u64)),
                None => self.list(*ino, &path, found),
            }
        }
    }

    fn find(&self, path: &Path) -> io::Result<Ino> {
        let mut at = ROOT;
        for name in components(path)? {
            let entries = self.tree.entries(at).ok_or(io::ErrorKind::NotADirectory)?;
            at = *entries.get(name).ok_or(io::ErrorKind::NotFound)?;
        }
        Ok(at)
    }

    fn file(&self, path: &Path) -> io::Result<Ino> {
        let ino = self.find(path)?;
        if self.tree.is_dir(ino) { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(ino) }
    }

    fn dir(&self, path: &Path) -> io::Result<Ino> {
        let ino = self.find(path)?;
        if self.tree.is_dir(ino) { Ok(ino) } else { Err(io::ErrorKind::NotADirectory.into()) }
    }

    /// The directory that holds a path and the last name of it.
    fn place(&self, path: &Path) -> io::Result<(Ino, String)> {
        let name = *components(path)?.last().ok_or(io::ErrorKind::InvalidInput)?;
        let dir = self.dir(path.parent().unwrap_or(Path::new("")))?;
        Ok((dir, name.to_owned()))
    }

    fn make_dirs(&mut self, path: &Path) -> io::Result<()> {
        let mut at = ROOT;
        for name in components(path)? {
            let entries = self.tree.entries(at).ok_or(io::ErrorKind::NotADirectory)?;
            at = match entries.get(name) {
                Some(ino) => *ino,
                None => self.make_dir(at, name)?,
            };
        }
        if self.tree.is_dir(at) { Ok(()) } else { Err(io::ErrorKind::AlreadyExists.into()) }
    }

    fn make_dir(&mut self, parent: Ino, name: &str) -> io::Result<Ino> {
        let ino = self.new_dir();
        let change = Assignment { dir: parent, name: name.to_owned(), target: Some(ino) };
        self.rename_like(OpKind::CreateDir, &name, vec![change])?;
        Ok(ino)
    }

    /// Removes children before their directory, one operation each: a crash may stop in between.
    fn remove_tree(&mut self, parent: Ino, name: &str) -> io::Result<()> {
        let entries = self.tree.entries(parent).ok_or(io::ErrorKind::NotADirectory)?;
        let ino = *entries.get(name).ok_or(io::ErrorKind::NotFound)?;
        let children = self.tree.entries(ino).into_iter().flatten();
        let children: Vec<String> = children.map(|(name, _)| name.clone()).collect();
        for child in children {
            self.remove_tree(ino, &child)?;
        }
        let change = Assignment { dir: parent, name: name.to_owned(), target: None };
        self.rename_like(OpKind::Remove, &name, vec![change])
    }
}

fn components(path: &Path) -> io::Result<Vec<&str>> {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::RootDir | Component::CurDir => {}
            Component::Normal(name) => {
                names.push(name.to_str().ok_or(io::ErrorKind::InvalidFilename)?);
            }
            Component::ParentDir | Component::Prefix(_) => {
                return Err(io::ErrorKind::InvalidFilename.into());
            }
        }
    }
    Ok(names)
}

struct SimFile {
    disk: Arc<Mutex<Disk>>,
    ino: Ino,
    writable: bool,
}

impl SimFile {
    fn check_writable(&self) -> io::Result<()> {
        if self.writable { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
    }
}

impl File for SimFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.disk.lock().read_at(self.ino, buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.check_writable()?;
        self.disk.lock().write_at(self.ino, bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.lock().sync_data(self.ino)
    }

    fn len(&self) -> io::Result<u64> {
        let mut disk = self.disk.lock();
        if disk.faults.crashed {
            return Err(crash_error());
        }
        Ok(disk.pages(self.ino)?.cached().len() as u64)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check_writable()?;
        self.disk.lock().set_len(self.ino, len)
    }
}

struct SimLock {
    disk: Arc<Mutex<Disk>>,
    path: String,
}

impl DirLock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        self.disk.lock().locks.remove(&self.path);
    }
}

impl SimVfs {
    fn open_as(&self, path: &Path, writable: bool) -> io::Result<Box<dyn File>> {
        let mut disk = self.disk.lock();
        disk.begin(OpKind::Open, &path.display())?;
        let ino = disk.file(path)?;
        Ok(Box::new(SimFile { disk: Arc::clone(&self.disk), ino, writable }))
    }

    /// Names and lengths may be asked for as long as the machine is on.
    fn running(&self) -> io::Result<parking_lot::MutexGuard<'_, Disk>> {
        let disk = self.disk.lock();
        survived(disk.faults.crashed)?;
        Ok(disk)
    }
}

impl Vfs for SimVfs {
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut disk = self.running()?;
        let (dir, name) = disk.place(path)?;
        if disk.find(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let ino = disk.new_file();
        let change = Assignment { dir, name, target: Some(ino) };
        disk.rename_like(OpKind::Create, &path.display(), vec![change])?;
        Ok(Box::new(SimFile { disk: Arc::clone(&self.disk), ino, writable: true }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        self.open_as(path, false)
    }

    fn open_for_write(&self, path: &Path) -> io::Result<Box<dyn File>> {
        self.open_as(path, true)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut disk = self.running()?;
        let (from_dir, from_name) = disk.place(from)?;
        let (to_dir, to_name) = disk.place(to)?;
        let ino = disk.find(from)?;
        if disk.find(to).is_ok_and(|old| disk.tree.is_dir(old) != disk.tree.is_dir(ino)) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if disk.find(to).is_ok_and(|old| old == ino) {
            return Ok(()); // POSIX: two names of one file both stay
        }
        let what = format!("{} -> {}", from.display(), to.display());
        let gone = Assignment { dir: from_dir, name: from_name, target: None };
        let there = Assignment { dir: to_dir, name: to_name, target: Some(ino) };
        disk.rename_like(OpKind::Rename, &what, vec![gone, there])
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut disk = self.running()?;
        let ino = disk.file(from)?;
        let (dir, name) = disk.place(to)?;
        if disk.find(to).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let what = format!("{} -> {}", from.display(), to.display());
        let change = Assignment { dir, name, target: Some(ino) };
        disk.rename_like(OpKind::HardLink, &what, vec![change])
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.running()?;
        disk.file(path)?;
        let (dir, name) = disk.place(path)?;
        let change = Assignment { dir, name, target: None };
        disk.rename_like(OpKind::Remove, &path.display(), vec![change])
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.running()?;
        disk.dir(path)?;
        let (parent, name) = disk.place(path)?;
        disk.remove_tree(parent, &name)
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.running()?.make_dirs(path)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let disk = self.running()?;
        let dir = disk.dir(path)?;
        let entries = disk.tree.entries(dir).into_iter().flatten();
        let entries = entries.map(|(name, ino)| DirEntry {
            name: name.clone(),
            is_dir: disk.tree.is_dir(*ino),
            len: disk.files.get(ino).map_or(0, |pages| pages.cached().len() as u64),
        });
        Ok(entries.collect())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.running()?;
        let dir = disk.dir(path)?;
        disk.sync_dir(dir)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        match self.running()?.find(path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        let disk = self.running()?;
        disk.find(path)?;
        let total = disk.capacity();
        Ok(Space { total, available: total.saturating_sub(disk.used()) })
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DirLock>> {
        let mut disk = self.running()?;
        if disk.find(path).is_err() {
            let (dir, name) = disk.place(path)?;
            let ino = disk.new_file();
            let change = Assignment { dir, name, target: Some(ino) };
            disk.rename_like(OpKind::Create, &path.display(), vec![change])?;
        }
        let path = components(path)?.join("/");
        if !disk.locks.insert(path.clone()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(SimLock { disk: Arc::clone(&self.disk), path }))
    }
}
