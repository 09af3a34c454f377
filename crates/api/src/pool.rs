//! Runs blocking questions on a bounded number of threads, with a queue and a deadline.
//! Slots are held until the work has really ended, so cancelled queries never pile up behind
//! their replacements. Full queue: refused at once with 503 and Retry-After.

use crate::QueryLimits;
use crate::queries::{Active, Queries, Question, Refusal, Stop, Ticket};
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
    queries: Arc<Queries>,
}

/// Stops the work when dropped: the handler's future is dropped when the client goes away.
struct StopOnDrop(Arc<Active>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop(Stop::Left);
    }
}

impl QueryPool {
    pub(crate) fn new(limits: QueryLimits, queries: Arc<Queries>) -> Self {
        Self {
            running: Arc::new(Semaphore::new(limits.concurrency.min(Semaphore::MAX_PERMITS))),
            waiting: Semaphore::new(limits.queue.min(Semaphore::MAX_PERMITS)),
            limits,
            queries,
        }
    }

    /// Runs `work` on a blocking thread; ends early when the deadline passes, the caller leaves or
    /// somebody stops it.
    ///
    /// `timeout` can only shorten the configured one, as upstream's parameter.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        question: Question,
        timeout: Option<Duration>,
        work: impl FnOnce(&Ticket) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        if timeout.is_some_and(|asked| asked.is_zero()) {
            return Err(ApiError::timed_out("query execution"));
        }
        let longest = self.limits.timeout;
        let timeout = timeout.map_or(longest, |asked| asked.min(longest));
        let deadline = Instant::now() + timeout;
        let cancel = Cancel::with_deadline(move || Instant::now() >= deadline);
        let ticket = self.queries.begin(question, cancel, timeout);
        let guard = StopOnDrop(ticket.active());
        let answer = tokio::select! {
            answer = self.carry_out(ticket, deadline, work) => answer,
            () = guard.0.stopped() => Err(ApiError::new(ErrorType::Canceled, "stopped")),
        };
        match guard.0.cancellation() {
            Some(message) if answer.is_err() => Err(ApiError::new(ErrorType::Canceled, message)),
            Some(_) | None => answer,
        }
    }

    async fn carry_out<T: Send + 'static>(
        &self,
        ticket: Ticket,
        deadline: Instant,
        work: impl FnOnce(&Ticket) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let slot = match self.slot(deadline).await {
            Ok(slot) => slot,
            Err(refusal) => {
                ticket.fail(refusal.outcome(), refusal.message());
                return Err(refusal);
            }
        };
        let active = ticket.active();
        let job = tokio::task::spawn_blocking(move || {
            ticket.run();
            let answer = work(&ticket);
            match &answer {
                Ok(_) => ticket.end(),
                Err(error) => ticket.fail(error.outcome(), error.message()),
            }
            drop(slot);
            answer
        });
        match timeout_at(deadline, job).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::error!(%error, "a query panicked");
                Err(ApiError::new(ErrorType::Internal, "the query failed: a bug in the server"))
            }
            Err(_elapsed) => {
                active.stop(Stop::TimedOut);
                Err(ApiError::timed_out("expression evaluation"))
            }
        }
    }

    async fn slot(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, ApiError> {
        if let Ok(slot) = Arc::clone(&self.running).try_acquire_owned() {
            return Ok(slot);
        }
        let Ok(_place) = self.waiting.try_acquire() else {
            let QueryLimits { concurrency, queue, .. } = self.limits;
            let message = format!("too many queries: {concurrency} running, {queue} waiting");
            return Err(ApiError::busy(Refusal::QueueFull, message));
        };
        match timeout_at(deadline, Arc::clone(&self.running).acquire_owned()).await {
            Ok(slot) => Ok(slot.expect("the semaphore is never closed")),
            Err(_elapsed) => Err(ApiError::timed_out("query queue")),
        }
    }
}

#[cfg(test)]
mod tests;
