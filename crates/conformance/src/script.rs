//! A case as a script for people: promqltest's notation with the seed in front.

use crate::dataset::{Feed, Sample};
use crate::question::{Question, Time};
use model::{CounterReset, Histogram, Labels, Span, Value};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::{self, Write};

/// `load` with all samples and `eval` with the question. Late samples stand where they belong; of
/// two samples with one timestamp only the first is shown, and a comment counts the others.
pub fn render(feed: &Feed, question: &Question) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    write(&mut out, feed, question).map_or_else(|error| error.to_string(), |()| out)
}

fn write(out: &mut String, feed: &Feed, question: &Question) -> fmt::Result {
    let mut series: BTreeMap<&Labels, BTreeMap<i64, &Sample>> = BTreeMap::new();
    let mut repeated = 0;
    for sample in feed.samples() {
        let points = series.entry(&sample.labels).or_default();
        match points.entry(sample.at_ms) {
            Entry::Occupied(_) => repeated += 1,
            Entry::Vacant(free) => drop(free.insert(sample)),
        }
    }
    if repeated > 0 {
        writeln!(out, "# {repeated} samples with a timestamp that was taken are not shown")?;
    }
    let step = feed.samples().fold(0, |step, sample| divisor(step, sample.at_ms)).max(1);
    writeln!(out, "load {step}ms")?;
    for (labels, points) in series {
        write!(out, "  {labels}")?;
        let mut next = 0;
        for (at, sample) in points {
            let index = at / step;
            match index - next {
                0 => {}
                1 => write!(out, " _")?,
                gap => write!(out, " _x{gap}")?,
            }
            next = index + 1;
            write_value(out, &sample.value)?;
        }
        writeln!(out)?;
    }
    match question.time {
        Time::Instant { at_ms } => write!(out, "\neval instant at {at_ms}ms ")?,
        Time::Range { start_ms, end_ms, step_ms } => {
            write!(out, "\neval range from {start_ms}ms to {end_ms}ms step {step_ms}ms ")?;
        }
    }
    writeln!(out, "{}", question.query)
}

fn write_value(out: &mut String, value: &Value) -> fmt::Result {
    match value {
        value if value.is_stale() => write!(out, " stale"),
        Value::Float(value) if value.is_infinite() => {
            write!(out, " {}", if *value > 0.0 { "Inf" } else { "-Inf" })
        }
        Value::Float(value) => write!(out, " {value}"),
        Value::Histogram(histogram) => write_histogram(out, histogram),
    }
}

fn write_histogram(out: &mut String, histogram: &Histogram) -> fmt::Result {
    let list =
        |values: &[f64]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    write!(out, " {{{{schema:{} count:{}", histogram.schema, histogram.count)?;
    write!(out, " sum:{}", histogram.sum)?;
    if histogram.zero_threshold != 0.0 || histogram.zero_count != 0.0 {
        write!(out, " z_bucket:{}", histogram.zero_count)?;
        write!(out, " z_bucket_w:{}", histogram.zero_threshold)?;
    }
    for (name, spans, counts) in [
        ("", &histogram.positive_spans, &histogram.positive_buckets),
        ("n_", &histogram.negative_spans, &histogram.negative_buckets),
    ] {
        if !counts.is_empty() {
            let (offset, dense) = dense(spans, counts);
            write!(out, " {name}offset:{offset} {name}buckets:[{}]", list(&dense))?;
        }
    }
    if !histogram.custom_values.is_empty() {
        write!(out, " custom_values:[{}]", list(&histogram.custom_values))?;
    }
    if histogram.counter_reset == CounterReset::Gauge {
        write!(out, " counter_reset_hint:gauge")?;
    }
    write!(out, "}}}}")
}

/// Counts without gaps, and the index of the first.
fn dense(spans: &[Span], counts: &[f64]) -> (i32, Vec<f64>) {
    let mut out = Vec::new();
    let mut counts = counts.iter();
    for (index, span) in spans.iter().enumerate() {
        let gap = if index == 0 { 0 } else { span.offset };
        out.resize(out.len() + usize::try_from(gap).unwrap_or(0), 0.0);
        out.extend(counts.by_ref().take(span.length as usize));
    }
    (spans.first().map_or(0, |span| span.offset), out)
}

fn divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { divisor(b, a % b) }
}
