//! Addition and subtraction of histograms of different resolution, zero bucket or custom bounds.
//! A `Sum` can compensate rounding like the sums of floats do.

use super::buckets::{Pairs, encode, pairs, reduce, upper_bound};
use crate::number::Kahan;
use model::{CUSTOM_BUCKETS_SCHEMA, CounterReset, Histogram, HistogramCounts};

/// Exponential and custom buckets cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Incompatible;

/// What had to be reconciled in an addition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Merge {
    /// One side said "reset", the other "no reset".
    pub reset_collision: bool,
    /// Custom bounds differed; the common ones were kept.
    pub bounds_reconciled: bool,
}

/// Whether rounding errors are carried along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rounding {
    Plain,
    Compensated,
}

/// A histogram under construction.
#[derive(Clone, Debug)]
pub(crate) struct Sum {
    rounding: Rounding,
    hint: CounterReset,
    schema: i32,
    zero_threshold: f64,
    zero: Kahan,
    count: Kahan,
    total: Kahan,
    positive: Pairs<Kahan>,
    negative: Pairs<Kahan>,
    custom: Vec<f64>,
}

impl Sum {
    /// Starts with a histogram; sums are plain.
    pub(crate) fn new(first: &Histogram) -> Self {
        let start = |sum: f64| Kahan { sum, comp: 0.0 };
        let side = |spans: &[_], counts: &[_]| {
            pairs(spans, counts).into_iter().map(|(i, n)| (i, start(n))).collect()
        };
        Self {
            rounding: Rounding::Plain,
            hint: first.counter_reset,
            schema: first.schema,
            zero_threshold: first.zero_threshold,
            zero: start(first.zero_count),
            count: start(first.count),
            total: start(first.sum),
            positive: side(&first.positive_spans, &first.positive_buckets),
            negative: side(&first.negative_spans, &first.negative_buckets),
            custom: first.custom_values.clone(),
        }
    }

    /// Starts with a histogram; rounding errors are carried along.
    pub(crate) fn compensated(first: &Histogram) -> Self {
        Self { rounding: Rounding::Compensated, ..Self::new(first) }
    }

    /// Adds a histogram.
    pub(crate) fn add(&mut self, other: &Histogram) -> Result<Merge, Incompatible> {
        self.combine(other, 1.0)
    }

    /// Subtracts a histogram.
    pub(crate) fn subtract(&mut self, other: &Histogram) -> Result<Merge, Incompatible> {
        self.combine(other, -1.0)
    }

    fn combine(&mut self, other: &Histogram, sign: f64) -> Result<Merge, Incompatible> {
        let custom = self.schema == CUSTOM_BUCKETS_SCHEMA;
        if custom != (other.schema == CUSTOM_BUCKETS_SCHEMA) {
            return Err(Incompatible);
        }
        let mut merge = Merge { reset_collision: self.join_hints(other), ..Merge::default() };
        let mut theirs = Sum::new(other);
        if custom {
            merge.bounds_reconciled = self.reconcile_bounds(&mut theirs);
        } else {
            self.reconcile_zero(&mut theirs);
            self.reconcile_schema(&mut theirs);
        }
        let rounding = self.rounding;
        let join = |into: &mut Kahan, value: Kahan| accumulate(rounding, into, sign * value.sum);
        join(&mut self.zero, theirs.zero);
        join(&mut self.count, theirs.count);
        join(&mut self.total, theirs.total);
        merge_side(&mut self.positive, &theirs.positive, join);
        merge_side(&mut self.negative, &theirs.negative, join);
        Ok(merge)
    }

    /// Joins what both know about resets; true when they contradict each other.
    fn join_hints(&mut self, other: &Histogram) -> bool {
        use CounterReset::{Gauge, NotReset, Reset, Unknown};
        match (self.hint, other.counter_reset) {
            (Gauge, _)
            | (Unknown, Unknown | Reset | NotReset)
            | (Reset, Reset)
            | (NotReset, NotReset) => false,
            (_, Gauge) => {
                self.hint = Gauge;
                false
            }
            (_, Unknown) => {
                self.hint = Unknown;
                false
            }
            (Reset, NotReset) | (NotReset, Reset) => {
                self.hint = Unknown;
                true
            }
        }
    }

    fn reconcile_schema(&mut self, theirs: &mut Self) {
        let schema = self.schema.min(theirs.schema);
        self.reduce_to(schema);
        theirs.reduce_to(schema);
    }

    /// Lowers the resolution.
    fn reduce_to(&mut self, schema: i32) {
        let levels = self.schema.abs_diff(schema);
        let rounding = self.rounding;
        let join = |into: &mut Kahan, value: Kahan| {
            accumulate(rounding, into, value.sum);
            into.comp += value.comp;
        };
        self.positive = reduce(std::mem::take(&mut self.positive), levels, join);
        self.negative = reduce(std::mem::take(&mut self.negative), levels, join);
        self.schema = schema;
    }

    /// Widens the narrower zero bucket until both are equal. A threshold inside a populated bucket
    /// moves on to the end of that bucket, hence the loop.
    fn reconcile_zero(&mut self, theirs: &mut Self) {
        while self.zero_threshold != theirs.zero_threshold {
            if self.zero_threshold > theirs.zero_threshold {
                theirs.widen_zero(self.zero_threshold);
            } else {
                self.widen_zero(theirs.zero_threshold);
            }
        }
    }

    /// Merges every bucket that begins below `threshold` into the zero bucket.
    pub(crate) fn widen_zero(&mut self, threshold: f64) {
        let schema = self.schema;
        let mut threshold = threshold;
        for _ in 0..2 {
            for (index, count) in self.positive.iter().chain(&self.negative) {
                let (lower, upper) =
                    (upper_bound(index - 1, schema, &[]), upper_bound(*index, schema, &[]));
                if lower < threshold && upper > threshold && count.sum != 0.0 {
                    threshold = upper;
                }
            }
        }
        let rounding = self.rounding;
        let mut zero = self.zero;
        for side in [&mut self.positive, &mut self.negative] {
            side.retain(|(index, count)| {
                let inside = upper_bound(index - 1, schema, &[]) < threshold;
                if inside {
                    accumulate(rounding, &mut zero, count.sum);
                    zero.comp += count.comp;
                }
                !inside
            });
        }
        self.zero = zero;
        self.zero_threshold = threshold;
    }

    /// Keeps the bounds that both have; true when they differed.
    pub(crate) fn reconcile_bounds(&mut self, theirs: &mut Self) -> bool {
        if self.custom == theirs.custom {
            return false;
        }
        let common: Vec<f64> =
            self.custom.iter().copied().filter(|bound| theirs.custom.contains(bound)).collect();
        self.rebucket(&common);
        theirs.rebucket(&common);
        true
    }

    fn rebucket(&mut self, bounds: &[f64]) {
        let rounding = self.rounding;
        let mut out: Pairs<Kahan> = Vec::with_capacity(bounds.len() + 1);
        for (index, count) in std::mem::take(&mut self.positive) {
            let upper = upper_bound(index, CUSTOM_BUCKETS_SCHEMA, &self.custom);
            let target = bounds.partition_point(|bound| *bound < upper);
            let target = i64::try_from(target).unwrap_or(i64::MAX);
            match out.last_mut() {
                Some((last, sum)) if *last == target => {
                    accumulate(rounding, sum, count.sum);
                    sum.comp += count.comp;
                }
                Some(_) | None => out.push((target, count)),
            }
        }
        self.positive = out;
        self.custom = bounds.to_vec();
    }

    /// Multiplies everything, the compensation included.
    pub(crate) fn scale(&mut self, factor: f64) {
        self.each(|value| *value *= factor);
    }

    /// Divides everything, the compensation included.
    pub(crate) fn divide(&mut self, divisor: f64) {
        self.each(|value| *value /= divisor);
    }

    fn each(&mut self, change: impl Fn(&mut f64)) {
        let sides = self.positive.iter_mut().chain(&mut self.negative).map(|(_, count)| count);
        for value in sides.chain([&mut self.zero, &mut self.count, &mut self.total]) {
            change(&mut value.sum);
            change(&mut value.comp);
        }
    }

    /// Did anything grow beyond the floats?
    pub(crate) fn overflows(&self) -> bool {
        let sides = self.positive.iter().chain(&self.negative).map(|(_, count)| count);
        sides.chain([&self.zero, &self.count, &self.total]).any(|value| value.sum.is_infinite())
    }

    /// What is known about resets.
    pub(crate) fn hint(&self) -> CounterReset {
        self.hint
    }

    /// Counts per bucket of one side, positive first.
    pub(crate) fn sides(&self) -> [Pairs; 2] {
        [&self.positive, &self.negative]
            .map(|side| side.iter().map(|(index, count)| (*index, count.total())).collect())
    }

    pub(crate) fn zero(&self) -> (f64, f64) {
        (self.zero_threshold, self.zero.total())
    }

    /// Lowers the resolution of an exponential histogram; higher ones stay.
    pub(crate) fn lower_schema(&mut self, schema: i32) {
        if self.schema != CUSTOM_BUCKETS_SCHEMA && schema < self.schema {
            self.reduce_to(schema);
        }
    }

    /// The finished histogram, compact.
    pub(crate) fn finish(self) -> Histogram {
        let [positive, negative] = self.sides();
        let (positive_spans, positive_buckets) = encode(&positive);
        let (negative_spans, negative_buckets) = encode(&negative);
        Histogram {
            counts: HistogramCounts::Float,
            counter_reset: self.hint,
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero.total(),
            count: self.count.total(),
            sum: self.total.total(),
            positive_spans,
            positive_buckets,
            negative_spans,
            negative_buckets,
            custom_values: self.custom,
        }
    }
}

fn accumulate(rounding: Rounding, into: &mut Kahan, value: f64) {
    match rounding {
        Rounding::Plain => into.sum += value,
        Rounding::Compensated => into.add(value),
    }
}

fn merge_side(
    into: &mut Pairs<Kahan>,
    other: &Pairs<Kahan>,
    join: impl Fn(&mut Kahan, Kahan) + Copy,
) {
    let mut out = Vec::with_capacity(into.len().max(other.len()));
    let mut ours = std::mem::take(into).into_iter().peekable();
    for (index, count) in other {
        while let Some(smaller) = ours.next_if(|(at, _)| at < index) {
            out.push(smaller);
        }
        let mut sum =
            ours.next_if(|(at, _)| at == index).map_or_else(Kahan::default, |(_, sum)| sum);
        join(&mut sum, *count);
        out.push((*index, sum));
    }
    out.extend(ours);
    *into = out;
}

/// Multiplies every count and the sum; a negative factor makes a gauge.
pub(crate) fn scale(histogram: &Histogram, factor: f64) -> Histogram {
    let mut out = change(histogram, |value| value * factor);
    if factor < 0.0 {
        out.counter_reset = CounterReset::Gauge;
    }
    out
}

/// Divides every count and the sum; dividing by zero leaves no bucket.
pub(crate) fn divide(histogram: &Histogram, divisor: f64) -> Histogram {
    let mut out = change(histogram, |value| value / divisor);
    if divisor < 0.0 {
        out.counter_reset = CounterReset::Gauge;
    }
    if divisor == 0.0 {
        out.positive_spans.clear();
        out.positive_buckets.clear();
        out.negative_spans.clear();
        out.negative_buckets.clear();
    }
    out
}

fn change(histogram: &Histogram, change: impl Fn(f64) -> f64) -> Histogram {
    let mut out = histogram.clone();
    out.counts = HistogramCounts::Float;
    out.zero_count = change(out.zero_count);
    out.count = change(out.count);
    out.sum = change(out.sum);
    for count in out.positive_buckets.iter_mut().chain(&mut out.negative_buckets) {
        *count = change(*count);
    }
    out
}
