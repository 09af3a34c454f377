//! The one place that touches the journal's API, shared by all tests.

use journal::{Journal, JournalOptions, Position, Recovery, Replayed};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sys::Vfs;
use sys::sim::SimVfs;

pub(crate) const EIO: i32 = 5;
pub(crate) const DIR: &str = "/data/journal";

/// Small segments, so that tests cross many.
pub(crate) fn small() -> JournalOptions {
    JournalOptions { segment_bytes_max: 400, record_bytes_max: 2000, ..JournalOptions::default() }
}

pub(crate) struct Opened {
    pub(crate) journal: Journal,
    pub(crate) recovery: Recovery,
    pub(crate) records: Vec<(Position, Vec<u8>)>,
}

impl Opened {
    pub(crate) fn payloads(&self) -> Vec<Vec<u8>> {
        self.records.iter().map(|(_, payload)| payload.clone()).collect()
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |payload: &Vec<u8>| String::from_utf8_lossy(payload).into_owned();
        self.payloads().iter().map(text).collect()
    }
}

pub(crate) fn try_open(
    vfs: &SimVfs,
    options: JournalOptions,
) -> Result<Opened, journal::JournalError> {
    let mut records = Vec::new();
    let vfs: Arc<dyn Vfs> = Arc::new(vfs.clone());
    let (journal, recovery) =
        Journal::open(vfs, Path::new(DIR), options, &mut |position, payload| {
            records.push((position, payload.to_vec()));
            Ok(Replayed::Taken)
        })?;
    Ok(Opened { journal, recovery, records })
}

pub(crate) fn open(vfs: &SimVfs) -> Opened {
    try_open(vfs, small()).unwrap()
}

/// A disk with a journal of these records, everything synced.
pub(crate) fn disk_with(records: &[&str]) -> SimVfs {
    let vfs = SimVfs::new(1);
    let mut journal = open(&vfs).journal;
    for record in records {
        journal.append(record.as_bytes()).unwrap();
    }
    journal.sync().unwrap();
    vfs
}

pub(crate) fn segment(id: u64) -> PathBuf {
    Path::new(DIR).join(format!("{id:08}.journal"))
}

pub(crate) fn segments(vfs: &SimVfs) -> Vec<String> {
    let entries = vfs.read_dir(Path::new(DIR)).unwrap();
    let names = entries.into_iter().filter(|entry| !entry.is_dir).map(|entry| entry.name);
    names.filter(|name| name.ends_with(".journal")).collect()
}

pub(crate) fn bytes(vfs: &SimVfs, path: &Path) -> Vec<u8> {
    vfs.read(path, 1 << 24).unwrap()
}
