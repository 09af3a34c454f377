//! What became of alerts and why: the answer to "why was I, or was I not, paged".
//! Decisions are kept in their order, the oldest are forgotten first; with the rest of the state
//! they survive the process.

use crate::change::{as_maps, as_ms};
use crate::notification::Reason;
use model::{Labels, Matcher, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

/// Alerts named by all decisions that are kept: about 10 MiB.
const ALERTS_NAMED_MAX: usize = 50_000;

/// Why alerts were told, or were not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Verdict {
    /// They wait for the group's next flush.
    Held {
        /// Time of the flush.
        #[serde(with = "as_ms")]
        until: Timestamp,
    },
    /// A receiver has them.
    Sent {
        /// Which way: `webhook[0]`.
        integration: String,
        /// Why now.
        reason: Reason,
    },
    /// A delivery failed and is tried again.
    Retried {
        /// Which way: `webhook[0]`.
        integration: String,
        /// When.
        #[serde(with = "as_ms")]
        at: Timestamp,
    },
    /// A receiver refused them; the next flush tries again.
    Refused {
        /// Which way: `webhook[0]`.
        integration: String,
    },
    /// They ended, and this integration does not want to hear of ends.
    EndNotWanted {
        /// Which way: `webhook[0]`.
        integration: String,
    },
    /// Silences mute them.
    Silenced {
        /// Their identities.
        by: Vec<String>,
    },
    /// Other alerts explain them.
    Inhibited {
        /// Those alerts.
        #[serde(with = "as_maps")]
        by: Vec<Labels>,
    },
    /// A time interval of the route mutes them.
    MutedByInterval {
        /// Its name.
        interval: String,
    },
    /// No active time interval of the route holds.
    OutsideActiveIntervals {
        /// Their names.
        intervals: Vec<String>,
    },
    /// They came and went before the group's flush, and nobody wants to hear of that.
    ResolvedUnheard,
    /// Others tell people of them, and this server does not.
    External {
        /// They have ended.
        ended: bool,
    },
}

impl Verdict {
    /// The reason code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Held { .. } => "held",
            Self::Sent { .. } => "sent",
            Self::Retried { .. } => "retried",
            Self::Refused { .. } => "refused",
            Self::EndNotWanted { .. } => "end_not_wanted",
            Self::Silenced { .. } => "silenced",
            Self::Inhibited { .. } => "inhibited",
            Self::MutedByInterval { .. } => "muted_by_interval",
            Self::OutsideActiveIntervals { .. } => "outside_active_intervals",
            Self::ResolvedUnheard => "resolved_unheard",
            Self::External { .. } => "external",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { .. } => f.write_str("held until the group's next turn"),
            Self::Sent { integration, reason } => {
                write!(f, "told by {integration}: {}", reason.as_str())
            }
            Self::Retried { integration, .. } => {
                write!(f, "{integration} failed and is tried again")
            }
            Self::Refused { integration } => {
                write!(f, "{integration} refused the message; the group's next turn tries again")
            }
            Self::EndNotWanted { integration } => {
                write!(f, "ended, and {integration} does not want ends (`send_resolved: false`)")
            }
            Self::Silenced { by } => write!(f, "silenced by {}", by.join(", ")),
            Self::Inhibited { by } => {
                let by: Vec<String> = by.iter().map(ToString::to_string).collect();
                write!(f, "inhibited by {}", by.join(", "))
            }
            Self::MutedByInterval { interval } => {
                write!(f, "muted by the time interval `{interval}`")
            }
            Self::OutsideActiveIntervals { intervals } => {
                write!(f, "outside the active time intervals `{}`", intervals.join("`, `"))
            }
            Self::ResolvedUnheard => f.write_str("came and went before the group was told of"),
            Self::External { ended } => {
                let what = if *ended { "the end was handed to them" } else { "handed to them" };
                write!(f, "{what}; they tell people, this server does not")
            }
        }
    }
}

/// What became of some alerts of a group at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// Identity of the group, in Alertmanager's notation.
    pub group_key: Arc<str>,
    /// Name of the group's receiver.
    pub receiver: Arc<str>,
    /// The alerts.
    pub alerts: Vec<Labels>,
    /// What and why.
    pub verdict: Verdict,
}

/// Decisions in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    decisions: VecDeque<Decision>,
    alerts_named: usize,
}

impl History {
    pub(crate) fn push(&mut self, decision: Decision) {
        self.alerts_named += decision.alerts.len();
        self.decisions.push_back(decision);
        while self.alerts_named > ALERTS_NAMED_MAX {
            let Some(oldest) = self.decisions.pop_front() else { break };
            self.alerts_named -= oldest.alerts.len();
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter()
    }

    /// Decisions about alerts that match, oldest first, at most the last `count`; each names only
    /// the alerts that match.
    pub(crate) fn about(&self, matchers: &[Matcher], count: usize) -> Vec<Decision> {
        let matches = |labels: &&Labels| matchers.iter().all(|m| m.matches_labels(labels));
        let narrowed = |decision: &Decision| {
            let alerts: Vec<Labels> = decision.alerts.iter().filter(matches).cloned().collect();
            (!alerts.is_empty()).then(|| Decision { alerts, ..decision.clone() })
        };
        let mut found: Vec<Decision> =
            self.decisions.iter().rev().filter_map(narrowed).take(count).collect();
        found.reverse();
        found
    }
}
