//! Another configuration: groups are formed anew, nothing that anybody was told is forgotten.

use super::{AlertGroup, Compat, Dispatcher, Moment, Settings, Timestamp, by_name};
use crate::change::{Change, Told, What};
use crate::dedup::LogEntry;
use crate::inhibit::Inhibitor;
use crate::route::{RouteError, Tree};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What integrations of a receiver know of all groups.
pub(super) type Knowledge = HashMap<Arc<str>, BTreeMap<String, Known>>;

/// What an integration knows of the alerts of all groups.
#[derive(Default)]
pub(super) struct Known {
    firing: BTreeMap<u64, Timestamp>,
    resolved: BTreeMap<u64, Timestamp>,
    /// Of messages whose outcome is not known.
    underway: BTreeMap<u64, Timestamp>,
    at: Timestamp,
    expires_at: Timestamp,
}

impl Known {
    fn learn(&mut self, entry: &LogEntry) {
        self.firing.extend(entry.firing.iter());
        self.resolved.extend(entry.resolved.iter());
        self.underway.extend(entry.underway.iter());
        self.at = self.at.max(entry.at);
        self.expires_at = self.expires_at.max(entry.expires_at);
    }

    /// As [`LogEntry::may_fire`].
    fn may_fire(&self, alert: u64) -> bool {
        self.firing.contains_key(&alert) || self.underway.contains_key(&alert)
    }

    /// As far as it is about the alerts of a group.
    fn about(&self, group: &AlertGroup) -> LogEntry {
        let of_group = |known: &BTreeMap<u64, Timestamp>| {
            let alerts = group.alerts.keys();
            alerts.filter_map(|alert| Some((*alert, *known.get(alert)?))).collect()
        };
        LogEntry {
            firing: of_group(&self.firing),
            resolved: of_group(&self.resolved),
            underway: of_group(&self.underway),
            at: self.at,
            expires_at: self.expires_at,
            ..LogEntry::default()
        }
    }
}

impl Dispatcher {
    /// Works by another configuration from now on; what receivers were told is remembered (INV-52).
    ///
    /// Groups that flushed before flush again at once, as upstream. Deliveries under way are
    /// forgotten: at worst one message is sent twice. Fails without any effect when the tree names
    /// unknown receivers or intervals.
    pub fn reroute(&mut self, now: Moment, settings: &Settings) -> Result<(), RouteError> {
        let has_interval = |name: &str| settings.time_intervals.contains_key(name);
        let tree = Tree::new(&settings.route, &settings.receivers, has_interval)?;
        let is_strict = settings.compat == Compat::Strict;
        let known = if is_strict { Knowledge::new() } else { self.knowledge() };
        let old_tree = std::mem::replace(&mut self.tree, tree);
        self.receivers = by_name(&settings.receivers);
        self.deliveries.retain(|receiver| self.receivers.contains_key(receiver));
        self.time_intervals.clone_from(&settings.time_intervals);
        self.compat = settings.compat;
        self.inhibitor = Inhibitor::new(&settings.inhibit_rules);
        self.underway.clear();
        self.timers.clear();
        self.group_ids.clear();
        let former: HashMap<(Arc<str>, Arc<str>), AlertGroup> = std::mem::take(&mut self.groups)
            .into_values()
            .map(|group| {
                let receiver = Arc::clone(&old_tree.node(group.node).receiver);
                ((Arc::clone(&group.key), receiver), group)
            })
            .collect();
        self.regroup(now.wall, &known);
        let ids: Vec<u64> = self.groups.keys().copied().collect();
        for id in ids {
            self.take_over(now.wall, id, &former, &known);
            self.schedule(id);
        }
        self.forget_groupless();
        Ok(())
    }

    /// Puts every alert into the groups of its routes; all groups are new. What has ended goes
    /// where a receiver takes it for firing, also by what it was told of another group.
    pub(super) fn regroup(&mut self, now: Timestamp, known: &Knowledge) {
        let stored: Vec<_> = self.alerts.values().cloned().collect();
        for stored in stored {
            let labels = &stored.alert.labels;
            self.inhibitor.note(labels);
            for leaf in self.tree.leaves(labels) {
                let node = self.tree.node(leaf);
                let mut told = known.get(&node.receiver).into_iter().flat_map(BTreeMap::values);
                let nothing_begins = &mut BTreeMap::new();
                if told.any(|known| known.may_fire(stored.fingerprint)) {
                    let place = self.place_of(leaf, labels);
                    self.put_there(now, place, &stored, false, nothing_begins);
                } else {
                    self.put(now, leaf, &stored, false, nothing_begins);
                }
            }
        }
    }

    /// What the integrations of each receiver know, whichever group it was about.
    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::new();
        for group in self.groups.values() {
            let receiver = &self.tree.node(group.node).receiver;
            let entries = self.log.get(&(Arc::clone(&group.key), Arc::clone(receiver)));
            for (integration, entry) in entries.into_iter().flatten() {
                let all = known.entry(Arc::clone(receiver)).or_default();
                all.entry(integration.clone()).or_default().learn(entry);
            }
        }
        known
    }

    /// A new group goes on where the former group with its key was, or else learns what its
    /// receiver was told of its alerts.
    fn take_over(
        &mut self,
        now: Timestamp,
        id: u64,
        former: &HashMap<(Arc<str>, Arc<str>), AlertGroup>,
        known: &Knowledge,
    ) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        let key = (Arc::clone(&group.key), Arc::clone(&self.tree.node(group.node).receiver));
        if let Some(former) = former.get(&key) {
            group.has_flushed = former.has_flushed;
            group.next_flush = if former.has_flushed { now } else { former.next_flush };
            return;
        }
        for (integration, all) in known.get(&key.1).into_iter().flatten() {
            let entry = all.about(group);
            let entries = self.log.entry(key.clone()).or_default();
            let says_nothing =
                entry.firing.is_empty() && entry.resolved.is_empty() && entry.underway.is_empty();
            if says_nothing || entries.contains_key(integration) {
                continue;
            }
            entries.insert(integration.clone(), entry.clone());
            let (group_key, receiver) = key.clone();
            let integration = integration.clone();
            let told = Told { group_key, receiver, integration, entry };
            self.changes.push(Change(What::Told(Box::new(told))));
        }
    }
}
