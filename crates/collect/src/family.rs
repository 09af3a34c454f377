//! The families a collection fills: declared once, emptied and refilled every second.
//! Names, helps and the vectors of points are allocated once; label sets are shared by cloning.

use exposition::Family;
use model::{Labels, MetricKind};
use std::collections::BTreeMap;

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
            self.by_name.insert(name.to_owned(), id);
            self.list.push(Family::new(name, kind, help));
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
            family.push(labels.clone(), value);
        }
    }

    /// Takes all samples away; names stay declared.
    pub(crate) fn clear(&mut self) {
        for family in &mut self.list {
            family.points.clear();
        }
    }

    /// Every family, also those without samples.
    pub(crate) fn as_slice(&self) -> &[Family] {
        &self.list
    }
}
