//! State of one rule: its alerts, the series it wrote last, its health.
//! Fed by `group`; every method is one evaluation's worth of work and returns what to write.

use crate::alert::{ActiveAlert, AlertState};
use crate::spec::{AlertingSpec, RecordingSpec, RuleSpec, with_labels};
use model::{Labels, METRIC_NAME, Timestamp, Value, stale_marker};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const ALERTS: &str = "ALERTS";
const ALERTS_FOR_STATE: &str = "ALERTS_FOR_STATE";
const ALERT_NAME: &str = "alertname";
const ALERT_STATE: &str = "alertstate";

/// Is a rule well?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Health {
    /// Not evaluated yet.
    #[default]
    Unknown,
    /// The last evaluation succeeded.
    Good,
    /// The last evaluation failed.
    Bad,
}

impl Health {
    /// The name in the API: `unknown`, `ok`, `err`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Good => "ok",
            Self::Bad => "err",
        }
    }
}

/// What is known about a rule's last evaluation.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RuleStatus {
    /// Health.
    pub health: Health,
    /// Error of the last evaluation.
    pub last_error: Option<String>,
    /// When it was last evaluated.
    pub last_evaluation: Option<Timestamp>,
    /// How long that took.
    pub evaluation_time: Duration,
}

/// A sample to be written.
pub(crate) type Written = (Labels, Value);

/// A rule with its state.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) spec: RuleSpec,
    pub(crate) status: RuleStatus,
    /// Alerts by identity; empty for recording rules.
    pub(crate) alerts: BTreeMap<Labels, ActiveAlert>,
    /// Series written by the last evaluation.
    written: BTreeSet<Labels>,
}

impl Rule {
    pub(crate) fn new(spec: RuleSpec) -> Self {
        let (status, alerts, written) = Default::default();
        Self { spec, status, alerts, written }
    }

    /// Takes over what a rule of the same identity knew before a reload.
    pub(crate) fn inherit(&mut self, old: &mut Self) {
        self.status = std::mem::take(&mut old.status);
        self.alerts = std::mem::take(&mut old.alerts);
        self.written = std::mem::take(&mut old.written);
    }

    /// One evaluation: the new samples, markers for series that vanished included.
    pub(crate) fn evaluate(
        &mut self,
        now: Timestamp,
        elements: &[(Labels, Value)],
        limit: usize,
    ) -> Result<Vec<Written>, String> {
        let samples = match &self.spec {
            RuleSpec::Recording(rule) => record(rule, elements, limit)?,
            RuleSpec::Alerting(rule) => alert(rule, &mut self.alerts, now, elements, limit)?,
        };
        Ok(self.mark_vanished(samples))
    }

    /// The rule is gone: markers for all it wrote.
    pub(crate) fn retire(&mut self) -> Vec<Written> {
        self.alerts.clear();
        self.mark_vanished(Vec::new())
    }

    /// Adds a staleness marker for each series of the last evaluation that is missing now.
    fn mark_vanished(&mut self, mut samples: Vec<Written>) -> Vec<Written> {
        let now: BTreeSet<Labels> = samples.iter().map(|(labels, _)| labels.clone()).collect();
        let gone = self.written.difference(&now);
        samples.extend(gone.map(|labels| (labels.clone(), Value::Float(stale_marker()))));
        self.written = now;
        samples
    }
}

fn record(
    rule: &RecordingSpec,
    elements: &[(Labels, Value)],
    limit: usize,
) -> Result<Vec<Written>, String> {
    let mut named: BTreeMap<Labels, Value> = BTreeMap::new();
    for (labels, value) in elements {
        let labels = with_labels(labels, &rule.labels);
        let labels = with_labels(&labels, &[(METRIC_NAME.to_owned(), rule.record.clone())]);
        if named.insert(labels, value.clone()).is_some() {
            return Err(
                "vector contains metrics with the same labelset after applying rule labels".into(),
            );
        }
    }
    if limit > 0 && named.len() > limit {
        return Err(format!("exceeded limit of {limit} with {} series", named.len()));
    }
    Ok(named.into_iter().collect())
}

/// Carries the alerts of a rule on by one evaluation.
fn alert(
    rule: &AlertingSpec,
    alerts: &mut BTreeMap<Labels, ActiveAlert>,
    now: Timestamp,
    elements: &[(Labels, Value)],
    limit: usize,
) -> Result<Vec<Written>, String> {
    let present = identities(rule, elements)?;
    for (labels, value) in &present {
        let new = || ActiveAlert::new(labels.clone(), rule.annotations.clone(), *value, now);
        let alert = alerts.entry(labels.clone()).or_insert_with(new);
        if alert.state == AlertState::Inactive {
            *alert = new();
        }
        alert.value = *value;
        alert.annotations.clone_from(&rule.annotations);
        alert.present(now, rule.hold);
    }
    alerts.retain(|labels, alert| {
        present.contains_key(labels) || alert.absent(now, rule.keep_firing)
    });
    let active = alerts.values().filter(|alert| alert.state != AlertState::Inactive);
    let count = active.clone().count();
    if limit > 0 && count > limit {
        alerts.clear();
        return Err(format!("exceeded limit of {limit} with {count} alerts"));
    }
    Ok(active.flat_map(alert_samples).collect())
}

/// Alert identities of a result: without metric name, with the rule's labels and `alertname`.
fn identities(
    rule: &AlertingSpec,
    elements: &[(Labels, Value)],
) -> Result<BTreeMap<Labels, f64>, String> {
    let mut present = BTreeMap::new();
    for (labels, value) in elements {
        let bare = labels.without(|name| name == METRIC_NAME);
        let labelled = with_labels(&bare, &rule.labels);
        let identity = with_labels(&labelled, &[(ALERT_NAME.to_owned(), rule.alert.clone())]);
        let value = match value {
            Value::Float(value) => *value,
            Value::Histogram(histogram) => histogram.count,
        };
        if present.insert(identity, value).is_some() {
            return Err(
                "vector contains metrics with the same labelset after applying alert labels".into(),
            );
        }
    }
    Ok(present)
}

/// `ALERTS{...} 1` and `ALERTS_FOR_STATE{...}` with the second it became active.
fn alert_samples(alert: &ActiveAlert) -> [Written; 2] {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let state = [pair(METRIC_NAME, ALERTS), pair(ALERT_STATE, alert.state.as_str())];
    let since = [pair(METRIC_NAME, ALERTS_FOR_STATE)];
    let active_at = alert.active_at.ms().div_euclid(1000);
    [
        (with_labels(&alert.labels, &state), Value::Float(1.0)),
        (with_labels(&alert.labels, &since), Value::Float(active_at as f64)),
    ]
}
