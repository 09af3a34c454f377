//! What `list`, `verify`, `analyze` and `dump` say of a directory that cannot be read whole.

use crate::world::{DIR, Machine, T0, labels, put, tenant};
use model::{Labels, Matcher, SampleBuf};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sys::sim::{OpKind, SimVfs};
use sys::{DirEntry, DirLock, File, Space, Vfs};
use tsdb::DbErrorKind;
use tsdb::inspect::{View, list, verify};

const EIO: i32 = 5;

/// A disk on which one name cannot be looked up, nor listed if it is a directory.
struct Blind {
    disk: SimVfs,
    name: PathBuf,
}

impl Blind {
    fn check(&self, path: &Path) -> io::Result<()> {
        if path == self.name { Err(io::Error::from_raw_os_error(EIO)) } else { Ok(()) }
    }
}

impl Vfs for Blind {
    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.check(path)?;
        self.disk.exists(path)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        self.check(path)?;
        self.disk.read_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        self.disk.create(path)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        self.disk.open(path)
    }

    fn open_for_write(&self, path: &Path) -> io::Result<Box<dyn File>> {
        self.disk.open_for_write(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.hard_link(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.disk.remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.disk.remove_dir_all(path)
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.disk.create_dir_all(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.disk.sync_dir(path)
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        self.disk.space(path)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DirLock>> {
        self.disk.lock(path)
    }
}

/// A directory with one segment of 30 series and one sample in the journal.
fn filled() -> Machine {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for n in 0..30 {
        put(&db, &labels(if n % 3 == 0 { "a" } else { "b" }, n), T0, 1.0);
    }
    db.flush().unwrap();
    put(&db, &labels("a", 0), T0 + 1, 1.0);
    machine
}

#[test]
fn a_name_that_cannot_be_looked_up_is_no_absence() {
    let machine = filled();
    for name in [Path::new(DIR).join("FORMAT"), tenant("MANIFEST"), tenant("journal")] {
        let blind = Blind { disk: machine.vfs.clone(), name: name.clone() };
        let vfs: Arc<dyn Vfs> = Arc::new(blind);
        let clock = machine.clock.clone();
        let listed = list(&*vfs, Path::new(DIR)).err();
        let verified = verify(&vfs, Path::new(DIR)).err();
        let viewed = View::open(vfs, clock, Path::new(DIR)).err();
        let told = [listed, verified, viewed].map(|error| error.map(|error| error.kind()));
        // A list does not look at the journal.
        let first = (name != tenant("journal")).then_some(DbErrorKind::Io);
        assert_eq!(told, [first, Some(DbErrorKind::Io), Some(DbErrorKind::Io)], "{name:?}");
    }
}

#[test]
fn what_a_dump_could_not_read_is_told() {
    let machine = filled();
    let mut told = 0;
    for pass in 0..20 {
        let vfs: Arc<dyn Vfs> = Arc::new(machine.vfs.clone());
        let view = View::open(vfs, machine.clock.clone(), Path::new(DIR)).unwrap();
        machine.vfs.fail(OpKind::Read, pass, 1, EIO);
        let mut samples = 0;
        let mut count = |_: &Labels, found: &SampleBuf| samples += found.len();
        let lost = view.dump((i64::MIN, i64::MAX), &[], &mut count);
        machine.vfs.heal(OpKind::Read);
        let is_told = lost.as_ref().map_or(true, |lost| !lost.is_empty());
        assert_eq!(samples < 31, is_told, "{pass}: {samples} samples, {lost:?}");
        told += usize::from(is_told);
    }
    assert!(told > 0, "something was read from the disk");
}

#[test]
fn an_analysis_counts_segments_and_what_no_segment_has_yet() {
    let machine = filled();
    let vfs: Arc<dyn Vfs> = Arc::new(machine.vfs.clone());
    let view = View::open(vfs, machine.clock.clone(), Path::new(DIR)).unwrap();
    let analysis = view.analyze(10).unwrap();
    assert_eq!((analysis.series, analysis.samples, analysis.unflushed_samples), (60, 31, 1));
    let pairs = |pairs: &[(&str, u64)]| -> Vec<(String, u64)> {
        pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    };
    assert_eq!(analysis.series_by_metric, pairs(&[("b", 40), ("a", 20)]));
    assert_eq!(analysis.values_by_label, pairs(&[("n", 30), ("__name__", 2), ("job", 1)]));
    let segments: u64 =
        list(&machine.vfs, Path::new(DIR)).unwrap().iter().map(|info| info.bytes).sum();
    let journal: u64 =
        machine.vfs.read_dir(&tenant("journal")).unwrap().iter().map(|entry| entry.len).sum();
    // The view's own journal has begun, in memory.
    let bytes = segments + 1..=segments + journal + 1000;
    assert!(segments > 0 && bytes.contains(&analysis.bytes), "{} of {bytes:?}", analysis.bytes);
    let none = [Matcher::equal("n", "none")].to_vec();
    assert_eq!(view.dump((T0, T0), &[none], &mut |_, _| panic!("shown")).unwrap(), [""; 0]);
}

#[test]
fn a_snapshot_does_not_go_into_a_directory_of_another_format() {
    let machine = filled();
    let (db, _) = machine.open();
    let copy = Path::new("/copy");
    machine.vfs.create_dir_all(copy).unwrap();
    machine.vfs.replace(&copy.join("FORMAT"), b"flyball 99\n").unwrap();
    assert_eq!(db.snapshot(copy).unwrap_err().kind(), DbErrorKind::WrongFormat);
    let vfs: Arc<dyn Vfs> = Arc::new(machine.vfs.clone());
    assert!(!vfs.exists(&copy.join("tenants/anonymous/MANIFEST")).unwrap());
}
