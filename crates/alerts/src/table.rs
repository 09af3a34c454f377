//! Alerts by their identity. Each is its own key, so that its labels are kept once: nine bytes an
//! alert and a half of that in reserve.

use crate::alert::StoredAlert;
use foldhash::fast::RandomState;
use model::Labels;
use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Alerts, of which no two have the same labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct AlertTable {
    set: HashSet<ByLabels, RandomState>,
}

#[derive(Clone, Debug)]
struct ByLabels(Arc<StoredAlert>);

impl Borrow<Labels> for ByLabels {
    fn borrow(&self) -> &Labels {
        &self.0.alert.labels
    }
}

impl Hash for ByLabels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.alert.labels.hash(state);
    }
}

impl PartialEq for ByLabels {
    fn eq(&self, other: &Self) -> bool {
        self.0.alert.labels == other.0.alert.labels
    }
}

impl Eq for ByLabels {}

impl AlertTable {
    pub(crate) fn len(&self) -> usize {
        self.set.len()
    }

    pub(crate) fn get(&self, labels: &Labels) -> Option<&Arc<StoredAlert>> {
        self.set.get(labels).map(|ByLabels(stored)| stored)
    }

    /// Takes an alert in the place of the one with its labels.
    pub(crate) fn insert(&mut self, stored: Arc<StoredAlert>) {
        self.set.replace(ByLabels(stored));
    }

    pub(crate) fn remove(&mut self, labels: &Labels) -> Option<Arc<StoredAlert>> {
        self.set.take(labels).map(|ByLabels(stored)| stored)
    }

    pub(crate) fn values(&self) -> impl ExactSizeIterator<Item = &Arc<StoredAlert>> + Clone {
        self.set.iter().map(|ByLabels(stored)| stored)
    }

    /// Changes every alert; its labels stay as they are.
    pub(crate) fn change_all(&mut self, mut change: impl FnMut(&mut Arc<StoredAlert>)) {
        let all = std::mem::take(&mut self.set).into_iter();
        self.set = all
            .map(|ByLabels(mut stored)| {
                change(&mut stored);
                ByLabels(stored)
            })
            .collect();
    }
}
