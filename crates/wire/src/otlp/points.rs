//! The five kinds of points, read as values; lists within them have bounds.

use super::{Attributes, Messages};
use crate::WireError;
use crate::protobuf::{Field, Reader, Value, zigzag};
use crate::remote_write::BUCKETS_MAX;

/// Bit of `flags`: the series has ended (`DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`).
const NO_RECORDED_VALUE: u64 = 1;

/// `NumberDataPoint`.
#[derive(Clone, Copy, Debug)]
pub struct NumberPoint<'a> {
    /// Its attributes.
    pub attributes: Attributes<'a>,
    /// When counting began, nanoseconds; 0 when it is not known.
    pub start_ns: u64,
    /// When it was observed, nanoseconds.
    pub time_ns: u64,
    /// What was observed.
    pub value: f64,
    /// The series has ended.
    pub is_end: bool,
    /// Links to traces: [`Link::read`].
    pub links: Messages<'a>,
}

impl<'a> NumberPoint<'a> {
    /// Reads a point.
    pub fn read(message: Reader<'a>) -> Result<Self, WireError> {
        let (attributes, links) = (Attributes::of(message, 7), Messages::of(message, 5));
        let mut found =
            Self { attributes, start_ns: 0, time_ns: 0, value: 0.0, is_end: false, links };
        let mut reader = message;
        while let Some(field) = reader.next_field()? {
            match field.number {
                2 => found.start_ns = fixed(&field)?,
                3 => found.time_ns = fixed(&field)?,
                4 => found.value = field.double()?,
                6 => found.value = fixed(&field)?.cast_signed() as f64,
                8 => found.is_end = field.varint()? & NO_RECORDED_VALUE != 0,
                _ => {}
            }
        }
        Ok(found)
    }
}

/// `HistogramDataPoint`: buckets with explicit bounds.
#[derive(Clone, Debug)]
pub struct HistogramPoint<'a> {
    /// Its attributes.
    pub attributes: Attributes<'a>,
    /// When counting began, nanoseconds; 0 when it is not known.
    pub start_ns: u64,
    /// When it was observed, nanoseconds.
    pub time_ns: u64,
    /// Observations.
    pub count: u64,
    /// Their sum, if it is kept.
    pub sum: Option<f64>,
    /// Observations of each bucket: one more than bounds, or none.
    pub counts: Vec<u64>,
    /// Upper bounds of the buckets, without infinity.
    pub bounds: Vec<f64>,
    /// The series has ended.
    pub is_end: bool,
    /// Links to traces: [`Link::read`].
    pub links: Messages<'a>,
}

impl<'a> HistogramPoint<'a> {
    /// Reads a point.
    ///
    /// # Errors
    /// `Malformed` bytes; `TooLarge`: more than 16,384 buckets.
    pub fn read(message: Reader<'a>) -> Result<Self, WireError> {
        let mut found = Self {
            attributes: Attributes::of(message, 9),
            start_ns: 0,
            time_ns: 0,
            count: 0,
            sum: None,
            counts: Vec::new(),
            bounds: Vec::new(),
            is_end: false,
            links: Messages::of(message, 8),
        };
        let mut reader = message;
        while let Some(field) = reader.next_field()? {
            match field.number {
                2 => found.start_ns = fixed(&field)?,
                3 => found.time_ns = fixed(&field)?,
                4 => found.count = fixed(&field)?,
                5 => found.sum = Some(field.double()?),
                6 => each_fixed(&field, |count| push(&mut found.counts, count, &field))?,
                7 => each_fixed(&field, |bits| {
                    push(&mut found.bounds, f64::from_bits(bits), &field)
                })?,
                10 => found.is_end = field.varint()? & NO_RECORDED_VALUE != 0,
                _ => {}
            }
        }
        Ok(found)
    }
}

/// `ExponentialHistogramDataPoint`.
#[derive(Clone, Debug)]
pub struct ExponentialPoint<'a> {
    /// Its attributes.
    pub attributes: Attributes<'a>,
    /// When counting began, nanoseconds; 0 when it is not known.
    pub start_ns: u64,
    /// When it was observed, nanoseconds.
    pub time_ns: u64,
    /// Observations.
    pub count: u64,
    /// Their sum, if it is kept.
    pub sum: Option<f64>,
    /// Resolution: bounds are powers of 2^(2^-scale).
    pub scale: i64,
    /// Observations in the zero bucket.
    pub zero_count: u64,
    /// Width of the zero bucket.
    pub zero_threshold: f64,
    /// Buckets of positive observations.
    pub positive: Buckets,
    /// Buckets of negative observations.
    pub negative: Buckets,
    /// The series has ended.
    pub is_end: bool,
    /// Links to traces: [`Link::read`].
    pub links: Messages<'a>,
}

/// Consecutive exponential buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buckets {
    /// Index of the first one: its lower bound is base^offset.
    pub offset: i64,
    /// Observations of each.
    pub counts: Vec<u64>,
}

impl<'a> ExponentialPoint<'a> {
    /// Reads a point.
    ///
    /// # Errors
    /// `Malformed` bytes; `TooLarge`: more than 16,384 buckets on one side.
    pub fn read(message: Reader<'a>) -> Result<Self, WireError> {
        let mut found = Self {
            attributes: Attributes::of(message, 1),
            start_ns: 0,
            time_ns: 0,
            count: 0,
            sum: None,
            scale: 0,
            zero_count: 0,
            zero_threshold: 0.0,
            positive: Buckets::default(),
            negative: Buckets::default(),
            is_end: false,
            links: Messages::of(message, 11),
        };
        let mut reader = message;
        while let Some(field) = reader.next_field()? {
            match field.number {
                2 => found.start_ns = fixed(&field)?,
                3 => found.time_ns = fixed(&field)?,
                4 => found.count = fixed(&field)?,
                5 => found.sum = Some(field.double()?),
                6 => found.scale = zigzag(field.varint()?),
                7 => found.zero_count = fixed(&field)?,
                8 => found.positive = buckets(field.reader()?)?,
                9 => found.negative = buckets(field.reader()?)?,
                10 => found.is_end = field.varint()? & NO_RECORDED_VALUE != 0,
                14 => found.zero_threshold = field.double()?,
                _ => {}
            }
        }
        Ok(found)
    }
}

fn buckets(mut reader: Reader<'_>) -> Result<Buckets, WireError> {
    let mut found = Buckets::default();
    while let Some(field) = reader.next_field()? {
        match (field.number, field.value) {
            (1, _) => found.offset = zigzag(field.varint()?),
            (2, Value::Varint(count)) => push(&mut found.counts, count, &field)?,
            (2, _) => {
                let mut packed = field.reader()?;
                while !packed.is_at_end() {
                    let count = packed.varint()?;
                    push(&mut found.counts, count, &field)?;
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// `SummaryDataPoint`.
#[derive(Clone, Debug)]
pub struct SummaryPoint<'a> {
    /// Its attributes.
    pub attributes: Attributes<'a>,
    /// When counting began, nanoseconds; 0 when it is not known.
    pub start_ns: u64,
    /// When it was observed, nanoseconds.
    pub time_ns: u64,
    /// Observations.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// Values below which a part of the observations lies.
    pub quantiles: Vec<Quantile>,
    /// The series has ended.
    pub is_end: bool,
}

/// `ValueAtQuantile`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// Part of the observations, 0 to 1.
    pub quantile: f64,
    /// They are not above this.
    pub value: f64,
}

impl<'a> SummaryPoint<'a> {
    /// Reads a point.
    ///
    /// # Errors
    /// `Malformed` bytes; `TooLarge`: more than 16,384 quantiles.
    pub fn read(message: Reader<'a>) -> Result<Self, WireError> {
        let mut found = Self {
            attributes: Attributes::of(message, 7),
            start_ns: 0,
            time_ns: 0,
            count: 0,
            sum: 0.0,
            quantiles: Vec::new(),
            is_end: false,
        };
        let mut reader = message;
        while let Some(field) = reader.next_field()? {
            match field.number {
                2 => found.start_ns = fixed(&field)?,
                3 => found.time_ns = fixed(&field)?,
                4 => found.count = fixed(&field)?,
                5 => found.sum = field.double()?,
                6 => push(&mut found.quantiles, quantile(field.reader()?)?, &field)?,
                8 => found.is_end = field.varint()? & NO_RECORDED_VALUE != 0,
                _ => {}
            }
        }
        Ok(found)
    }
}

fn quantile(mut reader: Reader<'_>) -> Result<Quantile, WireError> {
    let mut found = Quantile { quantile: 0.0, value: 0.0 };
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => found.quantile = field.double()?,
            2 => found.value = field.double()?,
            _ => {}
        }
    }
    Ok(found)
}

/// `Exemplar`.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// Attributes that its series does not have.
    pub attributes: Attributes<'a>,
    /// When it was observed, nanoseconds.
    pub time_ns: u64,
    /// What was observed.
    pub value: f64,
    /// Span, as bytes.
    pub span_id: &'a [u8],
    /// Trace, as bytes.
    pub trace_id: &'a [u8],
}

impl<'a> Link<'a> {
    /// Reads a link.
    pub fn read(message: Reader<'a>) -> Result<Self, WireError> {
        let attributes = Attributes::of(message, 7);
        let mut found = Self { attributes, time_ns: 0, value: 0.0, span_id: &[], trace_id: &[] };
        let mut reader = message;
        while let Some(field) = reader.next_field()? {
            match field.number {
                2 => found.time_ns = fixed(&field)?,
                3 => found.value = field.double()?,
                4 => found.span_id = field.reader()?.rest(),
                5 => found.trace_id = field.reader()?.rest(),
                6 => found.value = fixed(&field)?.cast_signed() as f64,
                _ => {}
            }
        }
        Ok(found)
    }
}

/// `fixed64` fields; the same bytes as a double.
fn fixed(field: &Field<'_>) -> Result<u64, WireError> {
    field.double().map(f64::to_bits)
}

/// Packed or one by one.
fn each_fixed(
    field: &Field<'_>,
    mut each: impl FnMut(u64) -> Result<(), WireError>,
) -> Result<(), WireError> {
    if let Value::Fixed64(bits) = field.value {
        return each(bits);
    }
    let mut packed = field.reader()?;
    while !packed.is_at_end() {
        each(packed.fixed64()?)?;
    }
    Ok(())
}

fn push<T>(into: &mut Vec<T>, value: T, field: &Field<'_>) -> Result<(), WireError> {
    if into.len() >= BUCKETS_MAX {
        let text = format!("otlp: more than {BUCKETS_MAX} buckets, bounds or quantiles");
        return Err(WireError::too_large(field.offset, text));
    }
    into.push(value);
    Ok(())
}
