//! Data of a differential test: what is sent, in which order, and what a store holds of it.
//! Generated from a seed, cut down by the shrinker, read by the oracle.

mod generate;

pub use generate::{Shape, generate};

use model::{Labels, Matcher, Value};
use std::collections::BTreeMap;

/// A sample on its way to a store.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Series.
    pub labels: Labels,
    /// When it was taken, ms since the epoch.
    pub at_ms: i64,
    /// What was observed.
    pub value: Value,
}

/// Samples in the order of their arrival; a batch arrives as a whole.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    /// Batches; late and repeated samples are among them.
    pub batches: Vec<Vec<Sample>>,
}

impl Feed {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.batches.iter().map(Vec::len).sum()
    }

    /// Are there no samples?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All samples, in the order of their arrival.
    pub fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.batches.iter().flatten()
    }
}

/// Samples of one series by time.
pub type Points = BTreeMap<i64, Value>;

/// What a store holds: series by labels.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    series: BTreeMap<Labels, Points>,
}

impl Contents {
    /// What a store holds that accepts all samples: of two with one timestamp the first stays.
    pub fn of(feed: &Feed) -> Self {
        let mut contents = Self::default();
        feed.samples().for_each(|sample| contents.accept(sample));
        contents
    }

    /// Adds a sample unless its timestamp is taken.
    pub fn accept(&mut self, sample: &Sample) {
        let points = self.series.entry(sample.labels.clone()).or_default();
        points.entry(sample.at_ms).or_insert_with(|| sample.value.clone());
    }

    /// All series, by labels.
    pub fn iter(&self) -> impl Iterator<Item = (&Labels, &Points)> {
        self.series.iter()
    }

    /// Series that satisfy all matchers, by labels.
    pub fn matching<'s>(
        &'s self,
        matchers: &'s [Matcher],
    ) -> impl Iterator<Item = (&'s Labels, &'s Points)> {
        self.series.iter().filter(|(labels, _)| matchers.iter().all(|m| m.matches_labels(labels)))
    }
}
