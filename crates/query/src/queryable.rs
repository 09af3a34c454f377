//! Counts what upstream calls queryable samples: those that selectors and windows look at, per
//! step. A sample that several windows share counts once for each of them.
//! Source of semantics: Prometheus 3.14, `promql/engine.go` and `util/stats/query_stats.go`.

#[cfg(test)]
mod tests;

use crate::column::{Cell, Column};
use crate::evaluate::Evaluator;
use crate::histogram::sample_weight;
use crate::range::{Bounds, Samples};
use model::{Histogram, Value};
use std::sync::Arc;

/// The counts so far.
#[derive(Clone, Debug, Default)]
pub(crate) enum Queryable {
    /// Nobody asked, or what is read does not count.
    #[default]
    Off,
    /// One count per step.
    Steps(Vec<u64>),
    /// One count for all steps together.
    Sum(u64),
}

impl Queryable {
    fn add(&mut self, step: usize, samples: usize) {
        match self {
            Self::Off => {}
            Self::Steps(counts) => {
                if let Some(count) = counts.get_mut(step) {
                    *count += samples as u64;
                }
            }
            Self::Sum(count) => *count += samples as u64,
        }
    }

    /// The same without counts.
    pub(crate) fn empty(&self) -> Self {
        match self {
            Self::Off => Self::Off,
            Self::Steps(counts) => Self::Steps(vec![0; counts.len()]),
            Self::Sum(_) => Self::Sum(0),
        }
    }

    /// Adds the counts of another one of the same form.
    pub(crate) fn add_all(&mut self, other: &Self) {
        match (self, other) {
            (Self::Steps(counts), Self::Steps(more)) => {
                counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
            }
            (Self::Sum(count), Self::Sum(more)) => *count += more,
            (Self::Off | Self::Steps(_) | Self::Sum(_), _) => {}
        }
    }

    /// Does nobody want to know?
    pub(crate) fn is_off(&self) -> bool {
        matches!(self, Self::Off)
    }

    /// One count per step; empty when nobody asked.
    pub(crate) fn into_steps(self) -> Vec<u64> {
        match self {
            Self::Off => Vec::new(),
            Self::Steps(counts) => counts,
            Self::Sum(count) => vec![count],
        }
    }
}

impl Evaluator<'_> {
    /// Counts what a selector found.
    pub(crate) fn count_column(&mut self, column: &Column) {
        if self.queryable.is_off() {
            return;
        }
        for (step, cell) in column.points() {
            let samples = match cell {
                Cell::Absent => 0,
                Cell::Float(_) => 1,
                Cell::Histogram(histogram) => sample_weight(histogram),
            };
            self.queryable.add(step, samples);
        }
    }

    /// Counts what lies in the windows of `steps` steps.
    pub(crate) fn count_windows(&mut self, samples: &Samples, bounds: &Bounds, steps: usize) {
        if self.queryable.is_off() {
            return;
        }
        for step in 0..steps {
            let [floats, histograms] = bounds.at(step);
            let histograms = &samples.histograms[histograms.0..histograms.1];
            self.queryable.add(step, floats.1 - floats.0 + weigh(histograms));
        }
    }

    /// Counts a range vector that stands by itself.
    pub(crate) fn count_points(&mut self, points: &[(i64, Value)]) {
        if self.queryable.is_off() {
            return;
        }
        self.queryable.add(0, weigh_points(points));
    }

    /// Runs a part whose samples do not count: a function counts what it sees of a subquery.
    pub(crate) fn uncounted<T>(&mut self, part: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::take(&mut self.queryable);
        let out = part(self);
        self.queryable = outer;
        out
    }

    /// Runs a part with steps of its own; all it counts is added to every step outside.
    pub(crate) fn counted_together<T>(&mut self, part: impl FnOnce(&mut Self) -> T) -> T {
        if self.queryable.is_off() {
            return part(self);
        }
        let mut outer = std::mem::replace(&mut self.queryable, Queryable::Sum(0));
        let out = part(self);
        if let Queryable::Sum(inner) = self.queryable {
            match &mut outer {
                Queryable::Off => {}
                Queryable::Steps(counts) => counts.iter_mut().for_each(|count| *count += inner),
                Queryable::Sum(count) => *count += inner,
            }
        }
        self.queryable = outer;
        out
    }
}

/// What points count as; a histogram counts by its size.
pub(crate) fn weigh_points(points: &[(i64, Value)]) -> usize {
    let samples = points.iter().map(|(_, value)| match value {
        Value::Float(_) => 1,
        Value::Histogram(histogram) => sample_weight(histogram),
    });
    samples.sum()
}

fn weigh(histograms: &[Arc<Histogram>]) -> usize {
    histograms.iter().map(|histogram| sample_weight(histogram)).sum()
}
