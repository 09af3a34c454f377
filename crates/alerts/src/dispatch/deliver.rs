//! Hands messages out, takes outcomes in, and keeps the notification log.

use super::{AlertGroup, Compat, Delivery, Dispatcher, Effect, Ticket, Timestamp};
use crate::alert_set::AlertSet;
use crate::change::{Change, Told, What};
use crate::dedup::LogEntry;
use crate::group::{Pending, PendingState, known_after};
use crate::history::Verdict;
use crate::notification::Notification;
use crate::retry::back_off;
use crate::route::Integration;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Log entries are kept at most this long without being renewed, once their group is gone.
const LOG_RETENTION: Duration = Duration::from_hours(120);
/// A delivery may take at least this long, however short the group interval is.
pub(super) const TIMEOUT_MIN: Duration = Duration::from_secs(10);

impl Dispatcher {
    /// A group's timer ran out: flush it if that is due, and send what waits.
    pub(super) fn wake(&mut self, now: Timestamp, id: u64, out: &mut Vec<Effect>) {
        let Some(mut group) = self.groups.remove(&id) else { return };
        if group.next_flush <= now {
            self.flush(now, &mut group);
        }
        self.send_due(now, id, &mut group, out);
        self.put_back(now, id, group);
    }

    fn send_due(&mut self, now: Timestamp, id: u64, group: &mut AlertGroup, out: &mut Vec<Effect>) {
        let mut silent = Vec::new();
        for index in 0..group.pending.len() {
            let pending = &group.pending[index];
            let PendingState::Waiting(until) = pending.state else { continue };
            if until > now {
                continue;
            }
            let integration = self.integration(group, pending.integration);
            let send_resolved = integration.as_ref().is_some_and(|i| i.send_resolved);
            let notification = self.notification(group, pending, send_resolved);
            if notification.alerts.is_empty() {
                silent.push(pending.integration); // Only ends, and nobody asked for ends.
                continue;
            }
            let name = integration.map(|integration| integration.name).unwrap_or_default();
            let timeout = self.tree.node(group.node).group_interval.max(TIMEOUT_MIN);
            let firing = pending.snapshot.firing.clone();
            self.note_underway(now, group, &name, &firing);
            let ticket = Ticket(self.next_ticket);
            self.next_ticket += 1;
            self.underway.insert(ticket, id);
            group.pending[index].state = PendingState::Underway(ticket.0);
            out.push(Effect::Notify { ticket, notification: Box::new(notification), timeout });
        }
        for integration in silent {
            self.record(now, group, integration, None);
        }
    }

    /// What an integration is told.
    pub(super) fn notification(
        &self,
        group: &AlertGroup,
        pending: &Pending,
        send_resolved: bool,
    ) -> Notification {
        let node = self.tree.node(group.node);
        let name = self.integration(group, pending.integration).map(|one| one.name);
        let entry = self.entry(group, node, &name.unwrap_or_default());
        Notification {
            receiver: node.receiver.to_string(),
            integration: pending.integration,
            group_key: group.key.to_string(),
            group_labels: group.labels.clone(),
            alerts: group.notified(&pending.snapshot, send_resolved),
            reason: pending.reason,
            route_labels: node.labels.clone(),
            now: pending.flushed_at,
            receiver_data: entry.map(|e| e.receiver_data.clone()).unwrap_or_default(),
        }
    }

    /// Notes that an integration may hear of firing alerts, whatever becomes of the process.
    fn note_underway(&mut self, now: Timestamp, group: &AlertGroup, name: &str, firing: &AlertSet) {
        let node = self.tree.node(group.node);
        let mut entry = self.entry(group, node, name).cloned().unwrap_or_default();
        let lifetime = LOG_RETENTION.min(node.repeat_interval.saturating_mul(2));
        entry.expires_at = entry.expires_at.max(now.saturating_add(lifetime));
        entry.underway = entry.underway.with(firing);
        self.log_entry(group, name, entry);
    }

    /// Writes an entry into the notification log.
    fn log_entry(&mut self, group: &AlertGroup, name: &str, entry: LogEntry) {
        let receiver = Arc::clone(&self.tree.node(group.node).receiver);
        let group_key = Arc::clone(&group.key);
        self.changes.push(Change(What::Told(Box::new(Told {
            group_key: Arc::clone(&group_key),
            receiver: Arc::clone(&receiver),
            integration: name.to_owned(),
            entry: entry.clone(),
        }))));
        self.log.entry((group_key, receiver)).or_default().insert(name.to_owned(), entry);
    }

    pub(super) fn integration(&self, group: &AlertGroup, index: usize) -> Option<Integration> {
        let receiver = self.receivers.get(&*self.tree.node(group.node).receiver)?;
        receiver.integrations.get(index).cloned()
    }

    /// A delivery ended.
    pub(super) fn delivered(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        (delivery, why): (Delivery, &str),
        out: &mut Vec<Effect>,
    ) {
        if let Some(letter) = self.resent.remove(&ticket) {
            let is_accepted = matches!(delivery, Delivery::Accepted { .. });
            self.note_resent(now, &letter, (&delivery, why));
            self.resent(now, &letter, (!is_accepted).then_some(why));
            return;
        }
        let Some(id) = self.underway.remove(&ticket) else { return };
        let Some(mut group) = self.groups.remove(&id) else { return };
        let underway = PendingState::Underway(ticket.0);
        if let Some(index) = group.pending.iter().position(|p| p.state == underway) {
            let place = group.pending[index].integration;
            let integration = self.integration(&group, place).map(|i| i.name).unwrap_or_default();
            let receiver = &*self.tree.node(group.node).receiver;
            self.deliveries.note(now, (receiver, &integration), (&delivery, why));
            match delivery {
                Delivery::Accepted { receiver_data } => {
                    self.stats.accepted += 1;
                    self.forget_letter_of(&group, &integration);
                    self.record(now, &mut group, place, Some(receiver_data));
                }
                Delivery::Retry { after } => {
                    self.stats.retried += 1;
                    let mut pending = group.pending.remove(index);
                    pending.tries += 1;
                    let at = now.saturating_add(back_off(pending.tries, after));
                    pending.state = PendingState::Waiting(at);
                    why.clone_into(&mut pending.why);
                    if pending.tries == 1 {
                        let verdict = Verdict::Retried { integration, at };
                        self.note_delivery(now, &group, &pending, verdict);
                    }
                    group.pending.insert(index, pending);
                }
                Delivery::Refused => {
                    self.stats.refused += 1;
                    group.failed = true;
                    let pending = group.pending.remove(index);
                    self.bury(now, &group, &pending, why);
                    self.note_delivery(now, &group, &pending, Verdict::Refused { integration });
                    let receiver = self.tree.node(group.node).receiver.to_string();
                    out.push(Effect::GaveUp { receiver, group_key: group.key.to_string() });
                }
            }
        }
        self.put_back(now, id, group);
    }

    /// The integration knows the snapshot now; without `receiver_data` it did not want to hear it.
    fn record(
        &mut self,
        now: Timestamp,
        group: &mut AlertGroup,
        place: usize,
        receiver_data: Option<BTreeMap<String, String>>,
    ) {
        let Some(index) = group.pending.iter().position(|p| p.integration == place) else { return };
        let pending = group.pending.remove(index);
        let name = self.integration(group, place).map(|i| i.name).unwrap_or_default();
        let node = self.tree.node(group.node);
        let before = self.entry(group, node, &name);
        let strict = self.compat == Compat::Strict;
        let firing = if strict {
            pending.snapshot.firing.clone()
        } else {
            known_after(&pending, before.map(|entry| &entry.firing))
        };
        let at = if strict { now } else { pending.flushed_at };
        let kept = before.map(|entry| entry.receiver_data.clone()).unwrap_or_default();
        let lifetime = LOG_RETENTION.min(node.repeat_interval.saturating_mul(2));
        let is_muted = |(alert, _): &(u64, Timestamp)| !strict && pending.muted.contains(alert);
        let underway = before.into_iter().flat_map(|entry| entry.underway.iter());
        let underway = underway.filter(is_muted).collect();
        let verdict = if receiver_data.is_some() {
            Self::sent(&name, pending.reason)
        } else {
            Verdict::EndNotWanted { integration: name.clone() }
        };
        let entry = LogEntry {
            firing,
            underway,
            resolved: pending.snapshot.resolved.clone(),
            at,
            expires_at: at.saturating_add(lifetime),
            receiver_data: receiver_data.unwrap_or(kept),
        };
        self.note_delivery(now, group, &pending, verdict);
        self.log_entry(group, &name, entry);
    }

    fn put_back(&mut self, now: Timestamp, id: u64, mut group: AlertGroup) {
        let node = self.tree.node(group.node);
        let key = (Arc::clone(&group.key), Arc::clone(&node.receiver));
        let entries = self.log.get(&key);
        let integrations = self.receivers.get(&*node.receiver).map(|r| &r.integrations[..]);
        // INV-52, also for ends of alerts that are muted.
        let is_told = |alert: u64| {
            self.compat == Compat::Improved
                && integrations.into_iter().flatten().filter(|i| i.send_resolved).any(
                    |integration| {
                        let entry = entries.and_then(|entries| entries.get(&integration.name));
                        entry.is_some_and(|entry| entry.may_fire(alert))
                    },
                )
        };
        let gone = group.forget_delivered(now, is_told);
        if group.is_finished() {
            self.timers.remove(&(group.scheduled, id));
            let hash = self.group_ids.hash(group.node, &node.group_by, &group.labels);
            self.group_ids.remove(hash, id);
        } else {
            self.groups.insert(id, group);
            self.schedule(id);
        }
        for stored in gone {
            self.forget_unheld(stored);
        }
    }
}
