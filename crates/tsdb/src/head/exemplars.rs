//! Exemplars in memory: one ring over all series, the oldest go first.
//! Kept with the label set of their series, so that they outlive the series in memory.

use model::{Exemplar, Labels};
use std::collections::{HashMap, VecDeque};

/// A bounded ring of exemplars.
#[derive(Debug, Default)]
pub(crate) struct Exemplars {
    ring: VecDeque<(Labels, Exemplar)>,
    /// Newest exemplar of each series in the ring; a sender repeats it until a new one comes.
    newest: HashMap<Labels, (i64, u64, usize), foldhash::fast::FixedState>,
    memory: usize,
}

/// Estimated bytes of an exemplar, with the labels of its series: they may live here alone.
fn bytes(series: &Labels, exemplar: &Exemplar) -> usize {
    160 + series.text_len() + exemplar.labels.text_len() + 8 * exemplar.labels.len()
}

impl Exemplars {
    /// Is it the newest of its series again, or older?
    pub(crate) fn is_repeated(&self, series: &Labels, exemplar: &Exemplar) -> bool {
        self.newest.get(series).is_some_and(|(timestamp, bits, _)| {
            let new = exemplar.timestamp.ms();
            new < *timestamp || (new == *timestamp && exemplar.value.to_bits() == *bits)
        })
    }

    /// Adds an exemplar unless it is repeated; at most `max` stay.
    pub(crate) fn push(&mut self, series: &Labels, exemplar: Exemplar, max: usize) {
        if max == 0 || self.is_repeated(series, &exemplar) {
            return;
        }
        while self.ring.len() >= max {
            self.drop_oldest();
        }
        let (timestamp, bits) = (exemplar.timestamp.ms(), exemplar.value.to_bits());
        let entry = self.newest.entry(series.clone()).or_insert((timestamp, bits, 0));
        *entry = (timestamp, bits, entry.2 + 1);
        self.memory += bytes(series, &exemplar);
        self.ring.push_back((series.clone(), exemplar));
    }

    fn drop_oldest(&mut self) {
        let Some((series, exemplar)) = self.ring.pop_front() else { return };
        self.memory -= bytes(&series, &exemplar);
        if let Some(entry) = self.newest.get_mut(&series) {
            entry.2 -= 1;
            if entry.2 == 0 {
                self.newest.remove(&series);
            }
        }
    }

    /// All of them, older to newer.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Labels, Exemplar)> {
        self.ring.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.ring.len()
    }

    /// Estimated bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }
}
