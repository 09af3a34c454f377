//! Requests as bytes, in the field order of upstream's senders. For tests and senders.

use crate::WireError;
use crate::bounded::snappy_compress;
use crate::protobuf::put_varint;
use crate::remote_write::encode::{Message, encode_histogram, kind_number};
use model::{Exemplar, Histogram, Metadata};
use std::collections::HashMap;

/// A series to send. Labels are sent as they stand: sort them, or do not to test a receiver.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeSeries {
    /// Names and values.
    pub labels: Vec<(String, String)>,
    /// Milliseconds and floats.
    pub samples: Vec<(i64, f64)>,
    /// Milliseconds and histograms.
    pub histograms: Vec<(i64, Histogram)>,
    /// When the counts of all samples and histograms began, milliseconds; 0 when it is not known.
    pub start: i64,
    /// Links to traces.
    pub exemplars: Vec<Exemplar>,
    /// What is known about the metric.
    pub metadata: Metadata,
}

/// A request body as a snappy block.
pub fn encode_snappy(series: &[TimeSeries]) -> Result<Vec<u8>, WireError> {
    snappy_compress(&encode(series))
}

/// A request body before compression.
pub fn encode(series: &[TimeSeries]) -> Vec<u8> {
    let mut symbols = Symbols::default();
    symbols.number_of("");
    let mut messages = Message::default();
    for series in series {
        messages.message(5, &encode_series(series, &mut symbols));
    }
    let mut out = Message::default();
    for text in symbols.texts {
        out.message(4, &Message { bytes: text.into() });
    }
    out.bytes.extend(messages.bytes);
    out.bytes
}

#[derive(Default)]
struct Symbols<'a> {
    numbers: HashMap<&'a str, u64>,
    texts: Vec<&'a str>,
}

impl<'a> Symbols<'a> {
    fn number_of(&mut self, text: &'a str) -> u64 {
        *self.numbers.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() as u64 - 1
        })
    }

    fn refs(&mut self, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Message {
        let mut packed = Message::default();
        for (name, value) in pairs {
            put_varint(self.number_of(name), &mut packed.bytes);
            put_varint(self.number_of(value), &mut packed.bytes);
        }
        packed
    }
}

fn encode_series<'a>(series: &'a TimeSeries, symbols: &mut Symbols<'a>) -> Message {
    let mut out = Message::default();
    out.message(1, &symbols.refs(series.labels.iter().map(|(n, v)| (n.as_str(), v.as_str()))));
    for (timestamp, value) in &series.samples {
        let mut sample = Message::default();
        sample.double(1, *value);
        sample.varint(2, timestamp.cast_unsigned());
        sample.varint(3, series.start.cast_unsigned());
        out.message(2, &sample);
    }
    for (timestamp, histogram) in &series.histograms {
        let mut message = encode_histogram(*timestamp, histogram);
        message.tag(17, 0);
        put_varint(series.start.cast_unsigned(), &mut message.bytes);
        out.message(3, &message);
    }
    for exemplar in &series.exemplars {
        let mut message = Message::default();
        message.message(1, &symbols.refs(exemplar.labels.iter()));
        message.double(2, exemplar.value);
        message.varint(3, exemplar.timestamp.ms().cast_unsigned());
        out.message(4, &message);
    }
    let mut metadata = Message::default();
    metadata.varint(1, kind_number(series.metadata.kind));
    metadata.varint(3, symbols.number_of(&series.metadata.help));
    metadata.varint(4, symbols.number_of(&series.metadata.unit));
    out.message(5, &metadata);
    out
}
