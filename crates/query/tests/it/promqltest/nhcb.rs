//! `load_with_nhcb`: classic histograms become native ones with custom buckets, beside themselves.

use model::{CUSTOM_BUCKETS_SCHEMA, Histogram, Labels, Span, Timestamp, Value};
use query::MemoryQuerier;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Default)]
struct Classic {
    /// Cumulative counts by bound, at one time.
    buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    sum: f64,
}

/// Adds a histogram series for every classic histogram of `from`.
pub(crate) fn convert(from: &MemoryQuerier, into: &mut MemoryQuerier) {
    let mut found: BTreeMap<Labels, BTreeMap<i64, Classic>> = BTreeMap::new();
    for (labels, points) in from.iter() {
        let name = labels.metric_name().unwrap_or_default();
        let part = ["_bucket", "_count", "_sum"].into_iter().find(|part| name.ends_with(part));
        let Some(part) = part else { continue };
        let mut builder = labels.to_builder();
        builder.set("__name__", &name[..name.len() - part.len()]).remove("le");
        let times = found.entry(builder.build()).or_default();
        for (time, value) in points {
            let Value::Float(value) = value else { continue };
            if model::is_stale(value) {
                continue;
            }
            let classic = times.entry(time.ms()).or_default();
            match part {
                "_bucket" => {
                    let Ok(bound) = labels.value("le").replace("+Inf", "inf").parse() else {
                        continue;
                    };
                    classic.buckets.push((bound, value));
                }
                "_count" => classic.count = Some(value),
                _ => classic.sum = value,
            }
        }
    }
    for (labels, times) in found {
        for (time, classic) in times.into_iter().filter(|(_, classic)| !classic.buckets.is_empty())
        {
            let value = Value::Histogram(Arc::new(histogram(classic)));
            into.push(&labels, Timestamp::from_ms(time), value);
        }
    }
}

fn histogram(mut classic: Classic) -> Histogram {
    classic.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut counts = Vec::new();
    let mut before = 0.0;
    for (_, count) in &classic.buckets {
        counts.push(count - before);
        before = *count;
    }
    let custom_values: Vec<f64> =
        classic.buckets.iter().map(|(bound, _)| *bound).filter(|b| b.is_finite()).collect();
    let count = classic.count.unwrap_or(before);
    if counts.len() == custom_values.len() {
        counts.push(count - before);
    }
    Histogram {
        schema: CUSTOM_BUCKETS_SCHEMA,
        count,
        sum: classic.sum,
        positive_spans: vec![Span { offset: 0, length: u32::try_from(counts.len()).unwrap() }],
        positive_buckets: counts,
        custom_values,
        ..Histogram::default()
    }
}
