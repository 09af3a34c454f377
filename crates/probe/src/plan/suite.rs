//! A suite: steps one after another, values of answers handed on. A step that fails ends it, but
//! for steps that always run; all of it takes at most the suite's time.

use super::{Made, memory, own_verdict, read_all};
use crate::conditions::{self, Condition, Facts, Memory, value_to_keep};
use crate::findings::Findings;
use crate::names::{DURATION, SUCCESS};
use crate::scheme::{self, Wishes};
use crate::{Ask, Judged, Modules, Outcome, ProbeError, Reason, Variation, World};
use config::{ProbeStep, ScheduledProbe};
use exposition::Family;
use model::{Labels, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

/// Log of all steps at most, in bytes.
const LOG_BYTES_MAX: usize = 256 << 10;

pub(super) struct Suite {
    steps: Vec<Step>,
    known: Memory,
    made: Made,
    world: World,
}

struct Step {
    config: ProbeStep,
    conditions: Vec<Condition>,
}

/// What a turn has come to.
struct Turn {
    began: Instant,
    memory: Memory,
    /// Why the first step that failed did.
    failed: Option<(Reason, String)>,
    certificates: Vec<net::Certificate>,
    successes: Family,
    durations: Family,
    conditions: Family,
    judged: Vec<Judged>,
    log: String,
}

impl Suite {
    pub(super) fn new(job: &ScheduledProbe, world: &World) -> Result<Self, String> {
        let step = |config: &ProbeStep| {
            let conditions = read_all(&config.conditions)?;
            Ok(Step { config: config.clone(), conditions })
        };
        let steps = job.steps.iter().map(step).collect::<Result<Vec<_>, String>>()?;
        let (known, made) = (memory(job), Made::default());
        Ok(Self { steps, known, made, world: world.clone() })
    }

    pub(super) async fn turn(
        &mut self,
        modules: &Modules,
        timeout: Duration,
        now: Timestamp,
    ) -> Result<Outcome, ProbeError> {
        let mut turn = Turn::new(self.known.clone());
        for step in &self.steps {
            if turn.failed.is_some() && !step.config.always_run {
                continue;
            }
            let left = timeout.saturating_sub(turn.began.elapsed());
            let asked = step.ask(modules, &mut self.made, &self.world, &turn.memory, left);
            let mut outcome = asked.await?;
            let own = own_verdict(step.config.module.as_ref());
            let memory = Some(&turn.memory);
            conditions::apply(&step.conditions, own, now, memory, &mut outcome);
            turn.note(step, outcome, now);
        }
        Ok(turn.end())
    }
}

impl Step {
    async fn ask(
        &self,
        modules: &Modules,
        made: &mut Made,
        world: &World,
        memory: &Memory,
        timeout: Duration,
    ) -> Result<Outcome, ProbeError> {
        let (url, ask) = match self.filled(memory) {
            Ok(filled) => filled,
            Err(missing) => {
                return Ok(refused(format!("no step before this one left {missing}")));
            }
        };
        if timeout.is_zero() {
            let mut outcome = refused("the time of the suite was up before this step".to_owned());
            outcome.reason = Some(Reason::Timeout);
            return Ok(outcome);
        }
        let needs = self.conditions.iter().any(Condition::needs_answer);
        let keeps_answer = needs || !self.config.store.is_empty();
        let variation = Variation { hostname: None, keeps_answer, ask };
        if let Some(module) = &self.config.module {
            return modules.probe(module, &url, Some(timeout), &variation).await;
        }
        match scheme::of_url(&url, &Wishes::default()) {
            Ok((config, target)) => {
                let module = made.get(&config, world);
                Ok(module.probe_in(&target, timeout, &variation).await)
            }
            Err(why) => Ok(refused(why)),
        }
    }

    /// URL and request with values in the place of `[CONTEXT]`.
    fn filled(&self, memory: &Memory) -> Result<(String, Ask), String> {
        let header = |(name, value): &(String, String)| Ok((name.clone(), memory.fill(value)?));
        let ask = Ask {
            method: self.config.method.clone(),
            headers: self.config.headers.iter().map(header).collect::<Result<_, String>>()?,
            body: self.config.body.as_deref().map(|body| memory.fill(body)).transpose()?,
        };
        Ok((memory.fill(&self.config.url)?, ask))
    }
}

/// The outcome of a step that could not be made.
fn refused(why: String) -> Outcome {
    Outcome {
        success: false,
        reason: Some(Reason::Config),
        families: Vec::new(),
        certificates: Vec::new(),
        log: String::new(),
        duration: Duration::ZERO,
        conditions: Vec::new(),
        findings: Findings { why: Some(why), ..Findings::default() },
    }
}

impl Turn {
    fn new(memory: Memory) -> Self {
        let gauge = Family::gauge;
        Self {
            began: Instant::now(),
            memory,
            failed: None,
            certificates: Vec::new(),
            successes: gauge(
                "flyball_probe_step_success",
                "Whether a step of a suite went well; there is no series of one that was not made.",
            ),
            durations: gauge("flyball_probe_step_duration_seconds", "How long a step took."),
            conditions: gauge(
                conditions::CONDITION_SERIES,
                "Whether a condition on the answer held (1) or not (0).",
            ),
            judged: Vec::new(),
            log: String::new(),
        }
    }

    fn note(&mut self, step: &Step, outcome: Outcome, now: Timestamp) {
        let name = step.config.name.as_str();
        let labels = || Labels::from_pairs([("step", name)]);
        self.successes.push(labels(), f64::from(u8::from(outcome.success)));
        self.durations.push(labels(), outcome.duration.as_secs_f64());
        let told =
            outcome.families.iter().filter(|family| family.name == conditions::CONDITION_SERIES);
        for point in told.flat_map(|family| &family.points) {
            let labels = point.labels.to_builder().set("step", name).build();
            self.conditions.push(labels, point.value);
        }
        let of_step = |one: &Judged| Judged { step: Some(name.to_owned()), ..one.clone() };
        self.judged.extend(outcome.conditions.iter().map(of_step));
        let facts = Facts::new(&outcome, now, Some(&self.memory));
        let values = step
            .config
            .store
            .iter()
            .map(|(name, placeholder)| (name.clone(), value_to_keep(placeholder, &facts)));
        let values: Vec<_> = values.collect();
        for (name, value) in values {
            // A value that is too long is as one that was not there: who needs it says so.
            if let Some(value) = value {
                self.memory.set(&name, value);
            }
        }
        if let Some(reason) = outcome.reason {
            let why = outcome.findings.why.unwrap_or_default();
            self.failed.get_or_insert_with(|| (reason, format!("step {name}: {why}")));
        }
        if self.certificates.is_empty() {
            self.certificates = outcome.certificates;
        }
        if self.log.len() + outcome.log.len() < LOG_BYTES_MAX {
            self.log.push_str(&outcome.log);
        }
    }

    fn end(self) -> Outcome {
        let duration = self.began.elapsed();
        let success = self.failed.is_none();
        let families = vec![
            self.conditions,
            self.durations,
            self.successes,
            Family::gauge(DURATION.0, DURATION.1).with(duration.as_secs_f64()),
            Family::gauge(SUCCESS.0, SUCCESS.1).with(f64::from(u8::from(success))),
        ];
        let (reason, why) = self.failed.unzip();
        Outcome {
            success,
            reason,
            families: families.into_iter().filter(|one| !one.points.is_empty()).collect(),
            certificates: self.certificates,
            log: self.log,
            duration,
            conditions: self.judged,
            findings: Findings { why, ..Findings::default() },
        }
    }
}
