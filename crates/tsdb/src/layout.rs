//! Where things lie in a data directory, and whether the directory is ours at all.
//! Checked once at opening; documented in docs/formats/data-directory.md.

use crate::error::{DbError, DbErrorKind, DbResult};
use std::io;
use std::path::{Path, PathBuf};
use sys::{DirLock, Vfs};

/// Content of the format file; a later version has another number.
const FORMAT: &str = "flyball tsdb 1\n";
const FORMAT_BYTES_MAX: u64 = 256;

/// Paths of one tenant in a data directory.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) tenant: PathBuf,
}

impl Layout {
    /// Paths below a data directory; today there is one tenant.
    pub(crate) fn new(root: &Path) -> Self {
        Self { tenant: root.join("tenants").join("anonymous") }
    }

    pub(crate) fn manifest(&self) -> PathBuf {
        self.tenant.join("MANIFEST")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.tenant.join("journal")
    }

    pub(crate) fn segments(&self) -> PathBuf {
        self.tenant.join("segments")
    }

    pub(crate) fn segment(&self, id: u64) -> PathBuf {
        self.segments().join(segment_name(id))
    }

    pub(crate) fn checkpoint(&self, id: u64) -> PathBuf {
        self.segments().join(checkpoint_name(id))
    }

    /// What was cut from the journal and is still to be handed on.
    pub(crate) fn outbox(&self) -> PathBuf {
        self.tenant.join("outbox")
    }

    pub(crate) fn quarantine(&self) -> PathBuf {
        self.tenant.join("quarantine")
    }

    /// Makes the directories of a tenant so that their names survive a power cut.
    pub(crate) fn create(&self, vfs: &dyn Vfs) -> DbResult<()> {
        for dir in [self.segments(), self.quarantine()] {
            vfs.create_dir_durable(&dir)
                .map_err(|error| DbError::io("create directory", &dir, error))?;
        }
        Ok(())
    }
}

/// Bytes of the segments and of the journal that lie in a data directory, open or not; 0 when there
/// is none yet.
pub fn stored_bytes(vfs: &dyn Vfs, root: &Path) -> io::Result<u64> {
    let layout = Layout::new(root);
    let mut bytes = 0;
    for dir in [layout.segments(), layout.journal()] {
        if vfs.exists(&dir)? {
            bytes += vfs.read_dir(&dir)?.iter().map(|entry| entry.len).sum::<u64>();
        }
    }
    Ok(bytes)
}

fn segment_name(id: u64) -> String {
    format!("{id:016}.seg")
}

fn checkpoint_name(id: u64) -> String {
    format!("{id:016}.ckp")
}

/// The number of a segment file's name.
pub(crate) fn parse_segment(name: &str) -> Option<u64> {
    parse(name, ".seg")
}

/// The number of a checkpoint file's name.
pub(crate) fn parse_checkpoint(name: &str) -> Option<u64> {
    parse(name, ".ckp")
}

fn parse(name: &str, suffix: &str) -> Option<u64> {
    let digits = name.strip_suffix(suffix)?;
    (digits.len() == 16).then(|| digits.parse().ok())?
}

/// Takes the directory for this process and checks that it holds our format or nothing. Its own
/// name becomes durable with those of the directories in it.
pub(crate) fn claim(vfs: &dyn Vfs, root: &Path) -> DbResult<Box<dyn DirLock>> {
    vfs.create_dir_all(root).map_err(|error| DbError::io("create data directory", root, error))?;
    refuse_prometheus(vfs, root)?;
    let path = root.join("LOCK");
    let lock = vfs.lock(&path).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => DbError::new(
            DbErrorKind::Locked,
            format!(
                "cannot open data directory {}: another process holds {}",
                root.display(),
                path.display()
            ),
        ),
        _ => DbError::io("lock", &path, error),
    })?;
    check_format(vfs, root, true)?;
    Ok(lock)
}

/// Checks the format file; writes it when it is missing and `create` says so.
pub(crate) fn check_format(vfs: &dyn Vfs, root: &Path, create: bool) -> DbResult<()> {
    let path = root.join("FORMAT");
    let io = |error| DbError::io("read format file", &path, error);
    if !vfs.exists(&path).map_err(io)? {
        if create {
            vfs.replace(&path, FORMAT.as_bytes())
                .map_err(|error| DbError::io("write format file", &path, error))?;
        }
        return Ok(());
    }
    let found = vfs.read(&path, FORMAT_BYTES_MAX).map_err(io)?;
    if found == FORMAT.as_bytes() {
        return Ok(());
    }
    let text = format!(
        "cannot open data directory {}: format {:?} found, {:?} expected; \
         was it written by a newer flyball?",
        root.display(),
        String::from_utf8_lossy(&found).trim_end(),
        FORMAT.trim_end()
    );
    Err(DbError::new(DbErrorKind::WrongFormat, text))
}

/// Prometheus keeps a write-ahead log and blocks with a meta.json each; ours is next to neither.
fn refuse_prometheus(vfs: &dyn Vfs, root: &Path) -> DbResult<()> {
    let io = |error| DbError::io("read data directory", root, error);
    if vfs.exists(&root.join("FORMAT")).map_err(io)? {
        return Ok(());
    }
    for entry in vfs.read_dir(root).map_err(io)?.iter().filter(|entry| entry.is_dir) {
        let block = vfs.exists(&root.join(&entry.name).join("meta.json")).map_err(io)?;
        if entry.name == "wal" || entry.name == "chunks_head" || block {
            let text = format!(
                "cannot open data directory {}: it holds a Prometheus database ({}/ found), which \
                 flyball does not write to; choose another --storage.path, and `flyball tsdb \
                 import prometheus` to take its history over",
                root.display(),
                entry.name
            );
            return Err(DbError::new(DbErrorKind::WrongFormat, text));
        }
    }
    Ok(())
}

/// Gives a file a second name, or a copy where the filesystem has no hard links.
pub(crate) fn link_or_copy(vfs: &dyn Vfs, from: &Path, to: &Path) -> DbResult<()> {
    if vfs.hard_link(from, to).is_ok() {
        return Ok(());
    }
    copy(vfs, from, to).map_err(|error| DbError::io("link or copy", from, error))
}

fn copy(vfs: &dyn Vfs, from: &Path, to: &Path) -> io::Result<()> {
    let (source, target) = (vfs.open(from)?, vfs.create(to)?);
    let (len, mut at) = (source.len()?, 0);
    let mut buffer = vec![0; 1 << 20];
    while at < len {
        let count = buffer.len().min(usize::try_from(len - at).unwrap_or(usize::MAX));
        source.read_exact_at(&mut buffer[..count], at)?;
        target.write_all_at(&buffer[..count], at)?;
        at += count as u64;
    }
    target.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sys::sim::SimVfs;

    #[test]
    fn a_directory_is_claimed_once() {
        let vfs = SimVfs::new(1);
        let root = Path::new("/data");
        let lock = claim(&vfs, root).unwrap();
        assert_eq!(claim(&vfs, root).err().unwrap().kind(), DbErrorKind::Locked);
        drop(lock);
        claim(&vfs, root).unwrap();
    }

    #[test]
    fn other_formats_are_refused_with_a_hint() {
        let vfs = SimVfs::new(1);
        for sign in ["wal", "chunks_head", "01BKGV7JBM69T2G1BGBGM6KB12/meta.json"] {
            let root = Path::new("/prom").join(sign.replace('/', "-"));
            vfs.create_dir_all(&root.join(sign)).unwrap();
            let error = claim(&vfs, &root).err().unwrap();
            assert_eq!(error.kind(), DbErrorKind::WrongFormat, "{sign}");
            let sign = sign.split('/').next().unwrap();
            assert!(error.to_string().contains(&format!("({sign}/ found)")), "{error}");
        }
        vfs.create_dir_all(Path::new("/new")).unwrap();
        vfs.replace(Path::new("/new/FORMAT"), b"flyball tsdb 2\n").unwrap();
        let error = claim(&vfs, Path::new("/new")).err().unwrap();
        assert!(error.to_string().contains("newer flyball"), "{error}");
    }

    #[test]
    fn names_of_files_are_parsed_strictly() {
        assert_eq!(parse_segment(&segment_name(42)), Some(42));
        assert_eq!(parse_checkpoint(&checkpoint_name(7)), Some(7));
        assert_eq!(parse_segment("42.seg"), None);
        assert_eq!(parse_segment("0000000000000042.seg.tmp"), None);
    }
}
