//! What a native histogram must be, whatever file it comes from; rules as upstream's
//! `Histogram.Validate`, limits as the storage engine's.

use model::{CUSTOM_BUCKETS_SCHEMA, Histogram, HistogramCounts, Span};

/// Most spans of one side.
pub(crate) const SPANS_MAX: usize = 1 << 12;
/// Most buckets of one side, and most bounds.
pub(crate) const BUCKETS_MAX: usize = 1 << 14;
/// Largest integer count that a float holds exactly.
const EXACT_MAX: u64 = 1 << 53;
/// Largest index of a bucket either way.
const INDEX_MAX: i64 = 1 << 30;

/// Number of buckets that spans promise; `None` when there are too many, or one is out of reach.
pub(crate) fn buckets_of(spans: &[Span]) -> Option<usize> {
    let (mut total, mut index) = (0_u64, 0_i64);
    for (number, span) in spans.iter().enumerate() {
        let begin = index + i64::from(span.offset);
        index = begin + i64::from(span.length);
        if begin < -INDEX_MAX || index > INDEX_MAX || (number > 0 && span.offset < 0) {
            return None;
        }
        total += u64::from(span.length);
    }
    let fits = spans.len() <= SPANS_MAX && total <= BUCKETS_MAX as u64;
    if fits { usize::try_from(total).ok() } else { None }
}

/// An integer count as a float.
pub(crate) fn exact(count: u64) -> Option<f64> {
    (count <= EXACT_MAX).then_some(count as f64)
}

/// Counts of buckets from their differences.
pub(crate) fn absolute(deltas: impl Iterator<Item = i64>) -> Option<Vec<f64>> {
    let mut count = 0_i64;
    let next = |delta| {
        count = count.wrapping_add(delta);
        exact(u64::try_from(count).ok()?)
    };
    deltas.map(next).collect()
}

/// Can the histogram be stored and computed with?
pub(crate) fn is_sound(histogram: &Histogram) -> bool {
    let sides = [
        (&histogram.positive_spans, &histogram.positive_buckets),
        (&histogram.negative_spans, &histogram.negative_buckets),
    ];
    let fits = sides.iter().all(|(spans, buckets)| buckets_of(spans) == Some(buckets.len()));
    // Not `>= 0`: a count may be NaN.
    let counts = sides.iter().all(|(_, buckets)| !buckets.iter().any(|count| *count < 0.0))
        && !(histogram.count < 0.0 || histogram.zero_count < 0.0);
    fits && counts && bounds_fit(histogram) && adds_up(histogram)
}

fn bounds_fit(histogram: &Histogram) -> bool {
    let bounds = &histogram.custom_values;
    if histogram.schema != CUSTOM_BUCKETS_SCHEMA {
        return (-4..=8).contains(&histogram.schema) && bounds.is_empty();
    }
    bounds.len() <= BUCKETS_MAX
        && bounds.is_sorted_by(|a, b| a < b)
        && bounds.iter().all(|bound| bound.is_finite())
        && histogram.positive_buckets.len() <= bounds.len() + 1
        && histogram.negative_buckets.is_empty()
        && histogram.zero_count == 0.0
}

/// With NaN among the observations the buckets may hold fewer than all.
fn adds_up(histogram: &Histogram) -> bool {
    let buckets = histogram.positive_buckets.iter().chain(&histogram.negative_buckets);
    let total = buckets.sum::<f64>() + histogram.zero_count;
    match histogram.counts {
        HistogramCounts::Float => true,
        HistogramCounts::Integer if histogram.sum.is_nan() => total <= histogram.count,
        HistogramCounts::Integer => total == histogram.count,
    }
}
