//! Quantiles, fractions and deviations of values, of classic and of native histograms.
//! Semantics: Prometheus 3.14, `promql/quantile.go` and the documentation of the functions.

use super::Semantics;
use super::sparse::{Bucket, Sparse};
use super::sum::Sum;
use crate::changes::Change;

/// Quantile of plain values, between the two nearest; NaN counts as smallest.
pub(crate) fn of_values(q: f64, mut values: Vec<f64>) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if let Some(outside) = outside(q) {
        return outside;
    }
    values.sort_by(|a, b| match (a.is_nan(), b.is_nan()) {
        (true, true) => std::cmp::Ordering::Equal,
        (true, false) => std::cmp::Ordering::Less,
        (false, true) => std::cmp::Ordering::Greater,
        (false, false) => a.total_cmp(b),
    });
    let rank = q * (values.len() as f64 - 1.0);
    let lower = (1..values.len()).take_while(|index| *index as f64 <= rank).count();
    let upper = (lower + 1).min(values.len() - 1);
    let weight = rank - rank.floor();
    values[lower] * (1.0 - weight) + values[upper] * weight
}

fn outside(q: f64) -> Option<f64> {
    if q < 0.0 {
        Some(f64::NEG_INFINITY)
    } else if q > 1.0 {
        Some(f64::INFINITY)
    } else {
        None
    }
}

/// Cumulative buckets of a classic histogram as (upper bound, count), sorted, each bound once.
pub(crate) struct Classic(Vec<(f64, f64)>);

impl Classic {
    /// `None` unless the last bucket is the infinite one.
    pub(crate) fn new(mut buckets: Vec<(f64, f64)>) -> Option<Self> {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut merged: Vec<(f64, f64)> = Vec::new();
        for (upper, count) in buckets {
            match merged.last_mut() {
                Some(last) if last.0 == upper => last.1 += count,
                _ => merged.push((upper, count)),
            }
        }
        (merged.last()?.0 == f64::INFINITY).then_some(Self(merged))
    }

    pub(crate) fn quantile(mut self, q: f64, semantics: &Semantics) -> f64 {
        if q.is_nan() {
            return f64::NAN;
        }
        if let Some(outside) = outside(q) {
            return outside;
        }
        self.never_falling(semantics);
        let buckets = self.0;
        let Some((_, observations)) = buckets.last().copied() else { return f64::NAN };
        if buckets.len() < 2 || observations == 0.0 || observations.is_nan() {
            return f64::NAN;
        }
        let rank = q * observations;
        let last = buckets.len() - 1;
        let at = buckets[..last].iter().position(|(_, count)| *count >= rank).unwrap_or(last);
        if at == last {
            return buckets[last - 1].0;
        }
        let (upper, count) = buckets[at];
        if at == 0 && upper <= 0.0 {
            return upper;
        }
        let (lower, below) = if at == 0 { (0.0, 0.0) } else { buckets[at - 1] };
        lower + (upper - lower) * ((rank - below) / (count - below))
    }

    /// Counts that fall from one bucket to the next are raised; tiny steps are rounding errors.
    fn never_falling(&mut self, semantics: &Semantics) {
        let Some((_, mut previous)) = self.0.first().copied() else { return };
        for (_, count) in &mut self.0[1..] {
            let tiny = !semantics.is_old(Change::BucketPrecision) && nearly(previous, *count);
            if tiny || *count < previous {
                *count = previous;
            } else {
                previous = *count;
            }
        }
    }

    /// Share of the observations between two bounds.
    pub(crate) fn fraction(self, lower: f64, upper: f64) -> f64 {
        let total = self.0.last().map_or(0.0, |(_, count)| *count);
        if total == 0.0 || lower.is_nan() || upper.is_nan() {
            return f64::NAN;
        }
        if lower >= upper {
            return 0.0;
        }
        let rank = |value: f64| {
            let mut below = 0.0;
            for (index, (bound, count)) in self.0.iter().enumerate() {
                let start = match index {
                    0 if *bound > 0.0 => 0.0,
                    0 => f64::NEG_INFINITY,
                    _ => self.0[index - 1].0,
                };
                if start >= value {
                    return below;
                }
                if *bound > value {
                    if start == f64::NEG_INFINITY {
                        return *count;
                    }
                    return below + (count - below) * (value - start) / (bound - start);
                }
                below = *count;
            }
            total
        };
        (rank(upper).min(total) - rank(lower).min(total)) / total
    }
}

fn nearly(a: f64, b: f64) -> bool {
    if a == b {
        return true;
    }
    let (sum, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < 1e-12 * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < 1e-12
}

/// Where a value lies in a bucket: 0 at its lower, 1 at its upper bound.
fn place_in(bucket: Bucket, value: f64, linear: bool) -> f64 {
    if linear {
        return (value - bucket.lower) / (bucket.upper - bucket.lower);
    }
    let [lower, upper, value_log] = [bucket.lower, bucket.upper, value].map(|v| v.abs().log2());
    if value > 0.0 {
        (value_log - lower) / (upper - lower)
    } else {
        1.0 - (value_log - upper) / (lower - upper)
    }
}

/// The zero bucket reaches only to the side on which there are observations; the first custom
/// bucket reaches down to zero when it lies above it.
fn one_sided(histogram: &Sparse, mut bucket: Bucket) -> Bucket {
    if histogram.is_custom() && bucket.lower == f64::NEG_INFINITY && bucket.upper > 0.0 {
        bucket.lower = 0.0;
    }
    if !histogram.is_custom() && bucket.lower <= 0.0 && bucket.upper >= 0.0 {
        let (negative, positive) = (&histogram.negative, &histogram.positive);
        if negative.is_empty() && !positive.is_empty() {
            bucket.lower = 0.0;
        } else if positive.is_empty() && !negative.is_empty() {
            bucket.upper = 0.0;
        }
    }
    bucket
}

fn is_linear(histogram: &Sparse, bucket: Bucket) -> bool {
    histogram.is_custom() || (bucket.lower <= 0.0 && bucket.upper >= 0.0)
}

/// Quantile of a native histogram.
pub(crate) fn of_histogram(q: f64, histogram: &Sparse) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if let Some(outside) = outside(q) {
        return outside;
    }
    if histogram.count == 0.0 {
        return f64::NAN;
    }
    // NaN observations are counted in no bucket: ranks then count from below.
    let from_below = histogram.sum.is_nan() || q < 0.5;
    let rank = if from_below { q } else { 1.0 - q } * histogram.count;
    let mut buckets = histogram.buckets();
    if !from_below {
        buckets.reverse();
    }
    let mut found = None;
    let mut count = 0.0;
    for bucket in buckets.into_iter().filter(|bucket| bucket.count != 0.0) {
        count += bucket.count;
        found = Some(bucket);
        if count >= rank {
            break;
        }
    }
    let Some(bucket) = found else { return f64::NAN };
    let bucket = one_sided(histogram, bucket);
    if histogram.is_custom() {
        if bucket.lower == f64::NEG_INFINITY {
            return bucket.upper;
        } else if bucket.upper == f64::INFINITY {
            return bucket.lower;
        }
    }
    let count = count.min(histogram.count);
    if count < rank {
        return if histogram.sum.is_nan() { f64::NAN } else { bucket.upper };
    }
    let into = if from_below { rank - (count - bucket.count) } else { count - rank };
    let fraction = into / bucket.count;
    if is_linear(histogram, bucket) {
        return bucket.lower + (bucket.upper - bucket.lower) * fraction;
    }
    let (lower, upper) = (bucket.lower.abs().log2(), bucket.upper.abs().log2());
    if bucket.lower > 0.0 {
        (lower + (upper - lower) * fraction).exp2()
    } else {
        -(upper + (lower - upper) * (1.0 - fraction)).exp2()
    }
}

/// Share of the observations of a native histogram between two bounds.
pub(crate) fn fraction(histogram: &Sparse, lower: f64, upper: f64) -> f64 {
    if histogram.count == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    let buckets = histogram.buckets();
    let total: f64 = buckets.iter().map(|bucket| bucket.count).sum();
    let rank = |value: f64| {
        let mut below = 0.0;
        for bucket in &buckets {
            let bucket = one_sided(histogram, *bucket);
            if bucket.lower >= value {
                return below;
            }
            if bucket.upper > value {
                if bucket.lower == f64::NEG_INFINITY {
                    return bucket.count;
                }
                let linear = is_linear(histogram, bucket);
                return below + bucket.count * place_in(bucket, value, linear);
            }
            below += bucket.count;
        }
        total
    };
    (rank(upper).min(total) - rank(lower).min(total)) / histogram.count
}

/// Variance of the observations, each taken at the middle of its bucket.
pub(crate) fn variance(histogram: &Sparse) -> f64 {
    let mean = histogram.sum / histogram.count;
    let mut sum = Sum::default();
    for bucket in histogram.buckets().into_iter().filter(|bucket| bucket.count != 0.0) {
        let middle = if histogram.is_custom() {
            f64::midpoint(bucket.upper, bucket.lower)
        } else if bucket.lower <= 0.0 && bucket.upper >= 0.0 {
            0.0
        } else {
            (bucket.upper * bucket.lower).sqrt().copysign(bucket.upper)
        };
        sum.add(bucket.count * (middle - mean) * (middle - mean));
    }
    sum.value() / histogram.count
}
