//! One alert of an alerting rule and its life: pending, firing, inactive.
//! Source: Prometheus 3.14, `rules/alerting.go`. Times are on the evaluation grid.

use crate::extras::{Absence, OnMissing};
use crate::spec::AlertingSpec;
use model::{Labels, Timestamp};
use std::time::Duration;

/// How long a resolved alert is remembered and sent again (upstream `resolvedRetention`).
pub(crate) const RESOLVED_RETENTION: Duration = Duration::from_mins(15);

/// Annotation that says why an alert fires on although its element is gone.
const FLAPPING: &str = "flapping";

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
    /// Since when its element is gone because its target is down.
    pub missing_since: Option<Timestamp>,
    /// Says that it comes and goes, and fires on until it is quiet.
    pub flapping: Option<String>,
    /// In which of the last evaluations its element was there, the latest in the lowest bit; used
    /// with `fire_after`.
    pub(crate) window: u64,
    /// When its element came or went since it first fired; used with `flap_damping`.
    pub(crate) changes: Vec<Timestamp>,
    /// Known from before a restart and not seen since: its absence means nothing yet.
    pub(crate) unconfirmed: bool,
}

/// What of an alert must survive the process; equal marks need no new record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    state: AlertState,
    active_at: Timestamp,
    fired_at: Option<Timestamp>,
    resolved_at: Option<Timestamp>,
    keep_firing_since: Option<Timestamp>,
    missing_since: Option<Timestamp>,
    window: u64,
    changes: Vec<Timestamp>,
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
            missing_since: None,
            flapping: None,
            window: 0,
            changes: Vec::new(),
            unconfirmed: false,
        }
    }

    /// A new alert for an element that returns after its alert ended: only what counts comings and
    /// goings is remembered.
    pub(crate) fn returned(&mut self, now: Timestamp) {
        let (window, changes) = (self.window, std::mem::take(&mut self.changes));
        *self = Self { window, changes, ..Self::new(self.labels.clone(), now) };
    }

    pub(crate) fn mark(&self) -> Mark {
        let Self { state, active_at, fired_at, resolved_at, keep_firing_since, .. } = *self;
        let (missing_since, window) = (self.missing_since, self.window);
        let changes = self.changes.clone();
        Mark {
            state,
            active_at,
            fired_at,
            resolved_at,
            keep_firing_since,
            missing_since,
            window,
            changes,
        }
    }

    /// Texts for people, with what is said about flapping.
    pub fn told_annotations(&self) -> Vec<(String, String)> {
        let mut all = self.annotations.clone();
        let has_own = all.iter().any(|(name, _)| name == FLAPPING);
        all.extend(
            self.flapping.iter().filter(|_| !has_own).map(|text| (FLAPPING.into(), text.clone())),
        );
        all
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
    pub(crate) fn present(&mut self, now: Timestamp, rule: &AlertingSpec) {
        let returns = self.keep_firing_since.take().is_some()
            || !self.changes.is_empty()
                && self.state == AlertState::Pending
                && self.active_at == now;
        self.unconfirmed = false;
        self.missing_since = None;
        if returns {
            self.note_change(now, rule);
        }
        self.note_flapping(now, rule);
        self.advance(now, rule, true);
    }

    /// Counts the evaluation, and fires when it is time.
    fn advance(&mut self, now: Timestamp, rule: &AlertingSpec, is_hit: bool) {
        let is_due = match rule.extras.fire_after {
            Some(fire_after) => {
                self.window = fire_after.noted(self.window, is_hit);
                fire_after.is_met(self.window)
            }
            None => now.since(self.active_at) >= rule.hold,
        };
        match (self.state, is_due) {
            // Pending => Firing; `for: 0` passes through within one evaluation.
            (AlertState::Pending, true) => {
                self.state = AlertState::Firing;
                self.fired_at = Some(now);
            }
            // Firing => Pending: `for` was raised by a reload.
            (AlertState::Firing, false) if rule.extras.fire_after.is_none() => {
                self.state = AlertState::Pending;
                self.fired_at = None;
                self.last_sent_at = None;
            }
            // A returning element begins a new alert, so an inactive one is never asked.
            (AlertState::Pending | AlertState::Firing | AlertState::Inactive, _) => {}
        }
    }

    /// The element is gone. Answers whether the alert is to be remembered.
    pub(crate) fn absent(
        &mut self,
        now: Timestamp,
        rule: &AlertingSpec,
        why: Absence,
        patience: Duration,
    ) -> bool {
        if self.unconfirmed {
            return true;
        }
        if self.state == AlertState::Inactive {
            return self.outlives(now, rule);
        }
        if let Some(stays) = self.missing(now, rule, why, patience) {
            return stays;
        }
        if let Some(fire_after) = rule.extras.fire_after {
            self.window = fire_after.noted(self.window, false);
            let goes_on = fire_after.is_met(self.window)
                || self.state == AlertState::Pending && self.window != 0;
            if goes_on {
                return true;
            }
        }
        if self.state == AlertState::Pending {
            // Pending => forgotten: nobody was told.
            return false;
        }
        if why == Absence::Unrecovered {
            self.keep_firing_since = None;
            return true;
        }
        self.leave(now, rule);
        true
    }

    /// What a rule wants of an alert whose target is down; `None`: nothing out of the ordinary.
    ///
    /// A target that has vanished altogether counts as down only for a while: `patience`.
    fn missing(
        &mut self,
        now: Timestamp,
        rule: &AlertingSpec,
        why: Absence,
        patience: Duration,
    ) -> Option<bool> {
        let is_missing = match why {
            Absence::Down => true,
            Absence::Vanished => {
                self.missing_since.is_none_or(|since| now.since(since) <= patience)
            }
            Absence::Over | Absence::Unrecovered => false,
        };
        if !is_missing || rule.extras.on_missing == OnMissing::Resolve {
            self.missing_since = None;
            return None;
        }
        self.missing_since.get_or_insert(now);
        if rule.extras.on_missing == OnMissing::Alert {
            self.advance(now, rule, true);
        }
        Some(true)
    }

    /// Firing => Firing (kept, or flapping) | Inactive
    fn leave(&mut self, now: Timestamp, rule: &AlertingSpec) {
        if self.keep_firing_since.is_none() {
            self.note_change(now, rule);
        }
        let since = *self.keep_firing_since.get_or_insert(now);
        self.note_flapping(now, rule);
        let damping = rule.extras.flap_damping.filter(|_| self.flapping.is_some());
        let quiet = damping.map_or(Duration::ZERO, |damping| damping.quiet);
        if now.since(since) >= rule.keep_firing.max(quiet) {
            self.state = AlertState::Inactive;
            self.resolved_at = Some(now);
            self.keep_firing_since = None;
            self.flapping = None;
        }
    }

    /// Inactive => forgotten after a while, once somebody was told and comings and goings are old.
    fn outlives(&mut self, now: Timestamp, rule: &AlertingSpec) -> bool {
        if let Some(damping) = rule.extras.flap_damping {
            damping.trim(&mut self.changes, now);
        }
        if let Some(fire_after) = rule.extras.fire_after {
            self.window = fire_after.noted(self.window, false);
        }
        self.last_sent_at.is_none()
            || self.resolved_at.is_some_and(|at| now.since(at) <= RESOLVED_RETENTION)
            || !self.changes.is_empty()
    }

    /// Counts a coming or going; [`Self::note_flapping`] follows.
    fn note_change(&mut self, now: Timestamp, rule: &AlertingSpec) {
        if rule.extras.flap_damping.is_some() {
            self.changes.push(now);
        }
    }

    /// Says that the alert flaps, or says it no longer.
    fn note_flapping(&mut self, now: Timestamp, rule: &AlertingSpec) {
        self.flapping = rule.extras.flap_damping.and_then(|damping| {
            damping.trim(&mut self.changes, now);
            damping.is_exceeded(&self.changes).then(|| damping.to_string())
        });
        if rule.extras.flap_damping.is_none() {
            self.changes.clear();
        }
    }

    /// Is it time to hand the alert on? Pending alerts never are.
    pub(crate) fn needs_sending(&self, now: Timestamp, resend_delay: Duration) -> bool {
        if self.state == AlertState::Pending {
            return false;
        }
        if self.resolved_at.is_some_and(|at| now.since(at) > RESOLVED_RETENTION)
            && self.last_sent_at.is_some()
        {
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
            &mut self.missing_since,
        ] {
            *at = at.map(|at| moved(at, by_ms));
        }
        for at in &mut self.changes {
            *at = moved(*at, by_ms);
        }
    }
}

fn moved(at: Timestamp, by_ms: i64) -> Timestamp {
    Timestamp::from_ms(at.ms().saturating_add(by_ms))
}

#[cfg(test)]
mod tests;
