//! From a compressed body to stored samples and an answer; synchronous, called off the event loop.
//! Malformed bytes refuse the whole request before anything is stored; refused samples cost only
//! themselves: the good rows of the request are stored as one batch.

use crate::answer::{Answer, fault_text};
use crate::batch::{RequestBatch, Source};
use crate::cache::{Known, SeriesCache};
use crate::labels;
use crate::stats::ReceiverStats;
use axum::http::StatusCode;
use model::{
    AppendError, AppendErrorKind, Appender, BatchReport, Rejection, RowFault, Timestamp, Value,
};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use wire::bounded::{Bounds, snappy_block};
use wire::remote_write::{Item, Request, Series, SeriesItem};
use wire::{WireError, WireErrorKind};

/// Limits of a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverOptions {
    /// Longest body, as sent and after decompression, bytes.
    pub body_bytes_max: usize,
    /// Most samples, histograms, exemplars and metadata entries of a request together (a row takes
    /// about 60 bytes, two bytes of a body can make one).
    pub samples_max: usize,
    /// Most histogram buckets of a request (8 bytes each).
    pub buckets_max: usize,
    /// Most labels of a series.
    pub labels_max: usize,
    /// Longest label name, bytes.
    pub label_name_bytes_max: usize,
    /// Longest label value, bytes.
    pub label_value_bytes_max: usize,
    /// Bound of the cache from label bytes to series, bytes.
    pub cache_bytes_max: usize,
    /// Bodies in memory at the same time, bytes, as sent.
    pub budget_bytes: usize,
    /// Requests decoded and stored at the same time; each may hold `body_bytes_max` decoded bytes,
    /// its rows and buckets.
    pub concurrency_max: usize,
    /// Longest wait of a request for its turn or for budget; then 503.
    pub wait_max: Duration,
    /// Requests that may wait or be on their way; beyond it 503 at once.
    pub waiting_max: usize,
    /// Longest time for a body to arrive; then 408.
    pub body_timeout: Duration,
}

impl Default for ReceiverOptions {
    fn default() -> Self {
        Self {
            body_bytes_max: 32 << 20,
            samples_max: 1_000_000,
            buckets_max: 4_000_000,
            labels_max: 64,
            label_name_bytes_max: 1024,
            label_value_bytes_max: 64 << 10,
            cache_bytes_max: 64 << 20,
            budget_bytes: 128 << 20,
            concurrency_max: 4,
            wait_max: Duration::from_secs(5),
            waiting_max: 1000,
            body_timeout: Duration::from_secs(30),
        }
    }
}

/// Bytes of a body per permit of the budget.
pub(crate) const BUDGET_UNIT: usize = 256;

/// Larger buffers are given back: one huge request must not hold memory for ever.
const BUFFER_BYTES_KEPT: usize = 4 << 20;

/// Takes remote write requests and hands their samples to an appender.
pub struct Receiver {
    appender: Arc<dyn Appender>,
    pub(crate) options: ReceiverOptions,
    cache: SeriesCache,
    stats: Arc<ReceiverStats>,
    /// Requests being handled.
    pub(crate) turns: Arc<Semaphore>,
    /// Buffers of finished requests, at most `concurrency_max` of at most 4 MiB.
    buffers: Mutex<Vec<Vec<u8>>>,
    /// Bytes of bodies in memory, in units.
    pub(crate) budget: Arc<Semaphore>,
    /// Requests that wait or are being handled.
    pub(crate) places: Arc<Semaphore>,
}

/// What happened to the samples of a request besides being stored.
#[derive(Default)]
struct Refusals {
    count: usize,
    /// The first one, as a sentence.
    first: Option<String>,
    /// The gravest error of resolving a series that a retry may mend.
    retryable: Option<AppendError>,
}

impl Refusals {
    fn add(&mut self, text: impl FnOnce() -> String) {
        self.count += 1;
        self.first.get_or_insert_with(text);
    }

    fn conclude(&self) -> Answer {
        if let Some(error) = &self.retryable {
            return Answer::of_error(error);
        }
        match &self.first {
            None => Answer::stored(),
            Some(first) => {
                let text = format!("{first} ({} samples refused)", self.count);
                Answer::new(StatusCode::BAD_REQUEST, text)
            }
        }
    }
}

impl Receiver {
    /// A receiver in front of a store.
    pub fn new(appender: Arc<dyn Appender>, options: ReceiverOptions) -> Self {
        Self {
            appender,
            options,
            cache: SeriesCache::new(options.cache_bytes_max),
            stats: Arc::default(),
            buffers: Mutex::default(),
            budget: Arc::new(Semaphore::new(options.budget_bytes / BUDGET_UNIT)),
            turns: Arc::new(Semaphore::new(options.concurrency_max)),
            places: Arc::new(Semaphore::new(options.concurrency_max + options.waiting_max)),
        }
    }

    /// Its counters.
    pub fn stats(&self) -> &Arc<ReceiverStats> {
        &self.stats
    }

    /// Handles a snappy-compressed body of remote write 1.0. Blocks while the store writes.
    pub fn receive(&self, compressed: &[u8]) -> Answer {
        self.stats.bytes_received.add(compressed.len());
        let mut body = self.buffers.lock().pop().unwrap_or_default();
        let answer =
            match snappy_block(compressed, Bounds::of(self.options.body_bytes_max), &mut body) {
                Ok(()) => {
                    self.stats.bytes_decoded.add(body.len());
                    self.receive_decoded(&body)
                }
                Err(error) => refuse_body(&error),
            };
        self.keep_buffer(body);
        self.count(&answer);
        answer
    }

    /// Fresh memory costs a page fault every 4 KiB: a third of the work of an ordinary request.
    fn keep_buffer(&self, body: Vec<u8>) {
        let mut buffers = self.buffers.lock();
        if body.capacity() <= BUFFER_BYTES_KEPT && buffers.len() < self.options.concurrency_max {
            buffers.push(body);
        }
    }

    fn receive_decoded(&self, body: &[u8]) -> Answer {
        let mut refusals = Refusals::default();
        let mut request = match self.read(body, &mut refusals) {
            Ok(request) => request,
            Err(Stop::Wire(error)) => return refuse_body(&error),
            Err(Stop::TooMany(text)) => return Answer::new(StatusCode::PAYLOAD_TOO_LARGE, text),
            Err(Stop::Append(error)) => return Answer::of_error(&error),
        };
        request.order_by_group();
        match self.store(&request, &mut refusals) {
            Ok(()) => refusals.conclude(),
            Err(error) => Answer::of_error(&error),
        }
    }

    /// Counts an answer; those given before the body was read come from `http`.
    pub(crate) fn count(&self, answer: &Answer) {
        let stats = &self.stats;
        let counter = match answer.status {
            StatusCode::NO_CONTENT => &stats.requests_stored,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => &stats.requests_unsupported,
            StatusCode::PAYLOAD_TOO_LARGE => &stats.requests_too_large,
            StatusCode::REQUEST_TIMEOUT => &stats.requests_unfinished,
            StatusCode::TOO_MANY_REQUESTS => &stats.requests_limited,
            status if status.is_server_error() => &stats.requests_unavailable,
            _ => &stats.requests_bad,
        };
        counter.add(1);
    }
}

/// Why a request is given up before its batch is stored.
enum Stop {
    Wire(WireError),
    /// More of something than a request may hold.
    TooMany(String),
    Append(AppendError),
}

impl From<WireError> for Stop {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

fn refuse_body(error: &WireError) -> Answer {
    let status = match error.kind() {
        WireErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        // Kinds to come are faults of the body as well.
        _ => StatusCode::BAD_REQUEST,
    };
    Answer::new(status, error.to_string())
}

/// Reading: bytes to rows.
impl Receiver {
    fn read<'a>(&self, body: &'a [u8], refusals: &mut Refusals) -> Result<RequestBatch<'a>, Stop> {
        let mut request = Request::new(body);
        let mut batch = RequestBatch::default();
        while let Some(item) = request.next_item()? {
            match item {
                Item::Series(series) => self.read_series(series, &mut batch, refusals)?,
                Item::Metadata(metadata) => {
                    self.check_room(&mut batch)?;
                    batch.batch.metadata.push(metadata);
                }
            }
        }
        Ok(batch)
    }

    fn read_series<'a>(
        &self,
        series: Series<'a>,
        batch: &mut RequestBatch<'a>,
        refusals: &mut Refusals,
    ) -> Result<(), Stop> {
        let mut items = series;
        let mut known = None;
        while let Some(item) = items.next_item()? {
            self.check_room(batch)?;
            // Resolved at its first item, so that a series without any is not created.
            let resolved = match &known {
                Some(resolved) => resolved,
                None => known.insert(self.resolve(series, batch)?),
            };
            match (resolved, item) {
                (Ok(known), item) => self.take(*known, item, batch, refusals)?,
                // An exemplar without its series is no loss of a sample.
                (Err(_), SeriesItem::Exemplar(_)) => {}
                (Err(refused), SeriesItem::Sample(_) | SeriesItem::Histogram(..)) => {
                    self.refuse(refused, refusals);
                }
            }
        }
        if let Some(Err(Unresolved::Limit(error))) = known {
            refusals.retryable.get_or_insert(error);
        }
        Ok(())
    }

    fn refuse(&self, refused: &Unresolved, refusals: &mut Refusals) {
        match refused {
            Unresolved::Labels(text) => {
                self.stats.samples_invalid_labels.add(1);
                refusals.add(|| format!("invalid labels: {text}"));
            }
            Unresolved::Limit(error) => {
                self.stats.samples_beyond_limit.add(1);
                refusals.add(|| error.to_string());
            }
        }
    }

    fn check_room(&self, batch: &mut RequestBatch<'_>) -> Result<(), Stop> {
        if batch.has_room(&self.options) {
            return Ok(());
        }
        Err(too_many("samples", self.options.samples_max))
    }

    fn take(
        &self,
        known: Known,
        item: SeriesItem,
        batch: &mut RequestBatch<'_>,
        refusals: &mut Refusals,
    ) -> Result<(), Stop> {
        match item {
            SeriesItem::Sample(sample) => {
                batch.push(known.series, sample.timestamp, Value::Float(sample.value));
            }
            SeriesItem::Histogram(timestamp, Ok(histogram)) => {
                if !batch.has_room_for(&histogram, &self.options) {
                    return Err(too_many("histogram buckets", self.options.buckets_max));
                }
                batch.push_histogram(known.series, timestamp, histogram);
            }
            SeriesItem::Histogram(_, Err(error)) => {
                self.stats.samples_invalid_histogram.add(1);
                refusals.add(|| error.to_string());
            }
            SeriesItem::Exemplar(Ok(exemplar)) => {
                batch.batch.exemplars.push((known.series, exemplar));
            }
            // As upstream: the samples are what the sender is told about.
            SeriesItem::Exemplar(Err(_)) => self.stats.exemplars_refused.add(1),
        }
        Ok(())
    }

    /// Finds the handle of a series: by its bytes, else by its labels.
    fn resolve<'a>(
        &self,
        series: Series<'a>,
        batch: &mut RequestBatch<'a>,
    ) -> Result<Result<Known, Unresolved>, Stop> {
        let label_bytes = series.label_bytes()?;
        let recognised = label_bytes.and_then(|bytes| self.cache.get(bytes));
        let known = match recognised {
            Some(known) => {
                self.stats.series_recognised.add(1);
                known
            }
            None => match self.resolve_anew(&series, label_bytes)? {
                Ok(known) => known,
                Err(refused) => return Ok(Err(refused)),
            },
        };
        batch.add_source(Source { series, label_bytes, group: known.group });
        Ok(Ok(known))
    }

    fn resolve_anew(
        &self,
        series: &Series<'_>,
        label_bytes: Option<&[u8]>,
    ) -> Result<Result<Known, Unresolved>, Stop> {
        self.stats.series_parsed.add(1);
        let labels = match labels::read(series, &self.options)? {
            Ok(labels) => labels,
            Err(text) => return Ok(Err(Unresolved::Labels(text))),
        };
        let group = labels::group_of(&labels);
        match self.appender.resolve(group, &labels) {
            Ok(series) => {
                let known = Known { series, group };
                if let Some(bytes) = label_bytes {
                    self.cache.insert(bytes, known);
                }
                Ok(Ok(known))
            }
            Err(error) => match error.kind() {
                AppendErrorKind::InvalidLabels => Ok(Err(Unresolved::Labels(error.to_string()))),
                // Known series can still be stored; only the new one is refused.
                AppendErrorKind::SeriesLimit | AppendErrorKind::Overloaded => {
                    Ok(Err(Unresolved::Limit(error)))
                }
                _ => Err(Stop::Append(error)),
            },
        }
    }
}

/// Why a series has no handle.
enum Unresolved {
    Labels(String),
    Limit(AppendError),
}

fn too_many(what: &str, max: usize) -> Stop {
    Stop::TooMany(format!("more than {max} {what} in one request"))
}

/// Storing: rows to the appender.
impl Receiver {
    fn store(
        &self,
        request: &RequestBatch<'_>,
        refusals: &mut Refusals,
    ) -> Result<(), AppendError> {
        let batch = &request.batch;
        if batch.rows.is_empty() && batch.metadata.is_empty() && batch.exemplars.is_empty() {
            return Ok(());
        }
        let report = self.appender.commit(batch)?;
        self.stats.exemplars.add(batch.exemplars.len());
        self.stats.metadata.add(batch.metadata.len());
        let dead = self.settle(request, &report, refusals);
        if dead.is_empty() {
            return Ok(());
        }
        self.store_again(request.only(&dead), refusals)
    }

    /// Rows whose handles died between two requests: resolved and committed once more.
    fn store_again(
        &self,
        mut request: RequestBatch<'_>,
        refusals: &mut Refusals,
    ) -> Result<(), AppendError> {
        for row in 0..request.batch.rows.len() {
            let source = *request.source_of(row);
            if let Some(bytes) = source.label_bytes {
                self.cache.remove(bytes);
            }
        }
        for row in 0..request.batch.rows.len() {
            let source = *request.source_of(row);
            let cached = source.label_bytes.and_then(|bytes| self.cache.get(bytes));
            let resolved = match cached {
                Some(known) => Ok(Ok(known)),
                None => self.resolve_anew(&source.series, source.label_bytes),
            };
            match resolved {
                Ok(Ok(known)) => request.batch.rows[row].series = known.series,
                Ok(Err(Unresolved::Limit(error))) | Err(Stop::Append(error)) => return Err(error),
                // The labels were valid when the request was read.
                Ok(Err(Unresolved::Labels(_))) | Err(Stop::Wire(_) | Stop::TooMany(_)) => {}
            }
        }
        let report = self.appender.commit(&request.batch)?;
        for row in self.settle(&request, &report, refusals) {
            let rejection = Rejection { row, fault: RowFault::UnknownSeries };
            self.note(&request, rejection, refusals);
        }
        Ok(())
    }

    /// Counts what became of the rows; gives those whose handles are dead.
    fn settle(
        &self,
        request: &RequestBatch<'_>,
        report: &BatchReport,
        refusals: &mut Refusals,
    ) -> Vec<usize> {
        self.stats.samples_stored.add(report.accepted);
        self.stats.samples_repeated.add(report.repeated);
        let mut dead = Vec::new();
        for rejection in &report.rejected {
            match rejection.fault {
                RowFault::UnknownSeries => dead.push(rejection.row),
                RowFault::OutOfOrder
                | RowFault::TooOld
                | RowFault::DuplicateTimestamp
                | RowFault::TooFarInFuture
                | RowFault::InvalidHistogram => self.note(request, *rejection, refusals),
            }
        }
        dead
    }

    fn note(&self, request: &RequestBatch<'_>, rejection: Rejection, refusals: &mut Refusals) {
        self.stats.of_fault(rejection.fault).add(1);
        refusals.add(|| {
            let labels = labels::read(&request.source_of(rejection.row).series, &self.options);
            let series = labels.ok().and_then(Result::ok).unwrap_or_default();
            let at: Timestamp = request.batch.rows[rejection.row].timestamp;
            format!("{}: series {series} at {} ms", fault_text(rejection.fault), at.ms())
        });
    }
}

#[cfg(test)]
mod tests;
