//! One collector with its name, its pace, its limits and what it last said.

use super::crew::Machine;
use super::round::{Collector, Round};
use crate::Error;
use crate::family::Families;
use exposition::Family;
use model::{Labels, Timestamp};
use std::time::Duration;

/// A collector among others.
pub(super) struct Part {
    index: usize,
    label: Labels,
    collector: Box<dyn Collector>,
    families: Families,
    interval: Duration,
    timeout: Duration,
    last: Option<Timestamp>,
    took: Duration,
    error: Option<Error>,
}

/// How often a collector runs and what it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Shortest time between two runs; zero runs it each round.
    pub(super) interval: Duration,
    /// How long a run may take.
    pub(super) timeout: Duration,
    /// Most samples of a run.
    pub(super) samples_max: usize,
}

impl Part {
    pub(super) fn new(
        index: usize,
        name: &'static str,
        collector: Box<dyn Collector>,
        mut families: Families,
        limits: Limits,
    ) -> Self {
        families.limit(limits.samples_max);
        Self {
            index,
            label: Labels::from_pairs([("collector", name)]),
            collector,
            families,
            interval: limits.interval,
            timeout: limits.timeout,
            last: None,
            took: Duration::ZERO,
            error: None,
        }
    }

    /// Place among all collectors.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// The label `collector` with the name.
    pub(super) fn label(&self) -> &Labels {
        &self.label
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Time of the last run.
    pub(super) fn took(&self) -> Duration {
        self.took
    }

    /// Why the last run had no data.
    pub(super) fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Is it time to run? A clock that went back makes it so.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.last.is_none_or(|last| now <= last || now.since(last) >= self.interval)
    }

    /// Runs once; what it said before is forgotten.
    pub(super) fn run(&mut self, machine: &Machine, buffer: &mut Vec<u8>, now: Timestamp) {
        self.families.clear();
        self.last = Some(now);
        let start = machine.clock.monotonic();
        let mut round = Round {
            now,
            host: &*machine.host,
            roots: &machine.roots,
            buffer,
            out: &mut self.families,
        };
        let outcome = self.collector.collect(&mut round);
        self.took = machine.clock.monotonic().saturating_sub(start);
        let too_many = self.families.overflow().map(Error::too_many_samples);
        self.error = outcome.err().or(too_many);
    }

    /// Notes that it had no data, for a reason outside of it.
    pub(super) fn fail(&mut self, error: Error) {
        self.families.clear();
        self.error = Some(error);
    }

    /// Lends its families out until [`Part::take_back`]; how many there are.
    pub(super) fn lend(&mut self, into: &mut Vec<Family>) -> usize {
        self.families.lend(into)
    }

    /// Takes back what was lent.
    pub(super) fn take_back(&mut self, families: impl Iterator<Item = Family>) {
        self.families.take_back(families);
    }
}
