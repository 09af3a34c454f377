//! Makes appended records survive a power cut, beside the appends: files are synced outside the
//! lock. Any number of threads may ask; one works, and those who waited find their records done
//! (group commit). A failed sync is never repeated on the same file: see `state`.

use crate::state::{Place, State, SyncJob};
use crate::{JournalError, Position, Span, reading};
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;

pub(crate) struct Shared {
    pub(crate) place: Place,
    /// Taken after `turn`, held for one write at most.
    pub(crate) state: Mutex<State>,
    /// Held while files are synced.
    pub(crate) turn: Mutex<()>,
}

/// A handle that syncs a journal from any thread.
#[derive(Clone)]
pub struct Syncer {
    shared: Arc<Shared>,
}

impl Syncer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Makes every record durable that was appended before the call; gives the place before which
    /// everything is durable. After an error the records are still in memory and the page cache;
    /// the next call (or append) writes them to a new segment.
    pub fn sync(&self) -> Result<Position, JournalError> {
        let target = self.shared.state.lock().tail;
        self.sync_before(target)
    }

    /// Makes at least the record that begins at `record` durable; returns at once when it is.
    pub fn sync_to(&self, record: Position) -> Result<Position, JournalError> {
        let synced = self.synced();
        if record < synced {
            return Ok(synced);
        }
        self.sync()
    }

    /// The place before which everything is durable.
    pub fn synced(&self) -> Position {
        self.shared.state.lock().synced()
    }

    /// The parts of the segments that survive a power cut, in order.
    pub fn durable(&self) -> Vec<Span> {
        reading::durable(&self.shared.place, &self.shared.state.lock())
    }

    fn sync_before(&self, target: Position) -> Result<Position, JournalError> {
        let _turn = self.shared.turn.lock();
        self.shared.state.lock().rescue_if_needed(&self.shared.place)?;
        loop {
            let job = {
                let state = self.shared.state.lock();
                let synced = state.synced();
                match state.sync_job() {
                    Some(job) if synced < target => job,
                    Some(_) | None => return Ok(synced),
                }
            };
            let outcome = self.work(&job);
            let mut state = self.shared.state.lock();
            match outcome {
                Ok(()) => state.sync_done(&job),
                Err(_) => state.sync_failed(&self.shared.place)?,
            }
        }
    }

    fn work(&self, job: &SyncJob) -> io::Result<()> {
        job.file.sync_data()?;
        if job.names_made.is_some() {
            self.shared.place.vfs.sync_dir(&self.shared.place.dir)?;
        }
        Ok(())
    }
}
