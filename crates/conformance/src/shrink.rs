//! Makes a case smaller as long as it still shows the difference: the query, its time, the data.
//! Greedy: every simplification that keeps the difference is taken, until none does.

mod query;

use crate::dataset::{Feed, Sample};
use crate::question::{Question, Time};
use model::Labels;
use std::collections::BTreeSet;

/// Data and a question about them.
#[derive(Clone, Debug)]
pub struct Case {
    /// What is sent.
    pub feed: Feed,
    /// What is asked.
    pub question: Question,
}

/// The smallest case for which `differs` says yes (it does so for the one given) that is found by
/// asking it at most so often.
pub fn shrink(case: Case, tries_max: usize, differs: &mut dyn FnMut(&Case) -> bool) -> Case {
    let mut shrinker = Shrinker { case, tries_left: tries_max, differs };
    shrinker.questions();
    shrinker.data();
    shrinker.questions();
    shrinker.case
}

/// As [`shrink`], over the same data.
pub fn shrink_question(
    case: Case,
    tries_max: usize,
    differs: &mut dyn FnMut(&Case) -> bool,
) -> Case {
    let mut shrinker = Shrinker { case, tries_left: tries_max, differs };
    shrinker.questions();
    shrinker.case
}

struct Shrinker<'d> {
    case: Case,
    tries_left: usize,
    differs: &'d mut dyn FnMut(&Case) -> bool,
}

impl Shrinker<'_> {
    /// Takes a smaller case if it shows the difference.
    fn try_case(&mut self, case: Case) -> bool {
        if self.tries_left == 0 {
            return false;
        }
        self.tries_left -= 1;
        let better = (self.differs)(&case);
        if better {
            self.case = case;
        }
        better
    }

    fn questions(&mut self) {
        while self.simpler_time() || self.simpler_query() {}
    }

    fn simpler_time(&mut self) -> bool {
        let Time::Range { start_ms, end_ms, step_ms } = self.case.question.time else {
            return false;
        };
        let mut times: Vec<Time> = Vec::new();
        for at_ms in self.case.question.time.instants() {
            times.push(Time::Instant { at_ms });
        }
        if end_ms > start_ms {
            times.push(Time::Range { start_ms: start_ms + step_ms, end_ms, step_ms });
            times.push(Time::Range { start_ms, end_ms: end_ms - step_ms, step_ms });
        }
        times.into_iter().any(|time| {
            let question = Question { time, ..self.case.question.clone() };
            self.try_case(Case { question, ..self.case.clone() })
        })
    }

    fn simpler_query(&mut self) -> bool {
        query::simpler(&self.case.question.query).into_iter().any(|query| {
            let question = Question { query, ..self.case.question.clone() };
            self.try_case(Case { question, ..self.case.clone() })
        })
    }

    fn data(&mut self) {
        let names: BTreeSet<Labels> =
            self.case.feed.samples().map(|sample| sample.labels.clone()).collect();
        for labels in names {
            self.keep(|sample| sample.labels != labels);
        }
        let mut size = self.case.feed.len().div_ceil(2);
        while size > 0 {
            let mut start = 0;
            while start < self.case.feed.len() {
                let mut index = 0;
                let removed = self.keep(|_| {
                    index += 1;
                    !(start..start + size).contains(&(index - 1))
                });
                if !removed {
                    start += size;
                }
            }
            size /= 2;
        }
    }

    /// Tries the case with only these samples.
    fn keep(&mut self, mut wanted: impl FnMut(&Sample) -> bool) -> bool {
        let mut batches = self.case.feed.batches.clone();
        for batch in &mut batches {
            batch.retain(|sample| wanted(sample));
        }
        batches.retain(|batch| !batch.is_empty());
        let feed = Feed { batches };
        feed.len() < self.case.feed.len() && self.try_case(Case { feed, ..self.case.clone() })
    }
}
