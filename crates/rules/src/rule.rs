//! State of one rule: its alerts, the series it wrote last, its health.
//! Fed by `group`; every method is one evaluation's worth of work and returns what to write.

use crate::alert::{ActiveAlert, AlertState, Mark};
use crate::event::{Elements, Written};
use crate::expand::Instance;
use crate::extras::Answers;
use crate::for_state::{self, ForState};
use crate::options::GroupOptions;
use crate::saved::{AlertChange, SavedAlerts};
use crate::spec::{AlertingSpec, RecordingSpec, RuleQuery, RuleSpec, with_labels};
use model::{Labels, METRIC_NAME, Timestamp, Value, stale_marker};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

const ALERTS: &str = "ALERTS";
pub(crate) const ALERTS_FOR_STATE: &str = "ALERTS_FOR_STATE";
pub(crate) const ALERT_NAME: &str = "alertname";
const ALERT_STATE: &str = "alertstate";
/// `ALERTS` and `ALERTS_FOR_STATE`.
const SAMPLES_PER_ALERT: usize = 2;

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

/// A rule with its state.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) spec: RuleSpec,
    pub(crate) status: RuleStatus,
    /// Alerts by identity; empty for recording rules.
    pub(crate) alerts: BTreeMap<Labels, ActiveAlert>,
    /// Does it know since when its alerts are active? Until then it writes nothing about them.
    pub(crate) restored: bool,
    /// Alerts as they are remembered on disk.
    saved: BTreeMap<Labels, Mark>,
    /// Series written by the last evaluation.
    written: BTreeSet<Labels>,
}

impl Rule {
    pub(crate) fn new(spec: RuleSpec) -> Self {
        let (status, alerts, (saved, written)) = Default::default();
        Self { spec, status, alerts, restored: true, saved, written }
    }

    /// Takes over what a rule of the same identity knew before a reload.
    pub(crate) fn inherit(&mut self, old: &mut Self) {
        self.status = std::mem::take(&mut old.status);
        self.alerts = std::mem::take(&mut old.alerts);
        self.written = std::mem::take(&mut old.written);
        self.saved = std::mem::take(&mut old.saved);
        self.restored = old.restored;
    }

    /// One evaluation of a recording rule: the samples, markers of vanished series included.
    pub(crate) fn record(
        &mut self,
        elements: &[(Labels, Value)],
        limit: usize,
    ) -> Result<Vec<Written>, String> {
        let RuleSpec::Recording(rule) = &self.spec else { return Ok(Vec::new()) };
        let samples = record(rule, elements, limit)?;
        Ok(self.mark_vanished(samples))
    }

    /// What else must be asked before the alerts can go on: about alerts whose elements are gone.
    pub(crate) fn question(&self, judgement: &Judgement) -> Option<(Question, Arc<RuleQuery>)> {
        let RuleSpec::Alerting(rule) = &self.spec else { return None };
        let gone = |state: Option<AlertState>| {
            let mut alerts = self.alerts.iter();
            alerts.any(|(labels, alert)| {
                let is_meant =
                    state.map_or(alert.state != AlertState::Inactive, |s| alert.state == s);
                is_meant && !alert.unconfirmed && !judgement.present.contains_key(labels)
            })
        };
        let Judgement { answers, .. } = judgement;
        if let Some(recover) = &rule.extras.recover
            && answers.recovered.is_none()
            && gone(Some(AlertState::Firing))
        {
            return Some((Question::Recovered, Arc::clone(recover)));
        }
        let asks = rule.extras.asks_for_targets() && answers.targets.is_none() && gone(None);
        asks.then(|| (Question::Targets, targets_query()))
    }

    /// One evaluation of an alerting rule: the samples, markers of vanished series included. A
    /// target that has vanished counts as down for as long as `patience`.
    pub(crate) fn alert(
        &mut self,
        now: Timestamp,
        judgement: &Judgement,
        limit: usize,
        patience: Duration,
    ) -> Result<Vec<Written>, String> {
        let RuleSpec::Alerting(rule) = &self.spec else { return Ok(Vec::new()) };
        let mut samples = alert(rule, &mut self.alerts, now, judgement, patience);
        let count = samples.len() / SAMPLES_PER_ALERT;
        if limit > 0 && count > limit {
            self.alerts.clear();
            return Err(format!("exceeded limit of {limit} with {count} alerts"));
        }
        if !self.restored {
            samples.clear();
        }
        Ok(self.mark_vanished(samples))
    }

    /// Takes over what a former process remembered of this rule.
    pub(crate) fn resume(&mut self, saved: &SavedAlerts, downtime: Duration, tolerance: Duration) {
        for (labels, alert) in saved {
            self.saved.insert(labels.clone(), alert.mark());
            if let Some(alert) = alert.resumed(downtime, tolerance) {
                self.alerts.insert(labels.clone(), alert);
            }
        }
    }

    /// What must be remembered: alerts whose life took a turn, and those that are gone.
    pub(crate) fn changes(&mut self) -> Vec<AlertChange> {
        let mut changes = Vec::new();
        for (labels, alert) in &self.alerts {
            let mark = alert.mark();
            if self.saved.get(labels) != Some(&mark) {
                changes.push((labels.clone(), Some(alert.clone())));
                self.saved.insert(labels.clone(), mark);
            }
        }
        self.saved.retain(|labels, _| {
            let stays = self.alerts.contains_key(labels);
            if !stays {
                changes.push((labels.clone(), None));
            }
            stays
        });
        changes
    }

    /// What to look up so that alerts know since when they are active; `None`: nothing.
    pub(crate) fn lookup(&self, grace_period: Duration) -> Option<&AlertingSpec> {
        match &self.spec {
            RuleSpec::Alerting(rule) => {
                (!self.restored && rule.hold >= grace_period && !self.alerts.is_empty())
                    .then_some(rule)
            }
            RuleSpec::Recording(_) => None,
        }
    }

    /// Moves the beginnings of alerts back to where they were before the restart.
    pub(crate) fn restore(&mut self, states: &[ForState], now: Timestamp, options: &GroupOptions) {
        if let RuleSpec::Alerting(rule) = &self.spec {
            let grace = options.grace_period;
            for_state::restore(&mut self.alerts, states, now, rule.hold, grace);
        }
    }

    /// Series that the last evaluation wrote.
    pub(crate) fn written(&self) -> &BTreeSet<Labels> {
        &self.written
    }

    /// The rule is gone: the series that it wrote and that end now.
    pub(crate) fn retire(&mut self) -> BTreeSet<Labels> {
        self.alerts.clear();
        std::mem::take(&mut self.written)
    }

    /// Adds a staleness marker for each series of the last evaluation that is missing now.
    fn mark_vanished(&mut self, mut samples: Vec<Written>) -> Vec<Written> {
        let now: BTreeSet<Labels> = samples.iter().map(|(labels, _)| labels.clone()).collect();
        let gone = self.written.difference(&now);
        samples.extend(gone.cloned().map(ended));
        self.written = now;
        samples
    }
}

/// The marker that a series ends.
pub(crate) fn ended(labels: Labels) -> Written {
    (labels, Value::Float(stale_marker()))
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

/// What an evaluation of an alerting rule knows.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    /// Elements by the identity of their alerts.
    present: BTreeMap<Labels, Instance>,
    /// What is known of alerts whose elements are gone.
    answers: Answers,
}

/// What is asked about alerts whose elements are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Has `recover_expr` a result for them?
    Recovered,
    /// Are their targets up?
    Targets,
}

impl Judgement {
    /// Without answers; an error when two elements make the same alert.
    pub(crate) fn new(rule: &AlertingSpec, instances: Vec<Instance>) -> Result<Self, String> {
        Ok(Self { present: identities(rule, instances)?, answers: Answers::default() })
    }

    pub(crate) fn answer(&mut self, question: Question, elements: Elements) {
        match question {
            Question::Recovered => self.answers.recovered = Some(elements),
            Question::Targets => self.answers.targets = Some(elements),
        }
    }
}

/// The state of all targets.
fn targets_query() -> Arc<RuleQuery> {
    let text = "up".to_owned();
    let expr = promql::parse(&text).expect("a metric name is an expression");
    Arc::new(RuleQuery { expr, text })
}

/// Carries the alerts of a rule on by one evaluation.
fn alert(
    rule: &AlertingSpec,
    alerts: &mut BTreeMap<Labels, ActiveAlert>,
    now: Timestamp,
    Judgement { present, answers }: &Judgement,
    patience: Duration,
) -> Vec<Written> {
    for (labels, instance) in present {
        let new = || ActiveAlert::new(labels.clone(), now);
        let alert = alerts.entry(labels.clone()).or_insert_with(new);
        if alert.state == AlertState::Inactive {
            alert.returned(now);
        }
        alert.value = instance.value;
        alert.annotations.clone_from(&instance.annotations);
        alert.present(now, rule);
    }
    let own = |name: &str| name == ALERT_NAME || rule.labels.iter().any(|own| own.name() == name);
    alerts.retain(|labels, alert| {
        present.contains_key(labels) || {
            let why = answers.absence(labels, &own);
            alert.absent(now, rule, why, patience)
        }
    });
    let active = alerts.values().filter(|alert| alert.state != AlertState::Inactive);
    active.flat_map(alert_samples).collect()
}

/// Instances by the identity of their alerts: their labels and `alertname`.
fn identities(
    rule: &AlertingSpec,
    instances: Vec<Instance>,
) -> Result<BTreeMap<Labels, Instance>, String> {
    let mut present = BTreeMap::new();
    for instance in instances {
        let identity =
            with_labels(&instance.labels, &[(ALERT_NAME.to_owned(), rule.alert.clone())]);
        if present.insert(identity, instance).is_some() {
            return Err(
                "vector contains metrics with the same labelset after applying alert labels".into(),
            );
        }
    }
    Ok(present)
}

/// `ALERTS{...} 1` and `ALERTS_FOR_STATE{...}` with the second it became active.
fn alert_samples(alert: &ActiveAlert) -> [Written; SAMPLES_PER_ALERT] {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let state = [pair(METRIC_NAME, ALERTS), pair(ALERT_STATE, alert.state.as_str())];
    let since = [pair(METRIC_NAME, ALERTS_FOR_STATE)];
    let active_at = alert.active_at.ms().div_euclid(1000);
    [
        (with_labels(&alert.labels, &state), Value::Float(1.0)),
        (with_labels(&alert.labels, &since), Value::Float(active_at as f64)),
    ]
}
