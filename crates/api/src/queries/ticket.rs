//! One question from asking to its end. The work holds the ticket; the entry goes when the work has
//! really ended, also by a panic, so that what is listed is what uses the machine.

use super::expensive::Cost;
use super::{Outcome, Queries, Question};
use crate::prom::query::{Moments, Samples};
use model::Timestamp;
use query::{Cancel, QueryOutput};
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
    prepared_at: OnceLock<Duration>,
    counted: OnceLock<Counted>,
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

/// How a question ended and what it took.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) error: Option<String>,
    pub(crate) cost: Cost,
    pub(crate) moments: Moments,
    counted: Option<Counted>,
}

/// What an evaluation counted.
#[derive(Clone, Copy, Debug)]
struct Counted {
    queryable: u64,
    peak: usize,
}

impl Ended {
    /// Time in the queue.
    pub(crate) fn queued(&self) -> Duration {
        self.moments.begun.saturating_sub(self.moments.asked)
    }

    /// Samples as upstream counts them; `None` when the evaluation failed.
    pub(crate) fn samples(&self) -> Option<Samples> {
        self.counted.map(|counted| Samples::total(counted.queryable, counted.peak))
    }
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
            prepared_at: OnceLock::new(),
            counted: OnceLock::new(),
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

    /// The outcome and what the client was told.
    fn verdict(&self, found: Outcome, error: Option<String>) -> (Outcome, Option<String>) {
        let outcome = self.outcome(found);
        let own = match outcome {
            Outcome::TimedOut => Some("query timed out in expression evaluation".into()),
            Outcome::Left => Some("query was canceled in expression evaluation".into()),
            Outcome::Cancelled => self.cancellation(),
            Outcome::Failed => Some("the query failed: a bug in the server".into()),
            Outcome::Answered | Outcome::Invalid | Outcome::Refused(_) => None,
        };
        (outcome, error.or(own))
    }

    fn outcome(&self, found: Outcome) -> Outcome {
        match self.stop.get() {
            None => found,
            Some(Stop::Left) => Outcome::Left,
            Some(Stop::TimedOut) => Outcome::TimedOut,
            Some(Stop::Operator(_)) => Outcome::Cancelled,
        }
    }

    fn ended(&self, clock: &dyn Clock, found: Outcome, error: Option<String>) -> Ended {
        let (outcome, error) = self.verdict(found, error);
        let ended = clock.monotonic();
        let begun = self.begun_at.get().copied().unwrap_or(ended);
        let prepared = self.prepared_at.get().copied().unwrap_or(ended);
        let progress = self.progress();
        let cost = Cost {
            ran: ended.saturating_sub(begun),
            failed: outcome != Outcome::Answered,
            samples: progress.samples_read(),
            bytes_peak: progress.bytes_peak(),
        };
        let moments = Moments { asked: self.asked_at, begun, prepared, ended };
        Ended { outcome, error, cost, moments, counted: self.counted.get().copied() }
    }
}

/// The right and the duty to work on a question.
#[derive(Debug)]
pub struct Ticket {
    active: Arc<Active>,
    queries: Arc<Queries>,
    /// `None` when the work broke off.
    ended: Option<(Outcome, Option<String>)>,
}

impl Ticket {
    pub(super) fn new(active: Arc<Active>, queries: Arc<Queries>) -> Self {
        Self { active, queries, ended: None }
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

    /// Notes that the expression is understood and its evaluation begins.
    pub fn prepare(&self) {
        let now = self.queries.clock.monotonic();
        self.active.prepared_at.get_or_init(|| now);
    }

    /// Notes what an evaluation counted.
    pub fn evaluated(&self, output: &QueryOutput) {
        let queryable = output.queryable.iter().sum();
        let peak = output.stats.samples_peak;
        self.active.counted.get_or_init(|| Counted { queryable, peak });
    }

    /// Notes that there is an answer.
    pub fn end(mut self) {
        self.ended = Some((Outcome::Answered, None));
    }

    /// Notes that there is none, and why.
    pub fn fail(mut self, outcome: Outcome, error: &str) {
        self.ended = Some((outcome, Some(error.to_owned())));
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
        let (found, error) = self.ended.take().unwrap_or((Outcome::Failed, None));
        let ended = self.active.ended(&*self.queries.clock, found, error);
        self.queries.finish(&self.active, &ended);
    }
}
