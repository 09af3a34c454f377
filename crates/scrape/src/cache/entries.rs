//! The ordered cache of lines: raw series bytes -> series, and which line came next last time.
//! A prediction is always verified by comparing bytes, so a wrong one costs a lookup, no more.
//! About 60 bytes an entry besides the bytes of the line and the label set.

use exposition::Part;
use foldhash::fast::FixedState;
use model::{Labels, SeriesRef};
use std::collections::HashMap;
use std::sync::Arc;

/// Number of an entry; reused when the entry is gone.
pub(super) type EntryId = u32;

/// Number of a scrape, from 1; at one a second they last for 136 years.
pub(super) type Round = u32;

/// A series as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) reference: SeriesRef,
    pub(super) labels: Labels,
    /// Part and hash of its OpenMetrics instance, if it can have a creation time.
    pub(super) instance: Option<(Part, u64)>,
}

/// A line that was seen.
#[derive(Clone, Debug)]
struct Entry {
    raw: Arc<[u8]>,
    /// The entry that followed last time.
    next: Option<EntryId>,
    /// Round in which the line was seen last.
    seen: Round,
    /// Round in which it was tracked for staleness last.
    tracked: Round,
    /// Round in which it was tracked before that; comes back when the last one does not count.
    tracked_before: Round,
    /// `None`: relabelling drops it.
    series: Option<Series>,
}

#[derive(Debug, Default)]
pub(super) struct Entries {
    slots: Vec<Option<Entry>>,
    free: Vec<EntryId>,
    index: HashMap<Arc<[u8]>, EntryId, FixedState>,
    first: Option<EntryId>,
    /// Entries at the end of the last good scrape; failed ones may not grow the cache far beyond.
    settled: usize,
}

/// What is known of a line.
pub(super) enum Sighting<'a> {
    /// Relabelling drops it.
    Dropped,
    /// A series; `again` when this round saw the line before.
    Series { series: &'a Series, again: bool },
}

impl Entries {
    /// The line that followed `previous` last time (`None`: the first line).
    pub(super) fn predict(&self, previous: Option<EntryId>) -> Option<(EntryId, &[u8])> {
        let id = match previous {
            None => self.first?,
            Some(previous) => self.get(previous)?.next?,
        };
        Some((id, &self.get(id)?.raw))
    }

    /// Finds a line by its bytes and corrects the prediction.
    pub(super) fn find(&mut self, previous: Option<EntryId>, raw: &[u8]) -> Option<EntryId> {
        let id = *self.index.get(raw)?;
        self.follow(previous, id);
        Some(id)
    }

    /// Adds a line that `find` did not find.
    pub(super) fn insert(
        &mut self,
        previous: Option<EntryId>,
        raw: &[u8],
        round: Round,
        series: Option<Series>,
    ) -> EntryId {
        let raw: Arc<[u8]> = raw.into();
        let entry = Entry {
            raw: Arc::clone(&raw),
            next: None,
            seen: round,
            tracked: 0,
            tracked_before: 0,
            series,
        };
        let id = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            EntryId::try_from(self.slots.len() - 1).expect("a body has fewer than 2^32 lines")
        });
        self.slots[id as usize] = Some(entry);
        self.index.insert(raw, id);
        self.follow(previous, id);
        id
    }

    fn follow(&mut self, previous: Option<EntryId>, id: EntryId) {
        match previous {
            None => self.first = Some(id),
            Some(previous) => {
                if let Some(entry) = self.get_mut(previous) {
                    entry.next = Some(id);
                }
            }
        }
    }

    /// Notes that a line was seen in this round.
    pub(super) fn see(&mut self, id: EntryId, round: Round) -> Sighting<'_> {
        let entry = self.get_mut(id).expect("ids come from `predict`, `find` and `insert`");
        let again = entry.seen == round;
        entry.seen = round;
        match &entry.series {
            None => Sighting::Dropped,
            Some(series) => Sighting::Series { series, again },
        }
    }

    /// Tracks a line for staleness; answers in which round it was tracked before.
    pub(super) fn track(&mut self, id: EntryId, round: Round) -> Round {
        let entry = self.get_mut(id).expect("ids come from `predict`, `find` and `insert`");
        let before = entry.tracked;
        if before != round {
            entry.tracked_before = before;
            entry.tracked = round;
        }
        before
    }

    /// What was tracked in this round does not count: it was not stored.
    pub(super) fn untrack(&mut self, round: Round) {
        for entry in self.slots.iter_mut().flatten().filter(|entry| entry.tracked == round) {
            entry.tracked = entry.tracked_before;
        }
    }

    pub(super) fn series(&self, id: EntryId) -> Option<&Series> {
        self.get(id)?.series.as_ref()
    }

    /// Gives a series its new handle.
    pub(super) fn rebind(&mut self, id: EntryId, reference: SeriesRef) {
        if let Some(series) = self.get_mut(id).and_then(|entry| entry.series.as_mut()) {
            series.reference = reference;
        }
    }

    /// Series tracked last in this round.
    pub(super) fn tracked_in(&self, round: Round) -> impl Iterator<Item = &Series> {
        let entries = self.slots.iter().flatten().filter(move |entry| entry.tracked == round);
        entries.filter_map(|entry| entry.series.as_ref())
    }

    /// Removes lines that were not seen in this round, when the scrape was good or the cache has
    /// grown too much through failed ones (upstream's rule: twice the good size and 1,000).
    pub(super) fn settle(&mut self, round: Round, good: bool) {
        if !good && self.index.len() <= self.settled * 2 + 1000 {
            return;
        }
        for (id, slot) in self.slots.iter_mut().enumerate() {
            if let Some(entry) = slot.take_if(|entry| entry.seen != round) {
                self.index.remove(&entry.raw);
                self.free.push(EntryId::try_from(id).expect("slots are numbered by EntryId"));
            }
        }
        self.settled = self.index.len();
    }

    /// Removes everything; gives back the series with the round that tracked them last.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (Series, Round)> + use<> {
        self.index.clear();
        self.free.clear();
        self.first = None;
        self.settled = 0;
        let slots = std::mem::take(&mut self.slots);
        slots.into_iter().flatten().filter_map(|e| e.series.map(|series| (series, e.tracked)))
    }

    /// Number of lines remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    fn get(&self, id: EntryId) -> Option<&Entry> {
        self.slots.get(id as usize)?.as_ref()
    }

    fn get_mut(&mut self, id: EntryId) -> Option<&mut Entry> {
        self.slots.get_mut(id as usize)?.as_mut()
    }
}
