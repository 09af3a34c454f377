//! A storage for tests: keeps everything in order of arrival and refuses as the real one does.

use model::{
    AppendError, AppendErrorKind, Appender, Batch, BatchReport, CounterReset, GroupKey, Histogram,
    HistogramCounts, Labels, Rejection, RowFault, SeriesRef, Span, Value, is_stale,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;

/// One series: its samples by time.
#[derive(Debug, Default)]
struct Series {
    labels: Labels,
    samples: BTreeMap<i64, u64>,
}

#[derive(Debug, Default)]
struct Inner {
    by_labels: BTreeMap<Labels, u64>,
    by_handle: BTreeMap<u64, Series>,
    next: u64,
    /// What each commit held, for golden tests.
    log: Vec<String>,
    batches: usize,
    series_max: Option<usize>,
    closed: Option<AppendErrorKind>,
    refuses_commits: bool,
    invalid: Option<String>,
    panics_next: bool,
    /// Targets by group: their jobs and instances.
    groups: BTreeMap<u64, BTreeSet<(String, String)>>,
}

/// The storage.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Inner>);

impl Memory {
    /// Rows of all commits since the last call, one line each: labels, value, time, start.
    pub(crate) fn take_log(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap().log).concat()
    }

    /// Number of batches so far.
    pub(crate) fn batches(&self) -> usize {
        self.0.lock().unwrap().batches
    }

    /// From now on at most so many series.
    pub(crate) fn limit_series(&self, series_max: usize) {
        self.0.lock().unwrap().series_max = Some(series_max);
    }

    /// From now on everything is refused so, or nothing.
    pub(crate) fn refuse(&self, kind: Option<AppendErrorKind>) {
        self.0.lock().unwrap().closed = kind;
    }

    /// From now on series are known, and their samples refused, or not.
    pub(crate) fn refuse_commits(&self, refuses: bool) {
        self.0.lock().unwrap().refuses_commits = refuses;
    }

    /// From now on a metric of this name has labels that are refused.
    pub(crate) fn refuse_labels_of(&self, metric: &str) {
        self.0.lock().unwrap().invalid = Some(metric.to_owned());
    }

    /// The next commit panics.
    pub(crate) fn panic_next(&self) {
        self.0.lock().unwrap().panics_next = true;
    }

    /// All handles die, as when series leave memory.
    pub(crate) fn kill_handles(&self) {
        let mut inner = self.0.lock().unwrap();
        inner.by_labels.clear();
        inner.by_handle.clear();
    }

    /// Samples of the series with these labels: times and values.
    pub(crate) fn samples(&self, labels: &[(&str, &str)]) -> Vec<(i64, f64)> {
        let inner = self.0.lock().unwrap();
        let wanted = Labels::from_pairs(labels.iter().copied());
        let found = inner.by_handle.values().find(|series| series.labels == wanted);
        let samples = found.map(|series| &series.samples).into_iter().flatten();
        samples.map(|(&at, &bits)| (at, f64::from_bits(bits))).collect()
    }

    /// Which targets, by job and instance, have their series in one group.
    pub(crate) fn groups(&self) -> Vec<BTreeSet<(String, String)>> {
        self.0.lock().unwrap().groups.values().cloned().collect()
    }

    /// Label sets of all series of a job, without the job.
    pub(crate) fn series_of(&self, job: &str) -> BTreeSet<String> {
        let inner = self.0.lock().unwrap();
        let own = inner.by_handle.values().filter(|series| series.labels.value("job") == job);
        own.map(|series| series.labels.without(|name| name == "job").to_string()).collect()
    }

    /// The last value of each series with a name that passes; `None` when it is stale.
    pub(crate) fn latest(&self, metric: &str) -> BTreeMap<String, Option<f64>> {
        let inner = self.0.lock().unwrap();
        let named = inner.by_handle.values().filter(|s| s.labels.metric_name() == Some(metric));
        let last = named.filter_map(|series| {
            let value = f64::from_bits(*series.samples.values().next_back()?);
            Some((series.labels.to_string(), Some(value).filter(|value| !is_stale(*value))))
        });
        last.collect()
    }
}

impl Inner {
    fn check(&self) -> Result<(), AppendError> {
        match self.closed {
            None => Ok(()),
            Some(kind) => Err(AppendError::new(kind, "storage takes nothing")),
        }
    }

    fn row(&mut self, row: &model::Row) -> Result<bool, RowFault> {
        let series = self.by_handle.get_mut(&row.series.0).ok_or(RowFault::UnknownSeries)?;
        let (value, shown) = match &row.value {
            Value::Float(value) if is_stale(*value) => (*value, "stale".to_owned()),
            Value::Float(value) => (*value, value.to_string()),
            Value::Histogram(histogram) => (histogram.sum, describe(histogram)),
        };
        let at = row.timestamp.ms();
        if let Some(&bits) = series.samples.get(&at) {
            return if bits == value.to_bits() {
                Ok(false)
            } else {
                Err(RowFault::DuplicateTimestamp)
            };
        }
        if series.samples.keys().next_back().is_some_and(|&newest| newest > at) {
            return Err(RowFault::OutOfOrder);
        }
        series.samples.insert(at, value.to_bits());
        let start = row.start.map(|start| format!(" from {}", start.ms())).unwrap_or_default();
        self.log.push(format!("{} {shown} @{at}{start}\n", series.labels));
        Ok(true)
    }
}

fn describe(histogram: &Histogram) -> String {
    let side = |spans: &[Span], buckets: &[f64]| {
        let spans = spans.iter().map(|span| format!("{}+{}", span.offset, span.length));
        format!("{}:{buckets:?}", spans.collect::<Vec<_>>().join(","))
    };
    let h = histogram;
    let mut text = format!("schema {} count {} sum {}", h.schema, h.count, h.sum);
    if h.zero_threshold > 0.0 || h.zero_count > 0.0 {
        write!(text, " zero {}<={}", h.zero_count, h.zero_threshold).unwrap();
    }
    for (spans, buckets, sign) in [
        (&h.positive_spans, &h.positive_buckets, '+'),
        (&h.negative_spans, &h.negative_buckets, '-'),
    ] {
        if !spans.is_empty() {
            write!(text, " {sign}{}", side(spans, buckets)).unwrap();
        }
    }
    if !h.custom_values.is_empty() {
        write!(text, " bounds {:?}", h.custom_values).unwrap();
    }
    if h.counter_reset == CounterReset::Gauge {
        text.push_str(" gauge");
    }
    if h.counts == HistogramCounts::Float {
        text.push_str(" float");
    }
    text
}

impl Appender for Memory {
    fn resolve(&self, group: GroupKey, labels: &Labels) -> Result<SeriesRef, AppendError> {
        let mut inner = self.0.lock().unwrap();
        inner.check()?;
        let target = (labels.value("job").to_owned(), labels.value("instance").to_owned());
        inner.groups.entry(group.0).or_default().insert(target);
        if inner.invalid.is_some() && labels.metric_name() == inner.invalid.as_deref() {
            return Err(AppendError::new(AppendErrorKind::InvalidLabels, "labels are refused"));
        }
        if let Some(&handle) = inner.by_labels.get(labels) {
            return Ok(SeriesRef(handle));
        }
        if inner.series_max.is_some_and(|max| inner.by_labels.len() >= max) {
            return Err(AppendError::new(AppendErrorKind::SeriesLimit, "too many series"));
        }
        inner.next += 1;
        let handle = inner.next;
        inner.by_labels.insert(labels.clone(), handle);
        let series = Series { labels: labels.clone(), ..Series::default() };
        inner.by_handle.insert(handle, series);
        Ok(SeriesRef(handle))
    }

    fn commit(&self, batch: &Batch) -> Result<BatchReport, AppendError> {
        let mut inner = self.0.lock().unwrap();
        if std::mem::take(&mut inner.panics_next) {
            // Unlocked first: the storage itself goes on.
            drop(inner);
            panic!("a bug in the storage");
        }
        inner.check()?;
        if inner.refuses_commits {
            return Err(AppendError::new(AppendErrorKind::ReadOnly, "storage takes nothing"));
        }
        inner.batches += 1;
        let mut report = BatchReport::default();
        for (index, row) in batch.rows.iter().enumerate() {
            match inner.row(row) {
                Ok(true) => report.accepted += 1,
                Ok(false) => report.repeated += 1,
                Err(fault) => report.rejected.push(Rejection { row: index, fault }),
            }
        }
        let mut notes = String::new();
        for (series, exemplar) in &batch.exemplars {
            let labels = &inner.by_handle[&series.0].labels;
            let (own, value, at) = (&exemplar.labels, exemplar.value, exemplar.timestamp.ms());
            writeln!(notes, "exemplar of {labels}: {own} {value} @{at}").unwrap();
        }
        for metadata in &batch.metadata {
            let (metric, known) = (&metadata.metric, &metadata.metadata);
            writeln!(notes, "# {metric} {} {:?} {:?}", known.kind.as_str(), known.help, known.unit)
                .unwrap();
        }
        inner.log.push(notes);
        Ok(report)
    }
}
