//! Values of an open run in as few bytes as they need: none while a value stays, four for whole
//! numbers and decimals of two or three digits, eight for all others. Three of four series of a
//! host count in whole numbers and one of five stands still, so an open sample takes half of its
//! eight bytes, and appending touches fewer lines of memory.
//! INV-10: every bit comes back; what the narrow forms cannot give back takes the wide one.

use super::part::{Column, histogram_bytes};
use model::{Histogram, Value, has_stale, is_stale};
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
    /// (first + step) / scale.
    Steps {
        first: i64,
        scale: Scale,
        steps: Vec<i32>,
    },
    Floats(Vec<f64>),
    Histograms(Vec<Arc<Histogram>>),
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

impl Narrow {
    /// No values.
    pub(super) const EMPTY: Self = Self::Same { value: 0.0, len: 0 };

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Same { len, .. } => *len as usize,
            Self::Steps { steps, .. } => steps.len(),
            Self::Floats(values) => values.len(),
            Self::Histograms(values) => values.len(),
        }
    }

    /// Estimated bytes of memory.
    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Same { .. } => 0,
            Self::Steps { steps, .. } => 4 * steps.len(),
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
            (Self::Steps { first, scale, steps }, Value::Float(value)) => {
                match step(*first, *scale, *value) {
                    Some(step) => {
                        steps.push(step);
                        4
                    }
                    None => self.push_other(*value),
                }
            }
            (Self::Floats(values), Value::Float(value)) => {
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

    fn of_floats(values: Vec<f64>) -> Self {
        for scale in Scale::ALL {
            let Some(first) = scale.whole(values[0]) else { continue };
            let steps = values.iter().map(|value| step(first, scale, *value));
            if let Some(steps) = steps.collect() {
                return Self::Steps { first, scale, steps };
            }
        }
        Self::Floats(values)
    }

    /// One of the values.
    pub(super) fn value(&self, at: usize) -> Value {
        match self {
            Self::Same { value, .. } => Value::Float(*value),
            Self::Steps { first, scale, steps } => {
                Value::Float(scale.value(first + i64::from(steps[at])))
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
            Self::Steps { .. } => true,
            Self::Floats(values) => !has_stale(&values[from..to]),
            Self::Histograms(_) => false,
        }
    }

    /// The values between two indexes in their usual form.
    pub(super) fn column(&self, from: usize, to: usize) -> Column {
        match self {
            Self::Same { value, .. } => Column::Floats(vec![*value; to - from]),
            Self::Steps { first, scale, steps } => {
                let value = |step: &i32| scale.value(first + i64::from(*step));
                Column::Floats(steps[from..to].iter().map(value).collect())
            }
            Self::Floats(values) => Column::Floats(values[from..to].to_vec()),
            Self::Histograms(values) => Column::Histograms(values[from..to].to_vec()),
        }
    }
}

#[inline]
fn step(first: i64, scale: Scale, value: f64) -> Option<i32> {
    i32::try_from(scale.whole(value)? - first).ok()
}
