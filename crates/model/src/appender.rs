//! The one door for samples: scrape, remote write, own telemetry and rules all come in here.
//! A batch (one scrape, one request) becomes visible to queries as a whole or not at all.
//! INV-2: an accepted row is visible to every query that starts after `commit` returned.

use crate::{Exemplar, Labels, MetricMetadata, Timestamp, Value};
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::time::Duration;

/// Handle of a series in an open database; never reused while the process lives.
///
/// A handle dies when its series leaves memory; rows with a dead handle come back as
/// [`RowFault::UnknownSeries`] and the caller resolves the label set again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesRef(pub u64);

/// Names a scrape group: series that usually share their timestamps (a target; for remote write
/// the job and instance). Two sources with the same key are correct, only less compact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct GroupKey(pub u64);

impl GroupKey {
    /// Key made from whatever identifies the source.
    pub fn of(identity: &impl Hash) -> Self {
        Self(foldhash::quality::FixedState::with_seed(1788).hash_one(identity))
    }
}

/// One sample of a batch.
#[derive(Clone, Debug)]
pub struct Row {
    /// Series, resolved before.
    pub series: SeriesRef,
    /// When the value was observed.
    pub timestamp: Timestamp,
    /// What was observed.
    pub value: Value,
    /// When the counter began (created timestamp), if the source says so.
    pub start: Option<Timestamp>,
}

/// Samples that arrive together; reuse one per source to keep its buffers.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Where the rows come from.
    pub group: GroupKey,
    /// Samples in the order of arrival.
    pub rows: Vec<Row>,
    /// Exemplars of series in this batch.
    pub exemplars: Vec<(SeriesRef, Exemplar)>,
    /// Metadata of metric families in this batch.
    pub metadata: Vec<MetricMetadata>,
}

impl Batch {
    /// An empty batch of a group.
    pub fn new(group: GroupKey) -> Self {
        Self { group, ..Self::default() }
    }

    /// Adds a float sample.
    pub fn push(&mut self, series: SeriesRef, timestamp: Timestamp, value: f64) {
        self.rows.push(Row { series, timestamp, value: Value::Float(value), start: None });
    }

    /// Empties the batch and keeps its buffers.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.exemplars.clear();
        self.metadata.clear();
    }
}

/// Why one row of a batch was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowFault {
    /// Older than the newest sample of its series.
    OutOfOrder,
    /// Older than anything the storage still takes.
    TooOld,
    /// The timestamp is taken by a value with other bits; the first one stays.
    DuplicateTimestamp,
    /// More than ten minutes ahead of the clock.
    TooFarInFuture,
    /// The handle is dead; resolve the label set again.
    UnknownSeries,
    /// Buckets do not fit their spans, or there are more than a block can hold.
    InvalidHistogram,
}

/// The end of a sentence: "the sample is" …
impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfOrder => "older than the newest sample of its series",
            Self::TooOld => "older than anything that is still taken",
            Self::DuplicateTimestamp => "at the time of another sample of its series",
            Self::TooFarInFuture => "too far ahead of the clock",
            Self::UnknownSeries => "of a series that is gone",
            Self::InvalidHistogram => "a histogram whose buckets do not fit its spans",
        })
    }
}

/// A row that was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Index in [`Batch::rows`].
    pub row: usize,
    /// Why.
    pub fault: RowFault,
}

/// What became of a batch; every row is counted exactly once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchReport {
    /// Rows stored.
    pub accepted: usize,
    /// Rows equal in every bit to what was there already; nothing to do.
    pub repeated: usize,
    /// Rows refused, in the order of the batch.
    pub rejected: Vec<Rejection>,
}

/// What kind of trouble refused a whole batch or a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AppendErrorKind {
    /// A limit on the number of series is reached; only new series are refused.
    SeriesLimit,
    /// The label set is malformed or above a limit.
    InvalidLabels,
    /// The disk is full or failed: nothing is taken until it recovers; retry later.
    ReadOnly,
    /// The memory budget is used up; retry later.
    Overloaded,
    /// The database is closing.
    Closed,
}

/// A batch or a series was refused as a whole.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct AppendError {
    kind: AppendErrorKind,
    message: String,
    retry_after: Option<Duration>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl AppendError {
    /// An error with its full sentence: what was attempted, where, what was found and expected.
    pub fn new(kind: AppendErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, source: None }
    }

    /// Adds when a retry makes sense.
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// Adds the cause.
    pub fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Kind, for callers that decide.
    pub fn kind(&self) -> AppendErrorKind {
        self.kind
    }

    /// When a retry makes sense, if ever.
    pub fn retry_delay(&self) -> Option<Duration> {
        self.retry_after
    }
}

/// Takes samples. Calls block for at most one journal write (`window`) or sync (`sync`).
pub trait Appender: Send + Sync {
    /// Finds or creates the series of a label set and binds a new one to `group`.
    ///
    /// Fails with [`AppendErrorKind::SeriesLimit`] when the series is new and a limit is reached.
    fn resolve(&self, group: GroupKey, labels: &Labels) -> Result<SeriesRef, AppendError>;

    /// Stores a batch: durable as configured, visible as a whole. Bad rows are reported and cost
    /// no other row.
    fn commit(&self, batch: &Batch) -> Result<BatchReport, AppendError>;
}
