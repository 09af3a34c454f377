//! Quantiles, fractions and moments of native histograms.
//! Inside exponential buckets observations spread evenly on a logarithmic scale, inside custom
//! buckets and the zero bucket on a linear one (Prometheus 3.14, `promql/quantile.go`).

use super::buckets::{Bucket, all_buckets, is_custom};
use crate::number::Kahan;
use model::Histogram;

/// What observations of NaN did to a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NanNote {
    /// There are none.
    Clean,
    /// The result is higher than the other observations alone would make it.
    Skewed,
    /// The result is NaN because the quantile falls among them.
    Result,
}

/// The quantile and whether NaN observations had a part in it.
pub(crate) fn quantile(quantile: f64, histogram: &Histogram) -> (f64, NanNote) {
    if quantile < 0.0 {
        return (f64::NEG_INFINITY, NanNote::Clean);
    }
    if quantile > 1.0 {
        return (f64::INFINITY, NanNote::Clean);
    }
    if histogram.count == 0.0 || quantile.is_nan() {
        return (f64::NAN, NanNote::Clean);
    }
    // NaN observations are counted but in no bucket: they lie behind all others, so the walk must
    // start from the front.
    let forward = histogram.sum.is_nan() || quantile < 0.5;
    let part = if forward { quantile } else { 1.0 - quantile };
    let mut rank = part * histogram.count;
    let (mut bucket, mut count) = find(histogram, rank, forward);
    let nan_note = if has_nan_observations(histogram) { NanNote::Skewed } else { NanNote::Clean };
    if let Some(edge) = clip(histogram, &mut bucket) {
        return (edge, nan_note);
    }
    count = count.min(histogram.count);
    if count < rank {
        if histogram.sum.is_nan() {
            return (f64::NAN, NanNote::Result);
        }
        return (bucket.upper, nan_note);
    }
    rank = if forward { rank - (count - bucket.count) } else { count - rank };
    (interpolate(histogram, bucket, rank / bucket.count), nan_note)
}

/// The bucket in which the cumulative count reaches `rank`, and that count.
fn find(histogram: &Histogram, rank: f64, forward: bool) -> (Bucket, f64) {
    let mut buckets = all_buckets(histogram);
    if !forward {
        buckets.reverse();
    }
    let mut found = Bucket { lower: 0.0, upper: 0.0, count: 0.0 };
    let mut count = 0.0;
    for bucket in buckets.into_iter().filter(|bucket| bucket.count != 0.0) {
        found = bucket;
        count += bucket.count;
        if count >= rank {
            break;
        }
    }
    (found, count)
}

/// Gives the bucket natural ends; a bucket without any gives the answer at once.
fn clip(histogram: &Histogram, bucket: &mut Bucket) -> Option<f64> {
    if is_custom(histogram) {
        if bucket.lower == f64::NEG_INFINITY {
            if bucket.upper <= 0.0 {
                return Some(bucket.upper);
            }
            bucket.lower = 0.0;
        } else if bucket.upper == f64::INFINITY {
            return Some(bucket.lower);
        }
    } else if bucket.lower < 0.0 && bucket.upper > 0.0 {
        clip_zero(histogram, bucket);
    }
    None
}

/// The zero bucket of a histogram with only positive (negative) buckets begins (ends) at zero.
fn clip_zero(histogram: &Histogram, bucket: &mut Bucket) {
    match (histogram.negative_buckets.is_empty(), histogram.positive_buckets.is_empty()) {
        (true, false) => bucket.lower = 0.0,
        (false, true) => bucket.upper = 0.0,
        (true, true) | (false, false) => {}
    }
}

fn interpolate(histogram: &Histogram, bucket: Bucket, fraction: f64) -> f64 {
    if is_custom(histogram) || (bucket.lower <= 0.0 && bucket.upper >= 0.0) {
        return bucket.lower + (bucket.upper - bucket.lower) * fraction;
    }
    let (lower, upper) = (bucket.lower.abs().log2(), bucket.upper.abs().log2());
    if bucket.lower > 0.0 {
        (lower + (upper - lower) * fraction).exp2()
    } else {
        -(upper + (lower - upper) * (1.0 - fraction)).exp2()
    }
}

fn has_nan_observations(histogram: &Histogram) -> bool {
    histogram.sum.is_nan()
        && all_buckets(histogram).iter().map(|bucket| bucket.count).sum::<f64>() < histogram.count
}

/// Part of the observations between two bounds, and whether NaN observations were left out.
pub(crate) fn fraction(lower: f64, upper: f64, histogram: &Histogram) -> (f64, NanNote) {
    if histogram.count == 0.0 || lower.is_nan() || upper.is_nan() {
        return (f64::NAN, NanNote::Clean);
    }
    if lower >= upper {
        return (0.0, NanNote::Clean);
    }
    let count = histogram.count;
    let (below_lower, below_upper) = ranks(lower, upper, histogram);
    let note = if has_nan_observations(histogram) { NanNote::Skewed } else { NanNote::Clean };
    let total = all_buckets(histogram).iter().map(|bucket| bucket.count).sum::<f64>();
    let ceiling = if note == NanNote::Skewed { total } else { count };
    let limit = |rank: Option<f64>| rank.filter(|rank| *rank <= ceiling).unwrap_or(ceiling);
    ((limit(below_upper) - limit(below_lower)) / count, note)
}

/// Observations below each bound; `None` when the bound lies behind all buckets.
fn ranks(lower: f64, upper: f64, histogram: &Histogram) -> (Option<f64>, Option<f64>) {
    let (mut lower_rank, mut upper_rank) = (None, None);
    let mut rank = 0.0;
    for mut bucket in all_buckets(histogram) {
        let around_zero = !is_custom(histogram) && bucket.lower <= 0.0 && bucket.upper >= 0.0;
        if around_zero {
            clip_zero(histogram, &mut bucket);
        }
        if is_custom(histogram) && bucket.lower == f64::NEG_INFINITY && bucket.upper > 0.0 {
            bucket.lower = 0.0_f64.min(bucket.upper);
        }
        for (bound, out) in [(lower, &mut lower_rank), (upper, &mut upper_rank)] {
            if out.is_some() {
                continue;
            }
            if bucket.lower >= bound {
                *out = Some(rank);
            } else if bucket.upper > bound {
                *out = Some(rank + bucket.count * share(histogram, bucket, bound, around_zero));
            }
        }
        rank += bucket.count;
    }
    (lower_rank, upper_rank)
}

/// Part of a bucket's observations below `value`, which lies inside.
fn share(histogram: &Histogram, bucket: Bucket, value: f64, around_zero: bool) -> f64 {
    if is_custom(histogram) || around_zero {
        if bucket.lower.is_infinite() || bucket.upper.is_infinite() {
            // Nothing is known inside an open bucket; all of it counts as beyond the bound.
            return if bucket.upper.is_infinite() { 0.0 } else { 1.0 };
        }
        return (value - bucket.lower) / (bucket.upper - bucket.lower);
    }
    let (lower, upper) = (bucket.lower.abs().log2(), bucket.upper.abs().log2());
    let at = value.abs().log2();
    if value > 0.0 { (at - lower) / (upper - lower) } else { 1.0 - (at - upper) / (lower - upper) }
}

/// Mean observation.
pub(crate) fn average(histogram: &Histogram) -> f64 {
    histogram.sum / histogram.count
}

/// Variance of the observations, each taken to lie in the middle of its bucket.
pub(crate) fn variance(histogram: &Histogram) -> f64 {
    let mean = average(histogram);
    let mut sum = Kahan::default();
    for bucket in all_buckets(histogram).iter().filter(|bucket| bucket.count != 0.0) {
        let middle = if is_custom(histogram) {
            f64::midpoint(bucket.upper, bucket.lower)
        } else if bucket.lower <= 0.0 && bucket.upper >= 0.0 {
            0.0
        } else {
            let root = (bucket.upper * bucket.lower).sqrt();
            if bucket.upper < 0.0 { -root } else { root }
        };
        let delta = middle - mean;
        sum.add(bucket.count * delta * delta);
    }
    sum.total() / histogram.count
}
