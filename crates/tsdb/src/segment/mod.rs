//! Segments: immutable files of one time range, read page by page through a cache.
//! Written by flush and compaction, read by selections, checked by `inspect`.
//! INV-16: what is read was checked against its checksum; a damaged page costs its blocks only.

mod index;
mod pages;
mod symbols;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use index::SegmentIndex;
pub(crate) use pages::{CHECKPOINT_VERSION, PageKind, PageReader, PageWriter};
pub(crate) use writer::{SegmentWriter, series_order};

use crate::block;
use crate::cache::{BlockCache, Entry, INDEX};
use crate::encoding::bytes::{Cursor, put_signed, put_varint};
use crate::encoding::{Damage, Decoded, ints};
use crate::error::{DbError, DbErrorKind, DbResult};
use crate::samples;
use crate::tombstone::{Deleted, covers};
use index::BlockEntry;
use model::SampleBuf;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use sys::Vfs;

/// Totals of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) series: u64,
    pub(crate) samples: u64,
    pub(crate) blocks: u64,
}

impl Default for Summary {
    fn default() -> Self {
        Self { first: i64::MAX, last: i64::MIN, series: 0, samples: 0, blocks: 0 }
    }
}

impl Summary {
    fn note(&mut self, samples: &SampleBuf) {
        self.samples += samples.len() as u64;
        self.first = self.first.min(samples.timestamps[0]);
        self.last = self.last.max(samples.timestamps[samples.len() - 1]);
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_signed(out, self.first);
        put_signed(out, self.last);
        put_varint(out, self.series);
        put_varint(out, self.samples);
        put_varint(out, self.blocks);
    }

    fn decode(bytes: &[u8]) -> Decoded<Self> {
        let mut cursor = Cursor::new(bytes);
        let (first, last) = (cursor.signed()?, cursor.signed()?);
        let (series, samples) = (cursor.varint()?, cursor.varint()?);
        let summary = Self { first, last, series, samples, blocks: cursor.varint()? };
        cursor.finish()?;
        Ok(summary)
    }
}

/// An open segment; shared by the database and by running selections.
pub(crate) struct Segment {
    pub(crate) id: u64,
    pub(crate) summary: Summary,
    pub(crate) bytes: u64,
    reader: PageReader,
    cache: Arc<BlockCache>,
    /// Pages found damaged; held for an insertion or a copy.
    damaged: Mutex<BTreeSet<u32>>,
    /// The index cannot be used; maintenance moves the file to quarantine.
    unusable: AtomicBool,
    /// Deletions with a border up to this are known to hide nothing here.
    purged_below: AtomicU64,
}

/// What could not be read of one series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    pub(crate) blocks: u64,
}

impl Segment {
    /// Opens a file and checks its frame; the index is read when it is needed.
    pub(crate) fn open(
        vfs: &dyn Vfs,
        path: &Path,
        id: u64,
        cache: &Arc<BlockCache>,
    ) -> DbResult<Self> {
        Self::of_pages(PageReader::open(vfs, path)?, id, cache)
    }

    /// A segment over pages that were opened already, with the length of their file.
    pub(crate) fn of_pages(
        (reader, bytes): (PageReader, u64),
        id: u64,
        cache: &Arc<BlockCache>,
    ) -> DbResult<Self> {
        let path = reader.path.clone();
        let path = path.as_path();
        let summary = (0_u32..).zip(reader.pages()).find(|(_, p)| p.kind == PageKind::Summary);
        let Some((number, _)) = summary else {
            let damage = Damage { what: "no summary page", at: 0 };
            return Err(DbError::corrupt("open segment", path, &damage));
        };
        let summary = Summary::decode(&reader.read(number)?)
            .map_err(|damage| DbError::corrupt("open segment", path, &damage))?;
        let cache = Arc::clone(cache);
        let (damaged, unusable) = (Mutex::default(), AtomicBool::new(false));
        let purged_below = AtomicU64::new(0);
        Ok(Self { id, summary, bytes, reader, cache, damaged, unusable, purged_below })
    }

    pub(crate) fn path(&self) -> &PathBuf {
        &self.reader.path
    }

    pub(crate) fn overlaps(&self, range: (i64, i64)) -> bool {
        self.summary.first <= range.1 && self.summary.last >= range.0
    }

    /// Notes that the index is damaged.
    pub(crate) fn mark_unusable(&self) {
        self.unusable.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_unusable(&self) -> bool {
        self.unusable.load(Ordering::Relaxed)
    }

    /// Notes that no deletion with a border up to this hides anything here.
    pub(crate) fn note_purged(&self, border: u64) {
        self.purged_below.fetch_max(border, Ordering::Relaxed);
    }

    pub(crate) fn purged_below(&self) -> u64 {
        self.purged_below.load(Ordering::Relaxed)
    }

    /// Pages found damaged so far.
    pub(crate) fn damaged_pages(&self) -> Vec<u32> {
        self.damaged.lock().iter().copied().collect()
    }

    /// The index; from the cache if possible. A damaged one makes the segment unusable.
    pub(crate) fn index(&self) -> DbResult<Arc<SegmentIndex>> {
        if let Some(Entry::Index(index)) = self.cache.get((self.id, INDEX)) {
            return Ok(index);
        }
        let index = self.load_index().inspect_err(|error| {
            if error.kind() == DbErrorKind::Corrupt {
                self.mark_unusable();
            }
        });
        let index = Arc::new(index?);
        self.cache.insert((self.id, INDEX), Entry::Index(Arc::clone(&index)));
        Ok(index)
    }

    fn load_index(&self) -> DbResult<SegmentIndex> {
        let section = |kind| -> DbResult<Vec<Vec<u8>>> {
            let pages = (0_u32..).zip(self.reader.pages());
            let wanted = pages.filter(|(_, page)| page.kind == kind);
            wanted.map(|(number, _)| self.checked(number)).collect()
        };
        let symbols = section(PageKind::Symbols)?.concat();
        let times = section(PageKind::TimeEntries)?.concat();
        let series = section(PageKind::Series)?;
        let postings = section(PageKind::Postings)?.concat();
        let index = SegmentIndex::decode(&symbols, &times, &series, &postings);
        index.map_err(|damage| DbError::corrupt("read index of", self.path(), &damage))
    }

    fn checked(&self, number: u32) -> DbResult<Vec<u8>> {
        self.reader.read(number).inspect_err(|error| {
            if error.kind() == DbErrorKind::Corrupt {
                self.damaged.lock().insert(number);
            }
        })
    }

    fn page(&self, number: u32) -> DbResult<Arc<[u8]>> {
        if let Some(Entry::Page(bytes)) = self.cache.get((self.id, number)) {
            return Ok(bytes);
        }
        let bytes: Arc<[u8]> = self.checked(number)?.into();
        self.cache.insert((self.id, number), Entry::Page(Arc::clone(&bytes)));
        Ok(bytes)
    }

    fn slice(&self, page: u32, offset: u32, len: u32) -> DbResult<(Arc<[u8]>, usize, usize)> {
        let bytes = self.page(page)?;
        let (start, end) = (offset as usize, offset as usize + len as usize);
        if end > bytes.len() {
            let damage = Damage { what: "block behind the end of its page", at: start };
            return Err(DbError::corrupt("read", self.path(), &damage));
        }
        Ok((bytes, start, end))
    }

    /// At most so many samples of a series lie within `range`.
    pub(crate) fn samples_max(index: &SegmentIndex, ordinal: u32, range: (i64, i64)) -> usize {
        let blocks = index.series.blocks(ordinal as usize).iter();
        let times = blocks.map(|block| &index.times[block.times as usize]);
        let inside = times.filter(|times| times.first <= range.1 && times.last >= range.0);
        inside.map(|times| times.rows as usize).sum()
    }

    /// Merges the samples of a series within `range` into `into`, older sources first. Blocks that
    /// cannot be read are left out and counted.
    pub(crate) fn read(
        &self,
        index: &SegmentIndex,
        ordinal: u32,
        range: (i64, i64),
        into: &mut SampleBuf,
    ) -> Losses {
        self.read_visible(index, ordinal, range, &Deleted::default(), into)
    }

    /// The same without what is deleted.
    pub(crate) fn read_visible(
        &self,
        index: &SegmentIndex,
        ordinal: u32,
        range: (i64, i64),
        deleted: &Deleted,
        into: &mut SampleBuf,
    ) -> Losses {
        let deleted = deleted.ranges(ordinal);
        let mut losses = Losses::default();
        let mut own = SampleBuf::default();
        for block in index.series.blocks(ordinal as usize) {
            let times = &index.times[block.times as usize];
            let span = (times.first, times.last);
            if span.0 > range.1 || span.1 < range.0 || covers(&deleted, span) {
                continue;
            }
            let before = own.len();
            let in_order = |own: &SampleBuf| {
                before == 0
                    || own.len() == before
                    || own.timestamps[before - 1] < own.timestamps[before]
            };
            if self.read_block(index, block, range, &mut own).is_err() || !in_order(&own) {
                truncate(&mut own, before);
                losses.blocks += 1;
            }
        }
        samples::remove(&mut own, &deleted);
        samples::merge(into, &own);
        losses
    }

    fn read_block(
        &self,
        index: &SegmentIndex,
        block: &BlockEntry,
        range: (i64, i64),
        into: &mut SampleBuf,
    ) -> DbResult<()> {
        let corrupt = |damage: Damage| DbError::corrupt("decode block of", self.path(), &damage);
        let entry = &index.times[block.times as usize];
        let mut column = Vec::with_capacity(entry.rows as usize);
        {
            let (bytes, start, end) = self.slice(entry.page, entry.offset, entry.len)?;
            let mut cursor = Cursor::new(&bytes[start..end]);
            ints::decode(&mut cursor, entry.rows as usize, &mut column).map_err(corrupt)?;
        }
        let presence = index.series.presence(block);
        let timestamps = if *presence == crate::encoding::presence::Presence::All {
            column
        } else {
            let mut picked = Vec::with_capacity(presence.count(column.len()));
            presence.pick(&column, &mut picked);
            picked
        };
        if !timestamps.is_sorted_by(|a, b| a < b) {
            return Err(corrupt(Damage { what: "timestamps do not increase", at: 0 }));
        }
        let (bytes, start, end) = self.slice(block.page, block.offset, block.len)?;
        block::decode(&bytes[start..end], &timestamps, range, into).map_err(corrupt)
    }

    /// Offset and length of a page in the file.
    pub(crate) fn place_of_page(&self, number: u32) -> Option<(u64, u32)> {
        let page = self.reader.pages().get(usize::try_from(number).ok()?)?;
        Some((page.offset, page.len))
    }

    /// Reads every page and every block; gives the number of the pages that are damaged and of the
    /// blocks that cannot be decoded.
    pub(crate) fn verify(&self) -> DbResult<(Vec<u32>, u64)> {
        for number in 0..u32::try_from(self.reader.pages().len()).unwrap_or(u32::MAX) {
            if let Err(error) = self.checked(number)
                && error.kind() != DbErrorKind::Corrupt
            {
                return Err(error);
            }
        }
        let damaged = self.damaged_pages();
        let index = self.load_index()?;
        let mut lost = 0;
        for ordinal in 0..index::index_u32(index.series.len()) {
            let mut samples = SampleBuf::default();
            lost += self.read(&index, ordinal, (i64::MIN, i64::MAX), &mut samples).blocks;
        }
        Ok((damaged, lost))
    }
}

fn truncate(samples: &mut SampleBuf, len: usize) {
    samples.timestamps.truncate(len);
    samples.values.truncate(len);
    samples.starts.truncate(len);
    samples.histograms.retain(|(index, _)| *index < len);
}
