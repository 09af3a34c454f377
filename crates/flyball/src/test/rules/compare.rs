//! Compares what a test expects with what came out; words and layout are promtool's.

use super::diff::{self, Marks};
use super::stage::Stage;
use commands::console::indented;
use config::rule_tests::{AlertTest, ExpectedSample, QueryTest};
use model::{Labels, Value, go_exponent, quote};
use promql::parse_series;
use promql::series::{SeriesHistogram, SeriesValue};

/// Labels and annotations of an alert, as compared and shown.
pub(super) type Alert = (Labels, Labels);

/// Complains unless exactly the expected alerts fire; with `marks`, in one text with differences
/// marked.
pub(super) fn alerts(
    test: &str,
    case: &AlertTest,
    stage: &Stage,
    marks: Option<Marks>,
) -> Option<String> {
    let firing = stage.firing(&case.alert).into_iter();
    let mut found: Vec<Alert> = firing
        .map(|alert| {
            (
                alert.labels.clone(),
                Labels::from_pairs(alert.annotations.iter().map(|(n, v)| (n, v))),
            )
        })
        .collect();
    let mut expected: Vec<Alert> = case
        .expected
        .iter()
        .map(|alert| {
            let mut labels =
                Labels::from_pairs(alert.labels.iter().map(|(n, v)| (n, v))).to_builder();
            labels.set("alertname", &case.alert);
            let annotations = alert.annotations.iter().map(|(n, v)| (n, v));
            (labels.build(), Labels::from_pairs(annotations))
        })
        .collect();
    found.sort();
    expected.sort();
    if found == expected {
        return None;
    }
    let name = if test.is_empty() { String::new() } else { format!("    name: {test},\n") };
    let (alert, time) = (&case.alert, config::format_duration(case.at));
    if let Some(marks) = marks {
        let diff = indented(&diff::alerts(&expected, &found, marks), "            ");
        return Some(format!("{name}    alertname: {alert}, time: {time}, \n        diff: {diff}"));
    }
    let (expected, found) = (shown_alerts(&expected), shown_alerts(&found));
    Some(format!(
        "{name}    alertname: {alert}, time: {time}, \n\
         \x20       exp:{expected}, \n        got:{found}"
    ))
}

fn shown_alerts(alerts: &[Alert]) -> String {
    if alerts.is_empty() {
        return "[]".to_owned();
    }
    let indent = "            ";
    let mut text = "[".to_owned();
    for (index, (labels, annotations)) in alerts.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let lines = [
            format!("{comma}\n{indent}{index}:"),
            format!("\n{indent}  Labels:{labels}"),
            format!("\n{indent}  Annotations:{annotations}"),
        ];
        text.extend(lines);
    }
    text + "\n" + indent + "]"
}

/// A sample as compared and shown; a histogram in its notation.
#[derive(Clone, Debug, PartialEq)]
struct Sample {
    labels: Labels,
    value: f64,
    histogram: String,
}

/// Complains unless a query answers exactly the expected samples.
pub(super) fn query(case: &QueryTest, is_fuzzy: bool, stage: &Stage) -> Option<String> {
    let place =
        format!("    expr: {}, time: {}", quote(&case.expr), config::format_duration(case.at));
    let answer = stage.ask(&case.expr, case.at);
    let mut found: Vec<Sample> = match answer {
        Ok(elements) => elements.into_iter().map(|(labels, value)| sample(labels, value)).collect(),
        Err(error) => return Some(format!("{place}, err: {error}")),
    };
    let expected: Result<Vec<Sample>, String> = case.expected.iter().map(parsed).collect();
    let mut expected = match expected {
        Ok(expected) => expected,
        Err(error) => return Some(format!("{place}, err: {error}")),
    };
    found.sort_by(|a, b| a.labels.cmp(&b.labels));
    expected.sort_by(|a, b| a.labels.cmp(&b.labels));
    let agree = |pair: (&Sample, &Sample)| equal(pair.0, pair.1, is_fuzzy);
    if found.len() == expected.len() && expected.iter().zip(&found).all(agree) {
        return None;
    }
    let (expected, found) = (shown(&expected), shown(&found));
    Some(format!("{place},\n        exp: {expected}\n        got: {found}"))
}

fn sample(labels: Labels, value: Value) -> Sample {
    match value {
        Value::Float(value) => Sample { labels, value, histogram: String::new() },
        Value::Histogram(histogram) => {
            let hint_written = histogram.counter_reset != model::CounterReset::Unknown;
            let histogram = SeriesHistogram { histogram, hint_written }.to_string();
            Sample { labels, value: 0.0, histogram }
        }
    }
}

fn parsed(expected: &ExpectedSample) -> Result<Sample, String> {
    let complain = |error: String| format!("labels {}: {error}", quote(&expected.labels));
    let labels = match expected.labels.trim() {
        "" => Labels::empty(),
        text => {
            let series = parse_series(&format!("{text} 0"));
            series.map_err(|error| complain(error.to_string()))?.labels
        }
    };
    if expected.histogram.is_empty() {
        return Ok(Sample { labels, value: expected.value, histogram: String::new() });
    }
    let series = parse_series(&format!("{{}} {}", expected.histogram));
    let values = series.map_err(|error| complain(error.to_string()))?.values;
    match &values[..] {
        [SeriesValue::Histogram(described)] => {
            Ok(sample(labels, Value::Histogram(described.histogram.clone())))
        }
        [other] => Err(complain(format!("expected histogram, got {other}"))),
        _ => Err(complain(format!("expected 1 value, got {}", values.len()))),
    }
}

/// As upstream: NaN equals nothing; neighbours are equal when the file says so.
fn equal(a: &Sample, b: &Sample, is_fuzzy: bool) -> bool {
    let near = is_fuzzy && (a.value.next_up() == b.value || a.value.next_down() == b.value);
    a.labels == b.labels && a.histogram == b.histogram && (a.value == b.value || near)
}

fn shown(samples: &[Sample]) -> String {
    if samples.is_empty() {
        return "nil".to_owned();
    }
    let one = |Sample { labels, value, histogram }: &Sample| {
        if histogram.is_empty() {
            format!("{labels} {}", go_exponent(*value).replace('e', "E"))
        } else {
            format!("{labels} {histogram}")
        }
    };
    samples.iter().map(one).collect::<Vec<_>>().join(", ")
}
