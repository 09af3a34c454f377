//! Quantiles and fractions of classic histograms, from cumulative buckets.
//! Observations are taken to spread evenly in their bucket; the lowest one begins at zero when its
//! bound is positive (Prometheus 3.14, `promql/quantile.go`).

use crate::number::almost_equal;

/// Differences between neighbours below this part are rounding, not data.
const SMALL_DELTA: f64 = 1e-12;

/// Observations up to a bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bucket {
    pub upper: f64,
    pub count: f64,
}

/// The quantile of buckets sorted by bound, and whether counts had to be made to increase.
pub(crate) fn quantile(quantile: f64, buckets: &mut Vec<Bucket>) -> (f64, bool) {
    if quantile.is_nan() {
        return (f64::NAN, false);
    }
    if quantile < 0.0 {
        return (f64::NEG_INFINITY, false);
    }
    if quantile > 1.0 {
        return (f64::INFINITY, false);
    }
    if buckets.last().is_none_or(|last| last.upper != f64::INFINITY) {
        return (f64::NAN, false);
    }
    coalesce(buckets);
    let forced = make_monotonic(buckets);
    let last = buckets.len() - 1;
    if last == 0 || buckets[last].count == 0.0 {
        return (f64::NAN, false);
    }
    let mut rank = quantile * buckets[last].count;
    let at = buckets[..last].partition_point(|bucket| bucket.count < rank);
    if at == last {
        return (buckets[last - 1].upper, forced);
    }
    if at == 0 && buckets[0].upper <= 0.0 {
        return (buckets[0].upper, forced);
    }
    let Bucket { upper, mut count } = buckets[at];
    let mut lower = 0.0;
    if at > 0 {
        lower = buckets[at - 1].upper;
        count -= buckets[at - 1].count;
        rank -= buckets[at - 1].count;
    }
    (lower + (upper - lower) * (rank / count), forced)
}

/// Joins buckets with the same bound.
fn coalesce(buckets: &mut Vec<Bucket>) {
    buckets.dedup_by(|next, last| {
        let same = next.upper == last.upper;
        if same {
            last.count += next.count;
        }
        same
    });
}

/// Takes out differences that are only rounding, then decreases; true when there were decreases.
fn make_monotonic(buckets: &mut [Bucket]) -> bool {
    let mut forced = false;
    let Some(mut previous) = buckets.first().map(|bucket| bucket.count) else { return false };
    for bucket in &mut buckets[1..] {
        if bucket.count == previous {
            continue;
        }
        if almost_equal(previous, bucket.count, SMALL_DELTA) {
            bucket.count = previous;
        } else if bucket.count < previous {
            bucket.count = previous;
            forced = true;
        } else {
            previous = bucket.count;
        }
    }
    forced
}

/// Part of the observations between two bounds.
pub(crate) fn fraction(lower: f64, upper: f64, buckets: &mut Vec<Bucket>) -> f64 {
    if buckets.last().is_none_or(|last| last.upper != f64::INFINITY) {
        return f64::NAN;
    }
    coalesce(buckets);
    let total = buckets[buckets.len() - 1].count;
    if total == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    let rank = |bound: f64| rank_of(bound, buckets).filter(|rank| *rank <= total).unwrap_or(total);
    (rank(upper) - rank(lower)) / total
}

/// Observations below a bound; `None` when it lies behind all buckets.
fn rank_of(bound: f64, buckets: &[Bucket]) -> Option<f64> {
    let mut rank = 0.0;
    let mut bucket_lower = f64::NEG_INFINITY;
    for (at, bucket) in buckets.iter().enumerate() {
        if at == 0 && bucket.upper > 0.0 {
            bucket_lower = 0.0;
        }
        if bucket_lower >= bound {
            return Some(rank);
        }
        if bucket.upper > bound {
            let part = (bound - bucket_lower) / (bucket.upper - bucket_lower);
            // A bucket without lower end cannot be divided; all of it counts as below.
            return Some(if part.is_finite() {
                rank + (bucket.count - rank) * part
            } else {
                bucket.count
            });
        }
        rank = bucket.count;
        bucket_lower = bucket.upper;
    }
    None
}

#[cfg(test)]
mod tests;
