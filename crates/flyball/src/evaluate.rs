//! Evaluates rule groups: one task per group carries the effects of its state machine.
//! Queries run on blocking threads; samples go through the `Appender`; alerts go to dispatch.
//! A loop without decisions: what a result means, `rules` knows.

use crate::outlets::Outlets;
use crate::packs;
use crate::supervise::Stop;
use alerts::Alert;
use api::{Outcome, Queries, Question, Ticket};
use model::{AppendErrorKind, Appender, Batch, GroupKey, Labels, Querier, RowFault};
use model::{SeriesRef, Timestamp, Value};
use query::{Cancel, Engine, EngineOptions, Query, QueryError, QueryOutput, QueryValue, StepRange};
use rules::{ALIVE_EVERY, Effect, Elements, Event, Group, GroupOptions, GroupSpec, QueryAnswer};
use rules::{RuleChanges, RuleKey, RuleQuery, SentAlert, StateLog};
use std::collections::{BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use sys::Clock;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Longest sleep before the clock is asked again, because the wall clock may jump.
const SLEEP_MAX: Duration = Duration::from_secs(5);

/// Intervals after which the series of a removed group end, as upstream.
const RETIRE_INTERVALS: u32 = 2;

/// What every group needs.
#[derive(Clone)]
pub(crate) struct Evaluation {
    pub(crate) engine: Arc<Engine>,
    pub(crate) querier: Arc<dyn Querier>,
    pub(crate) appender: Arc<dyn Appender>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where alerts go.
    pub(crate) outlets: Arc<Outlets>,
    pub(crate) query_timeout: Duration,
    /// Where evaluations are listed while they run.
    pub(crate) queries: Arc<Queries>,
    pub(crate) counters: Arc<RuleCounters>,
    /// Alerts on disk. Locked alone or under the lock of all groups, never under that of a group.
    pub(crate) states: Arc<Mutex<StateLog>>,
}

/// Counters of all groups.
#[derive(Debug, Default)]
pub(crate) struct RuleCounters {
    pub(crate) unremembered: AtomicU64,
    pub(crate) refused_samples: AtomicU64,
}

/// A group that is being evaluated.
struct Running {
    group: Arc<Mutex<Group>>,
    stop: watch::Sender<bool>,
    /// Set before another task takes the state over: the evaluation under way goes no further, but
    /// what follows from the steps it took still happens.
    is_cut_off: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Running {
    fn abort(&self) {
        self.is_cut_off.store(true, Ordering::Release);
        self.task.abort();
    }
}

/// All groups that are being evaluated.
pub(crate) struct Evaluator {
    evaluation: Evaluation,
    groups: Arc<Mutex<Vec<Running>>>,
    /// Was a configuration applied? Groups of the first one continue a former process.
    begun: AtomicBool,
}

impl Evaluator {
    pub(crate) fn new(evaluation: Evaluation) -> Self {
        Self { evaluation, groups: Arc::default(), begun: AtomicBool::new(false) }
    }

    /// Where alerts go.
    pub(crate) fn outlets(&self) -> &Outlets {
        &self.evaluation.outlets
    }

    /// Counters of all groups.
    pub(crate) fn counters(&self) -> Arc<RuleCounters> {
        Arc::clone(&self.evaluation.counters)
    }

    /// Replaces the groups: equal ones go on undisturbed, changed ones keep the state of their
    /// rules, removed ones end their series. Must be called within the runtime.
    pub(crate) fn apply(&self, specs: Vec<GroupSpec>, options: &GroupOptions) {
        let begun = self.begun.swap(true, Ordering::AcqRel);
        let mut groups = lock(&self.groups);
        let now = self.evaluation.clock.now();
        let mut states = lock(&self.evaluation.states);
        let new = |spec, states: &StateLog| match states.alive_at() {
            _ if begun => Group::new(spec, options.clone()),
            Some(_) => Group::resumed(spec, options.clone(), states, now),
            None => Group::restoring(spec, options.clone()),
        };
        let mut former = std::mem::take(&mut *groups);
        for spec in specs {
            let same = |r: &Running| is_same(&lock(&r.group), &spec);
            let kept = former.iter().position(same).map(|index| former.remove(index));
            match kept {
                Some(running) if goes_on(&lock(&running.group), &spec, options) => {
                    groups.push(running);
                }
                Some(running) => {
                    running.abort();
                    let old = lock(&running.group).clone();
                    groups.push(self.start(Group::reloaded(spec, options.clone(), old)));
                }
                None => groups.push(self.start(new(spec, &states))),
            }
        }
        for removed in former {
            removed.stop.send_replace(true); // The task ends the series by itself.
        }
        let keys: BTreeSet<RuleKey> = groups.iter().flat_map(|r| keys(&lock(&r.group))).collect();
        if let Err(error) = states.retain(now, |key| keys.contains(key)) {
            tracing::error!(%error, "removed rules were not removed from the alert state");
        }
    }

    /// Tells the next process when this one was last alive.
    fn note_alive(&self) {
        let now = self.evaluation.clock.now();
        let noted = tokio::task::block_in_place(|| lock(&self.evaluation.states).note_alive(now));
        if let Err(error) = noted {
            tracing::error!(%error, "the alert state could not be written");
        }
    }

    /// Copies of all groups, for the API and for metrics.
    pub(crate) fn snapshot(&self) -> Vec<Group> {
        lock(&self.groups).iter().map(|running| lock(&running.group).clone()).collect()
    }

    /// Shows every group as it is now; it is not evaluated meanwhile.
    pub(crate) fn look(&self, see: &mut dyn FnMut(&Group)) {
        lock(&self.groups).iter().for_each(|running| see(&lock(&running.group)));
    }

    /// Restarts groups whose task panicked, until it is time to stop. State survives in the group.
    pub(crate) async fn watch(&self, mut stop: Stop) {
        let mut sign_due = Duration::ZERO;
        while !stop.is_given() {
            let now = self.evaluation.clock.monotonic();
            if now >= sign_due {
                self.note_alive();
                sign_due = now + ALIVE_EVERY;
            }
            tokio::select! {
                () = tokio::time::sleep(SLEEP_MAX) => self.revive(),
                () = stop.wait() => {}
            }
        }
        for running in lock(&self.groups).drain(..) {
            running.abort();
        }
        self.note_alive();
    }

    fn revive(&self) {
        for running in lock(&self.groups).iter_mut().filter(|running| running.task.is_finished()) {
            let group = lock(&running.group).interrupted();
            tracing::error!(group = group.spec().name, "rule group stopped, restarting it");
            *running = self.start(group);
        }
    }

    fn start(&self, group: Group) -> Running {
        let group = Arc::new(Mutex::new(group));
        let (stop, stopped) = watch::channel(false);
        let is_cut_off = Arc::new(AtomicBool::new(false));
        let task = GroupTask {
            evaluation: self.evaluation.clone(),
            group: Arc::clone(&group),
            groups: Arc::clone(&self.groups),
            is_cut_off: Arc::clone(&is_cut_off),
            series: HashMap::new(),
        };
        Running { group, stop, is_cut_off, task: tokio::spawn(task.run(stopped)) }
    }
}

fn is_same(group: &Group, spec: &GroupSpec) -> bool {
    group.spec().name == spec.name && group.spec().file == spec.file
}

fn goes_on(group: &Group, spec: &GroupSpec, options: &GroupOptions) -> bool {
    group.spec() == spec && group.options() == options
}

fn keys(group: &Group) -> Vec<RuleKey> {
    group.rules().map(|(rule, ..)| RuleKey::of(group.spec(), rule)).collect()
}

/// A poisoned lock only says that a task panicked; the state behind it is whole between steps.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct GroupTask {
    evaluation: Evaluation,
    group: Arc<Mutex<Group>>,
    /// All groups, to see which series go on in another one.
    groups: Arc<Mutex<Vec<Running>>>,
    is_cut_off: Arc<AtomicBool>,
    series: HashMap<Labels, SeriesRef>,
}

impl GroupTask {
    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let schedule = lock(&self.group).schedule();
        let mut due = schedule.next_after(self.evaluation.clock.now());
        loop {
            let wait = due.since(self.evaluation.clock.now()).min(SLEEP_MAX);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stopped.wait_for(|stopped| *stopped) => break,
            }
            let now = self.evaluation.clock.now();
            if now >= due {
                let at = schedule.latest_at(now);
                let monotonic = self.evaluation.clock.monotonic();
                self.step(Event::Tick { at, monotonic });
                due = schedule.next_after(self.evaluation.clock.now());
            } else if schedule.next_after(now) < due {
                due = schedule.next_after(now); // The clock was set back.
            }
        }
        self.retire().await;
    }

    /// Ends the series of a group that was removed, once groups that took rules over had the
    /// time to write them.
    async fn retire(&mut self) {
        let at = self.evaluation.clock.now();
        let interval = lock(&self.group).spec().interval;
        tokio::time::sleep(interval * RETIRE_INTERVALS).await;
        let kept = {
            let groups = lock(&self.groups);
            let groups: Vec<_> = groups.iter().map(|running| lock(&running.group)).collect();
            groups.iter().flat_map(|group| group.written().cloned()).collect()
        };
        self.step(Event::Retire { at, kept });
    }

    /// One evaluation on one thread: the rules of a group wait for each other anyway, and handing
    /// each query to another thread costs more than most queries do.
    fn step(&mut self, event: Event) {
        tokio::task::block_in_place(|| self.carry_out(event));
    }

    fn carry_out(&mut self, event: Event) {
        let mut next = Some(event);
        while let Some(event) = next.take() {
            let mut effects = Vec::new();
            {
                let mut group = lock(&self.group);
                // Asked under the lock: whoever takes the state over sees a step or prevents it.
                if self.is_cut_off.load(Ordering::Acquire) {
                    return;
                }
                group.step(event, &mut effects);
            }
            for effect in effects {
                match effect {
                    Effect::Query { query, at } => next = Some(self.ask(&query, at)),
                    Effect::Restore { matchers, from, until } => {
                        let querier = &*self.evaluation.querier;
                        let states = rules::last_for_states(querier, &matchers, from, until);
                        next = Some(Event::Restored(states));
                    }
                    Effect::Remember(changes) => self.remember(changes),
                    Effect::Append { samples, at } => self.append(&samples, at),
                    Effect::Alerts(alerts) => self.hand_on(alerts),
                    Effect::Failed { rule, error } => {
                        let group = lock(&self.group).spec().name.clone();
                        tracing::warn!(group, rule, error, "rule evaluation failed");
                    }
                    Effect::Done => {}
                }
            }
        }
    }

    fn ask(&self, query: &RuleQuery, at: Timestamp) -> Event {
        let Evaluation { clock, query_timeout, queries, .. } = &self.evaluation;
        let began = clock.monotonic();
        let (ends, asked) = (began + *query_timeout, Arc::clone(clock));
        let cancel = Cancel::with_deadline(move || asked.monotonic() > ends);
        let ticket = queries.begin(self.question(&query.text, at), cancel, *query_timeout);
        // A query that panics fails its rule, not the rules behind it.
        let answer = std::panic::catch_unwind(AssertUnwindSafe(|| self.answer(query, at, ticket)));
        let result = answer.unwrap_or_else(|_| Err("the query failed: it panicked".to_owned()));
        let took = clock.monotonic().saturating_sub(began);
        Event::Answer(QueryAnswer { result, took })
    }

    fn answer(&self, query: &RuleQuery, at: Timestamp, ticket: Ticket) -> Result<Elements, String> {
        let Evaluation { engine, querier, queries, .. } = &self.evaluation;
        ticket.run();
        ticket.prepare();
        let asked = Query { expr: &query.expr, text: &query.text };
        let output = if queries.is_logging() {
            let options = EngineOptions { count_queryable: true, ..engine.options().clone() };
            Engine::new(options).instant(&**querier, asked, at, ticket.cancel())
        } else {
            engine.instant(&**querier, asked, at, ticket.cancel())
        };
        let stopped = ticket.cancellation();
        match &output {
            Ok(output) => {
                ticket.evaluated(output);
                ticket.end();
            }
            Err(error) => ticket.fail(Outcome::from(error), &error.to_string()),
        }
        stopped.map_or_else(|| elements(output, &query.text), Err)
    }

    fn question(&self, expr: &str, at: Timestamp) -> Question {
        let group = lock(&self.group);
        let steps = StepRange { start: at, end: at, step: Duration::ZERO };
        Question::of_rule(&group.spec().name, &group.spec().file, expr, steps)
    }

    /// An alert that cannot be remembered is told nevertheless; only a restart would forget it.
    fn remember(&self, changes: RuleChanges) {
        let now = self.evaluation.clock.now();
        let states = &self.evaluation.states;
        if let Err(error) = lock(states).remember(now, changes) {
            self.evaluation.counters.unremembered.fetch_add(1, Ordering::Relaxed);
            tracing::error!(%error, "a change of alerts was not written to disk");
        }
    }

    /// Stores samples; what the store refuses is counted, evaluation and alerts go on.
    fn append(&mut self, samples: &[(Labels, Value)], at: Timestamp) {
        let refused = match self.try_append(samples, at) {
            Ok(refused) => refused,
            Err(error) => {
                tracing::warn!(%error, "samples of a rule were not stored");
                samples.len()
            }
        };
        let refused = u64::try_from(refused).unwrap_or(u64::MAX);
        self.evaluation.counters.refused_samples.fetch_add(refused, Ordering::Relaxed);
    }

    fn try_append(
        &mut self,
        samples: &[(Labels, Value)],
        at: Timestamp,
    ) -> Result<usize, model::AppendError> {
        let key = {
            let group = lock(&self.group);
            GroupKey::of(&("rules", &group.spec().file, &group.spec().name))
        };
        let mut batch = Batch::new(key);
        let mut refused = 0;
        for (labels, value) in samples {
            let series = match self.series.get(labels) {
                Some(series) => *series,
                None => match self.evaluation.appender.resolve(key, labels) {
                    Ok(series) => {
                        packs::tell_when_on(labels);
                        *self.series.entry(labels.clone()).or_insert(series)
                    }
                    Err(error) if error.kind() == AppendErrorKind::SeriesLimit => {
                        refused += 1;
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            batch.rows.push(model::Row {
                series,
                timestamp: at,
                value: value.clone(),
                start: None,
            });
        }
        let report = self.evaluation.appender.commit(&batch)?;
        if report.rejected.iter().any(|r| r.fault == RowFault::UnknownSeries) {
            self.series.clear(); // Handles died; the next evaluation resolves them again.
        }
        Ok(refused + report.rejected.len())
    }

    fn hand_on(&self, sent: Vec<SentAlert>) {
        let external_url = lock(&self.group).options().around.external_url.clone();
        let base = external_url.trim_end_matches('/');
        let now = self.evaluation.clock.now();
        let alerts = sent.into_iter().map(|sent| alert(base, sent, now)).collect();
        self.evaluation.outlets.send(alerts);
    }
}

/// The alert with the link to its expression below the URL `base`.
fn alert(base: &str, sent: SentAlert, updated_at: Timestamp) -> Alert {
    let expr: String = url::form_urlencoded::byte_serialize(sent.expr.as_bytes()).collect();
    Alert {
        labels: sent.labels,
        annotations: sent.annotations.into_iter().collect(),
        starts_at: sent.starts_at,
        ends_at: sent.ends_at,
        updated_at,
        ends_by_timeout: false,
        generator_url: format!("{base}/graph?g0.expr={expr}&g0.tab=1").into(),
    }
}

/// The elements of a rule's result; only vectors and scalars make sense.
pub(crate) fn elements(
    output: Result<QueryOutput, QueryError>,
    query: &str,
) -> Result<Vec<(Labels, Value)>, String> {
    let output = output.map_err(|error| error.to_string())?;
    for annotation in output.warnings.iter().chain(&output.infos) {
        tracing::debug!(query, annotation, "a rule's query has something to say");
    }
    match output.value {
        QueryValue::Vector(samples) => {
            Ok(samples.into_iter().map(|s| (s.labels, s.value)).collect())
        }
        QueryValue::Scalar { value, .. } => Ok(vec![(Labels::empty(), Value::Float(value))]),
        QueryValue::String { .. } | QueryValue::Matrix(_) => {
            Err("rule result is not a vector or scalar".into())
        }
    }
}
