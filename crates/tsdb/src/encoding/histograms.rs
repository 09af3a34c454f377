//! Columns of native and custom-bucket histograms: a dictionary of shapes (schema, spans, bounds),
//! then per run of one shape every count as a float column of its own (integer counts become delta
//! columns of a few bits). Bit-exact, staleness markers included.
//!
//! ```text
//! byte 0      kind: 5
//! varint      number of runs, each:
//!   varint    samples in the run
//!   varint    0: a new shape follows; k: shape number k (1-based) again
//!   shape     byte counts form and reset knowledge; signed schema; 8 bytes zero threshold;
//!             spans positive, spans negative (varint n, each signed offset, varint length);
//!             varint n custom bounds, 8 bytes each
//!   columns   count, sum, zero count, each positive bucket, each negative bucket
//! ```

use super::bytes::{Cursor, put_signed, put_varint};
use super::{Decoded, Effort, floats};
use model::{CounterReset, Histogram, HistogramCounts, Span};
use std::sync::Arc;

/// First byte of a histogram column.
pub const KIND_HISTOGRAMS: u8 = 5;
/// Most spans and most bounds of one shape; far above what any client sends.
const SPANS_MAX: usize = 1 << 12;
/// Most buckets of one sign.
pub const BUCKETS_MAX: usize = 1 << 14;
/// Most histograms of one block: 120 x 32,771 columns x 8 bytes bounds a decoder at 32 MiB.
pub const BLOCK_HISTOGRAMS_MAX: usize = 120;

/// Appends the encoding of 1 to [`BLOCK_HISTOGRAMS_MAX`] histograms.
///
/// # Panics
/// On an empty or too long column, or on buckets that do not fit their spans: checked on entry.
pub fn encode(histograms: &[Arc<Histogram>], effort: Effort, out: &mut Vec<u8>) {
    assert!(!histograms.is_empty(), "a column has at least one value");
    assert!(histograms.len() <= BLOCK_HISTOGRAMS_MAX, "a column is cut at its maximum");
    let runs: Vec<&[Arc<Histogram>]> = histograms.chunk_by(|a, b| same_shape(a, b)).collect();
    out.push(KIND_HISTOGRAMS);
    put_varint(out, runs.len() as u64);
    let mut shapes: Vec<&Histogram> = Vec::new();
    for run in runs {
        let shape = &*run[0];
        assert!(is_consistent(shape), "INV-10: buckets fit their spans");
        put_varint(out, run.len() as u64);
        if let Some(known) = shapes.iter().position(|known| same_shape(known, shape)) {
            put_varint(out, known as u64 + 1);
        } else {
            put_varint(out, 0);
            put_shape(out, shape);
            shapes.push(shape);
        }
        put_columns(run, effort, out);
    }
}

/// Do the bucket counts fit the spans, within the limits of this format?
pub fn is_consistent(histogram: &Histogram) -> bool {
    let fits = |spans: &[Span], buckets: &[f64]| {
        let total: u64 = spans.iter().map(|span| u64::from(span.length)).sum();
        spans.len() <= SPANS_MAX && buckets.len() <= BUCKETS_MAX && total == buckets.len() as u64
    };
    fits(&histogram.positive_spans, &histogram.positive_buckets)
        && fits(&histogram.negative_spans, &histogram.negative_buckets)
        && histogram.custom_values.len() <= BUCKETS_MAX
}

fn same_shape(a: &Histogram, b: &Histogram) -> bool {
    let bounds = |h: &Histogram| h.custom_values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    a.counts == b.counts
        && a.counter_reset == b.counter_reset
        && a.schema == b.schema
        && a.zero_threshold.to_bits() == b.zero_threshold.to_bits()
        && a.positive_spans == b.positive_spans
        && a.negative_spans == b.negative_spans
        && a.custom_values.len() == b.custom_values.len()
        && (a.custom_values.is_empty() || bounds(a) == bounds(b))
}

fn put_shape(out: &mut Vec<u8>, shape: &Histogram) {
    let form = match shape.counts {
        HistogramCounts::Integer => 0,
        HistogramCounts::Float => 1,
    };
    let reset = match shape.counter_reset {
        CounterReset::Unknown => 0,
        CounterReset::Reset => 1,
        CounterReset::NotReset => 2,
        CounterReset::Gauge => 3,
    };
    out.push(form | reset << 1);
    put_signed(out, i64::from(shape.schema));
    out.extend(shape.zero_threshold.to_le_bytes());
    for spans in [&shape.positive_spans, &shape.negative_spans] {
        put_varint(out, spans.len() as u64);
        for span in spans {
            put_signed(out, i64::from(span.offset));
            put_varint(out, u64::from(span.length));
        }
    }
    put_varint(out, shape.custom_values.len() as u64);
    out.extend(shape.custom_values.iter().flat_map(|value| value.to_le_bytes()));
}

fn put_columns(run: &[Arc<Histogram>], effort: Effort, out: &mut Vec<u8>) {
    let mut column = Vec::with_capacity(run.len());
    let mut put = |pick: &dyn Fn(&Histogram) -> f64, out: &mut Vec<u8>| {
        column.clear();
        column.extend(run.iter().map(|histogram| pick(histogram)));
        floats::encode(&column, effort, out);
    };
    put(&|h| h.count, out);
    put(&|h| h.sum, out);
    put(&|h| h.zero_count, out);
    for index in 0..run[0].positive_buckets.len() {
        put(&|h| h.positive_buckets[index], out);
    }
    for index in 0..run[0].negative_buckets.len() {
        put(&|h| h.negative_buckets[index], out);
    }
}

/// Appends `count` decoded histograms to `out`.
pub fn decode(cursor: &mut Cursor<'_>, count: usize, out: &mut Vec<Arc<Histogram>>) -> Decoded<()> {
    if count == 0 || count > BLOCK_HISTOGRAMS_MAX || cursor.byte()? != KIND_HISTOGRAMS {
        return Err(cursor.damage("no histogram column"));
    }
    let runs = cursor.count(count)?;
    let mut shapes: Vec<Histogram> = Vec::new();
    let mut left = count;
    for _ in 0..runs {
        let len = cursor.count(left)?;
        if len == 0 {
            return Err(cursor.damage("empty run of histograms"));
        }
        left -= len;
        let number = cursor.count(shapes.len())?;
        let shape = if number == 0 {
            shapes.push(take_shape(cursor)?);
            shapes[shapes.len() - 1].clone()
        } else {
            shapes[number - 1].clone()
        };
        take_columns(cursor, shape, len, out)?;
    }
    if left > 0 {
        return Err(cursor.damage("fewer histograms than announced"));
    }
    Ok(())
}

fn take_shape(cursor: &mut Cursor<'_>) -> Decoded<Histogram> {
    let form = cursor.byte()?;
    let counts = if form & 1 == 0 { HistogramCounts::Integer } else { HistogramCounts::Float };
    let counter_reset = match form >> 1 {
        0 => CounterReset::Unknown,
        1 => CounterReset::Reset,
        2 => CounterReset::NotReset,
        3 => CounterReset::Gauge,
        _ => return Err(cursor.damage("unknown form of histogram")),
    };
    let schema = i32::try_from(cursor.signed()?).or(Err(cursor.damage("schema above 32 bits")))?;
    let zero_threshold = f64::from_bits(cursor.u64()?);
    let (positive_spans, positive) = take_spans(cursor)?;
    let (negative_spans, negative) = take_spans(cursor)?;
    let bounds = cursor.count(BUCKETS_MAX)?;
    let mut custom_values = Vec::with_capacity(bounds.min(cursor.remaining() / 8));
    for _ in 0..bounds {
        custom_values.push(f64::from_bits(cursor.u64()?));
    }
    Ok(Histogram {
        counts,
        counter_reset,
        schema,
        zero_threshold,
        positive_spans,
        positive_buckets: vec![0.0; positive],
        negative_spans,
        negative_buckets: vec![0.0; negative],
        custom_values,
        ..Histogram::default()
    })
}

fn take_spans(cursor: &mut Cursor<'_>) -> Decoded<(Vec<Span>, usize)> {
    let count = cursor.count(SPANS_MAX)?;
    let mut spans = Vec::with_capacity(count.min(cursor.remaining()));
    let mut buckets = 0_usize;
    for _ in 0..count {
        let offset =
            i32::try_from(cursor.signed()?).or(Err(cursor.damage("offset above 32 bits")))?;
        let length = cursor.varint_u32()?;
        buckets = buckets.saturating_add(length as usize);
        spans.push(Span { offset, length });
    }
    if buckets > BUCKETS_MAX {
        return Err(cursor.damage("more buckets than a histogram may have"));
    }
    Ok((spans, buckets))
}

fn take_columns(
    cursor: &mut Cursor<'_>,
    shape: Histogram,
    len: usize,
    out: &mut Vec<Arc<Histogram>>,
) -> Decoded<()> {
    let positive = shape.positive_buckets.len();
    let buckets = positive + shape.negative_buckets.len();
    // Every column takes at least two bytes, so damaged counts cannot make this allocate much.
    if cursor.remaining() < 2 * (3 + buckets) {
        return Err(cursor.damage("bytes end before the buckets"));
    }
    let mut run = vec![shape; len];
    let mut column = Vec::with_capacity(len);
    for place in 0..3 + buckets {
        column.clear();
        floats::decode(cursor, len, &mut column)?;
        for (histogram, &value) in run.iter_mut().zip(&column) {
            *match place {
                0 => &mut histogram.count,
                1 => &mut histogram.sum,
                2 => &mut histogram.zero_count,
                _ if place - 3 < positive => &mut histogram.positive_buckets[place - 3],
                _ => &mut histogram.negative_buckets[place - 3 - positive],
            } = value;
        }
    }
    out.extend(run.into_iter().map(Arc::new));
    Ok(())
}
