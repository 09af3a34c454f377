//! Rows with made label bytes on their way into the store, in batches of bounded size.

use crate::batch::{LabelBytes, RequestBatch};
use crate::intake::{Intake, Refusals, Stop};
use model::{Labels, METRIC_NAME, Metadata, MetricKind, MetricMetadata, Row, Timestamp, Value};
use std::sync::Arc;
use wire::remote_write::put_label;

/// Rows of a batch at most: a batch stands in memory whole.
const ROWS_MAX: usize = 50_000;

/// One sample.
#[derive(Clone, Debug)]
pub(super) struct LineRow {
    /// Labels as `wire::remote_write` writes them.
    pub(super) labels: Arc<[u8]>,
    pub(super) at: Timestamp,
    pub(super) value: f64,
    pub(super) start: Option<Timestamp>,
}

/// What is told of a metric.
pub(super) fn metadata(metric: &str, kind: MetricKind, help: &str) -> MetricMetadata {
    let metadata = Metadata { kind, help: help.to_owned(), unit: String::new() };
    MetricMetadata { metric: metric.to_owned(), metadata }
}

/// Label bytes of a series: its name, its own labels, and `others` where it has none of the name.
pub(super) fn label_bytes(
    name: &str,
    labels: &[(String, String)],
    extra: Option<(&str, &str)>,
    others: &Labels,
) -> Arc<[u8]> {
    let mut out = Vec::new();
    put_label(METRIC_NAME, name, &mut out);
    for (label, value) in labels.iter().filter(|(_, value)| !value.is_empty()) {
        put_label(label, value, &mut out);
    }
    if let Some((label, value)) = extra {
        put_label(label, value, &mut out);
    }
    let is_own = |name: &str| labels.iter().any(|(own, _)| own == name);
    for (label, value) in others.iter().filter(|(label, _)| !is_own(label)) {
        put_label(label, value, &mut out);
    }
    out.into()
}

/// Sets a label; a later value stands above an earlier one.
pub(super) fn set_label(labels: &mut Vec<(String, String)>, name: String, value: &str) {
    match labels.iter_mut().find(|(label, _)| *label == name) {
        Some((_, old)) => value.clone_into(old),
        None => labels.push((name, value.to_owned())),
    }
}

/// Stores rows; good ones are stored even if others are refused, which `intake` counts. Gives the
/// first refusal in words.
pub(super) fn store(
    intake: &Intake,
    rows: &[LineRow],
    metadata: Vec<MetricMetadata>,
) -> Option<String> {
    let (mut first, mut metadata) = (None, metadata);
    let mut rest = rows;
    while !rest.is_empty() || !metadata.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(ROWS_MAX));
        rest = later;
        let error = store_batch(intake, now, std::mem::take(&mut metadata));
        first = first.or(error);
    }
    first
}

fn store_batch(intake: &Intake, rows: &[LineRow], metadata: Vec<MetricMetadata>) -> Option<String> {
    let mut refusals = Refusals::default();
    let stored = read(intake, rows, &mut refusals).and_then(|mut batch| {
        batch.batch.metadata = metadata;
        intake.store(batch, &mut refusals).map_err(Stop::Append)
    });
    match stored {
        Ok(()) => refusals.first,
        Err(stop) => Some(stop.answer().text),
    }
}

fn read(
    intake: &Intake,
    rows: &[LineRow],
    refusals: &mut Refusals,
) -> Result<RequestBatch<'static>, Stop> {
    let (mut batch, mut lookup) = (RequestBatch::default(), intake.lookup());
    for row in rows {
        let begin = batch.made.len();
        batch.made.extend_from_slice(&row.labels);
        let place = LabelBytes::Made(begin..batch.made.len());
        match intake.resolve(place, false, &mut lookup, &mut batch)? {
            Ok(known) => {
                let (series, value) = (known.series, Value::Float(row.value));
                batch.push(Row { series, timestamp: row.at, value, start: row.start });
            }
            Err(refused) => {
                batch.made.truncate(begin);
                intake.refuse(&refused, refusals);
                Intake::note_unresolved(refused, refusals);
            }
        }
    }
    lookup.finish(&batch);
    Ok(batch)
}
