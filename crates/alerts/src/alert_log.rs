//! Alerts, silences, notification log and decisions on disk: a journal of changes, folded into a
//! snapshot now and then. Appended by the shell before anybody is told.
//! INV-53: a change that was acknowledged here is known after any crash.
//! Volume: about 400 bytes per alert that begins or ends, 300 per notification.

use crate::change::{Change, Saved};
use journal::{Journal, JournalError, JournalOptions, Recovery, Replayed};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use sys::Vfs;

/// The log is folded when it is longer than this and than twice the last snapshot.
const FOLD_BYTES_MIN: u64 = 16 << 20;
/// Longest record. A longer snapshot is not written; the log then grows until the state shrinks.
const RECORD_BYTES_MAX: usize = 1 << 30;

/// The changes of one step, or, as a snapshot, all that lead to the state from nothing.
#[derive(Serialize, Deserialize)]
struct Record<'r> {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    snapshot: bool,
    changes: Cow<'r, [Change]>,
}

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
            let Ok(record) = serde_json::from_slice::<Record<'_>>(bytes) else {
                return Ok(Replayed::Unusable);
            };
            if record.snapshot {
                (saved, snapshot_bytes) = (Saved::default(), bytes.len() as u64);
            }
            record.changes.into_owned().into_iter().for_each(|change| saved.apply(change));
            Ok(Replayed::Taken)
        })?;
        let (fold_bytes_min, record_bytes_max) = (FOLD_BYTES_MIN, RECORD_BYTES_MAX);
        Ok((Self { journal, snapshot_bytes, fold_bytes_min, record_bytes_max }, saved, recovery))
    }

    /// Remembers changes, all or none; when this returns they survive a crash and a power cut.
    ///
    /// # Errors
    /// The journal's.
    pub fn remember(&mut self, changes: &[Change]) -> Result<(), JournalError> {
        self.journal.append(&encode(false, changes))?;
        self.journal.sync().map(drop)
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
        let record = encode(true, all);
        if record.len() > self.record_bytes_max {
            return Ok(());
        }
        self.journal.replace_with(&record)?;
        self.snapshot_bytes = record.len() as u64;
        Ok(())
    }
}

fn encode(snapshot: bool, changes: &[Change]) -> Vec<u8> {
    let record = Record { snapshot, changes: Cow::Borrowed(changes) };
    serde_json::to_vec(&record).expect("texts, numbers and maps of texts always become JSON")
}

#[cfg(test)]
mod tests;
