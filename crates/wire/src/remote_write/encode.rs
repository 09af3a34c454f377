//! Write requests as bytes, in the field order of upstream's senders. For tests and senders.

use crate::WireError;
use crate::bounded::snappy_compress;
use crate::protobuf::put_varint;
use model::{CounterReset, Exemplar, Histogram, HistogramCounts, MetricKind, MetricMetadata, Span};

/// A series to send. Labels are sent as they stand: sort them, or do not to test a receiver.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeSeries {
    /// Names and values.
    pub labels: Vec<(String, String)>,
    /// Milliseconds and floats.
    pub samples: Vec<(i64, f64)>,
    /// Links to traces.
    pub exemplars: Vec<Exemplar>,
    /// Milliseconds and histograms.
    pub histograms: Vec<(i64, Histogram)>,
}

/// A request body as a snappy block.
pub fn encode_snappy(
    series: &[TimeSeries],
    metadata: &[MetricMetadata],
) -> Result<Vec<u8>, WireError> {
    snappy_compress(&encode(series, metadata))
}

/// A request body before compression.
pub fn encode(series: &[TimeSeries], metadata: &[MetricMetadata]) -> Vec<u8> {
    let mut out = Message::default();
    for series in series {
        out.message(1, &encode_series(series));
    }
    for metadata in metadata {
        out.message(3, &encode_metadata(metadata));
    }
    out.bytes
}

pub(crate) fn encode_series(series: &TimeSeries) -> Message {
    let mut out = Message::default();
    for (name, value) in &series.labels {
        put_label(name, value, &mut out.bytes);
    }
    for (timestamp, value) in &series.samples {
        let mut sample = Message::default();
        sample.double(1, *value);
        sample.varint(2, timestamp.cast_unsigned());
        out.message(2, &sample);
    }
    for exemplar in &series.exemplars {
        out.message(3, &encode_exemplar(exemplar));
    }
    for (timestamp, histogram) in &series.histograms {
        out.message(4, &encode_histogram(*timestamp, histogram));
    }
    out
}

/// Appends a label as version 1.0 sends it; labels written so are what
/// [`super::Series::label_bytes`] gives.
pub fn put_label(name: &str, value: &str, out: &mut Vec<u8>) {
    let len = text_len(name) + text_len(value);
    out.push(1 << 3 | 2);
    put_varint(len as u64, out);
    put_text(1 << 3 | 2, name, out);
    put_text(2 << 3 | 2, value, out);
}

/// Tag, length and text; proto3 leaves out what is empty.
fn put_text(tag: u8, text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() {
        out.push(tag);
        put_varint(text.len() as u64, out);
        out.extend_from_slice(text.as_bytes());
    }
}

/// Bytes that [`put_text`] appends.
fn text_len(text: &str) -> usize {
    let len = text.len();
    if len == 0 { 0 } else { 1 + varint_len(len) + len }
}

/// Seven bits a byte.
const fn varint_len(value: usize) -> usize {
    (usize::BITS - (value | 1).leading_zeros()).div_ceil(7) as usize
}

fn encode_exemplar(exemplar: &Exemplar) -> Message {
    let mut out = Message::default();
    for (name, value) in exemplar.labels.iter() {
        put_label(name, value, &mut out.bytes);
    }
    out.double(2, exemplar.value);
    out.varint(3, exemplar.timestamp.ms().cast_unsigned());
    out
}

fn encode_metadata(metadata: &MetricMetadata) -> Message {
    let mut out = Message::default();
    out.varint(1, kind_number(metadata.metadata.kind));
    out.text(2, &metadata.metric);
    out.text(4, &metadata.metadata.help);
    out.text(5, &metadata.metadata.unit);
    out
}

/// `MetricType` of both versions.
pub(crate) fn kind_number(kind: MetricKind) -> u64 {
    match kind {
        MetricKind::Unknown => 0,
        MetricKind::Counter => 1,
        MetricKind::Gauge => 2,
        MetricKind::Histogram => 3,
        MetricKind::GaugeHistogram => 4,
        MetricKind::Summary => 5,
        MetricKind::Info => 6,
        MetricKind::StateSet => 7,
    }
}

pub(crate) fn encode_histogram(timestamp: i64, histogram: &Histogram) -> Message {
    let mut out = Message::default();
    let integers = histogram.counts == HistogramCounts::Integer;
    out.count(integers, (1, 2), histogram.count);
    out.double(3, histogram.sum);
    out.varint(4, zigzag(i64::from(histogram.schema)));
    out.double(5, histogram.zero_threshold);
    out.count(integers, (6, 7), histogram.zero_count);
    out.side(integers, 8, &histogram.negative_spans, &histogram.negative_buckets);
    out.side(integers, 11, &histogram.positive_spans, &histogram.positive_buckets);
    let hint = match histogram.counter_reset {
        CounterReset::Unknown => 0,
        CounterReset::Reset => 1,
        CounterReset::NotReset => 2,
        CounterReset::Gauge => 3,
    };
    out.varint(14, hint);
    out.varint(15, timestamp.cast_unsigned());
    out.doubles(16, &histogram.custom_values);
    out
}

pub(crate) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// An integer count as it is sent; callers keep it within 0..=2^53.
#[expect(clippy::cast_possible_truncation, reason = "integer counts are below 2^53")]
pub(crate) const fn integer(count: f64) -> i64 {
    count as i64
}

/// A message under construction.
#[derive(Debug, Default)]
pub(crate) struct Message {
    pub(crate) bytes: Vec<u8>,
}

impl Message {
    pub(crate) fn tag(&mut self, number: u64, wire_type: u64) {
        put_varint(number << 3 | wire_type, &mut self.bytes);
    }

    pub(crate) fn varint(&mut self, number: u64, value: u64) {
        if value != 0 {
            self.tag(number, 0);
            put_varint(value, &mut self.bytes);
        }
    }

    /// Proto3 leaves out the positive zero only: -0.0 has another bit pattern.
    pub(crate) fn double(&mut self, number: u64, value: f64) {
        if value.to_bits() != 0 {
            self.tag(number, 1);
            self.bytes.extend_from_slice(&value.to_bits().to_le_bytes());
        }
    }

    pub(crate) fn count(&mut self, integers: bool, (as_integer, as_float): (u64, u64), count: f64) {
        // A oneof is present even when it is zero: it says which form the histogram has.
        if integers {
            self.tag(as_integer, 0);
            put_varint(integer(count).cast_unsigned(), &mut self.bytes);
        } else {
            self.tag(as_float, 1);
            self.bytes.extend_from_slice(&count.to_bits().to_le_bytes());
        }
    }

    pub(crate) fn side(
        &mut self,
        integers: bool,
        spans_number: u64,
        spans: &[Span],
        buckets: &[f64],
    ) {
        for span in spans {
            let mut message = Self::default();
            message.varint(1, zigzag(i64::from(span.offset)));
            message.varint(2, u64::from(span.length));
            self.message(spans_number, &message);
        }
        if !integers {
            return self.doubles(spans_number + 2, buckets);
        }
        let mut packed = Self::default();
        let mut before = 0;
        for bucket in buckets {
            put_varint(zigzag(integer(*bucket) - before), &mut packed.bytes);
            before = integer(*bucket);
        }
        if !buckets.is_empty() {
            self.message(spans_number + 1, &packed);
        }
    }

    fn doubles(&mut self, number: u64, values: &[f64]) {
        if !values.is_empty() {
            let bytes = values.iter().flat_map(|value| value.to_bits().to_le_bytes()).collect();
            self.message(number, &Self { bytes });
        }
    }

    pub(crate) fn text(&mut self, number: u64, text: &str) {
        if !text.is_empty() {
            self.message(number, &Self { bytes: text.as_bytes().to_vec() });
        }
    }

    pub(crate) fn message(&mut self, number: u64, message: &Self) {
        self.tag(number, 2);
        put_varint(message.bytes.len() as u64, &mut self.bytes);
        self.bytes.extend_from_slice(&message.bytes);
    }
}
