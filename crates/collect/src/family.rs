//! The families a collection fills: declared once, emptied and refilled every second.
//! Names, helps and the vectors of samples are allocated once; label sets are shared by cloning.

use model::{Labels, MetricKind};
use std::collections::BTreeMap;

/// A metric family with its samples of one collection.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// Metric name.
    pub name: String,
    /// Declared kind.
    pub kind: MetricKind,
    /// Help text, unescaped.
    pub help: String,
    /// One sample per label set, in the order they were read.
    pub samples: Vec<Sample>,
}

/// One value of a family.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Labels without the metric name.
    pub labels: Labels,
    /// The value, computed as `node_exporter` computes it.
    pub value: f64,
}

/// Handle of a declared family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FamilyId(usize);

/// Kernels have a few hundred names per file; what lies beyond is not collected.
const FAMILIES_MAX: usize = 10_000;

/// All families known so far.
#[derive(Debug, Default)]
pub(crate) struct Families {
    list: Vec<Family>,
    by_name: BTreeMap<String, FamilyId>,
}

impl Families {
    /// Finds or creates a family; the first declaration of a name gives its kind and help.
    pub(crate) fn declare(&mut self, name: &str, kind: MetricKind, help: &str) -> FamilyId {
        if let Some(&id) = self.by_name.get(name) {
            return id;
        }
        let id = FamilyId(self.list.len());
        if self.list.len() < FAMILIES_MAX {
            let (name, help) = (name.to_owned(), help.to_owned());
            self.by_name.insert(name.clone(), id);
            self.list.push(Family { name, kind, help, samples: Vec::new() });
        }
        id
    }

    /// Declares a gauge.
    pub(crate) fn gauge(&mut self, name: &str, help: &str) -> FamilyId {
        self.declare(name, MetricKind::Gauge, help)
    }

    /// Declares a counter.
    pub(crate) fn counter(&mut self, name: &str, help: &str) -> FamilyId {
        self.declare(name, MetricKind::Counter, help)
    }

    /// Adds a sample to a family.
    pub(crate) fn push(&mut self, id: FamilyId, labels: &Labels, value: f64) {
        if let Some(family) = self.list.get_mut(id.0) {
            family.samples.push(Sample { labels: labels.clone(), value });
        }
    }

    /// Takes all samples away; names stay declared.
    pub(crate) fn clear(&mut self) {
        for family in &mut self.list {
            family.samples.clear();
        }
    }

    /// Every family, also those without samples.
    pub(crate) fn as_slice(&self) -> &[Family] {
        &self.list
    }
}
