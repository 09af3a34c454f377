//! The journal as its owner sees it: open with replay, append, sync, rotate, truncate.
//! One owner appends; `Syncer` handles may sync from other threads at the same time.

use crate::reserve::Reserve;
use crate::state::{Place, SegmentFile, State};
use crate::syncer::{Shared, Syncer};
use crate::{JournalError, JournalErrorKind, Position, Recovery, Replay, names, recovery};
use parking_lot::Mutex;
use std::io;
use std::path::Path;
use std::sync::Arc;
use sys::Vfs;

/// Limits of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalOptions {
    /// A segment that would grow beyond this is closed and another one begun (a single larger
    /// append still goes into one segment). Truncation works by whole segments.
    pub segment_bytes_max: u64,
    /// Longest record; at most 1 GiB.
    pub record_bytes_max: usize,
    /// Bytes of unsynced records kept in memory for the case that a sync fails; an append that
    /// would exceed it syncs first.
    pub unsynced_bytes_max: u64,
    /// Room held back and given up when the disk is full; 0 for none.
    pub reserve_bytes: u64,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            segment_bytes_max: 64 << 20,
            record_bytes_max: 64 << 20,
            unsynced_bytes_max: 64 << 20,
            reserve_bytes: 0,
        }
    }
}

/// What happened to a journal since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalStats {
    /// Files synced.
    pub syncs: u64,
    /// Syncs that failed; each made a new segment with the records not known to be durable.
    pub sync_failures: u64,
    /// Writes that failed and were cut off.
    pub write_failures: u64,
    /// Cuts that failed as well; the next segment's header replaces them.
    pub failed_cuts: u64,
    /// Records repeated in a new segment after a failed sync.
    pub rescued_records: u64,
    /// Room held back at present, bytes.
    pub reserve_bytes: u64,
}

/// An open journal.
pub struct Journal {
    shared: Arc<Shared>,
    syncer: Syncer,
}

impl Journal {
    /// Opens the journal in a directory (made when missing) and gives every valid record in order
    /// to `replay`. Writes nothing but links to damaged files; the first append begins a segment.
    ///
    /// Fails with [`JournalErrorKind::Version`], [`JournalErrorKind::Replay`], or when the
    /// directory cannot be read. Damage is no failure: see [`Recovery::damage`].
    pub fn open(
        vfs: Arc<dyn Vfs>,
        dir: &Path,
        options: JournalOptions,
        replay: &mut Replay<'_>,
    ) -> Result<(Self, Recovery), JournalError> {
        let opened = recovery::open(&*vfs, dir, replay)?;
        let place = Place { vfs, dir: dir.to_owned(), options };
        let recovery = opened.recovery.clone();
        let reserve = Reserve::open(&place);
        let state = Mutex::new(State::new(opened, reserve));
        let shared = Arc::new(Shared { place, state, turn: Mutex::new(()) });
        let syncer = Syncer::new(Arc::clone(&shared));
        Ok((Self { shared, syncer }, recovery))
    }

    /// Appends a record; when this returns it survives a killed process.
    ///
    /// After an error the record is not in the journal and later appends may succeed; only if the
    /// machine dies before that can the record appear at the next start.
    pub fn append(&mut self, record: &[u8]) -> Result<Position, JournalError> {
        self.append_all(&[record])
    }

    /// Appends records with one write; gives the place of the first one. All are in, or none; a
    /// power cut before the sync may keep a part of them.
    pub fn append_all(&mut self, records: &[&[u8]]) -> Result<Position, JournalError> {
        for record in records {
            self.check_size(record.len())?;
        }
        let mut state = self.shared.state.lock();
        if records.is_empty() {
            return Ok(state.tail);
        }
        let len: u64 = records.iter().map(|record| record.len() as u64).sum();
        let kept = state.unsynced_bytes();
        if kept > 0 && kept + len > self.shared.place.options.unsynced_bytes_max {
            drop(state);
            self.syncer.sync()?;
            state = self.shared.state.lock();
        }
        state.append(&self.shared.place, records)
    }

    /// Makes everything appended so far survive a power cut: see [`Syncer::sync`].
    pub fn sync(&self) -> Result<Position, JournalError> {
        self.syncer.sync()
    }

    /// A handle that syncs from another thread.
    pub fn syncer(&self) -> Syncer {
        self.syncer.clone()
    }

    /// Place after the last record: the next append lies here or in a later segment.
    pub fn end(&self) -> Position {
        self.shared.state.lock().tail
    }

    /// Closes the current segment, so that a later `truncate_before(end())` can free it.
    pub fn rotate(&mut self) {
        self.shared.state.lock().rotate();
    }

    /// Replaces everything by one record that says as much, and syncs it. A crash in between leaves
    /// both: readers let the record replace what came before it.
    ///
    /// # Errors
    /// Those of writing and syncing; then nothing was removed.
    pub fn replace_with(&mut self, record: &[u8]) -> Result<(), JournalError> {
        self.rotate();
        let place = self.append(record)?;
        self.sync()?;
        self.truncate_before(place)
    }

    /// Removes the segments that lie wholly before a place, oldest first; damaged ones move to
    /// `quarantine/` if they are not there yet. The last segment always stays.
    pub fn truncate_before(&mut self, place: Position) -> Result<(), JournalError> {
        let mut gone = self.shared.state.lock().take_before(place).into_iter();
        while let Some(segment) = gone.next() {
            if let Err(error) = self.remove(segment) {
                let mut state = self.shared.state.lock();
                gone.rev().chain([segment]).for_each(|left| state.segments.push_front(left));
                state.forget_removed();
                let path = names::segment_path(&self.shared.place.dir, segment.id);
                return Err(JournalError::io("remove segment", &path, error));
            }
        }
        self.shared.state.lock().forget_removed();
        Ok(())
    }

    /// One by one with a sync each: a power cut in between never leaves a gap.
    fn remove(&self, segment: SegmentFile) -> io::Result<()> {
        let Place { vfs, dir, .. } = &self.shared.place;
        let path = names::segment_path(dir, segment.id);
        let quarantine = names::quarantine_dir(dir);
        let gone = if segment.preserve {
            vfs.create_dir_durable(&quarantine)?;
            vfs.rename(&path, &quarantine.join(names::segment_name(segment.id)))
        } else {
            vfs.remove_file(&path)
        };
        // An earlier attempt may have come this far.
        gone.or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
        if segment.preserve {
            vfs.sync_dir(&quarantine)?;
        }
        vfs.sync_dir(dir)
    }

    /// Bytes of all segment files.
    pub fn len_bytes(&self) -> u64 {
        self.shared.state.lock().segments.iter().map(|segment| segment.len).sum()
    }

    /// Makes the reserve whole again when there is room for it (twice its size); gives whether it
    /// is whole. Owners call it now and then after the disk was full.
    pub fn restore_reserve(&mut self) -> bool {
        let place = &self.shared.place;
        let reserve = &mut self.shared.state.lock().reserve;
        reserve.restore(place).is_ok() && reserve.bytes() == place.options.reserve_bytes
    }

    /// What happened since opening.
    pub fn stats(&self) -> JournalStats {
        let state = self.shared.state.lock();
        JournalStats { reserve_bytes: state.reserve.bytes(), ..state.stats }
    }

    fn check_size(&self, len: usize) -> Result<(), JournalError> {
        const FORMAT_MAX: usize = 1 << 30;
        let max = self.shared.place.options.record_bytes_max.min(FORMAT_MAX);
        if (1..=max).contains(&len) {
            return Ok(());
        }
        let text = format!("journal: cannot append a record of {len} bytes: 1 to {max} expected");
        Err(JournalError::new(JournalErrorKind::RecordSize, text))
    }
}
