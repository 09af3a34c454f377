//! A message about real alerts, as it would be told now or could have been told: templates are
//! tried on it.

use super::{Dispatcher, Timestamp};
use crate::alert::StoredAlert;
use crate::group::told_in_order;
use crate::notification::{Notification, Reason};
use crate::route::group_labels;
use model::Matcher;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Alerts of a sample at most.
const ALERTS_MAX: usize = 1000;

/// Which alerts a sample is wanted of.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// On their labels.
    pub matchers: &'a [Matcher],
    /// The alert with this fingerprint.
    pub fingerprint: Option<u64>,
    /// Name of the receiver; else the first one that is told of the alert.
    pub receiver: Option<&'a str>,
}

impl Dispatcher {
    /// A message about the last alert that is wanted, with the others that are wanted, belong to
    /// the same group and were there at the same time; alerts that fire come before those that
    /// have ended. `None`: no such alert is known, or its receiver does not hear of it.
    pub fn sample(&self, now: Timestamp, sample: &Sample<'_>) -> Option<Notification> {
        let all = self.alerts.values().chain(self.past.iter());
        let is_wanted = |stored: &&Arc<StoredAlert>| {
            let labels = &stored.alert.labels;
            sample.fingerprint.is_none_or(|wanted| wanted == stored.fingerprint)
                && sample.matchers.iter().all(|matcher| matcher.matches_labels(labels))
        };
        let leaf_of = |stored: &StoredAlert| {
            let mut leaves = self.tree.leaves(&stored.alert.labels).into_iter();
            let is_told = |leaf: &usize| {
                sample.receiver.is_none_or(|name| *self.tree.node(*leaf).receiver == *name)
            };
            leaves.find(is_told)
        };
        let wanted: Vec<(usize, &Arc<StoredAlert>)> =
            all.filter(is_wanted).filter_map(|stored| Some((leaf_of(stored)?, stored))).collect();
        let (leaf, newest) = wanted.iter().copied().max_by_key(|(_, stored)| {
            let alert = &stored.alert;
            let fires = !alert.is_resolved_at(now);
            (fires, if fires { alert.starts_at } else { alert.ends_at }, stored.fingerprint)
        })?;
        let node = self.tree.node(leaf);
        let labels = group_labels(&node.group_by, &newest.alert.labels);
        let belongs = |other: &StoredAlert| {
            let (a, b) = (&newest.alert, &other.alert);
            let overlap = a.starts_at <= b.ends_at && b.starts_at <= a.ends_at;
            overlap && group_labels(&node.group_by, &b.labels) == labels
        };
        let told = wanted.into_iter().filter(|(place, stored)| *place == leaf && belongs(stored));
        let told = told.map(|(_, stored)| stored).take(ALERTS_MAX);
        let alerts = told_in_order(told, |stored| !stored.alert.is_resolved_at(now));
        let fires = alerts.iter().any(|alert| alert.firing);
        Some(Notification {
            receiver: node.receiver.to_string(),
            integration: 0,
            group_key: format!("{}:{labels}", node.key),
            group_labels: labels,
            alerts,
            reason: if fires { Reason::FirstNotification } else { Reason::AllAlertsResolved },
            route_labels: node.labels.clone(),
            now,
            receiver_data: BTreeMap::new(),
        })
    }
}
