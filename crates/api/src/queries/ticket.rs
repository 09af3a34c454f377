//! One question from asking to its end. The work holds the ticket; the entry goes when the work has
//! really ended, also by a panic, so that what is listed is what uses the machine.

use super::expensive::Cost;
use super::{Outcome, Queries, Question};
use model::Timestamp;
use query::Cancel;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use sys::Clock;
use tokio::sync::Notify;

/// Why a question was stopped from outside; the first reason stays.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// The client closed its connection.
    Left,
    /// The time was over.
    TimedOut,
    /// Somebody asked for it.
    Operator(String),
}

/// A question that waits or runs.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) id: u64,
    pub(crate) question: Question,
    pub(crate) asked: Timestamp,
    pub(crate) timeout: Duration,
    cancel: Cancel,
    /// Monotonic times.
    asked_at: Duration,
    begun_at: OnceLock<Duration>,
    stop: OnceLock<Stop>,
    stopped: Notify,
}

/// Where a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Queued,
    Running,
    /// Told to stop, and has not noticed yet.
    Stopping,
}

/// What a finished question took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) queued: Duration,
    pub(crate) cost: Cost,
}

impl Active {
    pub(super) fn new(
        id: u64,
        question: Question,
        cancel: Cancel,
        (clock, timeout): (&dyn Clock, Duration),
    ) -> Self {
        Self {
            id,
            question,
            asked: clock.now(),
            timeout,
            cancel,
            asked_at: clock.monotonic(),
            begun_at: OnceLock::new(),
            stop: OnceLock::new(),
            stopped: Notify::new(),
        }
    }

    pub(crate) fn state(&self) -> State {
        match (self.stop.get(), self.begun_at.get()) {
            (Some(_), _) => State::Stopping,
            (None, None) => State::Queued,
            (None, Some(_)) => State::Running,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.begun_at.get().is_some()
    }

    /// Time in the queue and time since then.
    pub(crate) fn ages(&self, clock: &dyn Clock) -> (Duration, Duration) {
        let now = clock.monotonic();
        let begun = self.begun_at.get().copied().unwrap_or(now);
        (begun.saturating_sub(self.asked_at), now.saturating_sub(begun))
    }

    /// Samples read, bytes held, most bytes held.
    pub(crate) fn progress(&self) -> &query::Progress {
        self.cancel.progress()
    }

    /// Asks the work to stop, unless somebody did so before.
    pub(crate) fn stop(&self, reason: Stop) {
        if self.stop.set(reason).is_ok() {
            self.cancel.cancel();
            self.stopped.notify_one();
        }
    }

    /// Ends when somebody stops the question; to be awaited by one.
    pub(crate) async fn stopped(&self) {
        self.stopped.notified().await;
    }

    /// What the client is told when somebody stopped its question; `None` when nobody did.
    pub(crate) fn cancellation(&self) -> Option<String> {
        let Stop::Operator(who) = self.stop.get()? else { return None };
        let id = self.id;
        Some(format!(
            "query was canceled in expression evaluation: query {id} was stopped by {who}"
        ))
    }

    fn outcome(&self, found: Outcome) -> Outcome {
        match self.stop.get() {
            None => found,
            Some(Stop::Left) => Outcome::Left,
            Some(Stop::TimedOut) => Outcome::TimedOut,
            Some(Stop::Operator(_)) => Outcome::Cancelled,
        }
    }

    pub(super) fn taken(&self, clock: &dyn Clock, outcome: Outcome) -> Taken {
        let (queued, ran) = self.ages(clock);
        let progress = self.progress();
        let cost = Cost {
            ran,
            failed: outcome != Outcome::Answered,
            samples: progress.samples_read(),
            bytes_peak: progress.bytes_peak(),
        };
        Taken { queued, cost }
    }
}

/// The right and the duty to work on a question.
#[derive(Debug)]
pub struct Ticket {
    active: Arc<Active>,
    queries: Arc<Queries>,
    /// `None` when the work broke off.
    outcome: Option<Outcome>,
}

impl Ticket {
    pub(super) fn new(active: Arc<Active>, queries: Arc<Queries>) -> Self {
        Self { active, queries, outcome: None }
    }

    /// Stops the work, and shows how far it is.
    pub fn cancel(&self) -> &Cancel {
        &self.active.cancel
    }

    /// Notes that the work begins.
    pub fn run(&self) {
        let now = self.queries.clock.monotonic();
        self.active.begun_at.get_or_init(|| now);
    }

    /// Notes how the work ended.
    pub fn end(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }

    /// What to say when somebody stopped the question; `None` when nobody did.
    pub fn cancellation(&self) -> Option<String> {
        self.active.cancellation()
    }

    pub(crate) fn active(&self) -> Arc<Active> {
        Arc::clone(&self.active)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // Without an outcome: a client that left the queue, or a panic.
        let found = self.outcome.unwrap_or(Outcome::Failed);
        self.queries.finish(&self.active, self.active.outcome(found));
    }
}
