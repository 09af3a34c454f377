//! Bodies of both versions of remote write, read into a batch: series are resolved at their first
//! item, so that a series without any is not created.

use crate::batch::{LabelBytes, RequestBatch};
use crate::cache::{Known, Lookup};
use crate::intake::{Intake, Refusals, Stop, Unresolved};
use model::{METRIC_NAME, Metadata, MetricKind, MetricMetadata};
use wire::remote_write::{Item, LabelPairs, Request, Series, SeriesItem, put_label};
use wire::{WireError, WireErrorKind, remote_write_2};

/// Reads a `prometheus.WriteRequest`.
pub(crate) fn read_1<'a>(
    intake: &Intake,
    body: &'a [u8],
    refusals: &mut Refusals,
) -> Result<RequestBatch<'a>, Stop> {
    let mut request = Request::new(body);
    let mut batch = RequestBatch::default();
    let mut lookup = intake.lookup();
    while let Some(item) = request.next_item_like(lookup.likely())? {
        match item {
            Item::Series(series) => {
                read_series_1(intake, series, &mut lookup, &mut batch, refusals)?;
            }
            Item::Metadata(metadata) => {
                intake.check_room(&mut batch)?;
                batch.batch.metadata.push(metadata);
            }
        }
    }
    lookup.finish(&batch);
    Ok(batch)
}

fn read_series_1<'a>(
    intake: &Intake,
    mut series: Series<'a>,
    lookup: &mut Lookup<'_, 'a>,
    batch: &mut RequestBatch<'a>,
    refusals: &mut Refusals,
) -> Result<(), Stop> {
    let mut known = None;
    while let Some(item) = series.next_item()? {
        intake.check_room(batch)?;
        let resolved = if let Some(resolved) = known.take() {
            resolved
        } else {
            let label_bytes = label_bytes(&series, batch)?;
            // A label behind the samples makes another series of it.
            let is_likely = series.is_likely() && matches!(label_bytes, LabelBytes::Sent(_));
            intake.resolve(label_bytes, is_likely, lookup, batch)?
        };
        take(intake, &resolved, item, batch, refusals)?;
        known = Some(resolved);
    }
    if let Some(Err(refused)) = known {
        Intake::note_unresolved(refused, refusals);
    }
    Ok(())
}

fn take(
    intake: &Intake,
    resolved: &Result<Known, Unresolved>,
    item: SeriesItem,
    batch: &mut RequestBatch<'_>,
    refusals: &mut Refusals,
) -> Result<(), Stop> {
    match (resolved, item) {
        (Ok(known), item) => return intake.take(*known, item, batch, refusals),
        // An exemplar without its series is no loss of a sample.
        (Err(_), SeriesItem::Exemplar(_)) => {}
        (Err(refused), SeriesItem::Sample(_) | SeriesItem::Histogram(_)) => {
            intake.refuse(refused, refusals);
        }
    }
    Ok(())
}

/// Labels that do not stand together are put together.
fn label_bytes<'a>(
    series: &Series<'a>,
    batch: &mut RequestBatch<'_>,
) -> Result<LabelBytes<'a>, WireError> {
    if let Some(bytes) = series.label_bytes()? {
        return Ok(LabelBytes::Sent(bytes));
    }
    let begin = batch.made.len();
    let mut labels = series.labels();
    while let Some((name, value)) = labels.next_pair()? {
        put_label(name, value, &mut batch.made);
    }
    Ok(LabelBytes::Made(begin..batch.made.len()))
}

/// Reads an `io.prometheus.write.v2.Request`.
pub(crate) fn read_2<'a>(
    intake: &Intake,
    body: &'a [u8],
    refusals: &mut Refusals,
) -> Result<RequestBatch<'a>, Stop> {
    let mut request = remote_write_2::Request::read(body)?;
    let mut batch = RequestBatch::default();
    let mut lookup = intake.lookup();
    while let Some(series) = request.next_series()? {
        read_series_2(intake, series, request.symbols(), &mut lookup, &mut batch, refusals)?;
    }
    lookup.finish(&batch);
    Ok(batch)
}

fn read_series_2<'a>(
    intake: &Intake,
    mut series: remote_write_2::Series<'_>,
    symbols: &[&str],
    lookup: &mut Lookup<'_, 'a>,
    batch: &mut RequestBatch<'a>,
    refusals: &mut Refusals,
) -> Result<(), Stop> {
    let place = batch.made.len();
    let resolved = match series.put_labels(symbols, intake.options.label_bytes_max, &mut batch.made)
    {
        Ok(()) => match check_kinds(&series) {
            Ok(()) => {
                let label_bytes = LabelBytes::Made(place..batch.made.len());
                intake.resolve(label_bytes, false, lookup, batch)?
            }
            Err(text) => return refuse_series(intake, &series, text, batch, place, refusals),
        },
        Err(error) if error.kind() == WireErrorKind::Invalid => {
            Err(Unresolved::Labels(error.to_string()))
        }
        Err(error) => return Err(error.into()),
    };
    while let Some(item) = series.next_item(symbols)? {
        intake.check_room(batch)?;
        take(intake, &resolved, item, batch, refusals)?;
    }
    match resolved {
        Ok(_) => note_metadata(&series, symbols, place, batch),
        Err(refused) => {
            batch.made.truncate(place);
            Intake::note_unresolved(refused, refusals);
        }
    }
    Ok(())
}

/// Remote write 2.0, `TimeSeries`: samples or histograms, at least one and not both. In upstream's
/// words.
fn check_kinds(series: &remote_write_2::Series<'_>) -> Result<(), &'static str> {
    match (series.sample_count(), series.histogram_count()) {
        (0, 0) => Err("TimeSeries must contain at least one sample or histogram for series"),
        (0, _) | (_, 0) => Ok(()),
        _ => Err("TimeSeries must contain either samples or histograms but not both for series"),
    }
}

fn refuse_series(
    intake: &Intake,
    series: &remote_write_2::Series<'_>,
    text: &str,
    batch: &mut RequestBatch<'_>,
    place: usize,
    refusals: &mut Refusals,
) -> Result<(), Stop> {
    let count = series.sample_count() + series.histogram_count();
    for _ in 0..count.max(1) {
        intake.check_room(batch)?;
    }
    intake.stats.samples_malformed.add(count);
    let labels = crate::labels::read(LabelPairs::of(&batch.made[place..]), &intake.options)?;
    refusals.add_many(count, || match labels {
        Ok(labels) => format!("{text} {labels}"),
        Err(fault) => format!("invalid labels: {fault}"),
    });
    batch.made.truncate(place);
    Ok(())
}

/// Every series of a family brings the family's metadata: it is noted once in a row. What cannot be
/// read costs no sample.
fn note_metadata(
    series: &remote_write_2::Series<'_>,
    symbols: &[&str],
    place: usize,
    batch: &mut RequestBatch<'_>,
) {
    let Ok(Some(found)) = series.metadata(symbols) else { return };
    let Some(name) = metric_name(&batch.made[place..]) else { return };
    let metric = family_of(name, found.kind, series.histogram_count() > 0);
    let is_noted = batch.batch.metadata.last().is_some_and(|last| {
        let Metadata { kind, help, unit } = &last.metadata;
        last.metric == metric && (*kind, &**help, &**unit) == (found.kind, found.help, found.unit)
    });
    if !is_noted {
        let metric = metric.to_owned();
        let (help, unit) = (found.help.to_owned(), found.unit.to_owned());
        let metadata = Metadata { kind: found.kind, help, unit };
        batch.batch.metadata.push(MetricMetadata { metric, metadata });
    }
}

fn metric_name(label_bytes: &[u8]) -> Option<&str> {
    let mut labels = LabelPairs::of(label_bytes);
    while let Ok(Some((name, value))) = labels.next_pair() {
        if name == METRIC_NAME {
            return Some(value);
        }
    }
    None
}

/// The name of the family without what its kind adds to the names of its series.
fn family_of(name: &str, kind: MetricKind, is_native: bool) -> &str {
    let added: &[&str] = match kind {
        MetricKind::Histogram | MetricKind::GaugeHistogram if !is_native => {
            &["_bucket", "_count", "_sum"]
        }
        MetricKind::Summary => &["_count", "_sum"],
        MetricKind::Histogram
        | MetricKind::GaugeHistogram
        | MetricKind::Unknown
        | MetricKind::Counter
        | MetricKind::Gauge
        | MetricKind::Info
        | MetricKind::StateSet => &[],
    };
    added.iter().find_map(|added| name.strip_suffix(added)).unwrap_or(name)
}
