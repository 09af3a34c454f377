//! The way of a request's series into the store, whatever protocol brought them: labels to handles,
//! rows to one batch, refusals to counters and one sentence. Good rows are stored, bad ones cost
//! only themselves.

use crate::answer::{Answer, Written, fault_text};
use crate::batch::{LabelBytes, RequestBatch, Source};
use crate::cache::{Known, Lookup, SeriesCache};
use crate::labels;
use crate::receiver::ReceiverOptions;
use crate::stats::ReceiverStats;
use axum::http::StatusCode;
use model::{
    AppendError, AppendErrorKind, Appender, BatchReport, Rejection, Row, RowFault, Timestamp, Value,
};
use std::sync::Arc;
use wire::remote_write::{LabelPairs, SeriesItem};
use wire::{WireError, WireErrorKind};

/// What all requests of a protocol share.
pub(crate) struct Intake {
    appender: Arc<dyn Appender>,
    pub(crate) options: ReceiverOptions,
    cache: SeriesCache,
    pub(crate) stats: Arc<ReceiverStats>,
}

/// What happened to the samples of a request.
#[derive(Default)]
pub(crate) struct Refusals {
    pub(crate) count: usize,
    /// The first one, as a sentence.
    pub(crate) first: Option<String>,
    /// The gravest error of resolving a series that a retry may mend.
    retryable: Option<AppendError>,
    /// What is stored now.
    pub(crate) written: Written,
}

impl Refusals {
    pub(crate) fn add(&mut self, text: impl FnOnce() -> String) {
        self.add_many(1, text);
    }

    pub(crate) fn add_many(&mut self, count: usize, text: impl FnOnce() -> String) {
        self.count += count;
        self.first.get_or_insert_with(text);
    }

    pub(crate) fn conclude(&self) -> Answer {
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

/// Why a request is given up before its batch is stored.
pub(crate) enum Stop {
    Wire(WireError),
    /// More of something than a request may hold.
    TooMany(String),
    Append(AppendError),
}

impl Stop {
    pub(crate) fn answer(&self) -> Answer {
        match self {
            Self::Wire(error) => refuse_body(error),
            Self::TooMany(text) => Answer::new(StatusCode::PAYLOAD_TOO_LARGE, text.as_str()),
            Self::Append(error) => Answer::of_error(error),
        }
    }
}

impl From<WireError> for Stop {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

pub(crate) fn refuse_body(error: &WireError) -> Answer {
    let status = match error.kind() {
        WireErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        // Kinds to come are faults of the body as well.
        _ => StatusCode::BAD_REQUEST,
    };
    Answer::new(status, error.to_string())
}

/// Why a series has no handle.
pub(crate) enum Unresolved {
    Labels(String),
    Limit(AppendError),
}

fn too_many(what: &str, max: usize) -> Stop {
    Stop::TooMany(format!("more than {max} {what} in one request"))
}

impl Intake {
    pub(crate) fn new(appender: Arc<dyn Appender>, options: ReceiverOptions) -> Self {
        let cache = SeriesCache::new(options.cache_bytes_max);
        Self { appender, options, cache, stats: Arc::default() }
    }

    pub(crate) fn check_room(&self, batch: &mut RequestBatch<'_>) -> Result<(), Stop> {
        if batch.has_room(&self.options) {
            return Ok(());
        }
        Err(too_many("samples", self.options.samples_max))
    }

    /// Counts a sample whose series has no handle.
    pub(crate) fn refuse(&self, refused: &Unresolved, refusals: &mut Refusals) {
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

    /// Notes that a series could not be resolved now, but may be later.
    pub(crate) fn note_unresolved(refused: Unresolved, refusals: &mut Refusals) {
        if let Unresolved::Limit(error) = refused {
            refusals.retryable.get_or_insert(error);
        }
    }

    /// Adds an item of the latest series.
    pub(crate) fn take(
        &self,
        known: Known,
        item: SeriesItem,
        batch: &mut RequestBatch<'_>,
        refusals: &mut Refusals,
    ) -> Result<(), Stop> {
        match item {
            SeriesItem::Sample(sample) => {
                let value = Value::Float(sample.value);
                let (timestamp, start) = (sample.timestamp, sample.start);
                batch.push(Row { series: known.series, timestamp, value, start });
            }
            SeriesItem::Histogram(sample) => match sample.histogram {
                Ok(histogram) => {
                    if !batch.has_room_for(&histogram, &self.options) {
                        return Err(too_many("histogram buckets", self.options.buckets_max));
                    }
                    batch.push_histogram(known.series, sample.timestamp, sample.start, histogram);
                }
                Err(error) => {
                    self.stats.samples_invalid_histogram.add(1);
                    refusals.add(|| error.to_string());
                }
            },
            SeriesItem::Exemplar(Ok(exemplar)) => batch.push_exemplar(known.series, exemplar),
            // As upstream: the samples are what the sender is told about.
            SeriesItem::Exemplar(Err(_)) => self.stats.exemplars_refused.add(1),
        }
        Ok(())
    }

    /// Begins to look up the series of a request.
    pub(crate) fn lookup<'a>(&self) -> Lookup<'_, 'a> {
        self.cache.lookup()
    }

    /// Finds the handle of a series, by its bytes or else by its labels, and adds the series.
    /// `is_likely`: its bytes were found to be those that the lookup expected.
    pub(crate) fn resolve<'a>(
        &self,
        label_bytes: LabelBytes<'a>,
        is_likely: bool,
        lookup: &mut Lookup<'_, 'a>,
        batch: &mut RequestBatch<'a>,
    ) -> Result<Result<Known, Unresolved>, Stop> {
        let recognised =
            if is_likely { lookup.take_likely() } else { lookup.get(&label_bytes, batch) };
        let known = match recognised {
            Some(known) => {
                self.stats.series_recognised.add(1);
                known
            }
            None => match self.resolve_anew(batch.bytes_of(&label_bytes))? {
                Ok(known) => {
                    lookup.learn(&label_bytes, known, batch);
                    known
                }
                Err(refused) => return Ok(Err(refused)),
            },
        };
        batch.add_source(Source { label_bytes, group: known.group });
        Ok(Ok(known))
    }

    fn resolve_anew(&self, bytes: &[u8]) -> Result<Result<Known, Unresolved>, Stop> {
        self.stats.series_parsed.add(1);
        let labels = match labels::read(LabelPairs::of(bytes), &self.options)? {
            Ok(labels) => labels,
            Err(text) => return Ok(Err(Unresolved::Labels(text))),
        };
        let group = labels::group_of(&labels);
        match self.appender.resolve(group, &labels) {
            Ok(series) => Ok(Ok(Known { series, group })),
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

/// Storing: rows to the appender.
impl Intake {
    /// Stores a request as one batch.
    pub(crate) fn store(
        &self,
        mut request: RequestBatch<'_>,
        refusals: &mut Refusals,
    ) -> Result<(), AppendError> {
        request.order_by_group();
        let batch = &request.batch;
        if batch.rows.is_empty() && batch.metadata.is_empty() && batch.exemplars.is_empty() {
            return Ok(());
        }
        let report = self.appender.commit(batch)?;
        self.stats.exemplars.add(batch.exemplars.len());
        self.stats.metadata.add(batch.metadata.len());
        refusals.written.exemplars += batch.exemplars.len();
        let dead = self.settle(&request, &report, refusals);
        if dead.is_empty() {
            return Ok(());
        }
        request.keep_only(&dead);
        self.store_again(request, refusals)
    }

    /// Rows whose handles died between two requests: resolved and committed once more.
    fn store_again(
        &self,
        mut request: RequestBatch<'_>,
        refusals: &mut Refusals,
    ) -> Result<(), AppendError> {
        for row in 0..request.batch.rows.len() {
            self.cache.remove(request.row_label_bytes(row));
        }
        let mut lookup = self.lookup();
        let mut latest = None;
        for row in 0..request.batch.rows.len() {
            let origin = request.origin_of(row);
            if let Some((_, series)) = latest.filter(|(known, _)| *known == origin) {
                request.batch.rows[row].series = series;
                continue;
            }
            match self.resolve_anew(request.row_label_bytes(row)) {
                Ok(Ok(known)) => {
                    request.batch.rows[row].series = known.series;
                    latest = Some((origin, known.series));
                    lookup.learn(&request.source_of(row).label_bytes, known, &request);
                }
                Ok(Err(Unresolved::Limit(error))) | Err(Stop::Append(error)) => return Err(error),
                // The labels were valid when the request was read.
                Ok(Err(Unresolved::Labels(_))) | Err(Stop::Wire(_) | Stop::TooMany(_)) => {}
            }
        }
        lookup.finish(&request);
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
        for row in &request.batch.rows {
            *refusals.written.count_of(&row.value) += 1;
        }
        let mut dead = Vec::new();
        for rejection in &report.rejected {
            *refusals.written.count_of(&request.batch.rows[rejection.row].value) -= 1;
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
        if request.is_aside(rejection.row) {
            return;
        }
        refusals.add(|| {
            let labels = labels::read(request.row_labels(rejection.row), &self.options);
            let series = labels.ok().and_then(Result::ok).unwrap_or_default();
            let at: Timestamp = request.batch.rows[rejection.row].timestamp;
            format!("{}: series {series} at {} ms", fault_text(rejection.fault), at.ms())
        });
    }
}
