//! Layout of buckets: spans to pairs and back, bounds, resolution, the walk over all buckets.
//! Bucket `i` of schema `s` covers (2^((i-1)/2^s), 2^(i/2^s)]; custom bucket `i` ends at its bound.

use model::{CUSTOM_BUCKETS_SCHEMA, Histogram, Span};

/// Buckets as (index, count), strictly increasing by index.
pub(crate) type Pairs<T = f64> = Vec<(i64, T)>;

/// A bucket with its bounds, lower exclusive for positive values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bucket {
    pub lower: f64,
    pub upper: f64,
    pub count: f64,
}

pub(crate) fn is_custom(histogram: &Histogram) -> bool {
    histogram.schema == CUSTOM_BUCKETS_SCHEMA
}

/// How many float samples a histogram weighs in the sample limit (16 bytes each, as upstream).
pub(crate) fn sample_weight(histogram: &Histogram) -> usize {
    let spans = histogram.positive_spans.len() + histogram.negative_spans.len();
    let floats = histogram.positive_buckets.len()
        + histogram.negative_buckets.len()
        + histogram.custom_values.len();
    (168 + spans * 8 + floats * 8 + 8) / 16
}

/// Pairs of one side; buckets beyond the spans are ignored.
pub(crate) fn pairs(spans: &[Span], counts: &[f64]) -> Pairs {
    let mut out = Vec::with_capacity(counts.len());
    let mut index = 0_i64;
    let mut counts = counts.iter();
    for span in spans {
        index += i64::from(span.offset);
        for count in counts.by_ref().take(span.length as usize) {
            out.push((index, *count));
            index += 1;
        }
    }
    out
}

/// Spans and counts of pairs, without empty buckets.
pub(crate) fn encode(pairs: &[(i64, f64)]) -> (Vec<Span>, Vec<f64>) {
    let mut spans: Vec<Span> = Vec::new();
    let mut counts = Vec::with_capacity(pairs.len());
    let mut next = 0_i64;
    for (index, count) in pairs.iter().filter(|(_, count)| *count != 0.0) {
        match spans.last_mut() {
            Some(span) if *index == next => span.length += 1,
            Some(_) | None => spans.push(Span { offset: offset(index - next), length: 1 }),
        }
        counts.push(*count);
        next = index + 1;
    }
    (spans, counts)
}

fn offset(gap: i64) -> i32 {
    i32::try_from(gap).unwrap_or(if gap < 0 { i32::MIN } else { i32::MAX })
}

/// Removes empty buckets and joins spans.
pub(crate) fn compact(histogram: &mut Histogram) {
    let positive = pairs(&histogram.positive_spans, &histogram.positive_buckets);
    let negative = pairs(&histogram.negative_spans, &histogram.negative_buckets);
    (histogram.positive_spans, histogram.positive_buckets) = encode(&positive);
    (histogram.negative_spans, histogram.negative_buckets) = encode(&negative);
}

/// Merges buckets to a resolution lower by `levels`.
pub(crate) fn reduce<T>(pairs: Pairs<T>, levels: u32, mut join: impl FnMut(&mut T, T)) -> Pairs<T> {
    if levels == 0 {
        return pairs;
    }
    let mut out: Pairs<T> = Vec::with_capacity(pairs.len());
    for (index, count) in pairs {
        let target = ((index - 1) >> levels.min(62)) + 1;
        match out.last_mut() {
            Some((last, sum)) if *last == target => join(sum, count),
            Some(_) | None => out.push((target, count)),
        }
    }
    out
}

/// Upper bound of the positive bucket `index`.
pub(crate) fn upper_bound(index: i64, schema: i32, custom: &[f64]) -> f64 {
    if schema == CUSTOM_BUCKETS_SCHEMA {
        return match usize::try_from(index) {
            Ok(at) => custom.get(at).copied().unwrap_or(f64::INFINITY),
            Err(_) => f64::NEG_INFINITY,
        };
    }
    let (mantissa, exponent) = if schema <= 0 {
        (1.0, index << schema.unsigned_abs().min(32))
    } else {
        let bits = schema.min(32);
        let fraction = index & ((1 << bits) - 1);
        ((fraction as f64 / f64::from(1_u32 << bits)).exp2(), index >> bits)
    };
    // The bound 2^1024 is written as the largest float, so that the last bucket stays finite.
    if mantissa == 1.0 && exponent == 1024 {
        return f64::MAX;
    }
    scale_by_power(mantissa, exponent)
}

/// `mantissa * 2^exponent` without losing subnormals or overflowing early.
fn scale_by_power(mantissa: f64, exponent: i64) -> f64 {
    let exponent = exponent.clamp(-2200, 2200);
    let half = exponent / 2;
    mantissa * power_of_two(half) * power_of_two(exponent - half)
}

#[expect(clippy::cast_possible_truncation, reason = "callers clamp to +-1100")]
fn power_of_two(exponent: i64) -> f64 {
    2.0_f64.powi(exponent as i32)
}

/// Positive bucket `index` with its bounds.
pub(crate) fn positive_bucket(histogram: &Histogram, index: i64, count: f64) -> Bucket {
    let bound = |index| upper_bound(index, histogram.schema, &histogram.custom_values);
    Bucket { lower: bound(index - 1), upper: bound(index), count }
}

/// Negative bucket `index` with its bounds.
pub(crate) fn negative_bucket(histogram: &Histogram, index: i64, count: f64) -> Bucket {
    let mirror = positive_bucket(histogram, index, count);
    Bucket { lower: -mirror.upper, upper: -mirror.lower, count }
}

/// All buckets by increasing value; the zero bucket only when it is populated. A bucket that
/// reaches into the zero bucket ends at its threshold.
pub(crate) fn all_buckets(histogram: &Histogram) -> Vec<Bucket> {
    let negative = pairs(&histogram.negative_spans, &histogram.negative_buckets);
    let positive = pairs(&histogram.positive_spans, &histogram.positive_buckets);
    let mut out = Vec::with_capacity(negative.len() + positive.len() + 1);
    out.extend(negative.iter().rev().map(|(i, n)| negative_bucket(histogram, *i, *n)));
    if histogram.zero_count > 0.0 {
        out.push(zero_bucket(histogram));
    }
    out.extend(positive.iter().map(|(i, n)| positive_bucket(histogram, *i, *n)));
    let threshold = histogram.zero_threshold;
    for bucket in &mut out {
        if bucket.lower > 0.0 {
            bucket.lower = bucket.lower.max(threshold);
        } else if bucket.upper < 0.0 {
            bucket.upper = bucket.upper.min(-threshold);
        }
    }
    out
}

pub(crate) fn zero_bucket(histogram: &Histogram) -> Bucket {
    let width = histogram.zero_threshold;
    Bucket { lower: -width, upper: width, count: histogram.zero_count }
}
