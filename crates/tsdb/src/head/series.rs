//! One series in memory: an open run of raw samples, sealed blocks behind it. Timestamps of open
//! runs stand once per group in rows that its series share.
//! Neighbours: `head` owns it, selections share its sealed parts. No locks, no clock.
//!
//! Open run: 0 to 8 bytes a sample (8 more with a time of its own), at most 120; sealed: 0.7-2
//! bytes a sample and about 70 bytes a block, so a series at 15 s costs about 0.8 KiB with labels
//! and 2 h of samples. A series itself takes 160 bytes, which the allocator gives without a rest.

use super::AppliedRow;
use super::late::Late;
use super::narrow::Narrow;
use super::part::{Part, RawRun, RowCopies, TimesMemo, View};
use crate::samples;
use journal::Position;
use model::{Labels, Timestamp, Value};
use std::sync::Arc;

/// Rows after which an open run is sealed.
pub(crate) const OPEN_ROWS_MAX: usize = 120;
/// Length in ms after which an open run is sealed.
pub(crate) const OPEN_SPAN_MAX_MS: i64 = 2 * 3600 * 1000;

/// The run that takes new samples.
#[derive(Debug)]
struct OpenRun {
    times: OpenTimes,
    values: Narrow,
    /// One start per sample (0: unknown), if any is known.
    #[expect(clippy::box_collection, reason = "16 bytes less in every series, few have starts")]
    starts: Option<Box<Vec<i64>>>,
}

/// Where the timestamps of an open run stand.
#[derive(Debug)]
enum OpenTimes {
    /// Nowhere: the run has no samples.
    None,
    /// In a column of its own, because the series keeps its own time.
    #[expect(clippy::box_collection, reason = "8 bytes less in every series, few keep their time")]
    Own(Box<Vec<i64>>),
    /// In the rows of its group, from this row on, without gaps.
    Shared { first: u32 },
}

impl OpenRun {
    fn empty() -> Self {
        Self { times: OpenTimes::None, values: Narrow::EMPTY, starts: None }
    }

    fn len(&self) -> usize {
        self.values.len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its timestamps; `rows` are those of its group.
    fn timestamps<'a>(&'a self, rows: &'a [i64]) -> &'a [i64] {
        match &self.times {
            OpenTimes::None => &[],
            OpenTimes::Own(times) => times,
            OpenTimes::Shared { first } => &rows[*first as usize..][..self.len()],
        }
    }

    /// Notes the time of the next sample: in a row of the group while the series has every row
    /// since its first one, otherwise in a column of its own. Returns the bytes it took.
    #[inline]
    fn place_time(&mut self, timestamp: i64, group: &mut GroupTimes) -> usize {
        let len = self.len();
        let newest_row = group.rows.last().copied();
        let first = match &mut self.times {
            OpenTimes::None if group.may_share(timestamp) => {
                if newest_row != Some(timestamp) {
                    group.rows.push(timestamp);
                }
                let first = u32::try_from(group.rows.len() - 1).expect("a group has 120 rows");
                self.times = OpenTimes::Shared { first };
                return 0;
            }
            OpenTimes::None => {
                self.times = OpenTimes::Own(Box::new(vec![timestamp]));
                return 8;
            }
            OpenTimes::Own(times) => {
                times.push(timestamp);
                return 8;
            }
            OpenTimes::Shared { first } => *first as usize,
        };
        if first + len == group.rows.len() {
            assert!(newest_row < Some(timestamp), "INV-13: rows of a group only go forward");
            group.rows.push(timestamp);
            return 0;
        }
        if group.rows[first + len] == timestamp {
            return 0;
        }
        let mut times = Vec::with_capacity(OPEN_ROWS_MAX);
        times.extend_from_slice(&group.rows[first..first + len]);
        times.push(timestamp);
        self.times = OpenTimes::Own(Box::new(times));
        8 * (len + 1)
    }

    /// Adds a value; returns the bytes it took.
    #[inline]
    fn push_value(&mut self, value: &Value, start: i64) -> usize {
        if start != 0 || self.starts.is_some() {
            let len = self.len();
            let starts = self.starts.get_or_insert_default();
            starts.resize(len, 0);
            starts.push(start);
        }
        self.values.push(value)
    }

    /// Estimated bytes of memory.
    fn memory(&self) -> usize {
        let times = match &self.times {
            OpenTimes::Own(times) => 8 * times.len(),
            OpenTimes::None | OpenTimes::Shared { .. } => 0,
        };
        times + self.values.memory() + 8 * self.starts().len()
    }

    fn starts(&self) -> &[i64] {
        self.starts.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The samples between two indexes as a run of their own; `rows` are those of its group.
    fn copy(
        &self,
        (group, rows): (u32, &[i64]),
        (from, to): (usize, usize),
        copies: &mut RowCopies,
    ) -> RawRun {
        let starts = self.starts().get(from..to).unwrap_or_default().to_vec();
        let timestamps = Arc::clone(&*self.copy_times((group, rows), (from, to), copies));
        RawRun { timestamps, values: self.values.slice(from..to), starts }
    }

    /// All samples as a run of their own; `rows` are those of its group.
    fn take(&mut self, (group, rows): (u32, &[i64]), copies: &mut RowCopies) -> RawRun {
        let times = self.copy_times((group, rows), (0, self.len()), copies);
        let Self { values, starts, .. } = std::mem::replace(self, Self::empty());
        let starts = starts.map_or_else(Vec::new, |starts| *starts);
        RawRun { timestamps: Arc::clone(&*times), values, starts }
    }

    fn copy_times(
        &self,
        (group, rows): (u32, &[i64]),
        (from, to): (usize, usize),
        copies: &mut RowCopies,
    ) -> Arc<Arc<[i64]>> {
        let times = &self.timestamps(rows)[from..to];
        match &self.times {
            OpenTimes::None | OpenTimes::Own(_) => Arc::new(times.into()),
            OpenTimes::Shared { first } => copies.of((group, *first as usize + from), times),
        }
    }

    /// Are there floats without starts between two indexes, none of them a staleness marker?
    fn has_no_marker(&self, from: usize, to: usize) -> bool {
        self.starts.is_none() && self.values.has_no_marker(from, to)
    }
}

/// Series of one group that may share rows: sealing them all at once must stay short (about 3 us
/// each, so 12 ms).
pub(super) const SHARERS_MAX: usize = 4096;

/// The times of a group's open rows; at most [`OPEN_ROWS_MAX`].
#[derive(Debug, Default)]
pub(crate) struct GroupTimes {
    pub(crate) rows: Vec<i64>,
    /// Generation of the open runs of its series, all of them.
    pub(crate) generation: u32,
    /// Slots of its series.
    pub(crate) members: Vec<u32>,
    memo: TimesMemo,
}

impl GroupTimes {
    /// No rows yet; the first ones belong to this generation.
    pub(crate) fn new(generation: u32) -> Self {
        Self { generation, ..Self::default() }
    }

    /// May a series begin with this time in the present rows? A new row has room: see
    /// [`GroupTimes::is_full_for`].
    fn may_share(&self, timestamp: i64) -> bool {
        self.members.len() <= SHARERS_MAX
            && self.rows.last().is_none_or(|newest| *newest <= timestamp)
    }

    /// Would this time begin a row that has no room?
    pub(crate) fn is_full_for(&self, timestamp: i64) -> bool {
        self.rows.len() >= OPEN_ROWS_MAX && self.rows.last().is_some_and(|last| *last < timestamp)
    }
}

/// The newest sample a series ever had.
#[derive(Clone, Debug)]
pub(crate) struct Newest {
    pub(crate) timestamp: Timestamp,
    pub(crate) value: Value,
}

/// A series in memory.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) labels: Labels,
    /// Slot of its group.
    pub(crate) group: u32,
    /// Generation in which the last sample came.
    pub(crate) touched: u32,
    /// Place of the latest journal record that brings its birth, or [`UNBORN`].
    birth: Position,
    pub(crate) newest: Option<Newest>,
    open: OpenRun,
    /// Frozen and sealed parts, older to newer, each with its generation.
    parts: Vec<(u32, Part)>,
    /// Samples that came out of order, if any did.
    late: Option<Box<Late>>,
}

const _: () = assert!(size_of::<Series>() <= 160, "the next size of blocks is 192");

/// Stands for no place: a third word in every series would tell the same.
const UNBORN: Position = Position { segment: u64::MAX, offset: u64::MAX - 1 };

impl Series {
    pub(crate) fn new(labels: Labels, group: u32) -> Self {
        Self {
            labels,
            group,
            touched: 0,
            birth: UNBORN,
            newest: None,
            open: OpenRun::empty(),
            parts: Vec::new(),
            late: None,
        }
    }

    /// Place of the latest journal record that brings its birth. Until that is durable, every
    /// record with its rows brings the birth again, so that no record needs a lost one.
    pub(crate) fn born(&self) -> Option<Position> {
        Some(self.birth).filter(|place| *place != UNBORN)
    }

    /// Notes where its birth stands in the journal.
    pub(crate) fn set_born(&mut self, place: Position) {
        self.birth = place;
    }

    /// Fixed memory of a series with its labels, index entries and table slots.
    pub(crate) fn fixed_memory(labels: &Labels) -> usize {
        size_of::<Self>() + 140 + labels.text_len() + labels.len() * 24
    }

    /// Appends a sample newer than all before (INV-13); returns how the memory changed.
    ///
    /// Inlined with its steps, each of which has one caller: 40 instructions less a row, of 220.
    #[inline]
    pub(crate) fn append(
        &mut self,
        row: &AppliedRow<'_>,
        generation: u32,
        group: &mut GroupTimes,
    ) -> isize {
        let (timestamp, value) = (row.timestamp, row.value);
        let newer = self.newest.as_ref().is_none_or(|newest| newest.timestamp < timestamp);
        assert!(newer, "INV-13: samples of a series in memory only go forward");
        let mut change = 0;
        if self.must_seal(timestamp.ms(), value, &group.rows) {
            change += self.seal(generation, group);
        }
        let mut size = self.open.place_time(timestamp.ms(), group);
        size += self.open.push_value(value, row.start.map_or(0, Timestamp::ms));
        assert_eq!(
            self.open.timestamps(&group.rows).len(),
            self.open.len(),
            "INV-10: a timestamp per sample"
        );
        self.newest = Some(Newest { timestamp, value: value.clone() });
        self.touched = generation;
        change + isize::try_from(size).expect("a sample is far below 2^63 bytes")
    }

    /// The sample of an instant in memory; `rows` are those of its group.
    pub(crate) fn find(&self, timestamp: i64, rows: &[i64]) -> Option<Value> {
        if let Ok(at) = self.open.timestamps(rows).binary_search(&timestamp) {
            return Some(self.open.values.value(at));
        }
        let sealed = self.parts.iter().find_map(|(_, part)| part.find(timestamp));
        sealed.or_else(|| self.late.as_ref()?.find(timestamp))
    }

    /// Adds a sample older than the newest at an instant that has none (INV-27); returns how the
    /// memory changed.
    pub(crate) fn append_late(
        &mut self,
        row: &AppliedRow<'_>,
        generation: u32,
        rows: &[i64],
    ) -> isize {
        let timestamp = row.timestamp;
        let older = self.newest.as_ref().is_some_and(|newest| timestamp < newest.timestamp);
        assert!(older, "INV-13: what is newer is not late");
        assert!(self.find(timestamp.ms(), rows).is_none(), "INV-27: an instant has one sample");
        self.touched = generation;
        let boxed = if self.late.is_none() { Late::BYTES } else { 0 };
        let late = self.late.get_or_insert_default();
        late.insert(row, generation) + boxed.cast_signed()
    }

    /// Reads fields from end to end of the series, without a branch; see `Head::warm`.
    #[inline]
    pub(crate) fn warm(&self) -> usize {
        usize::from(self.newest.is_some())
            .wrapping_add(usize::from(self.open.starts.is_some()))
            .wrapping_add(usize::from(matches!(self.open.times, OpenTimes::None)))
            .wrapping_add(usize::from(self.late.is_some()))
            .wrapping_add(usize::from(self.birth == UNBORN))
            .wrapping_add(self.parts.len())
            .wrapping_add(self.group as usize)
            .wrapping_add(self.touched as usize)
    }

    /// Reads the place behind which the next value goes.
    #[inline]
    pub(crate) fn warm_values(&self) -> usize {
        self.open.values.warm()
    }

    #[inline]
    fn must_seal(&self, timestamp: i64, value: &Value, rows: &[i64]) -> bool {
        let Some(first) = self.open.timestamps(rows).first() else { return false };
        self.open.len() >= OPEN_ROWS_MAX
            || timestamp.saturating_sub(*first) > OPEN_SPAN_MAX_MS
            || !self.open.values.same_type(value)
    }

    /// Encodes the open run, which has samples, as a block; returns how the memory changed.
    pub(crate) fn seal(&mut self, generation: u32, group: &mut GroupTimes) -> isize {
        let before = self.open.memory();
        let timestamps = self.open.timestamps(&group.rows);
        let times = group.memo.seal(timestamps);
        let column = self.open.values.column(0, self.open.len());
        let part = Part::seal(times, timestamps, &column, self.open.starts());
        let change = part.memory().cast_signed() - before.cast_signed();
        // Series have a few parts; room for four of them at once would stay empty in most.
        self.parts.reserve_exact(1);
        self.parts.push((generation, part));
        self.open = OpenRun::empty();
        change
    }

    /// Seals the open run if there is one.
    pub(crate) fn seal_open(&mut self, generation: u32, group: &mut GroupTimes) -> isize {
        if self.open.is_empty() { 0 } else { self.seal(generation, group) }
    }

    /// Seals the open run if its times stand in the rows of the group.
    pub(crate) fn seal_shared(&mut self, generation: u32, group: &mut GroupTimes) -> isize {
        match self.open.times {
            OpenTimes::Shared { .. } => self.seal(generation, group),
            OpenTimes::None | OpenTimes::Own(_) => 0,
        }
    }

    /// Takes what is open as it is into the parts of `generation`; returns how the memory changed.
    pub(crate) fn set_aside(
        &mut self,
        generation: u32,
        rows: &[i64],
        copies: &mut RowCopies,
    ) -> isize {
        if self.open.is_empty() {
            return 0;
        }
        let before = self.open.memory();
        let part = Part::Raw(Arc::new(self.open.take((self.group, rows), copies)));
        let change = part.memory().cast_signed() - before.cast_signed();
        self.parts.reserve_exact(1);
        self.parts.push((generation, part));
        change
    }

    /// Closes what came late up to `generation`; returns how the memory changed.
    pub(crate) fn freeze_late(&mut self, generation: u32) -> isize {
        self.late.as_mut().map_or(0, |late| late.freeze(generation))
    }

    /// Calls `each` with first and last instant of every part in order of [`Series::frozen`].
    pub(crate) fn frozen_spans(
        &self,
        generation: u32,
        group: &GroupTimes,
        each: impl FnMut((i64, i64)),
    ) {
        let parts = self.parts.iter().filter(|(born, _)| *born <= generation);
        let is_open = group.generation <= generation;
        let open = is_open.then(|| self.open_span(&group.rows)).flatten();
        parts.map(|(_, part)| part.span()).chain(open).for_each(each);
    }

    /// What came late up to `generation` and is not forgotten yet.
    pub(crate) fn frozen_late(&self, generation: u32) -> impl Iterator<Item = &Part> {
        self.late.iter().flat_map(move |late| late.frozen(generation))
    }

    /// What came up to `generation` and is not forgotten yet; the open run as a copy.
    pub(crate) fn frozen(
        &self,
        generation: u32,
        group: &GroupTimes,
        copies: &mut RowCopies,
    ) -> View {
        let parts = self.parts.iter().filter(|(born, _)| *born <= generation);
        let mut in_order: Vec<Part> = parts.map(|(_, part)| part.clone()).collect();
        if group.generation <= generation && !self.open.is_empty() {
            let bounds = (0, self.open.len());
            let copy = self.open.copy((self.group, &group.rows), bounds, copies);
            in_order.push(Part::Raw(Arc::new(copy)));
        }
        View { in_order, late: self.frozen_late(generation).cloned().collect() }
    }

    /// Forgets what came up to `generation`, the open run too if it `is_of_it`: it is in segments
    /// now. Returns the memory freed.
    pub(crate) fn forget(&mut self, generation: u32, is_of_it: bool) -> usize {
        let mut freed = 0;
        if is_of_it {
            freed += self.open.memory();
            self.open = OpenRun::empty();
        }
        self.parts.retain(|(born, part)| {
            let keep = *born > generation;
            freed += if keep { 0 } else { part.memory() };
            keep
        });
        self.parts.shrink_to_fit();
        if let Some(late) = &mut self.late {
            freed += late.forget(generation);
            if late.is_empty() {
                freed += Late::BYTES;
                self.late = None;
            }
        }
        freed
    }

    /// Number of samples in memory.
    pub(crate) fn samples(&self) -> usize {
        let late = self.late.as_ref().map_or(0, |late| late.len());
        self.open.len() + self.parts.iter().map(|(_, part)| part.len()).sum::<usize>() + late
    }

    fn open_span(&self, rows: &[i64]) -> Option<(i64, i64)> {
        let timestamps = self.open.timestamps(rows);
        Some((*timestamps.first()?, *timestamps.last()?))
    }

    fn open_overlaps(&self, range: (i64, i64), rows: &[i64]) -> bool {
        self.open_span(rows).is_some_and(|(first, last)| first <= range.1 && last >= range.0)
    }

    /// Has it samples within the range (judged by the spans of its parts)?
    pub(crate) fn overlaps(&self, range: (i64, i64), rows: &[i64]) -> bool {
        self.open_overlaps(range, rows)
            || self.parts.iter().any(|(_, part)| part.overlaps(range))
            || self.late.as_ref().is_some_and(|late| late.overlaps(range))
    }

    /// What is visible now within the range: shared parts, and a copy of what is open.
    pub(crate) fn view(&self, range: (i64, i64), rows: &[i64], copies: &mut RowCopies) -> View {
        let parts = self.parts.iter().map(|(_, part)| part).filter(|part| part.overlaps(range));
        let mut in_order: Vec<Part> = parts.cloned().collect();
        if self.open_overlaps(range, rows) {
            let wanted = samples::within(self.open.timestamps(rows), range);
            if !wanted.is_empty() {
                let (rows, bounds) = ((self.group, rows), (wanted.start, wanted.end));
                if copies.presence_only && self.open.has_no_marker(bounds.0, bounds.1) {
                    in_order.push(Part::Present(self.open.copy_times(rows, bounds, copies)));
                } else {
                    in_order.push(Part::Raw(Arc::new(self.open.copy(rows, bounds, copies))));
                }
            }
        }
        let late = self.late.as_ref().map(|late| late.view(range));
        View { in_order, late: late.unwrap_or_default() }
    }
}
