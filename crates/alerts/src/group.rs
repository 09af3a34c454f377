//! A group of alerts with one timer: waits, flushes, and waits again.
//! Source: Alertmanager 0.34 `dispatch.aggrGroup`.

use crate::alert::StoredAlert;
use crate::alert_set::AlertSet;
use crate::dedup::Snapshot;
use crate::history::Verdict;
use crate::notification::{NotifiedAlert, Reason};
use model::{Labels, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One integration's share of a flush.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pending {
    /// Place in the receiver's list.
    pub(crate) integration: usize,
    pub(crate) snapshot: Snapshot,
    /// Muted alerts of the group; the integration goes on to know what it knows of them.
    pub(crate) muted: Vec<u64>,
    pub(crate) reason: Reason,
    pub(crate) flushed_at: Timestamp,
    pub(crate) tries: u32,
    /// What went wrong at the last try.
    pub(crate) why: String,
    pub(crate) state: PendingState,
}

/// Where a pending delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PendingState {
    /// The shell is delivering under this ticket number.
    Underway(u64),
    /// To be tried again at this time.
    Waiting(Timestamp),
}

/// A group of alerts of one route.
#[derive(Clone, Debug)]
pub(crate) struct AlertGroup {
    /// Place of the route in the tree.
    pub(crate) node: usize,
    pub(crate) labels: Labels,
    /// Identity in Alertmanager's notation: `{}/{job="node"}:{instance="a"}`.
    pub(crate) key: Arc<str>,
    /// By fingerprint.
    pub(crate) alerts: BTreeMap<u64, Arc<StoredAlert>>,
    pub(crate) next_flush: Timestamp,
    pub(crate) has_flushed: bool,
    pub(crate) pending: Vec<Pending>,
    /// Did an integration of the last flush give up?
    pub(crate) failed: bool,
    /// Why alerts of the group were not told at the last flush, by fingerprint.
    pub(crate) mutes: BTreeMap<u64, Verdict>,
    /// Where the group stands in the timers.
    pub(crate) scheduled: Timestamp,
}

impl AlertGroup {
    pub(crate) fn new(node: usize, labels: Labels, key: Arc<str>, next_flush: Timestamp) -> Self {
        Self {
            node,
            labels,
            key,
            alerts: BTreeMap::new(),
            next_flush,
            has_flushed: false,
            pending: Vec::new(),
            failed: false,
            mutes: BTreeMap::new(),
            scheduled: next_flush,
        }
    }

    /// Alerts that may be told: those that are not muted, by whether they have ended.
    pub(crate) fn snapshot(&self, now: Timestamp) -> Snapshot {
        let audible = |stored: &&Arc<StoredAlert>| !self.mutes.contains_key(&stored.fingerprint);
        let of_those = |has_ended: bool| {
            let alerts = self.alerts.values().filter(audible);
            let alerts = alerts.filter(|stored| stored.alert.is_resolved_at(now) == has_ended);
            alerts.map(|stored| (stored.fingerprint, stored.occurrence)).collect()
        };
        Snapshot { firing: of_those(false), resolved: of_those(true) }
    }

    /// Alerts of a snapshot as the receiver sees them, in Alertmanager's order.
    pub(crate) fn notified(&self, snapshot: &Snapshot, send_resolved: bool) -> Vec<NotifiedAlert> {
        let wanted = |stored: &&Arc<StoredAlert>| {
            snapshot.firing.contains(stored.fingerprint)
                || (send_resolved && snapshot.resolved.contains(stored.fingerprint))
        };
        let fires = |stored: &StoredAlert| snapshot.firing.contains(stored.fingerprint);
        told_in_order(self.alerts.values().filter(wanted), fires)
    }

    /// When the group wants to be stepped next.
    pub(crate) fn next_wake(&self) -> Timestamp {
        let retries = self.pending.iter().filter_map(|pending| match pending.state {
            PendingState::Waiting(until) => Some(until),
            PendingState::Underway(_) => None,
        });
        retries.chain([self.next_flush]).min().unwrap_or(self.next_flush)
    }

    /// Is a delivery to an integration under way?
    pub(crate) fn is_underway(&self, integration: usize) -> bool {
        let underway = |p: &Pending| matches!(p.state, PendingState::Underway(_));
        self.pending.iter().any(|p| p.integration == integration && underway(p))
    }

    /// After everything of a flush was delivered: forgets ended alerts that no integration still
    /// takes for firing; gives them.
    pub(crate) fn forget_delivered(
        &mut self,
        now: Timestamp,
        is_told: impl Fn(u64) -> bool,
    ) -> Vec<Arc<StoredAlert>> {
        if !self.pending.is_empty() || self.failed || !self.has_flushed {
            return Vec::new();
        }
        let ended =
            |stored: &StoredAlert| stored.alert.is_resolved_at(now) && !is_told(stored.fingerprint);
        let gone = self.alerts.extract_if(.., |_, stored| ended(stored));
        let gone: Vec<Arc<StoredAlert>> = gone.map(|(_, stored)| stored).collect();
        for stored in &gone {
            self.mutes.remove(&stored.fingerprint);
        }
        gone
    }

    /// Is there nothing left that anybody must be told?
    pub(crate) fn is_finished(&self) -> bool {
        self.alerts.is_empty() && self.pending.is_empty()
    }

    /// Moves the timers with the wall clock.
    pub(crate) fn shift(&mut self, by_ms: i64) {
        let shifted = |at: Timestamp| Timestamp::from_ms(at.ms().saturating_add(by_ms));
        self.next_flush = shifted(self.next_flush);
        for pending in &mut self.pending {
            pending.flushed_at = shifted(pending.flushed_at);
            if let PendingState::Waiting(until) = &mut pending.state {
                *until = shifted(*until);
            }
        }
    }
}

/// What an integration knows after a delivery: the alerts that were told, and what it knew before
/// of those that are muted.
pub(crate) fn known_after(pending: &Pending, before: Option<&AlertSet>) -> AlertSet {
    let firing = &pending.snapshot.firing;
    let Some(before) = before else { return firing.clone() };
    let known = |alert: &u64| Some((*alert, before.get(*alert)?));
    firing.with(&pending.muted.iter().filter_map(known).collect())
}

/// Alerts as a receiver sees them, in Alertmanager's order.
pub(crate) fn told_in_order<'s>(
    alerts: impl Iterator<Item = &'s Arc<StoredAlert>>,
    fires: impl Fn(&StoredAlert) -> bool,
) -> Vec<NotifiedAlert> {
    let mut alerts: Vec<(ToldOrder<'_>, &StoredAlert)> =
        alerts.map(|stored| (ToldOrder::new(&stored.alert.labels), &**stored)).collect();
    alerts.sort_by(|(a, _), (b, _)| a.cmp(b));
    alerts.into_iter().map(|(_, stored)| notified(stored, fires(stored))).collect()
}

fn notified(stored: &StoredAlert, firing: bool) -> NotifiedAlert {
    let alert = &stored.alert;
    NotifiedAlert {
        labels: alert.labels.clone(),
        annotations: alert.annotations.clone(),
        firing,
        starts_at: alert.starts_at,
        ends_at: (!firing).then_some(alert.ends_at),
        generator_url: Arc::clone(&alert.generator_url),
    }
}

/// Alertmanager's order of the alerts of a message: by job, by instance, then fewer labels first,
/// then by labels; who lacks a job or an instance comes last.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ToldOrder<'a> {
    job: (bool, &'a str),
    instance: (bool, &'a str),
    count: usize,
    labels: &'a Labels,
}

impl<'a> ToldOrder<'a> {
    fn new(labels: &'a Labels) -> Self {
        let by_label = |name| {
            let value = labels.get(name);
            (value.is_none(), value.unwrap_or_default())
        };
        Self { job: by_label("job"), instance: by_label("instance"), count: labels.len(), labels }
    }
}
