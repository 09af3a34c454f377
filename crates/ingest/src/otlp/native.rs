//! Histograms of OTLP as native ones. An exponential bucket with index i holds what is above base^i
//! and up to base^(i+1); the native one with that upper bound has index i + 1.

use model::{CUSTOM_BUCKETS_SCHEMA, Histogram, HistogramCounts, Span};
use wire::otlp::{Buckets, ExponentialPoint, HistogramPoint};

/// A histogram, or why there is none.
pub(crate) type Native = Result<Histogram, String>;

/// Resolutions that native histograms have.
const SCALE_MIN: i64 = -4;
const SCALE_MAX: i64 = 8;
/// What OTLP's zero means: upstream's default width of the zero bucket.
const ZERO_THRESHOLD: f64 = 1e-128;
/// Largest count that a float holds exactly.
const EXACT_MAX: u64 = 1 << 53;
/// Fewer empty buckets in a row are stored, more become a gap.
const GAP_MIN: usize = 3;

/// Buckets with bounds agree with each other and with the count.
pub(crate) fn check_explicit(point: &HistogramPoint<'_>) -> Result<(), String> {
    let (counts, bounds) = (point.counts.len(), point.bounds.len());
    if counts != 0 && counts != bounds + 1 {
        return Err(format!("{counts} bucket counts with {bounds} bounds"));
    }
    let increase = point.bounds.is_sorted_by(|a, b| a < b);
    if !increase || point.bounds.iter().any(|bound| bound.is_nan()) {
        return Err("bounds do not strictly increase".into());
    }
    Ok(())
}

/// A native histogram with the bounds of an explicit one.
pub(crate) fn custom(point: &HistogramPoint<'_>) -> Native {
    check_count(point.count)?;
    if point.bounds.iter().any(|bound| bound.is_infinite()) {
        return Err("an infinite bound".into());
    }
    let (spans, buckets) = spans(0, &point.counts)?;
    Ok(Histogram {
        counts: HistogramCounts::Integer,
        schema: CUSTOM_BUCKETS_SCHEMA,
        count: point.count as f64,
        sum: point.sum.unwrap_or_default(),
        positive_spans: spans,
        positive_buckets: buckets,
        custom_values: point.bounds.clone(),
        ..Histogram::default()
    })
}

/// A native histogram with the buckets of an exponential one, coarser where it must be.
pub(crate) fn exponential(point: &ExponentialPoint<'_>) -> Native {
    if point.scale < SCALE_MIN {
        return Err(format!("scale {}, at least {SCALE_MIN} expected", point.scale));
    }
    check_count(point.count)?;
    check_count(point.zero_count)?;
    let coarser = u32::try_from((point.scale - SCALE_MAX).clamp(0, 62)).expect("at most 62");
    let (positive_spans, positive_buckets) = side(&point.positive, coarser)?;
    let (negative_spans, negative_buckets) = side(&point.negative, coarser)?;
    let zero_count = point.zero_count as f64;
    let sum = |buckets: &[f64]| buckets.iter().sum::<f64>();
    let total = sum(&positive_buckets) + sum(&negative_buckets) + zero_count;
    let count = point.count as f64;
    if total > count || (total < count && !point.sum.is_some_and(f64::is_nan)) {
        return Err(format!("{total} observations found in buckets, count is {count}"));
    }
    let zero_threshold =
        if point.zero_threshold > 0.0 { point.zero_threshold } else { ZERO_THRESHOLD };
    let schema = i32::try_from(point.scale.min(SCALE_MAX)).expect("-4 to 8");
    Ok(Histogram {
        counts: HistogramCounts::Integer,
        schema,
        zero_threshold,
        zero_count,
        count,
        sum: point.sum.unwrap_or_default(),
        positive_spans,
        positive_buckets,
        negative_spans,
        negative_buckets,
        ..Histogram::default()
    })
}

fn check_count(count: u64) -> Result<(), String> {
    if count <= EXACT_MAX { Ok(()) } else { Err(format!("count {count} is above 2^53")) }
}

/// Each step of `coarser` joins two neighbours.
fn side(buckets: &Buckets, coarser: u32) -> Result<(Vec<Span>, Vec<f64>), String> {
    let offset = i32::try_from(buckets.offset).ok();
    let offset = offset.ok_or_else(|| format!("bucket offset {}", buckets.offset))?;
    let offset = i64::from(offset);
    let first = offset >> coarser;
    if coarser == 0 {
        return spans(first + 1, &buckets.counts);
    }
    let mut joined: Vec<u64> = Vec::new();
    for (index, count) in (offset..).zip(&buckets.counts) {
        let place = usize::try_from((index >> coarser) - first).expect("indices increase");
        joined.resize(joined.len().max(place + 1), 0);
        joined[place] = joined[place].saturating_add(*count);
    }
    spans(first + 1, &joined)
}

/// Runs of buckets that are worth keeping, the first one at `offset`.
fn spans(offset: i64, counts: &[u64]) -> Result<(Vec<Span>, Vec<f64>), String> {
    let (mut spans, mut kept): (Vec<Span>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut gap = offset;
    let mut index = 0;
    while index < counts.len() {
        let empty = counts[index..].iter().take_while(|count| **count == 0).count();
        let is_last = index + empty == counts.len();
        if empty >= GAP_MIN || is_last || (empty > 0 && spans.is_empty()) {
            gap += i64::try_from(empty).expect("bounded by 16,384");
            index += empty;
            continue;
        }
        let run = &counts[index..=index + empty];
        check_count(run[empty])?;
        match spans.last_mut() {
            Some(span) if gap == 0 => span.length += u32::try_from(run.len()).expect("bounded"),
            _ => {
                let offset = i32::try_from(gap).ok();
                let offset = offset.ok_or_else(|| format!("bucket index {gap}"))?;
                let length = u32::try_from(run.len()).expect("bounded by 16,384");
                spans.push(Span { offset, length });
            }
        }
        gap = 0;
        kept.extend(run.iter().map(|count| *count as f64));
        index += run.len();
    }
    Ok((spans, kept))
}

#[cfg(test)]
mod tests;
