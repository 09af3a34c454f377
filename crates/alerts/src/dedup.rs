//! Does an integration need to be told? The nine rows of Alertmanager's `DedupStage.needsUpdate`,
//! and two of our own for what upstream never tells: alerts that ended and fire again between two
//! flushes, and alerts that came and went between two flushes.
//! Unlike upstream the log entry is stamped with the flush's own time, so that a repeat interval
//! equal to a multiple of the group interval does not slip by one group interval.

use crate::alert_set::AlertSet;
use crate::change::{as_ms, as_pairs};
use crate::dispatch::Compat;
use crate::notification::Reason;
use model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What an integration was last told about a group.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct LogEntry {
    #[serde(with = "as_pairs")]
    pub(crate) firing: AlertSet,
    #[serde(with = "as_pairs")]
    pub(crate) resolved: AlertSet,
    /// Firing alerts of a message that was handed out and whose outcome is not known: the
    /// integration may know of them.
    #[serde(default, with = "as_pairs", skip_serializing_if = "AlertSet::is_empty")]
    pub(crate) underway: AlertSet,
    /// Time of the flush that told it; with [`Compat::Strict`] the time at which it was told.
    #[serde(with = "as_ms")]
    pub(crate) at: Timestamp,
    /// After this time the entry may be forgotten.
    #[serde(with = "as_ms")]
    pub(crate) expires_at: Timestamp,
    /// What the integration wants to know the next time.
    #[serde(default)]
    pub(crate) receiver_data: BTreeMap<String, String>,
}

impl LogEntry {
    /// Does the integration take an alert for firing, as far as we know?
    pub(crate) fn may_fire(&self, alert: u64) -> bool {
        self.firing.contains(alert) || self.underway.contains(alert)
    }
}

/// The alerts of a group that may be told at a flush.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Snapshot {
    pub(crate) firing: AlertSet,
    pub(crate) resolved: AlertSet,
}

/// What the decision depends on besides the alerts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) now: Timestamp,
    pub(crate) repeat_interval: Duration,
    pub(crate) send_resolved: bool,
    pub(crate) compat: Compat,
}

/// The first row of the table that applies; `None`: there is nothing to say. Of alerts that are
/// muted there are no news.
pub(crate) fn decide(
    entry: Option<&LogEntry>,
    news: &Snapshot,
    is_muted: impl Fn(u64) -> bool,
    terms: Terms,
) -> Option<Reason> {
    let improved = terms.compat == Compat::Improved;
    let Some(entry) = entry else {
        if !news.firing.is_empty() {
            return Some(Reason::FirstNotification);
        }
        let unheard = improved && terms.send_resolved && !news.resolved.is_empty();
        return unheard.then_some(Reason::ResolvedUnheard);
    };
    if !news.firing.alerts().all(|alert| entry.firing.contains(alert)) {
        let known = !entry.firing.is_empty();
        return Some(if known { Reason::NewAlertsAdded } else { Reason::FirstNotification });
    }
    let mut told = entry.firing.alerts().chain(entry.underway.alerts());
    if news.firing.is_empty() && told.any(|alert| !is_muted(alert)) {
        return Some(Reason::AllAlertsResolved);
    }
    if improved && news.firing.iter().any(|(alert, began)| Some(began) > entry.firing.get(alert)) {
        return Some(Reason::FiringAgain);
    }
    if news.firing.is_empty() {
        let heard = |(alert, began): (u64, Timestamp)| entry.resolved.get(alert) == Some(began);
        let unheard = improved && terms.send_resolved && !news.resolved.iter().all(heard);
        return unheard.then_some(Reason::ResolvedUnheard);
    }
    if terms.send_resolved && !news.resolved.alerts().all(|alert| entry.resolved.contains(alert)) {
        return Some(Reason::SomeAlertsResolved);
    }
    let due = entry.at.saturating_add(terms.repeat_interval);
    let repeats = if improved { due <= terms.now } else { due < terms.now };
    repeats.then_some(Reason::RepeatIntervalElapsed)
}

#[cfg(test)]
mod tests;
