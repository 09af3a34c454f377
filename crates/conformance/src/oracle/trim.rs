//! `</` and `>/`: a histogram without the observations above or below a bound.
//! Semantics: Prometheus 3.14, `TrimBuckets` in `model/histogram`, its oddities included.

use super::sparse::{Bucket, Sparse};

/// Which observations stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    Below,
    Above,
}

/// What is left of a bucket: a count, and where these observations are taken to lie.
struct Part {
    count: f64,
    middle: f64,
}

const NOTHING: Part = Part { count: 0.0, middle: 0.0 };

/// A bound and the side of it that stays.
#[derive(Clone, Copy)]
struct Cut {
    at: f64,
    keep: Keep,
}

pub(super) fn trim(histogram: &Sparse, at: f64, keep: Keep) -> Sparse {
    let cut = Cut { at, keep };
    let mut out = histogram.clone();
    let (mut count, mut sum, mut is_cut) = (0.0, 0.0, false);
    for is_positive in [true, false] {
        let side = if is_positive { &mut out.positive } else { &mut out.negative };
        for (index, left) in side.iter_mut().filter(|(_, left)| **left != 0.0) {
            let bucket = histogram.bucket(*index, *left, is_positive);
            let part = cut.of_bucket(bucket, is_positive, histogram.is_custom());
            is_cut |= part.count != *left;
            *left = part.count;
            count += part.count;
            sum += part.count * part.middle;
        }
    }
    if histogram.zero_count > 0.0 {
        let part = cut.of_zero(histogram);
        is_cut |= part.count != histogram.zero_count;
        out.zero_count = part.count;
        count += part.count;
        sum += part.count * part.middle;
    }
    if !is_cut {
        return histogram.clone();
    }
    (out.count, out.sum) = (count, sum);
    out.compact()
}

impl Cut {
    fn of_bucket(self, bucket: Bucket, is_positive: bool, custom: bool) -> Part {
        let Bucket { lower, upper, count } = bucket;
        let (all, some) = match self.keep {
            Keep::Below => (upper <= self.at, lower < self.at),
            Keep::Above => (lower >= self.at, upper > self.at),
        };
        if all {
            return Part { count, middle: middle(lower, upper, is_positive, custom) };
        }
        if !some {
            return NOTHING;
        }
        if lower == f64::NEG_INFINITY || upper == f64::INFINITY {
            return self.of_open(bucket);
        }
        let below = count * share_below(bucket, self.at, is_positive, custom);
        match self.keep {
            Keep::Below => {
                Part { count: below, middle: middle(lower, self.at, is_positive, custom) }
            }
            Keep::Above => {
                Part { count: count - below, middle: middle(self.at, upper, is_positive, custom) }
            }
        }
    }

    /// A bucket without an end, cut inside: nothing is known but that a first one with positive
    /// end begins at zero.
    fn of_open(self, Bucket { lower, upper, count }: Bucket) -> Part {
        let from_zero = lower == f64::NEG_INFINITY && upper > 0.0 && upper != f64::INFINITY;
        match self.keep {
            Keep::Below if from_zero && self.at > 0.0 => {
                Part { count: count * self.at / upper, middle: self.at / 2.0 }
            }
            Keep::Below if lower == f64::NEG_INFINITY && upper <= 0.0 => {
                Part { count, middle: self.at }
            }
            Keep::Above if from_zero && self.at >= 0.0 => Part {
                count: count * (1.0 - self.at / upper),
                middle: f64::midpoint(self.at, upper),
            },
            Keep::Above if lower != f64::NEG_INFINITY && self.at >= lower => {
                Part { count, middle: self.at }
            }
            Keep::Below | Keep::Above => NOTHING,
        }
    }

    /// The zero bucket reaches only to the side on which there are observations.
    fn of_zero(self, histogram: &Sparse) -> Part {
        let is_populated = |side: &super::sparse::Buckets| side.values().any(|count| *count != 0.0);
        let negative = is_populated(&histogram.negative);
        let positive = is_populated(&histogram.positive);
        let width = histogram.zero_threshold;
        let lower = if positive && !negative { 0.0 } else { -width };
        let upper = if negative && !positive { 0.0 } else { width };
        let count = histogram.zero_count;
        match self.keep {
            Keep::Below if self.at <= lower => NOTHING,
            Keep::Above if self.at >= upper && self.at > lower => NOTHING,
            Keep::Below if self.at >= upper => Part { count, middle: f64::midpoint(lower, upper) },
            Keep::Above if self.at <= lower => Part { count, middle: f64::midpoint(lower, upper) },
            Keep::Below => Part {
                count: count * ((self.at - lower) / (upper - lower)),
                middle: f64::midpoint(lower, self.at),
            },
            Keep::Above => Part {
                count: count * ((upper - self.at) / (upper - lower)),
                middle: f64::midpoint(self.at, upper),
            },
        }
    }
}

/// Share of a bucket's observations up to a bound inside it.
fn share_below(bucket: Bucket, at: f64, is_positive: bool, linear: bool) -> f64 {
    if linear {
        return (at - bucket.lower) / (bucket.upper - bucket.lower);
    }
    let [lower, upper, at] = [bucket.lower, bucket.upper, at].map(|value| value.abs().log2());
    if is_positive { (at - lower) / (upper - lower) } else { 1.0 - (at - upper) / (lower - upper) }
}

/// Where the observations of an interval are taken to lie.
fn middle(lower: f64, upper: f64, is_positive: bool, linear: bool) -> f64 {
    if lower.is_infinite() {
        return match upper {
            upper if upper.is_infinite() => 0.0,
            upper if upper > 0.0 => upper / 2.0,
            upper => upper,
        };
    }
    if upper.is_infinite() {
        return lower;
    }
    if linear {
        return f64::midpoint(lower, upper);
    }
    let root = (lower * upper).abs().sqrt();
    if is_positive { root } else { -root }
}
