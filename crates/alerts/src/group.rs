//! A group of alerts with one timer: waits, flushes, and waits again.
//! Source: Alertmanager 0.34 `dispatch.aggrGroup`; timers run on monotonic time.

use crate::alert::{Alert, Moment};
use crate::dedup::{LogEntry, Snapshot};
use crate::notification::NotifiedAlert;
use crate::route::RouteOptions;
use model::{Labels, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One integration's share of a flush.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pending {
    pub(crate) integration: usize,
    pub(crate) snapshot: Snapshot,
    pub(crate) reason: crate::Reason,
    /// Flush time: becomes the time of the log entry.
    pub(crate) flushed_at: Duration,
    pub(crate) tries: u32,
    pub(crate) state: PendingState,
}

/// Where a pending delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PendingState {
    /// The shell is delivering under this ticket number.
    Underway(u64),
    /// To be tried again at this monotonic time.
    Waiting(Duration),
}

/// A group of alerts of one route.
#[derive(Clone, Debug)]
pub(crate) struct AlertGroup {
    pub(crate) options: RouteOptions,
    pub(crate) labels: Labels,
    pub(crate) alerts: BTreeMap<Labels, Alert>,
    pub(crate) next_flush: Duration,
    pub(crate) pending: Vec<Pending>,
    /// What each integration was last told.
    pub(crate) log: BTreeMap<usize, LogEntry>,
    /// Did an integration of the last flush give up?
    pub(crate) failed: bool,
}

impl AlertGroup {
    pub(crate) fn new(options: RouteOptions, labels: Labels, now: Moment) -> Self {
        let next_flush = now.monotonic + options.group_wait;
        Self {
            options,
            labels,
            alerts: BTreeMap::new(),
            next_flush,
            pending: Vec::new(),
            log: BTreeMap::new(),
            failed: false,
        }
    }

    pub(crate) fn snapshot(&self, now: Timestamp) -> Snapshot {
        let (resolved, firing) =
            self.alerts.values().partition::<Vec<&Alert>, _>(|alert| alert.is_resolved_at(now));
        let labels = |alerts: Vec<&Alert>| alerts.into_iter().map(|a| a.labels.clone()).collect();
        Snapshot { firing: labels(firing), resolved: labels(resolved) }
    }

    /// Alerts of a snapshot as the receiver sees them.
    pub(crate) fn notified(&self, snapshot: &Snapshot, send_resolved: bool) -> Vec<NotifiedAlert> {
        let wanted = |alert: &&Alert| {
            snapshot.firing.contains(&alert.labels)
                || (send_resolved && snapshot.resolved.contains(&alert.labels))
        };
        let alerts = self.alerts.values().filter(wanted);
        alerts.map(|alert| notified(alert, snapshot.firing.contains(&alert.labels))).collect()
    }

    /// After a change of the routing tree: what the same receiver was told about these alerts.
    pub(crate) fn remember(&mut self, old: &Self) {
        if old.options.receiver != self.options.receiver {
            return;
        }
        for (integration, entry) in &old.log {
            let shared = |set: &BTreeSet<Labels>| {
                set.iter().filter(|labels| self.alerts.contains_key(*labels)).cloned().collect()
            };
            let told = LogEntry {
                firing: shared(&entry.firing),
                resolved: shared(&entry.resolved),
                at: entry.at,
            };
            if told.firing.is_empty() && told.resolved.is_empty() {
                continue;
            }
            let known = self.log.entry(*integration).or_insert_with(|| told.clone());
            known.firing.extend(told.firing);
            known.resolved.extend(told.resolved);
            known.at = known.at.max(told.at);
        }
    }

    /// When the group wants to be stepped next.
    pub(crate) fn next_wake(&self) -> Duration {
        let retries = self.pending.iter().filter_map(|pending| match pending.state {
            PendingState::Waiting(until) => Some(until),
            PendingState::Underway(_) => None,
        });
        retries.chain([self.next_flush]).min().unwrap_or(self.next_flush)
    }

    /// After everything of a flush was delivered: forget what the receivers know has ended.
    pub(crate) fn forget_delivered(&mut self, now: Timestamp) {
        if !self.pending.is_empty() || self.failed {
            return;
        }
        let log = &self.log;
        self.alerts.retain(|labels, alert| {
            !alert.is_resolved_at(now) || log.values().any(|entry| entry.firing.contains(labels))
        });
    }

    /// Is there nothing left that anybody must be told?
    pub(crate) fn is_finished(&self) -> bool {
        self.alerts.is_empty() && self.pending.is_empty()
    }
}

fn notified(alert: &Alert, firing: bool) -> NotifiedAlert {
    NotifiedAlert {
        labels: alert.labels.clone(),
        annotations: alert.annotations.clone(),
        firing,
        starts_at: alert.starts_at,
        ends_at: (!firing).then_some(alert.ends_at),
        generator_url: alert.generator_url.clone(),
    }
}
