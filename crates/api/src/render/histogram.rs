//! Native histograms in JSON: count, sum, and populated buckets from the lowest to the highest.
//! Source: Prometheus `util/jsonutil.MarshalHistogram` and `model/histogram` (bucket iterators).

use super::write_float;
use model::{Histogram, Span};
use std::io::Write;

/// Which ends belong to a bucket, in upstream's numbering.
#[derive(Clone, Copy)]
enum Ends {
    /// `(lower, upper]`
    OpenLeft = 0,
    /// `[lower, upper)`
    OpenRight = 1,
    /// `[lower, upper]`
    Closed = 3,
}

struct Bucket {
    ends: Ends,
    lower: f64,
    upper: f64,
    count: f64,
}

/// Appends `{"count":"..","sum":"..","buckets":[[ends,"lower","upper","count"],..]}`; empty buckets
/// are left out, and the list too when no bucket is populated.
pub(super) fn write_histogram(out: &mut Vec<u8>, histogram: &Histogram) {
    out.extend_from_slice(b"{\"count\":");
    write_float(out, histogram.count);
    out.extend_from_slice(b",\"sum\":");
    write_float(out, histogram.sum);
    let mut found = false;
    for bucket in buckets(histogram).into_iter().filter(|bucket| bucket.count != 0.0) {
        out.extend_from_slice(if found { b"," } else { b",\"buckets\":[" });
        found = true;
        write!(out, "[{},", bucket.ends as u8).expect("a Vec takes every byte");
        write_float(out, bucket.lower);
        out.push(b',');
        write_float(out, bucket.upper);
        out.push(b',');
        write_float(out, bucket.count);
        out.push(b']');
    }
    out.extend_from_slice(if found { b"]}" } else { b"}" });
}

fn buckets(histogram: &Histogram) -> Vec<Bucket> {
    let negative = indices(&histogram.negative_spans).zip(&histogram.negative_buckets);
    let mut all: Vec<_> = negative.map(|(i, &c)| negative_bucket(histogram, i, c)).collect();
    all.reverse();
    if histogram.zero_count > 0.0 && !histogram.uses_custom_buckets() {
        all.push(Bucket {
            ends: Ends::Closed,
            lower: -histogram.zero_threshold,
            upper: histogram.zero_threshold,
            count: histogram.zero_count,
        });
    }
    let positive = indices(&histogram.positive_spans).zip(&histogram.positive_buckets);
    all.extend(positive.map(|(index, &count)| positive_bucket(histogram, index, count)));
    // A bucket that reaches into the zero bucket ends at its threshold.
    for bucket in &mut all {
        if bucket.lower > 0.0 {
            bucket.lower = bucket.lower.max(histogram.zero_threshold);
        } else if bucket.upper < 0.0 {
            bucket.upper = bucket.upper.min(-histogram.zero_threshold);
        }
    }
    all
}

/// Indices of populated buckets; sums saturate because spans come from the network.
fn indices(spans: &[Span]) -> impl Iterator<Item = i32> + '_ {
    let mut next = 0_i32;
    spans.iter().flat_map(move |span| {
        let first = next.saturating_add(span.offset);
        let length = i32::try_from(span.length).unwrap_or(i32::MAX);
        next = first.saturating_add(length);
        first..next
    })
}

fn negative_bucket(histogram: &Histogram, index: i32, count: f64) -> Bucket {
    let lower = -upper_bound(histogram, index);
    let upper = -upper_bound(histogram, index.saturating_sub(1));
    Bucket { ends: Ends::OpenRight, lower, upper, count }
}

fn positive_bucket(histogram: &Histogram, index: i32, count: f64) -> Bucket {
    let first_custom = histogram.uses_custom_buckets() && index == 0;
    let ends = if first_custom { Ends::Closed } else { Ends::OpenLeft };
    let lower = upper_bound(histogram, index.saturating_sub(1));
    Bucket { ends, lower, upper: upper_bound(histogram, index), count }
}

/// Upper bound of the bucket with this index.
fn upper_bound(histogram: &Histogram, index: i32) -> f64 {
    if histogram.uses_custom_buckets() {
        return match usize::try_from(index) {
            Ok(at) => histogram.custom_values.get(at).copied().unwrap_or(f64::INFINITY),
            Err(_) => f64::NEG_INFINITY,
        };
    }
    exponential_bound(histogram.schema, index)
}

/// `2^(index / 2^schema)`; the last finite bound is the largest float, as upstream has it.
/// Upstream reads a table whose entries are up to one unit in the last place off (it has
/// 1.414213562373095 for the square root of two); this is the nearest float.
fn exponential_bound(schema: i32, index: i32) -> f64 {
    if schema <= 0 {
        let exponent = i64::from(index) << schema.unsigned_abs().min(8);
        if exponent == 1024 {
            return f64::MAX;
        }
        let clamped = exponent.clamp(-1_100, 1_100);
        return (clamped as f64).exp2();
    }
    let schema = schema.min(8);
    let (whole, part) = (index >> schema, index & ((1 << schema) - 1));
    if part == 0 && whole == 1024 {
        return f64::MAX;
    }
    let fraction = (f64::from(part) / f64::from(1 << schema)).exp2();
    fraction * f64::from(whole.clamp(-1_100, 1_100)).exp2()
}
