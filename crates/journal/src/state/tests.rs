//! Who holds which lock while files are synced.

use super::*;
use crate::syncer::{Shared, Syncer};
use crate::{Journal, Replayed};
use parking_lot::Mutex;
use std::sync::OnceLock;
use sys::sim::SimVfs;

/// A file that looks at the locks while it is synced.
struct Probe {
    inner: Arc<dyn File>,
    shared: OnceLock<Arc<Shared>>,
}

impl File for Probe {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.inner.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.inner.write_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        let shared = self.shared.get().unwrap();
        assert!(shared.turn.try_lock().is_none(), "others wait for this sync and need none");
        assert!(shared.state.try_lock().is_some(), "appends go on");
        self.inner.sync_data()
    }

    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.inner.set_len(len)
    }
}

#[test]
fn one_syncs_for_all_while_appends_go_on() {
    let dir = Path::new("/journal");
    let vfs: Arc<dyn Vfs> = Arc::new(SimVfs::new(1));
    let options = JournalOptions::default();
    let mut take = |_: Position, _: &[u8]| Ok(Replayed::Taken);
    drop(Journal::open(Arc::clone(&vfs), dir, options, &mut take).unwrap());
    let opened = crate::recovery::open(&*vfs, dir, &mut take).unwrap();
    let place = Place { vfs, dir: dir.to_owned(), options };
    let mut state = State::new(opened, Reserve::default());
    state.append(&place, &[b"record"]).unwrap();
    let part = state.unsynced.front_mut().unwrap();
    let probe = Arc::new(Probe { inner: Arc::clone(&part.file), shared: OnceLock::new() });
    part.file = Arc::clone(&probe) as Arc<dyn File>;
    let shared = Arc::new(Shared { place, state: Mutex::new(state), turn: Mutex::default() });
    assert!(probe.shared.set(Arc::clone(&shared)).is_ok());
    Syncer::new(Arc::clone(&shared)).sync().unwrap();
    assert_eq!(shared.state.lock().stats.syncs, 1);
}
