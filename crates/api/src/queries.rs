//! Questions under way and what the finished ones cost: who asks what, how far it is, who ended it.
//! Everything that reads the store for somebody passes here: requests through `pool`, rules through
//! the composition root. Bounded by slots and queue (and by the number of rule groups); texts are
//! kept as their askers hold them anyway.

mod caller;
mod counts;
mod expensive;
mod log;
mod outcome;
mod ticket;

#[cfg(test)]
mod tests;

pub(crate) use caller::{Caller, Peer};
pub(crate) use expensive::{Order, Shape, Spent, shortened};
pub use log::QueryLog;
pub use outcome::{Outcome, Refusal};
use ticket::Ended;
pub use ticket::Ticket;
pub(crate) use ticket::{Active, State, Stop};

use crate::QueryLimits;
use counts::Counts;
use expensive::Expensive;
use exposition::Family;
use model::Timestamp;
use parking_lot::{Mutex, RwLock};
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

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(caller) => write!(f, "{caller}"),
            Self::Rules { group, file } => write!(f, "rule group {group} of {file}"),
        }
    }
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
    log: RwLock<Option<Arc<dyn QueryLog>>>,
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
        let (next_id, log) = (AtomicU64::new(1), RwLock::default());
        Self { clock, limits, next_id, active, finished, log }
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

    /// Notes evaluations in a log from now on; `None`: no longer.
    pub fn log_to(&self, log: Option<Arc<dyn QueryLog>>) {
        // The former one may wait for its last lines, and must not do so under the lock.
        let former = std::mem::replace(&mut *self.log.write(), log);
        drop(former);
    }

    /// Are evaluations noted in a log?
    pub fn is_logging(&self) -> bool {
        self.log.read().is_some()
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

    fn finish(&self, active: &Active, ended: &Ended) {
        self.active.lock().remove(&active.id);
        let now = self.clock.now();
        self.note(active, ended, now);
        let (shape, kind) = (Shape::of(&active.question), active.question.kind);
        let mut finished = self.finished.lock();
        finished.counts.add(kind, ended);
        finished.expensive.add(shape, ended.cost, now);
    }

    /// Tells the logs.
    fn note(&self, active: &Active, ended: &Ended, now: Timestamp) {
        let log = self.log.read().clone().filter(|_| ended.outcome != Outcome::Invalid);
        if let Some(log) = log
            && let Some(line) = log::line(active, ended, now)
        {
            log.write(line);
        }
        let Ended { outcome, cost, .. } = ended;
        if self.limits.slow.is_some_and(|slow| cost.ran >= slow) {
            let Question { kind, text, origin, .. } = &active.question;
            tracing::warn!(
                id = active.id,
                kind = kind.as_str(),
                query = shortened(text),
                by = %origin,
                outcome = outcome.as_str(),
                seconds = cost.ran.as_secs_f64(),
                queued_seconds = ended.queued().as_secs_f64(),
                samples = cost.samples,
                peak_bytes = cost.bytes_peak,
                "slow query"
            );
        }
    }
}

impl fmt::Debug for Queries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queries").field("active", &self.active).finish_non_exhaustive()
    }
}
