//! Judges again and again: gathers outside of the lock, judges within it, keeps the last report.

use crate::checks::{self, Ask, Samples};
use crate::gather::{Gathered, SeenAlerts};
use crate::homes::Homes;
use crate::settings::{Check, Settings};
use crate::world::{OwnPart, World};
use health::{Change, Judge, Report};
use model::{Querier, Timestamp, Value};
use promql::ast::Expr;
use query::{Cancel, Engine, Query, QueryValue};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use sys::Clock;

/// Longest time of one question to the storage.
const QUESTION_MAX: Duration = Duration::from_secs(5);
/// A report is no longer true after so many intervals without another.
const INTERVALS_TRUE: u32 = 4;
const TRUE_LONGER: Duration = Duration::from_secs(30);
/// Time between two looks for the first answers of targets.
const FIRST_LOOK: Duration = Duration::from_millis(250);

/// Who answers PromQL.
#[derive(Clone)]
pub struct Asked {
    /// Evaluates.
    pub engine: Arc<Engine>,
    /// Has the samples.
    pub querier: Arc<dyn Querier>,
    /// Knows the time.
    pub clock: Arc<dyn Clock>,
}

/// Watches over the health of everything.
pub struct Vitals {
    asked: Asked,
    world: Box<dyn World>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    settings: Arc<Settings>,
    judge: Judge,
    report: Option<Arc<Report>>,
    took: Duration,
    /// Built-in questions are read once.
    read: HashMap<String, Arc<Expr>>,
}

/// The last report as it is shown.
pub(crate) struct Shown {
    /// None before the first judgement, and when the last one is too long ago.
    pub(crate) report: Option<Arc<Report>>,
    pub(crate) changes: Vec<Change>,
    pub(crate) parts: Vec<OwnPart>,
    pub(crate) interval: Duration,
}

impl Vitals {
    /// Nothing is judged yet.
    pub fn new(asked: Asked, world: Box<dyn World>) -> Self {
        Self { asked, world, state: Mutex::default() }
    }

    /// Puts a configuration in force; the next judgement follows it.
    pub fn configure(&self, settings: Settings) {
        self.state().settings = Arc::new(settings);
    }

    /// Judges until it is told to stop; for the first time when every target was asked once, or
    /// after an interval: a start is no trouble.
    pub async fn run(self: Arc<Self>, stopped: impl Future<Output = ()>) {
        let mut stopped = std::pin::pin!(stopped);
        let interval = self.state().settings.interval;
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            () = self.first_answers() => {}
            () = &mut stopped => return,
        }
        loop {
            let this = Arc::clone(&self);
            if let Err(error) = tokio::task::spawn_blocking(move || this.judge()).await {
                tracing::error!(%error, "judging health panicked");
            }
            let interval = self.state().settings.interval;
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = &mut stopped => return,
            }
        }
    }

    async fn first_answers(&self) {
        while self.world.targets().iter().any(|target| target.last_scrape.is_none()) {
            tokio::time::sleep(FIRST_LOOK).await;
        }
    }

    /// Judges now; blocks on the storage.
    pub fn judge(&self) {
        let clock = &self.asked.clock;
        let (began, now) = (clock.monotonic(), clock.now());
        let settings = Arc::clone(&self.state().settings);
        let targets = self.world.targets();
        let homes = Homes::new(&settings.watched, &targets);
        let mut all = Gathered::default();
        checks::gather(&Asking { vitals: self, now }, &settings.checks, &homes, &mut all);
        all.targets(&homes, &targets);
        let mut alerts = SeenAlerts::new(&homes);
        self.world.alerts(&mut |alert| alerts.see(alert));
        alerts.evidence().for_each(|evidence| all.push(evidence));
        all.parts(&homes, &self.world.parts());
        let mut state = self.state();
        let report = state.judge.step(now, homes.layout(), &all.evidence);
        state.report = Some(Arc::new(report));
        state.took = clock.monotonic().saturating_sub(began);
    }

    /// What there is to show.
    pub(crate) fn shown(&self) -> Shown {
        let now = self.asked.clock.now();
        let parts = self.world.parts();
        let state = self.state();
        let interval = state.settings.interval;
        let known = interval * INTERVALS_TRUE + TRUE_LONGER;
        let is_true = |report: &&Arc<Report>| report.at.saturating_add(known) > now;
        let report = state.report.as_ref().filter(is_true).map(Arc::clone);
        Shown { report, changes: state.judge.changes().cloned().collect(), parts, interval }
    }

    /// How long the last judgement took.
    pub(crate) fn took(&self) -> Duration {
        self.state().took
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves plain values behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Questions of one judgement.
struct Asking<'v> {
    vitals: &'v Vitals,
    now: Timestamp,
}

impl Asking<'_> {
    fn evaluate(&self, expr: &Expr, text: &str) -> Result<Samples, String> {
        let Asked { engine, querier, clock } = &self.vitals.asked;
        let deadline = clock.monotonic() + QUESTION_MAX;
        let clock = Arc::clone(clock);
        let cancel = Cancel::with_deadline(move || clock.monotonic() > deadline);
        let query = Query { expr, text };
        let output = engine.instant(&**querier, query, self.now, &cancel);
        let output = output.map_err(|error| error.to_string())?;
        match output.value {
            QueryValue::Vector(samples) => Ok(samples
                .into_iter()
                .filter_map(|sample| match sample.value {
                    Value::Float(value) if !value.is_nan() => Some((sample.labels, value)),
                    Value::Float(_) | Value::Histogram(_) => None,
                })
                .collect()),
            QueryValue::Scalar { value, .. } if value.is_nan() => Ok(Vec::new()),
            QueryValue::Scalar { value, .. } => Ok(vec![(model::Labels::empty(), value)]),
            QueryValue::String { .. } | QueryValue::Matrix(_) => {
                Err("the expression gives no vector".to_owned())
            }
        }
    }
}

impl Ask for Asking<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn ask(&self, text: &str) -> Result<Samples, String> {
        let known = self.vitals.state().read.get(text).map(Arc::clone);
        let expr = if let Some(expr) = known {
            expr
        } else {
            let expr = Arc::new(promql::parse(text).map_err(|error| error.to_string())?);
            self.vitals.state().read.insert(text.to_owned(), Arc::clone(&expr));
            expr
        };
        self.evaluate(&expr, text)
    }

    fn ask_check(&self, check: &Check) -> Result<Samples, String> {
        self.evaluate(&check.expr, &check.text)
    }
}
