//! The head: every series in memory, found by label set, by id and by matcher.
//! Owned by the database under one lock; changed only by its writer. Pure: no clock, no files.
//!
//! Cost of a known series: one hash of its label text (about 50 ns), one table slot per row
//! (about 10 ns). Fixed memory per series: 180 bytes, its label text, 24 bytes a label.

mod exemplars;
mod late;
mod narrow;
mod part;
mod postings;
mod series;

#[cfg(test)]
mod tests;

pub(crate) use exemplars::Exemplars;
pub(crate) use part::{Part, RowCopies, View, histogram_bytes};
pub(crate) use postings::HeadPostings;
use series::{GroupTimes, SHARERS_MAX};
pub(crate) use series::{Newest, Series};

use hashbrown::HashTable;
use model::{
    Exemplar, GroupKey, Labels, METRIC_NAME, Metadata, MetricMetadata, Row, SeriesRef, Timestamp,
    Value,
};
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

/// Ids further beyond the others than this come from damage, not from churn.
const ID_GAP_MAX: u64 = 1 << 24;

/// Series of one source.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) key: GroupKey,
    pub(crate) series: usize,
    times: GroupTimes,
}

/// Everything that is kept in memory.
#[derive(Debug)]
pub(crate) struct Head {
    /// Id of slot 0; fixed while the process lives.
    id_base: u64,
    slots: Vec<Option<Box<Series>>>,
    /// Slots by the hash of their labels: 5 bytes an entry, where a map of labels takes 25.
    by_labels: HashTable<u32>,
    pub(crate) postings: HeadPostings,
    groups: Vec<Group>,
    /// Slots of groups whose last series left.
    free_groups: Vec<u32>,
    group_slots: HashMap<GroupKey, u32, foldhash::fast::FixedState>,
    pub(crate) metadata: BTreeMap<String, Metadata>,
    pub(crate) exemplars: Exemplars,
    /// Counts freezes; parts of older generations belong to a running flush.
    pub(crate) generation: u32,
    /// Estimated bytes of memory.
    pub(crate) memory: usize,
    /// Newest instant of any series; ms since the epoch.
    pub(crate) newest_ms: i64,
    /// Samples of each generation that is in memory, oldest first.
    tallies: Vec<Tally>,
    live: usize,
}

/// Samples in memory that one generation brought.
#[derive(Clone, Copy, Debug)]
struct Tally {
    generation: u32,
    count: usize,
    /// Instants of its earliest and of its latest sample, ms.
    span: (i64, i64),
}

/// A series at the moment of a flush with its newest sample then, which the next one replaces.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) id: SeriesRef,
    pub(crate) newest: Option<Newest>,
}

/// A row on its way into the head.
#[derive(Clone, Debug)]
pub(crate) struct AppliedRow<'a> {
    pub(crate) series: SeriesRef,
    pub(crate) timestamp: Timestamp,
    pub(crate) value: &'a Value,
    pub(crate) start: Option<Timestamp>,
}

/// What a checkpoint needs of one series; its samples stay in the head, see [`Head::frozen`].
#[derive(Clone, Debug)]
pub(crate) struct FrozenSeries {
    pub(crate) id: SeriesRef,
    pub(crate) group: GroupKey,
    pub(crate) labels: Labels,
    pub(crate) newest: Option<Newest>,
}

impl Head {
    /// An empty head whose first new series gets `next_id`.
    pub(crate) fn new(next_id: u64) -> Self {
        Self {
            id_base: next_id,
            slots: Vec::new(),
            by_labels: HashTable::new(),
            postings: HeadPostings::default(),
            groups: Vec::new(),
            free_groups: Vec::new(),
            group_slots: HashMap::default(),
            metadata: BTreeMap::new(),
            exemplars: Exemplars::default(),
            generation: 1,
            memory: 0,
            newest_ms: i64::MIN,
            tallies: Vec::new(),
            live: 0,
        }
    }

    /// Id that the next new series gets.
    pub(crate) fn next_id(&self) -> u64 {
        self.id_base + self.slots.len() as u64
    }

    /// Smallest id of a live series, journaled or not; the next id when there is none.
    pub(crate) fn first_id(&self) -> u64 {
        let first = self.slots.iter().position(Option::is_some).unwrap_or(self.slots.len());
        self.id_base + first as u64
    }

    /// Number of series in memory.
    pub(crate) fn len(&self) -> usize {
        self.live
    }

    pub(crate) fn find(&self, labels: &Labels) -> Option<SeriesRef> {
        let same = |slot: &u32| self.at(*slot).is_some_and(|series| series.labels == *labels);
        self.by_labels.find(hash_of(labels), same).map(|slot| self.id(*slot))
    }

    fn id(&self, slot: u32) -> SeriesRef {
        SeriesRef(self.id_base + u64::from(slot))
    }

    fn slot(&self, id: SeriesRef) -> Option<usize> {
        usize::try_from(id.0.checked_sub(self.id_base)?).ok()
    }

    /// The series of an id, if it lives.
    pub(crate) fn get(&self, id: SeriesRef) -> Option<&Series> {
        self.slots.get(self.slot(id)?)?.as_deref()
    }

    pub(crate) fn get_mut(&mut self, id: SeriesRef) -> Option<&mut Series> {
        let slot = self.slot(id)?;
        self.slots.get_mut(slot)?.as_deref_mut()
    }

    /// The series of a posting.
    pub(crate) fn at(&self, slot: u32) -> Option<&Series> {
        self.slots.get(slot as usize)?.as_deref()
    }

    /// Series of a group, for its limit.
    pub(crate) fn group_series(&self, key: GroupKey) -> usize {
        self.group_slots.get(&key).map_or(0, |slot| self.groups[*slot as usize].series)
    }

    pub(crate) fn group_key(&self, series: &Series) -> GroupKey {
        self.groups[series.group as usize].key
    }

    /// Number of groups with series.
    pub(crate) fn group_count(&self) -> usize {
        self.group_slots.len()
    }

    fn group_slot(&mut self, key: GroupKey) -> u32 {
        *self.group_slots.entry(key).or_insert_with(|| {
            let times = GroupTimes::new(self.generation);
            let group = Group { key, series: 0, times };
            if let Some(slot) = self.free_groups.pop() {
                self.groups[slot as usize] = group;
                return slot;
            }
            self.groups.push(group);
            u32::try_from(self.groups.len() - 1).expect("a group per series, below 2^32")
        })
    }

    /// Forgets groups that have no series any more, so that churning targets leave nothing behind.
    fn drop_empty_groups(&mut self) {
        let (groups, free) = (&mut self.groups, &mut self.free_groups);
        self.group_slots.retain(|_, slot| {
            let group = &mut groups[*slot as usize];
            let keep = group.series > 0;
            if !keep {
                group.times = GroupTimes::default();
                free.push(*slot);
            }
            keep
        });
    }

    /// Adds a series under the next id.
    pub(crate) fn insert(&mut self, group: GroupKey, labels: &Labels) -> SeriesRef {
        let id = SeriesRef(self.next_id());
        self.insert_with_id(id, group, labels);
        id
    }

    /// Lets the next new series get at least this id.
    pub(crate) fn reserve_ids(&mut self, next_id: u64) {
        let missing = next_id.saturating_sub(self.next_id());
        let len = self.slots.len().saturating_add(usize::try_from(missing).unwrap_or(usize::MAX));
        self.slots.resize_with(len, || None);
    }

    /// May replay give this id to a series? It must be free and not far beyond the others.
    pub(crate) fn is_free(&self, id: SeriesRef) -> bool {
        id.0 >= self.id_base
            && id.0 - self.next_id().min(id.0) < ID_GAP_MAX
            && self.get(id).is_none()
    }

    /// Adds a series under a free id: a new one, or one that replay left open.
    pub(crate) fn insert_with_id(&mut self, id: SeriesRef, group: GroupKey, labels: &Labels) {
        assert!(self.get(id).is_none(), "INV-14: an id has one series");
        assert!(self.find(labels).is_none(), "INV-14: a label set has one live series");
        let slot = self.slot(id).expect("not below the base, checked above");
        let group = self.group_slot(group);
        self.groups[group as usize].series += 1;
        if slot >= self.slots.len() {
            self.slots.resize_with(slot + 1, || None);
        }
        let mut series = Series::new(labels.clone(), group);
        series.touched = self.generation;
        self.slots[slot] = Some(Box::new(series));
        let slot = u32::try_from(slot).expect("the series limit is below 2^32 in one process");
        let slots = &self.slots;
        let hash_at = |slot: &u32| {
            let series = slots[*slot as usize].as_deref().expect("slots of the table live");
            hash_of(&series.labels)
        };
        self.by_labels.insert_unique(hash_of(labels), slot, hash_at);
        self.postings.insert(slot, labels);
        self.groups[group as usize].times.members.push(slot);
        self.memory += Series::fixed_memory(labels);
        self.live += 1;
    }

    /// Forgets which samples were the newest, so that replay takes every row.
    pub(crate) fn forget_newest(&mut self) {
        for series in self.slots.iter_mut().flatten() {
            series.newest = None;
        }
    }

    /// Lets series that stand in the future go on from now: once their samples are in segments,
    /// where order does not matter, nothing keeps them from taking older ones. Otherwise a clock
    /// that was years ahead for a minute would silence them for years.
    pub(crate) fn forgive_future(&mut self, limit: Timestamp) {
        for series in self.slots.iter_mut().flatten() {
            let ahead = series.newest.as_ref().is_some_and(|newest| newest.timestamp > limit);
            if ahead && series.samples() == 0 {
                series.newest = None;
            }
        }
    }

    /// Brings into the processor's cache what [`Head::apply`] will read and change.
    ///
    /// The series of a scrape lie anywhere in memory, and `apply` waits for each of them in turn.
    /// Loads of loops that do nothing else, and decide nothing by what they load, are under way
    /// together: first the series, then what they point to.
    pub(crate) fn warm(&self, rows: &[Row]) {
        let living = || rows.iter().filter_map(|row| self.get(row.series));
        let series = living().fold(0, |sum: usize, series| sum.wrapping_add(series.warm()));
        let values = living().fold(0, |sum: usize, series| sum.wrapping_add(series.warm_values()));
        std::hint::black_box((series, values));
    }

    /// Appends a row that was found valid.
    pub(crate) fn apply(&mut self, row: &AppliedRow<'_>) {
        let slot = self.slot(row.series).expect("the row was validated");
        let group = self.slots[slot].as_deref().expect("the row was validated").group;
        let times = &self.groups[group as usize].times;
        if times.generation < self.generation {
            self.set_group_aside(group);
        } else if times.is_full_for(row.timestamp.ms()) {
            self.seal_group(group);
        }
        let series = self.slots[slot].as_deref_mut().expect("the row was validated");
        let times = &mut self.groups[group as usize].times;
        let change = series.append(row, self.generation, times);
        self.memory = self.memory.saturating_add_signed(change);
        self.newest_ms = self.newest_ms.max(row.timestamp.ms());
        self.tally(row.timestamp.ms());
    }

    /// Counts a sample that was added.
    fn tally(&mut self, ms: i64) {
        match self.tallies.last_mut() {
            Some(tally) if tally.generation == self.generation => {
                tally.count += 1;
                tally.span = (tally.span.0.min(ms), tally.span.1.max(ms));
            }
            _ => {
                self.tallies.push(Tally { generation: self.generation, count: 1, span: (ms, ms) });
            }
        }
    }

    /// Adds a row that is older than the newest of its series and was found valid.
    pub(crate) fn apply_late(&mut self, row: &AppliedRow<'_>) {
        let slot = self.slot(row.series).expect("the row was validated");
        let series = self.slots[slot].as_deref_mut().expect("the row was validated");
        let rows = &self.groups[series.group as usize].times.rows;
        let change = series.append_late(row, self.generation, rows);
        self.memory = self.memory.saturating_add_signed(change);
        self.tally(row.timestamp.ms());
    }

    /// The sample of a series at an instant, if it is in memory.
    pub(crate) fn sample_at(&self, series: &Series, timestamp: Timestamp) -> Option<Value> {
        series.find(timestamp.ms(), self.rows(series))
    }

    /// Seals every series that stands in the rows of its group, and begins them anew.
    fn seal_group(&mut self, group: u32) {
        let times = &mut self.groups[group as usize].times;
        let members = std::mem::take(&mut times.members);
        for slot in &members {
            let series = self.slots[*slot as usize].as_deref_mut().expect("members live");
            let change = series.seal_shared(self.generation, times);
            self.memory = self.memory.saturating_add_signed(change);
        }
        times.members = members;
        times.rows.clear();
    }

    /// Makes parts of the open runs of a group, which belong to an older generation than the row
    /// that comes next: blocks, or raw parts when encoding so many would take long.
    fn set_group_aside(&mut self, group: u32) {
        let times = &mut self.groups[group as usize].times;
        let members = std::mem::take(&mut times.members);
        let is_small = members.len() <= SHARERS_MAX;
        let mut copies = RowCopies::default();
        for slot in &members {
            let series = self.slots[*slot as usize].as_deref_mut().expect("members live");
            let change = if is_small {
                series.seal_open(times.generation, times)
            } else {
                series.set_aside(times.generation, &times.rows, &mut copies)
            };
            self.memory = self.memory.saturating_add_signed(change);
        }
        times.members = members;
        times.rows.clear();
        times.generation = self.generation;
    }

    /// Times of the rows that the group of a series shares.
    fn rows(&self, series: &Series) -> &[i64] {
        &self.groups[series.group as usize].times.rows
    }

    /// What of a series is visible now within the range.
    pub(crate) fn view(&self, series: &Series, range: (i64, i64), copies: &mut RowCopies) -> View {
        series.view(range, self.rows(series), copies)
    }

    /// Has a series samples in memory within the range?
    pub(crate) fn overlaps(&self, series: &Series, range: (i64, i64)) -> bool {
        series.overlaps(range, self.rows(series))
    }

    /// Keeps metadata; returns whether there was room.
    pub(crate) fn set_metadata(&mut self, entry: &MetricMetadata, max: usize) -> bool {
        let texts = |metadata: &Metadata| metadata.help.len() + metadata.unit.len();
        if let Some(known) = self.metadata.get_mut(&entry.metric) {
            self.memory = self.memory.saturating_sub(texts(known)) + texts(&entry.metadata);
            known.clone_from(&entry.metadata);
            return true;
        }
        if self.metadata.len() >= max {
            return false;
        }
        self.memory += 128 + entry.metric.len() + texts(&entry.metadata);
        self.metadata.insert(entry.metric.clone(), entry.metadata.clone());
        true
    }

    /// Keeps an exemplar of a living series; at most `max` stay.
    pub(crate) fn push_exemplar(&mut self, id: SeriesRef, exemplar: &Exemplar, max: usize) {
        let Some(series) = self.get(id) else { return };
        let labels = series.labels.clone();
        self.keep_exemplar(&labels, exemplar.clone(), max);
    }

    /// Keeps an exemplar of a label set, whether it lives or not.
    pub(crate) fn keep_exemplar(&mut self, labels: &Labels, exemplar: Exemplar, max: usize) {
        let before = self.exemplars.memory();
        self.exemplars.push(labels, exemplar, max);
        self.memory = self.memory.saturating_sub(before) + self.exemplars.memory();
    }

    /// Begins a new generation; what was there before stays visible until [`Head::forget`]. Returns
    /// the series that the journal bore, ascending by id. Open runs stay as they are: those that go
    /// on meanwhile become parts with their next row, all others cost a flush nothing.
    pub(crate) fn freeze(&mut self) -> Vec<Standing> {
        let generation = self.generation;
        self.generation += 1;
        let mut standing = Vec::with_capacity(self.live);
        for (slot, series) in (0_u64..).zip(&mut self.slots) {
            let born = |series: &&mut Series| series.born().is_some();
            let Some(series) = series.as_deref_mut().filter(born) else { continue };
            self.memory = self.memory.saturating_add_signed(series.freeze_late(generation));
            let id = SeriesRef(self.id_base + slot);
            standing.push(Standing { id, newest: series.newest.clone() });
        }
        standing
    }

    /// What a checkpoint says of series that live.
    pub(crate) fn describe(&self, standing: &[Standing]) -> Vec<FrozenSeries> {
        let living = standing.iter().filter_map(|one| Some((one, self.get(one.id)?)));
        let described = living.map(|(one, series)| FrozenSeries {
            id: one.id,
            group: self.group_key(series),
            labels: series.labels.clone(),
            newest: one.newest.clone(),
        });
        described.collect()
    }

    /// Names of the metrics in their order, `None` (first) if there are series without one.
    pub(crate) fn metrics(&self) -> Vec<Option<Box<str>>> {
        let mut named = 0;
        let mut metrics = Vec::new();
        for (metric, slots) in self.postings.values(METRIC_NAME) {
            named += slots.len();
            metrics.push(Some(Box::from(metric)));
        }
        if named < self.live {
            metrics.push(None);
        }
        metrics.sort_unstable();
        metrics
    }

    /// Adds the series of a metric, in the order of their ids.
    pub(crate) fn list_metric(&self, metric: Option<&str>, into: &mut Vec<(Labels, SeriesRef)>) {
        let mut add = |slot: u32, series: &Series| {
            into.push((series.labels.clone(), self.id(slot)));
        };
        match metric {
            Some(metric) => {
                for slot in self.postings.of(METRIC_NAME, metric) {
                    add(*slot, self.at(*slot).expect("INV-12: postings name living series"));
                }
            }
            None => {
                for (slot, series) in (0_u32..).zip(&self.slots) {
                    let unnamed = |series: &&Series| series.labels.metric_name().is_none();
                    if let Some(series) = series.as_deref().filter(unnamed) {
                        add(slot, series);
                    }
                }
            }
        }
    }

    /// The samples of a series up to `generation`, frozen and not forgotten yet.
    pub(crate) fn frozen(&self, id: SeriesRef, generation: u32, copies: &mut RowCopies) -> View {
        self.get(id).map_or_else(View::default, |series| {
            series.frozen(generation, &self.groups[series.group as usize].times, copies)
        })
    }

    /// Calls `each` with first and last instant of every part in order of [`Head::frozen`].
    pub(crate) fn frozen_spans(
        &self,
        id: SeriesRef,
        generation: u32,
        each: impl FnMut((i64, i64)),
    ) {
        if let Some(series) = self.get(id) {
            series.frozen_spans(generation, &self.groups[series.group as usize].times, each);
        }
    }

    /// Samples of a series that came late up to `generation`, not forgotten yet.
    pub(crate) fn frozen_late(&self, id: SeriesRef, generation: u32) -> impl Iterator<Item = Part> {
        self.get(id).into_iter().flat_map(move |series| series.frozen_late(generation)).cloned()
    }

    /// Drops the samples of all generations up to `generation`: they are in segments now.
    pub(crate) fn forget(&mut self, generation: u32) {
        let mut freed = 0;
        for series in self.slots.iter_mut().flatten() {
            let is_of_it = self.groups[series.group as usize].times.generation <= generation;
            freed += series.forget(generation, is_of_it);
        }
        for group in &mut self.groups {
            if group.times.generation <= generation {
                group.times.rows.clear();
                group.times.generation = self.generation;
            }
        }
        self.memory = self.memory.saturating_sub(freed);
        self.tallies.retain(|tally| tally.generation > generation);
    }

    /// Drops series without samples in memory whose newest sample is older than `before_ms` and
    /// that were not touched since `generation`; returns how many.
    pub(crate) fn drop_idle(&mut self, generation: u32, before_ms: i64) -> usize {
        let idle = |series: &Series| {
            let old = series.newest.as_ref().is_none_or(|newest| newest.timestamp.ms() < before_ms);
            old && series.touched < generation && series.samples() == 0
        };
        let gone: Vec<u32> = (0_u32..)
            .zip(&self.slots)
            .filter(|(_, series)| series.as_deref().is_some_and(idle))
            .map(|(slot, _)| slot)
            .collect();
        if gone.is_empty() {
            return 0;
        }
        for slot in &gone {
            let series = self.slots[*slot as usize].take().expect("found alive above");
            let found = self.by_labels.find_entry(hash_of(&series.labels), |known| known == slot);
            found.expect("a living series is in the table").remove();
            self.groups[series.group as usize].series -= 1;
            self.memory = self.memory.saturating_sub(Series::fixed_memory(&series.labels));
        }
        for group in &mut self.groups {
            group.times.members.retain(|slot| gone.binary_search(slot).is_err());
        }
        self.postings.remove(|slot| gone.binary_search(&slot).is_ok());
        self.live -= gone.len();
        self.drop_empty_groups();
        gone.len()
    }

    /// First and last timestamp in memory.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        let spans = self.tallies.iter().map(|tally| tally.span);
        spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Number of samples in memory.
    pub(crate) fn samples(&self) -> usize {
        self.tallies.iter().map(|tally| tally.count).sum()
    }
}

fn hash_of(labels: &Labels) -> u64 {
    foldhash::fast::FixedState::default().hash_one(labels)
}
