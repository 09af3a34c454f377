//! Values of a run that is not sealed in as few bytes as they need: none while a value stays, one
//! to three for whole numbers and decimals of two or three digits, each against the one before it,
//! eight for all others. Three of four series of a host count in whole numbers and one of five
//! stands still, so an open sample takes a fifth of its eight bytes.
//! INV-10: every bit comes back; what the narrow forms cannot give back takes the wide one.

use super::part::{Column, histogram_bytes};
use crate::encoding::bytes::{put_signed, unzigzag, varint_len, zigzag};
use crate::samples::{self, ColumnRef};
use model::{Histogram, SampleBuf, Value, has_stale, is_stale};
use std::ops::Range;
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// Values that only grow in number.
#[derive(Clone, Debug)]
pub(super) enum Narrow {
    /// So many times the same bits.
    Same {
        value: f64,
        len: u32,
    },
    Steps(Steps),
    Floats(Vec<f64>),
    Histograms(Vec<Arc<Histogram>>),
}

/// Whole numbers over a scale.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// The newest whole number.
    last: i64,
    len: u32,
    scale: Scale,
    /// Signed varints: the first whole number, then the step to each next one. At most 8 bytes
    /// each, as whole numbers lie within 2^53.
    bytes: Vec<u8>,
}

/// What whole numbers are divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    One,
    Cent,
    Milli,
}

impl Scale {
    const ALL: [Self; 3] = [Self::One, Self::Cent, Self::Milli];

    const fn number(self) -> f64 {
        match self {
            Self::One => 1.0,
            Self::Cent => 100.0,
            Self::Milli => 1000.0,
        }
    }

    fn value(self, whole: i64) -> f64 {
        whole as f64 / self.number()
    }

    /// The whole number that gives this value back, bit for bit.
    #[inline]
    fn whole(self, value: f64) -> Option<i64> {
        // 2^53: beyond it neighbours cannot be told apart.
        const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
        let scaled = (value * self.number()).round_ties_even();
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked before the cast")]
        let whole = (scaled.abs() < WHOLE_MAX).then_some(scaled as i64)?;
        (self.value(whole).to_bits() == value.to_bits()).then_some(whole)
    }
}

impl Steps {
    fn new(scale: Scale) -> Self {
        Self { last: 0, len: 0, scale, bytes: Vec::new() }
    }

    /// Adds a value if it has this scale.
    #[inline]
    fn push(&mut self, value: f64) -> Option<usize> {
        let whole = self.scale.whole(value)?;
        Some(self.push_whole(whole))
    }

    #[inline]
    fn push_whole(&mut self, whole: i64) -> usize {
        let before = self.bytes.len();
        let step = whole - self.last;
        grow(&mut self.bytes, varint_len(zigzag(step)), 16);
        put_signed(&mut self.bytes, step);
        self.last = whole;
        self.len += 1;
        self.bytes.len() - before
    }

    /// Whole numbers between two indexes.
    fn wholes(&self, wanted: Range<usize>) -> impl Iterator<Item = i64> {
        let mut at = 0;
        let mut whole = 0;
        let all = (0..wanted.end).map(move |_| {
            whole += step_at(&self.bytes, &mut at);
            whole
        });
        all.skip(wanted.start)
    }

    fn values(&self, wanted: Range<usize>) -> impl Iterator<Item = f64> {
        self.wholes(wanted).map(|whole| self.scale.value(whole))
    }

    /// The values between two indexes as a run of their own: all steps but the first are copied.
    fn slice(&self, wanted: Range<usize>) -> Self {
        let Self { last, scale, .. } = *self;
        if wanted.is_empty() {
            return Self::new(scale);
        }
        let len = u32::try_from(wanted.len()).expect("a run is short");
        let mut at = 0;
        let first = (0..=wanted.start).map(|_| step_at(&self.bytes, &mut at)).sum();
        let rest = at;
        let last = if wanted.end == self.len as usize {
            at = self.bytes.len();
            last
        } else {
            (1..len).fold(first, |whole, _| whole + step_at(&self.bytes, &mut at))
        };
        let mut bytes = Vec::with_capacity(varint_len(zigzag(first)) + at - rest);
        put_signed(&mut bytes, first);
        bytes.extend_from_slice(&self.bytes[rest..at]);
        Self { last, len, scale, bytes }
    }
}

/// The step at an offset, which moves behind it.
#[inline]
fn step_at(bytes: &[u8], at: &mut usize) -> i64 {
    let mut byte = bytes[*at];
    *at += 1;
    let mut value = u64::from(byte & 0x7f);
    let mut shift = 7;
    while byte >= 0x80 {
        byte = bytes[*at];
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
    }
    unzigzag(value)
}

/// Makes room for `more`, at least `least`: as much as is there while that is little, later half of
/// it. Doubling all the way would leave a third of the memory of all open runs unused; a quarter
/// would move them half as often again.
#[inline]
fn grow<T>(values: &mut Vec<T>, more: usize, least: usize) {
    if values.capacity() - values.len() < more {
        let len = values.len();
        let room = if len < 4 * least { len } else { len / 2 };
        values.reserve_exact(more.max(least).max(room));
    }
}

impl Narrow {
    /// No values.
    pub(super) const EMPTY: Self = Self::Same { value: 0.0, len: 0 };

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Same { len, .. } => *len as usize,
            Self::Steps(steps) => steps.len as usize,
            Self::Floats(values) => values.len(),
            Self::Histograms(values) => values.len(),
        }
    }

    /// Estimated bytes of memory.
    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Same { .. } => 0,
            Self::Steps(steps) => steps.bytes.len(),
            Self::Floats(values) => 8 * values.len(),
            Self::Histograms(values) => values.iter().map(|h| 8 + histogram_bytes(h)).sum(),
        }
    }

    /// May a run of these values take this one, too?
    #[inline]
    pub(super) fn same_type(&self, value: &Value) -> bool {
        match value {
            Value::Float(_) => !matches!(self, Self::Histograms(_)),
            Value::Histogram(_) => matches!(self, Self::Histograms(_)) || self.len() == 0,
        }
    }

    /// Reads the place of the newest value; see `Head::warm`.
    #[inline]
    pub(super) fn warm(&self) -> usize {
        match self {
            Self::Same { len, .. } => *len as usize,
            Self::Steps(steps) => steps.bytes.last().map_or(0, |byte| usize::from(*byte)),
            Self::Floats(values) => values.last().map_or(0, |value| usize::from(*value == 0.0)),
            Self::Histograms(values) => values.len(),
        }
    }

    /// Adds a value of the same type; returns the bytes it took.
    #[inline]
    pub(super) fn push(&mut self, value: &Value) -> usize {
        match (&mut *self, value) {
            (Self::Same { value: same, len }, Value::Float(value))
                if *len > 0 && same.to_bits() == value.to_bits() =>
            {
                *len += 1;
                0
            }
            (Self::Steps(steps), Value::Float(value)) => match steps.push(*value) {
                Some(bytes) => bytes,
                None => self.push_other(*value),
            },
            (Self::Floats(values), Value::Float(value)) => {
                grow(values, 1, 8);
                values.push(*value);
                8
            }
            (Self::Same { .. }, Value::Float(value)) => self.push_other(*value),
            (Self::Histograms(values), Value::Histogram(value)) => {
                values.push(Arc::clone(value));
                8 + histogram_bytes(value)
            }
            (_, Value::Histogram(value)) => {
                assert_eq!(self.len(), 0, "INV-10: a run has one type");
                *self = Self::Histograms(vec![Arc::clone(value)]);
                8 + histogram_bytes(value)
            }
            (Self::Histograms(_), Value::Float(_)) => panic!("INV-10: a run has one type"),
        }
    }

    /// Adds a float that the present form cannot hold.
    #[cold]
    fn push_other(&mut self, value: f64) -> usize {
        if self.len() == 0 {
            *self = Self::Same { value, len: 1 };
            return 0;
        }
        let before = self.memory();
        let Column::Floats(mut values) = self.column(0, self.len()) else {
            panic!("INV-10: a run has one type");
        };
        values.push(value);
        *self = Self::of_floats(values);
        self.memory() - before
    }

    /// The narrowest form of floats.
    pub(super) fn of_floats(values: Vec<f64>) -> Self {
        for scale in Scale::ALL {
            let mut steps = Steps::new(scale);
            if values.iter().all(|value| steps.push(*value).is_some()) {
                return Self::Steps(steps);
            }
        }
        Self::Floats(values)
    }

    /// One of the values.
    pub(super) fn value(&self, at: usize) -> Value {
        match self {
            Self::Same { value, .. } => Value::Float(*value),
            Self::Steps(steps) => {
                Value::Float(steps.values(at..at + 1).next().expect("an index below the length"))
            }
            Self::Floats(values) => Value::Float(values[at]),
            Self::Histograms(values) => Value::Histogram(Arc::clone(&values[at])),
        }
    }

    /// Are there floats between two indexes, none of them a staleness marker?
    pub(super) fn has_no_marker(&self, from: usize, to: usize) -> bool {
        match self {
            Self::Same { value, .. } => !is_stale(*value),
            // Quotients are numbers.
            Self::Steps(_) => true,
            Self::Floats(values) => !has_stale(&values[from..to]),
            Self::Histograms(_) => false,
        }
    }

    /// The values between two indexes as a run of their own.
    pub(super) fn slice(&self, wanted: Range<usize>) -> Self {
        match self {
            Self::Same { value, .. } => {
                let len = u32::try_from(wanted.len()).expect("a run is short");
                Self::Same { value: *value, len }
            }
            Self::Steps(steps) => Self::Steps(steps.slice(wanted)),
            Self::Floats(values) => Self::Floats(values[wanted].to_vec()),
            Self::Histograms(values) => Self::Histograms(values[wanted].to_vec()),
        }
    }

    /// The values between two indexes in their usual form.
    pub(super) fn column(&self, from: usize, to: usize) -> Column {
        match self {
            Self::Same { value, .. } => Column::Floats(vec![*value; to - from]),
            Self::Steps(steps) => Column::Floats(steps.values(from..to).collect()),
            Self::Floats(values) => Column::Floats(values[from..to].to_vec()),
            Self::Histograms(values) => Column::Histograms(values[from..to].to_vec()),
        }
    }

    /// Appends the wanted samples; `starts` is empty or has one entry per timestamp.
    pub(super) fn append_to(
        &self,
        timestamps: &[i64],
        starts: &[i64],
        wanted: Range<usize>,
        into: &mut SampleBuf,
    ) {
        match self {
            Self::Floats(values) => {
                samples::append(timestamps, ColumnRef::Floats(values), starts, wanted, into);
            }
            Self::Histograms(values) => {
                samples::append(timestamps, ColumnRef::Histograms(values), starts, wanted, into);
            }
            Self::Same { .. } | Self::Steps(_) => {
                assert_eq!(timestamps.len(), self.len(), "INV-10: a timestamp per sample");
                samples::append_starts(starts, wanted.clone(), into);
                match self {
                    Self::Steps(steps) => into.values.extend(steps.values(wanted.clone())),
                    Self::Same { value, .. } => {
                        into.values.resize(into.timestamps.len() + wanted.len(), *value);
                    }
                    Self::Floats(_) | Self::Histograms(_) => {}
                }
                into.timestamps.extend_from_slice(&timestamps[wanted]);
            }
        }
    }
}
