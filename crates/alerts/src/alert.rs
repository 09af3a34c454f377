//! An alert as it arrives, as it is kept, and the two clocks that every step is given.
//! Merging follows Alertmanager 0.34 `types.Alert.Merge` and `provider/mem`: spans that overlap are
//! one occurrence with the earliest start and the latest texts.

use crate::change::{as_map, as_ms};
use crate::texts::Texts;
use model::{Labels, Timestamp};
use serde::{Deserialize, Serialize};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// Both clocks at one moment: wall time for what is told and for timers, monotonic time to notice
/// jumps of the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Wall clock; may jump.
    pub wall: Timestamp,
    /// Time since the process started; never goes back.
    pub monotonic: Duration,
}

/// An alert; its label set is its identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Identity.
    #[serde(with = "as_map")]
    pub labels: Labels,
    /// Texts for people.
    pub annotations: Texts,
    /// When it began.
    #[serde(with = "as_ms")]
    pub starts_at: Timestamp,
    /// When it ended or, in the future, when it ends unless it arrives again.
    #[serde(with = "as_ms")]
    pub ends_at: Timestamp,
    /// When it arrived last.
    #[serde(with = "as_ms")]
    pub updated_at: Timestamp,
    /// Where to look further.
    pub generator_url: Arc<str>,
    /// Was no end given, so that `ends_at` is only the time after which nobody cares any more?
    #[serde(default)]
    pub ends_by_timeout: bool,
}

impl Alert {
    /// Has it ended at this time?
    pub fn is_resolved_at(&self, now: Timestamp) -> bool {
        self.ends_at <= now
    }

    /// Identity as a number: see [`fingerprint`].
    pub fn fingerprint(&self) -> u64 {
        fingerprint(&self.labels)
    }

    /// The stored alert after another message about it; `now` tells who has ended. What is the same
    /// is kept as it lies in memory: decisions share the labels.
    fn merged_with(&self, newer: Self, now: Timestamp) -> Self {
        let newer = Self {
            labels: self.labels.clone(),
            annotations: shared(&self.annotations, newer.annotations),
            generator_url: shared(&self.generator_url, newer.generator_url),
            ..newer
        };
        let inside = |at: Timestamp| self.starts_at < at && at < self.ends_at;
        if !inside(newer.starts_at) && !inside(newer.ends_at) {
            return newer;
        }
        let starts_at = self.starts_at.min(newer.starts_at);
        let keeps_end = if newer.is_resolved_at(now) {
            self.is_resolved_at(now)
        } else {
            !self.ends_by_timeout
        };
        let later_end = keeps_end && self.ends_at > newer.ends_at;
        let ends_at = if later_end { self.ends_at } else { newer.ends_at };
        Self { starts_at, ends_at, ..newer }
    }
}

/// The known text when the new one is the same.
fn shared<T: Clone + PartialEq>(known: &T, new: T) -> T {
    if *known == new { known.clone() } else { new }
}

/// FNV-1a over the sorted labels, each text followed by 0xff (Prometheus `LabelSet.Fingerprint`).
pub fn fingerprint(labels: &Labels) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for (name, value) in labels.iter() {
        for byte in name.bytes().chain([0xff]).chain(value.bytes()).chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

/// An alert as it is kept, in one piece of memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredAlert {
    pub(crate) alert: Alert,
    /// Identity in the notification log.
    pub(crate) fingerprint: u64,
    /// When this occurrence arrived first: tells an alert that fires again from one that still
    /// does.
    #[serde(with = "as_ms")]
    pub(crate) occurrence: Timestamp,
    /// Was it written down that it has ended? Otherwise it gets a new lease after a restart.
    pub(crate) end_is_saved: bool,
}

impl StoredAlert {
    /// An alert that arrives for the first time.
    pub(crate) fn new(alert: Alert, now: Timestamp) -> Self {
        let fingerprint = alert.fingerprint();
        Self { alert, fingerprint, occurrence: now, end_is_saved: false }
    }

    /// What is kept after another message about the same alert.
    pub(crate) fn updated(&self, newer: Alert, now: Timestamp) -> Self {
        let alert = self.alert.merged_with(newer, now);
        let revived = self.alert.is_resolved_at(now) && !alert.is_resolved_at(now);
        let occurrence = if revived { now } else { self.occurrence };
        Self { alert, fingerprint: self.fingerprint, occurrence, end_is_saved: false }
    }

    /// Is the other one merely the same alert, still alive? Such news need not reach the disk.
    pub(crate) fn is_renewed_by(&self, newer: &Self, now: Timestamp) -> bool {
        let (old, new) = (&self.alert, &newer.alert);
        self.occurrence == newer.occurrence
            && !new.is_resolved_at(now)
            && old.starts_at == new.starts_at
            && old.annotations == new.annotations
            && old.generator_url == new.generator_url
    }
}

/// An alert that is kept, shared with those who keep it; reads as an [`Alert`].
#[derive(Clone, Debug)]
pub struct KeptAlert(pub(crate) Arc<StoredAlert>);

impl Deref for KeptAlert {
    type Target = Alert;

    fn deref(&self) -> &Alert {
        &self.0.alert
    }
}

#[cfg(test)]
mod tests;
