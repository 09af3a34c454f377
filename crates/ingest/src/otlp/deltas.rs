//! Deltas summed up to counters, by series. What a request adds counts only once it is stored, so
//! that a sender may repeat a request that was not.
//! Memory: at most [`SERIES_MAX`] series of at most 64 KiB of labels each, usually 200 bytes.

use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;

/// Most series that deltas are summed for.
pub(crate) const SERIES_MAX: usize = 200_000;
/// Series without a delta for so long make room for others, milliseconds.
const IDLE_MS: i64 = 15 * 60 * 1000;

/// A sum so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Total {
    /// When the first delta began, milliseconds.
    pub(crate) start: i64,
    /// When the last delta ended, milliseconds.
    pub(crate) at: i64,
    pub(crate) value: f64,
}

/// Sums of all senders.
#[derive(Default)]
pub(crate) struct Deltas {
    stored: HashMap<Box<[u8]>, Total, foldhash::quality::RandomState>,
    pending: HashMap<Box<[u8]>, Total, foldhash::quality::RandomState>,
    newest: i64,
}

impl Deltas {
    /// Locks the sums for a request; what was added and never kept is forgotten.
    pub(crate) fn begin(deltas: &Mutex<Self>) -> MutexGuard<'_, Self> {
        let mut held = deltas.lock();
        held.pending.clear();
        held
    }

    /// Adds a delta to its series; gives the sum.
    ///
    /// # Errors
    /// A sentence: the delta is older than what was added, or there are too many series.
    pub(crate) fn add(
        &mut self,
        label_bytes: &[u8],
        start: i64,
        at: i64,
        value: f64,
    ) -> Result<Total, String> {
        let before = self.pending.get(label_bytes).or_else(|| self.stored.get(label_bytes));
        let total = match before {
            Some(before) if at <= before.at => {
                return Err(format!("delta at {at} ms after one at {} ms", before.at));
            }
            Some(before) => Total { at, value: before.value + value, ..*before },
            None => Total { start: if start > 0 { start } else { at }, at, value },
        };
        if before.is_none() && self.stored.len() + self.pending.len() >= SERIES_MAX {
            self.drop_idle();
            if self.stored.len() + self.pending.len() >= SERIES_MAX {
                return Err(format!("deltas of more than {SERIES_MAX} series"));
            }
        }
        self.newest = self.newest.max(at);
        self.pending.insert(label_bytes.into(), total);
        Ok(total)
    }

    /// What was added is stored.
    pub(crate) fn keep(&mut self) {
        self.stored.extend(self.pending.drain());
    }

    fn drop_idle(&mut self) {
        let oldest = self.newest.saturating_sub(IDLE_MS);
        self.stored.retain(|_, total| total.at >= oldest);
    }
}
