//! The one door for questions: the query engine reads any store through these traits.
//! A selection is a frozen view: what commits later never appears in it.
//! INV-3: series of a selection are strictly increasing by label set, unless the asker takes any
//! order; samples of a series are strictly increasing by timestamp.

use crate::{Exemplar, Histogram, Labels, Matcher, MetricMetadata, Timestamp};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Looks after a question while a store works on it: shall it go on, may it take more memory?
///
/// Stores ask before work that may be long or large: at least every few thousand entries, and
/// never with a lock held for longer than that.
pub trait Watch: fmt::Debug + Sync {
    /// Counts entries that were looked at; fails when the asker has left or the time is over.
    fn tick(&self, entries: usize) -> Result<(), QuerierError>;

    /// Accounts for bytes that the answer will hold, before they are taken; fails when they are
    /// too many.
    fn hold(&self, bytes: usize) -> Result<(), QuerierError>;
}

/// Nobody looks after the question: it takes the time and the memory that it needs.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn tick(&self, _entries: usize) -> Result<(), QuerierError> {
        Ok(())
    }

    fn hold(&self, _bytes: usize) -> Result<(), QuerierError> {
        Ok(())
    }
}

impl Default for &dyn Watch {
    fn default() -> Self {
        &Unwatched
    }
}

/// What the asker knows about its use of the samples, which a store may ignore, and who looks
/// after the question, which it may not.
#[derive(Clone, Debug, Default)]
pub struct SelectHints<'a> {
    /// Distance of the steps, for range queries.
    pub step: Option<Duration>,
    /// Length of the range selector, if any.
    pub range: Option<Duration>,
    /// Function or aggregation applied directly, under its PromQL name.
    pub function: Option<&'static str>,
    /// At most this many series are wanted.
    pub series_max: Option<usize>,
    /// The order of the series does not matter.
    pub any_order: bool,
    /// Of floats it only matters whether they are staleness markers: others may read as 0.
    pub presence_only: bool,
    /// Asked while the store works.
    pub watch: &'a dyn Watch,
}

/// Narrows a question about labels.
#[derive(Clone, Debug)]
pub struct LabelQuery<'a> {
    /// Earliest instant, inclusive.
    pub start: Timestamp,
    /// Latest instant, inclusive.
    pub end: Timestamp,
    /// Series must satisfy all matchers of at least one set; no set at all means every series.
    pub selectors: &'a [Vec<Matcher>],
    /// At most this many answers.
    pub limit: Option<usize>,
    /// Asked while the store works.
    pub watch: &'a dyn Watch,
}

/// Says which series share one timestamp column: equal ids in one selection with equal numbers of
/// samples have equal timestamps, so window bounds can be reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimelineId(pub u64);

/// Samples of one series as columns; reuse one buffer for many series.
#[derive(Clone, Debug, Default)]
pub struct SampleBuf {
    /// Milliseconds since the epoch, strictly increasing.
    pub timestamps: Vec<i64>,
    /// Floats, one per timestamp; where a histogram stands, a placeholder.
    pub values: Vec<f64>,
    /// Histograms with their index in `timestamps`, by increasing index.
    pub histograms: Vec<(usize, Arc<Histogram>)>,
    /// Start timestamps in ms, one per timestamp (0: unknown), or empty when none is known.
    pub starts: Vec<i64>,
    /// Set when the timestamps are a shared column read whole.
    pub timeline: Option<TimelineId>,
}

impl SampleBuf {
    /// Empties the buffer and keeps its allocations.
    pub fn clear(&mut self) {
        self.timestamps.clear();
        self.values.clear();
        self.histograms.clear();
        self.starts.clear();
        self.timeline = None;
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.timestamps.len()
    }

    /// Are there no samples?
    pub fn is_empty(&self) -> bool {
        self.timestamps.is_empty()
    }

    /// Adds a float sample.
    pub fn push(&mut self, timestamp_ms: i64, value: f64) {
        self.timestamps.push(timestamp_ms);
        self.values.push(value);
    }

    /// Adds a histogram sample.
    pub fn push_histogram(&mut self, timestamp_ms: i64, histogram: Arc<Histogram>) {
        self.histograms.push((self.timestamps.len(), histogram));
        self.timestamps.push(timestamp_ms);
        self.values.push(f64::NAN);
    }
}

/// What kind of trouble stopped a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QuerierErrorKind {
    /// The answer would hold more than the asker may take.
    TooMuch,
    /// The asker has left.
    Cancelled,
    /// The time of the question is over.
    Timeout,
    /// Stored bytes could not be read.
    Storage,
    /// The store is closing or unreachable.
    Unavailable,
}

/// A question that could not be answered.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct QuerierError {
    kind: QuerierErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl QuerierError {
    /// An error with its full sentence.
    pub fn new(kind: QuerierErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
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
    pub fn kind(&self) -> QuerierErrorKind {
        self.kind
    }
}

/// Series that satisfy a selector, frozen at the moment of `select`; read in any order and in
/// parallel.
pub trait Selection: Send + Sync {
    /// Number of series.
    fn len(&self) -> usize;

    /// Are there no series?
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Label set of a series; `index < len()`.
    fn labels(&self, index: usize) -> &Labels;

    /// How many samples `read` may give at most, to be accounted for before; 0: nobody can tell.
    fn samples_max(&self, _index: usize) -> usize {
        0
    }

    /// Replaces the content of `into` by the samples within the selected time range, both ends
    /// included, staleness markers among them.
    fn read(&self, index: usize, into: &mut SampleBuf) -> Result<(), QuerierError>;

    /// A reader for one thread that reads many series: it keeps what several of them need.
    fn reader(&self) -> Box<dyn SeriesReader + '_> {
        Box::new(Direct(self))
    }

    /// What a reader should know: blocks that were damaged and left out, tiers used.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Reads series of a [`Selection`], one after another.
pub trait SeriesReader {
    /// As [`Selection::read`].
    fn read(&mut self, index: usize, into: &mut SampleBuf) -> Result<(), QuerierError>;
}

/// The reader of a selection that keeps nothing between series.
struct Direct<'s, S: ?Sized>(&'s S);

impl<S: Selection + ?Sized> SeriesReader for Direct<'_, S> {
    fn read(&mut self, index: usize, into: &mut SampleBuf) -> Result<(), QuerierError> {
        self.0.read(index, into)
    }
}

/// Answers questions about stored series.
pub trait Querier: Send + Sync {
    /// Series with samples within `start..=end` (or created then) that satisfy all matchers.
    fn select(
        &self,
        start: Timestamp,
        end: Timestamp,
        matchers: &[Matcher],
        hints: &SelectHints<'_>,
    ) -> Result<Box<dyn Selection>, QuerierError>;

    /// Names of labels, sorted.
    fn label_names(&self, query: &LabelQuery<'_>) -> Result<Vec<String>, QuerierError>;

    /// Values of one label, sorted.
    fn label_values(&self, name: &str, query: &LabelQuery<'_>)
    -> Result<Vec<String>, QuerierError>;

    /// Metadata of one metric or of all, sorted by metric; at most `limit` metrics.
    fn metadata(
        &self,
        metric: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Vec<MetricMetadata>, QuerierError>;

    /// Exemplars of the series that satisfy any of the selectors.
    fn exemplars(
        &self,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<(Labels, Vec<Exemplar>)>, QuerierError>;
}
