//! Samples on their way out, and where they lie in the journal.

use journal::Position;
use model::{Exemplar, Histogram, Labels};
use std::sync::Arc;

/// Place of a sample: its batch in the journal and its number in the batch. As a bound it is
/// exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Mark {
    pub(crate) at: Position,
    pub(crate) row: u32,
}

impl Mark {
    /// Before the first sample of a batch.
    pub(crate) fn begin(at: Position) -> Self {
        Self { at, row: 0 }
    }

    /// The bound that has this sample on its near side.
    pub(crate) fn after(self) -> Self {
        Self { row: self.row + 1, ..self }
    }
}

/// A series as the other side gets it: external labels added, relabelled.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) labels: Labels,
    /// Decides about the shard; the same in every process.
    pub(crate) hash: u64,
}

/// What a sample carries.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Float(f64),
    Histogram(Arc<Histogram>),
    Exemplar(Box<Exemplar>),
}

/// One sample on its way.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) mark: Mark,
    pub(crate) series: Arc<Outgoing>,
    /// Milliseconds.
    pub(crate) timestamp: i64,
    /// When its counter began, milliseconds; 0: not known.
    pub(crate) start: i64,
    /// Stored behind a newer one of its series: others must not share a request with it, because
    /// receivers may refuse it.
    pub(crate) is_late: bool,
    pub(crate) payload: Payload,
}
