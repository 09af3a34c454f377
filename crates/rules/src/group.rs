//! A rule group: evaluates its rules one after another so that later ones see earlier results.
//! `step` takes one event and emits effects; the shell runs queries and feeds the answers back.
//! INV-40: a failed query changes no alert: no transition, no sample, nothing sent.
//! INV-42: nobody is told of an alert before its change is remembered on disk.
//! INV-41: a jump of the wall clock moves remembered instants along; it neither fires nor resolves.

use crate::alert::{ActiveAlert, AlertState};
use crate::event::{Effect, Elements, Event, QueryAnswer, SentAlert};
use crate::expand::{Expansion, Progress};
use crate::for_state::{self, ForState};
use crate::options::GroupOptions;
use crate::rule::{Health, Judgement, Question, Rule, RuleStatus, ended};
use crate::saved::{RuleChanges, RuleKey};
use crate::schedule::Schedule;
use crate::spec::{GroupSpec, RuleQuery, RuleSpec};
use crate::state_log::StateLog;
use model::{Labels, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// A firing alert's end lies this many intervals ahead, so that a dead evaluator resolves it.
const END_INTERVALS: u32 = 4;
/// Wall and monotonic clocks may drift this far apart between evaluations before it is a jump.
const JUMP_TOLERANCE: Duration = Duration::from_secs(10);
/// After a jump nothing is evaluated until sources had time to deliver samples of the new time.
const JUMP_HOLD_MIN: Duration = Duration::from_mins(1);
/// Before the second evaluation too little may have been scraped and recorded to restore alerts.
const EVALUATIONS_BEFORE_RESTORE: u8 = 2;

/// A rule group with its state.
#[derive(Clone, Debug)]
pub struct Group {
    spec: GroupSpec,
    options: GroupOptions,
    schedule: Schedule,
    rules: Vec<Rule>,
    /// Series of rules that a reload removed, to be ended by the next evaluation.
    orphaned: BTreeSet<Labels>,
    running: Option<Running>,
    /// Evaluations to go until `ALERTS_FOR_STATE` is looked up.
    restore_in: Option<u8>,
    last: Option<(Timestamp, Duration)>,
    held_until: Option<Duration>,
    /// What is missing right after a restart may only not be scraped yet.
    settling: Settling,
    counts: GroupCounts,
}

/// What a group counts and measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupCounts {
    /// Evaluations that took place.
    pub evaluations: u64,
    /// Evaluations of single rules.
    pub rule_evaluations: u64,
    /// Evaluations of single rules that failed.
    pub failures: u64,
    /// Evaluations of the grid that could not happen in time.
    pub missed: u64,
    /// Summed time of the queries of the last evaluation.
    pub last_took: Duration,
    /// Samples that the last evaluation wrote.
    pub last_samples: usize,
}

/// Until when alerts of a former process need not be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settling {
    /// No former process, or its alerts had their time.
    Over,
    /// From the first evaluation on.
    Awaited,
    /// Until this monotonic time.
    Until(Duration),
}

/// An evaluation in progress.
#[derive(Clone, Debug)]
struct Running {
    at: Timestamp,
    rule: usize,
    phase: Phase,
}

/// What an evaluation waits for.
#[derive(Clone, Debug)]
enum Phase {
    /// The answer to the query of the rule.
    Query,
    /// The answer to a query of one of its templates.
    Template(Box<Expansion>),
    /// The answer to a question about alerts whose elements are gone.
    Gone(Question, Box<Judgement>),
    /// The last samples of its `ALERTS_FOR_STATE` series.
    Restore,
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
            orphaned: BTreeSet::new(),
            running: None,
            restore_in: None,
            last: None,
            held_until: None,
            settling: Settling::Over,
            counts: GroupCounts::default(),
        }
    }

    /// A group after a restart: after its second evaluation, alerts with a long `for` learn from
    /// stored `ALERTS_FOR_STATE` series since when they are active.
    pub fn restoring(spec: GroupSpec, options: GroupOptions) -> Self {
        let mut group = Self::new(spec, options);
        for rule in &mut group.rules {
            rule.restored = !matches!(rule.spec, RuleSpec::Alerting(_));
        }
        group.restore_in = Some(EVALUATIONS_BEFORE_RESTORE);
        group
    }

    /// A group after a restart: its alerts go on as the former process remembered them.
    ///
    /// Alerts that are missing stay as they are until sources had time to deliver samples.
    pub fn resumed(spec: GroupSpec, options: GroupOptions, log: &StateLog, now: Timestamp) -> Self {
        let downtime = log.alive_at().map_or(Duration::ZERO, |at| now.since(at));
        let mut group = Self::new(spec, options);
        for rule in &mut group.rules {
            if let Some(saved) = log.alerts(&RuleKey::of(&group.spec, &rule.spec)) {
                rule.resume(saved, downtime, group.options.outage_tolerance);
                group.settling = Settling::Awaited;
            } else if !log.is_whole() {
                rule.restored = false;
                group.restore_in = Some(EVALUATIONS_BEFORE_RESTORE);
            }
        }
        group
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
        (group.last, group.held_until, group.counts) = (old.last, old.held_until, old.counts);
        (group.restore_in, group.settling) = (old.restore_in, old.settling);
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

    /// Settings it was made with.
    pub fn options(&self) -> &GroupOptions {
        &self.options
    }

    /// Evaluation grid.
    pub fn schedule(&self) -> Schedule {
        self.schedule
    }

    /// Instant of the last evaluation.
    pub fn last_evaluation(&self) -> Option<Timestamp> {
        self.last.map(|(at, _)| at)
    }

    /// What it counts and measures.
    pub fn counts(&self) -> GroupCounts {
        self.counts
    }

    /// Rules with their status and alerts (in the order of their labels), as in the file.
    pub fn rules(&self) -> impl Iterator<Item = (&RuleSpec, &RuleStatus, Vec<&ActiveAlert>)> {
        self.rules.iter().map(|rule| (&rule.spec, &rule.status, rule.alerts.values().collect()))
    }

    /// Series that the last evaluation wrote.
    pub fn written(&self) -> impl Iterator<Item = &Labels> {
        self.rules.iter().flat_map(Rule::written)
    }

    /// Takes one event; effects are appended to `out` in the order in which they must happen.
    ///
    /// A `Tick` during a running evaluation is counted as missed; an answer without a question is
    /// ignored (it belongs to an evaluation before a reload).
    pub fn step(&mut self, event: Event, out: &mut Vec<Effect>) {
        match event {
            Event::Tick { .. } if self.running.is_some() => self.counts.missed += 1,
            Event::Tick { at, monotonic } => self.begin(at, monotonic, out),
            Event::Answer(answer) => self.answer(answer, out),
            Event::Restored(states) => self.restored(states, out),
            Event::Retire { at, kept } => self.retire(at, &kept, out),
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
        self.settle(monotonic);
        self.counts.evaluations += 1;
        (self.counts.last_took, self.counts.last_samples) = (Duration::ZERO, 0);
        self.ask(at, 0, out);
    }

    /// INV-41: compares both clocks since the last tick.
    fn notice_jump(&mut self, at: Timestamp, monotonic: Duration) {
        let Some((last_at, last_monotonic)) = self.last else { return };
        let waited = monotonic.saturating_sub(last_monotonic);
        let waited_ms = i64::try_from(waited.as_millis()).unwrap_or(i64::MAX);
        let jump_ms = at.ms().saturating_sub(last_at.ms()).saturating_sub(waited_ms);
        let tolerance = JUMP_TOLERANCE.max(self.spec.interval * 2);
        if Duration::from_millis(jump_ms.unsigned_abs()) <= tolerance {
            self.counts.missed += self.schedule.missed_between(last_at, at);
            return;
        }
        for alert in self.rules.iter_mut().flat_map(|rule| rule.alerts.values_mut()) {
            alert.shift(jump_ms);
        }
        self.held_until = Some(monotonic + JUMP_HOLD_MIN.max(self.spec.interval * 2));
    }

    /// Once sources had their time, an alert that is missing is missing.
    fn settle(&mut self, monotonic: Duration) {
        match self.settling {
            Settling::Awaited => {
                let time = JUMP_HOLD_MIN.max(self.spec.interval * 2);
                self.settling = Settling::Until(monotonic + time);
            }
            Settling::Until(until) if monotonic >= until => {
                self.settling = Settling::Over;
                for alert in self.rules.iter_mut().flat_map(|rule| rule.alerts.values_mut()) {
                    alert.unconfirmed = false;
                }
            }
            Settling::Until(_) | Settling::Over => {}
        }
    }

    /// Asks for the result of the rule with this index, or ends the evaluation.
    fn ask(&mut self, at: Timestamp, index: usize, out: &mut Vec<Effect>) {
        let Some(rule) = self.rules.get_mut(index) else { return self.finish(at, out) };
        rule.status.evaluation_time = Duration::ZERO;
        self.counts.rule_evaluations += 1;
        let query = Arc::clone(rule.spec.query());
        self.running = Some(Running { at, rule: index, phase: Phase::Query });
        out.push(Effect::Query { query, at: self.sample_time(at) });
    }

    fn answer(&mut self, answer: QueryAnswer, out: &mut Vec<Effect>) {
        let Some(Running { at, rule: index, phase }) = self.running.take() else { return };
        let Some(rule) = self.rules.get_mut(index) else { return };
        self.counts.last_took += answer.took;
        rule.status.evaluation_time += answer.took;
        match (phase, answer.result) {
            (Phase::Query, Ok(elements)) => match rule.spec {
                RuleSpec::Recording(_) => self.record(at, index, &elements, out),
                RuleSpec::Alerting(_) => {
                    self.expand(at, index, Box::new(Expansion::new(at, elements)), out);
                }
            },
            (Phase::Template(mut expansion), result) => {
                expansion.answer(result);
                self.expand(at, index, expansion, out);
            }
            (Phase::Gone(question, mut judgement), Ok(elements)) => {
                judgement.answer(question, elements);
                self.judge(at, index, judgement, out);
            }
            (Phase::Query | Phase::Gone(..), Err(error)) => self.fail(at, index, error, out),
            // Not asked for.
            (Phase::Restore, _) => {
                self.running = Some(Running { at, rule: index, phase: Phase::Restore });
            }
        }
    }

    fn record(&mut self, at: Timestamp, index: usize, elements: &Elements, out: &mut Vec<Effect>) {
        match self.rules[index].record(elements, self.spec.limit) {
            Ok(samples) => self.succeed(at, index, samples, out),
            Err(error) => self.fail(at, index, error, out),
        }
    }

    /// Expands templates as far as the answers allow; with all texts the alerts go on.
    fn expand(
        &mut self,
        at: Timestamp,
        index: usize,
        mut expansion: Box<Expansion>,
        out: &mut Vec<Effect>,
    ) {
        let rule = &mut self.rules[index];
        let RuleSpec::Alerting(spec) = &rule.spec else { return };
        let instances = loop {
            let text = match expansion.advance(spec, &self.options.around) {
                Progress::Done(instances) => break instances,
                Progress::Asks(text) => text,
            };
            let refusal = if rule.status.evaluation_time >= self.options.query_time_max {
                "query timed out in expression evaluation".to_owned()
            } else {
                match promql::parse_with(&text, &self.options.syntax) {
                    Ok(expr) => {
                        let phase = Phase::Template(expansion);
                        self.running = Some(Running { at, rule: index, phase });
                        let query = Arc::new(RuleQuery { expr, text });
                        // As upstream: templates ask at the evaluation's instant, without offset.
                        return out.push(Effect::Query { query, at });
                    }
                    Err(error) => error.to_string(),
                }
            };
            expansion.answer(Err(refusal));
        };
        match Judgement::new(spec, instances) {
            Ok(judgement) => self.judge(at, index, Box::new(judgement), out),
            Err(error) => self.fail(at, index, error, out),
        }
    }

    /// Carries the alerts on, once everything is known that the rule wants to know.
    fn judge(
        &mut self,
        at: Timestamp,
        index: usize,
        judgement: Box<Judgement>,
        out: &mut Vec<Effect>,
    ) {
        let rule = &mut self.rules[index];
        if let Some((question, query)) = rule.question(&judgement) {
            let phase = Phase::Gone(question, judgement);
            self.running = Some(Running { at, rule: index, phase });
            return out.push(Effect::Query { query, at: self.sample_time(at) });
        }
        let patience = self.options.outage_tolerance;
        match rule.alert(at, &judgement, self.spec.limit, patience) {
            Ok(samples) => self.succeed(at, index, samples, out),
            Err(error) => self.fail(at, index, error, out),
        }
    }

    fn succeed(
        &mut self,
        at: Timestamp,
        index: usize,
        samples: Vec<(Labels, model::Value)>,
        out: &mut Vec<Effect>,
    ) {
        let status = &mut self.rules[index].status;
        (status.health, status.last_error) = (Health::Good, None);
        status.last_evaluation = Some(at);
        self.counts.last_samples += samples.len();
        self.remember(index, out);
        if !samples.is_empty() {
            out.push(Effect::Append { samples, at: self.sample_time(at) });
        }
        self.hand_on(index, at, out);
        self.ask(at, index + 1, out);
    }

    /// INV-40: the state stays as it was.
    fn fail(&mut self, at: Timestamp, index: usize, error: String, out: &mut Vec<Effect>) {
        let rule = &mut self.rules[index];
        self.counts.failures += 1;
        out.push(Effect::Failed { rule: rule.spec.name().to_owned(), error: error.clone() });
        (rule.status.health, rule.status.last_error) = (Health::Bad, Some(error));
        rule.status.last_evaluation = Some(at);
        // Above its limit a rule has lost its alerts.
        self.remember(index, out);
        self.ask(at, index + 1, out);
    }

    /// INV-42: comes before samples and alerts.
    fn remember(&mut self, index: usize, out: &mut Vec<Effect>) {
        let rule = &mut self.rules[index];
        let alerts = rule.changes();
        if !alerts.is_empty() {
            let key = RuleKey::of(&self.spec, &rule.spec);
            out.push(Effect::Remember(RuleChanges { key, alerts }));
        }
    }

    fn hand_on(&mut self, index: usize, now: Timestamp, out: &mut Vec<Effect>) {
        let delay = self.options.resend_delay;
        let ends_in = self.spec.interval.max(delay) * END_INTERVALS;
        let rule = &mut self.rules[index];
        let query = Arc::clone(rule.spec.query());
        let mut sent = Vec::new();
        for alert in rule.alerts.values_mut().filter(|alert| alert.needs_sending(now, delay)) {
            alert.last_sent_at = Some(now);
            sent.extend(self.options.around.outgoing(SentAlert {
                labels: alert.labels.clone(),
                annotations: alert.told_annotations(),
                starts_at: alert.fired_at.unwrap_or(alert.active_at),
                ends_at: alert.resolved_at.unwrap_or(now.saturating_add(ends_in)),
                resolved: alert.state == AlertState::Inactive,
                expr: query.expr.to_string(),
            }));
        }
        if !sent.is_empty() {
            out.push(Effect::Alerts(sent));
        }
    }

    /// All rules are evaluated: series of former rules end unless a rule took them over.
    fn finish(&mut self, at: Timestamp, out: &mut Vec<Effect>) {
        let orphaned = std::mem::take(&mut self.orphaned);
        let written: BTreeSet<&Labels> = self.written().collect();
        let gone = orphaned.into_iter().filter(|labels| !written.contains(labels));
        let samples: Vec<_> = gone.map(ended).collect();
        if !samples.is_empty() {
            out.push(Effect::Append { samples, at: self.sample_time(at) });
        }
        self.restore_in = self.restore_in.map(|left| left.saturating_sub(1));
        match self.restore_in {
            Some(0) => self.look_up(at, 0, out),
            Some(_) | None => out.push(Effect::Done),
        }
    }

    /// Looks up since when the alerts of rules are active, from the rule with this index on.
    fn look_up(&mut self, at: Timestamp, from: usize, out: &mut Vec<Effect>) {
        for index in from..self.rules.len() {
            let rule = &mut self.rules[index];
            if let Some(spec) = rule.lookup(self.options.grace_period) {
                let matchers = for_state::matchers(spec);
                let from = at.saturating_sub(self.options.outage_tolerance);
                out.push(Effect::Restore { matchers, from, until: at });
                self.running = Some(Running { at, rule: index, phase: Phase::Restore });
                return;
            }
            rule.restored = true;
        }
        self.restore_in = None;
        out.push(Effect::Done);
    }

    fn restored(&mut self, states: Result<Vec<ForState>, String>, out: &mut Vec<Effect>) {
        let Some(Running { phase: Phase::Restore, .. }) = &self.running else { return };
        let Some(Running { at, rule: index, .. }) = self.running.take() else { return };
        let Some(rule) = self.rules.get_mut(index) else { return };
        match states {
            Ok(states) => rule.restore(&states, at, &self.options),
            // The alerts stay as they are: pending since the start.
            Err(error) => {
                rule.status.last_error = Some(format!("cannot restore its alerts: {error}"));
            }
        }
        rule.restored = true;
        self.look_up(at, index + 1, out);
    }

    fn retire(&mut self, at: Timestamp, kept: &BTreeSet<Labels>, out: &mut Vec<Effect>) {
        self.running = None;
        let mut gone = std::mem::take(&mut self.orphaned);
        gone.extend(self.rules.iter_mut().flat_map(Rule::retire));
        let samples: Vec<_> = gone.difference(kept).cloned().map(ended).collect();
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
