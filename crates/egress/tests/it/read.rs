//! Remote read: both forms of answers, and hostile requests.

use crate::store::{Store, ask};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use egress::EgressOptions;
use model::{Histogram, MatchOp, Matcher, Timestamp, Value};
use std::fmt::Write as _;
use std::sync::Arc;
use testkit::peak_of;
use testkit::protobuf::Message;
use wire::bounded::{Bounds, snappy_block, snappy_compress};
use wire::protobuf::Reader;
use wire::remote_read::ResponseType::{Samples, Stream};
use wire::remote_read::{ReadQuery, ResponseType, decode_xor, encode_request};
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

/// Frames of a stream: question, labels, times and values; checksums are compared.
fn frames(mut bytes: &[u8]) -> Vec<(u64, String, Vec<i64>, Vec<f64>)> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let mut reader = Reader::new(bytes);
        let len = usize::try_from(reader.varint().unwrap()).unwrap();
        let (sum, rest) = reader.rest().split_at(4);
        let (frame, rest) = rest.split_at(len);
        assert_eq!(sum, crc32c::crc32c(frame).to_be_bytes());
        bytes = rest;
        let (mut number, mut labels) = (0, String::new());
        let (mut times, mut values) = (Vec::new(), Vec::new());
        let mut reader = Reader::new(frame);
        while let Some(field) = reader.next_field().unwrap() {
            if field.number == 2 {
                number = field.varint().unwrap();
                continue;
            }
            let mut series = field.reader().unwrap();
            labels = shown(LabelPairs::of(series.rest()));
            while let Some(field) = series.next_field().unwrap() {
                let mut chunk = field.reader().unwrap();
                while field.number == 2
                    && let Some(part) = chunk.next_field().unwrap()
                {
                    if part.number == 4 {
                        let one = decode_xor(part.reader().unwrap().rest()).unwrap();
                        times.extend(one.0);
                        values.extend(one.1);
                    }
                }
            }
        }
        found.push((number, labels, times, values));
    }
    found
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
    assert_eq!((&frames[0].2[..], &frames[0].3[..]), (&[1, 2, 9][..], &[1.0, -0.0, 3.0][..]));
    assert_eq!((frames[1].0, &*frames[1].1), (0, "__name__=a,region=own,x=2"));
    let long: Vec<_> = frames.iter().filter(|frame| frame.0 == 1).collect();
    assert!(long.len() > 2, "{} frames", long.len());
    let found: Vec<i64> = long.iter().flat_map(|frame| frame.2.clone()).collect();
    assert_eq!(found, times);
    let found = long.iter().flat_map(|frame| frame.3.iter().map(|value| value.to_bits()));
    assert!(found.eq(values.iter().map(|value| value.to_bits())), "every bit");
}

#[tokio::test]
async fn histograms_are_sent_as_samples() {
    let histogram = Value::Histogram(Arc::new(Histogram { count: 2.0, ..Histogram::default() }));
    let open = || store().with(&[("__name__", "h")], &[(5, histogram.clone())]);
    let router = open().open(&[], EgressOptions::default());
    let all = [query(0, 9, &[(MatchOp::Regex, "__name__", "[bh]")])];
    let (_, content_type, answer) = post(&router, body(&all, &[Stream, Samples])).await;
    assert_eq!(content_type, "application/x-protobuf");
    assert_eq!(samples(&answer), ["0: __name__=b 6@5", "0: __name__=h count 2"]);
    let (status, _, text) = post(&router, body(&all, &[Stream])).await;
    assert_eq!(status, 422);
    assert!(text.starts_with(b"native histograms are not streamed"));
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

#[test]
fn chunks_of_any_bytes_are_an_error_or_samples() {
    for seed in 0..2000_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut byte = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        };
        let bytes: Vec<u8> = (0..seed % 200).map(|_| byte()).collect();
        let (decoded, peak) = peak_of(|| decode_xor(&bytes));
        assert!(peak < 1 << 20, "{peak}");
        drop(decoded);
    }
}
