//! The write-ahead log (`tsdb/docs/format/wal.md`): what Prometheus had not yet put into blocks.
//! Read twice: once for series and amounts, then span by span, so that memory stays bounded
//! however much there is.

mod histograms;
mod records;

use crate::bytes::Cursor;
use crate::error::{Error, Result};
use model::{Histogram, Labels, SampleBuf};
use records::Records;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sys::Vfs;

/// Width of the spans whose samples are counted, ms.
const BUCKET_MS: i64 = 60_000;

/// A log whose series are known.
pub struct Wal {
    files: Vec<PathBuf>,
    /// Number of a label set by reference; several references may have one label set.
    numbers: HashMap<u64, usize>,
    labels: Vec<Labels>,
    by_labels: HashMap<Labels, usize>,
    /// Samples from this instant on count; older ones are in blocks. ms.
    since: i64,
    amounts: BTreeMap<i64, u64>,
    /// Spans that were deleted, by label set.
    deleted: HashMap<usize, Vec<(i64, i64)>>,
    unread: u64,
    end: Option<Error>,
}

impl Wal {
    /// Reads the series of the logs of a data directory, `wal` and `wbl` (late samples); `since` is
    /// the end of its last block, ms. A log that is not there is empty.
    ///
    /// # Errors
    /// When files cannot be listed or read; damage ends the log, see [`Wal::end`].
    pub fn open(vfs: &dyn Vfs, dir: &Path, since: i64) -> Result<Self> {
        let mut wal = Self {
            files: files(vfs, &dir.join("wal"))?,
            numbers: HashMap::new(),
            labels: Vec::new(),
            by_labels: HashMap::new(),
            since,
            amounts: BTreeMap::new(),
            deleted: HashMap::new(),
            unread: 0,
            end: None,
        };
        wal.files.extend(files(vfs, &dir.join("wbl"))?);
        wal.end = replay(vfs, &wal.files.clone(), |record| wal.learn(record))?;
        wal.by_labels = HashMap::new();
        Ok(wal)
    }

    fn learn(&mut self, record: &[u8]) -> Option<()> {
        match record.split_first()? {
            (1, series) => {
                let mut cursor = Cursor(series);
                while !cursor.is_empty() {
                    let reference = cursor.u64()?;
                    let labels = labels(&mut cursor)?;
                    let next = self.labels.len();
                    let number = *self.by_labels.entry(labels.clone()).or_insert(next);
                    if number == next {
                        self.labels.push(labels);
                    }
                    self.numbers.insert(reference, number);
                }
            }
            (2, samples) => {
                let since = self.since;
                let amounts = &mut self.amounts;
                for_each_sample(samples, |_, at, _| {
                    if at >= since {
                        *amounts.entry(at.div_euclid(BUCKET_MS)).or_default() += 1;
                    }
                })?;
            }
            (3, deletions) => {
                let mut cursor = Cursor(deletions);
                while !cursor.is_empty() {
                    let reference = cursor.u64()?;
                    let span = cursor.varint().zip(cursor.varint())?;
                    if let Some(number) = self.numbers.get(&reference) {
                        self.deleted.entry(*number).or_default().push(span);
                    }
                }
            }
            (kind @ 7..=10, samples) => {
                let since = self.since;
                let amounts = &mut self.amounts;
                histograms::for_each(*kind, samples, |_, at, histogram| {
                    if at >= since {
                        let amount = histograms::weight(&histogram);
                        *amounts.entry(at.div_euclid(BUCKET_MS)).or_default() += amount;
                    }
                })?;
            }
            // Exemplars, places in files of chunks, metadata.
            (4..=6, _) => {}
            _ => self.unread += 1,
        }
        Some(())
    }

    /// Label sets of all series.
    pub fn labels(&self) -> &[Labels] {
        &self.labels
    }

    /// Records of a kind that is not known here.
    pub fn unread(&self) -> u64 {
        self.unread
    }

    /// Where the log ends before its files do: a record was not written whole, or is damaged.
    pub fn end(&self) -> Option<&Error> {
        self.end.as_ref()
    }

    /// Spans (both ends included, ms) with about so many samples each; a histogram counts for as
    /// many as it takes room.
    pub fn spans(&self, samples: u64) -> Vec<(i64, i64)> {
        let mut spans: Vec<((i64, i64), u64)> = Vec::new();
        for (bucket, amount) in &self.amounts {
            let (first, last) = (bucket * BUCKET_MS, bucket * BUCKET_MS + (BUCKET_MS - 1));
            match spans.last_mut() {
                Some((span, count)) if *count + amount <= samples => {
                    span.1 = last;
                    *count += amount;
                }
                _ => spans.push(((first, last), *amount)),
            }
        }
        spans.into_iter().map(|((first, last), _)| (first.max(self.since), last)).collect()
    }

    /// The samples of a span, for each of [`Wal::labels`]; of two at one instant the first stays.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(&self, vfs: &dyn Vfs, span: (i64, i64)) -> Result<Vec<SampleBuf>> {
        let mut found = vec![Found::default(); self.labels.len()];
        let place = |reference: u64, at: i64| {
            let number = self.numbers.get(&reference).copied()?;
            (span.0..=span.1).contains(&at).then_some(number)
        };
        // Where it ends was learnt at the beginning.
        let _end = replay(vfs, &self.files, |record| match record.split_first()? {
            (2, samples) => for_each_sample(samples, |reference, at, value| {
                if let Some(number) = place(reference, at) {
                    found[number].floats.push((at, value));
                }
            }),
            (kind @ 7..=10, samples) => {
                histograms::for_each(*kind, samples, |reference, at, histogram| {
                    if let Some(number) = place(reference, at) {
                        found[number].histograms.push((at, Arc::new(histogram)));
                    }
                })
            }
            _ => Some(()),
        })?;
        for (number, spans) in &self.deleted {
            let is_gone = |at: i64| spans.iter().any(|gone| (gone.0..=gone.1).contains(&at));
            found[*number].floats.retain(|(at, _)| !is_gone(*at));
            found[*number].histograms.retain(|(at, _)| !is_gone(*at));
        }
        Ok(found.into_iter().map(Found::in_order).collect())
    }
}

/// Samples of a series as the log has them.
#[derive(Clone, Default)]
struct Found {
    floats: Vec<(i64, f64)>,
    histograms: Vec<(i64, Arc<Histogram>)>,
}

impl Found {
    /// Each instant once: of two the first one stays, a float before a histogram.
    fn in_order(mut self) -> SampleBuf {
        sort(&mut self.floats);
        sort(&mut self.histograms);
        let mut buffer = SampleBuf::default();
        let mut histograms = self.histograms.into_iter().peekable();
        for (at, value) in self.floats {
            while let Some((at, histogram)) = histograms.next_if(|(other, _)| *other < at) {
                buffer.push_histogram(at, histogram);
            }
            buffer.push(at, value);
            // What stands at the same instant is left out.
            histograms.next_if(|(other, _)| *other == at);
        }
        histograms.for_each(|(at, histogram)| buffer.push_histogram(at, histogram));
        buffer
    }
}

fn sort<T>(samples: &mut Vec<(i64, T)>) {
    if !samples.is_sorted_by(|a, b| a.0 < b.0) {
        samples.sort_by_key(|(at, _)| *at);
        samples.dedup_by_key(|(at, _)| *at);
    }
}

fn labels(cursor: &mut Cursor<'_>) -> Option<Labels> {
    let mut pairs = Vec::new();
    for _ in 0..cursor.uvarint()? {
        let name = cursor.text()?;
        pairs.push((name, cursor.text()?));
    }
    Some(Labels::from_pairs(pairs))
}

/// Series by their difference to the first one, times as well.
fn for_each_sample(bytes: &[u8], mut sample: impl FnMut(u64, i64, f64)) -> Option<()> {
    let mut cursor = Cursor(bytes);
    if cursor.is_empty() {
        return Some(());
    }
    let (reference, time) = (cursor.u64()?, cursor.u64()?.cast_signed());
    while !cursor.is_empty() {
        let reference = reference.wrapping_add_signed(cursor.varint()?);
        let at = time.wrapping_add(cursor.varint()?);
        sample(reference, at, f64::from_bits(cursor.u64()?));
    }
    Some(())
}

/// The newest checkpoint and the files behind it, in their order.
fn files(vfs: &dyn Vfs, dir: &Path) -> Result<Vec<PathBuf>> {
    let list = |dir: &Path| vfs.read_dir(dir).map_err(|source| Error::io(dir, source));
    if !vfs.exists(dir).map_err(|source| Error::io(dir, source))? {
        return Ok(Vec::new());
    }
    let entries = list(dir)?;
    let number = |name: &str| name.parse::<u64>().ok();
    let checkpoints = entries.iter().filter(|entry| entry.is_dir).filter_map(|entry| {
        let last = entry.name.strip_prefix("checkpoint.").and_then(number)?;
        Some((last, entry.name.clone()))
    });
    let checkpoint = checkpoints.max();
    let mut files = Vec::new();
    if let Some((_, name)) = &checkpoint {
        let dir = dir.join(name);
        let inside = list(&dir)?;
        files.extend(
            inside.into_iter().filter(|e| number(&e.name).is_some()).map(|e| dir.join(e.name)),
        );
    }
    let behind = checkpoint.map(|(last, _)| last);
    let segments = entries.into_iter().filter(|entry| !entry.is_dir).filter(|entry| {
        number(&entry.name).is_some_and(|number| behind.is_none_or(|last| number > last))
    });
    files.extend(segments.map(|entry| dir.join(entry.name)));
    Ok(files)
}

/// Gives every record; where they end early, why.
fn replay(
    vfs: &dyn Vfs,
    files: &[PathBuf],
    mut record: impl FnMut(&[u8]) -> Option<()>,
) -> Result<Option<Error>> {
    for path in files {
        let mut records = Records::open(vfs, path)?;
        loop {
            match records.next() {
                Ok(Some((offset, bytes))) => {
                    if record(bytes).is_none() {
                        let message = "a record is cut short";
                        return Ok(Some(Error::damaged(path, offset, message)));
                    }
                }
                Ok(None) => break,
                Err(error @ Error::Damaged { .. }) => return Ok(Some(error)),
                Err(error) => return Err(error),
            }
        }
    }
    Ok(None)
}
