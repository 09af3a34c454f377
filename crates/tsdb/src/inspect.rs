//! Looks into a data directory without changing it: what `flyball tsdb verify|analyze|list|dump`
//! show. Works beside a running server (it takes no lock and repairs nothing) and on snapshots.

mod read_only;

use crate::cache::BlockCache;
use crate::error::{DbError, DbErrorKind, DbResult};
use crate::layout::{Layout, check_format};
use crate::manifest::Manifest;
use crate::postings;
use crate::record;
use crate::segment::{Segment, SegmentIndex};
use journal::{Journal, JournalOptions, Replayed};
use model::{Labels, METRIC_NAME, Matcher, SampleBuf};
use read_only::ReadOnly;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use sys::Vfs;

/// Memory of pages and indexes while looking.
const CACHE_BYTES: usize = 64 << 20;

/// A segment as `list` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentInfo {
    /// Its number.
    pub id: u64,
    /// Number of the oldest segment that went into it.
    pub age: u64,
    /// First timestamp, ms.
    pub first_ms: i64,
    /// Last timestamp, ms.
    pub last_ms: i64,
    /// Number of series.
    pub series: u64,
    /// Number of samples.
    pub samples: u64,
    /// Number of blocks.
    pub blocks: u64,
    /// Length of its file.
    pub bytes: u64,
}

/// What `verify` found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Segments checked.
    pub segments: usize,
    /// Blocks decoded.
    pub blocks: u64,
    /// Journal records decoded.
    pub records: u64,
    /// What is damaged, as sentences with their place.
    pub damage: Vec<String>,
}

/// Where the bytes and series of the segments are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// Totals over all segments; series count once per segment.
    pub series: u64,
    /// Samples in segments.
    pub samples: u64,
    /// Bytes of segment files.
    pub bytes: u64,
    /// Metrics with series, samples are not known per metric without decoding; descending.
    pub series_by_metric: Vec<(String, u64)>,
    /// Labels with their number of distinct values in the largest segment; descending.
    pub values_by_label: Vec<(String, u64)>,
}

/// Registered segments of a data directory, oldest first.
pub fn list(vfs: &dyn Vfs, dir: &Path) -> DbResult<Vec<SegmentInfo>> {
    let opened = Opened::open(vfs, dir)?;
    let mut infos = Vec::new();
    for (age, segment) in opened.segments {
        let segment = segment?;
        let summary = segment.summary;
        infos.push(SegmentInfo {
            id: segment.id,
            age,
            first_ms: summary.first,
            last_ms: summary.last,
            series: summary.series,
            samples: summary.samples,
            blocks: summary.blocks,
            bytes: segment.bytes,
        });
    }
    infos.sort_by_key(|info| (info.first_ms, info.id));
    Ok(infos)
}

/// Checks every byte that has a checksum, decodes every block and every journal record.
pub fn verify(vfs: &Arc<dyn Vfs>, dir: &Path) -> DbResult<VerifyReport> {
    let mut report = VerifyReport::default();
    let vfs: Arc<dyn Vfs> = Arc::new(ReadOnly(Arc::clone(vfs)));
    let opened = match Opened::open(&*vfs, dir) {
        Ok(opened) => opened,
        Err(error) if error.kind() == DbErrorKind::Corrupt => {
            report.damage.push(error.to_string());
            return Ok(report);
        }
        Err(error) => return Err(error),
    };
    for (_, segment) in &opened.segments {
        report.segments += 1;
        match segment {
            Ok(segment) => verify_segment(segment, &mut report),
            Err(error) => report.damage.push(error.to_string()),
        }
    }
    for id in opened.manifest.checkpoint.into_iter().chain(opened.manifest.fallback) {
        verify_checkpoint(&*vfs, &opened, id, &mut report);
    }
    verify_journal(&vfs, &opened, &mut report)?;
    Ok(report)
}

fn verify_segment(segment: &Segment, report: &mut VerifyReport) {
    let path = segment.path().display();
    match segment.verify() {
        Ok((pages, lost)) => {
            report.blocks += segment.summary.blocks;
            for page in pages {
                let (offset, len) = segment.place_of_page(page).unwrap_or_default();
                let place = format!("at offset {offset} ({len} bytes)");
                report.damage.push(format!("{path}: page {page} {place} is damaged"));
            }
            if lost > 0 {
                report.damage.push(format!("{path}: {lost} blocks cannot be decoded"));
            }
        }
        Err(error) => report.damage.push(error.to_string()),
    }
}

fn verify_checkpoint(vfs: &dyn Vfs, opened: &Opened, id: u64, report: &mut VerifyReport) {
    let path = opened.layout.checkpoint(id);
    match crate::checkpoint::load(vfs, &path) {
        Ok(loaded) => report.damage.extend(loaded.damage),
        Err(error) => report.damage.push(error.to_string()),
    }
}

fn verify_journal(vfs: &Arc<dyn Vfs>, opened: &Opened, report: &mut VerifyReport) -> DbResult<()> {
    let dir = opened.layout.journal();
    let present = vfs.exists(&dir).map_err(|error| DbError::io("read journal", &dir, error))?;
    if !present {
        return Ok(());
    }
    let (records, damage) = (&mut report.records, &mut report.damage);
    let options = JournalOptions::default();
    let scanned = Journal::open(Arc::clone(vfs), &dir, options, &mut |place, bytes| {
        *records += 1;
        if let Err(error) = record::decode(bytes) {
            damage.push(format!("journal record at {place} cannot be decoded: {error}"));
        }
        Ok(Replayed::Taken)
    });
    let (_, recovery) = scanned.map_err(|error| crate::db::journal_error(&error))?;
    report.damage.extend(recovery.damage.iter().map(ToString::to_string));
    Ok(())
}

/// Counts series by metric and values by label.
pub fn analyze(vfs: &dyn Vfs, dir: &Path, limit: usize) -> DbResult<Analysis> {
    let opened = Opened::open(vfs, dir)?;
    let mut analysis = Analysis::default();
    let mut by_metric: BTreeMap<String, u64> = BTreeMap::new();
    let mut by_label: BTreeMap<String, u64> = BTreeMap::new();
    for (_, segment) in opened.segments {
        let segment = segment?;
        let index = segment.index()?;
        analysis.series += segment.summary.series;
        analysis.samples += segment.summary.samples;
        analysis.bytes += segment.bytes;
        for (metric, count) in index.label_values(METRIC_NAME) {
            *by_metric.entry(metric.to_owned()).or_default() += count as u64;
        }
        for name in index.label_names() {
            let values = index.label_values(name).len() as u64;
            let most = by_label.entry(name.to_owned()).or_default();
            *most = values.max(*most);
        }
    }
    analysis.series_by_metric = top(by_metric, limit);
    analysis.values_by_label = top(by_label, limit);
    Ok(analysis)
}

fn top(counts: BTreeMap<String, u64>, limit: usize) -> Vec<(String, u64)> {
    let mut list: Vec<_> = counts.into_iter().collect();
    list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    list.truncate(limit);
    list
}

/// Calls `each` with every series of the segments that satisfies all matchers and its samples in
/// `start_ms..=end_ms`, segment by segment. What is still in the journal is not shown.
pub fn dump(
    vfs: &dyn Vfs,
    dir: &Path,
    range_ms: (i64, i64),
    matchers: &[Matcher],
    each: &mut dyn FnMut(&Labels, &SampleBuf),
) -> DbResult<u64> {
    let opened = Opened::open(vfs, dir)?;
    let mut lost = 0;
    for (_, segment) in opened.segments {
        let segment = segment?;
        if segment.overlaps(range_ms) {
            let index = segment.index()?;
            lost += dump_segment(&segment, &index, range_ms, matchers, each);
        }
    }
    Ok(lost)
}

fn dump_segment(
    segment: &Segment,
    index: &SegmentIndex,
    range_ms: (i64, i64),
    matchers: &[Matcher],
    each: &mut dyn FnMut(&Labels, &SampleBuf),
) -> u64 {
    let mut lost = 0;
    let mut samples = SampleBuf::default();
    for ordinal in postings::resolve(index, matchers) {
        samples.clear();
        lost += segment.read(index, ordinal, range_ms, &mut samples).blocks;
        if !samples.is_empty() {
            each(&index.labels(ordinal as usize), &samples);
        }
    }
    lost
}

/// Manifest and segments of a directory.
struct Opened {
    layout: Layout,
    manifest: Manifest,
    segments: Vec<(u64, DbResult<Segment>)>,
}

impl Opened {
    fn open(vfs: &dyn Vfs, dir: &Path) -> DbResult<Self> {
        check_format(vfs, dir, false)?;
        let layout = Layout::new(dir);
        let manifest = Manifest::load(vfs, &layout.manifest())?.unwrap_or_default();
        let cache = Arc::new(BlockCache::new(CACHE_BYTES));
        let open = |id: u64| Segment::open(vfs, &layout.segment(id), id, &cache);
        let entries = manifest.segments.iter();
        let segments = entries.map(|entry| (entry.age, open(entry.id))).collect();
        Ok(Self { layout, manifest, segments })
    }
}
