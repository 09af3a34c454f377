//! One alert of an alerting rule and its life: pending, firing, inactive.
//! Source: Prometheus 3.14, `rules/alerting.go`. Times are on the evaluation grid.

use model::{Labels, Timestamp};
use std::time::Duration;

/// How long a resolved alert is remembered and sent again (upstream `resolvedRetention`).
pub(crate) const RESOLVED_RETENTION: Duration = Duration::from_mins(15);

/// State of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertState {
    /// Resolved; remembered for a while.
    Inactive,
    /// There, but not yet for long enough.
    Pending,
    /// There for at least `for`.
    Firing,
}

impl AlertState {
    /// The name in the API and in the label `alertstate`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// An alert of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveAlert {
    /// Identity: labels of the element and of the rule, `alertname`, without the metric name.
    pub labels: Labels,
    /// Texts for people, expanded.
    pub annotations: Vec<(String, String)>,
    /// Value of the element when it was last there.
    pub value: f64,
    /// State.
    pub state: AlertState,
    /// When the element first appeared.
    pub active_at: Timestamp,
    /// When it began to fire.
    pub fired_at: Option<Timestamp>,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// When it was last handed on.
    pub last_sent_at: Option<Timestamp>,
    /// Since when only `keep_firing_for` holds it.
    pub keep_firing_since: Option<Timestamp>,
    /// Known from before a restart and not seen since: its absence means nothing yet.
    pub(crate) unconfirmed: bool,
}

/// What of an alert must survive the process; equal marks need no new record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    state: AlertState,
    active_at: Timestamp,
    fired_at: Option<Timestamp>,
    resolved_at: Option<Timestamp>,
    keep_firing_since: Option<Timestamp>,
}

impl ActiveAlert {
    pub(crate) fn new(labels: Labels, now: Timestamp) -> Self {
        Self {
            labels,
            annotations: Vec::new(),
            value: 0.0,
            state: AlertState::Pending,
            active_at: now,
            fired_at: None,
            resolved_at: None,
            last_sent_at: None,
            keep_firing_since: None,
            unconfirmed: false,
        }
    }

    pub(crate) fn mark(&self) -> Mark {
        let Self { state, active_at, fired_at, resolved_at, keep_firing_since, .. } = *self;
        Mark { state, active_at, fired_at, resolved_at, keep_firing_since }
    }

    /// Takes the alert over from a former process that was gone for so long; `None`: too long for
    /// an alert that nobody was told of.
    ///
    /// The downtime does not count as time spent pending. Nobody knows what routing was told, so
    /// everything is told again.
    pub(crate) fn resumed(&self, downtime: Duration, tolerance: Duration) -> Option<Self> {
        let mut alert = Self { last_sent_at: None, unconfirmed: true, ..self.clone() };
        match self.state {
            AlertState::Pending if downtime > tolerance => return None,
            AlertState::Pending => alert.active_at = self.active_at.saturating_add(downtime),
            AlertState::Firing | AlertState::Inactive => {}
        }
        Some(alert)
    }

    /// The element is there: Pending => Pending | Firing, Firing => Firing | Pending.
    pub(crate) fn present(&mut self, now: Timestamp, hold: Duration) {
        self.keep_firing_since = None;
        self.unconfirmed = false;
        let held = now.since(self.active_at) >= hold;
        match (self.state, held) {
            // Pending => Firing; `for: 0` passes through within one evaluation.
            (AlertState::Pending, true) => {
                self.state = AlertState::Firing;
                self.fired_at = Some(now);
            }
            // Firing => Pending: `for` was raised by a reload.
            (AlertState::Firing, false) => {
                self.state = AlertState::Pending;
                self.fired_at = None;
                self.last_sent_at = None;
            }
            // A returning element begins a new alert, so an inactive one is never asked.
            (AlertState::Pending, false)
            | (AlertState::Firing, true)
            | (AlertState::Inactive, _) => {}
        }
    }

    /// The element is gone. Answers whether the alert is to be remembered.
    pub(crate) fn absent(&mut self, now: Timestamp, keep_firing: Duration) -> bool {
        if self.unconfirmed {
            return true;
        }
        match self.state {
            // Pending => forgotten: nobody was told.
            AlertState::Pending => false,
            // Firing => Firing (kept) | Inactive
            AlertState::Firing => {
                let since = *self.keep_firing_since.get_or_insert(now);
                if now.since(since) >= keep_firing {
                    self.state = AlertState::Inactive;
                    self.resolved_at = Some(now);
                    self.keep_firing_since = None;
                }
                true
            }
            // Inactive => forgotten after a while, once somebody was told
            AlertState::Inactive => {
                self.last_sent_at.is_none()
                    || self.resolved_at.is_some_and(|at| now.since(at) <= RESOLVED_RETENTION)
            }
        }
    }

    /// Is it time to hand the alert on? Pending alerts never are.
    pub(crate) fn needs_sending(&self, now: Timestamp, resend_delay: Duration) -> bool {
        if self.state == AlertState::Pending {
            return false;
        }
        let Some(last) = self.last_sent_at else { return true };
        self.resolved_at.is_some_and(|at| at > last) || last.saturating_add(resend_delay) < now
    }

    /// Moves every remembered instant, because the wall clock jumped by `by_ms`.
    pub(crate) fn shift(&mut self, by_ms: i64) {
        self.active_at = moved(self.active_at, by_ms);
        for at in [
            &mut self.fired_at,
            &mut self.resolved_at,
            &mut self.last_sent_at,
            &mut self.keep_firing_since,
        ] {
            *at = at.map(|at| moved(at, by_ms));
        }
    }
}

fn moved(at: Timestamp, by_ms: i64) -> Timestamp {
    Timestamp::from_ms(at.ms().saturating_add(by_ms))
}
