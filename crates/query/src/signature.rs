//! Grouping of series by some of their labels: `by`, `without`, `on`, `ignoring`, buckets.
//! Hashing has a fixed seed and groups keep the order of their first series.

use crate::column::Row;
use model::{Labels, METRIC_NAME};
use std::collections::HashMap;

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

    /// The labels that count.
    pub(crate) fn of(&self, labels: &Labels) -> Labels {
        match self {
            Self::Only(names) => labels.without(|name| !names.iter().any(|n| n == name)),
            Self::Without(names) => {
                labels.without(|name| name == METRIC_NAME || names.iter().any(|n| n == name))
            }
        }
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

/// Groups rows; groups appear in the order of their first row.
pub(crate) fn group(rows: &[Row], signature: &Signature<'_>) -> Vec<Group> {
    let mut known = IndexMap::default();
    let mut groups: Vec<Group> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let labels = signature.of(&row.labels);
        let at = *known.entry(labels).or_insert_with_key(|labels| {
            groups.push(Group { labels: labels.clone(), members: Vec::new() });
            groups.len() - 1
        });
        groups[at].members.push(index);
    }
    groups
}
