//! Stops a running query from outside: a flag that anybody may raise and an optional deadline.
//! The deadline is a question ("is the time over?") asked of the caller, so that the core needs no
//! clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

type Expired = dyn Fn() -> bool + Send + Sync;

/// Cancellation of one query; clones share the same flag.
#[derive(Clone, Default)]
pub struct Cancel {
    flag: Arc<AtomicBool>,
    expired: Option<Arc<Expired>>,
}

impl Cancel {
    /// A query that runs until somebody calls [`Cancel::cancel`].
    pub fn new() -> Self {
        Self::default()
    }

    /// A query that also ends when `expired` answers yes; it is asked every few thousand samples.
    pub fn with_deadline(expired: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { flag: Arc::default(), expired: Some(Arc::new(expired)) }
    }

    /// Asks the query to stop.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    /// Was the query asked to stop?
    pub fn is_cancelled(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    /// Is the deadline over?
    pub fn is_expired(&self) -> bool {
        self.expired.as_ref().is_some_and(|expired| expired())
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel")
            .field("cancelled", &self.is_cancelled())
            .field("deadline", &self.expired.is_some())
            .finish_non_exhaustive()
    }
}
