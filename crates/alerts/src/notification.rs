//! What a receiver is told: a group of alerts and the reason for telling it now.

use crate::texts::Texts;
use model::{Labels, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a notification is sent; the texts of the first five are Alertmanager's
/// `notification_reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing was sent for this group yet, or all was resolved.
    FirstNotification,
    /// The group has firing alerts that the receiver does not know.
    NewAlertsAdded,
    /// Nothing fires any more.
    AllAlertsResolved,
    /// Some alerts of the group ended.
    SomeAlertsResolved,
    /// The receiver is reminded.
    RepeatIntervalElapsed,
    /// An alert that the receiver knows as firing ended and fires again. Upstream says nothing.
    FiringAgain,
    /// Alerts came and went before anybody was told. Upstream says nothing.
    ResolvedUnheard,
}

impl Reason {
    /// The reason in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstNotification => "first notification",
            Self::NewAlertsAdded => "new alerts added",
            Self::AllAlertsResolved => "all alerts resolved",
            Self::SomeAlertsResolved => "some alerts resolved",
            Self::RepeatIntervalElapsed => "repeat interval elapsed",
            Self::FiringAgain => "alerts firing again",
            Self::ResolvedUnheard => "alerts resolved before they were notified",
        }
    }
}

/// An alert within a notification.
#[derive(Clone, Debug, PartialEq)]
pub struct NotifiedAlert {
    /// Identity.
    pub labels: Labels,
    /// Texts for people.
    pub annotations: Texts,
    /// Does it fire?
    pub firing: bool,
    /// When it began.
    pub starts_at: Timestamp,
    /// When it ended; `None` while it fires.
    pub ends_at: Option<Timestamp>,
    /// Where to look further.
    pub generator_url: Arc<str>,
}

/// A message for one receiver about one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// Name of the receiver.
    pub receiver: String,
    /// Which of the receiver's integrations, from 0.
    pub integration: usize,
    /// Identity of the group, in Alertmanager's notation.
    pub group_key: String,
    /// Labels by which the group was formed.
    pub group_labels: Labels,
    /// Alerts, firing ones and, if wanted, resolved ones, in the order of their labels.
    pub alerts: Vec<NotifiedAlert>,
    /// Why now.
    pub reason: Reason,
    /// Labels of the route, inherited from its parents.
    pub route_labels: BTreeMap<String, String>,
    /// Time of the flush.
    pub now: Timestamp,
    /// What this integration stored with its last delivery about this group; empty at first.
    pub receiver_data: BTreeMap<String, String>,
}

impl Notification {
    /// The same message with other alerts.
    pub fn with_alerts(&self, alerts: Vec<NotifiedAlert>) -> Self {
        Self {
            receiver: self.receiver.clone(),
            integration: self.integration,
            group_key: self.group_key.clone(),
            group_labels: self.group_labels.clone(),
            alerts,
            reason: self.reason,
            route_labels: self.route_labels.clone(),
            now: self.now,
            receiver_data: self.receiver_data.clone(),
        }
    }

    /// Does any alert fire?
    pub fn is_firing(&self) -> bool {
        self.alerts.iter().any(|alert| alert.firing)
    }

    /// Labels that all alerts share.
    pub fn common_labels(&self) -> Labels {
        let Some((first, rest)) = self.alerts.split_first() else { return Labels::empty() };
        Labels::from_sorted(
            first.labels.iter().filter(|(name, value)| {
                rest.iter().all(|alert| alert.labels.get(name) == Some(value))
            }),
        )
    }

    /// Annotations that all alerts share, in the order of their names.
    pub fn common_annotations(&self) -> Vec<(&str, &str)> {
        let Some((first, rest)) = self.alerts.split_first() else { return Vec::new() };
        let shared = |pair: &(&str, &str)| {
            rest.iter().all(|alert| alert.annotations.iter().any(|found| found == *pair))
        };
        let mut common: Vec<(&str, &str)> = first.annotations.iter().filter(shared).collect();
        common.sort_unstable();
        common
    }
}

#[cfg(test)]
mod tests;
