//! A store in memory that keeps the promises of `Appender`, and the one door to the receiver.

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use ingest::{Receiver, ReceiverOptions, router};
use model::{
    AppendError, AppendErrorKind, Appender, Batch, BatchReport, GroupKey, Labels, Rejection, Row,
    RowFault, SeriesRef, Timestamp, Value,
};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tower::ServiceExt;
use wire::remote_write::{TimeSeries, encode_snappy};

/// Later than this is the future.
pub(crate) const NOW_MS: i64 = 4_000_000_000_000;

#[derive(Default)]
pub(crate) struct Store {
    pub(crate) state: Mutex<State>,
    pub(crate) changed: tokio::sync::Notify,
    /// The next commit says that it began and then waits for a word.
    pub(crate) hold: Mutex<Option<std::sync::mpsc::Receiver<()>>>,
    pub(crate) began: tokio::sync::Notify,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) series: HashMap<Labels, SeriesRef>,
    pub(crate) groups: HashMap<SeriesRef, GroupKey>,
    pub(crate) samples: BTreeMap<(Labels, i64), Value>,
    pub(crate) batches: Vec<Batch>,
    pub(crate) resolved: usize,
    /// The next so many commits fail with this kind.
    pub(crate) failing: Option<(usize, AppendErrorKind)>,
    /// Every commit finds all its handles dead.
    pub(crate) is_forgetful: bool,
    /// Resolving more than so many series fails with this kind.
    pub(crate) series_max: Option<(usize, AppendErrorKind)>,
    next: u64,
}

impl State {
    /// All handles die, as if their series had left memory.
    pub(crate) fn forget_handles(&mut self) {
        self.series.clear();
    }

    fn store(&mut self, row: &Row) -> Result<bool, RowFault> {
        let series = self.series.iter().find(|(_, series)| **series == row.series);
        let labels = series.map(|(labels, _)| labels.clone()).ok_or(RowFault::UnknownSeries)?;
        let at = row.timestamp.ms();
        if at > NOW_MS {
            return Err(RowFault::TooFarInFuture);
        }
        if at < 0 {
            return Err(RowFault::TooOld);
        }
        if let Some(there) = self.samples.get(&(labels.clone(), at)) {
            return if there.bits_eq(&row.value) {
                Ok(false)
            } else {
                Err(RowFault::DuplicateTimestamp)
            };
        }
        let newer = self.samples.range((labels.clone(), at)..).next();
        if newer.is_some_and(|((other, _), _)| *other == labels) {
            return Err(RowFault::OutOfOrder);
        }
        self.samples.insert((labels, at), row.value.clone());
        Ok(true)
    }
}

impl Appender for Store {
    fn resolve(&self, group: GroupKey, labels: &Labels) -> Result<SeriesRef, AppendError> {
        let mut state = self.state.lock();
        state.resolved += 1;
        if let Some(series) = state.series.get(labels) {
            return Ok(*series);
        }
        if let Some((max, kind)) = state.series_max
            && state.series.len() >= max
        {
            return Err(AppendError::new(
                kind,
                format!("cannot add series {labels}: {max} allowed"),
            ));
        }
        state.next += 1;
        let series = SeriesRef(state.next);
        state.series.insert(labels.clone(), series);
        state.groups.insert(series, group);
        Ok(series)
    }

    fn commit(&self, batch: &Batch) -> Result<BatchReport, AppendError> {
        let hold = self.hold.lock().take();
        if let Some(word) = hold {
            self.began.notify_one();
            word.recv().unwrap();
        }
        let mut state = self.state.lock();
        if let Some((count, kind)) = state.failing.take() {
            state.failing = (count > 1).then_some((count - 1, kind));
            return Err(AppendError::new(kind, "the disk is full"));
        }
        if state.is_forgetful {
            state.forget_handles();
        }
        let mut report = BatchReport::default();
        for (row, sample) in batch.rows.iter().enumerate() {
            match state.store(sample) {
                Ok(true) => report.accepted += 1,
                Ok(false) => report.repeated += 1,
                Err(fault) => report.rejected.push(Rejection { row, fault }),
            }
        }
        state.batches.push(batch.clone());
        drop(state);
        self.changed.notify_waiters();
        Ok(report)
    }
}

pub(crate) struct Fixture {
    pub(crate) store: Arc<Store>,
    pub(crate) receiver: Arc<Receiver>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(ReceiverOptions::default())
    }

    pub(crate) fn with(options: ReceiverOptions) -> Self {
        let store = Arc::new(Store::default());
        let receiver = Arc::new(Receiver::new(Arc::clone(&store) as Arc<dyn Appender>, options));
        Self { store, receiver }
    }

    /// Sends series as a Prometheus sender would; gives status and text.
    pub(crate) fn send(&self, series: &[TimeSeries]) -> (u16, String) {
        let answer = self.receiver.receive(&encode_snappy(series, &[]).unwrap());
        (answer.status.as_u16(), answer.text)
    }

    pub(crate) async fn request(&self, request: Request<Body>) -> Response<Body> {
        router(Arc::clone(&self.receiver)).oneshot(request).await.unwrap()
    }

    /// Stored samples as "labels timestamp value" lines.
    pub(crate) fn stored(&self) -> Vec<String> {
        let state = self.store.state.lock();
        let line = |((labels, at), value): (&(Labels, i64), &Value)| match value {
            Value::Float(value) => format!("{labels} {at} {value}"),
            Value::Histogram(histogram) => format!("{labels} {at} count {}", histogram.count),
        };
        state.samples.iter().map(line).collect()
    }
}

pub(crate) async fn read(response: Response<Body>) -> (StatusCode, String) {
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

pub(crate) fn series(labels: &[(&str, &str)], samples: &[(i64, f64)]) -> TimeSeries {
    let labels = labels.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    TimeSeries { labels, samples: samples.to_vec(), ..TimeSeries::default() }
}

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}
