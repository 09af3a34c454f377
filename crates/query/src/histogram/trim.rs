//! Trimming (`</`, `>/`): keeps the observations of a histogram on one side of a bound.
//! Count and sum are estimated from what is kept: inside a bucket observations spread as quantiles
//! assume, and each kept part weighs as if all of it lay in its middle.

use super::buckets::{
    Bucket, compact, is_custom, negative_bucket, pairs, positive_bucket, zero_bucket,
};
use model::{Histogram, HistogramCounts};

/// Which side of the bound stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrimSide {
    /// `</`: keep what lies below.
    KeepBelow,
    /// `>/`: keep what lies above.
    KeepAbove,
}

/// How observations spread inside a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spread {
    Even,
    Logarithmic,
}

/// What is kept so far.
#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    count: f64,
    sum: f64,
    /// Something was cut off.
    cut: bool,
}

/// The part of a histogram on one side of `bound`; the histogram itself when nothing is cut off.
pub(crate) fn trim(histogram: &Histogram, bound: f64, side: TrimSide) -> Histogram {
    let mut out = histogram.clone();
    out.counts = HistogramCounts::Float;
    let mut kept = Kept::default();
    let spread = if is_custom(histogram) { Spread::Even } else { Spread::Logarithmic };
    // Nothing lies on either side of NaN; only the zero bucket is divided by it.
    let mut take = |bucket: Bucket| {
        if bound.is_nan() {
            kept.cut |= bucket.count != 0.0;
            return 0.0;
        }
        kept.take(Cut { bucket, bound, side, spread })
    };
    let positive = pairs(&histogram.positive_spans, &histogram.positive_buckets);
    for (at, (index, count)) in positive.into_iter().enumerate() {
        out.positive_buckets[at] = take(positive_bucket(histogram, index, count));
    }
    let negative = pairs(&histogram.negative_spans, &histogram.negative_buckets);
    for (at, (index, count)) in negative.into_iter().enumerate() {
        out.negative_buckets[at] = take(negative_bucket(histogram, index, count));
    }
    let mut bucket = zero_bucket(histogram);
    let is_populated = |counts: &[f64]| counts.iter().any(|count| *count != 0.0);
    match (is_populated(&histogram.negative_buckets), is_populated(&histogram.positive_buckets)) {
        (false, true) => bucket.lower = 0.0,
        (true, false) => bucket.upper = 0.0,
        (true, true) | (false, false) => {}
    }
    out.zero_count = kept.take(Cut { bucket, bound, side, spread: Spread::Even });
    if !kept.cut {
        return histogram.clone();
    }
    out.count = kept.count;
    out.sum = kept.sum;
    compact(&mut out);
    out
}

impl Kept {
    /// Adds what stays of a bucket and returns its count.
    fn take(&mut self, cut: Cut) -> f64 {
        if cut.bucket.count == 0.0 {
            return 0.0;
        }
        let (count, middle) = cut.part();
        self.cut |= count != cut.bucket.count;
        if count != 0.0 {
            self.count += count;
            self.sum += count * middle;
        }
        count
    }
}

/// One bucket and the bound that may go through it.
#[derive(Clone, Copy)]
struct Cut {
    bucket: Bucket,
    bound: f64,
    side: TrimSide,
    spread: Spread,
}

impl Cut {
    /// Count that stays and the middle of where it lies.
    fn part(self) -> (f64, f64) {
        let Bucket { lower, upper, count } = self.bucket;
        if lower.is_infinite() || upper.is_infinite() {
            return self.open_part();
        }
        let below = self.below();
        match self.side {
            TrimSide::KeepBelow => (below, self.middle(lower, self.bound.min(upper))),
            TrimSide::KeepAbove => (count - below, self.middle(self.bound.max(lower), upper)),
        }
    }

    /// Observations at or below the bound.
    fn below(self) -> f64 {
        let Bucket { lower, upper, count } = self.bucket;
        if self.bound <= lower {
            return 0.0;
        }
        if self.bound >= upper {
            return count;
        }
        let (from, to, at) = match self.spread {
            Spread::Even => (lower, upper, self.bound),
            Spread::Logarithmic => {
                (lower.abs().log2(), upper.abs().log2(), self.bound.abs().log2())
            }
        };
        count * ((at - from) / (to - from))
    }

    fn middle(self, from: f64, to: f64) -> f64 {
        match self.spread {
            Spread::Even => f64::midpoint(from, to),
            Spread::Logarithmic if to <= 0.0 => -(from.abs() * to.abs()).sqrt(),
            Spread::Logarithmic => (from.abs() * to.abs()).sqrt(),
        }
    }

    /// Nothing is known of where observations lie in an open bucket: it stays or goes as a whole.
    ///
    /// (-Inf, x] with positive x is taken as (0, x]. Otherwise what stays weighs as if it lay at
    /// the finite end, or at the bound when that lies inside.
    fn open_part(self) -> (f64, f64) {
        let Bucket { lower, upper, count } = self.bucket;
        let bound = self.bound;
        if lower.is_infinite() && upper.is_finite() && upper > 0.0 {
            return match self.side {
                TrimSide::KeepAbove if bound == f64::NEG_INFINITY => (count, upper / 2.0),
                TrimSide::KeepAbove if bound < 0.0 => (0.0, 0.0),
                TrimSide::KeepAbove | TrimSide::KeepBelow => {
                    Self { bucket: Bucket { lower: 0.0, ..self.bucket }, ..self }.part()
                }
            };
        }
        let stays = match self.side {
            TrimSide::KeepBelow if upper.is_infinite() => bound == f64::INFINITY,
            TrimSide::KeepBelow => bound > f64::NEG_INFINITY,
            TrimSide::KeepAbove if lower.is_infinite() => bound == f64::NEG_INFINITY,
            TrimSide::KeepAbove => bound < f64::INFINITY,
        };
        if !stays {
            return (0.0, 0.0);
        }
        let end = match self.side {
            TrimSide::KeepBelow => bound.min(upper),
            TrimSide::KeepAbove => bound.max(lower),
        };
        (count, end)
    }
}
