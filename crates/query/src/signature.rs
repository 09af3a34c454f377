//! Grouping of series by some of their labels: `by`, `without`, `on`, `ignoring`, buckets.
//! Hashing has a fixed seed and groups keep the order of their first series.

use crate::column::Row;
use model::{Labels, METRIC_NAME};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

/// Position of something by its labels.
pub(crate) type IndexMap = HashMap<Labels, usize, foldhash::quality::FixedState>;

/// Which labels make series equal.
#[derive(Clone, Debug)]
pub(crate) enum Signature<'a> {
    /// `by`, `on`: these only.
    Only(&'a [String]),
    /// `without`, `ignoring`: all but these and the metric name.
    Without(&'a [String]),
}

impl Signature<'_> {
    /// Says which labels count.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Only(names) => format!("the labels ({})", names.join(", ")),
            Self::Without([]) => "all labels".into(),
            Self::Without(names) => format!("all labels but ({})", names.join(", ")),
        }
    }

    fn counts(&self, name: &str) -> bool {
        match self {
            Self::Only(names) => names.iter().any(|n| n == name),
            Self::Without(names) => name != METRIC_NAME && !names.iter().any(|n| n == name),
        }
    }

    /// The pairs that count.
    fn pairs<'l>(&self, labels: &'l Labels) -> impl Iterator<Item = (&'l str, &'l str)> {
        labels.iter().filter(|(name, _)| self.counts(name))
    }

    fn hash(&self, labels: &Labels) -> u64 {
        let mut hasher = foldhash::quality::FixedState::default().build_hasher();
        self.pairs(labels).for_each(|pair| pair.hash(&mut hasher));
        hasher.finish()
    }

    /// The labels that count.
    pub(crate) fn of(&self, labels: &Labels) -> Labels {
        labels.without(|name| !self.counts(name))
    }
}

/// Series of equal signature.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// What they have in common.
    pub labels: Labels,
    /// Their positions, increasing.
    pub members: Vec<usize>,
}

/// Groups of label sets, which are made for groups only, not for their members.
#[derive(Default)]
pub(crate) struct Groups {
    /// What the members of each group have in common, in the order of their first ones.
    pub labels: Vec<Labels>,
    /// By hash the latest group of it; groups of one hash are a list.
    latest: HashMap<u64, usize, foldhash::fast::FixedState>,
    before: Vec<Option<usize>>,
}

impl Groups {
    /// The group of a label set; a new one comes last.
    pub(crate) fn of(&mut self, signature: &Signature<'_>, labels: &Labels) -> usize {
        let hash = signature.hash(labels);
        let newest = self.latest.get(&hash).copied();
        let mut next = newest;
        while let Some(at) = next {
            if self.labels[at].iter().eq(signature.pairs(labels)) {
                return at;
            }
            next = self.before[at];
        }
        self.labels.push(signature.of(labels));
        self.before.push(newest);
        self.latest.insert(hash, self.labels.len() - 1);
        self.labels.len() - 1
    }
}

/// Groups rows; groups appear in the order of their first row.
pub(crate) fn group(rows: &[Row], signature: &Signature<'_>) -> Vec<Group> {
    let mut groups = Groups::default();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let at = groups.of(signature, &row.labels);
        if at == members.len() {
            members.push(Vec::new());
        }
        members[at].push(index);
    }
    let groups = groups.labels.into_iter().zip(members);
    groups.map(|(labels, members)| Group { labels, members }).collect()
}
