//! Remote read: both forms of answers, and hostile requests.

use crate::store::{Store, ask};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use egress::EgressOptions;
use model::{
    CounterReset, Histogram, HistogramCounts, MatchOp, Matcher, SampleBuf, Span, Timestamp, Value,
};
use prometheus_tsdb::decode_chunk;
use std::fmt::Write as _;
use std::sync::Arc;
use testkit::protobuf::Message;
use wire::bounded::{Bounds, snappy_block, snappy_compress};
use wire::protobuf::Reader;
use wire::remote_read::ResponseType::{Samples, Stream};
use wire::remote_read::{ReadQuery, ResponseType, encode_request};
use wire::remote_write::{Item, LabelPairs, Request as Series, SeriesItem};

async fn post(router: &Router, body: Vec<u8>) -> (u16, String, Vec<u8>) {
    let request = Request::post("/api/v1/read").header("content-encoding", "snappy");
    ask(router, request.body(body.into()).unwrap()).await
}

fn query(start: i64, end: i64, matchers: &[(MatchOp, &str, &str)]) -> ReadQuery {
    let matcher = |(op, name, value): &(MatchOp, &str, &str)| Matcher::new(*op, name, value);
    ReadQuery {
        start: Timestamp::from_ms(start),
        end: Timestamp::from_ms(end),
        matchers: matchers.iter().map(|it| matcher(it).unwrap()).collect(),
    }
}

fn body(queries: &[ReadQuery], accepted: &[ResponseType]) -> Vec<u8> {
    snappy_compress(&encode_request(queries, accepted)).unwrap()
}

fn shown(mut labels: LabelPairs<'_>) -> String {
    let mut text = Vec::new();
    while let Some((name, value)) = labels.next_pair().unwrap() {
        text.push(format!("{name}={value}"));
    }
    text.join(",")
}

/// Lines of an answer in samples: a result of a query has the shape of a write request.
fn samples(body: &[u8]) -> Vec<String> {
    let mut decoded = Vec::new();
    snappy_block(body, Bounds::of(1 << 20), &mut decoded).unwrap();
    let (mut reader, mut lines, mut number) = (Reader::new(&decoded), Vec::new(), 0);
    while let Some(result) = reader.next_field().unwrap() {
        let mut series = Series::new(result.reader().unwrap().rest());
        while let Some(Item::Series(mut one)) = series.next_item().unwrap() {
            let mut line = format!("{number}: {}", shown(one.labels()));
            while let Some(item) = one.next_item().unwrap() {
                match item {
                    SeriesItem::Sample(it) => write!(line, " {}@{}", it.value, it.timestamp.ms()),
                    SeriesItem::Histogram(it) => {
                        write!(line, " count {}", it.histogram.unwrap().count)
                    }
                    SeriesItem::Exemplar(_) => write!(line, " exemplar"),
                }
                .unwrap();
            }
            lines.push(line);
        }
        number += 1;
    }
    lines
}

/// Frames of a stream: question, labels, chunks; checksums are compared.
fn frames(mut bytes: &[u8]) -> Vec<(u64, String, Vec<SampleBuf>)> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let mut reader = Reader::new(bytes);
        let len = usize::try_from(reader.varint().unwrap()).unwrap();
        let (sum, rest) = reader.rest().split_at(4);
        let (frame, rest) = rest.split_at(len);
        assert_eq!(sum, crc32c::crc32c(frame).to_be_bytes());
        bytes = rest;
        let (mut number, mut labels, mut chunks) = (0, String::new(), Vec::new());
        let mut reader = Reader::new(frame);
        while let Some(field) = reader.next_field().unwrap() {
            if field.number == 2 {
                number = field.varint().unwrap();
                continue;
            }
            let mut series = field.reader().unwrap();
            labels = shown(LabelPairs::of(series.rest()));
            while let Some(field) = series.next_field().unwrap() {
                if field.number == 2 {
                    chunks.push(chunk(field.reader().unwrap()));
                }
            }
        }
        found.push((number, labels, chunks));
    }
    found
}

fn chunk(mut reader: Reader<'_>) -> SampleBuf {
    // Protobuf leaves out what is 0.
    let (mut ends, mut encoding) = ([0; 2], 0);
    while let Some(part) = reader.next_field().unwrap() {
        match part.number {
            1 => ends[0] = part.varint().unwrap().cast_signed(),
            2 => ends[1] = part.varint().unwrap().cast_signed(),
            3 => encoding = u8::try_from(part.varint().unwrap()).unwrap(),
            _ => {
                let samples = decode_chunk(encoding, part.reader().unwrap().rest()).unwrap();
                let times = &samples.timestamps;
                assert!(times.len() <= 120 && ends == [times[0], times[times.len() - 1]]);
                return samples;
            }
        }
    }
    panic!("a chunk without samples");
}

fn store() -> Store {
    Store::default()
        .floats(&[("__name__", "a"), ("x", "1")], &[(1, 1.0), (2, -0.0), (9, 3.0)])
        .floats(&[("__name__", "a"), ("x", "2"), ("region", "own")], &[(5, 5.0)])
        .floats(&[("__name__", "b")], &[(5, 6.0)])
}

const EXTERNAL: [(&str, &str); 1] = [("region", "eu")];

#[tokio::test]
async fn samples_are_answered_question_by_question() {
    let router = store().open(&EXTERNAL, EgressOptions::default());
    let of_a = [(MatchOp::Regex, "__name__", "a|c"), (MatchOp::Equal, "region", "eu")];
    let queries = [query(2, 9, &of_a), query(0, 4, &[(MatchOp::NotEqual, "x", "")])];
    let (status, content_type, answer) = post(&router, body(&queries, &[])).await;
    assert_eq!((status, content_type.as_str()), (200, "application/x-protobuf"));
    assert_eq!(
        samples(&answer),
        [
            "0: __name__=a,region=eu,x=1 -0@2 3@9",
            "0: __name__=a,region=own,x=2 5@5",
            "1: __name__=a,region=eu,x=1 1@1 -0@2",
        ]
    );
}

#[tokio::test]
async fn streams_are_chunks_with_checksums() {
    let times: Vec<i64> =
        (0..1000).map(|n| n * 15_000 + n * n % 7 * i64::from(n % 90 == 0)).collect();
    let wild = |n: i64| f64::from_bits((n.cast_unsigned()).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let values: Vec<f64> =
        times.iter().map(|n| if n % 4 == 0 { wild(*n) } else { *n as f64 }).collect();
    let samples: Vec<(i64, f64)> = times.iter().copied().zip(values.iter().copied()).collect();
    let store = store().floats(&[("__name__", "long")], &samples);
    let options = EgressOptions { frame_bytes_max: 3000, ..EgressOptions::default() };
    let router = store.open(&EXTERNAL, options);
    let queries = [
        query(0, 9, &[(MatchOp::Equal, "__name__", "a")]),
        query(0, i64::MAX, &[(MatchOp::Equal, "__name__", "long")]),
    ];
    let (status, content_type, answer) = post(&router, body(&queries, &[Stream, Samples])).await;
    assert_eq!(status, 200);
    assert_eq!(
        content_type,
        "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"
    );
    let frames = frames(&answer);
    assert_eq!(frames[0].1, "__name__=a,region=eu,x=1");
    let first = &frames[0].2[0];
    assert_eq!((&first.timestamps[..], &first.values[..]), (&[1, 2, 9][..], &[1.0, -0.0, 3.0][..]));
    assert_eq!((frames[1].0, &*frames[1].1), (0, "__name__=a,region=own,x=2"));
    let long: Vec<_> = frames.iter().filter(|frame| frame.0 == 1).collect();
    assert!(long.len() > 2, "{} frames", long.len());
    let chunks = || long.iter().flat_map(|frame| &frame.2);
    let found: Vec<i64> = chunks().flat_map(|chunk| chunk.timestamps.clone()).collect();
    assert_eq!(found, times);
    let found = chunks().flat_map(|chunk| chunk.values.iter().map(|value| value.to_bits()));
    assert!(found.eq(values.iter().map(|value| value.to_bits())), "every bit");
}

/// A histogram of either form; `more` are added to each of its buckets.
fn histogram(counts: HistogramCounts, more: f64, schema: i32) -> Histogram {
    let fraction = if counts == HistogramCounts::Float { 0.5 } else { 0.0 };
    let positive_buckets = [1.0, 0.0, 7.0, 300.0].map(|count| count + more + fraction).to_vec();
    let negative_buckets = vec![2.0 + more];
    let total: f64 = positive_buckets.iter().chain(&negative_buckets).sum();
    let custom_values = if schema == -53 { vec![0.001, 0.25, 1e9, 1e12] } else { Vec::new() };
    let is_custom = schema == -53;
    let negatives = if is_custom { 0.0 } else { negative_buckets[0] };
    let zero_count = if is_custom { 0.0 } else { 4.0 };
    let span = |offset, length| Span { offset, length };
    Histogram {
        counts,
        schema,
        zero_threshold: if is_custom { 0.0 } else { 2_f64.powi(-128) },
        zero_count,
        count: total - negative_buckets[0] + negatives + zero_count,
        sum: -0.1 * more + 1e-300,
        positive_spans: if is_custom { vec![span(0, 4)] } else { vec![span(-3, 3), span(70, 1)] },
        positive_buckets,
        negative_spans: if is_custom { Vec::new() } else { vec![span(9, 1)] },
        negative_buckets: if is_custom { Vec::new() } else { negative_buckets },
        custom_values,
        ..Histogram::default()
    }
}

/// Floats among them, a reset, other layouts, staleness markers, gauges, very many.
fn mixed(counts: HistogramCounts) -> Vec<(i64, Value)> {
    let stale = Histogram { counts, ..Histogram::stale() };
    let gauge =
        |more| Histogram { counter_reset: CounterReset::Gauge, ..histogram(counts, more, 3) };
    let mut all: Vec<Histogram> = Vec::new();
    all.extend((0..150).map(|n| histogram(counts, f64::from(n * n), 3)));
    all.extend([stale.clone(), stale.clone()]);
    all.extend([7.0, 5.0, 6.0].map(|more| histogram(counts, more, 3)));
    all.push(Histogram { zero_threshold: 0.3, ..histogram(counts, 6.0, 3) });
    all.extend([7.0, 8.0].map(|more| histogram(counts, more, -53)));
    all.extend([9.0, 2.0].map(gauge));
    all.extend([stale, gauge(3.0)]);
    let values = all.into_iter().map(|one| Value::Histogram(Arc::new(one)));
    let floats = [Value::Float(1.5), Value::Float(-0.0)];
    let last = histogram(counts, 2_f64.powi(40), 8);
    let last = Value::Histogram(Arc::new(last));
    let values = values.chain(floats).chain([last]).enumerate();
    values
        .map(|(n, value)| (1_700_000_000_000 + 15_000 * i64::try_from(n).unwrap(), value))
        .collect()
}

#[tokio::test]
async fn histograms_are_streamed_bit_by_bit() {
    for counts in [HistogramCounts::Integer, HistogramCounts::Float] {
        let sent = mixed(counts);
        let router = store().with(&[("__name__", "h")], &sent).open(&[], EgressOptions::default());
        let of_h = [query(0, i64::MAX, &[(MatchOp::Equal, "__name__", "h")])];
        let (status, content_type, answer) = post(&router, body(&of_h, &[Stream, Samples])).await;
        assert_eq!((status, &content_type[..31]), (200, "application/x-streamed-protobuf"));
        let frames = frames(&answer);
        let chunks: Vec<&SampleBuf> = frames.iter().flat_map(|frame| &frame.2).collect();
        let mut sent = sent.into_iter();
        for chunk in &chunks {
            let mut histograms = chunk.histograms.iter();
            for (index, at) in chunk.timestamps.iter().enumerate() {
                let (time, value) = sent.next().unwrap();
                assert_eq!(time, *at);
                match value {
                    Value::Float(value) => {
                        assert_eq!(value.to_bits(), chunk.values[index].to_bits());
                    }
                    Value::Histogram(expected) => {
                        let (place, found) = histograms.next().unwrap();
                        let reset = found.counter_reset;
                        let unknown = Histogram {
                            counter_reset: expected.counter_reset,
                            ..(**found).clone()
                        };
                        assert!(
                            unknown.bits_eq(&expected),
                            "{at}: {found:?}, {expected:?} expected"
                        );
                        let is_gauge = expected.counter_reset == CounterReset::Gauge;
                        assert_eq!(
                            reset == CounterReset::Gauge,
                            is_gauge || is_stale_gauge(found),
                            "{at}"
                        );
                        assert_eq!(
                            (*place, reset == CounterReset::Unknown),
                            (index, index == 0 && !is_gauge)
                        );
                    }
                }
            }
        }
        assert_eq!(sent.len(), 0);
        assert!(chunks.len() >= 10, "{} chunks", chunks.len());
        let (_, content_type, answer) = post(&router, body(&of_h, &[])).await;
        assert_eq!(content_type, "application/x-protobuf");
        assert!(samples(&answer)[0].contains(" count "));
    }
}

/// A marker in a chunk of gauges.
fn is_stale_gauge(histogram: &Histogram) -> bool {
    model::is_stale(histogram.sum) && histogram.counter_reset == CounterReset::Gauge
}

#[tokio::test]
async fn hostile_requests_are_refused() {
    let options = EgressOptions { samples_max: 3, ..EgressOptions::default() };
    let router = store().open(&[], options);
    let all = query(0, 9, &[]);
    let matcher = |kind, value: &str| {
        let matcher = Message::new().number(1, kind).bytes(2, "x").bytes(3, value);
        let query = Message::new().number(2, 9).message(3, &matcher);
        snappy_compress(&Message::new().message(1, &query).0).unwrap()
    };
    let matchers = (0..1001).fold(Message::new(), |query, _| query.message(3, &Message::new()));
    let matchers = snappy_compress(&Message::new().message(1, &matchers).0).unwrap();
    for (body, status, expected) in [
        (vec![0xff, 0xff, 0xff, 0xff, 0x0f, 0], 400, "at most 1048576 accepted"),
        (b"nonsense".to_vec(), 400, "snappy"),
        (snappy_compress(b"\x0a\x05").unwrap(), 400, "declared length exceeds"),
        (matcher(9, ""), 400, "matcher of type 9"),
        (matcher(2, "("), 400, "read request: "),
        (matchers, 400, "more than 1000 matchers"),
        (body(&vec![all.clone(); 101], &[]), 400, "more than 100 queries"),
        (vec![0; (1 << 20) + 1], 413, "cannot read the request"),
        (body(&[all], &[]), 400, "exceeded sample limit (3)"),
    ] {
        let (found, _, text) = post(&router, body).await;
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(found == status && text.contains(expected), "{found} {text}");
    }
    let request = Request::post("/api/v1/read").header("content-encoding", "gzip");
    assert_eq!(ask(&router, request.body(Body::empty()).unwrap()).await.0, 415);
}
