//! A filesystem over another one that keeps every change in memory, so that a database can be
//! opened, replayed and even repaired without touching a byte of it.
//! What somebody else changes below while this stands may make reads fail; nothing is locked.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sys::{DirEntry, DirLock, File, Space, Vfs};

/// Bytes of a file that was written here.
type Content = Arc<Mutex<Vec<u8>>>;

/// Where a path leads, when not simply to the filesystem below.
#[derive(Clone)]
enum Entry {
    /// Removed or renamed away.
    Gone,
    /// Another name of a file below.
    Below(PathBuf),
    /// Written here.
    Memory(Content),
    Directory,
}

/// See the module.
pub(super) struct Overlay {
    below: Arc<dyn Vfs>,
    changes: Mutex<BTreeMap<PathBuf, Entry>>,
}

impl Overlay {
    pub(super) fn new(below: Arc<dyn Vfs>) -> Self {
        Self { below, changes: Mutex::default() }
    }

    /// Where a path leads; `NotFound` when nowhere.
    fn find(&self, path: &Path) -> io::Result<Entry> {
        match self.changes.lock().get(path) {
            Some(Entry::Gone) => Err(io::ErrorKind::NotFound.into()),
            Some(entry) => Ok(entry.clone()),
            None if self.below.exists(path)? => Ok(Entry::Below(path.to_owned())),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn set(&self, path: &Path, entry: Entry) {
        self.changes.lock().insert(path.to_owned(), entry);
    }

    /// The file's bytes here, copied when they lie below.
    fn content(&self, path: &Path) -> io::Result<Content> {
        let below = match self.find(path)? {
            Entry::Memory(content) => return Ok(content),
            Entry::Below(below) => below,
            Entry::Gone | Entry::Directory => return Err(io::ErrorKind::IsADirectory.into()),
        };
        let content = Arc::new(Mutex::new(self.below.read(&below, u64::MAX)?));
        self.set(path, Entry::Memory(Arc::clone(&content)));
        Ok(content)
    }

    fn len(&self, entry: &Entry) -> io::Result<u64> {
        match entry {
            Entry::Memory(content) => Ok(content.lock().len() as u64),
            Entry::Below(below) => self.below.open(below)?.len(),
            Entry::Gone | Entry::Directory => Ok(0),
        }
    }
}

/// A file below: reading is all that is left.
struct BelowFile(Box<dyn File>);

impl File for BelowFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }

    fn write_at(&self, _bytes: &[u8], _offset: u64) -> io::Result<usize> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    /// What somebody else wrote is theirs to sync.
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn set_len(&self, _len: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
}

struct MemoryFile(Content);

impl File for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let bytes = self.0.lock();
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let count = buffer.len().min(bytes.len() - start);
        buffer[..count].copy_from_slice(&bytes[start..start + count]);
        Ok(count)
    }

    fn write_at(&self, written: &[u8], offset: u64) -> io::Result<usize> {
        let mut bytes = self.0.lock();
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start.checked_add(written.len()).ok_or(io::ErrorKind::FileTooLarge)?;
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[start..end].copy_from_slice(written);
        Ok(written.len())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().len() as u64)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.lock().resize(usize::try_from(len).map_err(io::Error::other)?, 0);
        Ok(())
    }
}

/// Nobody else sees what is done here, so nobody has to be kept out.
struct NoLock;

impl DirLock for NoLock {}

impl Vfs for Overlay {
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        if self.exists(path)? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let content = Content::default();
        self.set(path, Entry::Memory(Arc::clone(&content)));
        Ok(Box::new(MemoryFile(content)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        match self.find(path)? {
            Entry::Memory(content) => Ok(Box::new(MemoryFile(content))),
            Entry::Below(below) => Ok(Box::new(BelowFile(self.below.open(&below)?))),
            Entry::Gone | Entry::Directory => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    fn open_for_write(&self, path: &Path) -> io::Result<Box<dyn File>> {
        Ok(Box::new(MemoryFile(self.content(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let entry = self.find(from)?;
        self.set(to, entry);
        self.set(from, Entry::Gone);
        Ok(())
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let entry = self.find(from)?;
        if self.exists(to)? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.set(to, entry);
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.find(path)?;
        self.set(path, Entry::Gone);
        Ok(())
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        for entry in self.read_dir(path)? {
            let inner = path.join(entry.name);
            if entry.is_dir { self.remove_dir_all(&inner) } else { self.remove_file(&inner) }?;
        }
        self.set(path, Entry::Gone);
        Ok(())
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        for missing in path.ancestors() {
            if self.exists(missing)? {
                break;
            }
            self.set(missing, Entry::Directory);
        }
        Ok(())
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let mut names = BTreeMap::new();
        if let Entry::Below(below) = self.find(path)? {
            names.extend(self.below.read_dir(&below)?.into_iter().map(|e| (e.name.clone(), e)));
        }
        let changes = self.changes.lock().clone();
        let inside = changes.iter().filter(|(changed, _)| changed.parent() == Some(path));
        for (changed, entry) in inside {
            let name = changed.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if matches!(entry, Entry::Gone) {
                names.remove(&name);
                continue;
            }
            let (is_dir, len) = (matches!(entry, Entry::Directory), self.len(entry)?);
            names.insert(name.clone(), DirEntry { name, is_dir, len });
        }
        Ok(names.into_values().collect())
    }

    fn sync_dir(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        match self.find(path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        // A directory made here lies on the filesystem of its nearest ancestor below.
        let exists = |dir: &&Path| self.below.exists(dir).unwrap_or(false);
        self.below.space(path.ancestors().find(exists).unwrap_or(Path::new(".")))
    }

    fn lock(&self, _path: &Path) -> io::Result<Box<dyn DirLock>> {
        Ok(Box::new(NoLock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sys::sim::SimVfs;

    fn names(vfs: &dyn Vfs) -> Vec<String> {
        vfs.read_dir(Path::new("/d")).unwrap().into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn changes_stay_above() {
        let below = SimVfs::new(1);
        below.create_dir_all(Path::new("/d")).unwrap();
        for (name, bytes) in [("/d/a", b"aaa"), ("/d/b", b"bbb"), ("/d/c", b"ccc")] {
            below.create(Path::new(name)).unwrap().write_all_at(bytes, 0).unwrap();
        }
        let listing = below.listing();
        let operations = below.operations();
        let vfs = Overlay::new(Arc::new(below.clone()));
        let read = |name: &str| vfs.read(Path::new(name), 100);

        vfs.rename(Path::new("/d/a"), Path::new("/d/z")).unwrap();
        vfs.remove_file(Path::new("/d/b")).unwrap();
        vfs.hard_link(Path::new("/d/c"), Path::new("/d/y")).unwrap();
        vfs.open_for_write(Path::new("/d/c")).unwrap().write_all_at(b"X", 5).unwrap();
        vfs.replace(Path::new("/d/new"), b"new").unwrap();
        vfs.create_dir_all(Path::new("/d/e/f")).unwrap();
        assert_eq!(names(&vfs), ["c", "e", "new", "y", "z"]);
        assert_eq!(read("/d/z").unwrap(), b"aaa");
        assert_eq!(read("/d/c").unwrap(), b"ccc\0\0X");
        assert_eq!(read("/d/new").unwrap(), b"new");
        assert_eq!(read("/d/b").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(vfs.create(Path::new("/d/z")).is_err(), "the name is taken");
        vfs.remove_dir_all(Path::new("/d/e")).unwrap();
        assert!(!vfs.exists(Path::new("/d/e/f")).unwrap());

        assert_eq!(below.listing(), listing);
        assert_eq!(below.read(Path::new("/d/c"), 100).unwrap(), b"ccc");
        assert_eq!(below.operations(), operations);
    }

    #[test]
    fn what_lies_in_memory_is_a_file_like_others() {
        let below = SimVfs::new(1);
        below.create_dir_all(Path::new("/d/e")).unwrap();
        let vfs = Overlay::new(Arc::new(below.clone()));
        let file = vfs.create(Path::new("/d/e/x")).unwrap();
        file.write_all_at(b"abcdef", 0).unwrap();
        file.write_all_at(b"XY", 1).unwrap();
        let mut buffer = [0; 4];
        assert_eq!((file.len().unwrap(), file.read_at(&mut buffer, 4).unwrap()), (6, 2));
        assert_eq!(&buffer[..2], b"ef");
        assert_eq!(file.read_at(&mut buffer, 7).unwrap(), 0);
        file.set_len(3).unwrap();
        assert_eq!(vfs.read(Path::new("/d/e/x"), 100).unwrap(), b"aXY");
        let kind = |outcome: io::Result<()>| outcome.unwrap_err().kind();
        let (x, y) = (Path::new("/d/e/x"), Path::new("/d/e/y"));
        vfs.create(y).unwrap();
        assert_eq!(kind(vfs.hard_link(x, y)), io::ErrorKind::AlreadyExists);
        assert_eq!(vfs.read(y, 100).unwrap(), b"");
        assert_eq!(kind(vfs.remove_file(Path::new("/d/z"))), io::ErrorKind::NotFound);
        vfs.create_dir_all(Path::new("/d/e/f/g")).unwrap();
        vfs.remove_dir_all(Path::new("/d")).unwrap();
        for gone in ["/d", "/d/e", "/d/e/f/g", "/d/e/x"] {
            assert!(!vfs.exists(Path::new(gone)).unwrap(), "{gone}");
        }
        assert!(below.exists(Path::new("/d/e")).unwrap());
    }
}
