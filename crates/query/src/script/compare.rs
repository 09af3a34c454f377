//! Compares values with what a script expects: floats within 1e-6, histograms bucket by bucket.
//! Source: Prometheus 3.14, `compareResult` and `compareNativeHistogram`.

use super::{Difference, Mismatch};
use crate::histogram::{compact, is_custom};
use crate::number::almost_equal;
use crate::{MatrixSeries, QueryValue};
use model::{Histogram, Labels, Timestamp, Value};
use promql::script::{Eval, ExpectedSeries, Outcome};
use promql::series::{SeriesHistogram, SeriesValue};
use std::sync::Arc;

/// Relative error allowed for floats.
const TOLERANCE: f64 = 1e-6;
/// Differences told per eval.
const DIFFERENCES_MAX: usize = 10;
/// Characters of a difference that are told.
const SHOWN_CHARS_MAX: usize = 1_000;

/// Start, end and step of a range, ms.
type Grid = (i64, i64, i64);

/// The answer of a range eval.
pub(super) fn range(outcome: &Outcome, value: &QueryValue, grid: Grid) -> Result<(), Mismatch> {
    match (outcome, value) {
        (Outcome::Series(expected), QueryValue::Matrix(found)) => matrix(expected, found, grid),
        _ => Err(Difference::new(kind_of(outcome), describe(value)).into()),
    }
}

/// The answer of an instant eval.
pub(super) fn instant(eval: &Eval, value: &QueryValue) -> Result<(), Mismatch> {
    match (&eval.outcome, value) {
        (Outcome::String(expected), QueryValue::String { text, .. }) if expected == text => Ok(()),
        (Outcome::String(expected), QueryValue::String { text, .. }) => {
            Err(Difference::new(format!("string {expected:?}"), format!("{text:?}")).into())
        }
        (Outcome::Scalar(expected), QueryValue::Scalar { value, .. }) => scalar(*expected, *value),
        (Outcome::Series(expected), QueryValue::Vector(samples)) => {
            let found: Vec<_> = samples.iter().map(|s| (&s.labels, &s.value)).collect();
            vector(expected, &found, eval.expect.ordered)
        }
        (Outcome::RangeVector { start_ms, end_ms, step_ms, series }, QueryValue::Matrix(found)) => {
            matrix(series, found, (*start_ms, *end_ms, *step_ms))
        }
        (outcome, value) => Err(Difference::new(kind_of(outcome), describe(value)).into()),
    }
}

/// The middle of a range query, which was a scalar or a vector as an instant query.
pub(super) fn middle(
    eval: &Eval,
    value: &QueryValue,
    at: i64,
    is_scalar: bool,
) -> Result<(), Mismatch> {
    let QueryValue::Matrix(series) = value else {
        return Err(Difference::new("a matrix", describe(value)).into());
    };
    sorted(series)?;
    let at = Timestamp::from_ms(at);
    let point_of =
        |series: &'_ MatrixSeries| series.points.iter().position(|(time, _)| *time == at);
    let found: Vec<(&Labels, &Value)> = series
        .iter()
        .filter_map(|series| Some((&series.labels, &series.points[point_of(series)?].1)))
        .collect();
    match (&eval.outcome, found.as_slice()) {
        (Outcome::Scalar(expected), [(_, Value::Float(value))]) if is_scalar => {
            scalar(*expected, *value)
        }
        (Outcome::Series(expected), found) if !is_scalar => vector(expected, found, false),
        (outcome, found) => {
            let found: Vec<String> = found.iter().map(|(l, v)| line(l, [&written(v)])).collect();
            Err(Difference::new(kind_of(outcome), listed(&found)).into())
        }
    }
}

fn scalar(expected: f64, found: f64) -> Result<(), Mismatch> {
    if almost_equal(expected, found, TOLERANCE) {
        return Ok(());
    }
    let shown = |value| SeriesValue::Float(value).to_string();
    Err(Difference::new(shown(expected), shown(found)).into())
}

fn vector(
    expected: &[ExpectedSeries],
    found: &[(&Labels, &Value)],
    ordered: bool,
) -> Result<(), Mismatch> {
    let mut differences = Differences::default();
    for series in expected {
        let wanted = series.values.first().unwrap_or(&SeriesValue::Gap);
        match found.iter().find(|(labels, _)| **labels == series.labels) {
            Some((_, value)) if matches(wanted, value) => {}
            Some((labels, value)) => {
                differences.add(line(&series.labels, [wanted]), line(labels, [&written(value)]));
            }
            None => differences.add(line(&series.labels, [wanted]), "no such series"),
        }
    }
    for (labels, value) in found {
        if !expected.iter().any(|series| series.labels == **labels) {
            differences.add("no such series", line(labels, [&written(value)]));
        }
    }
    if ordered && differences.0.is_empty() {
        let expected: Vec<String> = expected.iter().map(|s| s.labels.to_string()).collect();
        let found: Vec<String> = found.iter().map(|(labels, _)| labels.to_string()).collect();
        if expected != found {
            let order = |list: &[String]| format!("in this order: {}", list.join(", "));
            differences.add(order(&expected), order(&found));
        }
    }
    differences.finish()
}

fn matrix(expected: &[ExpectedSeries], found: &[MatrixSeries], grid: Grid) -> Result<(), Mismatch> {
    sorted(found)?;
    let (start, end, step) = grid;
    let steps = usize::try_from((end - start) / step.max(1) + 1).unwrap_or(0);
    let mut differences = Differences::default();
    for wanted in expected {
        let shown = line(&wanted.labels, &wanted.values);
        if wanted.values.len() > steps {
            differences.add(shown, format!("a range of {steps} steps"));
            continue;
        }
        match found.iter().find(|series| series.labels == wanted.labels) {
            Some(series) if same_points(&wanted.values, series, grid) => {}
            Some(series) => differences.add(shown, on_grid(series, grid)),
            None => differences.add(shown, "no such series"),
        }
    }
    for series in found {
        if !expected.iter().any(|wanted| wanted.labels == series.labels) {
            differences.add("no such series", on_grid(series, grid));
        }
    }
    differences.finish()
}

fn same_points(expected: &[SeriesValue], found: &MatrixSeries, (start, _, step): Grid) -> bool {
    let times = (0..).map(|index| start.saturating_add(step.saturating_mul(index)));
    let expected = times.zip(expected).filter(|(_, value)| **value != SeriesValue::Gap);
    let expected: Vec<(i64, &SeriesValue)> = expected.collect();
    expected.len() == found.points.len()
        && expected
            .iter()
            .zip(&found.points)
            .all(|((time, expected), (at, value))| *time == at.ms() && matches(expected, value))
}

/// Results of range queries are sorted by labels.
fn sorted(found: &[MatrixSeries]) -> Result<(), Mismatch> {
    let wrong = found.windows(2).find(|pair| pair[0].labels >= pair[1].labels);
    wrong.map_or(Ok(()), |pair| {
        let found = format!("{} before {}", pair[0].labels, pair[1].labels);
        Err(Difference::new("different series, sorted by labels", found).into())
    })
}

/// Is this what the script says?
fn matches(expected: &SeriesValue, found: &Value) -> bool {
    match (expected, found) {
        (SeriesValue::Float(expected), Value::Float(found)) => {
            almost_equal(*expected, *found, TOLERANCE)
        }
        (SeriesValue::Histogram(expected), Value::Histogram(found)) => {
            let hint = expected.histogram.counter_reset == found.counter_reset;
            histograms(&expected.histogram, found) && (hint || !expected.hint_written)
        }
        _ => false,
    }
}

fn histograms(expected: &Histogram, found: &Histogram) -> bool {
    let (mut a, mut b) = (expected.clone(), found.clone());
    compact(&mut a);
    compact(&mut b);
    let close = |a: f64, b: f64| almost_equal(a, b, TOLERANCE);
    let all_close =
        |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| close(*a, *b));
    a.schema == b.schema
        && close(a.count, b.count)
        && close(a.sum, b.sum)
        && (!is_custom(&a) || a.custom_values == b.custom_values)
        && a.zero_threshold == b.zero_threshold
        && close(a.zero_count, b.zero_count)
        && a.positive_spans == b.positive_spans
        && all_close(&a.positive_buckets, &b.positive_buckets)
        && a.negative_spans == b.negative_spans
        && all_close(&a.negative_buckets, &b.negative_buckets)
}

/// Differences up to a number; the rest is counted.
#[derive(Default)]
struct Differences(Vec<Difference>, usize);

impl Differences {
    fn add(&mut self, expected: impl Into<String>, found: impl Into<String>) {
        if self.0.len() < DIFFERENCES_MAX {
            let (expected, found) = (cut(expected.into()), cut(found.into()));
            self.0.push(Difference { expected, found });
        } else {
            self.1 += 1;
        }
    }

    fn finish(mut self) -> Result<(), Mismatch> {
        if self.0.is_empty() {
            return Ok(());
        }
        if self.1 > 0 {
            let more = format!("{} more", self.1);
            self.0.push(Difference::new(more.clone(), more));
        }
        Err(self.0.into())
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

/// A value as a script would write it.
fn written(value: &Value) -> SeriesValue {
    match value {
        Value::Float(value) => SeriesValue::Float(*value),
        Value::Histogram(histogram) => {
            let histogram = Arc::clone(histogram);
            SeriesValue::Histogram(SeriesHistogram { histogram, hint_written: true })
        }
    }
}

/// A series as a script would write it.
fn line<'v>(labels: &Labels, values: impl IntoIterator<Item = &'v SeriesValue>) -> String {
    values.into_iter().fold(labels.to_string(), |line, value| format!("{line} {value}"))
}

/// A series of a matrix; points that lie on no step come last, with their time in seconds.
fn on_grid(series: &MatrixSeries, (start, end, step): Grid) -> String {
    let mut text = series.labels.to_string();
    let mut points = series.points.iter().peekable();
    let mut at = start;
    while at <= end && points.peek().is_some() {
        match points.next_if(|(time, _)| time.ms() == at) {
            Some((_, value)) => text = format!("{text} {}", written(value)),
            None => text.push_str(" _"),
        }
        at = at.saturating_add(step.max(1));
    }
    for (time, value) in points {
        text = format!("{text} {} @[{}]", written(value), time.ms() as f64 / 1000.0);
    }
    text
}

fn kind_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Scalar(_) => "a scalar",
        Outcome::String(_) => "a string",
        Outcome::Series(_) => "series",
        Outcome::RangeVector { .. } => "a range vector",
    }
}

fn describe(value: &QueryValue) -> String {
    match value {
        QueryValue::Scalar { value, .. } => format!("the scalar {}", SeriesValue::Float(*value)),
        QueryValue::String { text, .. } => format!("the string {text:?}"),
        QueryValue::Vector(samples) => {
            let lines: Vec<String> =
                samples.iter().map(|s| line(&s.labels, [&written(&s.value)])).collect();
            format!("a vector: {}", listed(&lines))
        }
        QueryValue::Matrix(series) => {
            let labels: Vec<String> = series.iter().map(|s| s.labels.to_string()).collect();
            format!("a matrix: {}", listed(&labels))
        }
    }
}

fn listed(lines: &[String]) -> String {
    if lines.is_empty() { "nothing".into() } else { cut(lines.join("; ")) }
}
