//! Chunks of native histograms: number of samples, what is known of counter resets, the layout that
//! all samples share, then time, counts and sum of each. Integers are differences of differences,
//! each float is told by its difference to the one before.

use super::bits::Bits;
use super::chunk::{Chunk, Encoding, SAMPLES_MAX};
use super::xor::Floats;
use crate::remote_write::encode::integer;
use model::{CounterReset, Histogram, HistogramCounts, Span, is_stale};

/// Chunks end near this length, as upstream's, but not before they have some samples.
const BYTES_TARGET: usize = 1024;
const SAMPLES_MIN: usize = 10;
/// Bytes of a chunk before its bits: number of samples, flags.
const COUNT_BYTES: usize = 2;

/// A chunk under construction.
pub(super) struct Open<'h> {
    bits: Bits,
    count: usize,
    first_ms: i64,
    time: Integer,
    /// Its layout is that of all others.
    first: &'h Histogram,
    last: &'h Histogram,
    columns: Columns,
}

/// Count, zero count, buckets; what stands behind the time.
enum Columns {
    Integers { count: Integer, zero_count: Integer, sum: Floats, buckets: Vec<Integer> },
    Floats { count: Floats, zero_count: Floats, sum: Floats, buckets: Vec<Floats> },
}

/// A number and its last difference.
struct Integer {
    value: i64,
    delta: i64,
}

impl Integer {
    fn put(&mut self, value: i64, bits: &mut Bits) {
        let delta = value.wrapping_sub(self.value);
        bits.put_signed_varbit(delta.wrapping_sub(self.delta));
        (self.value, self.delta) = (value, delta);
    }
}

impl<'h> Open<'h> {
    /// A chunk with its first sample; `resets`: the counter began anew with it.
    pub(super) fn begin(at: i64, histogram: &'h Histogram, resets: bool) -> Self {
        let mut bits = Bits::default();
        bits.put(1, 16);
        let flags = match histogram.counter_reset {
            CounterReset::Gauge => 0b11,
            CounterReset::Reset => 0b10,
            CounterReset::NotReset => 0b01,
            CounterReset::Unknown => u64::from(resets) << 1,
        };
        bits.put(flags << 6, 8);
        put_layout(histogram, &mut bits);
        bits.put_signed_varbit(at);
        let columns = Columns::begin(histogram, &mut bits);
        let time = Integer { value: at, delta: 0 };
        Self { bits, count: 1, first_ms: at, time, first: histogram, last: histogram, columns }
    }

    /// Does a counter begin anew between the last sample and this one?
    pub(super) fn resets(&self, next: &Histogram) -> bool {
        if is_stale(next.sum) || is_stale(self.last.sum) || !self.has_layout_of(next) {
            return false;
        }
        match next.counter_reset {
            CounterReset::Reset => true,
            CounterReset::NotReset | CounterReset::Gauge => false,
            CounterReset::Unknown => {
                let falls = |before: &[f64], now: &[f64]| {
                    before.iter().zip(now).any(|(before, now)| now < before)
                };
                next.count < self.last.count
                    || next.zero_count < self.last.zero_count
                    || falls(&self.last.positive_buckets, &next.positive_buckets)
                    || falls(&self.last.negative_buckets, &next.negative_buckets)
            }
        }
    }

    /// May the sample be the next one? It does not reset its counter.
    pub(super) fn takes(&self, next: &Histogram) -> bool {
        let is_full = self.count >= SAMPLES_MAX
            || (self.bits.bytes.len() > BYTES_TARGET && self.count >= SAMPLES_MIN);
        // Only staleness markers, which have no buckets, follow a staleness marker.
        let fits = is_stale(next.sum) || (!is_stale(self.last.sum) && self.has_layout_of(next));
        !is_full && fits
    }

    fn has_layout_of(&self, next: &Histogram) -> bool {
        let is_gauge = |histogram: &Histogram| histogram.counter_reset == CounterReset::Gauge;
        let bounds = |histogram: &Histogram| -> Vec<u64> {
            histogram.custom_values.iter().map(|bound| bound.to_bits()).collect()
        };
        let first = self.first;
        first.counts == next.counts
            && is_gauge(first) == is_gauge(next)
            && first.schema == next.schema
            && first.zero_threshold.to_bits() == next.zero_threshold.to_bits()
            && first.positive_spans == next.positive_spans
            && first.negative_spans == next.negative_spans
            && bounds(first) == bounds(next)
    }

    /// Adds a sample.
    pub(super) fn push(&mut self, at: i64, histogram: &'h Histogram) {
        self.time.put(at, &mut self.bits);
        self.columns.put(histogram, &mut self.bits);
        self.last = histogram;
        self.count += 1;
    }

    pub(super) fn close(mut self) -> Chunk {
        let count = u16::try_from(self.count).unwrap_or(u16::MAX);
        self.bits.bytes[..COUNT_BYTES].copy_from_slice(&count.to_be_bytes());
        let encoding = match self.columns {
            Columns::Integers { .. } => Encoding::Histogram,
            Columns::Floats { .. } => Encoding::FloatHistogram,
        };
        let (first_ms, last_ms) = (self.first_ms, self.time.value);
        Chunk { first_ms, last_ms, encoding, bytes: self.bits.bytes }
    }
}

/// Counts of all buckets, positive ones first; those of integers as differences within a side.
fn deltas(histogram: &Histogram) -> impl Iterator<Item = i64> {
    let side = |buckets: &[f64]| -> Vec<i64> {
        let before = std::iter::once(0.0).chain(buckets.iter().copied());
        buckets.iter().zip(before).map(|(now, before)| integer(*now) - integer(before)).collect()
    };
    let positive = side(&histogram.positive_buckets);
    positive.into_iter().chain(side(&histogram.negative_buckets))
}

fn all_buckets(histogram: &Histogram) -> impl Iterator<Item = f64> {
    histogram.positive_buckets.iter().chain(&histogram.negative_buckets).copied()
}

impl Columns {
    fn begin(histogram: &Histogram, bits: &mut Bits) -> Self {
        if histogram.counts == HistogramCounts::Float {
            let mut first = |value| Floats::first(value, bits);
            let (count, zero_count) = (first(histogram.count), first(histogram.zero_count));
            let sum = first(histogram.sum);
            let buckets = all_buckets(histogram).map(first).collect();
            return Self::Floats { count, zero_count, sum, buckets };
        }
        let mut whole = |value| {
            let value = integer(value);
            bits.put_varbit(value.cast_unsigned());
            Integer { value, delta: 0 }
        };
        let (count, zero_count) = (whole(histogram.count), whole(histogram.zero_count));
        let sum = Floats::first(histogram.sum, bits);
        let bucket = |value| {
            bits.put_signed_varbit(value);
            Integer { value, delta: 0 }
        };
        let buckets = deltas(histogram).map(bucket).collect();
        Self::Integers { count, zero_count, sum, buckets }
    }

    fn put(&mut self, histogram: &Histogram, bits: &mut Bits) {
        let is_stale = is_stale(histogram.sum);
        match self {
            Self::Integers { count, zero_count, sum, buckets } => {
                if is_stale {
                    // No difference of differences; nobody looks at these counts.
                    bits.put_signed_varbit(0);
                    bits.put_signed_varbit(0);
                    return sum.put(histogram.sum, bits);
                }
                count.put(integer(histogram.count), bits);
                zero_count.put(integer(histogram.zero_count), bits);
                sum.put(histogram.sum, bits);
                let values = deltas(histogram);
                buckets.iter_mut().zip(values).for_each(|(bucket, value)| bucket.put(value, bits));
            }
            Self::Floats { count, zero_count, sum, buckets } => {
                // Counts of a staleness marker are zero.
                count.put(histogram.count, bits);
                zero_count.put(histogram.zero_count, bits);
                sum.put(histogram.sum, bits);
                if !is_stale {
                    let values = all_buckets(histogram);
                    buckets.iter_mut().zip(values).for_each(|(it, value)| it.put(value, bits));
                }
            }
        }
    }
}

fn put_layout(histogram: &Histogram, bits: &mut Bits) {
    put_threshold(histogram.zero_threshold, bits);
    bits.put_signed_varbit(i64::from(histogram.schema));
    for spans in [&histogram.positive_spans, &histogram.negative_spans] {
        bits.put_varbit(spans.len() as u64);
        for Span { offset, length } in spans {
            bits.put_varbit(u64::from(*length));
            bits.put_signed_varbit(i64::from(*offset));
        }
    }
    if histogram.uses_custom_buckets() {
        bits.put_varbit(histogram.custom_values.len() as u64);
        histogram.custom_values.iter().for_each(|bound| put_bound(*bound, bits));
    }
}

/// One byte for 0 and for powers of two from 2^-243 to 2^10.
fn put_threshold(threshold: f64, bits: &mut Bits) {
    let power = (threshold.to_bits() >> 52).cast_signed() - 1023;
    if threshold.to_bits() == 0 {
        bits.put(0, 8);
    } else if threshold.to_bits() << 12 == 0 && (-243..=10).contains(&power) {
        bits.put((power + 244).cast_unsigned(), 8);
    } else {
        bits.put(255, 8);
        bits.put(threshold.to_bits(), 64);
    }
}

/// Thousandths up to 33554.43 as numbers from 1 on; 0 and the float otherwise.
fn put_bound(bound: f64, bits: &mut Bits) {
    let thousandths = (bound * 1000.0).round();
    if (0.0..=33_554_430.0).contains(&(bound * 1000.0)) && thousandths / 1000.0 == bound {
        bits.put_varbit(integer(thousandths).cast_unsigned() + 1);
    } else {
        bits.put_varbit(0);
        bits.put(bound.to_bits(), 64);
    }
}
