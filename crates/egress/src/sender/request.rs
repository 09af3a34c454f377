//! Samples as the body of a request, in both versions of the protocol.

use super::mark::{Outgoing, Payload, Sample};
use config::RemoteWriteMessage;
use model::{Exemplar, Histogram, Metadata, MetricMetadata};
use std::collections::HashMap;
use std::sync::Arc;
use wire::WireError;
use wire::{remote_write, remote_write_2};

/// Metadata by metric family.
pub(crate) type Families = HashMap<String, Metadata>;

/// Suffixes of the series of classic histograms and summaries.
const SUFFIXES: [&str; 4] = ["_bucket", "_count", "_sum", "_total"];

/// The body, compressed.
pub(crate) fn encode(
    message: RemoteWriteMessage,
    samples: &[Sample],
    families: &Families,
) -> Result<Vec<u8>, WireError> {
    match message {
        RemoteWriteMessage::V1 => remote_write::encode_snappy(&first(samples), &[]),
        RemoteWriteMessage::V2 => remote_write_2::encode_snappy(&second(samples, families)),
    }
}

/// Metadata of version 1.0, compressed.
pub(crate) fn encode_metadata(metadata: &[MetricMetadata]) -> Result<Vec<u8>, WireError> {
    remote_write::encode_snappy(&[], metadata)
}

/// Samples of a series stand together, in their order; series in the order of their first sample.
fn grouped(samples: &[Sample], by_start: bool) -> Vec<Vec<&Sample>> {
    let mut places: HashMap<(*const Outgoing, i64), usize> = HashMap::new();
    let mut groups: Vec<Vec<&Sample>> = Vec::new();
    for sample in samples {
        let start = if by_start { sample.start } else { 0 };
        let next = groups.len();
        let place = *places.entry((Arc::as_ptr(&sample.series), start)).or_insert(next);
        if place == next {
            groups.push(Vec::new());
        }
        groups[place].push(sample);
    }
    groups
}

fn labels_of(series: &Outgoing) -> Vec<(String, String)> {
    series.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Payloads into the lists that both versions have.
fn sort(
    group: &[&Sample],
    floats: &mut Vec<(i64, f64)>,
    histograms: &mut Vec<(i64, Histogram)>,
    exemplars: &mut Vec<Exemplar>,
) {
    for sample in group {
        match &sample.payload {
            Payload::Float(value) => floats.push((sample.timestamp, *value)),
            Payload::Histogram(histogram) => {
                histograms.push((sample.timestamp, histogram.as_ref().clone()));
            }
            Payload::Exemplar(exemplar) => exemplars.push(exemplar.as_ref().clone()),
        }
    }
}

fn first(samples: &[Sample]) -> Vec<remote_write::TimeSeries> {
    let one = |group: Vec<&Sample>| {
        let mut series = remote_write::TimeSeries {
            labels: labels_of(&group[0].series),
            ..remote_write::TimeSeries::default()
        };
        sort(&group, &mut series.samples, &mut series.histograms, &mut series.exemplars);
        series
    };
    grouped(samples, false).into_iter().map(one).collect()
}

fn second(samples: &[Sample], families: &Families) -> Vec<remote_write_2::TimeSeries> {
    let one = |group: Vec<&Sample>| {
        let labels = &group[0].series.labels;
        let metadata = labels.metric_name().and_then(|name| metadata_of(name, families));
        let mut series = remote_write_2::TimeSeries {
            labels: labels_of(&group[0].series),
            start: group[0].start,
            metadata: metadata.cloned().unwrap_or_default(),
            ..remote_write_2::TimeSeries::default()
        };
        sort(&group, &mut series.samples, &mut series.histograms, &mut series.exemplars);
        series
    };
    grouped(samples, true).into_iter().map(one).collect()
}

/// Metadata of a series' metric: of its own name, or of the family it is a part of.
fn metadata_of<'f>(name: &str, families: &'f Families) -> Option<&'f Metadata> {
    let of_family = || {
        let family = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix))?;
        families.get(family)
    };
    families.get(name).or_else(of_family)
}

#[cfg(test)]
mod tests;
