//! What a server asks a worker and hears from it, as JSON. A request with keys that a worker does
//! not know is refused: half a probe would be a wrong one. Of an answer only series of probes are
//! taken, and no more than a probe can have.

use crate::{Findings, Judged, Outcome, Reason};
use config::{Place, ProbeStep, ScheduledProbe};
use exposition::Family;
use model::Labels;
use net::Certificate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Points of one probe that are taken at most; a suite of 100 steps with 100 conditions has more
/// than 10,000.
const POINTS_MAX: usize = 20_000;
/// Certificates and conditions of one probe that are taken at most.
const CERTIFICATES_MAX: usize = 100;
const CONDITIONS_MAX: usize = 10_000;
/// Prefixes of the series that a worker may tell.
const PREFIXES: [&str; 2] = ["probe_", "flyball_probe_"];

/// Probes that are made at the same time.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    pub(super) probes: Vec<Question>,
}

/// One probe: a target with a module or a URL, or the steps of a suite.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Question {
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    target: String,
    timeout_ms: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<StepAsked>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    context: BTreeMap<String, String>,
}

/// A step of a suite.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct StepAsked {
    name: String,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    store: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    always_run: bool,
}

impl Question {
    /// One for each target of a job, with its label `instance`.
    pub fn all(job: &ScheduledProbe) -> Vec<(String, Self)> {
        let texts = |conditions: &[(String, Place)]| {
            conditions.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>()
        };
        let step = |step: &ProbeStep| StepAsked {
            name: step.name.clone(),
            url: step.url.clone(),
            module: step.module.clone(),
            method: step.method.clone(),
            headers: step.headers.iter().cloned().collect(),
            body: step.body.clone(),
            conditions: texts(&step.conditions),
            store: step.store.iter().cloned().collect(),
            always_run: step.always_run,
        };
        let whole = Self {
            module: job.module.clone(),
            target: String::new(),
            timeout_ms: u64::try_from(job.timeout.as_millis()).unwrap_or(u64::MAX),
            conditions: texts(&job.conditions),
            steps: job.steps.iter().map(step).collect(),
            context: job.context.iter().cloned().collect(),
        };
        if !job.steps.is_empty() {
            return vec![(job.name.clone(), whole)];
        }
        let one =
            |target: &String| (target.clone(), Self { target: target.clone(), ..whole.clone() });
        job.targets.iter().map(one).collect()
    }

    /// Longest time of the probe.
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// The job that this is on the worker.
    pub(super) fn into_job(self) -> ScheduledProbe {
        let nowhere = Place::START;
        let placed = |texts: Vec<String>| texts.into_iter().map(|text| (text, nowhere)).collect();
        let timeout = self.timeout();
        let step = |step: StepAsked| ProbeStep {
            name: step.name,
            url: step.url,
            place: nowhere,
            module: step.module,
            method: step.method,
            headers: step.headers.into_iter().collect(),
            body: step.body,
            conditions: placed(step.conditions),
            store: step.store.into_iter().collect(),
            always_run: step.always_run,
        };
        ScheduledProbe {
            name: "asked".to_owned(),
            module: self.module,
            targets: Some(self.target).filter(|target| !target.is_empty()).into_iter().collect(),
            locations: Vec::new(),
            conditions: placed(self.conditions),
            steps: self.steps.into_iter().map(step).collect(),
            context: self.context.into_iter().collect(),
            interval: timeout,
            timeout,
            labels: Vec::new(),
            healthy: 1,
            unhealthy: 1,
        }
    }
}

/// What a worker says, in the order of the questions.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Answers {
    pub(super) results: Vec<Answered>,
}

/// What became of one question: an outcome, or why there is none.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Answered {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<ToldOutcome>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ToldOutcome {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    duration_ms: f64,
    conditions: Vec<ToldCondition>,
    certificates: Vec<ToldCertificate>,
    families: Vec<ToldFamily>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct ToldCondition {
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    condition: String,
    shown: String,
    holds: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct ToldCertificate {
    common_name: String,
    serial: String,
    subject: String,
    issuer: String,
    dns_names: Vec<String>,
    not_before: i64,
    not_after: i64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct ToldFamily {
    name: String,
    help: String,
    points: Vec<ToldPoint>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct ToldPoint {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    /// `null` for what is no number.
    value: Option<f64>,
}

impl ToldOutcome {
    pub(super) fn of(outcome: &Outcome) -> Self {
        let condition = |one: &Judged| ToldCondition {
            step: one.step.clone(),
            condition: one.condition.clone(),
            shown: one.shown.clone(),
            holds: one.holds,
        };
        let certificate = |one: &Certificate| ToldCertificate {
            common_name: one.common_name.clone(),
            serial: one.serial.clone(),
            subject: one.subject.clone(),
            issuer: one.issuer.clone(),
            dns_names: one.dns_names.clone(),
            not_before: one.not_before,
            not_after: one.not_after,
        };
        Self {
            success: outcome.success,
            reason: outcome.reason.map(|reason| reason.name().to_owned()),
            why: outcome.findings.why.clone(),
            duration_ms: outcome.duration.as_secs_f64() * 1000.0,
            conditions: outcome.conditions.iter().map(condition).collect(),
            certificates: outcome.certificates.iter().map(certificate).collect(),
            families: outcome.families.iter().map(ToldFamily::of).collect(),
        }
    }

    /// The outcome as if it had been made here.
    ///
    /// # Errors
    /// What no probe can have said.
    pub(super) fn into_outcome(self) -> Result<Outcome, String> {
        let points: usize = self.families.iter().map(|family| family.points.len()).sum();
        if points > POINTS_MAX
            || self.certificates.len() > CERTIFICATES_MAX
            || self.conditions.len() > CONDITIONS_MAX
        {
            return Err("the answer has more than a probe can have".to_owned());
        }
        let reason = self.reason.map(|name| Reason::named(&name).unwrap_or(Reason::Protocol));
        if self.success != reason.is_none() {
            return Err("the answer is a success with a reason to fail, or neither".to_owned());
        }
        let condition = |one: ToldCondition| Judged {
            step: one.step,
            condition: one.condition,
            shown: one.shown,
            holds: one.holds,
        };
        let seconds = self.duration_ms / 1000.0;
        Ok(Outcome {
            success: self.success,
            reason,
            families: self
                .families
                .into_iter()
                .map(ToldFamily::into_family)
                .collect::<Result<Vec<_>, String>>()?,
            certificates: self.certificates.into_iter().map(ToldCertificate::parsed).collect(),
            log: String::new(),
            duration: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
            conditions: self.conditions.into_iter().map(condition).collect(),
            findings: Findings { why: self.why, ..Findings::default() },
        })
    }
}

impl ToldCertificate {
    fn parsed(self) -> Certificate {
        let mut certificate = Certificate::default();
        certificate.common_name = self.common_name;
        certificate.serial = self.serial;
        certificate.subject = self.subject;
        certificate.issuer = self.issuer;
        certificate.dns_names = self.dns_names;
        certificate.not_before = self.not_before;
        certificate.not_after = self.not_after;
        certificate
    }
}

impl ToldFamily {
    fn of(family: &Family) -> Self {
        let point = |point: &exposition::Point| ToldPoint {
            labels: point
                .labels
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            value: Some(point.value),
        };
        Self {
            name: family.name.clone(),
            help: family.help.clone(),
            points: family.points.iter().map(point).collect(),
        }
    }

    fn into_family(self) -> Result<Family, String> {
        let known = PREFIXES.iter().any(|prefix| self.name.starts_with(prefix));
        if !known || !model::is_legacy_metric_name(&self.name) {
            return Err(format!("{} is no series of a probe", model::quote(&self.name)));
        }
        let mut family = Family::gauge(self.name, self.help);
        for ToldPoint { labels, value } in self.points {
            let is_wrong =
                |name: &&String| !model::is_legacy_label_name(name) || name.starts_with("__");
            if let Some(wrong) = labels.keys().find(is_wrong) {
                return Err(format!("{} is no label of a probe", model::quote(wrong)));
            }
            let labels = labels.iter().filter(|(_, value)| !value.is_empty());
            family.push(Labels::from_pairs(labels), value.unwrap_or(f64::NAN));
        }
        Ok(family)
    }
}

#[cfg(test)]
mod tests;
