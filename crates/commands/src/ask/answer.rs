//! The answer of the API as values. Anything else that may stand behind a URL (a login page,
//! another service) is told apart and named.

use super::Refusal;
use super::explain::Explanation;
use super::fetch::Reply;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Characters of a foreign answer that are shown.
const SHOWN_CHARS_MAX: usize = 120;

/// Labels by name; Go prints maps sorted.
pub(super) type Metric = BTreeMap<String, String>;

/// What a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Value,
    Series,
    Names,
    Explanation,
}

/// An answer with what the server had to say about it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) data: Data,
    pub(super) warnings: Vec<String>,
}

/// What was asked for.
#[derive(Debug, PartialEq)]
pub(super) enum Data {
    Vector(Vec<Series>),
    Matrix(Vec<Series>),
    Scalar(Point),
    Text {
        timestamp_ms: i64,
        text: String,
    },
    Series(Vec<Metric>),
    Names(Vec<String>),
    /// As read, and as it came.
    Explanation(Explanation, Value),
}

/// A series with its samples; an instant one has one.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Series {
    pub(super) metric: Metric,
    pub(super) floats: Vec<Point>,
    pub(super) histograms: Vec<(i64, Histogram)>,
}

/// A float sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) timestamp_ms: i64,
    pub(super) value: f64,
}

/// A histogram sample, its numbers as the server writes them.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(super) struct Histogram {
    pub(super) count: String,
    pub(super) sum: String,
    /// Boundary rule, lower and upper bound, count.
    #[serde(default)]
    pub(super) buckets: Vec<(u8, String, String, String)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    status: String,
    #[serde(default)]
    data: Value,
    #[serde(default)]
    error_type: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Result_ {
    result_type: String,
    result: Value,
}

#[derive(Deserialize)]
struct RawSeries {
    #[serde(default)]
    metric: Metric,
    value: Option<(f64, String)>,
    #[serde(default)]
    values: Vec<(f64, String)>,
    histogram: Option<(f64, Histogram)>,
    #[serde(default)]
    histograms: Vec<(f64, Histogram)>,
}

/// Reads an answer; an error of the API becomes its sentence.
pub(super) fn read(reply: &Reply, shape: Shape) -> Result<Answer, Refusal> {
    let parsed = serde_json::from_slice::<Envelope>(&reply.body);
    let envelope = parsed.map_err(|error| foreign(reply, &error))?;
    if envelope.status != "success" {
        let (kind, text) = (envelope.error_type, envelope.error);
        return Err(format!("query error: {kind}: {text}"));
    }
    let data = data(envelope.data, shape)
        .map_err(|error| format!("query error: bad_response: {} answers {error}", reply.url))?;
    let warnings = envelope.warnings.into_iter().chain(envelope.infos).collect();
    Ok(Answer { data, warnings })
}

/// Says what answered when it was no Prometheus API.
fn foreign(reply: &Reply, error: &serde_json::Error) -> Refusal {
    let Reply { url, status, body } = reply;
    let text = String::from_utf8_lossy(body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let shown: String = line.chars().take(SHOWN_CHARS_MAX).collect();
    let why = match status {
        401 | 403 => "; give the credentials with --http.config.file",
        404 => "; is the path prefix of the server part of the URL?",
        _ => "",
    };
    let kind = if *status >= 500 { "server_error" } else { "client_error" };
    if *status >= 400 {
        return format!("query error: {kind}: {url} answers with status {status}: {shown}{why}");
    }
    let what = "does not answer as Prometheus' API";
    format!("query error: bad_response: {url} {what} ({error}): {shown}")
}

fn data(data: Value, shape: Shape) -> Result<Data, String> {
    let wrong = |error: serde_json::Error| format!("in an unknown form: {error}");
    match shape {
        Shape::Series => Ok(Data::Series(serde_json::from_value(data).map_err(wrong)?)),
        Shape::Names => Ok(Data::Names(serde_json::from_value(data).map_err(wrong)?)),
        Shape::Explanation => {
            let explanation = Explanation::deserialize(&data).map_err(wrong)?;
            Ok(Data::Explanation(explanation, data))
        }
        Shape::Value => {
            let result: Result_ = serde_json::from_value(data).map_err(wrong)?;
            value(&result.result_type, result.result)
        }
    }
}

fn value(kind: &str, result: Value) -> Result<Data, String> {
    let wrong = |error: serde_json::Error| format!("in an unknown form: {error}");
    match kind {
        "vector" | "matrix" => {
            let raw: Vec<RawSeries> = serde_json::from_value(result).map_err(wrong)?;
            let series: Vec<Series> = raw.into_iter().map(series).collect::<Result<_, _>>()?;
            Ok(if kind == "vector" { Data::Vector(series) } else { Data::Matrix(series) })
        }
        "scalar" => Ok(Data::Scalar(point(serde_json::from_value(result).map_err(wrong)?)?)),
        "string" => {
            let (seconds, text): (f64, String) = serde_json::from_value(result).map_err(wrong)?;
            Ok(Data::Text { timestamp_ms: milliseconds(seconds), text })
        }
        _ => Err(format!("with the unknown result type {kind:?}")),
    }
}

fn series(raw: RawSeries) -> Result<Series, String> {
    let floats = raw.value.into_iter().chain(raw.values);
    let histograms = raw.histogram.into_iter().chain(raw.histograms);
    Ok(Series {
        metric: raw.metric,
        floats: floats.map(point).collect::<Result<_, _>>()?,
        histograms: histograms.map(|(at, histogram)| (milliseconds(at), histogram)).collect(),
    })
}

fn point((seconds, value): (f64, String)) -> Result<Point, String> {
    let parsed = exposition::parse_float(value.as_bytes());
    let value = parsed.ok_or_else(|| format!("with {value:?}, which is no number"))?;
    Ok(Point { timestamp_ms: milliseconds(seconds), value })
}

fn milliseconds(seconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
    let ms = (seconds * 1000.0).round() as i64;
    ms
}
