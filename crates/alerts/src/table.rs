//! Alerts by their identity. Each is its own key, so that its labels are kept once; beside it lies
//! their hash, so that a table that grows reads no labels: 17 bytes an alert and a half of that in
//! reserve.

use crate::alert::StoredAlert;
use foldhash::fast::RandomState;
use model::Labels;
use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

/// Alerts, of which no two have the same labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct AlertTable {
    set: HashSet<Kept, RandomState>,
}

/// Where labels belong in a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot(u64);

#[derive(Clone, Debug)]
struct Kept {
    slot: Slot,
    stored: Arc<StoredAlert>,
}

struct Wanted<'a> {
    slot: Slot,
    labels: &'a Labels,
}

/// What is kept and what is wanted are compared as this.
trait Key {
    fn slot(&self) -> Slot;
    fn labels(&self) -> &Labels;
}

impl Key for Kept {
    fn slot(&self) -> Slot {
        self.slot
    }

    fn labels(&self) -> &Labels {
        &self.stored.alert.labels
    }
}

impl Key for Wanted<'_> {
    fn slot(&self) -> Slot {
        self.slot
    }

    fn labels(&self) -> &Labels {
        self.labels
    }
}

impl<'a> Borrow<dyn Key + 'a> for Kept {
    fn borrow(&self) -> &(dyn Key + 'a) {
        self
    }
}

impl Hash for dyn Key + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.slot().0);
    }
}

impl PartialEq for dyn Key + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.slot().0 == other.slot().0 && self.labels() == other.labels()
    }
}

impl Eq for dyn Key + '_ {}

impl Hash for Kept {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self as &dyn Key).hash(state);
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self as &dyn Key == other as &dyn Key
    }
}

impl Eq for Kept {}

impl AlertTable {
    pub(crate) fn len(&self) -> usize {
        self.set.len()
    }

    /// Where labels belong: whoever asks more than once needs it once.
    pub(crate) fn slot(&self, labels: &Labels) -> Slot {
        Slot(self.set.hasher().hash_one(labels))
    }

    pub(crate) fn get(&self, labels: &Labels) -> Option<&Arc<StoredAlert>> {
        self.get_at(self.slot(labels), labels)
    }

    pub(crate) fn get_at(&self, slot: Slot, labels: &Labels) -> Option<&Arc<StoredAlert>> {
        let wanted = Wanted { slot, labels };
        self.set.get(&wanted as &dyn Key).map(|kept| &kept.stored)
    }

    /// Takes an alert in the place of the one with its labels.
    pub(crate) fn insert(&mut self, stored: Arc<StoredAlert>) {
        self.insert_at(self.slot(&stored.alert.labels), stored);
    }

    pub(crate) fn insert_at(&mut self, slot: Slot, stored: Arc<StoredAlert>) {
        self.set.replace(Kept { slot, stored });
    }

    pub(crate) fn remove(&mut self, labels: &Labels) -> Option<Arc<StoredAlert>> {
        let wanted = Wanted { slot: self.slot(labels), labels };
        self.set.take(&wanted as &dyn Key).map(|kept| kept.stored)
    }

    pub(crate) fn values(&self) -> impl ExactSizeIterator<Item = &Arc<StoredAlert>> + Clone {
        self.set.iter().map(|kept| &kept.stored)
    }

    /// Changes every alert; its labels stay as they are.
    pub(crate) fn change_all(&mut self, mut change: impl FnMut(&mut Arc<StoredAlert>)) {
        let hasher = self.set.hasher().clone();
        let all = std::mem::take(&mut self.set).into_iter();
        self.set = HashSet::with_capacity_and_hasher(all.len(), hasher);
        self.set.extend(all.map(|mut kept| {
            change(&mut kept.stored);
            kept
        }));
    }
}
