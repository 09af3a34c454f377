//! Looks into a data directory without changing it: what `flyball tsdb verify|analyze|list|dump`
//! show. Works beside a running server (it takes no lock and repairs nothing) and on snapshots.

mod overlay;

use crate::cache::BlockCache;
use crate::db::Db;
use crate::error::{DbErrorKind, DbResult};
use crate::layout::{Layout, check_format};
use crate::manifest::Manifest;
use crate::options::DbOptions;
use crate::record;
use crate::segment::Segment;
use journal::{Journal, JournalOptions, Replayed};
use model::{
    Labels, METRIC_NAME, Matcher, Querier, QuerierError, SampleBuf, SelectHints, Timestamp,
};
use overlay::Overlay;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use sys::{Clock, Vfs};

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

/// Where the bytes and series are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// Series, counted once per segment and once for what no segment has yet.
    pub series: u64,
    /// Samples in segments and in the journal.
    pub samples: u64,
    /// Samples that no segment has yet.
    pub unflushed_samples: u64,
    /// Bytes of segments and of the journal.
    pub bytes: u64,
    /// Metrics with series, samples are not known per metric without decoding; descending.
    pub series_by_metric: Vec<(String, u64)>,
    /// Labels with their number of distinct values where they have most; descending.
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
    let vfs: Arc<dyn Vfs> = Arc::new(Overlay::new(Arc::clone(vfs)));
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

/// A data directory as a server would open it now, its journal included, without touching it.
pub struct View {
    db: Db,
    damage: Vec<String>,
}

impl View {
    /// Opens the directory in memory: nothing is written, locked or repaired on the disk.
    ///
    /// Beside a running server files may vanish meanwhile; then opening fails or names them as
    /// damage, and the next attempt shows the newer state.
    pub fn open(vfs: Arc<dyn Vfs>, clock: Arc<dyn Clock>, dir: &Path) -> DbResult<Self> {
        let mut options = DbOptions::new(dir);
        options.cache_bytes_max = CACHE_BYTES;
        let (db, report) = Db::open(options, Arc::new(Overlay::new(vfs)), clock)?;
        Ok(Self { db, damage: report.damage })
    }

    /// What is damaged, as sentences with their place.
    pub fn damage(&self) -> &[String] {
        &self.damage
    }

    /// Counts series by metric and values by label: segment by segment, then what no segment has
    /// yet. Tables are cut to `limit` rows.
    pub fn analyze(&self, limit: usize) -> DbResult<Analysis> {
        let stats = self.db.stats();
        let mut analysis = Analysis {
            series: stats.series,
            samples: stats.segment_samples + stats.head_samples,
            unflushed_samples: stats.head_samples,
            bytes: stats.segment_bytes + stats.journal_bytes,
            ..Analysis::default()
        };
        let head = self.db.cardinality(usize::MAX);
        let mut by_metric: BTreeMap<String, u64> = head.series_by_metric.into_iter().collect();
        let mut by_label: BTreeMap<String, u64> = head.values_by_label.into_iter().collect();
        for segment in self.db.state.read().segments.clone().iter() {
            let index = segment.index()?;
            analysis.series += segment.summary.series;
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

    /// Calls `each` with every series that satisfies all matchers of at least one set (no set:
    /// every series), sorted, once, with its samples in `start_ms..=end_ms`. Gives what could not
    /// be read, as sentences.
    pub fn dump(
        &self,
        range_ms: (i64, i64),
        selectors: &[Vec<Matcher>],
        each: &mut dyn FnMut(&Labels, &SampleBuf),
    ) -> Result<Vec<String>, QuerierError> {
        let (start, end) = (Timestamp::from_ms(range_ms.0), Timestamp::from_ms(range_ms.1));
        let selectors = if selectors.is_empty() { &[Vec::new()] } else { selectors };
        let mut warnings = Vec::new();
        let mut samples = SampleBuf::default();
        for (at, matchers) in selectors.iter().enumerate() {
            let selection = self.db.select(start, end, matchers, &SelectHints::default())?;
            let seen = |labels: &Labels| {
                let matches = |set: &Vec<Matcher>| set.iter().all(|m| m.matches_labels(labels));
                selectors[..at].iter().any(matches)
            };
            for index in (0..selection.len()).filter(|index| !seen(selection.labels(*index))) {
                selection.read(index, &mut samples)?;
                if !samples.is_empty() {
                    each(selection.labels(index), &samples);
                }
            }
            warnings.extend(selection.warnings());
        }
        Ok(warnings)
    }
}

fn top(counts: BTreeMap<String, u64>, limit: usize) -> Vec<(String, u64)> {
    let mut list: Vec<_> = counts.into_iter().collect();
    list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    list.truncate(limit);
    list
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
