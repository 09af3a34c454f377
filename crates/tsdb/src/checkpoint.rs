//! The checkpoint: series, metadata and exemplars of the head at the moment of a flush.
//! Written beside the segments of the flush and registered with them; replay begins from it.
//! The same container as segments: pages with checksums (docs/formats/head-journal.md).

mod births;

use crate::encoding::bytes::{Cursor, put_varint};
use crate::encoding::{Decoded, histograms};
use crate::error::{DbError, DbResult};
use crate::head::{FrozenSeries, Head, Newest, histogram_bytes};
use crate::options::Limits;
use crate::record::{
    Birth, put_exemplar, put_labels, put_metadata, take_births, take_exemplar, take_labels,
    take_metadata,
};
use crate::segment::{CHECKPOINT_VERSION, PageKind, PageReader, PageWriter};
use model::{Exemplar, GroupKey, Labels, MetricMetadata, Timestamp, Value};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use sys::Vfs;

/// Most entries of one page.
const PAGE_ENTRIES: usize = 1024;
/// Most series of one page: each page has texts of its own, one a metric and more.
pub(crate) const SERIES_PAGE_ENTRIES: usize = 4096;
/// Bytes of entries after which a page is closed. The largest entry (label sets and histograms are
/// below 1 MiB each) keeps a page far below its bound of 16 MiB.
const PAGE_BYTES: usize = 1 << 20;
const HISTOGRAM_BYTES_MAX: usize = 1 << 20;

/// What a checkpoint holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frozen {
    pub(crate) series: Vec<FrozenSeries>,
    pub(crate) metadata: Vec<MetricMetadata>,
    pub(crate) exemplars: Vec<(Labels, Exemplar)>,
}

/// The pages of a checkpoint: 12 to 20 bytes a series.
#[derive(Default)]
pub(crate) struct Pages(Vec<(PageKind, Box<[u8]>)>);

impl Pages {
    /// Adds what `frozen` holds.
    pub(crate) fn add(&mut self, frozen: &Frozen) {
        encode_pages(frozen, |kind, page| self.0.push((kind, page.into())));
    }
}

/// Writes a checkpoint file; it has its name only when it is complete.
pub(crate) fn write(vfs: &dyn Vfs, path: &Path, pages: &Pages) -> DbResult<()> {
    let mut writer = PageWriter::create(vfs, path, CHECKPOINT_VERSION)?;
    for (kind, page) in &pages.0 {
        writer.put(*kind, page)?;
    }
    writer.finish().map(drop)
}

fn encode_pages(frozen: &Frozen, mut put: impl FnMut(PageKind, Vec<u8>)) {
    for chunk in page_by_page(&frozen.series, SERIES_PAGE_ENTRIES, birth_bytes) {
        let mut page = Vec::new();
        births::encode(chunk, &mut page);
        put(PageKind::HeadSeries, page);
    }
    let entry_bytes = |entry: &MetricMetadata| entry.metric.len() + entry.metadata.help.len();
    for chunk in page_by_page(&frozen.metadata, PAGE_ENTRIES, entry_bytes) {
        let mut page = Vec::new();
        put_varint(&mut page, chunk.len() as u64);
        for entry in chunk {
            put_metadata(&mut page, entry);
        }
        put(PageKind::Metadata, page);
    }
    let exemplar_bytes =
        |(labels, exemplar): &(Labels, Exemplar)| labels.text_len() + exemplar.labels.text_len();
    for chunk in page_by_page(&frozen.exemplars, PAGE_ENTRIES, exemplar_bytes) {
        let mut page = Vec::new();
        put_varint(&mut page, chunk.len() as u64);
        for (labels, exemplar) in chunk {
            put_labels(&mut page, labels);
            put_exemplar(&mut page, exemplar);
        }
        put(PageKind::Exemplars, page);
    }
}

/// Cuts entries where a page is full, by number or by bytes.
fn page_by_page<T>(
    mut entries: &[T],
    entries_max: usize,
    bytes: impl Fn(&T) -> usize,
) -> Vec<&[T]> {
    let mut pages = Vec::new();
    while !entries.is_empty() {
        let mut taken = 0;
        let fits = |entry: &&T| {
            let is_open = taken < PAGE_BYTES;
            taken += bytes(entry);
            is_open
        };
        let count = entries.iter().take(entries_max).take_while(fits).count();
        let (page, rest) = entries.split_at(count);
        pages.push(page);
        entries = rest;
    }
    pages
}

fn birth_bytes(series: &FrozenSeries) -> usize {
    let newest = match &series.newest {
        Some(Newest { value: Value::Histogram(histogram), .. }) => histogram_bytes(histogram),
        Some(Newest { value: Value::Float(_), .. }) | None => 0,
    };
    series.labels.text_len() + newest
}

/// The newest sample in a page of version 1: byte 0 none, 1 float (signed time, 8 bytes), 2
/// histogram (signed time, bytes).
fn take_newest(cursor: &mut Cursor<'_>) -> Decoded<Option<Newest>> {
    let kind = cursor.byte()?;
    if kind == 0 {
        return Ok(None);
    }
    let timestamp = Timestamp::from_ms(cursor.signed()?);
    let value = match kind {
        1 => Value::Float(f64::from_bits(cursor.u64()?)),
        2 => {
            let mut inner = Cursor::new(cursor.bytes(HISTOGRAM_BYTES_MAX)?);
            let mut decoded = Vec::with_capacity(1);
            histograms::decode(&mut inner, 1, &mut decoded)?;
            inner.finish()?;
            Value::Histogram(Arc::clone(&decoded[0]))
        }
        _ => return Err(cursor.damage("unknown kind of newest sample")),
    };
    Ok(Some(Newest { timestamp, value }))
}

/// What a checkpoint file holds, as far as it can be read.
#[derive(Default)]
pub(crate) struct Loaded {
    births: Vec<(Birth, Option<Newest>)>,
    parts: Frozen,
    /// Pages that were left out, as sentences.
    pub(crate) damage: Vec<String>,
}

/// Reads a checkpoint; damaged pages are left out and described.
pub(crate) fn load(vfs: &dyn Vfs, path: &Path) -> DbResult<Loaded> {
    let (reader, _) = PageReader::open(vfs, path)?;
    let mut loaded = Loaded::default();
    for (number, page) in (0_u32..).zip(reader.pages()) {
        let outcome = reader.read(number).and_then(|bytes| {
            take_page(page.kind, &bytes, &mut loaded.births, &mut loaded.parts)
                .map_err(|damage| DbError::corrupt("read checkpoint", path, &damage))
        });
        if let Err(error) = outcome {
            loaded.damage.push(error.to_string());
        }
    }
    Ok(loaded)
}

impl Loaded {
    /// Adds what this one lacks from the checkpoint before it; what that one calls newest is old.
    pub(crate) fn complete_from(&mut self, before: Self) {
        self.births.extend(before.births.into_iter().map(|(birth, _)| (birth, None)));
        let metadata = std::mem::take(&mut self.parts.metadata);
        self.parts.metadata = before.parts.metadata;
        self.parts.metadata.extend(metadata);
        if self.parts.exemplars.is_empty() {
            self.parts.exemplars = before.parts.exemplars;
        }
    }

    /// Series and their labels.
    pub(crate) fn into_labels(self) -> impl Iterator<Item = (model::SeriesRef, Labels)> {
        self.births.into_iter().map(|(birth, _)| (birth.series, birth.labels))
    }

    /// The head at the moment of the flush, without samples. `series_ids` runs from the first id
    /// that a live series may have to the first one never used.
    pub(crate) fn into_head(mut self, series_ids: Range<u64>, limits: &Limits) -> Head {
        self.births.sort_by_key(|(birth, _)| birth.series);
        self.births.dedup_by_key(|(birth, _)| birth.series);
        let first = self.births.first().map_or(series_ids.end, |(birth, _)| birth.series.0);
        let mut head = Head::new(first.min(series_ids.start));
        for (birth, newest) in self.births {
            if head.find(&birth.labels).is_some() {
                continue;
            }
            head.insert_with_id(birth.series, birth.group, &birth.labels);
            let series = head.get_mut(birth.series).expect("inserted above");
            series.set_born(journal::Position::START);
            let newest_ms = newest.as_ref().map_or(i64::MIN, |newest| newest.timestamp.ms());
            series.newest = newest;
            head.newest_ms = head.newest_ms.max(newest_ms);
        }
        head.reserve_ids(series_ids.end);
        for entry in &self.parts.metadata {
            head.set_metadata(entry, limits.metadata_max);
        }
        for (labels, exemplar) in self.parts.exemplars {
            head.keep_exemplar(&labels, exemplar, limits.exemplars_max);
        }
        head
    }
}

/// Decodes a page of series from bytes that nobody trusts; tells whether they were taken.
pub(crate) fn probe_series(bytes: &[u8]) -> bool {
    births::decode(bytes, &mut Vec::new()).is_ok()
}

fn take_page(
    kind: PageKind,
    bytes: &[u8],
    born: &mut Vec<(Birth, Option<Newest>)>,
    parts: &mut Frozen,
) -> Decoded<()> {
    let mut cursor = Cursor::new(bytes);
    match kind {
        PageKind::HeadSeries => return births::decode(bytes, born),
        PageKind::Births => {
            let group = GroupKey(cursor.u64()?);
            for birth in take_births(&mut cursor, group)? {
                born.push((birth, None));
            }
            let first = born.len() - count_of(&mut Cursor::new(&bytes[8..]))?;
            for entry in &mut born[first..] {
                entry.1 = take_newest(&mut cursor)?;
            }
        }
        PageKind::Metadata => {
            for _ in 0..count_of(&mut cursor)? {
                parts.metadata.push(take_metadata(&mut cursor)?);
            }
        }
        PageKind::Exemplars => {
            for _ in 0..count_of(&mut cursor)? {
                let labels = take_labels(&mut cursor)?;
                parts.exemplars.push((labels, take_exemplar(&mut cursor)?));
            }
        }
        PageKind::Blocks
        | PageKind::Times
        | PageKind::TimeEntries
        | PageKind::Symbols
        | PageKind::Series
        | PageKind::Postings
        | PageKind::Summary => return Err(cursor.damage("page does not belong in a checkpoint")),
    }
    cursor.finish()
}

fn count_of(cursor: &mut Cursor<'_>) -> Decoded<usize> {
    cursor.count(cursor.remaining())
}

#[cfg(test)]
mod tests;
