//! The ordered cache of lines: series bytes -> series, which line came next last time, and what
//! stood before it. Predictions are always verified by comparing bytes, so a wrong one costs a
//! lookup, no more.
//! Texts stand together in the order in which they came, entries too: a page like the last one is
//! read against memory that is walked forward. 90 bytes an entry besides texts and label set.

use super::family::Declared;
use exposition::Part;
use foldhash::fast::FixedState;
use model::{Labels, SeriesRef};
use std::collections::HashMap;
use std::hash::BuildHasher as _;

/// Number of an entry; reused when the entry is gone.
pub(super) type EntryId = u32;

/// Number of a scrape, from 1; at one a second they last for 136 years.
pub(super) type Round = u32;

/// No entry: bodies have fewer lines.
const NOBODY: EntryId = EntryId::MAX;
/// Texts are put together anew when more than this, and than half of them, belongs to nobody.
const WASTE_BYTES_MAX: usize = 64 << 10;

/// A series as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) reference: SeriesRef,
    pub(super) labels: Labels,
    /// Part and hash of its OpenMetrics instance, if it can have a creation time.
    pub(super) instance: Option<(Part, u64)>,
}

/// A place in the texts.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: usize,
    len: usize,
}

/// A line that was seen: what every scrape needs of it.
#[derive(Clone, Debug)]
struct Entry {
    /// Its series; never empty, unless the entry is free.
    series: Span,
    /// The comments before it.
    comments: Span,
    /// What they declare.
    declared: Declared,
    /// `None`: relabelling drops it.
    reference: Option<SeriesRef>,
    /// The entry that followed last time, or [`NOBODY`].
    next: EntryId,
    /// Round in which the line was seen last.
    seen: Round,
    /// Round in which it was tracked for staleness last.
    tracked: Round,
    /// Round in which it was tracked before that; comes back when the last one does not count.
    tracked_before: Round,
}

#[derive(Debug)]
pub(super) struct Entries {
    slots: Vec<Entry>,
    /// What is seldom needed of the slots' series.
    series: Vec<Option<Series>>,
    free: Vec<EntryId>,
    texts: Vec<u8>,
    /// Bytes of the texts that belong to no entry.
    waste: usize,
    /// By hash of the series bytes; of two with one hash the later one is found.
    index: HashMap<u64, EntryId, FixedState>,
    first: EntryId,
    /// Entries that the running scrape saw.
    seen_now: usize,
    /// Entries at the end of the last good scrape; failed ones may not grow the cache far beyond.
    settled: usize,
}

impl Default for Entries {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            series: Vec::new(),
            free: Vec::new(),
            texts: Vec::new(),
            waste: 0,
            index: HashMap::default(),
            first: NOBODY,
            seen_now: 0,
            settled: 0,
        }
    }
}

/// The line that will probably come next.
pub(super) struct Likely<'a> {
    pub(super) id: EntryId,
    pub(super) comments: &'a [u8],
    pub(super) declared: Declared,
    pub(super) series: &'a [u8],
}

/// What is known of a line.
pub(super) enum Sighting {
    /// Relabelling drops it.
    Dropped,
    /// A series; `again` when this round saw the line before.
    Series { reference: SeriesRef, again: bool },
}

impl Entries {
    /// A page begins.
    pub(super) fn begin(&mut self) {
        self.seen_now = 0;
    }

    /// The line that followed `previous` last time (`None`: the first line).
    pub(super) fn predict(&self, previous: Option<EntryId>) -> Option<Likely<'_>> {
        let id = match previous {
            None => self.first,
            Some(previous) => self.slots[previous as usize].next,
        };
        let entry = self.slots.get(id as usize).filter(|entry| entry.series.len > 0)?;
        let (comments, series) = (self.text(entry.comments), self.text(entry.series));
        Some(Likely { id, comments, declared: entry.declared, series })
    }

    /// Finds a line by its series and corrects the prediction.
    pub(super) fn find(&mut self, previous: Option<EntryId>, series: &[u8]) -> Option<EntryId> {
        let id = *self.index.get(&hash(series))?;
        if self.text(self.slots[id as usize].series) != series {
            return None;
        }
        self.follow(previous, id);
        Some(id)
    }

    /// Adds a line that `find` did not find.
    pub(super) fn insert(
        &mut self,
        previous: Option<EntryId>,
        text: &[u8],
        round: Round,
        series: Option<Series>,
    ) -> EntryId {
        let entry = Entry {
            series: self.keep(text),
            comments: Span::default(),
            declared: Declared::default(),
            reference: series.as_ref().map(|series| series.reference),
            next: NOBODY,
            seen: round,
            tracked: 0,
            tracked_before: 0,
        };
        self.seen_now += 1;
        let id = if let Some(id) = self.free.pop() {
            self.slots[id as usize] = entry;
            self.series[id as usize] = series;
            id
        } else {
            self.slots.push(entry);
            self.series.push(series);
            EntryId::try_from(self.slots.len() - 1).expect("a body has fewer than 2^32 lines")
        };
        self.index.insert(hash(text), id);
        self.follow(previous, id);
        id
    }

    /// Remembers what stood before a line.
    pub(super) fn learn_comments(&mut self, id: EntryId, comments: &[u8], declared: Declared) {
        let known = self.slots[id as usize].comments;
        if self.text(known) != comments {
            self.waste += known.len;
            self.slots[id as usize].comments = self.keep(comments);
        }
        self.slots[id as usize].declared = declared;
    }

    /// Forgets all comments and what they declare, which has other numbers now.
    pub(super) fn forget_comments(&mut self) {
        for entry in &mut self.slots {
            entry.declared = Declared::default();
            self.waste += std::mem::take(&mut entry.comments).len;
        }
    }

    fn text(&self, span: Span) -> &[u8] {
        &self.texts[span.start..span.start + span.len]
    }

    fn keep(&mut self, text: &[u8]) -> Span {
        let start = self.texts.len();
        self.texts.extend_from_slice(text);
        Span { start, len: text.len() }
    }

    fn follow(&mut self, previous: Option<EntryId>, id: EntryId) {
        match previous {
            None => self.first = id,
            Some(previous) => self.slots[previous as usize].next = id,
        }
    }

    /// Notes that a line was seen in this round.
    pub(super) fn see(&mut self, id: EntryId, round: Round) -> Sighting {
        let entry = &mut self.slots[id as usize];
        let again = entry.seen == round;
        entry.seen = round;
        self.seen_now += usize::from(!again);
        match entry.reference {
            None => Sighting::Dropped,
            Some(reference) => Sighting::Series { reference, again },
        }
    }

    /// Tracks a line for staleness; answers in which round it was tracked before.
    pub(super) fn track(&mut self, id: EntryId, round: Round) -> Round {
        let entry = &mut self.slots[id as usize];
        let before = entry.tracked;
        if before != round {
            entry.tracked_before = before;
            entry.tracked = round;
        }
        before
    }

    /// What was tracked in this round does not count: it was not stored.
    pub(super) fn untrack(&mut self, round: Round) {
        for entry in self.slots.iter_mut().filter(|entry| entry.tracked == round) {
            entry.tracked = entry.tracked_before;
        }
    }

    pub(super) fn series(&self, id: EntryId) -> Option<&Series> {
        self.series[id as usize].as_ref()
    }

    /// Gives a series its new handle.
    pub(super) fn rebind(&mut self, id: EntryId, reference: SeriesRef) {
        if let Some(series) = &mut self.series[id as usize] {
            series.reference = reference;
            self.slots[id as usize].reference = Some(reference);
        }
    }

    /// Series tracked last in this round.
    pub(super) fn tracked_in(&self, round: Round) -> impl Iterator<Item = SeriesRef> {
        let entries = self.slots.iter().filter(move |entry| entry.tracked == round);
        entries.filter_map(|entry| entry.reference)
    }

    /// Removes lines that were not seen in this round, when the scrape was good or the cache has
    /// grown too much through failed ones (upstream's rule: twice the good size and 1,000).
    pub(super) fn settle(&mut self, round: Round, good: bool) {
        let lines = self.len();
        if good && self.seen_now == lines {
            self.settled = lines;
        } else if good || lines > self.settled * 2 + 1000 {
            self.remove_unseen(round);
            self.settled = self.len();
        }
        if self.waste > WASTE_BYTES_MAX.max(self.texts.len() / 2) {
            self.gather_texts();
        }
    }

    fn remove_unseen(&mut self, round: Round) {
        for id in 0..self.slots.len() {
            let entry = &mut self.slots[id];
            if entry.series.len == 0 || entry.seen == round {
                continue;
            }
            let series = std::mem::take(&mut entry.series);
            let comments = std::mem::take(&mut entry.comments);
            self.series[id] = None;
            self.waste += series.len + comments.len;
            let hash = hash(self.text(series));
            let id = EntryId::try_from(id).expect("slots are numbered by EntryId");
            if self.index.get(&hash) == Some(&id) {
                self.index.remove(&hash);
            }
            self.free.push(id);
        }
    }

    /// Copies the texts that belong to entries, so that no others are left.
    fn gather_texts(&mut self) {
        let old = std::mem::take(&mut self.texts);
        self.texts.reserve_exact(old.len() - self.waste);
        for entry in &mut self.slots {
            for span in [&mut entry.comments, &mut entry.series] {
                let text = &old[span.start..span.start + span.len];
                span.start = self.texts.len();
                self.texts.extend_from_slice(text);
            }
        }
        self.waste = 0;
    }

    /// Removes everything; gives back the series with the round that tracked them last.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (Series, Round)> + use<> {
        let Self { slots, series, .. } = std::mem::take(self);
        let all = series.into_iter().zip(slots);
        all.filter_map(|(series, entry)| Some((series?, entry.tracked)))
    }

    #[cfg(test)]
    pub(super) fn text_bytes(&self) -> usize {
        self.texts.len()
    }

    /// Number of lines remembered.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

fn hash(series: &[u8]) -> u64 {
    FixedState::default().hash_one(series)
}

#[cfg(test)]
mod tests {
    use super::{Entries, Series, hash};

    #[test]
    fn of_two_series_with_one_hash_the_wrong_one_is_never_found() {
        let mut entries = Entries::default();
        let id = entries.insert(None, b"a", 1, None);
        entries.index.insert(hash(b"b"), id);
        assert_eq!(entries.find(None, b"b"), None);
        assert_eq!(entries.find(None, b"a"), Some(id));
    }

    #[test]
    fn a_line_that_is_gone_leaves_the_others_and_nothing_of_itself() {
        let labels = model::Labels::from_pairs([("__name__", "a")]);
        let series = Series { reference: model::SeriesRef(1), labels, instance: None };
        let mut entries = Entries::default();
        let gone = entries.insert(None, b"a", 1, Some(series));
        let stays = entries.insert(None, b"b", 2, None);
        entries.index.insert(hash(b"a"), stays);
        entries.remove_unseen(2);
        assert!(entries.series(gone).is_none());
        assert_eq!(entries.index.get(&hash(b"a")), Some(&stays), "of two with one hash");
    }
}
