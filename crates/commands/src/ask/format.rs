//! Answers as promtool prints them: Prometheus' text form, and the JSON of Go's encoder.
//! Formats: prometheus/common `model` (`String` and `MarshalJSON` of its value types).

use super::answer::{Data, Histogram, Metric, Point, Series};
use model::METRIC_NAME;
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::fmt::Write;

/// Lines for people.
pub(super) fn promql(data: &Data) -> Vec<String> {
    match data {
        Data::Vector(series) => vec![lines(series.iter().map(sample))],
        Data::Matrix(series) => {
            let mut sorted: Vec<&Series> = series.iter().collect();
            sorted.sort_by(|a, b| order(&a.metric, &b.metric));
            vec![lines(sorted.into_iter().map(stream))]
        }
        Data::Scalar(point) => vec![format!("scalar: {}", float_at(point))],
        Data::Text { text, .. } => vec![text.clone()],
        Data::Series(metrics) => metrics.iter().map(label_set).collect(),
        Data::Names(names) => names.clone(),
        Data::Explanation(explanation, _) => explanation.lines(),
    }
}

fn lines(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join("\n")
}

fn sample(series: &Series) -> String {
    let metric = metric(&series.metric);
    let float = series.floats.first().map(float_at);
    let histogram = series.histograms.first().map(histogram_at);
    format!("{metric} => {}", float.or(histogram).unwrap_or_default())
}

fn stream(series: &Series) -> String {
    let floats = series.floats.iter().map(float_at);
    let samples = floats.chain(series.histograms.iter().map(histogram_at));
    format!("{} =>\n{}", metric(&series.metric), lines(samples))
}

fn float_at(point: &Point) -> String {
    format!("{} @[{}]", number(point.value), seconds(point.timestamp_ms))
}

fn histogram_at((timestamp_ms, histogram): &(i64, Histogram)) -> String {
    let Histogram { count, sum, buckets } = histogram;
    let buckets: Vec<String> = buckets
        .iter()
        .map(|(rule, lower, upper, count)| {
            let open = if matches!(rule, 1 | 3) { '[' } else { '(' };
            let close = if matches!(rule, 0 | 3) { ']' } else { ')' };
            format!("{open}{lower},{upper}{close}:{count}")
        })
        .collect();
    let at = seconds(*timestamp_ms);
    format!("Count: {count}, Sum: {sum}, Buckets: [{}] @[{at}]", buckets.join(" "))
}

/// `name{a="b", c="d"}`; a set without labels is its name, or `{}`.
fn metric(metric: &Metric) -> String {
    let name = metric.get(METRIC_NAME).map_or("", String::as_str);
    let mut labels: Vec<String> = pairs(metric, |label| label != METRIC_NAME);
    labels.sort();
    match (labels.is_empty(), name.is_empty()) {
        (true, true) => "{}".to_owned(),
        (true, false) => name.to_owned(),
        (false, _) => format!("{name}{{{}}}", labels.join(", ")),
    }
}

fn label_set(metric: &Metric) -> String {
    format!("{{{}}}", pairs(metric, |_| true).join(", "))
}

fn pairs(metric: &Metric, keep: impl Fn(&str) -> bool) -> Vec<String> {
    let kept = metric.iter().filter(|(name, _)| keep(name));
    kept.map(|(name, value)| format!("{name}={}", model::quote(value))).collect()
}

/// Order of a matrix: fewer labels first, then by the values of all names in turn, where a set
/// that lacks a name comes first.
fn order(a: &Metric, b: &Metric) -> Ordering {
    let by_size = a.len().cmp(&b.len());
    let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
    names.sort();
    let by_values = names.into_iter().map(|name| a.get(name).cmp(&b.get(name)));
    by_size.then_with(|| by_values.fold(Ordering::Equal, Ordering::then))
}

/// Go's `FormatFloat(value, 'f', -1, 64)`: never an exponent, and infinity with its sign.
fn number(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    value.to_string()
}

fn seconds(timestamp_ms: i64) -> String {
    let mut text = String::new();
    let (whole, rest) = (timestamp_ms.unsigned_abs() / 1000, timestamp_ms.unsigned_abs() % 1000);
    let sign = if timestamp_ms < 0 { "-" } else { "" };
    // Writing to a String cannot fail.
    write!(text, "{sign}{whole}").unwrap_or_default();
    if rest > 0 {
        let fraction = format!("{rest:03}");
        text.push('.');
        text.push_str(fraction.trim_end_matches('0'));
    }
    text
}

/// One line for programs.
pub(super) fn json(data: &Data) -> Vec<String> {
    let text = match data {
        Data::Vector(series) => list(series.iter().map(json_sample)),
        Data::Matrix(series) => list(series.iter().map(json_stream)),
        Data::Scalar(point) => json_point(point),
        Data::Text { timestamp_ms, text } => {
            format!("[{},{}]", seconds(*timestamp_ms), json!(text))
        }
        Data::Series(metrics) => json!(metrics).to_string(),
        Data::Names(names) => json!(names).to_string(),
        Data::Explanation(_, raw) => raw.to_string(),
    };
    vec![escaped(&text)]
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn json_sample(series: &Series) -> String {
    let metric = json!(series.metric);
    if let Some(histogram) = series.histograms.first() {
        return format!("{{\"metric\":{metric},\"histogram\":{}}}", json_histogram(histogram));
    }
    let value = series.floats.first().map(json_point).unwrap_or_default();
    format!("{{\"metric\":{metric},\"value\":{value}}}")
}

fn json_stream(series: &Series) -> String {
    let mut text = format!("{{\"metric\":{}", json!(series.metric));
    if !series.floats.is_empty() || series.histograms.is_empty() {
        text.push_str(",\"values\":");
        text.push_str(&list(series.floats.iter().map(json_point)));
    }
    if !series.histograms.is_empty() {
        text.push_str(",\"histograms\":");
        text.push_str(&list(series.histograms.iter().map(json_histogram)));
    }
    text.push('}');
    text
}

fn json_point(point: &Point) -> String {
    format!("[{},{}]", seconds(point.timestamp_ms), json!(number(point.value)))
}

fn json_histogram((timestamp_ms, histogram): &(i64, Histogram)) -> String {
    let Histogram { count, sum, buckets } = histogram;
    let buckets: Vec<Value> = buckets.iter().map(|bucket| json!(bucket)).collect();
    let buckets = json!(buckets);
    let (count, sum) = (json!(count), json!(sum));
    let at = seconds(*timestamp_ms);
    format!("[{at},{{\"count\":{count},\"sum\":{sum},\"buckets\":{buckets}}}]")
}

/// Go's encoder escapes what could end a script in a page; none of it stands outside of strings.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            _ => out.push(c),
        }
    }
    out
}
