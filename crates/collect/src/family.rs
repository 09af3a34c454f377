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
    samples: usize,
    samples_max: Option<usize>,
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
        self.push_part(id, "", labels, value);
    }

    /// Adds a part of a histogram or summary: suffix `_bucket`, `_sum` or `_count`.
    pub(crate) fn push_part(
        &mut self,
        id: FamilyId,
        suffix: &'static str,
        labels: &Labels,
        value: f64,
    ) {
        self.samples += 1;
        if self.overflow().is_some() {
            return;
        }
        if let Some(family) = self.list.get_mut(id.0) {
            family.push_part(suffix, labels.clone(), value);
        }
    }

    /// Takes all samples away; names stay declared.
    pub(crate) fn clear(&mut self) {
        self.samples = 0;
        for family in &mut self.list {
            family.points.clear();
        }
    }

    /// Every family, also those without samples.
    #[cfg(test)]
    pub(crate) fn as_slice(&self) -> &[Family] {
        &self.list
    }

    /// Sets how many samples are kept between two calls of [`Families::clear`].
    pub(crate) fn limit(&mut self, samples_max: usize) {
        self.samples_max = Some(samples_max);
    }

    /// The limit, when more samples came than it allows.
    pub(crate) fn overflow(&self) -> Option<usize> {
        self.samples_max.filter(|max| self.samples > *max)
    }

    /// Moves all families to the end of `into`; how many there are.
    pub(crate) fn lend(&mut self, into: &mut Vec<Family>) -> usize {
        let count = self.list.len();
        into.append(&mut self.list);
        count
    }

    /// Takes back what was lent, in its order.
    pub(crate) fn take_back(&mut self, families: impl Iterator<Item = Family>) {
        self.list.extend(families);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_beyond_the_last_allowed_one_are_not_kept() {
        let mut families = Families::default();
        let gauges: Vec<FamilyId> =
            (0..=FAMILIES_MAX).map(|n| families.gauge(&format!("node_{n}"), "h")).collect();
        assert_eq!(families.as_slice().len(), FAMILIES_MAX);
        for id in [gauges[0], gauges[FAMILIES_MAX - 1], gauges[FAMILIES_MAX]] {
            families.push(id, &Labels::empty(), 1.0);
        }
        let filled: Vec<&str> = families
            .as_slice()
            .iter()
            .filter(|family| !family.points.is_empty())
            .map(|family| family.name.as_str())
            .collect();
        assert_eq!(filled, ["node_0", "node_9999"]);
        assert_eq!(families.gauge("node_7", "other help"), gauges[7], "declared once");
        assert_eq!(families.as_slice().len(), FAMILIES_MAX);
    }
}
