//! What became of the messages to each integration since the start, for people who ask whether
//! anybody is told at all.

use crate::dispatch::Delivery;
use crate::retry::back_off;
use model::Timestamp;
use std::collections::BTreeMap;

/// Longest reason, in letters.
const WHY_CHARS_MAX: usize = 500;

/// Messages to one integration since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    /// Messages that the receiver took.
    pub sent: u64,
    /// Tries that failed and were or will be repeated.
    pub retried: u64,
    /// Messages that were given up.
    pub failed: u64,
    /// When the receiver took one last.
    pub last_sent: Option<Timestamp>,
    /// When a try failed last, and what went wrong.
    pub last_failed: Option<(Timestamp, String)>,
    /// The receiver asked for patience until then (`Retry-After`).
    pub not_before: Option<Timestamp>,
}

/// An integration of a receiver and what became of its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrationStatus {
    /// Name of the receiver.
    pub receiver: String,
    /// Kind and place among its kind: `webhook[0]`.
    pub integration: String,
    /// Does it hear of ends?
    pub send_resolved: bool,
    /// Since the start.
    pub counts: DeliveryCounts,
    /// Messages that did not arrive, held now.
    pub dead_letters: usize,
}

/// Counts by receiver and integration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deliveries(BTreeMap<String, BTreeMap<String, DeliveryCounts>>);

impl Deliveries {
    /// A delivery ended.
    pub(crate) fn note(
        &mut self,
        now: Timestamp,
        (receiver, integration): (&str, &str),
        (delivery, why): (&Delivery, &str),
    ) {
        let counts = self.entry(receiver, integration);
        counts.not_before = None;
        match delivery {
            Delivery::Accepted { .. } => {
                counts.sent += 1;
                counts.last_sent = Some(now);
                return;
            }
            Delivery::Retry { after } => {
                counts.retried += 1;
                let wait = after.map(|after| back_off(1, Some(after)));
                counts.not_before = wait.map(|wait| now.saturating_add(wait));
            }
            Delivery::Refused => {}
        }
        counts.last_failed = Some((now, why.chars().take(WHY_CHARS_MAX).collect()));
    }

    /// A message was given up.
    pub(crate) fn note_failed(&mut self, receiver: &str, integration: &str) {
        self.entry(receiver, integration).failed += 1;
    }

    /// Forgets receivers that are gone.
    pub(crate) fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        self.0.retain(|receiver, _| is_there(receiver));
    }

    pub(crate) fn of(&self, receiver: &str, integration: &str) -> DeliveryCounts {
        let found = self.0.get(receiver).and_then(|all| all.get(integration));
        found.cloned().unwrap_or_default()
    }

    fn entry(&mut self, receiver: &str, integration: &str) -> &mut DeliveryCounts {
        let all = self.0.entry(receiver.to_owned()).or_default();
        all.entry(integration.to_owned()).or_default()
    }
}
