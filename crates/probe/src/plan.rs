//! What is done at each turn of a schedule: one probe and its conditions, or the steps of a suite
//! that hand values on. Reads `probes` of flyball.yml; probes through the modules in force.

mod suite;

use crate::conditions::{self, Condition, Memory, OwnVerdict, check_to_keep};
use crate::scheme::{self, Wishes};
use crate::world::Module;
use crate::{Modules, Outcome, ProbeError, Variation, World};
use config::{Place, ProbeModule, ScheduledProbe};
use model::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use suite::Suite;

/// Modules made of URLs that one job keeps at most; more are made anew at each turn.
const MODULES_MAX: usize = 16;

/// What is done at each turn of one target.
pub struct Plan {
    way: Way,
    timeout: Duration,
}

enum Way {
    /// A module in force, by its name.
    Module {
        name: String,
        target: String,
        conditions: Vec<Condition>,
        variation: Variation,
    },
    /// As the URL says.
    Url {
        module: Arc<Module>,
        target: String,
        conditions: Vec<Condition>,
        variation: Variation,
    },
    Suite(Box<Suite>),
}

/// Modules that URLs lead to, each made once.
#[derive(Default)]
struct Made(Vec<Arc<Module>>);

impl Made {
    fn get(&mut self, config: &ProbeModule, world: &World) -> Arc<Module> {
        if let Some(known) = self.0.iter().find(|known| known.config == *config) {
            return Arc::clone(known);
        }
        let made = Arc::new(Module::new(config, world));
        if self.0.len() < MODULES_MAX {
            self.0.push(Arc::clone(&made));
        }
        made
    }
}

/// Mistakes in conditions, URLs and placeholders of a job, with their places.
pub fn check(job: &ScheduledProbe) -> Vec<(Place, String)> {
    let mut mistakes = Vec::new();
    let steps = job.steps.iter().map(|step| (&step.conditions, Some(step)));
    for (texts, step) in std::iter::once((&job.conditions, None)).chain(steps) {
        for (text, place) in texts {
            match Condition::read(text) {
                Err(mistake) => mistakes.push((*place, mistake.message)),
                Ok(read) if step.is_none() && read.needs_memory() => {
                    mistakes.push((*place, format!("`{text}`: `[CONTEXT]` is for `steps`")));
                }
                Ok(_) => {}
            }
        }
        let Some(step) = step else { continue };
        for (_, placeholder) in &step.store {
            if let Err(mistake) = check_to_keep(placeholder) {
                mistakes.push((step.place, format!("`store`: {}", mistake.message)));
            }
        }
        // What stands in the place of a value is known only when it is asked.
        if step.module.is_none() && !step.url.contains("[CONTEXT]") {
            let wrong = scheme::check_url(&step.url).err();
            mistakes.extend(wrong.map(|why| (step.place, why)));
        }
    }
    if let (None, Some((_, place))) = (&job.module, job.conditions.first()) {
        let wrong = job.targets.iter().filter_map(|target| scheme::check_url(target).err());
        mistakes.extend(wrong.map(|why| (*place, format!("without `module`: {why}"))));
        let shown = job.targets.iter().filter_map(|target| scheme::check_label(target).err());
        mistakes.extend(shown.map(|why| (*place, why)));
    }
    mistakes
}

/// The plans of a job that was checked, with the label `instance` of each.
///
/// # Errors
/// The first mistake that `check` finds.
pub fn plans(job: &ScheduledProbe, world: &World) -> Result<Vec<(String, Plan)>, String> {
    let mut made = Made::default();
    if !job.steps.is_empty() {
        let suite = Suite::new(job, world)?;
        let way = Way::Suite(Box::new(suite));
        return Ok(vec![(job.name.clone(), Plan { way, timeout: job.timeout })]);
    }
    let conditions = read_all(&job.conditions)?;
    let keeps_answer = conditions.iter().any(Condition::needs_answer);
    let one = |target: &String| {
        let variation = Variation { keeps_answer, ..Variation::default() };
        let (target, conditions) = (target.clone(), conditions.clone());
        let way = if let Some(name) = job.module.clone() {
            Way::Module { name, target, conditions, variation }
        } else {
            let (config, url) = scheme::of_url(&target, &Wishes::default())?;
            let module = made.get(&config, world);
            Way::Url { module, target: url, conditions, variation }
        };
        Ok(Plan { way, timeout: job.timeout })
    };
    let plans = job.targets.iter().map(one).collect::<Result<Vec<_>, String>>()?;
    Ok(job.targets.iter().cloned().zip(plans).collect())
}

fn read_all(texts: &[(String, Place)]) -> Result<Vec<Condition>, String> {
    texts.iter().map(|(text, _)| Condition::read(text).map_err(|m| m.message)).collect()
}

impl Plan {
    /// One turn; `now` is what certificates are compared with.
    ///
    /// # Errors
    /// When there is no such module.
    pub async fn turn(&mut self, modules: &Modules, now: Timestamp) -> Result<Outcome, ProbeError> {
        match &mut self.way {
            Way::Module { name, target, conditions, variation } => {
                let asked = modules.probe(name, target, Some(self.timeout), variation);
                let mut outcome = asked.await?;
                conditions::apply(conditions, OwnVerdict::Counts, now, None, &mut outcome);
                Ok(outcome)
            }
            Way::Url { module, target, conditions, variation } => {
                let mut outcome = module.probe_in(target, self.timeout, variation).await;
                conditions::apply(conditions, OwnVerdict::Ignored, now, None, &mut outcome);
                Ok(outcome)
            }
            Way::Suite(suite) => suite.turn(modules, self.timeout, now).await,
        }
    }
}

/// A step's conditions decide alone where no module was named.
fn own_verdict(module: Option<&String>) -> OwnVerdict {
    module.map_or(OwnVerdict::Ignored, |_| OwnVerdict::Counts)
}

/// What steps know at the beginning of each turn.
fn memory(job: &ScheduledProbe) -> Memory {
    Memory::new(job.context.iter().cloned())
}

#[cfg(test)]
mod tests;
