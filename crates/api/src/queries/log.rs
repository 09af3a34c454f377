//! The query log: one JSON line per evaluated expression, with Prometheus' field names.
//! Source of the form: Prometheus 3.14, `promql/engine.go` (`Engine.exec`), `rules/group.go` and
//! `util/httputil` (origins). Its `source` and `spanID` are left out: there are neither Go files
//! nor spans.

use super::ticket::Ended;
use super::{Active, Origin};
use crate::prom::query::{Samples, Timings};
use model::Timestamp;
use serde::Serialize;
use std::fmt;

/// Takes the lines; must neither wait nor fail.
pub trait QueryLog: fmt::Debug + Send + Sync {
    /// Takes a line without its end.
    fn write(&self, line: String);
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    time: String,
    level: &'static str,
    msg: &'static str,
    params: Params<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    stats: Stats,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_request: Option<HttpRequest<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_group: Option<RuleGroup<'a>>,
}

#[derive(Debug, Serialize)]
struct Params<'a> {
    end: String,
    query: &'a str,
    start: String,
    /// Whole seconds; 0 at one instant.
    step: u64,
}

#[derive(Debug, Serialize)]
struct Stats {
    timings: Timings,
    /// Nobody knows them when the evaluation failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<Samples>,
}

#[derive(Debug, Serialize)]
struct HttpRequest<'a> {
    #[serde(rename = "clientIP")]
    client_ip: String,
    method: &'a str,
    path: &'a str,
}

#[derive(Debug, Serialize)]
struct RuleGroup<'a> {
    file: &'a str,
    name: &'a str,
}

/// The line of a question that has ended; `None` when it was no evaluation.
pub(super) fn line(active: &Active, ended: &Ended, now: Timestamp) -> Option<String> {
    let question = &active.question;
    let steps = question.steps?;
    let (http_request, rule_group) = match &question.origin {
        Origin::Http(caller) => {
            let client_ip = caller.client.map(|ip| ip.to_string()).unwrap_or_default();
            let (method, path) = (caller.method.as_str(), caller.path.as_str());
            (Some(HttpRequest { client_ip, method, path }), None)
        }
        Origin::Rules { group, file } => (None, Some(RuleGroup { file, name: group })),
    };
    let line = Line {
        time: milliseconds(now),
        level: "INFO",
        msg: "promql query logged",
        params: Params {
            end: milliseconds(steps.end),
            query: &question.text,
            start: milliseconds(steps.start),
            step: steps.step.as_secs(),
        },
        error: ended.error.as_deref(),
        stats: Stats { timings: Timings::new(&ended.moments), samples: ended.samples() },
        http_request,
        rule_group,
    };
    Some(serde_json::to_string(&line).expect("own types have text keys and finite floats"))
}

/// RFC 3339 in UTC, always with three digits behind the point.
fn milliseconds(time: Timestamp) -> String {
    let shown = jiff::Timestamp::from_millisecond(time.ms()).unwrap_or_else(|_| {
        if time.ms() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX }
    });
    shown.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
