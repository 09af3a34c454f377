//! What alerting rules may say beyond Prometheus, and what it means for one alert: hysteresis,
//! n of m, missing data, flapping. All of it is off by default; then nothing here is asked.
//! Pure: evaluations, answers and instants come in; `alert` keeps the state.

use crate::event::Elements;
use crate::spec::RuleQuery;
use model::{INSTANCE_LABEL, JOB_LABEL, Labels, METRIC_NAME, Timestamp, Value};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a rule says beyond Prometheus.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extras {
    /// A firing alert goes on until this query has an element for it.
    pub recover: Option<Arc<RuleQuery>>,
    /// An alert fires when its element was there in so many of the last evaluations.
    pub fire_after: Option<FireAfter>,
    /// What becomes of an alert whose target is down.
    pub on_missing: OnMissing,
    /// An alert that comes and goes fires on until it is quiet.
    pub flap_damping: Option<FlapDamping>,
}

/// `hits` of the last `evaluations`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FireAfter {
    /// Evaluations with the element, at least 1.
    pub hits: u32,
    /// Evaluations looked at, at least `hits`, at most 64.
    pub evaluations: u32,
}

impl FireAfter {
    /// The last evaluations after one more, the latest in the lowest bit.
    pub(crate) fn noted(self, window: u64, is_hit: bool) -> u64 {
        let kept = u64::MAX >> (64 - self.evaluations.clamp(1, 64));
        ((window << 1) | u64::from(is_hit)) & kept
    }

    pub(crate) fn is_met(self, window: u64) -> bool {
        window.count_ones() >= self.hits
    }
}

/// What becomes of an alert whose element is gone while its target is down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMissing {
    /// It ends, as in Prometheus.
    #[default]
    Resolve,
    /// It stays as it is.
    Keep,
    /// It goes on as if the element was there.
    Alert,
}

impl OnMissing {
    /// The word in files and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Keep => "keep",
            Self::Alert => "alert",
        }
    }
}

/// An alert that came or went more than `changes` times within `within` fires on until it was gone
/// for `quiet`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlapDamping {
    /// Comings and goings that are no flapping yet.
    pub changes: u32,
    /// Time in which they are counted.
    pub within: Duration,
    /// Time without the element that ends a flapping alert.
    pub quiet: Duration,
}

impl FlapDamping {
    /// Forgets changes that are too old or more than it takes to know.
    pub(crate) fn trim(self, changes: &mut Vec<Timestamp>, now: Timestamp) {
        changes.retain(|at| now.since(*at) <= self.within);
        let known = usize::try_from(self.changes).unwrap_or(usize::MAX).saturating_add(1);
        changes.drain(..changes.len().saturating_sub(known));
    }

    pub(crate) fn is_exceeded(self, changes: &[Timestamp]) -> bool {
        changes.len() > usize::try_from(self.changes).unwrap_or(usize::MAX)
    }
}

impl Extras {
    /// Must it be known whether targets are up when elements are gone?
    ///
    /// With hysteresis, too: what is missing cannot recover.
    pub(crate) fn asks_for_targets(&self) -> bool {
        self.on_missing != OnMissing::Resolve || self.recover.is_some()
    }
}

/// Why an element is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// Its target is up, or nobody asked: what the expression says does not hold any more.
    Over,
    /// The same, but the rule's `recover_expr` has nothing to say yet.
    Unrecovered,
    /// A target that it may come from is down.
    Down,
    /// The target that it came from is gone: no `up` series at all.
    Vanished,
}

/// Answers of the questions that a rule with extras asks about elements that are gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    /// Result of `recover_expr`.
    pub(crate) recovered: Option<Elements>,
    /// All series `up`.
    pub(crate) targets: Option<Elements>,
}

impl Answers {
    /// Why the element of the alert with these labels is gone; `own` are the names of labels that
    /// the rule sets.
    pub(crate) fn absence(&self, alert: &Labels, own: &dyn Fn(&str) -> bool) -> Absence {
        let state = self.targets.as_ref().and_then(|targets| target_state(alert, targets));
        if let Some(absence @ (Absence::Down | Absence::Vanished)) = state {
            return absence;
        }
        let is_its_own = |(labels, _): &(Labels, Value)| {
            let counts = |name: &str| name != METRIC_NAME && !own(name);
            labels.iter().all(|(name, value)| !counts(name) || alert.get(name) == Some(value))
        };
        match &self.recovered {
            Some(elements) if !elements.iter().any(is_its_own) => Absence::Unrecovered,
            Some(_) | None => Absence::Over,
        }
    }
}

/// The state of the targets with the alert's `job` and `instance`; `None` for an alert that has
/// neither.
fn target_state(alert: &Labels, targets: &Elements) -> Option<Absence> {
    let wanted = [JOB_LABEL, INSTANCE_LABEL].map(|name| (name, alert.get(name)));
    if wanted.iter().all(|(_, value)| value.is_none()) {
        return None;
    }
    let is_its = |labels: &Labels| {
        wanted.iter().all(|(name, value)| value.is_none() || labels.get(name) == *value)
    };
    let mut found = targets.iter().filter(|(labels, _)| is_its(labels)).peekable();
    if found.peek().is_none() {
        return Some(Absence::Vanished);
    }
    let is_down = |value: &Value| matches!(value, Value::Float(value) if *value == 0.0);
    Some(if found.any(|(_, value)| is_down(value)) { Absence::Down } else { Absence::Over })
}

/// What is told about an alert that flaps.
impl fmt::Display for FlapDamping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (within, quiet) = (minutes(self.within), minutes(self.quiet));
        write!(f, "came and went more than {} times within {within}", self.changes)?;
        write!(f, "; fires until it was quiet for {quiet}")
    }
}

/// Minutes and seconds: enough for people.
fn minutes(time: Duration) -> String {
    match (time.as_secs() / 60, time.as_secs() % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}
