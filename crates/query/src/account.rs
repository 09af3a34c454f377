//! What an evaluation holds: samples as upstream counts them, and bytes.
//! Bytes are estimates on the safe side: a row carries what operators keep beside it while they
//! work (entries of maps, positions, copies of rows being moved), so that they need not ask again.

use crate::column::{Column, Operand, Row};
use crate::histogram::sample_weight;
use model::{Histogram, Labels, SampleBuf};

/// A step of a column: a float and its share of the presence, rounded up.
const STEP_BYTES: usize = 9;
/// A row besides its steps and labels.
const ROW_BYTES: usize = 400;
/// What upstream counts as one sample of a histogram.
const HISTOGRAM_SAMPLE_BYTES: usize = 16;
/// A histogram's place in a column and what its allocation costs.
const HISTOGRAM_BYTES: usize = 48;
/// Two allocations of a label set, each with its counters.
const LABELS_BYTES: usize = 64;
/// A sample on its way from the store, timestamp and float, in lists that double when they are
/// full, and again where samples are sorted into floats and histograms.
const BUFFERED_BYTES: usize = 64;

/// What is held at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub samples: usize,
    pub bytes: usize,
}

impl Held {
    /// Floats of a column, or of a scalar.
    pub(crate) fn steps(count: usize) -> Self {
        Self { samples: count, bytes: count.saturating_mul(STEP_BYTES) }
    }

    /// Bytes that are no samples.
    pub(crate) fn bytes(bytes: usize) -> Self {
        Self { samples: 0, bytes }
    }

    /// Everything about a row but its column.
    pub(crate) fn labels(labels: &Labels) -> Self {
        Self::bytes(ROW_BYTES.saturating_add(labels_bytes(labels)))
    }

    /// A column with its histograms.
    pub(crate) fn column(column: &Column) -> Self {
        Self::steps(column.len()).and(Self::histograms_of(column))
    }

    /// The histograms of a column.
    pub(crate) fn histograms_of(column: &Column) -> Self {
        column
            .histograms()
            .iter()
            .fold(Self::default(), |held, (_, h)| held.and(Self::histogram(h)))
    }

    /// A histogram somewhere.
    pub(crate) fn histogram(histogram: &Histogram) -> Self {
        let samples = sample_weight(histogram);
        let bytes = samples.saturating_mul(HISTOGRAM_SAMPLE_BYTES);
        Self { samples, bytes: bytes.saturating_add(HISTOGRAM_BYTES) }
    }

    /// A row.
    pub(crate) fn row(row: &Row) -> Self {
        Self::labels(&row.labels).and(Self::column(&row.column))
    }

    /// A value of an expression.
    pub(crate) fn operand(operand: &Operand) -> Self {
        match operand {
            Operand::Scalar(values) => Self::steps(values.len()),
            Operand::Text(text) => Self::bytes(text.len()),
            Operand::Vector(rows) => {
                rows.iter().fold(Self::default(), |held, row| held.and(Self::row(row)))
            }
        }
    }

    /// So many floats as they come from the store.
    pub(crate) fn buffered(samples: usize) -> Self {
        Self { samples, bytes: samples.saturating_mul(BUFFERED_BYTES) }
    }

    /// Samples as they come from the store.
    pub(crate) fn buffer(buffer: &SampleBuf) -> Self {
        let starts = Self::bytes(buffer.starts.len() * size_of::<i64>());
        let floats = Self::buffered(buffer.len()).and(starts);
        buffer.histograms.iter().fold(floats, |held, (_, histogram)| {
            held.and(Self::bytes(Self::histogram(histogram).bytes))
        })
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            samples: self.samples.saturating_add(other.samples),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// What is left without a part.
    pub(crate) fn without(self, part: Self) -> Self {
        Self {
            samples: self.samples.saturating_sub(part.samples),
            bytes: self.bytes.saturating_sub(part.bytes),
        }
    }

    /// So many times.
    pub(crate) fn times(self, count: usize) -> Self {
        Self {
            samples: self.samples.saturating_mul(count),
            bytes: self.bytes.saturating_mul(count),
        }
    }
}

impl Held {
    /// Groups of rows: what they have in common, and who belongs to them.
    pub(crate) fn groups<'l>(labels: impl Iterator<Item = &'l Labels>) -> Self {
        labels.fold(Self::default(), |held, labels| held.and(Self::labels(labels)))
    }
}

/// Bytes of a label set that nobody else holds.
pub(crate) fn labels_bytes(labels: &Labels) -> usize {
    LABELS_BYTES + labels.text_len() + 8 * labels.len()
}
