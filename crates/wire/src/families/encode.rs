//! Families as bytes, for whoever is scraped in protobuf: values without a type and native
//! histograms.

use crate::protobuf::put_varint;
use crate::remote_write::encode::{Message, zigzag};
use model::{Histogram, HistogramCounts, MetricKind};
use std::sync::Arc;

/// A metric to write.
#[derive(Clone, Debug)]
pub struct MetricOut {
    /// Names and values, in this order.
    pub labels: Vec<(String, String)>,
    /// Time, ms.
    pub timestamp_ms: i64,
    /// What was measured.
    pub value: ValueOut,
}

/// A value to write.
#[derive(Clone, Debug)]
pub enum ValueOut {
    /// Of an untyped family.
    Number(f64),
    /// Of a histogram or gauge histogram; one with custom bounds becomes a classic one.
    Histogram(Arc<Histogram>),
}

/// Appends a family with its length before it. `kind`: unknown, histogram or gauge histogram.
pub fn put_family(name: &str, kind: MetricKind, metrics: &[MetricOut], out: &mut Vec<u8>) {
    let mut family = Message::default();
    family.text(1, name);
    let number = match kind {
        MetricKind::Histogram => 4,
        MetricKind::GaugeHistogram => 5,
        _ => 3,
    };
    family.varint(3, number);
    for metric in metrics {
        family.message(4, &message(metric));
    }
    put_varint(family.bytes.len() as u64, out);
    out.extend_from_slice(&family.bytes);
}

fn message(metric: &MetricOut) -> Message {
    let mut out = Message::default();
    for (name, value) in &metric.labels {
        let mut pair = Message::default();
        pair.text(1, name);
        pair.text(2, value);
        out.message(1, &pair);
    }
    let mut value = Message::default();
    match &metric.value {
        ValueOut::Number(number) => {
            value.double(1, *number);
            out.message(5, &value);
        }
        ValueOut::Histogram(histogram) => out.message(7, &histogram_message(histogram)),
    }
    out.varint(6, metric.timestamp_ms.cast_unsigned());
    out
}

/// Bounds and cumulative counts of a histogram with custom bounds, without the last one.
pub fn classic_buckets(histogram: &Histogram) -> Vec<(f64, f64)> {
    let mut own = vec![0.0; histogram.custom_values.len() + 1];
    let (mut index, mut counts) = (0_i64, histogram.positive_buckets.iter());
    for span in &histogram.positive_spans {
        index += i64::from(span.offset);
        for count in counts.by_ref().take(span.length as usize) {
            if let Some(slot) = usize::try_from(index).ok().and_then(|place| own.get_mut(place)) {
                *slot = *count;
            }
            index += 1;
        }
    }
    let mut total = 0.0;
    let cumulative = own.iter().map(|count| {
        total += count;
        total
    });
    histogram.custom_values.iter().copied().zip(cumulative).collect()
}

fn histogram_message(histogram: &Histogram) -> Message {
    let mut out = Message::default();
    let integers = histogram.counts == HistogramCounts::Integer;
    out.count(integers, (1, 4), histogram.count);
    out.double(2, histogram.sum);
    if histogram.uses_custom_buckets() {
        for (bound, count) in classic_buckets(histogram) {
            let mut bucket = Message::default();
            bucket.count(integers, (1, 4), count);
            bucket.double(2, bound);
            out.message(3, &bucket);
        }
        return out;
    }
    out.varint(5, zigzag(i64::from(histogram.schema)));
    out.double(6, histogram.zero_threshold);
    out.count(integers, (7, 8), histogram.zero_count);
    out.side(integers, 9, &histogram.negative_spans, &histogram.negative_buckets);
    out.side(integers, 12, &histogram.positive_spans, &histogram.positive_buckets);
    if histogram.positive_spans.is_empty() && histogram.negative_spans.is_empty() {
        // A span without buckets says that a histogram without observations is native.
        out.message(12, &Message::default());
    }
    out
}
