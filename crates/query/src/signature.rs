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

/// Groups rows; groups appear in the order of their first row. Label sets are made for groups only,
/// not for rows.
pub(crate) fn group(rows: &[Row], signature: &Signature<'_>) -> Vec<Group> {
    // By hash the latest group of it; groups of one hash are a list.
    let mut latest: HashMap<u64, usize, foldhash::fast::FixedState> = HashMap::default();
    let mut before: Vec<Option<usize>> = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let hash = signature.hash(&row.labels);
        let newest = latest.get(&hash).copied();
        let mut next = newest;
        while let Some(at) =
            next.filter(|at| !groups[*at].labels.iter().eq(signature.pairs(&row.labels)))
        {
            next = before[at];
        }
        let at = next.unwrap_or_else(|| {
            groups.push(Group { labels: signature.of(&row.labels), members: Vec::new() });
            before.push(newest);
            latest.insert(hash, groups.len() - 1);
            groups.len() - 1
        });
        groups[at].members.push(index);
    }
    groups
}
