//! Alerts, silences, notification log and decisions on disk: a journal of changes, folded into a
//! snapshot now and then. Appended by the shell before anybody is told.
//! INV-53: a change that was appended and synced here is known after any crash.
//! Volume: about 150 bytes per alert that begins or ends, 300 per notification.

use crate::change::{Change, Saved};
use crate::record;
use journal::{Journal, JournalError, JournalOptions, Recovery, Replayed, Syncer};
use std::path::Path;
use std::sync::Arc;
use sys::Vfs;

/// The log is folded when it is longer than this and than twice the last snapshot.
const FOLD_BYTES_MIN: u64 = 16 << 20;
/// Longest record. A longer snapshot is not written; the log then grows until the state shrinks.
const RECORD_BYTES_MAX: usize = 1 << 30;

/// A journal of changes.
pub struct AlertLog {
    journal: Journal,
    snapshot_bytes: u64,
    fold_bytes_min: u64,
    record_bytes_max: usize,
}

impl AlertLog {
    /// Opens the log in a directory, made when missing; gives the state that it leads to.
    ///
    /// # Errors
    /// When the directory cannot be read or has a later format. Damage is no error: see the
    /// recovery.
    pub fn open(vfs: Arc<dyn Vfs>, dir: &Path) -> Result<(Self, Saved, Recovery), JournalError> {
        let options = JournalOptions {
            segment_bytes_max: 4 << 20,
            record_bytes_max: RECORD_BYTES_MAX,
            ..JournalOptions::default()
        };
        let (mut saved, mut snapshot_bytes) = (Saved::default(), 0);
        let (journal, recovery) = Journal::open(vfs, dir, options, &mut |_, bytes| {
            let Ok((is_snapshot, changes)) = record::decode(bytes) else {
                return Ok(Replayed::Unusable);
            };
            if is_snapshot {
                (saved, snapshot_bytes) = (Saved::default(), bytes.len() as u64);
            }
            for change in changes {
                saved.apply(change);
            }
            Ok(Replayed::Taken)
        })?;
        let (fold_bytes_min, record_bytes_max) = (FOLD_BYTES_MIN, RECORD_BYTES_MAX);
        Ok((Self { journal, snapshot_bytes, fold_bytes_min, record_bytes_max }, saved, recovery))
    }

    /// Writes changes down, all or none; when this returns they survive a killed process, and a
    /// power cut once a sync that began later has returned.
    ///
    /// # Errors
    /// The journal's.
    pub fn append(&mut self, changes: &[Change]) -> Result<(), JournalError> {
        self.journal.append(&record::encode(false, changes)).map(drop)
    }

    /// Syncs what was appended, from any thread: those who wait together share one sync.
    pub fn syncer(&self) -> Syncer {
        self.journal.syncer()
    }

    /// Is it time to fold?
    pub fn is_long(&self) -> bool {
        self.journal.len_bytes() > self.fold_bytes_min.max(2 * self.snapshot_bytes)
    }

    /// Writes the whole state as one record, then frees what came before. A crash in between leaves
    /// both.
    ///
    /// # Errors
    /// The journal's; nothing is lost then.
    pub fn fold(&mut self, all: &[Change]) -> Result<(), JournalError> {
        let record = record::encode(true, all);
        if record.len() > self.record_bytes_max {
            return Ok(());
        }
        self.journal.replace_with(&record)?;
        self.snapshot_bytes = record.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
