//! A timer ran out: which alerts are muted, who must be told of the others, and why.

use super::{Compat, Dispatcher, Timestamp};
use crate::alert::StoredAlert;
use crate::change::{Change, What};
use crate::dedup::{LogEntry, Snapshot, Terms, decide};
use crate::group::{AlertGroup, Pending, PendingState};
use crate::history::Verdict;
use crate::interval;
use crate::notification::Reason;
use crate::route::Node;
use model::Labels;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Dispatcher {
    /// Decides for each integration whether it needs to be told.
    pub(super) fn flush(&mut self, now: Timestamp, group: &mut AlertGroup) {
        let node = self.tree.node(group.node).clone();
        group.next_flush = now.saturating_add(node.group_interval);
        group.has_flushed = true;
        group.failed = false;
        self.save_ends(now, group);
        self.mute(now, &node, group);
        let snapshot = group.snapshot(now);
        if snapshot == Snapshot::default() {
            group.pending.retain(|p| matches!(p.state, PendingState::Underway(_)));
            return;
        }
        let improved = self.compat == Compat::Improved;
        let integrations = self.receivers.get(&*node.receiver).map(|r| r.integrations.clone());
        for (index, integration) in integrations.unwrap_or_default().iter().enumerate() {
            // INV-51: what is still under way finishes first; what waits is replaced by newer news.
            if group.is_underway(index) {
                group.failed = true;
                continue;
            }
            if let Some(place) = group.pending.iter().position(|p| p.integration == index) {
                let failed = group.pending.remove(place);
                self.bury(now, group, &failed, &failed.why);
            }
            let entry = self.entry(group, &node, &integration.name);
            let is_muted = |alert| improved && group.mutes.contains_key(&alert);
            let terms = Terms {
                now,
                repeat_interval: node.repeat_interval,
                send_resolved: integration.send_resolved,
                compat: self.compat,
            };
            let Some(reason) = decide(entry, &snapshot, is_muted, terms) else { continue };
            group.pending.push(Pending {
                integration: index,
                snapshot: snapshot.clone(),
                muted: group.mutes.keys().copied().collect(),
                reason,
                flushed_at: now,
                tries: 0,
                why: String::new(),
                state: PendingState::Waiting(now),
            });
        }
        self.note_unheard(now, &node, group, &snapshot);
    }

    /// What an integration was told last about a group.
    pub(super) fn entry(
        &self,
        group: &AlertGroup,
        node: &Node,
        integration: &str,
    ) -> Option<&LogEntry> {
        self.log.get(&(Arc::clone(&group.key), Arc::clone(&node.receiver)))?.get(integration)
    }

    /// Alerts that ended because nobody renewed them: that too survives the process.
    fn save_ends(&mut self, now: Timestamp, group: &mut AlertGroup) {
        for stored in group.alerts.values_mut() {
            if stored.end_is_saved || !stored.alert.is_resolved_at(now) {
                continue;
            }
            Arc::make_mut(stored).end_is_saved = true;
            self.alerts.insert(Arc::clone(stored));
            self.changes.push(Change(What::Alert(Arc::clone(stored))));
        }
    }

    /// Finds out who is muted by what, and notes what is new of that.
    fn mute(&mut self, now: Timestamp, node: &Node, group: &mut AlertGroup) {
        let by_interval = self.interval_verdict(node, now);
        let mut mutes = BTreeMap::new();
        for stored in group.alerts.values() {
            let labels = &stored.alert.labels;
            let inhibited = self.inhibited_by(labels, now);
            let verdict = if !inhibited.is_empty() {
                Some(Verdict::Inhibited { by: inhibited })
            } else if by_interval.is_some() {
                by_interval.clone()
            } else {
                let by = self.silenced_by(labels, now);
                (!by.is_empty()).then_some(Verdict::Silenced { by })
            };
            let Some(verdict) = verdict else { continue };
            if group.mutes.get(&stored.fingerprint) != Some(&verdict) {
                let place = self.log_key(group);
                self.decide(now, place, std::slice::from_ref(stored), verdict.clone());
            }
            mutes.insert(stored.fingerprint, verdict);
        }
        group.mutes = mutes;
    }

    /// Firing alerts that inhibit this one.
    pub(super) fn inhibited_by(&self, labels: &Labels, now: Timestamp) -> Vec<Labels> {
        let fires = |labels: &Labels| {
            self.alerts.get(labels).is_some_and(|stored| !stored.alert.is_resolved_at(now))
        };
        self.inhibitor.inhibiting(labels, fires)
    }

    /// Do the time intervals of a route mute all of it?
    pub(super) fn interval_verdict(&self, node: &Node, now: Timestamp) -> Option<Verdict> {
        let active = &node.active_time_intervals;
        if !active.is_empty() && !active.iter().any(|name| self.holds(name, now)) {
            return Some(Verdict::OutsideActiveIntervals { intervals: active.clone() });
        }
        let muting = node.mute_time_intervals.iter().find(|name| self.holds(name, now))?;
        Some(Verdict::MutedByInterval { interval: muting.clone() })
    }

    /// Is it now within a time interval? An unknown one never holds.
    fn holds(&self, name: &str, now: Timestamp) -> bool {
        let intervals = self.time_intervals.get(name).into_iter().flatten();
        intervals.into_iter().any(|interval| interval::contains(interval, now))
    }

    /// Identities of the silences that mute an alert.
    pub(super) fn silenced_by(&self, labels: &Labels, now: Timestamp) -> Vec<String> {
        let holds = |name: &str| self.holds(name, now);
        self.silences.muting(labels, now, &holds).map(str::to_owned).collect()
    }

    /// Notes alerts that came and went, and of which nobody is told.
    fn note_unheard(
        &mut self,
        now: Timestamp,
        node: &Node,
        group: &AlertGroup,
        snapshot: &Snapshot,
    ) {
        let entries = self.log.get(&(Arc::clone(&group.key), Arc::clone(&node.receiver)));
        let is_heard = |alert: u64, began: Timestamp| {
            group.pending.iter().any(|p| p.snapshot.resolved.contains(alert))
                || entries
                    .into_iter()
                    .flat_map(BTreeMap::values)
                    .any(|entry| entry.may_fire(alert) || entry.resolved.get(alert) == Some(began))
        };
        let unheard = |fingerprint: u64| {
            snapshot.resolved.get(fingerprint).is_some_and(|began| !is_heard(fingerprint, began))
        };
        let stored = group.alerts.values().filter(|stored| unheard(stored.fingerprint));
        let alerts: Vec<Arc<StoredAlert>> = stored.cloned().collect();
        if !alerts.is_empty() {
            self.decide(now, self.log_key(group), &alerts, Verdict::ResolvedUnheard);
        }
    }

    /// Notes what became of the alerts of a pending delivery.
    pub(super) fn note_delivery(
        &mut self,
        now: Timestamp,
        group: &AlertGroup,
        pending: &Pending,
        verdict: Verdict,
    ) {
        let told = |stored: &&Arc<StoredAlert>| {
            let Snapshot { firing, resolved } = &pending.snapshot;
            firing.contains(stored.fingerprint) || resolved.contains(stored.fingerprint)
        };
        let alerts: Vec<Arc<StoredAlert>> = group.alerts.values().filter(told).cloned().collect();
        self.decide(now, self.log_key(group), &alerts, verdict);
    }

    /// A reason in words for the log of decisions.
    pub(super) fn sent(integration: &str, reason: Reason) -> Verdict {
        Verdict::Sent { integration: integration.to_owned(), reason }
    }
}
