//! The head's inverted index: label name -> value -> series slots, all in memory.
//! New series get growing slots, so lists stay sorted by appending (replay may fill holes). About
//! 12 bytes a label and series.

use crate::postings::Postings;
use model::{Labels, QuerierError};
use std::collections::HashMap;

type Map<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// Inverted index over the series in memory.
#[derive(Debug, Default)]
pub(crate) struct HeadPostings {
    names: Map<Box<str>, Map<Box<str>, Vec<u32>>>,
    all: Vec<u32>,
}

impl HeadPostings {
    /// Adds a series.
    pub(crate) fn insert(&mut self, slot: u32, labels: &Labels) {
        insert_sorted(&mut self.all, slot);
        for (name, value) in labels.iter() {
            let values = match self.names.get_mut(name) {
                Some(values) => values,
                None => self.names.entry(name.into()).or_default(),
            };
            match values.get_mut(value) {
                Some(list) => insert_sorted(list, slot),
                None => drop(values.insert(value.into(), vec![slot])),
            }
        }
    }

    /// Forgets all series for which `gone` answers yes.
    pub(crate) fn remove(&mut self, mut gone: impl FnMut(u32) -> bool) {
        self.all.retain(|slot| !gone(*slot));
        for values in self.names.values_mut() {
            values.retain(|_, list| {
                list.retain(|slot| !gone(*slot));
                !list.is_empty()
            });
        }
        self.names.retain(|_, values| !values.is_empty());
    }

    /// Slots of the series with this pair, ascending.
    pub(crate) fn of(&self, name: &str, value: &str) -> &[u32] {
        let list = self.names.get(name).and_then(|values| values.get(value));
        list.map_or(&[], Vec::as_slice)
    }

    /// Label names with the values and lists of each, in no order.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, Vec<(&str, &[u32])>)> {
        self.names.iter().map(|(name, values)| {
            (&**name, values.iter().map(|(value, list)| (&**value, &**list)).collect())
        })
    }

    /// Values of one label with their lists, in no order.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = (&str, &[u32])> {
        self.names.get(name).into_iter().flatten().map(|(value, list)| (&**value, &**list))
    }
}

fn insert_sorted(list: &mut Vec<u32>, slot: u32) {
    if list.last().is_none_or(|last| *last < slot) {
        list.push(slot);
        return;
    }
    let place = list.binary_search(&slot);
    list.insert(place.expect_err("INV-12: a slot has one series"), slot);
}

impl Postings for HeadPostings {
    fn all(&self) -> Vec<u32> {
        self.all.clone()
    }

    fn list(&self, name: &str, value: &str, into: &mut Vec<u32>) {
        into.extend_from_slice(self.of(name, value));
    }

    fn lists(
        &self,
        name: &str,
        wanted: &mut dyn FnMut(&str) -> Result<bool, QuerierError>,
        into: &mut Vec<u32>,
    ) -> Result<(), QuerierError> {
        for (value, list) in self.names.get(name).into_iter().flatten() {
            if wanted(value)? {
                into.extend_from_slice(list);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
