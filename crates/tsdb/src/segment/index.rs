//! The index of a segment in memory: symbols, timestamp columns, series with blocks, postings.
//! Built from checked pages by `Segment`, loaded as a whole and cached by its size (first form:
//! about 8 bytes a label and 24 bytes a block; the pages allow partial loading later).

use super::symbols::Symbols;
use crate::encoding::bytes::{Cursor, put_signed, put_varint};
use crate::encoding::presence::Presence;
use crate::encoding::{BLOCK_SAMPLES_MAX, Decoded};
use crate::postings::Postings;
use crate::tombstone::{Deleted, covers};
use model::{Labels, QuerierError};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// A page of series holds whole series and repeats its predecessor's labels nowhere, so that it can
/// be read alone.
pub(crate) const SERIES_PAGE_BYTES: usize = 64 << 10;

const PARTIAL: u8 = 1;
const ELSEWHERE: u8 = 2;
/// Aggregates follow (reserved for day compaction; readers skip them).
const AGGREGATES: u8 = 4;
const AGGREGATES_BYTES_MAX: usize = 1 << 10;

/// A timestamp column that blocks share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeEntry {
    pub(crate) page: u32,
    pub(crate) offset: u32,
    pub(crate) len: u32,
    pub(crate) rows: u32,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// A block of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockEntry {
    /// Index of its timestamp column.
    pub(crate) times: u32,
    pub(crate) page: u32,
    pub(crate) offset: u32,
    pub(crate) len: u32,
    /// Index in the list of presences plus one; 0: all rows are there.
    pub(crate) presence: u32,
}

/// Everything needed to find blocks by labels.
#[derive(Debug, Default)]
pub(crate) struct SegmentIndex {
    pub(crate) symbols: Symbols,
    pub(crate) times: Vec<TimeEntry>,
    pub(crate) series: SeriesTable,
    postings: SegmentPostings,
}

/// Series in their order with labels and blocks, as flat columns: all of a segment, or a page.
#[derive(Debug, Default)]
pub(crate) struct SeriesTable {
    /// Number of the first series that is here.
    first: usize,
    /// Name and value symbols in turn.
    symbols: Vec<u32>,
    symbol_ends: Vec<u32>,
    blocks: Vec<BlockEntry>,
    block_ends: Vec<u32>,
    presences: Vec<Presence>,
}

impl SeriesTable {
    /// Number of series, with those before the first one here.
    pub(crate) fn len(&self) -> usize {
        self.first + self.symbol_ends.len()
    }

    /// Forgets what is here, so that the next page can follow.
    fn forget(&mut self) {
        self.first = self.len();
        self.symbols.clear();
        self.symbol_ends.clear();
        self.blocks.clear();
        self.block_ends.clear();
        self.presences.clear();
    }

    /// Adds a series; its blocks follow with [`SeriesTable::push_block`].
    pub(crate) fn push(&mut self, symbols: impl IntoIterator<Item = u32>) {
        self.symbols.extend(symbols);
        self.symbol_ends.push(index_u32(self.symbols.len()));
        self.block_ends.push(index_u32(self.blocks.len()));
    }

    /// Adds a block to the last series.
    pub(crate) fn push_block(&mut self, mut block: BlockEntry, presence: Presence) {
        block.presence = 0;
        if presence != Presence::All {
            self.presences.push(presence);
            block.presence = index_u32(self.presences.len());
        }
        self.blocks.push(block);
        let end = index_u32(self.blocks.len());
        *self.block_ends.last_mut().expect("a series was pushed before its blocks") = end;
    }

    /// Name and value symbols of a series in turn.
    pub(crate) fn symbols(&self, ordinal: usize) -> &[u32] {
        &self.symbols[range(&self.symbol_ends, ordinal - self.first)]
    }

    pub(crate) fn blocks(&self, ordinal: usize) -> &[BlockEntry] {
        &self.blocks[range(&self.block_ends, ordinal - self.first)]
    }

    pub(crate) fn presence(&self, block: &BlockEntry) -> &Presence {
        match block.presence {
            0 => &Presence::All,
            number => &self.presences[number as usize - 1],
        }
    }

    pub(crate) fn block_count(&self) -> usize {
        self.blocks.len()
    }

    fn memory(&self) -> usize {
        4 * (self.symbols.len() + self.symbol_ends.len() + self.block_ends.len())
            + size_of::<BlockEntry>() * self.blocks.len()
            + 64 * self.presences.len()
    }
}

/// Labels of the series of a segment that is being written, each against the one before it as in
/// the file: about 12 bytes a series, where a table of symbols takes 64. Symbols are numbered as
/// they come; the file sorts them.
#[derive(Debug, Default)]
pub(crate) struct LabelRows {
    bytes: Vec<u8>,
    before: Vec<u32>,
}

impl LabelRows {
    /// Adds the labels of a series: name and value symbols in turn.
    pub(crate) fn push(&mut self, symbols: &[u32]) {
        encode_labels(symbols, &mut self.before, &mut self.bytes);
    }

    /// Calls `each` with the labels of one series after another, every symbol replaced.
    fn for_each<E>(
        &self,
        new: &[u32],
        mut each: impl FnMut(&[u32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut cursor = Cursor::new(&self.bytes);
        let (mut row, mut renumbered) = (Vec::new(), Vec::new());
        while cursor.remaining() > 0 {
            decode_labels(&mut cursor, new.len(), &mut row)
                .expect("INV-10: what was encoded in memory can be decoded");
            renumbered.clear();
            renumbered.extend(row.iter().map(|symbol| new[*symbol as usize]));
            each(&renumbered)?;
        }
        Ok(())
    }
}

fn range(ends: &[u32], index: usize) -> std::ops::Range<usize> {
    let start = if index == 0 { 0 } else { ends[index - 1] as usize };
    start..ends[index] as usize
}

pub(crate) fn index_u32(index: usize) -> u32 {
    u32::try_from(index).expect("a segment has fewer than 2^32 of everything")
}

/// Inverted index as flat columns.
#[derive(Debug, Default)]
struct SegmentPostings {
    /// (name, value) symbols, ascending, with the end of the list in `ordinals`.
    pairs: Vec<(u32, u32, u32)>,
    ordinals: Vec<u32>,
    series: u32,
}

impl SegmentPostings {
    fn list_at(&self, at: usize) -> &[u32] {
        let start = if at == 0 { 0 } else { self.pairs[at - 1].2 as usize };
        &self.ordinals[start..self.pairs[at].2 as usize]
    }

    fn of_name(&self, name: u32) -> std::ops::Range<usize> {
        let start = self.pairs.partition_point(|pair| pair.0 < name);
        let end = self.pairs.partition_point(|pair| pair.0 <= name);
        start..end
    }
}

impl SegmentIndex {
    /// Bytes of memory, for the cache.
    pub(crate) fn memory(&self) -> usize {
        self.symbols.memory()
            + size_of::<TimeEntry>() * self.times.len()
            + self.series.memory()
            + 12 * self.postings.pairs.len()
            + 4 * self.postings.ordinals.len()
    }

    /// Labels of a series.
    pub(crate) fn labels(&self, ordinal: usize) -> Labels {
        let (pairs, _) = self.series.symbols(ordinal).as_chunks::<2>();
        Labels::from_sorted(pairs.iter().map(|[n, v]| (self.symbols.get(*n), self.symbols.get(*v))))
    }

    /// Has the series a block whose timestamp column overlaps the range outside of what is deleted?
    pub(crate) fn is_visible(&self, ordinal: u32, range: (i64, i64), deleted: &Deleted) -> bool {
        let deleted = deleted.ranges(ordinal);
        self.series.blocks(ordinal as usize).iter().any(|block| {
            let times = &self.times[block.times as usize];
            let (first, last) = (times.first.max(range.0), times.last.min(range.1));
            first <= last && !covers(&deleted, (first, last))
        })
    }

    /// Decodes the index from the pages of each section, in the order of the file.
    pub(crate) fn decode(
        symbols: &[u8],
        times: &[u8],
        series_pages: &[Vec<u8>],
        postings: &[u8],
    ) -> Decoded<Self> {
        let symbols = Symbols::decode(symbols)?;
        let times = decode_times(times)?;
        let mut series = SeriesTable::default();
        for page in series_pages {
            decode_series(page, &symbols, &times, &mut series)?;
        }
        let postings = decode_postings(postings, &symbols, series.len())?;
        Ok(Self { symbols, times, series, postings })
    }

    /// What reading series page by page needs; [`SegmentIndex::turn_to`] brings them.
    pub(crate) fn without_series(symbols: &[u8], times: &[u8]) -> Decoded<Self> {
        let (symbols, times) = (Symbols::decode(symbols)?, decode_times(times)?);
        Ok(Self { symbols, times, ..Self::default() })
    }

    /// Replaces the series that are here by those of the next page.
    pub(crate) fn turn_to(&mut self, page: &[u8]) -> Decoded<()> {
        self.series.forget();
        decode_series(page, &self.symbols, &self.times, &mut self.series)
    }

    /// Label names, or the values of one name, of all series.
    pub(crate) fn label_names(&self) -> Vec<&str> {
        let mut names: Vec<u32> = self.postings.pairs.iter().map(|pair| pair.0).collect();
        names.dedup();
        names.into_iter().map(|name| self.symbols.get(name)).collect()
    }

    /// Values of a label with the number of series of each.
    pub(crate) fn label_values(&self, name: &str) -> Vec<(&str, usize)> {
        let Some(name) = self.symbols.find(name) else { return Vec::new() };
        let values = self.postings.of_name(name);
        values
            .map(|at| {
                (self.symbols.get(self.postings.pairs[at].1), self.postings.list_at(at).len())
            })
            .collect()
    }
}

impl Postings for SegmentIndex {
    fn all(&self) -> Vec<u32> {
        (0..self.postings.series).collect()
    }

    fn list(&self, name: &str, value: &str) -> Cow<'_, [u32]> {
        let (Some(name), Some(value)) = (self.symbols.find(name), self.symbols.find(value)) else {
            return Cow::Borrowed(&[]);
        };
        let at = self.postings.pairs.binary_search_by_key(&(name, value), |pair| (pair.0, pair.1));
        Cow::Borrowed(at.map_or(&[], |at| self.postings.list_at(at)))
    }

    fn lists<'a>(
        &'a self,
        name: &str,
        wanted: &mut dyn FnMut(&str) -> Result<bool, QuerierError>,
        each: &mut dyn FnMut(Cow<'a, [u32]>),
    ) -> Result<(), QuerierError> {
        let Some(name) = self.symbols.find(name) else { return Ok(()) };
        for at in self.postings.of_name(name) {
            if wanted(self.symbols.get(self.postings.pairs[at].1))? {
                each(Cow::Borrowed(self.postings.list_at(at)));
            }
        }
        Ok(())
    }
}

/// Timestamp columns: varint count, each: signed page step, varint offset, varint length, varint
/// rows, signed first (difference to the previous first), varint last - first.
pub(crate) fn encode_times(times: &[TimeEntry], out: &mut Vec<u8>) {
    put_varint(out, times.len() as u64);
    let (mut page, mut first) = (0_i64, 0_i64);
    for entry in times {
        put_signed(out, i64::from(entry.page) - page);
        put_varint(out, u64::from(entry.offset));
        put_varint(out, u64::from(entry.len));
        put_varint(out, u64::from(entry.rows));
        put_signed(out, entry.first.wrapping_sub(first));
        put_varint(out, entry.last.wrapping_sub(entry.first).cast_unsigned());
        (page, first) = (i64::from(entry.page), entry.first);
    }
}

fn decode_times(bytes: &[u8]) -> Decoded<Vec<TimeEntry>> {
    let mut cursor = Cursor::new(bytes);
    let count = cursor.count(bytes.len() / 6)?;
    let mut times = Vec::with_capacity(count);
    let (mut page, mut first) = (0_i64, 0_i64);
    for _ in 0..count {
        page = page.wrapping_add(cursor.signed()?);
        let offset = cursor.varint_u32()?;
        let len = cursor.varint_u32()?;
        let rows = index_u32(cursor.count(BLOCK_SAMPLES_MAX)?);
        first = first.wrapping_add(cursor.signed()?);
        let last = first.wrapping_add(cursor.varint()?.cast_signed());
        let page = u32::try_from(page).or(Err(cursor.damage("page number above 32 bits")))?;
        if rows == 0 || last < first {
            return Err(cursor.damage("impossible timestamp column"));
        }
        times.push(TimeEntry { page, offset, len, rows, first, last });
    }
    cursor.finish()?;
    Ok(times)
}

/// What the next series of a page is written against.
#[derive(Default)]
struct SeriesContext {
    symbols: Vec<u32>,
    times: i64,
    page: i64,
    end: u32,
}

/// Encodes all series as pages of about [`SERIES_PAGE_BYTES`]:
///
/// ```text
/// varint   number of the first series, varint number of series, each:
///   varint   1: names as in the previous series; a bitmap of changed values, signed step of each
///            2 x labels: all symbols follow, varint name and varint value in turn
///   varint   number of blocks, each: signed timestamp column step against the previous block,
///            byte flags, [elsewhere: signed page step, varint offset], varint length,
///            [partial: presence], [aggregates: varint length, bytes]
/// ```
///
/// Each page goes to `put` at once.
pub(crate) fn encode_series<E>(
    (labels, new): (&LabelRows, &[u32]),
    table: &SeriesTable,
    times: &[TimeEntry],
    mut put: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let (mut first, mut ordinal) = (0, 0);
    let (mut body, mut context) = (Vec::new(), SeriesContext::default());
    let mut put_page = |first: usize, count: usize, body: &mut Vec<u8>| {
        let mut page = Vec::with_capacity(body.len() + 10);
        put_varint(&mut page, first as u64);
        put_varint(&mut page, count as u64);
        page.append(body);
        put(&page)
    };
    labels.for_each(new, |symbols| {
        if body.len() >= SERIES_PAGE_BYTES {
            put_page(first, ordinal - first, &mut body)?;
            context = SeriesContext::default();
            first = ordinal;
        }
        encode_one(table, times, (ordinal, symbols), &mut context, &mut body);
        ordinal += 1;
        Ok(())
    })?;
    assert_eq!(ordinal, table.len(), "INV-17: labels of every series");
    if ordinal > first { put_page(first, ordinal - first, &mut body) } else { Ok(()) }
}

fn encode_one(
    table: &SeriesTable,
    times: &[TimeEntry],
    (ordinal, symbols): (usize, &[u32]),
    context: &mut SeriesContext,
    out: &mut Vec<u8>,
) {
    encode_labels(symbols, &mut context.symbols, out);
    let blocks = table.blocks(ordinal);
    put_varint(out, blocks.len() as u64);
    for block in blocks {
        put_signed(out, i64::from(block.times) - context.times);
        context.times = i64::from(block.times);
        let contiguous = i64::from(block.page) == context.page && block.offset == context.end;
        let presence = table.presence(block);
        let partial = *presence != Presence::All;
        let flags = if contiguous { 0 } else { ELSEWHERE } | if partial { PARTIAL } else { 0 };
        out.push(flags);
        if !contiguous {
            put_signed(out, i64::from(block.page) - context.page);
            put_varint(out, u64::from(block.offset));
        }
        put_varint(out, u64::from(block.len));
        if partial {
            assert!(presence.count(times[block.times as usize].rows as usize) > 0, "INV-16");
            presence.encode(out);
        }
        context.page = i64::from(block.page);
        context.end = block.offset + block.len;
    }
}

/// One byte a label at worst when the names stay and about half of the values change.
fn encode_labels(symbols: &[u32], before: &mut Vec<u32>, out: &mut Vec<u8>) {
    let names = |symbols: &[u32]| symbols.iter().copied().step_by(2).collect::<Vec<_>>();
    if symbols.is_empty() || names(symbols) != names(before) {
        put_varint(out, symbols.len() as u64);
        for symbol in symbols {
            put_varint(out, u64::from(*symbol));
        }
    } else {
        put_varint(out, 1);
        let changed = |place: usize| symbols[2 * place + 1] != before[2 * place + 1];
        let labels = symbols.len() / 2;
        for byte in 0..labels.div_ceil(8) {
            let bits = (8 * byte..labels.min(8 * byte + 8)).filter(|place| changed(*place));
            out.push(bits.fold(0, |mask, place| mask | 1 << (place % 8)));
        }
        for place in (0..labels).filter(|place| changed(*place)) {
            put_signed(out, i64::from(symbols[2 * place + 1]) - i64::from(before[2 * place + 1]));
        }
    }
    before.clear();
    before.extend_from_slice(symbols);
}

fn decode_labels(cursor: &mut Cursor<'_>, limit: usize, row: &mut Vec<u32>) -> Decoded<()> {
    let symbol = |cursor: &Cursor<'_>, value: i64| match u32::try_from(value) {
        Ok(symbol) if (symbol as usize) < limit => Ok(symbol),
        Ok(_) | Err(_) => Err(cursor.damage("symbol that is not in the dictionary")),
    };
    let head = cursor.count(cursor.remaining())?;
    if head == 1 {
        let labels = row.len() / 2;
        let mask = cursor.take(labels.div_ceil(8))?;
        for place in (0..labels).filter(|place| mask[place / 8] >> (place % 8) & 1 == 1) {
            let value = i64::from(row[2 * place + 1]).wrapping_add(cursor.signed()?);
            row[2 * place + 1] = symbol(cursor, value)?;
        }
        return Ok(());
    }
    if head % 2 == 1 {
        return Err(cursor.damage("label name without a value"));
    }
    row.clear();
    for _ in 0..head {
        let value = cursor.varint_u32()?;
        row.push(symbol(cursor, i64::from(value))?);
    }
    Ok(())
}

fn decode_series(
    bytes: &[u8],
    symbols: &Symbols,
    times: &[TimeEntry],
    table: &mut SeriesTable,
) -> Decoded<()> {
    let mut cursor = Cursor::new(bytes);
    if cursor.varint()? != table.len() as u64 {
        return Err(cursor.damage("series pages do not follow each other"));
    }
    let count = cursor.count(bytes.len())?;
    let mut context = SeriesContext::default();
    for _ in 0..count {
        let mut row = std::mem::take(&mut context.symbols);
        decode_labels(&mut cursor, symbols.len(), &mut row)?;
        let sorted = row.chunks_exact(2).map(|pair| pair[0]).is_sorted_by(|a, b| a < b);
        let empty = row.chunks_exact(2).any(|pair| symbols.get(pair[1]).is_empty());
        if !sorted || empty {
            return Err(cursor.damage("labels are not sorted or empty"));
        }
        table.push(row.iter().copied());
        context.symbols = row;
        decode_blocks(&mut cursor, times, table, &mut context)?;
    }
    cursor.finish()
}

fn decode_blocks(
    cursor: &mut Cursor<'_>,
    times: &[TimeEntry],
    table: &mut SeriesTable,
    context: &mut SeriesContext,
) -> Decoded<()> {
    for _ in 0..cursor.count(cursor.remaining() / 3)? {
        context.times = context.times.wrapping_add(cursor.signed()?);
        let entry = usize::try_from(context.times).ok().and_then(|index| times.get(index));
        let Some(entry) = entry else {
            return Err(cursor.damage("block without a timestamp column"));
        };
        let flags = cursor.byte()?;
        if flags & !(PARTIAL | ELSEWHERE | AGGREGATES) != 0 {
            return Err(cursor.damage("unknown flags of a block"));
        }
        if flags & ELSEWHERE != 0 {
            context.page = context.page.wrapping_add(cursor.signed()?);
            context.end = cursor.varint_u32()?;
        }
        let page = u32::try_from(context.page).or(Err(cursor.damage("page above 32 bits")))?;
        let (offset, len) = (context.end, cursor.varint_u32()?);
        let Some(end) = offset.checked_add(len) else {
            return Err(cursor.damage("block behind the end of every page"));
        };
        context.end = end;
        let partial = flags & PARTIAL != 0;
        let presence =
            if partial { Presence::decode(cursor, entry.rows as usize)? } else { Presence::All };
        if flags & AGGREGATES != 0 {
            cursor.bytes(AGGREGATES_BYTES_MAX)?;
        }
        let times = u32::try_from(context.times).or(Err(cursor.damage("column above 32 bits")))?;
        table.push_block(BlockEntry { times, page, offset, len, presence: 0 }, presence);
    }
    Ok(())
}

/// Postings: varint number of names, each: varint name step, varint number of values, each: varint
/// value step, varint number of runs, each: varint gap, varint length of the run.
pub(crate) fn encode_postings((labels, new): (&LabelRows, &[u32]), out: &mut Vec<u8>) {
    let mut lists: BTreeMap<(u32, u32), Runs> = BTreeMap::new();
    let mut ordinal = 0;
    let Ok(()) = labels.for_each::<Infallible>(new, |symbols| {
        for pair in symbols.chunks_exact(2) {
            lists.entry((pair[0], pair[1])).or_default().push(ordinal);
        }
        ordinal += 1;
        Ok(())
    });
    let lists: Vec<_> = lists.into_iter().collect();
    let names: Vec<_> = lists.chunk_by(|a, b| a.0.0 == b.0.0).collect();
    put_varint(out, names.len() as u64);
    let mut name_before = 0;
    for values in names {
        let name = values[0].0.0;
        put_varint(out, u64::from(name - name_before));
        name_before = name;
        put_varint(out, values.len() as u64);
        let mut value_before = 0;
        for ((_, value), list) in values {
            put_varint(out, u64::from(value - value_before));
            value_before = *value;
            list.put(out);
        }
    }
}

/// Ascending ordinals as they stand in the file: about two bytes a run, where a list takes four an
/// ordinal.
#[derive(Debug, Default)]
struct Runs {
    /// Closed runs: varint gap, varint length each.
    bytes: Vec<u8>,
    closed: u32,
    /// Where the closed runs end.
    end: u32,
    /// The run that goes on; empty before the first ordinal.
    open: std::ops::Range<u32>,
}

impl Runs {
    fn push(&mut self, ordinal: u32) {
        if self.open.is_empty() {
            self.open = ordinal..ordinal + 1;
        } else if self.open.end == ordinal {
            self.open.end += 1;
        } else {
            let mut bytes = std::mem::take(&mut self.bytes);
            self.put_open(&mut bytes);
            self.bytes = bytes;
            self.closed += 1;
            self.end = self.open.end;
            self.open = ordinal..ordinal + 1;
        }
    }

    fn put_open(&self, out: &mut Vec<u8>) {
        put_varint(out, u64::from(self.open.start - self.end));
        put_varint(out, self.open.len() as u64);
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, u64::from(self.closed) + 1);
        out.extend_from_slice(&self.bytes);
        self.put_open(out);
    }
}

fn decode_postings(bytes: &[u8], symbols: &Symbols, series: usize) -> Decoded<SegmentPostings> {
    let mut cursor = Cursor::new(bytes);
    let mut postings = SegmentPostings { series: index_u32(series), ..SegmentPostings::default() };
    let mut name = 0_u64;
    for _ in 0..cursor.count(bytes.len())? {
        name = name.saturating_add(cursor.varint()?);
        let mut value = 0_u64;
        let before = postings.ordinals.len();
        for _ in 0..cursor.count(cursor.remaining())? {
            value = value.saturating_add(cursor.varint()?);
            if name.max(value) >= symbols.len() as u64 {
                return Err(cursor.damage("posting of a symbol that is not in the dictionary"));
            }
            take_runs(&mut cursor, series, &mut postings.ordinals)?;
            // A series has one value per name, so the lists of a name are disjoint.
            if postings.ordinals.len() - before > series {
                return Err(cursor.damage("more postings than series"));
            }
            let end = index_u32(postings.ordinals.len());
            let pair = |symbol: u64| u32::try_from(symbol).expect("checked against the dictionary");
            postings.pairs.push((pair(name), pair(value), end));
        }
    }
    cursor.finish()?;
    if !postings.pairs.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)) {
        return Err(cursor.damage("postings are not sorted"));
    }
    Ok(postings)
}

fn take_runs(cursor: &mut Cursor<'_>, series: usize, out: &mut Vec<u32>) -> Decoded<()> {
    let mut next = 0_usize;
    for _ in 0..cursor.count(series)? {
        let first = next + cursor.count(series)?;
        let len = cursor.count(series)?;
        if len == 0 || first + len > series {
            return Err(cursor.damage("posting behind the last series"));
        }
        out.extend(index_u32(first)..index_u32(first + len));
        next = first + len;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
