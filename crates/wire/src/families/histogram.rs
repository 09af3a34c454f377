//! The histogram of a metric: classic buckets, native ones, or both in one message.
//! A native histogram is built with the rules of remote write, so both doors refuse the same.

use super::{FamilyExemplar, exemplar, time};
use crate::WireError;
use crate::protobuf::{Field, Reader, zigzag};
use crate::remote_write::histogram::{Count, Raw, Side, build, deltas, doubles, push, span};
use model::{Histogram, Timestamp};

/// Most exemplars of a native histogram; client libraries keep ten.
const EXEMPLARS_MAX: usize = 256;

/// A histogram with all its forms.
#[derive(Clone, Copy, Debug)]
pub struct HistogramMetric<'a> {
    /// Observations: the float count, or the integer one where that is zero.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// When it began.
    pub created: Option<Timestamp>,
    /// Has spans, a zero threshold or a zero count: it is native, whatever else it has.
    pub is_native: bool,
    /// Has classic buckets.
    pub has_buckets: bool,
    /// What [`HistogramMetric::next_bucket`] has not given yet.
    buckets: Reader<'a>,
    message: Reader<'a>,
}

/// A classic bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Upper bound, inclusive.
    pub bound: f64,
    /// Observations up to the bound.
    pub count: f64,
    /// Its exemplar; an inner error is one whose labels are too long.
    pub exemplar: Option<Result<FamilyExemplar, WireError>>,
}

/// Of a float and an integer count the float one, unless it is zero.
fn either(float: f64, integer: u64) -> f64 {
    if float == 0.0 { integer as f64 } else { float }
}

impl<'a> HistogramMetric<'a> {
    pub(super) fn read(message: Reader<'a>) -> Result<Self, WireError> {
        let (mut integer, mut float) = (0, 0.0);
        let mut found = Self {
            count: 0.0,
            sum: 0.0,
            created: None,
            is_native: false,
            has_buckets: false,
            buckets: message,
            message,
        };
        let mut reader = message;
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 => integer = field.varint()?,
                2 => found.sum = field.double()?,
                3 => found.has_buckets = true,
                4 => float = field.double()?,
                6 => found.is_native |= field.double()? > 0.0,
                7 => found.is_native |= field.varint()? > 0,
                9 | 12 => found.is_native = true,
                15 => found.created = time(&field)?,
                _ => {}
            }
        }
        found.count = either(float, integer);
        Ok(found)
    }

    /// The next classic bucket as it stands there, or nothing at the end.
    ///
    /// # Errors
    /// `Malformed` when its bytes are no bucket.
    pub fn next_bucket(&mut self) -> Result<Option<Bucket>, WireError> {
        while let Some(field) = self.buckets.next_field()? {
            if field.number == 3 {
                return bucket(field.reader()?).map(Some);
            }
        }
        Ok(None)
    }

    /// The native histogram, its buckets as they came; `is_gauge` is the family's kind.
    /// The inner error is a broken rule of the data model.
    ///
    /// # Errors
    /// `Malformed` when the bytes are wrong, `TooLarge` beyond 16,384 buckets or spans.
    pub fn native(&self, is_gauge: bool) -> Result<Result<Histogram, WireError>, WireError> {
        let offset = self.message.offset();
        let raw = raw(self.message, is_gauge)?;
        Ok(build(raw).map_err(|text| WireError::invalid(offset, format!("histogram: {text}"))))
    }

    /// Exemplars of the native form: its own ones, else those of the classic buckets; none
    /// without a time. At most 256; then how many have labels that are too long.
    ///
    /// # Errors
    /// `Malformed` when the bytes of one are wrong.
    pub fn exemplars(&self) -> Result<(Vec<FamilyExemplar>, usize), WireError> {
        let (mut found, mut refused) = (Vec::new(), 0);
        let mut add = |one: Result<FamilyExemplar, WireError>| match one {
            Ok(one) if one.timestamp.is_some() && found.len() < EXEMPLARS_MAX => found.push(one),
            Ok(_) => {}
            Err(_) => refused += 1,
        };
        let mut own = false;
        let mut reader = self.message;
        while let Some(field) = reader.next_field()? {
            if field.number == 16 {
                own = true;
                add(exemplar(field.reader()?)?);
            }
        }
        let mut classic = Self { buckets: self.message, ..*self };
        while !own && let Some(bucket) = classic.next_bucket()? {
            bucket.exemplar.into_iter().for_each(&mut add);
        }
        Ok((found, refused))
    }
}

fn bucket(mut reader: Reader<'_>) -> Result<Bucket, WireError> {
    let (mut integer, mut float, mut bound, mut found) = (0, 0.0, 0.0, None);
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => integer = field.varint()?,
            2 => bound = field.double()?,
            3 => found = Some(exemplar(field.reader()?)?),
            4 => float = field.double()?,
            _ => {}
        }
    }
    Ok(Bucket { bound, count: either(float, integer), exemplar: found })
}

/// Counts of both forms, until it is clear which one counts.
#[derive(Default)]
struct Counts {
    integer: [u64; 2],
    float: [f64; 2],
}

/// A float histogram is one whose float count or float zero count is above zero.
fn raw(mut reader: Reader<'_>, is_gauge: bool) -> Result<Raw, WireError> {
    let (mut raw, mut counts) = (Raw::default(), Counts::default());
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => counts.integer[0] = field.varint()?,
            2 => raw.sum = field.double()?,
            4 => counts.float[0] = field.double()?,
            5 => raw.schema = zigzag(field.varint()?),
            6 => raw.zero_threshold = field.double()?,
            7 => counts.integer[1] = field.varint()?,
            8 => counts.float[1] = field.double()?,
            9..=11 => side(&field, 9, &mut raw.negative)?,
            12..=14 => side(&field, 12, &mut raw.positive)?,
            _ => {}
        }
    }
    let is_float = counts.float.iter().any(|count| *count > 0.0);
    let count = |place: usize| {
        if is_float {
            Count::Float(counts.float[place])
        } else {
            Count::Integer(counts.integer[place])
        }
    };
    (raw.count, raw.zero_count) = (Some(count(0)), Some(count(1)));
    for side in [&mut raw.negative, &mut raw.positive] {
        if is_float {
            side.deltas.clear();
        } else {
            side.counts.clear();
        }
    }
    // `CounterResetHint` of remote write: 3 is a gauge.
    raw.reset_hint = if is_gauge { 3 } else { 0 };
    Ok(raw)
}

/// Spans, deltas and counts have consecutive numbers.
fn side(field: &Field<'_>, first: u32, side: &mut Side) -> Result<(), WireError> {
    match field.number - first {
        0 => push(&mut side.spans, span(field.reader()?)?, field),
        1 => deltas(field, &mut side.deltas),
        _ => doubles(field, &mut side.counts),
    }
}
