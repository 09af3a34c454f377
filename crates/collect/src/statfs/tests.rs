use super::*;
use crate::{HostFile, SystemName};
use model::Timestamp;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::{Condvar, Mutex};
use std::thread::ThreadId;

/// A host whose mounts hang while their path is in `hanging`.
#[derive(Default)]
struct Mounts {
    hanging: Mutex<BTreeSet<PathBuf>>,
    changed: Condvar,
    asked: Mutex<Vec<PathBuf>>,
    threads: Mutex<HashSet<ThreadId>>,
}

impl Mounts {
    fn hang(paths: &[&str]) -> Arc<Self> {
        let mounts = Self::default();
        mounts.hanging.lock().unwrap().extend(paths.iter().map(PathBuf::from));
        Arc::new(mounts)
    }

    fn release(&self, path: &str) {
        self.hanging.lock().unwrap().remove(Path::new(path));
        self.changed.notify_all();
    }

    fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == Path::new(path)).count()
    }
}

impl Host for Mounts {
    fn open(&self, _: &Path) -> io::Result<Box<dyn HostFile>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn list(&self, _: &Path) -> io::Result<Vec<String>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn filesystem_space(&self, path: &Path) -> io::Result<FilesystemSpace> {
        self.asked.lock().unwrap().push(path.into());
        self.threads.lock().unwrap().insert(thread::current().id());
        assert!(path != Path::new("/panics"), "as a mount never should");
        let hanging = self.hanging.lock().unwrap();
        drop(self.changed.wait_while(hanging, |hanging| hanging.contains(path)).unwrap());
        if path == Path::new("/bad") {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let blocks = path.as_os_str().len() as u64;
        Ok(FilesystemSpace {
            block_bytes: 4096,
            blocks,
            blocks_free: 0,
            blocks_available: 0,
            files: 0,
            files_free: 0,
        })
    }

    fn system_name(&self) -> SystemName {
        SystemName::default()
    }

    fn time_zone(&self, _: Timestamp) -> (String, i32) {
        ("UTC".into(), 0)
    }

    fn page_bytes(&self) -> u64 {
        4096
    }
}

fn ask(statfs: &mut Statfs, paths: &[&str]) -> Vec<String> {
    let paths: Vec<_> = paths.iter().map(PathBuf::from).collect();
    let word = |answer: &Answer| match answer {
        Answer::Space(space) => space.blocks.to_string(),
        Answer::Failed(error) => error.kind().to_string(),
        Answer::Stuck => "stuck".into(),
        Answer::NotAsked => "not asked".into(),
    };
    statfs.ask(&paths).iter().map(word).collect()
}

fn statfs(mounts: &Arc<Mounts>, timeout: Duration) -> Statfs {
    Statfs::new(Arc::clone(mounts) as Arc<dyn Host>, timeout)
}

/// Long enough for a healthy mount on a busy machine.
const PATIENT: Duration = Duration::from_secs(3);
/// For mounts that hang in any case.
const HASTY: Duration = Duration::from_millis(20);

#[test]
fn healthy_mounts_are_answered_by_one_thread_in_order() {
    let mounts = Mounts::hang(&[]);
    let mut statfs = statfs(&mounts, PATIENT);
    assert_eq!(ask(&mut statfs, &["/", "/bad", "/home"]), ["1", "permission denied", "5"]);
    assert_eq!(ask(&mut statfs, &[]), [""; 0]);
    assert_eq!(ask(&mut statfs, &["/home"]), ["5"]);
    assert_eq!(mounts.threads.lock().unwrap().len(), 1, "also for the next round");
}

#[test]
fn a_thread_that_dies_costs_one_answer() {
    let mounts = Mounts::hang(&[]);
    let mut statfs = statfs(&mounts, PATIENT);
    for _ in 0..2 {
        assert_eq!(ask(&mut statfs, &["/a", "/panics", "/bb"]), ["2", "not asked", "3"]);
    }
}

#[test]
fn a_dead_mount_costs_only_itself_and_is_asked_once_until_it_answers() {
    let mounts = Mounts::hang(&["/dead"]);
    let mut statfs = statfs(&mounts, PATIENT);
    for _ in 0..3 {
        assert_eq!(ask(&mut statfs, &["/a", "/dead", "/bb"]), ["2", "stuck", "3"]);
    }
    assert_eq!(mounts.asked("/dead"), 1);
    mounts.release("/dead");
    testkit::wait_for("the mount to recover", || {
        (ask(&mut statfs, &["/dead"]) == ["5"]).then_some(())
    });
    assert_eq!(mounts.asked("/dead"), 2);
}

#[test]
fn dead_mounts_hold_a_bounded_number_of_threads() {
    let paths = ["/d1", "/d2", "/d3", "/d4", "/d5", "/d6"];
    let mounts = Mounts::hang(&paths);
    let mut statfs = statfs(&mounts, HASTY);
    let mut expected = vec!["stuck"; STUCK_MAX];
    expected.extend(["not asked"; 2]);
    assert_eq!(ask(&mut statfs, &paths), expected);
    assert_eq!(ask(&mut statfs, &paths), expected);
    let held = || mounts.asked.lock().unwrap().len();
    testkit::wait_for("the threads to reach their mounts", || (held() >= STUCK_MAX).then_some(()));
    assert_eq!(held(), STUCK_MAX);
    for path in paths {
        mounts.release(path);
    }
    testkit::wait_for("all mounts to recover", || {
        (ask(&mut statfs, &paths) == ["3"; 6]).then_some(())
    });
}
