//! The index of a segment in memory: symbols, timestamp columns, postings, and where its pages of
//! series are. Series with their labels and blocks are decoded page by page when a question needs
//! them: about 45 bytes and 4 a label each, where the rest of the index takes a few.

use super::postings::{SegmentPostings, decode_postings};
use super::symbols::Symbols;
use crate::encoding::bytes::{Cursor, put_signed, put_varint};
use crate::encoding::presence::Presence;
use crate::encoding::{BLOCK_SAMPLES_MAX, Damage, Decoded};
use crate::postings::Postings;
use crate::tombstone::{Deleted, covers};
use model::{Labels, QuerierError};

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

/// Everything needed to find series by labels, and the pages on which they are.
#[derive(Debug, Default)]
pub(crate) struct SegmentIndex {
    pub(crate) symbols: Symbols,
    pub(crate) times: Vec<TimeEntry>,
    postings: SegmentPostings,
    directory: SeriesDirectory,
}

/// Where the series of a segment are.
#[derive(Debug, Default)]
pub(crate) struct SeriesDirectory {
    /// Number of each page in the file, with the number of the first series behind it.
    pages: Vec<(u32, u32)>,
}

impl SeriesDirectory {
    /// Adds the next page by its first bytes; it is decoded when it is needed.
    pub(crate) fn push(&mut self, number: u32, page: &[u8]) -> Decoded<()> {
        let mut cursor = Cursor::new(page);
        let before = self.series();
        let count = series_of_page(&mut cursor, before as usize)?;
        let end = u32::try_from(count).ok().and_then(|count| before.checked_add(count));
        let Some(end) = end else { return Err(cursor.damage("more than 2^32 series")) };
        self.pages.push((number, end));
        Ok(())
    }

    /// Number of series.
    pub(crate) fn series(&self) -> u32 {
        self.pages.last().map_or(0, |(_, end)| *end)
    }

    /// Number of pages.
    pub(crate) fn len(&self) -> usize {
        self.pages.len()
    }

    /// Number of a page in the file.
    pub(crate) fn number(&self, place: usize) -> u32 {
        self.pages[place].0
    }

    /// Place of the page of a series.
    pub(crate) fn place(&self, ordinal: u32) -> usize {
        self.pages.partition_point(|(_, end)| *end <= ordinal)
    }

    /// Parts ascending series by the place of their page.
    pub(crate) fn by_page<'o>(
        &self,
        mut ordinals: &'o [u32],
    ) -> impl Iterator<Item = (usize, &'o [u32])> {
        std::iter::from_fn(move || {
            let place = self.place(*ordinals.first()?);
            let end = self.pages[place].1;
            let (here, rest) = ordinals.split_at(ordinals.partition_point(|one| *one < end));
            ordinals = rest;
            Some((place, here))
        })
    }

    /// Numbers of the series on a page.
    pub(super) fn range(&self, place: usize) -> std::ops::Range<usize> {
        let first = if place == 0 { 0 } else { self.pages[place - 1].1 as usize };
        first..self.pages[place].1 as usize
    }
}

/// Series in their order with labels and blocks, as flat columns: those of a page, or of a segment
/// that is being written.
#[derive(Debug, Default)]
pub(crate) struct SeriesTable {
    /// Number of the first series that is here.
    first: usize,
    rows: Vec<SeriesRow>,
    /// Name symbols; series with the same names follow each other and share theirs.
    names: Vec<u32>,
    values: Vec<u32>,
    blocks: Vec<BlockEntry>,
    presences: Vec<Presence>,
}

/// A series of a table.
#[derive(Clone, Copy, Debug)]
struct SeriesRow {
    /// Where its names begin; there are as many as values.
    names: u32,
    /// Where its values and its blocks end.
    values_end: u32,
    blocks_end: u32,
}

impl SeriesTable {
    /// Number of series, with those before the first one here.
    pub(crate) fn len(&self) -> usize {
        self.first + self.rows.len()
    }

    /// Numbers of the series that are here.
    pub(crate) fn ordinals(&self) -> std::ops::Range<u32> {
        index_u32(self.first)..index_u32(self.len())
    }

    /// Forgets what is here, so that the next page can follow.
    fn forget(&mut self) {
        self.first = self.len();
        self.rows.clear();
        self.names.clear();
        self.values.clear();
        self.blocks.clear();
        self.presences.clear();
    }

    /// Adds a series without labels; its blocks follow with [`SeriesTable::push_block`].
    pub(crate) fn push_unlabelled(&mut self) {
        self.push(&[], false);
    }

    /// Adds a series by its name and value symbols in turn.
    fn push(&mut self, symbols: &[u32], names_stay: bool) {
        let names = match self.rows.last() {
            Some(before) if names_stay => before.names,
            Some(_) | None => {
                let start = index_u32(self.names.len());
                self.names.extend(symbols.iter().step_by(2));
                start
            }
        };
        self.values.extend(symbols.iter().skip(1).step_by(2));
        let (values_end, blocks_end) = (index_u32(self.values.len()), index_u32(self.blocks.len()));
        self.rows.push(SeriesRow { names, values_end, blocks_end });
    }

    /// Series of one label each, as no writer would order them.
    #[cfg(test)]
    pub(crate) fn unsorted(rows: &[[u32; 2]]) -> Self {
        let mut table = Self::default();
        for row in rows {
            table.push(row, false);
        }
        table
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
        self.rows.last_mut().expect("a series was pushed before its blocks").blocks_end = end;
    }

    /// The series before one of these; `None` for the first one here.
    fn before(&self, ordinal: usize) -> Option<&SeriesRow> {
        (ordinal - self.first).checked_sub(1).map(|before| &self.rows[before])
    }

    /// Name and value symbols of a series.
    fn symbols(&self, ordinal: usize) -> impl Iterator<Item = (u32, u32)> {
        let row = &self.rows[ordinal - self.first];
        let start = self.before(ordinal).map_or(0, |before| before.values_end as usize);
        let values = &self.values[start..row.values_end as usize];
        let names = &self.names[row.names as usize..][..values.len()];
        names.iter().copied().zip(values.iter().copied())
    }

    pub(crate) fn blocks(&self, ordinal: usize) -> &[BlockEntry] {
        let start = self.before(ordinal).map_or(0, |before| before.blocks_end as usize);
        &self.blocks[start..self.rows[ordinal - self.first].blocks_end as usize]
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

    /// Bytes of memory, for the cache.
    pub(crate) fn memory(&self) -> usize {
        size_of::<SeriesRow>() * self.rows.capacity()
            + 4 * (self.names.capacity() + self.values.capacity())
            + size_of::<BlockEntry>() * self.blocks.capacity()
            + 64 * self.presences.capacity()
    }

    /// Gives back what growing has taken too much.
    fn shrink(&mut self) {
        self.rows.shrink_to_fit();
        self.names.shrink_to_fit();
        self.values.shrink_to_fit();
        self.blocks.shrink_to_fit();
        self.presences.shrink_to_fit();
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
    pub(super) fn for_each<E>(
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

pub(crate) fn index_u32(index: usize) -> u32 {
    u32::try_from(index).expect("a segment has fewer than 2^32 of everything")
}

impl SegmentIndex {
    /// Bytes of memory, for the cache.
    pub(crate) fn memory(&self) -> usize {
        self.symbols.memory()
            + size_of::<TimeEntry>() * self.times.capacity()
            + self.postings.memory()
            + size_of::<(u32, u32)>() * self.directory.pages.capacity()
    }

    /// Where its series are.
    pub(crate) fn directory(&self) -> &SeriesDirectory {
        &self.directory
    }

    /// Labels of a series.
    pub(crate) fn labels(&self, table: &SeriesTable, ordinal: u32) -> Labels {
        let pairs = table.symbols(ordinal as usize);
        Labels::from_sorted(pairs.map(|(n, v)| (self.symbols.get(n), self.symbols.get(v))))
    }

    /// Has the series a block whose timestamp column overlaps the range outside of what is deleted?
    pub(crate) fn is_visible(
        &self,
        table: &SeriesTable,
        ordinal: u32,
        range: (i64, i64),
        deleted: &Deleted,
    ) -> bool {
        let deleted = deleted.ranges(ordinal);
        table.blocks(ordinal as usize).iter().any(|block| {
            let times = &self.times[block.times as usize];
            let (first, last) = (times.first.max(range.0), times.last.min(range.1));
            first <= last && !covers(&deleted, (first, last))
        })
    }

    /// At most so many samples of a series lie within `range`.
    pub(crate) fn samples_max(
        &self,
        table: &SeriesTable,
        ordinal: u32,
        range: (i64, i64),
    ) -> usize {
        let blocks = table.blocks(ordinal as usize).iter();
        let times = blocks.map(|block| &self.times[block.times as usize]);
        let inside = times.filter(|times| times.first <= range.1 && times.last >= range.0);
        inside.map(|times| times.rows as usize).sum()
    }

    /// Decodes all but the series from the sections of the file.
    pub(crate) fn decode(
        symbols: &[u8],
        times: &[u8],
        directory: SeriesDirectory,
        postings: Vec<u8>,
    ) -> Decoded<Self> {
        let (symbols, times) = (Symbols::decode(symbols)?, decode_times(times)?);
        let postings = decode_postings(postings, &symbols, directory.series())?;
        Ok(Self { symbols, times, postings, directory })
    }

    /// What reading series page by page needs; [`SegmentIndex::turn`] brings them.
    pub(crate) fn without_series(symbols: &[u8], times: &[u8]) -> Decoded<Self> {
        let (symbols, times) = (Symbols::decode(symbols)?, decode_times(times)?);
        Ok(Self { symbols, times, ..Self::default() })
    }

    /// Decodes the page of series at a place of the directory.
    pub(crate) fn series(&self, place: usize, page: &[u8]) -> Decoded<SeriesTable> {
        let expected = self.directory.range(place);
        let mut table = SeriesTable { first: expected.start, ..SeriesTable::default() };
        decode_series(page, &self.symbols, &self.times, &mut table)?;
        if table.len() != expected.end {
            return Err(Damage { what: "page of series changed its length", at: 0 });
        }
        table.shrink();
        Ok(table)
    }

    /// Replaces the series of a page by those of the next one.
    pub(crate) fn turn(&self, table: &mut SeriesTable, page: &[u8]) -> Decoded<()> {
        table.forget();
        decode_series(page, &self.symbols, &self.times, table)
    }

    /// Label names, or the values of one name, of all series.
    pub(crate) fn label_names(&self) -> Vec<&str> {
        self.postings.names().map(|name| self.symbols.get(name)).collect()
    }

    /// Values of a label with the number of series of each.
    pub(crate) fn label_values(&self, name: &str) -> Vec<(&str, usize)> {
        let Some(name) = self.symbols.find(name) else { return Vec::new() };
        let values = self.postings.values(name);
        values.map(|(value, count)| (self.symbols.get(value), count)).collect()
    }
}

impl Postings for SegmentIndex {
    fn all(&self) -> Vec<u32> {
        (0..self.postings.series()).collect()
    }

    fn list(&self, name: &str, value: &str, into: &mut Vec<u32>) {
        if let (Some(name), Some(value)) = (self.symbols.find(name), self.symbols.find(value)) {
            self.postings.list((name, value), into);
        }
    }

    fn lists(
        &self,
        name: &str,
        wanted: &mut dyn FnMut(&str) -> Result<bool, QuerierError>,
        into: &mut Vec<u32>,
    ) -> Result<(), QuerierError> {
        let Some(name) = self.symbols.find(name) else { return Ok(()) };
        self.postings.lists(name, |value| wanted(self.symbols.get(value)), into)
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

/// Turns `row` into the next one; `true`: its names are those of the one before.
fn decode_labels(cursor: &mut Cursor<'_>, limit: usize, row: &mut Vec<u32>) -> Decoded<bool> {
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
        return Ok(true);
    }
    if head % 2 == 1 {
        return Err(cursor.damage("label name without a value"));
    }
    row.clear();
    for _ in 0..head {
        let value = cursor.varint_u32()?;
        row.push(symbol(cursor, i64::from(value))?);
    }
    Ok(false)
}

/// Reads the beginning of a page whose first series has this number: how many series it has.
fn series_of_page(cursor: &mut Cursor<'_>, first: usize) -> Decoded<usize> {
    if cursor.varint()? != first as u64 {
        return Err(cursor.damage("series pages do not follow each other"));
    }
    cursor.count(cursor.remaining())
}

fn decode_series(
    bytes: &[u8],
    symbols: &Symbols,
    times: &[TimeEntry],
    table: &mut SeriesTable,
) -> Decoded<()> {
    let mut cursor = Cursor::new(bytes);
    let count = series_of_page(&mut cursor, table.len())?;
    // Texts are sorted, so that only the first one can be empty.
    let empty = (symbols.len() > 0 && symbols.get(0).is_empty()).then_some(0);
    let mut context = SeriesContext::default();
    for _ in 0..count {
        let mut row = std::mem::take(&mut context.symbols);
        let names_stay = decode_labels(&mut cursor, symbols.len(), &mut row)?;
        let (pairs, _) = row.as_chunks::<2>();
        let sorted = names_stay || pairs.is_sorted_by(|a, b| a[0] < b[0]);
        if !sorted || pairs.iter().any(|pair| Some(pair[1]) == empty) {
            return Err(cursor.damage("labels are not sorted or empty"));
        }
        table.push(&row, names_stay);
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

#[cfg(test)]
pub(super) mod tests;
