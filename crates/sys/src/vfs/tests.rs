//! What every filesystem gives on top of its own operations, and the lock of the real one.

use super::*;
use crate::sim::{OpKind, SimVfs};
use std::io::ErrorKind;
use std::sync::atomic::{AtomicU32, Ordering};

const EIO: i32 = 5;
const EACCES: i32 = 13;

#[test]
fn a_directory_that_cannot_be_made_durable_is_an_error() {
    let vfs = SimVfs::new(1);
    for pass in 0..2 {
        vfs.fail(OpKind::SyncDir, pass, 1, EIO);
        let error = vfs.create_dir_durable(Path::new("/a/b")).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(EIO), "ancestor {pass}");
    }
    vfs.fail(OpKind::SyncDir, 0, 1, EACCES);
    vfs.create_dir_durable(Path::new("/a/b")).unwrap();
}

#[test]
fn a_file_above_the_bound_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let filesystems: [(&dyn Vfs, PathBuf); 2] =
        [(&SimVfs::new(1), "/f".into()), (&OsVfs, dir.path().join("f"))];
    for (vfs, path) in filesystems {
        vfs.replace(&path, b"abc").unwrap();
        assert_eq!(vfs.read(&path, 3).unwrap(), b"abc");
        assert_eq!(vfs.read(&path, 2).unwrap_err().kind(), ErrorKind::FileTooLarge);
    }
}

#[test]
fn a_replaced_file_stays_replaced_and_minds_no_leftover() {
    let vfs = SimVfs::new(1);
    let path = Path::new("/f");
    vfs.replace(path, b"old").unwrap();
    vfs.create(Path::new("/f.tmp")).unwrap().write_all_at(b"left over by a crash", 0).unwrap();
    vfs.replace(path, b"new").unwrap();
    for seed in 0..100 {
        assert_eq!(vfs.after_crash(seed).read(path, 100).unwrap(), b"new", "seed {seed}");
    }
}

/// A file that neither gives nor takes a byte; it loses patience with who asks forever.
#[derive(Default)]
struct Stuck(AtomicU32);

impl Stuck {
    fn answer(&self) -> usize {
        assert!(self.0.fetch_add(1, Ordering::Relaxed) < 10, "asked again and again");
        0
    }
}

impl File for Stuck {
    fn read_at(&self, _buffer: &mut [u8], _offset: u64) -> io::Result<usize> {
        Ok(self.answer())
    }

    fn write_at(&self, _bytes: &[u8], _offset: u64) -> io::Result<usize> {
        Ok(self.answer())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(0)
    }

    fn set_len(&self, _len: u64) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_file_that_moves_no_bytes_is_an_error() {
    let read = Stuck::default().read_exact_at(&mut [0], 0).unwrap_err();
    assert_eq!(read.kind(), ErrorKind::UnexpectedEof);
    let written = Stuck::default().write_all_at(b"x", 0).unwrap_err();
    assert_eq!(written.kind(), ErrorKind::WriteZero);
}

#[test]
fn one_process_holds_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("LOCK");
    let held = OsVfs.lock(&path).unwrap();
    assert_eq!(OsVfs.lock(&path).err().unwrap().kind(), ErrorKind::WouldBlock);
    drop(held);
    OsVfs.lock(&path).unwrap();
}
