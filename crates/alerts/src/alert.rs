//! An alert as it arrives, and the two clocks that every step is given.
//! Merging follows Alertmanager 0.34 `types.Alert.Merge`: earliest start, latest texts.

use model::{Labels, Timestamp};
use std::time::Duration;

/// Both clocks at one moment: wall time for what is told, monotonic time for timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Wall clock; may jump.
    pub wall: Timestamp,
    /// Time since the process started; never goes back.
    pub monotonic: Duration,
}

/// An alert; its label set is its identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Identity.
    pub labels: Labels,
    /// Texts for people.
    pub annotations: Vec<(String, String)>,
    /// When it began.
    pub starts_at: Timestamp,
    /// When it ended or, in the future, when it ends unless it arrives again.
    pub ends_at: Timestamp,
    /// Where to look further.
    pub generator_url: String,
}

impl Alert {
    /// Has it ended at this time?
    pub fn is_resolved_at(&self, now: Timestamp) -> bool {
        self.ends_at <= now
    }

    /// The stored alert after a newer message about it.
    ///
    /// Spans that overlap are one occurrence and keep the earlier start; others replace it.
    pub(crate) fn merged_with(&self, newer: Self) -> Self {
        let overlap = newer.starts_at <= self.ends_at && newer.ends_at >= self.starts_at;
        if !overlap {
            return newer;
        }
        Self { starts_at: self.starts_at.min(newer.starts_at), ..newer }
    }
}
