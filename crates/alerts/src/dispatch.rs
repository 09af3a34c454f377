//! The dispatcher: takes alerts and outcomes, flushes groups when their timers run out.
//! One owner, one `step`; the shell delivers what `Effect::Notify` asks for and reports back.
//! INV-51: two notifications of one group to one integration are never under way at once.
//! INV-52: an end is told as long as the receiver was told of the beginning.

use crate::alert::{Alert, Moment};
use crate::dedup::{LogEntry, Snapshot, decide};
use crate::group::{AlertGroup, Pending, PendingState};
use crate::notification::Notification;
use crate::retry::back_off;
use crate::route::{Leaf, Receiver, Route, RouteError, RouteOptions};
use model::{Labels, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// Alerts kept at most; further new ones are refused and counted.
const ALERTS_MAX: usize = 100_000;
/// Wall and monotonic clocks may drift this far apart between steps before it is a jump.
const JUMP_TOLERANCE_MS: i64 = 10_000;

/// Names a delivery between [`Effect::Notify`] and [`Event::Delivered`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(u64);

/// Outcome of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver has it.
    Accepted,
    /// It may work later (connection refused, 5xx, 429).
    Retry {
        /// When the receiver asked to be tried again.
        after: Option<Duration>,
    },
    /// It will never work like this (other 4xx, bad address).
    Refused,
}

/// What happens to the dispatcher.
#[derive(Clone, Debug)]
pub enum Event {
    /// Alerts arrived.
    Alerts(Vec<Alert>),
    /// A delivery ended.
    Delivered(Ticket, Delivery),
    /// Time passed.
    Tick,
}

/// What the shell must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Deliver and report with [`Event::Delivered`].
    Notify {
        /// To be returned with the outcome.
        ticket: Ticket,
        /// The message.
        notification: Notification,
        /// How long the delivery may take.
        timeout: Duration,
    },
    /// An integration will not be tried again before the group's next flush.
    GaveUp {
        /// Name of the receiver.
        receiver: String,
        /// Identity of the group.
        group_key: String,
    },
}

/// Counters since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DispatcherStats {
    /// Alerts held now.
    pub alerts: usize,
    /// Groups held now.
    pub groups: usize,
    /// Alerts refused because too many are held.
    pub refused_alerts: u64,
    /// Deliveries accepted by receivers.
    pub accepted: u64,
    /// Deliveries that failed and were or will be tried again.
    pub retried: u64,
    /// Deliveries given up.
    pub refused: u64,
}

/// Key of the route and labels by which it groups.
type GroupKey = (String, Labels);

/// Routes, groups and their timers.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    root: Route,
    /// By name: for each integration, does it want to hear of ends?
    receivers: BTreeMap<String, Vec<bool>>,
    groups: BTreeMap<GroupKey, AlertGroup>,
    underway: BTreeMap<Ticket, GroupKey>,
    next_ticket: u64,
    last: Option<Moment>,
    stats: DispatcherStats,
}

impl Dispatcher {
    /// A dispatcher without alerts; fails when the tree names unknown receivers.
    pub fn new(root: Route, receivers: &[Receiver]) -> Result<Self, RouteError> {
        root.validate(receivers)?;
        Ok(Self {
            root,
            receivers: by_name(receivers),
            groups: BTreeMap::new(),
            underway: BTreeMap::new(),
            next_ticket: 0,
            last: None,
            stats: DispatcherStats::default(),
        })
    }

    /// Counters.
    pub fn stats(&self) -> DispatcherStats {
        let alerts = self.groups.values().map(|group| group.alerts.len()).sum();
        DispatcherStats { alerts, groups: self.groups.len(), ..self.stats }
    }

    /// Monotonic time of the next timer, if any runs.
    pub fn next_wake(&self) -> Option<Duration> {
        self.groups.values().map(AlertGroup::next_wake).min()
    }

    /// Routes by another tree from now on; what receivers were told is remembered (INV-52).
    ///
    /// Deliveries under way are forgotten: at worst one message is sent twice. Fails without any
    /// effect when the tree names unknown receivers.
    pub fn reroute(
        &mut self,
        now: Moment,
        root: Route,
        receivers: &[Receiver],
    ) -> Result<(), RouteError> {
        root.validate(receivers)?;
        self.root = root;
        self.receivers = by_name(receivers);
        self.underway.clear();
        let former = std::mem::take(&mut self.groups);
        for alert in former.values().flat_map(|group| group.alerts.values()) {
            for (key, options) in self.keys_of(&alert.labels) {
                let labels = key.1.clone();
                let new = || AlertGroup::new(options, labels, now);
                let group = self.groups.entry(key).or_insert_with(new);
                group.alerts.insert(alert.labels.clone(), alert.clone());
            }
        }
        for group in self.groups.values_mut() {
            for old in former.values() {
                group.remember(old);
            }
        }
        Ok(())
    }

    /// Takes one event, then does everything that is due.
    pub fn step(&mut self, now: Moment, event: Event, out: &mut Vec<Effect>) {
        self.notice_jump(now);
        match event {
            Event::Alerts(alerts) => self.take_all(now, &alerts),
            Event::Delivered(ticket, delivery) => self.delivered(now, ticket, &delivery, out),
            Event::Tick => {}
        }
        let keys: Vec<GroupKey> = self
            .groups
            .iter()
            .filter(|(_, group)| group.next_wake() <= now.monotonic)
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            self.wake(now, &key, out);
        }
    }

    /// A jump of the wall clock must not end alerts: their ends move along.
    fn notice_jump(&mut self, now: Moment) {
        if let Some(last) = self.last {
            let waited = now.monotonic.saturating_sub(last.monotonic).as_millis();
            let waited_ms = i64::try_from(waited).unwrap_or(i64::MAX);
            let jump_ms = now.wall.ms().saturating_sub(last.wall.ms()).saturating_sub(waited_ms);
            if jump_ms.saturating_abs() > JUMP_TOLERANCE_MS {
                self.shift_ends(last, jump_ms);
            }
        }
        self.last = Some(now);
    }

    fn shift_ends(&mut self, last: Moment, jump_ms: i64) {
        let alerts = self.groups.values_mut().flat_map(|group| group.alerts.values_mut());
        for alert in alerts.filter(|alert| !alert.is_resolved_at(last.wall)) {
            alert.ends_at = Timestamp::from_ms(alert.ends_at.ms().saturating_add(jump_ms));
        }
    }

    /// Groups an alert belongs to, with the options they are made with.
    fn keys_of(&self, labels: &Labels) -> Vec<(GroupKey, RouteOptions)> {
        let leaves = self.root.leaves(labels);
        assert!(!leaves.is_empty(), "INV-50: the root takes every alert");
        let key = |leaf: Leaf<'_>| {
            let group = leaf.options.group_by.group_labels(labels);
            ((leaf.key, group), leaf.options.clone())
        };
        leaves.into_iter().map(key).collect()
    }

    fn take_all(&mut self, now: Moment, alerts: &[Alert]) {
        let mut held = self.groups.values().map(|group| group.alerts.len()).sum();
        for alert in alerts {
            self.take(now, alert, &mut held);
        }
    }

    fn take(&mut self, now: Moment, alert: &Alert, held: &mut usize) {
        for (key, options) in self.keys_of(&alert.labels) {
            let known = self.groups.get(&key).is_some_and(|g| g.alerts.contains_key(&alert.labels));
            if !known && *held >= ALERTS_MAX {
                self.stats.refused_alerts += 1;
                continue;
            }
            if !known && alert.is_resolved_at(now.wall) {
                continue; // The end of something nobody was told of.
            }
            *held += usize::from(!known);
            let labels = key.1.clone();
            let group =
                self.groups.entry(key).or_insert_with(|| AlertGroup::new(options, labels, now));
            let stored = group.alerts.get(&alert.labels);
            let merged = stored.map_or_else(|| alert.clone(), |s| s.merged_with(alert.clone()));
            group.alerts.insert(alert.labels.clone(), merged);
        }
    }

    fn wake(&mut self, now: Moment, key: &GroupKey, out: &mut Vec<Effect>) {
        let Some(mut group) = self.groups.remove(key) else { return };
        if group.next_flush <= now.monotonic {
            self.flush(now, &mut group);
        }
        self.send_due(now, key, &mut group, out);
        self.put_back(now, key, group);
    }

    /// Timer ran out: decide for each integration whether it needs to be told.
    fn flush(&mut self, now: Moment, group: &mut AlertGroup) {
        group.next_flush = now.monotonic + group.options.group_interval;
        group.failed = false;
        let snapshot = group.snapshot(now.wall);
        let integrations = self.receivers.get(&group.options.receiver).map_or(&[][..], |r| r);
        for (integration, send_resolved) in integrations.iter().enumerate() {
            // INV-51: what is still under way finishes first; what waits is replaced by newer news.
            let underway = |p: &Pending| matches!(p.state, PendingState::Underway(_));
            if group.pending.iter().any(|p| p.integration == integration && underway(p)) {
                group.failed = true;
                continue;
            }
            group.pending.retain(|pending| pending.integration != integration);
            let entry = group.log.get(&integration);
            let repeat = group.options.repeat_interval;
            let reason = decide(entry, &snapshot, now.monotonic, repeat, *send_resolved);
            let Some(reason) = reason else { continue };
            group.pending.push(Pending {
                integration,
                snapshot: snapshot.clone(),
                reason,
                flushed_at: now.monotonic,
                tries: 0,
                state: PendingState::Waiting(now.monotonic),
            });
        }
    }

    fn send_due(
        &mut self,
        now: Moment,
        key: &GroupKey,
        group: &mut AlertGroup,
        out: &mut Vec<Effect>,
    ) {
        let mut silent = Vec::new();
        for index in 0..group.pending.len() {
            let PendingState::Waiting(until) = group.pending[index].state else { continue };
            if until > now.monotonic {
                continue;
            }
            let pending = &group.pending[index];
            let send_resolved = self.wants_resolved(group, pending.integration);
            let alerts = group.notified(&pending.snapshot, send_resolved);
            if alerts.is_empty() {
                silent.push(pending.integration); // Only ends, and nobody asked for ends.
                continue;
            }
            let notification = Notification {
                receiver: group.options.receiver.clone(),
                integration: pending.integration,
                group_key: shown(key),
                group_labels: group.labels.clone(),
                alerts,
                reason: pending.reason,
            };
            let ticket = Ticket(self.next_ticket);
            self.next_ticket += 1;
            self.underway.insert(ticket, key.clone());
            group.pending[index].state = PendingState::Underway(ticket.0);
            let timeout = group.options.group_interval.max(Duration::from_secs(10));
            out.push(Effect::Notify { ticket, notification, timeout });
        }
        for integration in silent {
            record(group, integration);
        }
    }

    fn wants_resolved(&self, group: &AlertGroup, integration: usize) -> bool {
        let integrations = self.receivers.get(&group.options.receiver);
        integrations.and_then(|list| list.get(integration)).copied().unwrap_or(false)
    }

    fn delivered(
        &mut self,
        now: Moment,
        ticket: Ticket,
        delivery: &Delivery,
        out: &mut Vec<Effect>,
    ) {
        let Some(key) = self.underway.remove(&ticket) else { return };
        let Some(mut group) = self.groups.remove(&key) else { return };
        let position =
            group.pending.iter().position(|p| p.state == PendingState::Underway(ticket.0));
        if let Some(index) = position {
            let integration = group.pending[index].integration;
            match delivery {
                Delivery::Accepted => {
                    self.stats.accepted += 1;
                    record(&mut group, integration);
                }
                Delivery::Retry { after } => {
                    self.stats.retried += 1;
                    let pending = &mut group.pending[index];
                    pending.tries += 1;
                    let wait = back_off(pending.tries, *after);
                    pending.state = PendingState::Waiting(now.monotonic + wait);
                }
                Delivery::Refused => {
                    self.stats.refused += 1;
                    group.failed = true;
                    group.pending.remove(index);
                    let receiver = group.options.receiver.clone();
                    out.push(Effect::GaveUp { receiver, group_key: shown(&key) });
                }
            }
        }
        self.put_back(now, &key, group);
    }

    fn put_back(&mut self, now: Moment, key: &GroupKey, mut group: AlertGroup) {
        group.forget_delivered(now.wall);
        if !group.is_finished() {
            self.groups.insert(key.clone(), group);
        }
    }
}

/// Which ends each receiver's integrations want to hear of.
fn by_name(receivers: &[Receiver]) -> BTreeMap<String, Vec<bool>> {
    receivers.iter().map(|r| (r.name.clone(), r.send_resolved.clone())).collect()
}

/// A group's identity in Alertmanager's notation: `{}/{job="node"}:{instance="a"}`.
fn shown((route, labels): &GroupKey) -> String {
    format!("{route}:{labels}")
}

/// The integration knows the snapshot now.
fn record(group: &mut AlertGroup, integration: usize) {
    let Some(index) = group.pending.iter().position(|p| p.integration == integration) else {
        return;
    };
    let Pending { snapshot: Snapshot { firing, resolved }, flushed_at, .. } =
        group.pending.remove(index);
    group.log.insert(integration, LogEntry { firing, resolved, at: flushed_at });
}

#[cfg(test)]
mod tests;
