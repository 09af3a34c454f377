//! `load_with_nhcb`: classic histograms become native ones with custom buckets, beside themselves.
//! Source: Prometheus 3.14, `util/convertnhcb`.

use crate::MemoryQuerier;
use crate::number::parse_float;
use model::{
    BUCKET_LABEL, CUSTOM_BUCKETS_SCHEMA, Histogram, Labels, METRIC_NAME, Span, Timestamp, Value,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A classic histogram at one time.
#[derive(Default)]
struct Classic {
    /// Cumulative counts by bound.
    buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    sum: f64,
}

/// A series of histograms for every classic histogram.
pub(super) fn convert(from: &MemoryQuerier) -> MemoryQuerier {
    let mut found: BTreeMap<Labels, BTreeMap<i64, Classic>> = BTreeMap::new();
    for (labels, points) in from.iter() {
        let name = labels.metric_name().unwrap_or_default();
        let part = ["_bucket", "_count", "_sum"].into_iter().find(|part| name.ends_with(part));
        let Some(part) = part else { continue };
        let bound = parse_float(labels.value(BUCKET_LABEL)).filter(|bound| !bound.is_nan());
        let mut base = labels.to_builder();
        base.set(METRIC_NAME, name.strip_suffix(part).unwrap_or(name)).remove(BUCKET_LABEL);
        let times = found.entry(base.build()).or_default();
        for (time, value) in points {
            let Value::Float(value) = value else { continue };
            if model::is_stale(value) {
                continue;
            }
            let classic = times.entry(time.ms()).or_default();
            match part {
                "_bucket" => classic.buckets.extend(bound.map(|bound| (bound, value))),
                "_count" => classic.count = Some(value),
                _ => classic.sum = value,
            }
        }
    }
    let mut out = MemoryQuerier::new();
    for (labels, times) in found {
        for (time, classic) in times.into_iter().filter(|(_, classic)| !classic.buckets.is_empty())
        {
            let value = Value::Histogram(Arc::new(histogram(classic)));
            out.push(&labels, Timestamp::from_ms(time), value);
        }
    }
    out
}

fn histogram(mut classic: Classic) -> Histogram {
    classic.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut counts = Vec::new();
    let mut before = 0.0;
    for (_, count) in &classic.buckets {
        counts.push(count - before);
        before = *count;
    }
    let bounds = classic.buckets.iter().map(|(bound, _)| *bound);
    let custom_values: Vec<f64> = bounds.filter(|bound| bound.is_finite()).collect();
    let count = classic.count.unwrap_or(before);
    if counts.len() == custom_values.len() {
        counts.push(count - before);
    }
    let length = u32::try_from(counts.len()).unwrap_or(u32::MAX);
    Histogram {
        schema: CUSTOM_BUCKETS_SCHEMA,
        count,
        sum: classic.sum,
        positive_spans: vec![Span { offset: 0, length }],
        positive_buckets: counts,
        custom_values,
        ..Histogram::default()
    }
}
