//! Records of native histograms in the log (`tsdb/docs/format/wal.md`): 7 integers, 8 floats,
//! 9 and 10 the same with custom bounds. One that cannot be stored is passed over, as its sender
//! would have been refused; one that is cut short ends the log.

use crate::bytes::Cursor;
use crate::histogram::{BUCKETS_MAX, SPANS_MAX, absolute, exact, is_sound};
use model::{CUSTOM_BUCKETS_SCHEMA, CounterReset, Histogram, HistogramCounts, Span, is_stale};

/// A histogram that was read whole and cannot be stored.
struct Unsound;

/// Room of a histogram in memory, in samples of 16 bytes.
pub(super) fn weight(histogram: &Histogram) -> u64 {
    let numbers = histogram.positive_buckets.len()
        + histogram.negative_buckets.len()
        + histogram.positive_spans.len()
        + histogram.negative_spans.len()
        + histogram.custom_values.len();
    16 + numbers as u64 / 2
}

/// Gives the samples of a record: reference of the series, time, histogram.
pub(super) fn for_each(
    kind: u8,
    bytes: &[u8],
    mut sample: impl FnMut(u64, i64, Histogram),
) -> Option<()> {
    let mut cursor = Cursor(bytes);
    if cursor.is_empty() {
        return Some(());
    }
    let (reference, time) = (cursor.u64()?, cursor.u64()?.cast_signed());
    while !cursor.is_empty() {
        let reference = reference.wrapping_add_signed(cursor.varint()?);
        let at = time.wrapping_add(cursor.varint()?);
        let histogram =
            if matches!(kind, 7 | 9) { integers(&mut cursor)? } else { floats(&mut cursor)? };
        if let Ok(histogram) = histogram {
            sample(reference, at, histogram);
        }
    }
    Some(())
}

/// Reset knowledge, schema and zero threshold, which every histogram begins with.
fn head(cursor: &mut Cursor<'_>, counts: HistogramCounts) -> Option<Histogram> {
    let counter_reset = match cursor.u8()? {
        1 => CounterReset::Reset,
        2 => CounterReset::NotReset,
        3 => CounterReset::Gauge,
        _ => CounterReset::Unknown,
    };
    let schema = i32::try_from(cursor.varint()?).ok()?;
    let zero_threshold = float(cursor)?;
    Some(Histogram { counts, counter_reset, schema, zero_threshold, ..Histogram::default() })
}

fn integers(cursor: &mut Cursor<'_>) -> Option<Result<Histogram, Unsound>> {
    let mut histogram = head(cursor, HistogramCounts::Integer)?;
    let counts = (exact(cursor.uvarint()?), exact(cursor.uvarint()?));
    histogram.sum = float(cursor)?;
    sides(cursor, &mut histogram)?;
    let positive = absolute(list(cursor, BUCKETS_MAX, Cursor::varint)?.into_iter());
    let negative = absolute(list(cursor, BUCKETS_MAX, Cursor::varint)?.into_iter());
    bounds(cursor, &mut histogram)?;
    let ((Some(zero_count), Some(count)), Some(positive), Some(negative)) =
        (counts, positive, negative)
    else {
        return Some(Err(Unsound));
    };
    (histogram.zero_count, histogram.count) = (zero_count, count);
    (histogram.positive_buckets, histogram.negative_buckets) = (positive, negative);
    Some(sound(histogram))
}

fn floats(cursor: &mut Cursor<'_>) -> Option<Result<Histogram, Unsound>> {
    let mut histogram = head(cursor, HistogramCounts::Float)?;
    histogram.zero_count = float(cursor)?;
    histogram.count = float(cursor)?;
    histogram.sum = float(cursor)?;
    sides(cursor, &mut histogram)?;
    histogram.positive_buckets = list(cursor, BUCKETS_MAX, float)?;
    histogram.negative_buckets = list(cursor, BUCKETS_MAX, float)?;
    bounds(cursor, &mut histogram)?;
    Some(sound(histogram))
}

fn sound(histogram: Histogram) -> Result<Histogram, Unsound> {
    if is_stale(histogram.sum) {
        let counts = histogram.counts;
        return Ok(Histogram { counts, ..Histogram::stale() });
    }
    if is_sound(&histogram) { Ok(histogram) } else { Err(Unsound) }
}

fn sides(cursor: &mut Cursor<'_>, histogram: &mut Histogram) -> Option<()> {
    let one = |cursor: &mut Cursor<'_>| {
        let offset = i32::try_from(cursor.varint()?).ok()?;
        Some(Span { offset, length: u32::try_from(cursor.uvarint()?).ok()? })
    };
    histogram.positive_spans = list(cursor, SPANS_MAX, one)?;
    histogram.negative_spans = list(cursor, SPANS_MAX, one)?;
    Some(())
}

fn bounds(cursor: &mut Cursor<'_>, histogram: &mut Histogram) -> Option<()> {
    if histogram.schema == CUSTOM_BUCKETS_SCHEMA {
        histogram.custom_values = list(cursor, BUCKETS_MAX, float)?;
    }
    Some(())
}

fn float(cursor: &mut Cursor<'_>) -> Option<f64> {
    cursor.u64().map(f64::from_bits)
}

fn list<'b, T>(
    cursor: &mut Cursor<'b>,
    max: usize,
    one: impl Fn(&mut Cursor<'b>) -> Option<T>,
) -> Option<Vec<T>> {
    let count = cursor.len().filter(|count| *count <= max)?;
    (0..count).map(|_| one(cursor)).collect()
}
