//! The alerts of all rules on disk: a journal of changes, folded into a snapshot now and then.
//! Opened before the first evaluation, appended by the shell before anybody is told of a change.
//! INV-42: an alert whose change was acknowledged here is known after any crash.
//! Volume: about 300 bytes per change of an alert, 20 bytes every 15 seconds.

use crate::saved::{Record, RuleChanges, RuleKey, SavedAlerts};
use journal::{Journal, JournalError, JournalOptions, Recovery, Replayed};
use model::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sys::Vfs;

/// The log is folded when it is longer than this and than twice the last snapshot.
const FOLD_BYTES_MIN: u64 = 1 << 20;
/// Longest record: a snapshot of about three million alerts. A longer one is not written; the log
/// then grows until the state shrinks.
const RECORD_BYTES_MAX: usize = 1 << 30;
/// How often the process says that it is alive: so exact is the length of a downtime.
pub const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// Alerts of all rules, in memory and on disk.
pub struct StateLog {
    journal: Journal,
    rules: BTreeMap<RuleKey, SavedAlerts>,
    /// When the process was last known to be alive.
    alive_at: Option<Timestamp>,
    snapshot_bytes: u64,
    fold_bytes_min: u64,
    record_bytes_max: usize,
    is_whole: bool,
}

impl StateLog {
    /// Opens the log in a directory, made when missing.
    ///
    /// # Errors
    /// When the directory cannot be read or has a later format. Damage is no error: see the
    /// recovery.
    pub fn open(vfs: Arc<dyn Vfs>, dir: &Path) -> Result<(Self, Recovery), JournalError> {
        let options = JournalOptions {
            segment_bytes_max: 4 << 20,
            record_bytes_max: RECORD_BYTES_MAX,
            ..JournalOptions::default()
        };
        let (mut rules, mut alive_at, mut snapshot_bytes) = (BTreeMap::new(), None, 0);
        let (journal, recovery) = Journal::open(vfs, dir, options, &mut |_, bytes| {
            match Record::decode(bytes) {
                Some(Record::Alive(at)) => alive_at = Some(at),
                Some(Record::Changes(changes)) => apply(&mut rules, changes),
                Some(Record::Snapshot(at, all)) => {
                    (rules, alive_at, snapshot_bytes) = (all, Some(at), bytes.len() as u64);
                }
                None => return Ok(Replayed::Unusable),
            }
            Ok(Replayed::Taken)
        })?;
        let log = Self {
            journal,
            rules,
            alive_at,
            snapshot_bytes,
            fold_bytes_min: FOLD_BYTES_MIN,
            record_bytes_max: RECORD_BYTES_MAX,
            is_whole: recovery.damage_total == 0,
        };
        Ok((log, recovery))
    }

    /// When the process was last known to be alive.
    pub fn alive_at(&self) -> Option<Timestamp> {
        self.alive_at
    }

    /// Was nothing damaged? Otherwise a rule that is not known may have had alerts.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Alerts of a rule; `None` when nothing was ever remembered of it.
    pub fn alerts(&self, key: &RuleKey) -> Option<&SavedAlerts> {
        self.rules.get(key)
    }

    /// Remembers changes; when this returns they survive a crash and a power cut.
    ///
    /// # Errors
    /// The journal's; the changes are in memory then and in the next snapshot.
    pub fn remember(&mut self, now: Timestamp, changes: RuleChanges) -> Result<(), JournalError> {
        let record = Record::Changes(changes.clone()).encode();
        apply(&mut self.rules, changes);
        self.journal.append(&record)?;
        self.journal.sync()?;
        self.fold_if_long(now)
    }

    /// Says that the process is alive. Not synced: a kill does not lose it, a power cut may.
    ///
    /// # Errors
    /// The journal's.
    pub fn note_alive(&mut self, now: Timestamp) -> Result<(), JournalError> {
        self.alive_at = Some(now);
        self.journal.append(&Record::Alive(now).encode())?;
        self.fold_if_long(now)
    }

    /// Forgets rules that are not evaluated any more.
    ///
    /// # Errors
    /// The journal's.
    pub fn retain(
        &mut self,
        now: Timestamp,
        keep: impl Fn(&RuleKey) -> bool,
    ) -> Result<(), JournalError> {
        let count = self.rules.len();
        self.rules.retain(|key, _| keep(key));
        if self.rules.len() == count { Ok(()) } else { self.fold(now) }
    }

    fn fold_if_long(&mut self, now: Timestamp) -> Result<(), JournalError> {
        if self.journal.len_bytes() <= self.fold_bytes_min.max(2 * self.snapshot_bytes) {
            return Ok(());
        }
        self.fold(now)
    }

    /// Writes everything as one record, then frees what came before. A crash in between leaves
    /// both.
    fn fold(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let record = Record::Snapshot(now, self.rules.clone()).encode();
        if record.len() > self.record_bytes_max {
            return Ok(());
        }
        self.journal.replace_with(&record)?;
        self.snapshot_bytes = record.len() as u64;
        Ok(())
    }
}

/// A rule without alerts stays known: its alerts need not be looked up elsewhere.
fn apply(rules: &mut BTreeMap<RuleKey, SavedAlerts>, changes: RuleChanges) {
    let alerts = rules.entry(changes.key).or_default();
    for (labels, alert) in changes.alerts {
        match alert {
            Some(alert) => drop(alerts.insert(labels, alert)),
            None => drop(alerts.remove(&labels)),
        }
    }
}

#[cfg(test)]
mod tests;
