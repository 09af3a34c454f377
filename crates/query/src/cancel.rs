//! A running query seen from outside: stop it, and see what it has cost so far.
//! The deadline is a question ("is the time over?") asked of the caller, so that the core needs no
//! clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

type Expired = dyn Fn() -> bool + Send + Sync;

/// Cancellation and progress of one query; clones share them.
#[derive(Clone, Default)]
pub struct Cancel {
    shared: Arc<Shared>,
    expired: Option<Arc<Expired>>,
}

#[derive(Debug, Default)]
struct Shared {
    cancelled: AtomicBool,
    progress: Progress,
}

/// What a query has cost so far. Figures may be a moment old.
#[derive(Debug, Default)]
pub struct Progress {
    samples_read: AtomicU64,
    bytes: AtomicUsize,
    bytes_peak: AtomicUsize,
}

impl Progress {
    /// Samples read from the store.
    pub fn samples_read(&self) -> u64 {
        self.samples_read.load(Ordering::Relaxed)
    }

    /// Bytes it holds now.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Most bytes it has held at a time.
    pub fn bytes_peak(&self) -> usize {
        self.bytes_peak.load(Ordering::Relaxed)
    }

    pub(crate) fn read(&self, samples: u64) {
        self.samples_read.fetch_add(samples, Ordering::Relaxed);
    }

    /// Adds bytes and returns how many there are now.
    pub(crate) fn hold(&self, bytes: usize) -> usize {
        let held = self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if held > self.bytes_peak.load(Ordering::Relaxed) {
            self.bytes_peak.fetch_max(held, Ordering::Relaxed);
        }
        held
    }

    /// Takes bytes away and returns how many are left.
    pub(crate) fn release(&self, bytes: usize) -> usize {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed).saturating_sub(bytes)
    }
}

impl Cancel {
    /// A query that runs until somebody calls [`Cancel::cancel`].
    pub fn new() -> Self {
        Self::default()
    }

    /// A query that also ends when `expired` answers yes; it is asked every few thousand samples.
    pub fn with_deadline(expired: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { shared: Arc::default(), expired: Some(Arc::new(expired)) }
    }

    /// Asks the query to stop.
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
    }

    /// Was the query asked to stop?
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::Relaxed)
    }

    /// Is the deadline over?
    pub fn is_expired(&self) -> bool {
        self.expired.as_ref().is_some_and(|expired| expired())
    }

    /// What the query has cost so far.
    pub fn progress(&self) -> &Progress {
        &self.shared.progress
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel")
            .field("cancelled", &self.is_cancelled())
            .field("deadline", &self.expired.is_some())
            .field("progress", self.progress())
            .finish_non_exhaustive()
    }
}
