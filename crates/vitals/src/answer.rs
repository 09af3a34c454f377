//! The answer in JSON. Shapes are separate from those that are computed with.

use crate::watch::Shown;
use crate::world::OwnPart;
use health::{Band, Change, Deduction, Kind, Report, Verdict};
use model::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Changes that are told, the latest first.
const CHANGES_TOLD_MAX: usize = 50;

/// Everything: `/health`.
#[derive(Serialize)]
pub(crate) struct HealthBody {
    #[serde(flatten)]
    whole: WholeBody,
    server: ServerBody,
    deductions: Vec<DeductionBody>,
    components: Vec<ComponentBody>,
    changes: Vec<ChangeBody>,
    interval_seconds: f64,
}

/// The verdict alone: `/health/latest`.
#[derive(Serialize)]
pub(crate) struct LatestBody {
    #[serde(flatten)]
    whole: WholeBody,
    server: &'static str,
    components: BTreeMap<String, ScoreBody>,
}

#[derive(Serialize)]
struct WholeBody {
    status: &'static str,
    score: Option<u8>,
    summary: String,
    at: Option<String>,
    since: Option<String>,
}

#[derive(Serialize)]
struct ScoreBody {
    status: &'static str,
    score: Option<u8>,
}

#[derive(Serialize)]
struct ServerBody {
    status: &'static str,
    parts: Vec<PartBody>,
}

#[derive(Serialize)]
struct PartBody {
    name: String,
    healthy: bool,
    message: String,
}

#[derive(Serialize)]
struct ComponentBody {
    name: String,
    title: String,
    status: &'static str,
    score: Option<u8>,
    since: String,
    criticality: &'static str,
    depends_on: Vec<String>,
    subjects: usize,
    runbook: String,
    deductions: Vec<DeductionBody>,
}

#[derive(Serialize)]
struct DeductionBody {
    points: u8,
    kind: &'static str,
    subject: String,
    reason: String,
    remedy: String,
    link: String,
    since: String,
}

#[derive(Serialize)]
struct ChangeBody {
    at: String,
    component: String,
    from: &'static str,
    to: &'static str,
    score: Option<u8>,
    reason: String,
}

impl HealthBody {
    pub(crate) fn new(shown: &Shown) -> Self {
        let report = shown.report.as_deref();
        let changes = shown.changes.iter().rev().take(CHANGES_TOLD_MAX);
        Self {
            whole: WholeBody::new(shown),
            server: ServerBody::new(&shown.parts),
            deductions: report.map_or_else(Vec::new, |report| deductions(&report.whole)),
            components: report.map_or_else(Vec::new, |report| {
                report.components.iter().map(ComponentBody::new).collect()
            }),
            changes: changes.map(ChangeBody::new).collect(),
            interval_seconds: shown.interval.as_secs_f64(),
        }
    }
}

impl LatestBody {
    pub(crate) fn new(shown: &Shown) -> Self {
        let all = shown.report.iter().flat_map(|report| &report.components);
        let score = |one: &Verdict| {
            let score = ScoreBody { status: one.band.as_str(), score: one.score };
            (one.component.clone(), score)
        };
        Self {
            whole: WholeBody::new(shown),
            server: server_status(&shown.parts),
            components: all.map(score).collect(),
        }
    }
}

impl WholeBody {
    fn new(shown: &Shown) -> Self {
        let Some(report) = &shown.report else {
            let summary = "nothing was judged yet, or not for long".to_owned();
            let status = Band::Unknown.as_str();
            return Self { status, score: None, summary, at: None, since: None };
        };
        let whole = &report.whole;
        Self {
            status: whole.band.as_str(),
            score: whole.score,
            summary: summary(report),
            at: Some(time(report.at)),
            since: Some(time(whole.since)),
        }
    }
}

/// One sentence: how it is, and what costs most.
fn summary(report: &Report) -> String {
    let whole = &report.whole;
    let Some(score) = whole.score else {
        return match report.components.len() {
            0 => "nothing is watched".to_owned(),
            count => format!("nothing is known yet of {count} components"),
        };
    };
    let word = whole.band.as_str();
    let Some(worst) = whole.deductions.first() else {
        let what = match report.components.len() {
            1 => "the one component".to_owned(),
            count => format!("{count} components"),
        };
        return format!("{score} of 100, {word}: nothing is wrong with {what}");
    };
    let (way, cause) = cause(report, worst);
    let first = if way.is_empty() { String::new() } else { format!("{}: ", way.join(" < ")) };
    format!("{score} of 100, {word}: {first}{}", told(cause))
}

/// From a deduction for another component down to what is wrong there: the titles on the way, and
/// the deduction at its end.
fn cause<'r>(report: &'r Report, first: &'r Deduction) -> (Vec<&'r str>, &'r Deduction) {
    let (mut way, mut deduction) = (Vec::new(), first);
    // Components form no ring, so each is passed once.
    for _ in &report.components {
        let next = report.components.iter().find(|one| one.component == deduction.subject);
        let Some(next) = next.filter(|_| deduction.kind == Kind::Dependency) else { break };
        let Some(worst) = next.deductions.first() else { break };
        way.push(next.title.as_str());
        deduction = worst;
    }
    (way, deduction)
}

fn told(deduction: &Deduction) -> String {
    let Deduction { points, subject, reason, .. } = deduction;
    let colon = if reason.is_empty() { "" } else { ", " };
    format!("{subject}{colon}{reason} ({points} points)")
}

/// The components as lines of `/healthz?verbose`: name, is it healthy, what it says.
pub(crate) fn lines(shown: &Shown) -> Vec<OwnPart> {
    let all =
        shown.report.iter().flat_map(|report| report.components.iter().chain([&report.whole]));
    let line = |one: &Verdict| {
        let score = one.score.map_or(String::new(), |score| format!(" {score}"));
        let worst = one.deductions.first().map(told);
        let colon = if worst.is_some() { ": " } else { "" };
        OwnPart {
            name: one.component.clone(),
            works: one.band == Band::Healthy,
            message: format!("{}{score}{colon}{}", one.band.as_str(), worst.unwrap_or_default()),
        }
    };
    all.map(line).collect()
}

/// `ok`, or `degraded` when a part of the server does not work.
pub(crate) fn server_status(parts: &[OwnPart]) -> &'static str {
    if parts.iter().all(|part| part.works) { "ok" } else { "degraded" }
}

impl ServerBody {
    fn new(parts: &[OwnPart]) -> Self {
        let part = |part: &OwnPart| PartBody {
            name: part.name.clone(),
            healthy: part.works,
            message: part.message.clone(),
        };
        Self { status: server_status(parts), parts: parts.iter().map(part).collect() }
    }
}

impl ComponentBody {
    fn new(verdict: &Verdict) -> Self {
        Self {
            name: verdict.component.clone(),
            title: verdict.title.clone(),
            status: verdict.band.as_str(),
            score: verdict.score,
            since: time(verdict.since),
            criticality: verdict.criticality.as_str(),
            depends_on: verdict.depends_on.clone(),
            subjects: verdict.subjects,
            runbook: verdict.runbook.clone(),
            deductions: deductions(verdict),
        }
    }
}

fn deductions(verdict: &Verdict) -> Vec<DeductionBody> {
    let body = |one: &Deduction| DeductionBody {
        points: one.points,
        kind: one.kind.as_str(),
        subject: one.subject.clone(),
        reason: one.reason.clone(),
        remedy: one.remedy.clone(),
        link: one.link.clone(),
        since: time(one.since),
    };
    verdict.deductions.iter().map(body).collect()
}

impl ChangeBody {
    fn new(change: &Change) -> Self {
        Self {
            at: time(change.at),
            component: change.component.clone(),
            from: change.from.as_str(),
            to: change.to.as_str(),
            score: change.score,
            reason: change.reason.clone(),
        }
    }
}

/// RFC 3339 in UTC.
fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.ms())
        .map_or_else(|_| at.ms().to_string(), |t| t.to_string())
}
