//! Guards one question: asks whether it shall go on, counts the bytes it holds, stops it at its
//! limits. The evaluator and the store count into the same meter.
//! Bytes are estimates on the safe side, made before memory is taken; `tests/it/memory.rs` compares
//! them with what an allocator sees.

use crate::budget::{Budget, Reservation};
use crate::{Cancel, QueryError, QueryErrorKind};
use model::{QuerierError, QuerierErrorKind, Watch};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The flag and the deadline are looked at after this many samples or entries.
pub(crate) const SAMPLES_PER_CHECK: usize = 4_096;
/// Bytes are reserved in pieces of this size, so that most counting touches the query's own only.
const PIECE_BYTES: usize = 1 << 20;
/// What is reserved and not used is given back beyond this.
const SPARE_BYTES: usize = 8 * PIECE_BYTES;

/// How much memory questions may hold.
#[derive(Clone, Debug)]
pub struct MemoryLimits {
    /// One question, its answer included.
    pub bytes_max: usize,
    /// All questions together, answers that are still being sent included.
    pub shared: Budget,
}

impl Default for MemoryLimits {
    /// 1 GiB for a question, any number of questions.
    fn default() -> Self {
        Self { bytes_max: 1 << 30, shared: Budget::default() }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Meter {
    cancel: Cancel,
    bytes_max: usize,
    shared_max: usize,
    reservation: Arc<Reservation>,
    unchecked: AtomicUsize,
}

/// Memory of an answer: reserved until the last clone is dropped.
#[derive(Clone, Debug)]
pub struct AnswerMemory(
    Arc<Reservation>,
    /// Of what was remembered.
    #[expect(dead_code, reason = "counts by being there")]
    Option<Arc<Reservation>>,
);

impl AnswerMemory {
    /// Both together.
    pub(crate) fn with(self, more: Self) -> Self {
        Self(self.0, Some(more.0))
    }
}

impl Meter {
    /// Guards a question that `cancel` may stop.
    pub fn new(cancel: &Cancel, limits: &MemoryLimits) -> Self {
        Self {
            cancel: cancel.clone(),
            bytes_max: limits.bytes_max,
            shared_max: limits.shared.bytes_max(),
            reservation: Arc::new(limits.shared.begin()),
            unchecked: AtomicUsize::new(SAMPLES_PER_CHECK),
        }
    }

    /// Fails when the asker has left or the time is over.
    pub fn check(&self) -> Result<(), QueryError> {
        if self.cancel.is_cancelled() {
            return Err(QueryError::cancelled());
        }
        if self.cancel.is_expired() {
            return Err(QueryError::timeout());
        }
        Ok(())
    }

    /// Ends the question: of all it held, its answer of so many bytes is left.
    pub(crate) fn finish(&self, bytes: usize) -> AnswerMemory {
        self.reservation.shrink_to(bytes);
        AnswerMemory(Arc::clone(&self.reservation), None)
    }

    /// Ends a question whose answer is all that it holds.
    pub fn keep(self) -> AnswerMemory {
        let bytes = self.held();
        self.finish(bytes)
    }

    /// Bytes held now.
    pub(crate) fn held(&self) -> usize {
        self.cancel.progress().bytes()
    }

    /// Notes samples that were read.
    pub(crate) fn read(&self, samples: u64) {
        self.cancel.progress().read(samples);
    }

    /// Accounts for bytes that will be taken.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), QueryError> {
        let held = self.cancel.progress().hold(bytes);
        let reserved = self.reservation.bytes();
        if held <= reserved {
            return Ok(());
        }
        if held > self.bytes_max {
            return Err(QueryError::too_much_memory(self.bytes_max));
        }
        let missing = (held - reserved).next_multiple_of(PIECE_BYTES);
        if self.reservation.grow(missing) || self.reservation.grow(held - reserved) {
            return Ok(());
        }
        Err(QueryError::no_memory_left(self.shared_max))
    }

    /// Bytes that are no longer held.
    pub(crate) fn release(&self, bytes: usize) {
        let held = self.cancel.progress().release(bytes);
        if self.reservation.bytes() > held.saturating_add(SPARE_BYTES) {
            self.reservation.shrink_to(held.next_multiple_of(PIECE_BYTES));
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        // A query that ended holds nothing; its answer has its own reservation.
        self.cancel.progress().release(self.held());
    }
}

impl Watch for Meter {
    fn tick(&self, entries: usize) -> Result<(), QuerierError> {
        let unchecked = self.unchecked.fetch_add(entries, Ordering::Relaxed);
        if unchecked.saturating_add(entries) < SAMPLES_PER_CHECK {
            return Ok(());
        }
        self.unchecked.store(0, Ordering::Relaxed);
        self.check().map_err(|error| for_store(&error))
    }

    fn hold(&self, bytes: usize) -> Result<(), QuerierError> {
        self.take(bytes).map_err(|error| for_store(&error))
    }
}

/// A refusal on its way through a store; `QueryError::from` turns it back.
fn for_store(error: &QueryError) -> QuerierError {
    let kind = match error.kind() {
        QueryErrorKind::Cancelled => QuerierErrorKind::Cancelled,
        QueryErrorKind::Timeout => QuerierErrorKind::Timeout,
        QueryErrorKind::Unavailable => QuerierErrorKind::Unavailable,
        QueryErrorKind::TooManySamples
        | QueryErrorKind::TooManySeries
        | QueryErrorKind::TooMuchMemory
        | QueryErrorKind::Execution
        | QueryErrorKind::Storage => QuerierErrorKind::TooMuch,
    };
    QuerierError::new(kind, error.to_string())
}

#[cfg(test)]
mod tests;
