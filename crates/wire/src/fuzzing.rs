//! What the fuzz target feeds, also replayed by the ordinary suite: any bytes through every
//! decoder, which may refuse them but never panic.

use crate::bounded::{Bounds, Gunzip, Unzstd, snappy_block};
use crate::remote_write::{Item, LabelPairs, Request, SeriesItem};
use crate::{WireError, WireErrorKind, families, influx, otlp, remote_write_2};

/// Most bytes that the decompressors may make of an input.
const DECODED_BYTES_MAX: usize = 1 << 20;

/// Any bytes as a write request: bare, as a snappy block and as gzip. Answers whether one of them
/// is a whole request.
pub fn check(data: &[u8]) -> bool {
    let bounds = Bounds::of(DECODED_BYTES_MAX);
    let mut body = Vec::new();
    let bare = walk(data).is_ok();
    let snappy = snappy_block(data, bounds, &mut body).and_then(|()| walk(&body)).is_ok();
    let gzipped = gunzip(data, bounds).and_then(|body| walk(&body)).is_ok();
    bare || snappy || gzipped
}

/// Any bytes as a request of version 2.0: bare and as a snappy block. Answers whether one of them
/// is a whole request.
pub fn check_2(data: &[u8]) -> bool {
    let mut body = Vec::new();
    let bare = walk_2(data).is_ok();
    let bounds = Bounds::of(DECODED_BYTES_MAX);
    bare || snappy_block(data, bounds, &mut body).and_then(|()| walk_2(&body)).is_ok()
}

/// Most bytes of labels that are made of an input.
const LABEL_BYTES_MAX: usize = 1 << 16;

fn walk_2(body: &[u8]) -> Result<(), WireError> {
    let mut request = remote_write_2::Request::read(body)?;
    while let Some(mut series) = request.next_series()? {
        let mut bytes = Vec::new();
        if series.put_labels(request.symbols(), LABEL_BYTES_MAX, &mut bytes).is_ok() {
            let mut labels = LabelPairs::of(&bytes);
            while labels.next_pair()?.is_some() {}
        }
        let (mut samples, mut histograms) = (series.sample_count(), series.histogram_count());
        while let Some(item) = series.next_item(request.symbols())? {
            match item {
                SeriesItem::Sample(_) => samples -= 1,
                SeriesItem::Histogram(_) => histograms -= 1,
                SeriesItem::Exemplar(_) => {}
            }
        }
        assert_eq!((samples, histograms), (0, 0), "items are what was counted");
        drop(series.metadata(request.symbols()));
    }
    Ok(())
}

/// Any bytes as OTLP metrics, as protobuf and as JSON, which becomes protobuf that must be read.
/// Answers whether one of them is a whole request.
pub fn check_otlp(data: &[u8]) -> bool {
    let bare = walk_otlp(data).is_ok();
    let json = otlp::protobuf_of_json(data, DECODED_BYTES_MAX).map(|body| {
        if let Err(error) = walk_otlp(&body) {
            assert_eq!(error.kind(), WireErrorKind::TooLarge, "what we wrote is well formed");
        }
    });
    bare || json.is_ok()
}

fn walk_otlp(body: &[u8]) -> Result<(), WireError> {
    let mut resources = otlp::Messages::resources(body);
    while let Some(message) = resources.next_message()? {
        let mut resource = otlp::Resource::read(message)?;
        walk_attributes(resource.attributes)?;
        while let Some(message) = resource.scopes.next_message()? {
            let mut scope = otlp::Scope::read(message)?;
            walk_attributes(scope.attributes)?;
            while let Some(message) = scope.metrics.next_message()? {
                walk_metric(&otlp::Metric::read(message)?)?;
            }
        }
    }
    Ok(())
}

fn walk_metric(metric: &otlp::Metric<'_>) -> Result<(), WireError> {
    let mut points = metric.points;
    while let Some(message) = points.next_message()? {
        let (attributes, mut links) = match metric.kind {
            otlp::Kind::Unknown => continue,
            otlp::Kind::Gauge | otlp::Kind::Sum { .. } => {
                let point = otlp::NumberPoint::read(message)?;
                (point.attributes, point.links)
            }
            otlp::Kind::Histogram => {
                let point = otlp::HistogramPoint::read(message)?;
                (point.attributes, point.links)
            }
            otlp::Kind::Exponential => {
                let point = otlp::ExponentialPoint::read(message)?;
                (point.attributes, point.links)
            }
            otlp::Kind::Summary => {
                walk_attributes(otlp::SummaryPoint::read(message)?.attributes)?;
                continue;
            }
        };
        walk_attributes(attributes)?;
        while let Some(message) = links.next_message()? {
            walk_attributes(otlp::Link::read(message)?.attributes)?;
        }
    }
    Ok(())
}

fn walk_attributes(mut attributes: otlp::Attributes<'_>) -> Result<(), WireError> {
    while let Some((_, value)) = attributes.next_pair()? {
        value.put_text(&mut String::new())?;
    }
    Ok(())
}

/// Any text as line protocol. Answers whether every line of it is a point.
pub fn check_influx(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let (mut lines, mut number, mut all) = (influx::Lines::of(text), 0, true);
    while let Some(line) = lines.next_line() {
        match line {
            Ok(line) => {
                assert!(line.number > number, "lines come in their order");
                assert!(!line.measurement.is_empty() && !line.fields.is_empty());
                number = line.number;
            }
            Err(_) => all = false,
        }
    }
    all
}

/// Any bytes as a page of metric families: bare and as zstd. Answers whether one of them is whole.
pub fn check_families(data: &[u8]) -> bool {
    let unpacked =
        Unzstd::new(Bounds::of(DECODED_BYTES_MAX), Vec::new()).and_then(|mut decoder| {
            decoder.push(data)?;
            decoder.finish()
        });
    walk_families(data).is_ok() || unpacked.and_then(|body| walk_families(&body)).is_ok()
}

fn walk_families(body: &[u8]) -> Result<(), WireError> {
    let mut page = families::Families::new(body);
    let mut bytes = Vec::new();
    while let Some(mut family) = page.next_family()? {
        assert!(!family.name.is_empty());
        while let Some(metric) = family.next_metric()? {
            bytes.clear();
            metric.put_label_bytes(&mut bytes)?;
            assert!(bytes.len() <= body.len(), "parts of the body");
            let mut labels = metric.labels();
            while labels.next_pair()?.is_some() {}
            match metric.content {
                families::Content::Number(number) => drop(number.exemplar()?),
                families::Content::Summary(mut summary) => {
                    while summary.next_quantile()?.is_some() {}
                }
                families::Content::Histogram(mut histogram) => {
                    drop(histogram.native(false)?);
                    histogram.exemplars()?;
                    while histogram.next_bucket()?.is_some() {}
                }
            }
        }
    }
    Ok(())
}

/// Two pieces, so that a border lies somewhere.
fn gunzip(data: &[u8], bounds: Bounds) -> Result<Vec<u8>, WireError> {
    let mut decoder = Gunzip::new(bounds, Vec::new());
    let (first, second) = data.split_at(data.len() / 2);
    decoder.push(first)?;
    decoder.push(second)?;
    decoder.finish()
}

/// Reads a request to its end, every part of it.
fn walk(body: &[u8]) -> Result<(), WireError> {
    let mut request = Request::new(body);
    while let Some(item) = request.next_item()? {
        let Item::Series(mut series) = item else { continue };
        let mut labels = series.labels();
        while labels.next_pair()?.is_some() {}
        let recognisable = series.label_bytes()?;
        assert!(recognisable.is_none_or(|bytes| bytes.len() <= body.len()), "a part of the body");
        while series.next_item()?.is_some() {}
    }
    Ok(())
}
