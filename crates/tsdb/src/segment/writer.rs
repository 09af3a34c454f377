//! Writes a segment: series in their order, samples cut into blocks, index at the end.
//! Used by flush and compaction. Memory: the index of the segment being written (about 12 bytes a
//! series and 24 a block) and the last timestamp columns; samples of one series at a time.

use super::Summary;
use super::index::{
    BlockEntry, LabelRows, SeriesTable, TimeEntry, encode_series, encode_times, index_u32,
};
use super::neighbours::Buckets;
use super::pages::{PageKind, PageWriter, SEGMENT_VERSION};
use super::postings::encode_postings;
use super::symbols::Symbols;
use crate::block;
use crate::encoding::floats::Place;
use crate::encoding::histograms::BLOCK_HISTOGRAMS_MAX;
use crate::encoding::presence::Presence;
use crate::encoding::{Effort, ints};
use crate::error::DbResult;
use crate::head::histogram_bytes;
use crate::samples::{ColumnRef, Run, for_each_run};
use model::{Histogram, Labels, SampleBuf};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use sys::Vfs;

/// Pages of blocks and timestamps: one read and one checksum for the series of a metric.
const PAGE_BYTES: usize = 16 << 10;
/// Samples of one block: long enough for its header, short enough for a narrow question.
const BLOCK_SAMPLES: usize = 480;
/// A block may grow to this many samples rather than leave a short rest.
const BLOCK_SAMPLES_STRETCH: usize = 720;
/// Memory of the histograms of one block; encoded they take hardly more, so a page has room for it.
const BLOCK_HISTOGRAM_BYTES: usize = 4 << 20;
/// Timestamps of columns kept for sharing: 1 Mi x 8 bytes.
const TIMES_KEPT: usize = 1 << 20;
/// Bytes of blocks kept for finding equal ones.
const BLOCKS_KEPT: usize = 4 << 20;
/// Smallest block worth a reference to an equal one.
const SHARED_BLOCK_MIN: usize = 24;
/// Columns tried when a series has some rows of a neighbour.
const SUBSET_TRIES: usize = 4;

/// Order of series in a segment: by metric, then by labels.
pub fn series_order(a: &Labels, b: &Labels) -> Ordering {
    a.metric_name().cmp(&b.metric_name()).then_with(|| a.cmp(b))
}

/// Pages under construction of one kind.
struct Filling {
    kind: PageKind,
    bytes: Vec<u8>,
    /// Number of the page being filled.
    page: Option<u32>,
}

/// Writes one segment.
pub(crate) struct SegmentWriter<'v> {
    pages: PageWriter<'v>,
    blocks: Filling,
    times: Filling,
    labels: LabelRows,
    /// Blocks of the series; their labels stand apart.
    table: SeriesTable,
    time_entries: Vec<TimeEntry>,
    symbols: HashMap<Box<str>, u32, foldhash::fast::FixedState>,
    shared_times: SharedTimes,
    shared_blocks: SharedBlocks,
    effort: Effort,
    buckets: Buckets,
    last: Option<Labels>,
    summary: Summary,
}

/// A column with its number.
type KeptTimes = (Box<[i64]>, u32);

/// Timestamp columns written lately, for sharing.
#[derive(Default)]
struct SharedTimes {
    /// By length, first and last timestamp.
    by_ends: HashMap<(usize, i64, i64), Vec<KeptTimes>, foldhash::fast::FixedState>,
    recent: Vec<KeptTimes>,
    kept: usize,
}

/// Blocks written lately, for references instead of copies.
#[derive(Default)]
struct SharedBlocks {
    by_bytes: HashMap<Box<[u8]>, (u32, u32), foldhash::fast::FixedState>,
    kept: usize,
}

impl<'v> SegmentWriter<'v> {
    /// Begins a segment; it has its name only after [`SegmentWriter::finish`].
    pub(crate) fn create(vfs: &'v dyn Vfs, path: &Path, effort: Effort) -> DbResult<Self> {
        Ok(Self {
            pages: PageWriter::create(vfs, path, SEGMENT_VERSION)?,
            blocks: Filling { kind: PageKind::Blocks, bytes: Vec::new(), page: None },
            times: Filling { kind: PageKind::Times, bytes: Vec::new(), page: None },
            labels: LabelRows::default(),
            table: SeriesTable::default(),
            time_entries: Vec::new(),
            symbols: HashMap::default(),
            shared_times: SharedTimes::default(),
            shared_blocks: SharedBlocks::default(),
            effort,
            buckets: Buckets::default(),
            last: None,
            summary: Summary::default(),
        })
    }

    /// Adds a series with all its samples of this segment; series come in [`series_order`].
    pub(crate) fn add_series(&mut self, labels: &Labels, samples: &SampleBuf) -> DbResult<()> {
        let in_order = self.last.as_ref().is_none_or(|last| series_order(last, labels).is_lt());
        assert!(in_order, "INV-17: series of a segment strictly increase");
        assert!(samples.timestamps.is_sorted_by(|a, b| a < b), "INV-3: samples strictly increase");
        if samples.is_empty() {
            return Ok(());
        }
        self.last = Some(labels.clone());
        let mut symbols = Vec::with_capacity(2 * labels.len());
        for (name, value) in labels.iter() {
            symbols.push(self.symbol(name));
            symbols.push(self.symbol(value));
        }
        self.labels.push(&symbols);
        self.table.push_unlabelled();
        if self.effort == Effort::Cold {
            self.buckets.begin(labels, &symbols);
        }
        self.summary.note(samples);
        let mut outcome = Ok(());
        for_each_run(samples, |run| {
            if outcome.is_ok() {
                outcome = self.add_run(samples, run);
            }
        });
        outcome
    }

    fn symbol(&mut self, text: &str) -> u32 {
        if let Some(symbol) = self.symbols.get(text) {
            return *symbol;
        }
        let symbol = index_u32(self.symbols.len());
        self.symbols.insert(text.into(), symbol);
        symbol
    }

    /// Cuts a run of one type into blocks.
    fn add_run(&mut self, samples: &SampleBuf, run: Run) -> DbResult<()> {
        let mut done = 0;
        while done < run.count {
            let left = run.count - done;
            let count = match run.histograms {
                None if left <= BLOCK_SAMPLES_STRETCH => left,
                None => BLOCK_SAMPLES,
                Some(first) => histograms_of_block(&samples.histograms[first + done..][..left]),
            };
            self.add_block(samples, run, done, count)?;
            done += count;
        }
        Ok(())
    }

    fn add_block(
        &mut self,
        samples: &SampleBuf,
        run: Run,
        done: usize,
        count: usize,
    ) -> DbResult<()> {
        let first = run.first + done;
        let timestamps = &samples.timestamps[first..first + count];
        let starts =
            if samples.starts.is_empty() { &[] } else { &samples.starts[first..first + count] };
        let (times, presence) = self.place_times(timestamps)?;
        let mut bytes = Vec::new();
        let (page, offset) = match run.histograms {
            None => {
                let values = &samples.values[first..first + count];
                if self.buckets.is_bucket() && starts.iter().all(|start| *start == 0) {
                    self.place_bucket(timestamps, values, (times, &presence), &mut bytes)?
                } else {
                    let column = ColumnRef::Floats(values);
                    block::encode(timestamps, column, starts, self.effort, &mut bytes);
                    self.place_block(&bytes)?
                }
            }
            Some(from) => {
                let histograms: Vec<_> = samples.histograms[from + done..from + done + count]
                    .iter()
                    .map(|(_, histogram)| Arc::clone(histogram))
                    .collect();
                let column = ColumnRef::Histograms(&histograms);
                block::encode(timestamps, column, starts, self.effort, &mut bytes);
                self.place_block(&bytes)?
            }
        };
        let len = index_u32(bytes.len());
        self.table.push_block(BlockEntry { times, page, offset, len, presence: 0 }, presence);
        Ok(())
    }

    /// Writes a block of a bucket, as differences to the next lower bucket where that is shorter.
    fn place_bucket(
        &mut self,
        timestamps: &[i64],
        values: &[f64],
        (times, presence): (u32, &Presence),
        bytes: &mut Vec<u8>,
    ) -> DbResult<(u32, u32)> {
        let below = self.buckets.below(times, presence);
        let given = below.map(|below| (&below.integers, below.place));
        let integers = block::encode_above(timestamps, values, given, bytes);
        let refers = block::below(bytes, values.len()).is_ok_and(|below| below.is_some());
        let chain = 1 + below.filter(|_| refers).map_or(0, |below| below.chain);
        let (page, offset) = self.place_block(bytes)?;
        if let Some(integers) = integers {
            let place = Place { page, offset, len: index_u32(bytes.len()) };
            self.buckets.keep((times, presence), place, chain, integers);
        }
        Ok((page, offset))
    }

    /// Finds or writes the timestamp column of a block.
    fn place_times(&mut self, timestamps: &[i64]) -> DbResult<(u32, Presence)> {
        if let Some(found) = self.shared_times.find(timestamps) {
            return Ok(found);
        }
        let mut bytes = Vec::new();
        ints::encode(timestamps, self.effort, &mut bytes);
        let (page, offset) = self.times.place(&mut self.pages, &bytes)?;
        let times = index_u32(self.time_entries.len());
        self.time_entries.push(TimeEntry {
            page,
            offset,
            len: index_u32(bytes.len()),
            rows: index_u32(timestamps.len()),
            first: timestamps[0],
            last: timestamps[timestamps.len() - 1],
        });
        self.shared_times.keep(timestamps, times);
        Ok((times, Presence::All))
    }

    /// Writes a block, or finds an equal one (`_count` and `le="+Inf"` are often the same bytes).
    fn place_block(&mut self, bytes: &[u8]) -> DbResult<(u32, u32)> {
        if bytes.len() < SHARED_BLOCK_MIN {
            return self.blocks.place(&mut self.pages, bytes);
        }
        if let Some(place) = self.shared_blocks.by_bytes.get(bytes) {
            return Ok(*place);
        }
        let place = self.blocks.place(&mut self.pages, bytes)?;
        self.shared_blocks.keep(bytes, place);
        Ok(place)
    }

    /// Number of series so far.
    pub(crate) fn series(&self) -> usize {
        self.table.len()
    }

    /// Writes the index and gives the file its name.
    pub(crate) fn finish(mut self) -> DbResult<(Summary, u64)> {
        self.blocks.close(&mut self.pages)?;
        self.times.close(&mut self.pages)?;
        // What is not needed any more goes first: encoding the postings takes room of its own.
        (self.shared_times, self.shared_blocks) = Default::default();
        let mut texts: Vec<(&str, u32)> = self.symbols.iter().map(|(t, s)| (&**t, *s)).collect();
        texts.sort_unstable();
        let mut new = vec![0; texts.len()];
        for (index, (_, old)) in texts.iter().enumerate() {
            new[*old as usize] = index_u32(index);
        }
        let sorted: Vec<&str> = texts.into_iter().map(|(text, _)| text).collect();
        let mut section = Vec::new();
        Symbols::encode(&sorted, &mut section);
        put_section(&mut self.pages, PageKind::Symbols, &section)?;
        section.clear();
        encode_times(&self.time_entries, &mut section);
        put_section(&mut self.pages, PageKind::TimeEntries, &section)?;
        let labels = (&self.labels, &new[..]);
        encode_series(labels, &self.table, &self.time_entries, |page| {
            self.pages.put(PageKind::Series, page)
        })?;
        self.summary.series = self.table.len() as u64;
        self.summary.blocks = self.table.block_count() as u64;
        self.table = SeriesTable::default();
        encode_postings(labels, |page| self.pages.put(PageKind::Postings, page))?;
        section.clear();
        self.summary.encode(&mut section);
        self.pages.put(PageKind::Summary, &section)?;
        let len = self.pages.finish()?;
        Ok((self.summary, len))
    }
}

/// How many of the next histograms go into one block; at least one.
fn histograms_of_block(next: &[(usize, Arc<Histogram>)]) -> usize {
    let mut bytes = 0;
    let fits = |(_, histogram): &&(usize, Arc<Histogram>)| {
        let is_first = bytes == 0;
        bytes += histogram_bytes(histogram);
        is_first || bytes <= BLOCK_HISTOGRAM_BYTES
    };
    next.iter().take(BLOCK_HISTOGRAMS_MAX).take_while(fits).count()
}

/// Sections of one kind are the concatenation of their pages.
fn put_section(pages: &mut PageWriter<'_>, kind: PageKind, bytes: &[u8]) -> DbResult<()> {
    for chunk in bytes.chunks(PAGE_BYTES * 4) {
        pages.put(kind, chunk)?;
    }
    Ok(())
}

impl Filling {
    /// Appends bytes to the page being filled; a full one is written.
    fn place(&mut self, pages: &mut PageWriter<'_>, bytes: &[u8]) -> DbResult<(u32, u32)> {
        if self.bytes.len() + bytes.len() > PAGE_BYTES {
            self.close(pages)?;
        }
        let page = match self.page {
            Some(page) => page,
            None => *self.page.insert(pages.reserve(self.kind)),
        };
        let offset = index_u32(self.bytes.len());
        self.bytes.extend_from_slice(bytes);
        Ok((page, offset))
    }

    fn close(&mut self, pages: &mut PageWriter<'_>) -> DbResult<()> {
        if let Some(page) = self.page.take() {
            pages.fill(page, &self.bytes)?;
            self.bytes.clear();
        }
        Ok(())
    }
}

impl SharedTimes {
    fn find(&mut self, timestamps: &[i64]) -> Option<(u32, Presence)> {
        let key = (timestamps.len(), timestamps[0], timestamps[timestamps.len() - 1]);
        let equal = self.by_ends.get(&key).into_iter().flatten();
        if let Some((_, id)) = equal.into_iter().find(|(column, _)| **column == *timestamps) {
            return Some((*id, Presence::All));
        }
        for (column, id) in self.recent.iter().rev() {
            // A bitmap costs a bit a row; below a quarter an own column is the better choice.
            if timestamps.len() * 4 >= column.len()
                && let Some(presence) = Presence::of(timestamps, column)
            {
                return Some((*id, presence));
            }
        }
        None
    }

    fn keep(&mut self, timestamps: &[i64], id: u32) {
        if self.kept + timestamps.len() > TIMES_KEPT {
            self.by_ends.clear();
            self.kept = 0;
        }
        let key = (timestamps.len(), timestamps[0], timestamps[timestamps.len() - 1]);
        self.by_ends.entry(key).or_default().push((timestamps.into(), id));
        self.kept += timestamps.len();
        if self.recent.len() == SUBSET_TRIES {
            self.recent.remove(0);
        }
        self.recent.push((timestamps.into(), id));
    }
}

impl SharedBlocks {
    fn keep(&mut self, bytes: &[u8], place: (u32, u32)) {
        if self.kept + bytes.len() > BLOCKS_KEPT {
            self.by_bytes.clear();
            self.kept = 0;
        }
        self.kept += bytes.len() + 48;
        self.by_bytes.insert(bytes.into(), place);
    }
}

#[cfg(test)]
mod tests;
