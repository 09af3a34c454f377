//! Runs blocking questions on a bounded number of threads, with a queue and a deadline.
//! Slots are held until the work has really ended, so cancelled queries never pile up behind
//! their replacements. Full queue: refused at once with 503 and Retry-After.

use crate::QueryLimits;
use crate::reply::{ApiError, ErrorType};
use query::Cancel;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Slots for running and waiting queries.
#[derive(Debug)]
pub(crate) struct QueryPool {
    running: Arc<Semaphore>,
    waiting: Semaphore,
    limits: QueryLimits,
}

/// Cancels when dropped: the handler's future is dropped when the client goes away.
struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl QueryPool {
    pub(crate) fn new(limits: QueryLimits) -> Self {
        Self {
            running: Arc::new(Semaphore::new(limits.concurrency.min(Semaphore::MAX_PERMITS))),
            waiting: Semaphore::new(limits.queue.min(Semaphore::MAX_PERMITS)),
            limits,
        }
    }

    /// Runs `work` on a blocking thread; ends early when the deadline passes or the caller leaves.
    ///
    /// `timeout` can only shorten the configured one, as upstream's parameter.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        timeout: Option<Duration>,
        work: impl FnOnce(&Cancel) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        if timeout.is_some_and(|asked| asked.is_zero()) {
            return Err(ApiError::timed_out("query execution"));
        }
        let longest = self.limits.timeout;
        let deadline = Instant::now() + timeout.map_or(longest, |asked| asked.min(longest));
        let slot = self.slot(deadline).await?;
        let cancel = Cancel::with_deadline(move || Instant::now() >= deadline);
        let guard = CancelOnDrop(cancel.clone());
        let job = tokio::task::spawn_blocking(move || {
            let answer = work(&cancel);
            drop(slot);
            answer
        });
        let ended = timeout_at(deadline, job).await;
        drop(guard);
        match ended {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::error!(%error, "a query panicked");
                Err(ApiError::new(ErrorType::Internal, "the query failed: a bug in the server"))
            }
            Err(_elapsed) => Err(ApiError::timed_out("expression evaluation")),
        }
    }

    async fn slot(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, ApiError> {
        if let Ok(slot) = Arc::clone(&self.running).try_acquire_owned() {
            return Ok(slot);
        }
        let Ok(_place) = self.waiting.try_acquire() else {
            let QueryLimits { concurrency, queue, .. } = self.limits;
            let message = format!("too many queries: {concurrency} running, {queue} waiting");
            return Err(ApiError::busy(message));
        };
        match timeout_at(deadline, Arc::clone(&self.running).acquire_owned()).await {
            Ok(slot) => Ok(slot.expect("the semaphore is never closed")),
            Err(_elapsed) => Err(ApiError::timed_out("query queue")),
        }
    }
}

#[cfg(test)]
mod tests;
