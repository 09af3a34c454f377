//! Counters of finished questions: how they ended, how long they took, what they read.
//! Bounded: kinds and outcomes come from enums.

use super::ticket::Ended;
use super::{Outcome, QueryKind, Refusal};
use crate::metrics::Histogram;
use exposition::Family;
use model::{Labels, MetricKind};
use std::collections::BTreeMap;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    ended: BTreeMap<(QueryKind, &'static str), u64>,
    refused: BTreeMap<Refusal, u64>,
    left: u64,
    stopped: u64,
    evaluated: BTreeMap<QueryKind, Histogram>,
    queued: Histogram,
    samples: u64,
}

impl Counts {
    /// Counts an end.
    pub(crate) fn add(&mut self, kind: QueryKind, ended: &Ended) {
        let outcome = ended.outcome;
        *self.ended.entry((kind, outcome.as_str())).or_default() += 1;
        match outcome {
            Outcome::Answered | Outcome::Invalid | Outcome::Failed | Outcome::TimedOut => {}
            Outcome::Refused(refusal) => *self.refused.entry(refusal).or_default() += 1,
            Outcome::Left => self.left += 1,
            Outcome::Cancelled => self.stopped += 1,
        }
        self.evaluated.entry(kind).or_default().observe(ended.cost.ran);
        self.queued.observe(ended.queued());
        self.samples += ended.cost.samples;
    }

    pub(crate) fn families(&self) -> Vec<Family> {
        vec![self.ended(), self.refused(), self.cancelled(), self.durations(), self.queue(), {
            let help = "Samples that queries have read from the store.";
            Family::counter("flyball_query_samples_read_total", help).with(self.samples as f64)
        }]
    }

    fn ended(&self) -> Family {
        let help = "Queries that have ended, by what they asked for and how they ended.";
        let mut family = Family::counter("flyball_queries_total", help);
        for ((kind, outcome), count) in &self.ended {
            let labels = [("kind", kind.as_str()), ("outcome", outcome)];
            family.push(Labels::from_pairs(labels), *count as f64);
        }
        family
    }

    fn refused(&self) -> Family {
        let help = "Queries that ran into a limit.";
        let mut family = Family::counter("flyball_queries_refused_total", help);
        for refusal in Refusal::ALL {
            let count = self.refused.get(&refusal).copied().unwrap_or(0);
            family.push(Labels::from_pairs([("reason", refusal.as_str())]), count as f64);
        }
        family
    }

    fn cancelled(&self) -> Family {
        let help = "Queries whose client left, or that somebody stopped.";
        let mut family = Family::counter("flyball_queries_cancelled_total", help);
        for (by, count) in [("client", self.left), ("operator", self.stopped)] {
            family.push(Labels::from_pairs([("by", by)]), count as f64);
        }
        family
    }

    fn durations(&self) -> Family {
        let help = "Time of evaluation, without the queue.";
        let name = "flyball_query_duration_seconds";
        let mut family = Family::new(name, MetricKind::Histogram, help);
        for (kind, histogram) in &self.evaluated {
            histogram.push_to(&mut family, &Labels::from_pairs([("kind", kind.as_str())]));
        }
        family
    }

    fn queue(&self) -> Family {
        let help = "Time that queries waited for a slot.";
        let name = "flyball_query_queue_duration_seconds";
        let mut family = Family::new(name, MetricKind::Histogram, help);
        self.queued.push_to(&mut family, &Labels::empty());
        family
    }
}
