//! Dead letters: what an integration was to be told and was not, because it refused the message or
//! failed until the group's next turn. One for each group and integration, the last one; it goes
//! when that integration takes a message about the group.

use crate::change::{as_map, as_ms};
use crate::notification::{Notification, NotifiedAlert, Reason};
use crate::texts::Texts;
use model::{Labels, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Letters kept at most; the oldest goes first.
const LETTERS_MAX: usize = 1000;
/// Alerts that one letter repeats: about 500 KiB.
const ALERTS_MAX: usize = 1000;
/// Alerts that all letters repeat together: about 10 MiB.
const ALERTS_OF_ALL_MAX: usize = 20_000;
/// A letter is forgotten when nothing was tried for so long.
const RETENTION: Duration = Duration::from_hours(30 * 24);
/// Longest reason, in letters.
const WHY_CHARS_MAX: usize = 500;

/// A message that did not arrive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Names it; the same group and integration have the same name.
    pub id: String,
    /// Which way: `webhook[0]`.
    pub integration: String,
    /// What went wrong the last time, in words.
    pub why: String,
    /// When the integration first failed for this group.
    #[serde(with = "as_ms")]
    pub since: Timestamp,
    /// When it was given up last.
    #[serde(with = "as_ms")]
    pub at: Timestamp,
    /// How often it was given up.
    pub times: u32,
    /// Alerts that the message had and that are not repeated here.
    pub alerts_left_off: usize,
    message: Message,
}

/// A notification as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Message {
    receiver: String,
    place: usize,
    group_key: String,
    #[serde(with = "as_map")]
    group_labels: Labels,
    alerts: Vec<Told>,
    reason: Reason,
    route_labels: BTreeMap<String, String>,
    #[serde(with = "as_ms")]
    now: Timestamp,
    receiver_data: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Told {
    #[serde(with = "as_map")]
    labels: Labels,
    annotations: Texts,
    firing: bool,
    #[serde(with = "as_ms")]
    starts_at: Timestamp,
    ends_at_ms: Option<i64>,
    generator_url: Arc<str>,
}

impl DeadLetter {
    pub(crate) fn new(
        notification: Notification,
        integration: &str,
        why: &str,
        at: Timestamp,
    ) -> Self {
        let id = identity(&notification.receiver, integration, &notification.group_key);
        let alerts_left_off = notification.alerts.len().saturating_sub(ALERTS_MAX);
        Self {
            id,
            integration: integration.to_owned(),
            why: why.chars().take(WHY_CHARS_MAX).collect(),
            since: at,
            at,
            times: 1,
            alerts_left_off,
            message: Message::new(notification),
        }
    }

    /// Name of the receiver.
    pub fn receiver(&self) -> &str {
        &self.message.receiver
    }

    /// Identity of the group, in Alertmanager's notation.
    pub fn group_key(&self) -> &str {
        &self.message.group_key
    }

    /// Labels of the alerts, and whether they fired.
    pub fn alerts(&self) -> impl Iterator<Item = (&Labels, bool)> {
        self.message.alerts.iter().map(|alert| (&alert.labels, alert.firing))
    }

    /// The message as it was, for another try.
    pub(crate) fn notification(&self) -> Notification {
        self.message.clone().into()
    }
}

/// FNV-1a over the three names.
pub(crate) fn identity(receiver: &str, integration: &str, group_key: &str) -> String {
    let parts = [("receiver", receiver), ("integration", integration), ("group", group_key)];
    format!("{:016x}", crate::fingerprint(&Labels::from_pairs(parts)))
}

impl Message {
    fn new(notification: Notification) -> Self {
        let told = |alert: NotifiedAlert| Told {
            labels: alert.labels,
            annotations: alert.annotations,
            firing: alert.firing,
            starts_at: alert.starts_at,
            ends_at_ms: alert.ends_at.map(Timestamp::ms),
            generator_url: alert.generator_url,
        };
        Self {
            receiver: notification.receiver,
            place: notification.integration,
            group_key: notification.group_key,
            group_labels: notification.group_labels,
            alerts: notification.alerts.into_iter().take(ALERTS_MAX).map(told).collect(),
            reason: notification.reason,
            route_labels: notification.route_labels,
            now: notification.now,
            receiver_data: notification.receiver_data,
        }
    }
}

impl From<Message> for Notification {
    fn from(message: Message) -> Self {
        let alert = |told: Told| NotifiedAlert {
            labels: told.labels,
            annotations: told.annotations,
            firing: told.firing,
            starts_at: told.starts_at,
            ends_at: told.ends_at_ms.map(Timestamp::from_ms),
            generator_url: told.generator_url,
        };
        Self {
            receiver: message.receiver,
            integration: message.place,
            group_key: message.group_key,
            group_labels: message.group_labels,
            alerts: message.alerts.into_iter().map(alert).collect(),
            reason: message.reason,
            route_labels: message.route_labels,
            now: message.now,
            receiver_data: message.receiver_data,
        }
    }
}

/// Letters by their names.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeadLetters {
    letters: BTreeMap<String, DeadLetter>,
}

impl DeadLetters {
    /// Keeps a letter in the place of the former one of its group and integration; gives it as it
    /// is kept, and the names of those that had to make room.
    pub(crate) fn keep(&mut self, mut letter: DeadLetter) -> (DeadLetter, Vec<String>) {
        if let Some(former) = self.letters.get(&letter.id) {
            letter.since = former.since;
            letter.times = former.times.saturating_add(1);
        }
        self.insert(letter.clone());
        let mut gone = Vec::new();
        while self.is_too_large() {
            let oldest = self.letters.values().min_by_key(|letter| (letter.at, &letter.id));
            let Some(id) = oldest.map(|letter| letter.id.clone()) else { break };
            self.letters.remove(&id);
            gone.push(id);
        }
        (letter, gone)
    }

    fn is_too_large(&self) -> bool {
        let alerts: usize = self.letters.values().map(|letter| letter.message.alerts.len()).sum();
        self.letters.len() > LETTERS_MAX || alerts > ALERTS_OF_ALL_MAX
    }

    /// Takes a letter as it was kept.
    pub(crate) fn insert(&mut self, letter: DeadLetter) {
        self.letters.insert(letter.id.clone(), letter);
    }

    pub(crate) fn get(&self, id: &str) -> Option<&DeadLetter> {
        self.letters.get(id)
    }

    /// Forgets a letter; was there one?
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        self.letters.remove(id).is_some()
    }

    /// Forgets letters whose time is over; gives their names.
    pub(crate) fn forget_old(&mut self, now: Timestamp) -> Vec<String> {
        let is_old = |letter: &&DeadLetter| letter.at.saturating_add(RETENTION) < now;
        let old: Vec<String> =
            self.letters.values().filter(is_old).map(|letter| letter.id.clone()).collect();
        for id in &old {
            self.letters.remove(id);
        }
        old
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &DeadLetter> {
        self.letters.values()
    }
}
