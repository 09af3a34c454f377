//! What people and tools see: alerts with their state, groups, silences, decisions.
//! Source of the shapes: Alertmanager 0.34 `api/v2`.

use super::{Dispatcher, Timestamp};
use crate::alert::{Alert, KeptAlert, StoredAlert};
use crate::history::{Decision, Verdict};
use crate::route::RouteView;
use crate::silence::{Silence, SilenceState};
use model::{Labels, Matcher};
use std::sync::Arc;
use std::time::Duration;

/// Does an alert reach its receivers?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertState {
    /// Nobody has decided yet.
    Unprocessed,
    /// It does.
    Active,
    /// A silence or another alert mutes it.
    Suppressed,
}

impl AlertState {
    /// The name in Alertmanager's API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unprocessed => "unprocessed",
            Self::Active => "active",
            Self::Suppressed => "suppressed",
        }
    }
}

/// An alert as the API shows it.
#[derive(Clone, Debug)]
pub struct AlertStatus {
    /// The alert.
    pub alert: KeptAlert,
    /// Identity as a number.
    pub fingerprint: u64,
    /// Names of the receivers that it is routed to.
    pub receivers: Vec<Arc<str>>,
    /// Does it reach them?
    pub state: AlertState,
    /// Identities of the silences that mute it.
    pub silenced_by: Vec<String>,
    /// Fingerprints of the alerts that inhibit it.
    pub inhibited_by: Vec<u64>,
    /// Time intervals that mute its routes; in a group, that of the group.
    pub muted_by: Vec<String>,
}

/// Which alerts somebody wants to see.
#[derive(Clone, Copy)]
pub struct AlertSelection<'a> {
    /// On their labels.
    pub matchers: &'a [Matcher],
    /// What must hold besides.
    pub keeps: &'a dyn Fn(&AlertStatus) -> bool,
    /// Only those with a greater fingerprint: where the next page begins.
    pub after: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl<'a> AlertSelection<'a> {
    /// All that match.
    pub fn matching(matchers: &'a [Matcher]) -> Self {
        Self { matchers, keeps: &|_| true, after: None, limit: usize::MAX }
    }
}

/// A group as the API shows it.
#[derive(Clone, Debug)]
pub struct GroupStatus {
    /// Name of its receiver.
    pub receiver: Arc<str>,
    /// Labels by which it was formed.
    pub labels: Labels,
    /// Its alerts.
    pub alerts: Vec<AlertStatus>,
}

impl Dispatcher {
    /// Alerts that have not ended and are selected, by fingerprint. What becomes of an alert is
    /// found out only for those that are looked at: a page costs little however many there are.
    pub fn alerts(&self, now: Timestamp, selection: &AlertSelection<'_>) -> Vec<AlertStatus> {
        let comes_after = |stored: &&Arc<StoredAlert>| {
            selection.after.is_none_or(|after| stored.fingerprint > after)
        };
        let firing = self.alerts.values().filter(|a| fires(a, now, selection.matchers));
        let mut stored: Vec<&Arc<StoredAlert>> = firing.filter(comes_after).collect();
        stored.sort_unstable_by_key(|stored| stored.fingerprint);
        let statuses = stored.into_iter().map(|stored| self.status(stored, now));
        statuses.filter(selection.keeps).take(selection.limit).collect()
    }

    /// Alerts that have not ended, in no order.
    pub fn firing(&self, now: Timestamp) -> impl Iterator<Item = &Alert> {
        self.alerts.values().map(|stored| &stored.alert).filter(move |a| !a.is_resolved_at(now))
    }

    /// Groups with alerts that have not ended and match, by labels and receiver.
    pub fn groups(&self, now: Timestamp, matchers: &[Matcher]) -> Vec<GroupStatus> {
        let mut groups: Vec<GroupStatus> = Vec::new();
        for group in self.groups.values() {
            let firing = group.alerts.values().filter(|stored| fires(stored, now, matchers));
            let muted_by = self.muted_by(&[group.node], now);
            let mut alerts: Vec<AlertStatus> = firing
                .map(|stored| AlertStatus {
                    muted_by: muted_by.clone(),
                    ..self.status(stored, now)
                })
                .collect();
            alerts.sort_by_key(|status| status.fingerprint);
            if !alerts.is_empty() {
                let receiver = Arc::clone(&self.tree.node(group.node).receiver);
                groups.push(GroupStatus { receiver, labels: group.labels.clone(), alerts });
            }
        }
        groups.sort_by(|a, b| (&a.labels, &a.receiver).cmp(&(&b.labels, &b.receiver)));
        groups
    }

    /// All silences that are kept, by identity.
    pub fn silences(&self) -> Vec<Silence> {
        self.silences.iter().cloned().collect()
    }

    /// The silence with this identity.
    pub fn silence(&self, id: &str) -> Option<Silence> {
        self.silences.get(id).cloned()
    }

    /// Silences that end within a time and mute alerts that fire: who made them may want to know.
    pub fn silences_ending(&self, now: Timestamp, within: Duration) -> Vec<Silence> {
        let soon = now.saturating_add(within);
        let ending = self.silences.iter().filter(|silence| {
            silence.state(now) == SilenceState::Active && silence.ends_at <= soon
        });
        let firing = self.alerts.values().filter(|stored| !stored.alert.is_resolved_at(now));
        let mutes =
            |silence: &&Silence| firing.clone().any(|stored| silence.matches(&stored.alert.labels));
        ending.filter(mutes).cloned().collect()
    }

    /// Names of all receivers, sorted.
    pub fn receivers(&self) -> Vec<String> {
        let mut names: Vec<String> = self.receivers.keys().cloned().collect();
        names.sort();
        names
    }

    /// Names of the receivers that would be told of an alert, in the order of the routes.
    pub fn receivers_of(&self, labels: &Labels) -> Vec<Arc<str>> {
        let leaves = self.tree.leaves(labels).into_iter();
        leaves.map(|leaf| Arc::clone(&self.tree.node(leaf).receiver)).collect()
    }

    /// All routes, parents before their children; with labels, the way of an alert that has them.
    pub fn routes(&self, labels: Option<&Labels>) -> Vec<RouteView> {
        self.tree.views(labels)
    }

    /// The last decisions, at most `count`, about alerts that match; oldest first.
    pub fn decisions(&self, matchers: &[Matcher], count: usize) -> Vec<Decision> {
        self.history.about(matchers, count)
    }

    fn status(&self, stored: &Arc<StoredAlert>, now: Timestamp) -> AlertStatus {
        let labels = &stored.alert.labels;
        let silenced_by = self.silenced_by(labels, now);
        let inhibited = self.inhibited_by(labels, now);
        let inhibited_by: Vec<u64> = inhibited.iter().map(crate::fingerprint).collect();
        let is_muted = !silenced_by.is_empty() || !inhibited_by.is_empty();
        let state = if is_muted { AlertState::Suppressed } else { AlertState::Active };
        let leaves = self.tree.leaves(labels);
        let receivers = leaves.iter().map(|&l| Arc::clone(&self.tree.node(l).receiver)).collect();
        AlertStatus {
            alert: KeptAlert(Arc::clone(stored)),
            fingerprint: stored.fingerprint,
            receivers,
            state,
            silenced_by,
            inhibited_by,
            muted_by: self.muted_by(&leaves, now),
        }
    }

    /// Names of the time intervals that mute these routes.
    fn muted_by(&self, leaves: &[usize], now: Timestamp) -> Vec<String> {
        let muting = leaves.iter().filter_map(|&leaf| {
            match self.interval_verdict(self.tree.node(leaf), now)? {
                Verdict::MutedByInterval { interval } => Some(vec![interval]),
                Verdict::OutsideActiveIntervals { intervals } => Some(intervals),
                _ => None,
            }
        });
        muting.flatten().collect()
    }
}

fn fires(stored: &StoredAlert, now: Timestamp, matchers: &[Matcher]) -> bool {
    let labels = &stored.alert.labels;
    !stored.alert.is_resolved_at(now) && matchers.iter().all(|m| m.matches_labels(labels))
}
