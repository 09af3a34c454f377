//! Segments: immutable files of one time range, read page by page through a cache.
//! Written by flush and compaction, read by selections, checked by `inspect`.
//! INV-16: what is read was checked against its checksum; a damaged page costs its blocks only.

mod differences;
mod index;
mod neighbours;
mod pages;
mod postings;
mod symbols;
mod writer;

#[cfg(test)]
mod tests;

use differences::CHAIN_MAX;
pub(crate) use index::{SegmentIndex, SeriesDirectory, SeriesTable};
pub(crate) use pages::{CHECKPOINT_VERSION, PageKind, PageReader, PageWriter};
pub(crate) use writer::SegmentWriter;
pub use writer::series_order;

use crate::block;
use crate::cache::{BlockCache, Entry, INDEX};
use crate::encoding::bytes::{Cursor, put_signed, put_varint};
use crate::encoding::floats::Place;
use crate::encoding::presence::Presence;
use crate::encoding::{Damage, Decoded, ints};
use crate::error::{DbError, DbErrorKind, DbResult};
use crate::reading::{ColumnKey, Scratch};
use crate::samples;
use crate::tombstone::{Deleted, covers};
use index::BlockEntry;
use model::{Labels, SampleBuf};
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

/// What is read of one series.
pub(crate) struct SeriesPart<'a> {
    /// Number of the segment among those that are read together.
    pub(crate) source: u32,
    pub(crate) index: &'a SegmentIndex,
    /// The series of its page.
    pub(crate) table: &'a SeriesTable,
    /// Number of the series in the segment.
    pub(crate) ordinal: u32,
    /// First and last instant, both included; ms.
    pub(crate) range: (i64, i64),
    pub(crate) deleted: &'a Deleted,
}

/// The series of a segment in their order, a page of them at a time: a merge of many segments
/// holds a page of each (about 200 KiB) and not their indexes (150 bytes a series and more).
pub(crate) struct SeriesPages {
    index: SegmentIndex,
    /// The page of the series read last.
    table: SeriesTable,
    /// Pages that follow.
    pages: std::vec::IntoIter<u32>,
}

impl SeriesPages {
    /// The index, without its postings, and the page of the series read last.
    pub(crate) fn index(&self) -> (&SegmentIndex, &SeriesTable) {
        (&self.index, &self.table)
    }

    #[cfg(test)]
    pub(crate) fn of_table(index: SegmentIndex, table: SeriesTable) -> Self {
        Self { index, table, pages: Vec::new().into_iter() }
    }
}

/// The index of a segment with the pages of series that a question needs: they stay with it,
/// whatever the cache forgets.
pub(crate) struct OpenIndex {
    index: Arc<SegmentIndex>,
    /// By their place in the directory.
    pages: Vec<Option<Arc<SeriesTable>>>,
}

impl OpenIndex {
    pub(crate) fn new(index: Arc<SegmentIndex>) -> Self {
        let pages = vec![None; index.directory().len()];
        Self { index, pages }
    }

    pub(crate) fn index(&self) -> &SegmentIndex {
        &self.index
    }

    /// Brings the pages of ascending series, whose labels and blocks can be asked for then.
    pub(crate) fn bring(&mut self, segment: &Segment, ordinals: &[u32]) -> DbResult<()> {
        for (place, _) in self.index.directory().by_page(ordinals) {
            if self.pages[place].is_none() {
                self.pages[place] = Some(segment.series(&self.index, place)?);
            }
        }
        Ok(())
    }

    /// The page of a series that was brought.
    pub(crate) fn table(&self, ordinal: u32) -> &SeriesTable {
        let page = &self.pages[self.index.directory().place(ordinal)];
        page.as_ref().expect("whoever asks for a series has brought its page")
    }

    pub(crate) fn labels(&self, ordinal: u32) -> Labels {
        self.index.labels(self.table(ordinal), ordinal)
    }
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
        let index = Arc::new(self.load_index().inspect_err(|error| self.note_damage(error))?);
        self.cache.insert((self.id, INDEX), Entry::Index(Arc::clone(&index)));
        Ok(index)
    }

    /// The page of series at a place of the directory; from the cache if possible. A damaged one
    /// makes the segment unusable.
    pub(crate) fn series(&self, index: &SegmentIndex, place: usize) -> DbResult<Arc<SeriesTable>> {
        let key = (self.id, index.directory().number(place));
        if let Some(Entry::Series(table)) = self.cache.get(key) {
            return Ok(table);
        }
        let table = self.load_series(index, place).inspect_err(|error| self.note_damage(error));
        let table = Arc::new(table?);
        self.cache.insert(key, Entry::Series(Arc::clone(&table)));
        Ok(table)
    }

    fn load_series(&self, index: &SegmentIndex, place: usize) -> DbResult<SeriesTable> {
        let page = self.checked(index.directory().number(place))?;
        let table = index.series(place, &page);
        table.map_err(|damage| DbError::corrupt("read index of", self.path(), &damage))
    }

    /// An index that is damaged makes the segment unusable; one that cannot be read now does not.
    fn note_damage(&self, error: &DbError) {
        if error.kind() == DbErrorKind::Corrupt {
            self.mark_unusable();
        }
    }

    fn numbers(&self, kind: PageKind) -> impl Iterator<Item = u32> {
        let pages = (0_u32..).zip(self.reader.pages());
        pages.filter(move |(_, page)| page.kind == kind).map(|(number, _)| number)
    }

    /// The bytes of all pages of a kind.
    fn section(&self, kind: PageKind) -> DbResult<Vec<u8>> {
        let mut section = Vec::new();
        for number in self.numbers(kind) {
            section.append(&mut self.checked(number)?);
        }
        Ok(section)
    }

    /// Reads every page of the index, so that damage shows before anything of it is used; pages of
    /// series are decoded later.
    fn load_index(&self) -> DbResult<SegmentIndex> {
        let corrupt = |damage| DbError::corrupt("read index of", self.path(), &damage);
        let symbols = self.section(PageKind::Symbols)?;
        let times = self.section(PageKind::TimeEntries)?;
        let mut directory = SeriesDirectory::default();
        for number in self.numbers(PageKind::Series) {
            directory.push(number, &self.checked(number)?).map_err(corrupt)?;
        }
        let postings = self.section(PageKind::Postings)?;
        SegmentIndex::decode(&symbols, &times, directory, postings).map_err(corrupt)
    }

    /// The series page by page. Every page of the index is checked first: a damaged one makes the
    /// segment unusable before anything of it is taken.
    pub(crate) fn series_pages(&self) -> DbResult<SeriesPages> {
        let open = || {
            for number in self.numbers(PageKind::Postings) {
                self.checked(number)?;
            }
            let symbols = self.section(PageKind::Symbols)?;
            let times = self.section(PageKind::TimeEntries)?;
            let corrupt = |damage| DbError::corrupt("read index of", self.path(), &damage);
            let index = SegmentIndex::without_series(&symbols, &times).map_err(corrupt)?;
            let numbers: Vec<u32> = self.numbers(PageKind::Series).collect();
            let mut checked = SeriesTable::default();
            for number in &numbers {
                index.turn(&mut checked, &self.checked(*number)?).map_err(corrupt)?;
            }
            let table = SeriesTable::default();
            Ok(SeriesPages { index, table, pages: numbers.into_iter() })
        };
        open().inspect_err(|error: &DbError| self.note_damage(error))
    }

    /// Labels of a series that is not before the present page; `None` behind the last one.
    pub(crate) fn labels_of(
        &self,
        ordinal: u32,
        pages: &mut SeriesPages,
    ) -> DbResult<Option<Labels>> {
        let SeriesPages { index, table, pages } = pages;
        while ordinal as usize >= table.len() {
            let Some(number) = pages.next() else { return Ok(None) };
            let turned = index.turn(table, &self.checked(number)?);
            turned.map_err(|damage| DbError::corrupt("read index of", self.path(), &damage))?;
        }
        Ok(Some(index.labels(table, ordinal)))
    }

    fn checked(&self, number: u32) -> DbResult<Vec<u8>> {
        self.reader.read(number).inspect_err(|error| {
            if error.kind() == DbErrorKind::Corrupt {
                self.damaged.lock().insert(number);
            }
        })
    }

    /// A page of blocks, from the reader's own cache if it has one.
    fn page(&self, number: u32, own: Option<&BlockCache>) -> DbResult<Arc<[u8]>> {
        let cache = own.unwrap_or(&self.cache);
        if let Some(Entry::Page(bytes)) = cache.get((self.id, number)) {
            return Ok(bytes);
        }
        let bytes: Arc<[u8]> = self.checked(number)?.into();
        cache.insert((self.id, number), Entry::Page(Arc::clone(&bytes)));
        Ok(bytes)
    }

    fn slice<'p>(&self, page: &'p [u8], offset: u32, len: u32) -> DbResult<&'p [u8]> {
        let (start, end) = (offset as usize, offset as usize + len as usize);
        page.get(start..end).ok_or_else(|| {
            let damage = Damage { what: "block behind the end of its page", at: start };
            DbError::corrupt("read", self.path(), &damage)
        })
    }

    /// Merges the samples of a part of a series into `into`, which holds those of older sources.
    /// Blocks that cannot be read are left out and counted.
    pub(crate) fn read_part(
        &self,
        part: &SeriesPart<'_>,
        scratch: &mut Scratch,
        into: &mut SampleBuf,
    ) -> Losses {
        let deleted = part.deleted.ranges(part.ordinal);
        let visible = |block: &&BlockEntry| {
            let times = &part.index.times[block.times as usize];
            let span = (times.first, times.last);
            span.0 <= part.range.1 && span.1 >= part.range.0 && !covers(&deleted, span)
        };
        let blocks = part.table.blocks(part.ordinal as usize).iter();
        let mut blocks = blocks.filter(visible).peekable();
        let Some(first) = blocks.peek() else { return Losses::default() };
        let begin = part.index.times[first.times as usize].first;
        let follows = into.timestamps.last().is_none_or(|last| *last < begin);
        if follows && deleted.is_empty() {
            return self.read_blocks(part, blocks, scratch, into);
        }
        let mut own = SampleBuf::default();
        let losses = self.read_blocks(part, blocks, scratch, &mut own);
        scratch.note_mixed();
        samples::remove(&mut own, &deleted);
        samples::merge(into, &own);
        losses
    }

    fn read_blocks<'b>(
        &self,
        part: &SeriesPart<'_>,
        blocks: impl Iterator<Item = &'b BlockEntry>,
        scratch: &mut Scratch,
        into: &mut SampleBuf,
    ) -> Losses {
        let mut losses = Losses::default();
        for block in blocks {
            let before = into.len();
            if self.read_block(part, block, scratch, into).is_err() {
                truncate(into, before);
                losses.blocks += 1;
            }
        }
        losses
    }

    /// Appends what is wanted of a block, which must lie behind what is there.
    fn read_block(
        &self,
        part: &SeriesPart<'_>,
        block: &BlockEntry,
        scratch: &mut Scratch,
        into: &mut SampleBuf,
    ) -> DbResult<()> {
        let corrupt = |damage: Damage| DbError::corrupt("decode block of", self.path(), &damage);
        let column = ColumnKey::Stored { source: part.source, column: block.times };
        let times =
            scratch.column(column, |own| self.decode_times(part.index, block.times, own))?;
        let mut picked = Vec::new();
        let (rows, skipped) = match part.table.presence(block) {
            Presence::All => (&times[..], Some(0)),
            Presence::Run { first, count } => (&times[*first..*first + *count], Some(*first)),
            bitmap @ Presence::Bitmap(_) => {
                bitmap.pick(&times, &mut picked);
                (&picked[..], None)
            }
        };
        let wanted = samples::within(rows, part.range);
        if wanted.is_empty() {
            return Ok(());
        }
        if into.timestamps.last().is_some_and(|last| *last >= rows[wanted.start]) {
            return Err(corrupt(Damage { what: "blocks do not follow each other", at: 0 }));
        }
        let page = scratch.page((part.source, block.page), |own| self.page(block.page, own))?;
        let bytes = self.slice(&page, block.offset, block.len)?;
        let differs = block::below(bytes, rows.len()).map_err(corrupt)?.is_some();
        if differs && !scratch.may_leave_out(bytes) {
            let place = Place { page: block.page, offset: block.offset, len: block.len };
            let integers = self.integers(part.source, place, rows.len(), scratch)?;
            block::decode_quotients(bytes, &integers, rows, wanted.clone(), into)
        } else {
            scratch.decode_block(bytes, rows, wanted.clone(), into)
        }
        .map_err(corrupt)?;
        match skipped {
            Some(skipped) => {
                scratch.note_rows(column, skipped + wanted.start..skipped + wanted.end);
            }
            None => scratch.note_mixed(),
        }
        Ok(())
    }

    fn decode_times(
        &self,
        index: &SegmentIndex,
        column: u32,
        own: Option<&BlockCache>,
    ) -> DbResult<Vec<i64>> {
        let corrupt = |damage: Damage| DbError::corrupt("decode block of", self.path(), &damage);
        let entry = &index.times[column as usize];
        let page = self.page(entry.page, own)?;
        let mut cursor = Cursor::new(self.slice(&page, entry.offset, entry.len)?);
        let mut times = Vec::with_capacity(entry.rows as usize);
        ints::decode(&mut cursor, entry.rows as usize, &mut times).map_err(corrupt)?;
        if !times.is_sorted_by(|a, b| a < b) {
            return Err(corrupt(Damage { what: "timestamps do not increase", at: 0 }));
        }
        Ok(times)
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
        let (mut lost, mut scratch, deleted) = (0, Scratch::default(), Deleted::default());
        for place in 0..index.directory().len() {
            let table = &self.load_series(&index, place)?;
            for ordinal in table.ordinals() {
                let (index, range) = (&index, (i64::MIN, i64::MAX));
                let part =
                    SeriesPart { source: 0, index, table, ordinal, range, deleted: &deleted };
                scratch.begin();
                lost += self.read_part(&part, &mut scratch, &mut SampleBuf::default()).blocks;
            }
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
