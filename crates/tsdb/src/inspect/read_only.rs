//! A filesystem that refuses every change, so that looking can never repair or damage anything.

use std::io;
use std::path::Path;
use std::sync::Arc;
use sys::{DirEntry, DirLock, File, Space, Vfs};

pub(super) struct ReadOnly(pub(super) Arc<dyn Vfs>);

/// Reading is all that is left.
struct ReadOnlyFile(Box<dyn File>);

impl File for ReadOnlyFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }

    fn write_at(&self, _bytes: &[u8], _offset: u64) -> io::Result<usize> {
        refused()
    }

    /// What somebody else wrote is theirs to sync.
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn set_len(&self, _len: u64) -> io::Result<()> {
        refused()
    }
}

fn refused<T>() -> io::Result<T> {
    Err(io::ErrorKind::ReadOnlyFilesystem.into())
}

impl Vfs for ReadOnly {
    fn create(&self, _path: &Path) -> io::Result<Box<dyn File>> {
        refused()
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        Ok(Box::new(ReadOnlyFile(self.0.open(path)?)))
    }

    fn open_for_write(&self, _path: &Path) -> io::Result<Box<dyn File>> {
        refused()
    }

    fn rename(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        refused()
    }

    fn hard_link(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        refused()
    }

    fn remove_file(&self, _path: &Path) -> io::Result<()> {
        refused()
    }

    fn remove_dir_all(&self, _path: &Path) -> io::Result<()> {
        refused()
    }

    /// An existing directory is as good as a made one.
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        if self.0.exists(path)? { Ok(()) } else { refused() }
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        self.0.read_dir(path)
    }

    /// Nothing was changed, so nothing can be lost.
    fn sync_dir(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.0.exists(path)
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        self.0.space(path)
    }

    fn lock(&self, _path: &Path) -> io::Result<Box<dyn DirLock>> {
        refused()
    }
}
