//! Changes on disk: a journal of them, folded into a snapshot now and then.
//! INV-90: a change that was acknowledged is there after any crash, one that was not is there
//! wholly or not at all.

use super::change::{Change, Kept};
use journal::{Journal, JournalError, JournalOptions, Recovery, Replayed};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use sys::Vfs;

/// The log is folded when it is longer than this and than twice the last snapshot.
const FOLD_BYTES_MIN: u64 = 8 << 20;
/// Longest record: a snapshot of all that may be kept stays far below.
const RECORD_BYTES_MAX: usize = 256 << 20;

/// Changes of one order, or, as a snapshot, all that lead to the state from nothing.
#[derive(Serialize, Deserialize)]
struct Record<'r> {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    snapshot: bool,
    changes: Cow<'r, [Change]>,
}

/// A journal of changes.
pub(super) struct Log {
    journal: Journal,
    snapshot_bytes: u64,
    pub(super) fold_bytes_min: u64,
}

impl Log {
    /// Opens the log in a directory, made when missing; gives what it leads to.
    pub(super) fn open(
        vfs: Arc<dyn Vfs>,
        dir: &Path,
    ) -> Result<(Self, Kept, Recovery), JournalError> {
        let options = JournalOptions {
            segment_bytes_max: 4 << 20,
            record_bytes_max: RECORD_BYTES_MAX,
            ..JournalOptions::default()
        };
        let (mut kept, mut snapshot_bytes) = (Kept::default(), 0);
        let (journal, recovery) = Journal::open(vfs, dir, options, &mut |_, bytes| {
            let Ok(record) = serde_json::from_slice::<Record<'_>>(bytes) else {
                return Ok(Replayed::Unusable);
            };
            if record.snapshot {
                (kept, snapshot_bytes) = (Kept::default(), bytes.len() as u64);
            }
            record.changes.into_owned().into_iter().for_each(|change| kept.apply(change));
            Ok(Replayed::Taken)
        })?;
        Ok((Self { journal, snapshot_bytes, fold_bytes_min: FOLD_BYTES_MIN }, kept, recovery))
    }

    /// Remembers changes, all or none; when this returns they survive a crash and a power cut.
    pub(super) fn remember(&mut self, changes: &[Change]) -> Result<(), JournalError> {
        self.journal.append(&encode(false, changes))?;
        self.journal.sync().map(drop)
    }

    /// Is it time to fold?
    pub(super) fn is_long(&self) -> bool {
        self.journal.len_bytes() > self.fold_bytes_min.max(2 * self.snapshot_bytes)
    }

    /// Writes the whole state as one record, then frees what came before. A crash in between leaves
    /// both.
    pub(super) fn fold(&mut self, kept: &Kept) -> Result<(), JournalError> {
        let record = encode(true, &kept.changes());
        self.journal.replace_with(&record)?;
        self.snapshot_bytes = record.len() as u64;
        Ok(())
    }
}

fn encode(snapshot: bool, changes: &[Change]) -> Vec<u8> {
    let record = Record { snapshot, changes: Cow::Borrowed(changes) };
    serde_json::to_vec(&record).expect("texts, numbers and lists of them become JSON")
}
