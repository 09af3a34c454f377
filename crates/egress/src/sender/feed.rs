//! Batches of the journal as samples to be sent: labels found, external labels added, relabelled.
//! Between `tsdb` and `core`; remembers what became of each series.

use super::counts::Kinds;
use super::mark::{Mark, Outgoing, Payload, Sample};
use config::{RemoteWriteConfig, RemoteWriteMessage};
use journal::Position;
use model::{GroupKey, Labels, Row, SeriesRef, Value};
use relabel::Rule;
use std::collections::HashMap;
use std::sync::Arc;
use tsdb::record::Record;
use tsdb::{Db, DbResult, TailReader};

/// Series remembered; beyond, all are forgotten and found again.
const SERIES_MAX: usize = 2_000_000;

/// A part of the journal as samples.
#[derive(Default)]
pub(crate) struct Fed {
    /// In the order in which they came.
    pub(crate) samples: Vec<Sample>,
    /// What is not to be sent, by reason.
    pub(crate) dropped: Vec<(&'static str, Kinds)>,
    /// Everything before was looked at.
    pub(crate) next: Position,
    pub(crate) damaged_bytes: u64,
}

/// Reads on and on.
pub(crate) struct Feed {
    reader: TailReader,
    external: Labels,
    rules: Vec<Rule>,
    sends_exemplars: bool,
    sends_histograms: bool,
    sends_custom_buckets: bool,
    /// `None`: not to be sent.
    series: HashMap<SeriesRef, Option<Arc<Outgoing>>>,
}

impl Feed {
    pub(crate) fn new(
        db: Arc<Db>,
        from: Position,
        config: &RemoteWriteConfig,
        external: &Labels,
    ) -> Self {
        let is_v2 = config.message == RemoteWriteMessage::V2;
        Self {
            reader: TailReader::new(db, from),
            external: external.clone(),
            rules: config.relabel_configs.clone(),
            sends_exemplars: config.send_exemplars,
            sends_histograms: is_v2 || config.send_native_histograms,
            sends_custom_buckets: is_v2,
            series: HashMap::new(),
        }
    }

    /// The next samples; none at the end of the journal.
    pub(crate) fn read(&mut self, bytes_max: u64) -> DbResult<Fed> {
        let tail = self.reader.read(bytes_max)?;
        let mut fed = Fed { next: tail.next, damaged_bytes: tail.damaged_bytes, ..Fed::default() };
        for (at, record) in &tail.records {
            self.take(*at, record, &mut fed);
        }
        if self.series.len() > SERIES_MAX {
            self.series.clear();
        }
        Ok(fed)
    }

    /// Rows, exemplars, late rows: numbered in this order.
    fn take(&mut self, at: Position, record: &Record, fed: &mut Fed) {
        let mut mark = Mark::begin(at);
        for row in &record.rows {
            self.take_row(mark, record, row, false, fed);
            mark = mark.after();
        }
        for (series, exemplar) in &record.exemplars {
            let payload = Payload::Exemplar(Box::new(exemplar.clone()));
            if self.sends_exemplars
                && let Some(series) = self.series(*series, at, record)
            {
                let timestamp = exemplar.timestamp.ms();
                let sample = Sample { mark, series, timestamp, start: 0, is_late: false, payload };
                fed.samples.push(sample);
            }
            mark = mark.after();
        }
        for row in &record.late {
            self.take_row(mark, record, row, true, fed);
            mark = mark.after();
        }
    }

    fn take_row(&mut self, mark: Mark, record: &Record, row: &Row, is_late: bool, fed: &mut Fed) {
        let (one, payload) = match &row.value {
            Value::Float(value) => {
                (Kinds { samples: 1, ..Kinds::default() }, Payload::Float(*value))
            }
            Value::Histogram(histogram) => (
                Kinds { histograms: 1, ..Kinds::default() },
                Payload::Histogram(Arc::clone(histogram)),
            ),
        };
        if let Payload::Histogram(histogram) = &payload {
            if !self.sends_histograms {
                return;
            }
            if histogram.uses_custom_buckets() && !self.sends_custom_buckets {
                fed.dropped.push(("nhcb_in_rw1_not_supported", one));
                return;
            }
        }
        let Some(series) = self.series(row.series, mark.at, record) else {
            fed.dropped.push(("dropped_series", one));
            return;
        };
        let start = row.start.map_or(0, model::Timestamp::ms);
        let timestamp = row.timestamp.ms();
        fed.samples.push(Sample { mark, series, timestamp, start, is_late, payload });
    }

    fn series(&mut self, id: SeriesRef, at: Position, record: &Record) -> Option<Arc<Outgoing>> {
        if let Some(known) = self.series.get(&id) {
            return known.clone();
        }
        let born = || record.births.iter().find(|birth| birth.series == id);
        let labels = self.reader.labels(id, at).or_else(|| born().map(|one| one.labels.clone()));
        if labels.is_none() {
            tracing::error!(?id, %at, "remote write: samples of a series that nothing names");
        }
        let outgoing = labels.and_then(|labels| self.relabelled(&labels));
        self.series.insert(id, outgoing.clone());
        outgoing
    }

    /// Own labels win over external ones; then the rules.
    fn relabelled(&self, labels: &Labels) -> Option<Arc<Outgoing>> {
        let mut builder = labels.to_builder();
        for (name, value) in self.external.iter() {
            if labels.get(name).is_none() {
                builder.set(name, value);
            }
        }
        if !relabel::apply(&self.rules, &mut builder) {
            return None;
        }
        let labels = builder.build();
        let hash = GroupKey::of(&labels.iter().collect::<Vec<_>>()).0;
        (!labels.is_empty()).then(|| Arc::new(Outgoing { labels, hash }))
    }
}
