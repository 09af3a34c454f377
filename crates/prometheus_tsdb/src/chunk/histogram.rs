//! Chunks of native histograms (`tsdb/docs/format/chunks.md`): number of samples, what is known of
//! counter resets, the layout that all samples share, then time, counts and sum of each. Integers
//! are differences of differences, each float is told by its difference to the one before.

use super::Values;
use crate::bits::Bits;
use crate::bytes::Cursor;
use crate::histogram::{BUCKETS_MAX, SPANS_MAX, absolute, buckets_of, exact, is_sound};
use model::{CUSTOM_BUCKETS_SCHEMA, CounterReset, Histogram, HistogramCounts, Span, is_stale};
use std::sync::Arc;

/// Longest chunk; those of Prometheus end near 1 KiB, but hold ten samples. A byte becomes 64 in
/// memory at most: 256 MiB.
const BYTES_MAX: usize = 4 << 20;
/// Two bits of the third byte.
const GAUGE: u8 = 0b1100_0000;

/// Gives the samples of a chunk of integers.
pub(super) fn integers(bytes: &[u8], sample: impl FnMut(i64, Arc<Histogram>)) -> Option<()> {
    read::<Integers>(bytes, sample)
}

/// Gives the samples of a chunk of floats.
pub(super) fn floats(bytes: &[u8], sample: impl FnMut(i64, Arc<Histogram>)) -> Option<()> {
    read::<Floats>(bytes, sample)
}

/// Counts of a sample and how they follow from those before.
trait Counts: Sized {
    const FORM: HistogramCounts;
    /// Counts, then the sum, of the first sample with so many buckets.
    fn first(bits: &mut Bits<'_>, positive: usize, negative: usize) -> Option<Self>;
    /// Count, zero count and sum of the next one.
    fn next_scalars(&mut self, bits: &mut Bits<'_>) -> Option<()>;
    fn next_buckets(&mut self, bits: &mut Bits<'_>) -> Option<()>;
    fn sum(&self) -> f64;
    fn fill(&self, histogram: &mut Histogram) -> Option<()>;
}

fn read<C: Counts>(bytes: &[u8], mut sample: impl FnMut(i64, Arc<Histogram>)) -> Option<()> {
    let mut cursor = Cursor(bytes);
    let (total, flags) = (cursor.u16()?, cursor.u8()?);
    if total == 0 {
        return Some(());
    }
    if bytes.len() > BYTES_MAX {
        return None;
    }
    let mut bits = Bits::new(cursor.0);
    let layout = Histogram { counts: C::FORM, ..layout(&mut bits)? };
    let positive = buckets_of(&layout.positive_spans)?;
    let negative = buckets_of(&layout.negative_spans)?;
    let mut time = Integer { value: bits.signed_varbit()?, delta: 0 };
    let mut counts = C::first(&mut bits, positive, negative)?;
    for number in 0..total {
        if number > 0 {
            time.next(bits.signed_varbit()?);
            counts.next_scalars(&mut bits)?;
            if !is_stale(counts.sum()) {
                counts.next_buckets(&mut bits)?;
            }
        }
        let mut histogram = if is_stale(counts.sum()) {
            Histogram { counts: C::FORM, ..Histogram::stale() }
        } else {
            let mut histogram = layout.clone();
            counts.fill(&mut histogram)?;
            histogram
        };
        histogram.counter_reset = match (flags & GAUGE, number) {
            (GAUGE, _) => CounterReset::Gauge,
            // The chunk before the first sample may be another one than when it was written.
            (_, 0) => CounterReset::Unknown,
            _ => CounterReset::NotReset,
        };
        if !is_stale(histogram.sum) && !is_sound(&histogram) {
            return None;
        }
        sample(time.value, Arc::new(histogram));
    }
    Some(())
}

/// What all samples share: a histogram without counts.
fn layout(bits: &mut Bits<'_>) -> Option<Histogram> {
    let zero_threshold = match u8::try_from(bits.take(8)?).ok()? {
        0 => 0.0,
        255 => f64::from_bits(bits.take(64)?),
        power => 2_f64.powi(i32::from(power) - 244),
    };
    let schema = i32::try_from(bits.signed_varbit()?).ok()?;
    let (positive_spans, negative_spans) = (spans(bits)?, spans(bits)?);
    let custom_values = if schema == CUSTOM_BUCKETS_SCHEMA { bounds(bits)? } else { Vec::new() };
    let spans = (positive_spans, negative_spans);
    Some(Histogram {
        schema,
        zero_threshold,
        positive_spans: spans.0,
        negative_spans: spans.1,
        custom_values,
        ..Histogram::default()
    })
}

fn spans(bits: &mut Bits<'_>) -> Option<Vec<Span>> {
    let count = usize::try_from(bits.varbit()?).ok().filter(|count| *count <= SPANS_MAX)?;
    let one = |bits: &mut Bits<'_>| {
        let length = u32::try_from(bits.varbit()?).ok()?;
        Some(Span { offset: i32::try_from(bits.signed_varbit()?).ok()?, length })
    };
    (0..count).map(|_| one(bits)).collect()
}

/// Thousandths as numbers from 1 on, or 0 and the float.
fn bounds(bits: &mut Bits<'_>) -> Option<Vec<f64>> {
    let count = usize::try_from(bits.varbit()?).ok().filter(|count| *count <= BUCKETS_MAX)?;
    let one = |bits: &mut Bits<'_>| match bits.varbit()? {
        0 => bits.take(64).map(f64::from_bits),
        thousandths => Some((thousandths - 1) as f64 / 1000.0),
    };
    (0..count).map(|_| one(bits)).collect()
}

/// A number and its last difference.
#[derive(Clone, Copy, Default)]
struct Integer {
    value: i64,
    delta: i64,
}

impl Integer {
    fn next(&mut self, change: i64) {
        self.delta = self.delta.wrapping_add(change);
        self.value = self.value.wrapping_add(self.delta);
    }
}

struct Integers {
    count: Integer,
    zero_count: Integer,
    sum: Values,
    /// Positive ones, then negative ones.
    buckets: Vec<Integer>,
    positive: usize,
}

impl Counts for Integers {
    const FORM: HistogramCounts = HistogramCounts::Integer;

    fn first(bits: &mut Bits<'_>, positive: usize, negative: usize) -> Option<Self> {
        let mut whole =
            || bits.varbit().map(|value| Integer { value: value.cast_signed(), delta: 0 });
        let (count, zero_count) = (whole()?, whole()?);
        let sum = Values { bits: bits.take(64)?, ..Values::default() };
        let bucket = |_| bits.signed_varbit().map(|value| Integer { value, delta: 0 });
        let buckets = (0..positive + negative).map(bucket).collect::<Option<_>>()?;
        Some(Self { count, zero_count, sum, buckets, positive })
    }

    fn next_scalars(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        self.count.next(bits.signed_varbit()?);
        self.zero_count.next(bits.signed_varbit()?);
        self.sum.next(bits).map(drop)
    }

    fn next_buckets(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        for bucket in &mut self.buckets {
            bucket.next(bits.signed_varbit()?);
        }
        Some(())
    }

    fn sum(&self) -> f64 {
        f64::from_bits(self.sum.bits)
    }

    fn fill(&self, histogram: &mut Histogram) -> Option<()> {
        let (positive, negative) = self.buckets.split_at(self.positive);
        histogram.count = exact(self.count.value.cast_unsigned())?;
        histogram.zero_count = exact(self.zero_count.value.cast_unsigned())?;
        histogram.sum = self.sum();
        histogram.positive_buckets = absolute(positive.iter().map(|bucket| bucket.value))?;
        histogram.negative_buckets = absolute(negative.iter().map(|bucket| bucket.value))?;
        Some(())
    }
}

struct Floats {
    count: Values,
    zero_count: Values,
    sum: Values,
    /// Positive ones, then negative ones.
    buckets: Vec<Values>,
    positive: usize,
}

impl Counts for Floats {
    const FORM: HistogramCounts = HistogramCounts::Float;

    fn first(bits: &mut Bits<'_>, positive: usize, negative: usize) -> Option<Self> {
        let mut whole = || bits.take(64).map(|bits| Values { bits, ..Values::default() });
        let (count, zero_count, sum) = (whole()?, whole()?, whole()?);
        let buckets = (0..positive + negative).map(|_| whole()).collect::<Option<_>>()?;
        Some(Self { count, zero_count, sum, buckets, positive })
    }

    fn next_scalars(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        self.count.next(bits)?;
        self.zero_count.next(bits)?;
        self.sum.next(bits).map(drop)
    }

    fn next_buckets(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        self.buckets.iter_mut().try_for_each(|bucket| bucket.next(bits).map(drop))
    }

    fn sum(&self) -> f64 {
        f64::from_bits(self.sum.bits)
    }

    fn fill(&self, histogram: &mut Histogram) -> Option<()> {
        let floats = |values: &[Values]| values.iter().map(|it| f64::from_bits(it.bits)).collect();
        let (positive, negative) = self.buckets.split_at(self.positive);
        histogram.count = f64::from_bits(self.count.bits);
        histogram.zero_count = f64::from_bits(self.zero_count.bits);
        histogram.sum = self.sum();
        histogram.positive_buckets = floats(positive);
        histogram.negative_buckets = floats(negative);
        Some(())
    }
}
