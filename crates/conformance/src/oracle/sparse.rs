//! Histograms as the oracle computes with them: a count per bucket index, one entry at a time.
//! Semantics: Prometheus 3.14, `model/histogram`; layouts, spans and their compaction do not exist.

use model::{CounterReset, Histogram, Span};
use std::collections::BTreeMap;

/// Counts by bucket index; buckets that are written down but empty are there with 0.
pub(crate) type Buckets = BTreeMap<i64, f64>;

/// A native histogram.
#[derive(Clone, Debug)]
pub struct Sparse {
    pub(crate) hint: CounterReset,
    pub(crate) schema: i32,
    pub(crate) zero_threshold: f64,
    pub(crate) zero_count: f64,
    pub(crate) count: f64,
    pub(crate) sum: f64,
    pub(crate) positive: Buckets,
    pub(crate) negative: Buckets,
    /// Upper bounds of custom buckets, without the infinite one.
    pub(crate) bounds: Vec<f64>,
}

/// A bucket with its bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) count: f64,
}

/// Exponential and custom buckets do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Incompatible;

impl Sparse {
    pub(crate) fn of(histogram: &Histogram) -> Self {
        Self {
            hint: histogram.counter_reset,
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold,
            zero_count: histogram.zero_count,
            count: histogram.count,
            sum: histogram.sum,
            positive: buckets(&histogram.positive_spans, &histogram.positive_buckets),
            negative: buckets(&histogram.negative_spans, &histogram.negative_buckets),
            bounds: histogram.custom_values.clone(),
        }
    }

    /// Without any observation, in the layout of another one.
    pub(crate) fn empty_like(other: &Self) -> Self {
        Self {
            hint: CounterReset::Unknown,
            schema: other.schema,
            zero_threshold: 0.0,
            zero_count: 0.0,
            count: 0.0,
            sum: 0.0,
            positive: Buckets::new(),
            negative: Buckets::new(),
            bounds: other.bounds.clone(),
        }
    }

    pub(crate) fn is_custom(&self) -> bool {
        self.schema == model::CUSTOM_BUCKETS_SCHEMA
    }

    /// Without empty buckets.
    pub(crate) fn compact(mut self) -> Self {
        self.positive.retain(|_, count| *count != 0.0);
        self.negative.retain(|_, count| *count != 0.0);
        self
    }

    /// Every number through a function.
    pub(crate) fn map(mut self, function: impl Fn(f64) -> f64) -> Self {
        for value in [&mut self.zero_count, &mut self.count, &mut self.sum] {
            *value = function(*value);
        }
        for value in self.positive.values_mut().chain(self.negative.values_mut()) {
            *value = function(*value);
        }
        self
    }

    /// `self * factor`; a negative factor makes a gauge of it.
    pub(crate) fn times(self, factor: f64) -> Self {
        let mut product = self.map(|value| value * factor);
        if factor < 0.0 {
            product.hint = CounterReset::Gauge;
        }
        product
    }

    /// `self / divisor`; nothing but count and sum is left of a histogram divided by zero.
    pub(crate) fn over(self, divisor: f64) -> Self {
        let mut quotient = self.map(|value| value / divisor);
        if divisor == 0.0 {
            quotient.positive.clear();
            quotient.negative.clear();
        }
        if divisor < 0.0 {
            quotient.hint = CounterReset::Gauge;
        }
        quotient
    }

    /// `self + other`
    pub(crate) fn plus(&self, other: &Self) -> Result<Self, Incompatible> {
        self.combine(other, 1.0)
    }

    /// `self - other`
    pub(crate) fn minus(&self, other: &Self) -> Result<Self, Incompatible> {
        self.combine(other, -1.0)
    }

    fn combine(&self, other: &Self, sign: f64) -> Result<Self, Incompatible> {
        let (mut a, b) = self.reconciled(other)?;
        a.zero_count += sign * b.zero_count;
        a.count += sign * b.count;
        a.sum += sign * b.sum;
        for (side, others) in [(&mut a.positive, b.positive), (&mut a.negative, b.negative)] {
            for (index, count) in others {
                *side.entry(index).or_insert(0.0) += sign * count;
            }
        }
        Ok(a)
    }

    /// Both in the layout of their sum; the first one has the sum's hint.
    pub(crate) fn reconciled(&self, other: &Self) -> Result<(Self, Self), Incompatible> {
        if self.is_custom() != other.is_custom() {
            return Err(Incompatible);
        }
        let mut a = self.clone();
        let mut b = other.clone();
        if a.is_custom() {
            let common = common_bounds(&a.bounds, &b.bounds);
            a = a.with_bounds(&common);
            b = b.with_bounds(&common);
        } else {
            let threshold = common_threshold(&a, &b);
            a = a.with_threshold(threshold);
            b = b.with_threshold(threshold);
            let schema = a.schema.min(b.schema);
            a = a.with_schema(schema);
            b = b.with_schema(schema);
        }
        a.hint = joint_hint(self.hint, other.hint);
        Ok((a, b))
    }

    /// In the layout of another one, which is coarser.
    pub(crate) fn laid_out_as(self, other: &Self) -> Self {
        if self.is_custom() {
            return self.with_bounds(&other.bounds);
        }
        self.with_threshold(other.zero_threshold).with_schema(other.schema)
    }

    /// In a lower resolution: 2^n neighbours become one bucket.
    pub(crate) fn with_schema(mut self, schema: i32) -> Self {
        let step = self.schema - schema;
        if step > 0 && !self.is_custom() {
            self.positive = merged(&self.positive, |index| ((index - 1) >> step) + 1);
            self.negative = merged(&self.negative, |index| ((index - 1) >> step) + 1);
            self.schema = schema;
        }
        self
    }

    /// With fewer custom bounds; `bounds` are among its own.
    pub(crate) fn with_bounds(mut self, bounds: &[f64]) -> Self {
        if self.bounds != bounds {
            let own = self.bounds.clone();
            self.positive = merged(&self.positive, |index| {
                let upper = usize::try_from(index).ok().and_then(|index| own.get(index));
                let place = upper.and_then(|upper| bounds.iter().position(|bound| bound >= upper));
                i64::try_from(place.unwrap_or(bounds.len())).expect("bounds are few")
            });
            self.bounds = bounds.to_vec();
        }
        self
    }

    /// With a wider zero bucket that swallows what lies within it.
    fn with_threshold(mut self, threshold: f64) -> Self {
        if threshold > self.zero_threshold {
            let schema = self.schema;
            for side in [&mut self.positive, &mut self.negative] {
                let inside: Vec<i64> =
                    side.keys().copied().filter(|i| bound(*i, schema) <= threshold).collect();
                for index in inside {
                    self.zero_count += side.remove(&index).unwrap_or(0.0);
                }
            }
            self.zero_threshold = threshold;
        }
        self
    }

    /// Smallest width of the zero bucket, at least `wanted`, whose edge lies in no populated
    /// bucket; nobody looks when it is the width already.
    pub(crate) fn threshold_at_least(&self, wanted: f64) -> f64 {
        if wanted == self.zero_threshold {
            return wanted;
        }
        let populated = |side: &Buckets| -> Vec<i64> {
            side.iter().filter(|(_, count)| **count != 0.0).map(|(index, _)| *index).collect()
        };
        let (positive, negative) = (populated(&self.positive), populated(&self.negative));
        let mut threshold = wanted;
        loop {
            let straddles = |index: &&i64| {
                bound(**index - 1, self.schema) < threshold
                    && bound(**index, self.schema) > threshold
            };
            let Some(index) = positive.iter().chain(&negative).find(straddles) else {
                return threshold;
            };
            threshold = bound(*index, self.schema);
        }
    }

    /// Did the counter start again between `before` and this one?
    pub(crate) fn is_reset_after(&self, before: &Self) -> bool {
        match self.hint {
            CounterReset::Reset => return true,
            CounterReset::NotReset => return false,
            CounterReset::Unknown | CounterReset::Gauge => {}
        }
        if self.count < before.count {
            return true;
        }
        if self.is_custom() {
            if !before.is_custom() {
                return true;
            }
            let common = common_bounds(&self.bounds, &before.bounds);
            let (now, then) =
                (self.clone().with_bounds(&common), before.clone().with_bounds(&common));
            return lost(&now.positive, &then.positive);
        }
        if self.schema > before.schema || self.zero_threshold < before.zero_threshold {
            return true;
        }
        if before.threshold_at_least(self.zero_threshold) != self.zero_threshold {
            return true;
        }
        let then = before.clone().with_threshold(self.zero_threshold).with_schema(self.schema);
        self.zero_count < then.zero_count
            || lost(&self.positive, &then.positive)
            || lost(&self.negative, &then.negative)
    }

    /// The same in every number and in which buckets are written down.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let same = |a: &Buckets, b: &Buckets| {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1.to_bits() == b.1.to_bits())
        };
        self.schema == other.schema
            && self.zero_threshold == other.zero_threshold
            && self.zero_count.to_bits() == other.zero_count.to_bits()
            && self.count.to_bits() == other.count.to_bits()
            && self.sum.to_bits() == other.sum.to_bits()
            && same(&self.positive, &other.positive)
            && same(&self.negative, &other.negative)
            && self.bounds == other.bounds
    }

    /// All buckets from the lowest to the highest, the zero bucket among them when it counts; a
    /// bucket that reaches into the zero bucket ends at its threshold.
    pub(crate) fn buckets(&self) -> Vec<Bucket> {
        if self.is_custom() {
            return self
                .positive
                .iter()
                .map(|(index, count)| self.custom(*index, *count))
                .collect();
        }
        let width = self.zero_threshold;
        let mut all = Vec::new();
        for (index, count) in self.negative.iter().rev() {
            let (near, far) = (bound(*index - 1, self.schema), bound(*index, self.schema));
            all.push(Bucket { lower: -far, upper: -near.max(width), count: *count });
        }
        if self.zero_count > 0.0 {
            all.push(Bucket { lower: -width, upper: width, count: self.zero_count });
        }
        for (index, count) in &self.positive {
            let (near, far) = (bound(*index - 1, self.schema), bound(*index, self.schema));
            all.push(Bucket { lower: near.max(width), upper: far, count: *count });
        }
        all
    }

    /// A bucket of one side with its own bounds.
    pub(crate) fn bucket(&self, index: i64, count: f64, is_positive: bool) -> Bucket {
        if self.is_custom() {
            return self.custom(index, count);
        }
        let (near, far) = (bound(index - 1, self.schema), bound(index, self.schema));
        if is_positive {
            Bucket { lower: near, upper: far, count }
        } else {
            Bucket { lower: -far, upper: -near, count }
        }
    }

    fn custom(&self, index: i64, count: f64) -> Bucket {
        let at = |index: i64| usize::try_from(index).ok().and_then(|index| self.bounds.get(index));
        let lower = at(index - 1).copied().unwrap_or(f64::NEG_INFINITY);
        Bucket { lower, upper: at(index).copied().unwrap_or(f64::INFINITY), count }
    }
}

/// Upper bound of an exponential bucket: 2^(index / 2^schema).
pub(crate) fn bound(index: i64, schema: i32) -> f64 {
    (index as f64 * (-f64::from(schema)).exp2()).exp2()
}

/// Bounds that both have.
pub(crate) fn common_bounds(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().copied().filter(|bound| b.contains(bound)).collect()
}

/// Smallest zero bucket that suits both.
fn common_threshold(a: &Sparse, b: &Sparse) -> f64 {
    let mut threshold = a.zero_threshold.max(b.zero_threshold);
    loop {
        let wanted = threshold;
        for side in [a, b] {
            if side.zero_threshold < threshold {
                threshold = side.threshold_at_least(threshold);
            }
        }
        if wanted == threshold {
            return threshold;
        }
    }
}

fn joint_hint(a: CounterReset, b: CounterReset) -> CounterReset {
    match (a, b) {
        (CounterReset::Gauge, _) | (_, CounterReset::Gauge) => CounterReset::Gauge,
        (a, b) if a == b => a,
        _ => CounterReset::Unknown,
    }
}

/// Is a bucket gone or smaller than before?
fn lost(now: &Buckets, then: &Buckets) -> bool {
    then.iter().any(|(index, count)| match now.get(index) {
        Some(now) => now < count,
        None => *count != 0.0,
    })
}

fn merged(side: &Buckets, target: impl Fn(i64) -> i64) -> Buckets {
    let mut out = Buckets::new();
    for (index, count) in side {
        *out.entry(target(*index)).or_insert(0.0) += count;
    }
    out
}

fn buckets(spans: &[Span], counts: &[f64]) -> Buckets {
    let mut out = Buckets::new();
    let mut counts = counts.iter();
    let mut index = 0;
    for span in spans {
        index += i64::from(span.offset);
        for count in counts.by_ref().take(span.length as usize) {
            out.insert(index, *count);
            index += 1;
        }
    }
    out
}
