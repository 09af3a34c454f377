//! A rule group: evaluates its rules one after another so that later ones see earlier results.
//! `step` takes one event and emits effects; the shell runs queries and feeds the answers back.
//! INV-40: a failed query changes no alert: no transition, no sample, nothing sent.
//! INV-41: a jump of the wall clock moves remembered instants along; it neither fires nor resolves.

use crate::alert::{ActiveAlert, AlertState};
use crate::rule::{Health, Rule, RuleStatus, Written};
use crate::schedule::Schedule;
use crate::spec::{GroupSpec, RuleQuery, RuleSpec};
use model::{Labels, Timestamp, Value};
use std::sync::Arc;
use std::time::Duration;

/// A firing alert's end lies this many intervals ahead, so that a dead evaluator resolves it.
const END_INTERVALS: u32 = 4;
/// Wall and monotonic clocks may drift this far apart between evaluations before it is a jump.
const JUMP_TOLERANCE: Duration = Duration::from_secs(10);
/// After a jump nothing is evaluated until sources had time to deliver samples of the new time.
const JUMP_HOLD_MIN: Duration = Duration::from_mins(1);

/// Settings shared by all groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupOptions {
    /// A firing alert is handed on again after this time (upstream `--rules.alert.resend-delay`).
    pub resend_delay: Duration,
}

impl Default for GroupOptions {
    fn default() -> Self {
        Self { resend_delay: Duration::from_mins(1) }
    }
}

/// What happens to a group.
#[derive(Clone, Debug)]
pub enum Event {
    /// The evaluation of the grid instant `at` is due.
    Tick {
        /// Instant on the group's grid.
        at: Timestamp,
        /// Monotonic time now.
        monotonic: Duration,
    },
    /// The answer to the last [`Effect::Query`].
    Answer(QueryAnswer),
    /// The group was removed: its series end.
    Retire {
        /// Time of the markers.
        at: Timestamp,
    },
}

/// Result of a query.
#[derive(Clone, Debug)]
pub struct QueryAnswer {
    /// Elements of the vector (a scalar is one element without labels), or the error.
    pub result: Result<Vec<(Labels, Value)>, String>,
    /// How long it took.
    pub took: Duration,
}

/// What the shell must do, in this order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Evaluate the query and answer with [`Event::Answer`].
    Query {
        /// Query of the rule.
        query: Arc<RuleQuery>,
        /// Instant to evaluate at.
        at: Timestamp,
    },
    /// Store samples; they must be visible to the next query.
    Append {
        /// Label sets and values.
        samples: Vec<Written>,
        /// Time of the samples.
        at: Timestamp,
    },
    /// Hand alerts to routing.
    Alerts(Vec<SentAlert>),
    /// The evaluation is finished.
    Done,
}

/// An alert as routing and external receivers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct SentAlert {
    /// Identity.
    pub labels: Labels,
    /// Texts for people.
    pub annotations: Vec<(String, String)>,
    /// When it began to fire.
    pub starts_at: Timestamp,
    /// When it ended, or when it ends unless it is sent again.
    pub ends_at: Timestamp,
    /// Has it ended?
    pub resolved: bool,
    /// Expression that led to it.
    pub expr: String,
}

/// A rule group with its state.
#[derive(Clone, Debug)]
pub struct Group {
    spec: GroupSpec,
    options: GroupOptions,
    schedule: Schedule,
    rules: Vec<Rule>,
    /// Samples of rules that a reload removed, to be ended by the next evaluation.
    orphaned: Vec<Written>,
    running: Option<Running>,
    last: Option<(Timestamp, Duration)>,
    held_until: Option<Duration>,
    missed: u64,
    last_took: Duration,
}

/// An evaluation in progress.
#[derive(Clone, Copy, Debug)]
struct Running {
    at: Timestamp,
    rule: usize,
}

impl Group {
    /// A group without history.
    pub fn new(spec: GroupSpec, options: GroupOptions) -> Self {
        let schedule = Schedule::new(&spec.file, &spec.name, spec.interval);
        let rules = spec.rules.iter().cloned().map(Rule::new).collect();
        Self {
            spec,
            options,
            schedule,
            rules,
            orphaned: Vec::new(),
            running: None,
            last: None,
            held_until: None,
            missed: 0,
            last_took: Duration::ZERO,
        }
    }

    /// A group after a reload: rules with the same name and labels keep their state.
    pub fn reloaded(spec: GroupSpec, options: GroupOptions, mut old: Self) -> Self {
        let mut group = Self::new(spec, options);
        for rule in &mut group.rules {
            let heir = old.rules.iter().position(|former| former.spec.continues(&rule.spec));
            if let Some(index) = heir {
                rule.inherit(&mut old.rules.remove(index));
            }
        }
        group.orphaned = old.orphaned;
        group.orphaned.extend(old.rules.iter_mut().flat_map(Rule::retire));
        (group.last, group.held_until, group.missed) = (old.last, old.held_until, old.missed);
        group
    }

    /// The group as it goes on after its evaluation was cut off: nothing under way, state kept.
    pub fn interrupted(&self) -> Self {
        Self { running: None, ..self.clone() }
    }

    /// What the file says.
    pub fn spec(&self) -> &GroupSpec {
        &self.spec
    }

    /// Evaluation grid.
    pub fn schedule(&self) -> Schedule {
        self.schedule
    }

    /// Instant of the last evaluation.
    pub fn last_evaluation(&self) -> Option<Timestamp> {
        self.last.map(|(at, _)| at)
    }

    /// Summed time of the queries of the last evaluation.
    pub fn evaluation_time(&self) -> Duration {
        self.last_took
    }

    /// Evaluations of the grid that could not happen in time.
    pub fn missed_evaluations(&self) -> u64 {
        self.missed
    }

    /// Rules with their status and alerts (in the order of their labels), as in the file.
    pub fn rules(&self) -> impl Iterator<Item = (&RuleSpec, &RuleStatus, Vec<&ActiveAlert>)> {
        self.rules.iter().map(|rule| (&rule.spec, &rule.status, rule.alerts.values().collect()))
    }

    /// Takes one event; effects are appended to `out` in the order in which they must happen.
    ///
    /// A `Tick` during a running evaluation is counted as missed; an `Answer` without a question is
    /// ignored (it belongs to an evaluation before a reload).
    pub fn step(&mut self, event: Event, out: &mut Vec<Effect>) {
        match event {
            Event::Tick { .. } if self.running.is_some() => self.missed += 1,
            Event::Tick { at, monotonic } => self.begin(at, monotonic, out),
            Event::Answer(answer) => self.answer(answer, out),
            Event::Retire { at } => self.retire(at, out),
        }
    }

    fn begin(&mut self, at: Timestamp, monotonic: Duration, out: &mut Vec<Effect>) {
        self.notice_jump(at, monotonic);
        self.last = Some((at, monotonic));
        if self.held_until.is_some_and(|until| monotonic < until) {
            out.push(Effect::Done);
            return;
        }
        self.held_until = None;
        self.last_took = Duration::ZERO;
        if !self.orphaned.is_empty() {
            let samples = std::mem::take(&mut self.orphaned);
            out.push(Effect::Append { samples, at: self.sample_time(at) });
        }
        self.running = Some(Running { at, rule: 0 });
        self.ask(out);
    }

    /// INV-41: compares both clocks since the last tick.
    fn notice_jump(&mut self, at: Timestamp, monotonic: Duration) {
        let Some((last_at, last_monotonic)) = self.last else { return };
        let waited = monotonic.saturating_sub(last_monotonic);
        let waited_ms = i64::try_from(waited.as_millis()).unwrap_or(i64::MAX);
        let jump_ms = at.ms().saturating_sub(last_at.ms()).saturating_sub(waited_ms);
        let tolerance = JUMP_TOLERANCE.max(self.spec.interval * 2);
        if Duration::from_millis(jump_ms.unsigned_abs()) <= tolerance {
            self.missed += self.schedule.missed_between(last_at, at);
            return;
        }
        for alert in self.rules.iter_mut().flat_map(|rule| rule.alerts.values_mut()) {
            alert.shift(jump_ms);
        }
        self.held_until = Some(monotonic + JUMP_HOLD_MIN.max(self.spec.interval * 2));
    }

    fn ask(&mut self, out: &mut Vec<Effect>) {
        let Some(running) = self.running else { return };
        let Some(rule) = self.rules.get(running.rule) else {
            self.running = None;
            out.push(Effect::Done);
            return;
        };
        let query = Arc::clone(rule.spec.query());
        out.push(Effect::Query { query, at: self.sample_time(running.at) });
    }

    fn answer(&mut self, answer: QueryAnswer, out: &mut Vec<Effect>) {
        let Some(Running { at, rule: index }) = self.running else { return };
        let sample_time = self.sample_time(at);
        let limit = self.spec.limit;
        let Some(rule) = self.rules.get_mut(index) else { return };
        self.last_took += answer.took;
        rule.status.last_evaluation = Some(at);
        rule.status.evaluation_time = answer.took;
        let evaluated = answer.result.and_then(|elements| rule.evaluate(at, &elements, limit));
        rule.status.health = if evaluated.is_ok() { Health::Good } else { Health::Bad };
        match evaluated {
            Ok(samples) => {
                rule.status.last_error = None;
                if !samples.is_empty() {
                    out.push(Effect::Append { samples, at: sample_time });
                }
                self.hand_on(index, at, out);
            }
            // INV-40: the state stays as it was.
            Err(error) => rule.status.last_error = Some(error),
        }
        self.running = Some(Running { at, rule: index + 1 });
        self.ask(out);
    }

    fn hand_on(&mut self, index: usize, now: Timestamp, out: &mut Vec<Effect>) {
        let delay = self.options.resend_delay;
        let ends_in = self.spec.interval.max(delay) * END_INTERVALS;
        let rule = &mut self.rules[index];
        let query = Arc::clone(rule.spec.query());
        let mut sent = Vec::new();
        for alert in rule.alerts.values_mut().filter(|alert| alert.needs_sending(now, delay)) {
            alert.last_sent_at = Some(now);
            sent.push(SentAlert {
                labels: alert.labels.clone(),
                annotations: alert.annotations.clone(),
                starts_at: alert.fired_at.unwrap_or(alert.active_at),
                ends_at: alert.resolved_at.unwrap_or(now.saturating_add(ends_in)),
                resolved: alert.state == AlertState::Inactive,
                expr: query.expr.to_string(),
            });
        }
        if !sent.is_empty() {
            out.push(Effect::Alerts(sent));
        }
    }

    fn retire(&mut self, at: Timestamp, out: &mut Vec<Effect>) {
        self.running = None;
        let mut samples = std::mem::take(&mut self.orphaned);
        samples.extend(self.rules.iter_mut().flat_map(Rule::retire));
        if !samples.is_empty() {
            out.push(Effect::Append { samples, at: self.sample_time(at) });
        }
        out.push(Effect::Done);
    }

    /// Queries and samples lie `query_offset` before the grid instant.
    fn sample_time(&self, at: Timestamp) -> Timestamp {
        at.saturating_sub(self.spec.query_offset)
    }
}

#[cfg(test)]
mod tests;
