//! Numbers about the database for its own metrics and for the status pages.
//! Counters count since opening; everything else is a snapshot.

use crate::db::Db;
use crate::options::Durability;
use journal::JournalStats;
use model::{BatchReport, METRIC_NAME, RowFault};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What happened since opening.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) batches: Counter,
    pub(crate) accepted: Counter,
    pub(crate) repeated: Counter,
    pub(crate) rejected: [Counter; FAULTS.len()],
    pub(crate) series_created: Counter,
    pub(crate) series_dropped: Counter,
    pub(crate) series_refused: Counter,
    pub(crate) overloaded: Counter,
    pub(crate) journal_bytes: Counter,
    pub(crate) journal_failures: Counter,
    pub(crate) sync_failures: Counter,
    pub(crate) flushes: Counter,
    pub(crate) flush_failures: Counter,
    pub(crate) compactions: Counter,
    pub(crate) compaction_failures: Counter,
    pub(crate) retention_segments: Counter,
    pub(crate) retention_failures: Counter,
    pub(crate) quarantined: Counter,
    pub(crate) late: Counter,
    pub(crate) deletions: Counter,
}

/// Names of [`RowFault`]s in the order of [`place`].
const FAULTS: [&str; 6] = [
    "out_of_order",
    "too_old",
    "duplicate_timestamp",
    "too_far_in_future",
    "unknown_series",
    "invalid_histogram",
];

/// Place of a fault in [`FAULTS`] and [`Counters::rejected`].
fn place(fault: RowFault) -> usize {
    match fault {
        RowFault::OutOfOrder => 0,
        RowFault::TooOld => 1,
        RowFault::DuplicateTimestamp => 2,
        RowFault::TooFarInFuture => 3,
        RowFault::UnknownSeries => 4,
        RowFault::InvalidHistogram => 5,
    }
}

impl Counters {
    pub(crate) fn note(&self, report: &BatchReport) {
        self.batches.add(1);
        self.accepted.add(report.accepted as u64);
        self.repeated.add(report.repeated as u64);
        for rejection in &report.rejected {
            self.rejected[place(rejection.fault)].add(1);
        }
    }
}

/// A snapshot of all numbers.
#[derive(Clone, Debug, Default)]
pub struct DbStats {
    /// Batches, rows accepted, rows that were there already.
    pub batches: u64,
    /// Rows stored.
    pub rows_accepted: u64,
    /// Rows equal to what was there.
    pub rows_repeated: u64,
    /// Rows stored that were older than the newest of their series.
    pub rows_late: u64,
    /// Rows refused, by reason.
    pub rows_rejected: BTreeMap<&'static str, u64>,
    /// Series in memory.
    pub series: u64,
    /// Series created since opening.
    pub series_created: u64,
    /// Series that left memory.
    pub series_dropped: u64,
    /// New series refused by a limit.
    pub series_refused: u64,
    /// Batches refused because of memory.
    pub batches_overloaded: u64,
    /// Samples in memory.
    pub head_samples: u64,
    /// First and last timestamp in memory, ms.
    pub head_span: Option<(i64, i64)>,
    /// Estimated memory of the head, bytes.
    pub head_bytes: u64,
    /// Memory of cached pages and indexes, bytes.
    pub cache_bytes: u64,
    /// Cache lookups that hit and that missed.
    pub cache_lookups: (u64, u64),
    /// Memory limit, bytes.
    pub memory_bytes_max: u64,
    /// Bytes of journal files.
    pub journal_bytes: u64,
    /// Bytes written to the journal since opening.
    pub journal_written_bytes: u64,
    /// Appends that failed.
    pub journal_failures: u64,
    /// Syncs, failures, rescues.
    pub journal: JournalStats,
    /// Syncs that failed for their caller.
    pub sync_failures: u64,
    /// Is every acknowledged batch on the disk?
    pub durable_acknowledgement: bool,
    /// Why samples are refused, if they are.
    pub read_only: Option<String>,
    /// Registered segments.
    pub segments: u64,
    /// Their bytes.
    pub segment_bytes: u64,
    /// Their samples.
    pub segment_samples: u64,
    /// First and last timestamp in segments, ms.
    pub segment_span: Option<(i64, i64)>,
    /// Flushes done and failed.
    pub flushes: (u64, u64),
    /// Compactions done and failed.
    pub compactions: (u64, u64),
    /// Segments removed by retention, and failures.
    pub retention: (u64, u64),
    /// Reads of blocks that were damaged.
    pub damaged_blocks: u64,
    /// Files moved or linked to quarantine.
    pub quarantined: u64,
    /// Deletions asked for.
    pub deletions: u64,
    /// Deletions that may still hide something: not purged yet.
    pub tombstones: u64,
    /// Exemplars in memory.
    pub exemplars: u64,
    /// Metrics with metadata.
    pub metadata: u64,
    /// Groups with series in memory.
    pub groups: u64,
}

/// Which names and values have most series, for `/api/v1/status/tsdb`; each list descends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cardinality {
    /// Series in memory.
    pub series: u64,
    /// Distinct label pairs.
    pub label_pairs: u64,
    /// Metric names with their series.
    pub series_by_metric: Vec<(String, u64)>,
    /// Label names with their number of distinct values.
    pub values_by_label: Vec<(String, u64)>,
    /// Label names with the bytes of their values, once per series.
    pub bytes_by_label: Vec<(String, u64)>,
    /// Label pairs (`name=value`) with their series.
    pub series_by_pair: Vec<(String, u64)>,
}

impl Db {
    /// All numbers at this moment.
    pub fn stats(&self) -> DbStats {
        let mut stats = self.counter_stats();
        {
            let writer = self.writer.lock();
            stats.journal_bytes = writer.journal.len_bytes();
            stats.journal = writer.journal.stats();
            stats.read_only = writer.trouble.as_ref().map(|trouble| trouble.reason.clone());
        }
        let state = self.state.read();
        stats.series = state.head.len() as u64;
        stats.head_samples = state.head.samples() as u64;
        stats.head_span = state.head.span();
        stats.head_bytes = state.head.memory as u64;
        stats.exemplars = state.head.exemplars.len() as u64;
        stats.metadata = state.head.metadata.len() as u64;
        stats.groups = state.head.group_count() as u64;
        stats.tombstones = state.tombstones.len() as u64;
        let segments = &state.segments;
        stats.segments = segments.len() as u64;
        stats.segment_bytes = segments.iter().map(|segment| segment.bytes).sum();
        stats.segment_samples = segments.iter().map(|segment| segment.summary.samples).sum();
        let spans = segments.iter().map(|s| (s.summary.first, s.summary.last));
        stats.segment_span = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        stats
    }

    fn counter_stats(&self) -> DbStats {
        let c = &self.counters;
        let rejected = FAULTS.iter().zip(&c.rejected).map(|(name, n)| (*name, n.get()));
        DbStats {
            batches: c.batches.get(),
            rows_accepted: c.accepted.get(),
            rows_repeated: c.repeated.get(),
            rows_late: c.late.get(),
            rows_rejected: rejected.collect(),
            series_created: c.series_created.get(),
            series_dropped: c.series_dropped.get(),
            series_refused: c.series_refused.get(),
            batches_overloaded: c.overloaded.get(),
            journal_written_bytes: c.journal_bytes.get(),
            journal_failures: c.journal_failures.get(),
            sync_failures: c.sync_failures.get(),
            durable_acknowledgement: self.durability() == Durability::Sync,
            cache_bytes: self.cache.bytes() as u64,
            cache_lookups: self.cache.counters(),
            memory_bytes_max: self.options.memory_bytes_max as u64,
            flushes: (c.flushes.get(), c.flush_failures.get()),
            compactions: (c.compactions.get(), c.compaction_failures.get()),
            retention: (c.retention_segments.get(), c.retention_failures.get()),
            damaged_blocks: self.damaged_reads.get(),
            quarantined: c.quarantined.get(),
            deletions: c.deletions.get(),
            ..DbStats::default()
        }
    }

    /// Names and values with most series in memory, at most `limit` of each kind.
    pub fn cardinality(&self, limit: usize) -> Cardinality {
        let state = self.state.read();
        let mut found = Cardinality { series: state.head.len() as u64, ..Cardinality::default() };
        for (name, values) in state.head.postings.names() {
            let count = |list: &[u32]| list.len() as u64;
            let bytes = values.iter().map(|(value, list)| value.len() as u64 * count(list)).sum();
            found.label_pairs += values.len() as u64;
            found.values_by_label.push((name.to_owned(), values.len() as u64));
            found.bytes_by_label.push((name.to_owned(), bytes));
            let named = values.iter().map(|(value, list)| (value, count(list)));
            if name == METRIC_NAME {
                found.series_by_metric.extend(named.clone().map(|(v, n)| ((*v).to_owned(), n)));
            }
            found.series_by_pair.extend(named.map(|(value, n)| (format!("{name}={value}"), n)));
            keep_top(&mut found.series_by_pair, limit);
        }
        drop(state);
        keep_top(&mut found.series_by_metric, limit);
        keep_top(&mut found.values_by_label, limit);
        keep_top(&mut found.bytes_by_label, limit);
        found
    }
}

/// Descending by number, then by name, so that the answer is defined.
fn keep_top(list: &mut Vec<(String, u64)>, limit: usize) {
    list.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    list.truncate(limit);
}
