//! Groups by their routes and the labels by which they were formed, found without making that label
//! set: an alert that arrives costs no allocation here.

use crate::route::group_pairs;
use config::GroupBy;
use foldhash::fast::RandomState;
use model::Labels;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hash, Hasher};

/// Identities of groups by what they are found by.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupIndex {
    state: RandomState,
    /// Hash of place and labels, identity of the group.
    ids: BTreeSet<(u64, u64)>,
}

/// What a group is found by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupHash(u64);

impl GroupIndex {
    /// What the group of labels at a place in the tree is found by; its own labels give the same.
    pub(crate) fn hash(&self, place: usize, group_by: &GroupBy, labels: &Labels) -> GroupHash {
        let mut hasher = self.state.build_hasher();
        place.hash(&mut hasher);
        for (name, value) in group_pairs(group_by, labels) {
            name.hash(&mut hasher);
            value.hash(&mut hasher);
        }
        GroupHash(hasher.finish())
    }

    /// The group for which `is_it` answers yes, of those that may be meant.
    pub(crate) fn find(&self, hash: GroupHash, is_it: impl Fn(u64) -> bool) -> Option<u64> {
        let mut found = self.ids.range((hash.0, 0)..=(hash.0, u64::MAX)).map(|(_, id)| *id);
        found.find(|id| is_it(*id))
    }

    pub(crate) fn insert(&mut self, hash: GroupHash, id: u64) {
        self.ids.insert((hash.0, id));
    }

    pub(crate) fn remove(&mut self, hash: GroupHash, id: u64) {
        self.ids.remove(&(hash.0, id));
    }

    pub(crate) fn clear(&mut self) {
        self.ids.clear();
    }
}
