//! What reading one series after another keeps: decoded timestamp columns and the page read last.
//! Tells which series have the same timestamps, so that whoever reads them looks at time once.
//! Made for one selection, flush or merge and used by one reader at a time.

use crate::cache::BlockCache;
use crate::encoding::Decoded;
use crate::encoding::floats::{Integers, Place};
use crate::{block, samples};
use model::{SampleBuf, TimelineId};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most timestamps kept decoded, 4 MiB; then all of them are forgotten.
const TIMES_KEPT: usize = 1 << 19;
/// Most timelines known at a time, about 1 MiB; then all of them are forgotten.
const TIMELINES_KEPT: usize = 1 << 14;
/// Most integers of blocks that others refer to, 4 MiB; then all of them are forgotten.
const INTEGERS_KEPT: usize = 1 << 19;
/// Pages that a merge keeps: equal blocks refer to pages read before.
const MERGE_PAGES_BYTES: usize = 2 << 20;

/// Names a timestamp column among all that one reader meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ColumnKey {
    /// Number of the segment among the sources, and of the column in it.
    Stored { source: u32, column: u32 },
    /// Address of a column in memory, which lives longer than the reader.
    InMemory(usize),
}

/// Consecutive rows of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Stretch {
    column: ColumnKey,
    from: usize,
    to: usize,
}

type Map<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    columns: Map<ColumnKey, Arc<[i64]>>,
    times_kept: usize,
    /// Page of values read last, of each source.
    pages: Vec<Option<(u32, Arc<[u8]>)>>,
    /// Integers of blocks that others refer to, by source and place.
    integers: Map<(u32, Place), Arc<Integers>>,
    integers_kept: usize,
    /// What the timestamps of the present series are made of.
    trail: Vec<Stretch>,
    /// They are made of something else, too.
    is_mixed: bool,
    /// Values may be left out where there is no staleness marker.
    presence_only: bool,
    /// Pages of a reader that does not use the common cache.
    own: Option<BlockCache>,
    timelines: Map<Box<[Stretch]>, TimelineId>,
}

impl Scratch {
    /// For a reader of staleness markers: other floats may be left out.
    pub(crate) fn of_presence() -> Self {
        Self { presence_only: true, ..Self::default() }
    }

    /// For a reader that reads everything once: what questions need stays in the common cache.
    pub(crate) fn of_merge() -> Self {
        Self { own: Some(BlockCache::new(MERGE_PAGES_BYTES)), ..Self::default() }
    }

    /// Appends the wanted samples of a block, whose timestamps are all given.
    pub(crate) fn decode_block(
        &self,
        bytes: &[u8],
        timestamps: &[i64],
        wanted: Range<usize>,
        into: &mut SampleBuf,
    ) -> Decoded<()> {
        if self.may_leave_out(bytes) {
            samples::append_present(&timestamps[wanted], into);
            return Ok(());
        }
        block::decode(bytes, timestamps, wanted, into)
    }

    /// The values of a block are not asked for.
    pub(crate) fn may_leave_out(&self, bytes: &[u8]) -> bool {
        self.presence_only && block::has_no_marker(bytes)
    }

    /// Begins a series.
    pub(crate) fn begin(&mut self) {
        self.trail.clear();
        self.is_mixed = false;
    }

    /// The next timestamps of the series are these rows of a column.
    pub(crate) fn note_rows(&mut self, column: ColumnKey, rows: Range<usize>) {
        self.trail.push(Stretch { column, from: rows.start, to: rows.end });
    }

    /// Some timestamps of the series come from nowhere else.
    pub(crate) fn note_mixed(&mut self) {
        self.is_mixed = true;
    }

    /// Names the timestamps of the series: equal names, equal timestamps. `next` gives new names to
    /// all readers of a selection.
    pub(crate) fn timeline(&mut self, next: &AtomicU64) -> Option<TimelineId> {
        if self.is_mixed || self.trail.is_empty() {
            return None;
        }
        if let Some(known) = self.timelines.get(&self.trail[..]) {
            return Some(*known);
        }
        if self.timelines.len() >= TIMELINES_KEPT {
            self.timelines.clear();
        }
        let id = TimelineId(next.fetch_add(1, Ordering::Relaxed));
        self.timelines.insert(self.trail[..].into(), id);
        Some(id)
    }

    /// A column; `decode` makes it when it is not at hand.
    pub(crate) fn column<E>(
        &mut self,
        key: ColumnKey,
        decode: impl FnOnce(Option<&BlockCache>) -> Result<Vec<i64>, E>,
    ) -> Result<Arc<[i64]>, E> {
        if let Some(column) = self.columns.get(&key) {
            return Ok(Arc::clone(column));
        }
        let column: Arc<[i64]> = decode(self.own.as_ref())?.into();
        if self.times_kept + column.len() > TIMES_KEPT {
            self.columns.clear();
            self.times_kept = 0;
        }
        self.times_kept += column.len();
        self.columns.insert(key, Arc::clone(&column));
        Ok(column)
    }

    /// The reader's own cache, if it has one.
    pub(crate) fn own(&self) -> Option<&BlockCache> {
        self.own.as_ref()
    }

    /// The integers of a block, if they were kept.
    pub(crate) fn integers(&self, place: (u32, Place)) -> Option<Arc<Integers>> {
        self.integers.get(&place).cloned()
    }

    /// Keeps the integers of a block for blocks that refer to it.
    pub(crate) fn keep_integers(
        &mut self,
        place: (u32, Place),
        integers: Integers,
    ) -> Arc<Integers> {
        let integers = Arc::new(integers);
        if self.integers_kept + integers.values.len() > INTEGERS_KEPT {
            self.integers.clear();
            self.integers_kept = 0;
        }
        self.integers_kept += integers.values.len();
        self.integers.insert(place, Arc::clone(&integers));
        integers
    }

    /// A page of values; `read` brings it when it is not the last one of this source.
    pub(crate) fn page<E>(
        &mut self,
        (source, number): (u32, u32),
        read: impl FnOnce(Option<&BlockCache>) -> Result<Arc<[u8]>, E>,
    ) -> Result<Arc<[u8]>, E> {
        let source = source as usize;
        if source >= self.pages.len() {
            self.pages.resize(source + 1, None);
        }
        let place = &mut self.pages[source];
        let page = match place.take().filter(|(known, _)| *known == number) {
            Some(page) => page,
            None => (number, read(self.own.as_ref())?),
        };
        Ok(Arc::clone(&place.insert(page).1))
    }
}

#[cfg(test)]
mod tests;
