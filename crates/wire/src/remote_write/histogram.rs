//! Native histograms as remote write sends them: counts as deltas (integers) or as they are
//! (floats). Rules follow upstream's `Histogram.Validate`: spans and buckets agree, nothing is
//! negative, the parts add up. A broken rule costs the sample, malformed bytes cost the request.

use super::decode::{HistogramSample, signed, start_of};
use crate::WireError;
use crate::protobuf::{Field, Reader, Value, zigzag};
use model::{CUSTOM_BUCKETS_SCHEMA, CounterReset, Histogram, HistogramCounts, Span, Timestamp};

/// Most buckets on one side of a histogram, and most spans. Upstream's scrapes stay below 1000.
pub const BUCKETS_MAX: usize = 16_384;
/// Largest integer count that a float holds exactly.
const EXACT_MAX: u64 = 1 << 53;

/// Largest index of a bucket either way; schema 8 needs 262,144 for all floats.
const INDEX_MAX: i64 = 1 << 30;

/// Fields as they came.
#[derive(Default)]
pub(crate) struct Raw {
    timestamp: i64,
    start: i64,
    /// Set by `count_int`, `count_float`; the last one wins (a oneof).
    pub(crate) count: Option<Count>,
    pub(crate) zero_count: Option<Count>,
    pub(crate) sum: f64,
    pub(crate) schema: i64,
    pub(crate) zero_threshold: f64,
    pub(crate) negative: Side,
    pub(crate) positive: Side,
    pub(crate) reset_hint: u64,
    custom_values: Vec<f64>,
}

#[derive(Clone, Copy)]
pub(crate) enum Count {
    Integer(u64),
    Float(f64),
}

#[derive(Default)]
pub(crate) struct Side {
    pub(crate) spans: Vec<Span>,
    pub(crate) deltas: Vec<i64>,
    pub(crate) counts: Vec<f64>,
}

/// Reads one `Histogram` message of either version: 1.0 has no start.
pub(crate) fn read(reader: Reader<'_>) -> Result<HistogramSample, WireError> {
    let offset = reader.offset();
    let raw = read_fields(reader)?;
    let (timestamp, start) = (Timestamp::from_ms(raw.timestamp), start_of(raw.start));
    let histogram =
        build(raw).map_err(|text| WireError::invalid(offset, format!("histogram: {text}")));
    Ok(HistogramSample { timestamp, start, histogram })
}

fn read_fields(mut reader: Reader<'_>) -> Result<Raw, WireError> {
    let mut raw = Raw::default();
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => raw.count = Some(Count::Integer(field.varint()?)),
            2 => raw.count = Some(Count::Float(field.double()?)),
            3 => raw.sum = field.double()?,
            4 => raw.schema = zigzag(field.varint()?),
            5 => raw.zero_threshold = field.double()?,
            6 => raw.zero_count = Some(Count::Integer(field.varint()?)),
            7 => raw.zero_count = Some(Count::Float(field.double()?)),
            8 => push(&mut raw.negative.spans, span(field.reader()?)?, &field)?,
            9 => deltas(&field, &mut raw.negative.deltas)?,
            10 => doubles(&field, &mut raw.negative.counts)?,
            11 => push(&mut raw.positive.spans, span(field.reader()?)?, &field)?,
            12 => deltas(&field, &mut raw.positive.deltas)?,
            13 => doubles(&field, &mut raw.positive.counts)?,
            14 => raw.reset_hint = field.varint()?,
            15 => raw.timestamp = signed(&field)?,
            16 => doubles(&field, &mut raw.custom_values)?,
            17 => raw.start = signed(&field)?,
            _ => {}
        }
    }
    Ok(raw)
}

pub(crate) fn span(mut reader: Reader<'_>) -> Result<Span, WireError> {
    let mut span = Span::default();
    while let Some(field) = reader.next_field()? {
        let outside =
            |source| WireError::malformed(field.offset, format!("histogram: span: {source}"));
        match field.number {
            1 => span.offset = i32::try_from(zigzag(field.varint()?)).map_err(outside)?,
            2 => span.length = u32::try_from(field.varint()?).map_err(outside)?,
            _ => {}
        }
    }
    Ok(span)
}

/// Packed or one by one: readers must take both (encoding guide, "Packed Repeated Fields").
pub(crate) fn deltas(field: &Field<'_>, into: &mut Vec<i64>) -> Result<(), WireError> {
    if let Value::Varint(value) = field.value {
        return push(into, zigzag(value), field);
    }
    let mut packed = field.reader()?;
    while !packed.is_at_end() {
        let value = packed.varint()?;
        push(into, zigzag(value), field)?;
    }
    Ok(())
}

pub(crate) fn doubles(field: &Field<'_>, into: &mut Vec<f64>) -> Result<(), WireError> {
    if let Value::Fixed64(bits) = field.value {
        return push(into, f64::from_bits(bits), field);
    }
    let mut packed = field.reader()?;
    while !packed.is_at_end() {
        let bits = packed.fixed64()?;
        push(into, f64::from_bits(bits), field)?;
    }
    Ok(())
}

pub(crate) fn push<T>(into: &mut Vec<T>, value: T, field: &Field<'_>) -> Result<(), WireError> {
    if into.len() >= BUCKETS_MAX {
        let text = format!("histogram: more than {BUCKETS_MAX} buckets or spans");
        return Err(WireError::too_large(field.offset, text));
    }
    into.push(value);
    Ok(())
}

pub(crate) fn build(raw: Raw) -> Result<Histogram, String> {
    let float_buckets = !(raw.positive.counts.is_empty() && raw.negative.counts.is_empty());
    let counts = match raw.count {
        Some(Count::Integer(_)) => HistogramCounts::Integer,
        // Proto3 leaves a zero out; then the form of the buckets decides.
        None if !float_buckets => HistogramCounts::Integer,
        Some(Count::Float(_)) | None => HistogramCounts::Float,
    };
    let histogram = Histogram {
        counts,
        counter_reset: counter_reset(raw.reset_hint),
        schema: schema(raw.schema)?,
        zero_threshold: raw.zero_threshold,
        zero_count: number("zero count", raw.zero_count)?,
        count: number("count", raw.count)?,
        sum: raw.sum,
        positive_buckets: raw.positive.buckets("positive", counts)?,
        positive_spans: raw.positive.spans,
        negative_buckets: raw.negative.buckets("negative", counts)?,
        negative_spans: raw.negative.spans,
        custom_values: raw.custom_values,
    };
    check_custom(&histogram)?;
    check_total(&histogram)?;
    Ok(histogram)
}

fn schema(schema: i64) -> Result<i32, String> {
    let number = i32::try_from(schema).ok();
    let known = |n: &i32| (-4..=8).contains(n) || *n == CUSTOM_BUCKETS_SCHEMA;
    number
        .filter(known)
        .ok_or_else(|| format!("schema {schema}, -4 to 8 or {CUSTOM_BUCKETS_SCHEMA} expected"))
}

fn counter_reset(hint: u64) -> CounterReset {
    match hint {
        1 => CounterReset::Reset,
        2 => CounterReset::NotReset,
        3 => CounterReset::Gauge,
        _ => CounterReset::Unknown,
    }
}

fn number(what: &str, count: Option<Count>) -> Result<f64, String> {
    match count {
        None => Ok(0.0),
        Some(Count::Integer(count)) if count <= EXACT_MAX => Ok(count as f64),
        Some(Count::Integer(count)) => Err(format!("{what} {count} is above 2^53")),
        Some(Count::Float(count)) if count < 0.0 => Err(format!("{what} {count} is negative")),
        Some(Count::Float(count)) => Ok(count),
    }
}

impl Side {
    /// Absolute counts, as many as the spans promise.
    fn buckets(&self, side: &str, counts: HistogramCounts) -> Result<Vec<f64>, String> {
        let buckets = match counts {
            HistogramCounts::Float if self.deltas.is_empty() => self.counts.clone(),
            HistogramCounts::Integer if self.counts.is_empty() => self.sum_up(side)?,
            HistogramCounts::Float | HistogramCounts::Integer => {
                return Err(format!("{side} side mixes integers and floats"));
            }
        };
        if let Some(gap) = self.spans.iter().skip(1).find(|span| span.offset < 0) {
            return Err(format!("{side} span with offset {} after the first", gap.offset));
        }
        let promised: u64 = self.spans.iter().map(|span| u64::from(span.length)).sum();
        if promised != buckets.len() as u64 {
            let found = buckets.len();
            return Err(format!("{side} spans need {promised} buckets, have {found} buckets"));
        }
        self.check_reach(side)?;
        if let Some(bucket) = buckets.iter().find(|bucket| **bucket < 0.0) {
            return Err(format!("{side} bucket with count {bucket}"));
        }
        Ok(buckets)
    }

    /// Indices stay within [`INDEX_MAX`], so that their differences fit an offset.
    fn check_reach(&self, side: &str) -> Result<(), String> {
        let mut index = 0_i64;
        for span in &self.spans {
            let begin = index + i64::from(span.offset);
            index = begin + i64::from(span.length);
            if begin < -INDEX_MAX || index > INDEX_MAX {
                return Err(format!("{side} span from bucket {begin} to {index}"));
            }
        }
        Ok(())
    }

    fn sum_up(&self, side: &str) -> Result<Vec<f64>, String> {
        let mut count = 0_i64;
        let mut buckets = Vec::with_capacity(self.deltas.len());
        for delta in &self.deltas {
            count = count.saturating_add(*delta);
            if count.unsigned_abs() > EXACT_MAX {
                return Err(format!("{side} bucket count {count} is above 2^53"));
            }
            buckets.push(count as f64);
        }
        Ok(buckets)
    }
}

fn check_custom(histogram: &Histogram) -> Result<(), String> {
    if !histogram.uses_custom_buckets() {
        let none = histogram.custom_values.is_empty();
        return if none { Ok(()) } else { Err("custom bounds with an exponential schema".into()) };
    }
    let bounds = &histogram.custom_values;
    if !bounds.is_sorted_by(|a, b| a < b) || bounds.iter().any(|bound| !bound.is_finite()) {
        return Err("custom bounds do not strictly increase".into());
    }
    if histogram.positive_buckets.len() > bounds.len() + 1 {
        let (buckets, bounds) = (histogram.positive_buckets.len(), bounds.len());
        return Err(format!("{buckets} buckets with {bounds} custom bounds"));
    }
    let zero = histogram.zero_count == 0.0 && histogram.zero_threshold == 0.0;
    if !zero || !histogram.negative_spans.is_empty() {
        return Err("custom bounds together with a zero or negative bucket".into());
    }
    Ok(())
}

/// Integer counts must add up; with NaN among the observations the buckets may hold fewer.
fn check_total(histogram: &Histogram) -> Result<(), String> {
    if histogram.counts == HistogramCounts::Float {
        return Ok(());
    }
    let buckets = histogram.positive_buckets.iter().chain(&histogram.negative_buckets);
    let total = buckets.sum::<f64>() + histogram.zero_count;
    let count = histogram.count;
    let fits = if histogram.sum.is_nan() { total <= count } else { total == count };
    if fits {
        Ok(())
    } else {
        Err(format!("{total} observations found in buckets, count is {count}"))
    }
}
