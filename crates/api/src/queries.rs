//! Questions under way and what the finished ones cost: who asks what, how far it is, who ended it.
//! Everything that reads the store for somebody passes here: requests through `pool`, rules through
//! the composition root. Bounded by slots and queue (and by the number of rule groups); texts are
//! kept as their askers hold them anyway.

mod caller;
mod counts;
mod expensive;
mod outcome;
mod ticket;

#[cfg(test)]
mod tests;

pub(crate) use caller::{Caller, Peer};
pub(crate) use expensive::{Order, Shape, Spent, shortened};
pub use outcome::{Outcome, Refusal};
pub use ticket::Ticket;
pub(crate) use ticket::{Active, State, Stop};

use crate::QueryLimits;
use counts::Counts;
use expensive::Expensive;
use exposition::Family;
use parking_lot::Mutex;
use query::{Cancel, StepRange};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use sys::Clock;

/// What a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum QueryKind {
    /// An expression at one instant.
    Instant,
    /// An expression over a range.
    Range,
    /// Exemplars of the series of an expression.
    Exemplars,
    /// Label sets of series.
    Series,
    /// Names of labels.
    Labels,
    /// Values of a label.
    LabelValues,
    /// Metadata of metrics.
    Metadata,
    /// What an expression or a selector means, without any sample.
    Syntax,
    /// Figures about the store.
    Status,
}

impl QueryKind {
    /// Name in answers, logs and metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Range => "range",
            Self::Exemplars => "exemplars",
            Self::Series => "series",
            Self::Labels => "labels",
            Self::LabelValues => "label_values",
            Self::Metadata => "metadata",
            Self::Syntax => "syntax",
            Self::Status => "status",
        }
    }
}

/// Where a question comes from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// A request.
    Http(Caller),
    /// A rule group.
    Rules {
        /// Name of the group.
        group: String,
        /// File that defines it.
        file: String,
    },
}

/// A question before it is asked.
#[derive(Clone, Debug)]
pub struct Question {
    pub(crate) kind: QueryKind,
    pub(crate) text: Arc<str>,
    pub(crate) steps: Option<StepRange>,
    pub(crate) origin: Origin,
}

impl Question {
    /// An expression that a rule group evaluates at one instant.
    pub fn of_rule(group: &str, file: &str, expr: &str, steps: StepRange) -> Self {
        let origin = Origin::Rules { group: group.into(), file: file.into() };
        Self { kind: QueryKind::Instant, text: expr.into(), steps: Some(steps), origin }
    }
}

/// All questions under way, and what the finished ones cost.
pub struct Queries {
    pub(crate) clock: Arc<dyn Clock>,
    limits: QueryLimits,
    next_id: AtomicU64,
    /// Locked before `finished`, never together with it.
    active: Mutex<BTreeMap<u64, Arc<Active>>>,
    finished: Mutex<Finished>,
}

#[derive(Debug, Default)]
struct Finished {
    expensive: Expensive,
    counts: Counts,
}

impl Queries {
    /// Nobody asks yet.
    pub fn new(clock: Arc<dyn Clock>, limits: QueryLimits) -> Self {
        let (active, finished) = (Mutex::default(), Mutex::default());
        Self { clock, limits, next_id: AtomicU64::new(1), active, finished }
    }

    /// Notes a question that waits for its turn; `cancel` stops it, after `timeout` at the latest.
    pub fn begin(
        self: &Arc<Self>,
        question: Question,
        cancel: Cancel,
        timeout: Duration,
    ) -> Ticket {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let active = Arc::new(Active::new(id, question, cancel, (&*self.clock, timeout)));
        self.active.lock().insert(id, Arc::clone(&active));
        Ticket::new(active, Arc::clone(self))
    }

    /// Asks a question to stop; it is gone when its work has noticed. `None`: there is none such.
    pub(crate) fn cancel(&self, id: u64, by: &Caller) -> Option<Arc<Active>> {
        let active = self.active.lock().get(&id).cloned()?;
        active.stop(Stop::Operator(by.to_string()));
        Some(active)
    }

    /// Questions that wait or run, oldest first.
    pub(crate) fn active(&self) -> Vec<Arc<Active>> {
        self.active.lock().values().cloned().collect()
    }

    /// Most expensive finished questions, most expensive first.
    pub(crate) fn expensive(&self, order: Order, limit: usize) -> Vec<(Shape, Spent)> {
        self.finished.lock().expensive.top(order, limit)
    }

    /// Metrics about questions.
    pub fn families(&self) -> Vec<Family> {
        let active = self.active();
        let running = active.iter().filter(|active| active.is_running()).count();
        let mut families = self.finished.lock().counts.families();
        families.extend([
            Family::gauge("flyball_queries_running", "Queries that are evaluated, rules included.")
                .with(running as f64),
            Family::gauge("flyball_queries_queued", "Queries that wait for a slot.")
                .with((active.len() - running) as f64),
            Family::gauge(
                "flyball_queries_concurrent_max",
                "Queries of clients that are evaluated at once, at most.",
            )
            .with(self.limits.concurrency as f64),
        ]);
        families
    }

    fn finish(&self, active: &Active, outcome: Outcome) {
        self.active.lock().remove(&active.id);
        let taken = active.taken(&*self.clock, outcome);
        let (shape, now) = (Shape::of(&active.question), self.clock.now());
        let mut finished = self.finished.lock();
        finished.counts.add(active.question.kind, outcome, &taken);
        finished.expensive.add(shape, taken.cost, now);
    }
}

impl fmt::Debug for Queries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queries").field("active", &self.active).finish_non_exhaustive()
    }
}
