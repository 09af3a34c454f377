//! Native histograms between a real Prometheus and the server: history that it stored is imported
//! bit by bit from its blocks and its log, and streams of remote read are the same on both sides.

use crate::server::{Server, run};
use model::{
    CounterReset, Histogram, HistogramCounts, MatchOp, Matcher, SampleBuf, Span, Timestamp,
};
use prometheus_tsdb::decode_chunk;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use testkit::http::Reply;
use testkit::{Peer, find_program, free_port, http, skip, wait_for};
use wire::bounded::snappy_compress;
use wire::protobuf::Reader;
use wire::remote_read::{Chunk, ReadQuery, ResponseType, encode_request};
use wire::remote_write::{TimeSeries, encode_snappy};

const STEP_MS: i64 = 15_000;
const SAMPLES: i64 = 400;
const READ: [&str; 2] = ["Content-Type: application/x-protobuf", "Content-Encoding: snappy"];
const WRITE: [&str; 3] = [READ[0], READ[1], "X-Prometheus-Remote-Write-Version: 0.1.0"];
const NAMES: [&str; 3] = ["rpc_float_seconds", "rpc_seconds", "rpc_up"];

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

struct Prometheus {
    address: SocketAddr,
    peer: Peer,
}

/// A Prometheus that stores native histograms, with its data in `prometheus`.
fn prometheus(folder: &Path, config: &str) -> Option<Prometheus> {
    let program = find_program("prometheus")?;
    let port = free_port();
    std::fs::write(folder.join("prometheus.yml"), config).unwrap();
    let mut command = Command::new(program);
    command.current_dir(folder).args([
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=prometheus",
        "--enable-feature=native-histograms",
        "--web.enable-remote-write-receiver",
        "--web.enable-admin-api",
        &format!("--web.listen-address=127.0.0.1:{port}"),
    ]);
    let peer = Peer::start(&mut command, &folder.join("prometheus.log")).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    wait_for("Prometheus to be ready", || {
        http::get(address, "/-/ready").ok().filter(|reply| reply.status == 200)
    });
    Some(Prometheus { address, peer })
}

/// The sample with this number: buckets come up one after the other, in the middle the counter
/// begins anew.
fn histogram(counts: HistogramCounts, number: i64) -> Histogram {
    let fraction = if counts == HistogramCounts::Float { 0.25 } else { 0.0 };
    let since = (number % (SAMPLES / 2)) as f64;
    let (old, new) = (number * 7 / SAMPLES, number % 3);
    let positive_spans = vec![
        Span { offset: -2, length: 2 },
        Span { offset: 5, length: u32::try_from(old + 1).unwrap() },
    ];
    let count = |bucket: i64| (since * 10.0 + bucket as f64 * since + fraction).floor() + fraction;
    let positive_buckets: Vec<f64> = (0..old + 3).map(count).collect();
    let negative_buckets = vec![since, since * 3.0];
    let zero_count = since + fraction;
    let total: f64 = positive_buckets.iter().chain(&negative_buckets).sum();
    Histogram {
        counts,
        counter_reset: CounterReset::Unknown,
        schema: 3,
        zero_threshold: 2.938_735_877_055_719e-39,
        zero_count,
        count: total + zero_count,
        sum: since * 0.37 + new as f64,
        positive_spans,
        positive_buckets,
        negative_spans: vec![Span { offset: 1, length: 2 }],
        negative_buckets,
        custom_values: Vec::new(),
    }
}

fn series(begin: i64) -> Vec<TimeSeries> {
    let labels = |name: &str| {
        [("__name__", name), ("job", "rpc")].map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec()
    };
    let of = |name: &str, counts| {
        let at = |number| begin + number * STEP_MS;
        let mut histograms: Vec<(i64, Histogram)> =
            (0..SAMPLES).map(|number| (at(number), histogram(counts, number))).collect();
        // Prometheus 2.42 takes every staleness marker for one of integers.
        if counts == HistogramCounts::Integer {
            histograms.push((at(SAMPLES), Histogram { counts, ..Histogram::stale() }));
        }
        TimeSeries { labels: labels(name), histograms, ..TimeSeries::default() }
    };
    let floats = (0..SAMPLES).map(|number| (begin + number * STEP_MS, number as f64)).collect();
    vec![
        of("rpc_float_seconds", HistogramCounts::Float),
        of("rpc_seconds", HistogramCounts::Integer),
        TimeSeries { labels: labels("rpc_up"), samples: floats, ..TimeSeries::default() },
    ]
}

fn post(address: SocketAddr, path: &str, headers: &[&str], body: &[u8]) -> Reply {
    let reply = http::post(address, path, headers, body).unwrap();
    assert!(reply.status < 300, "{path}: {} {}", reply.status, reply.text());
    reply
}

/// What a server answers for each series: values and histograms. One at a time, because Prometheus
/// 2.42 shows samples of one series among those of the next.
fn shown(address: SocketAddr, at_ms: i64) -> Vec<Value> {
    NAMES.iter().map(|name| shown_one(address, name, at_ms)).collect()
}

fn shown_one(address: SocketAddr, name: &str, at_ms: i64) -> Value {
    let path = format!("/api/v1/query?query={name}%5B3h%5D&time={}", at_ms / 1000);
    let reply = http::get(address, &path).unwrap();
    let mut body: Value = serde_json::from_slice(&reply.body).unwrap();
    let mut series = body["data"]["result"][0].take();
    let histograms = series["histograms"].as_array_mut().into_iter().flatten();
    for bucket in histograms.filter_map(|it| it[1]["buckets"].as_array_mut()).flatten() {
        // Bounds of 2.42 are off by a bit.
        for bound in &mut bucket.as_array_mut().unwrap()[1..3] {
            let number: f64 = bound.as_str().unwrap().parse().unwrap();
            *bound = format!("{number:.12e}").into();
        }
    }
    series
}

fn import(folder: &Path, from: &str) -> String {
    let to = format!("--storage.path={from}-imported");
    let (code, out, err) = run(folder, &["tsdb", "import", "prometheus", from, &to]);
    assert_eq!((code, &*err), (0, ""), "{out}");
    format!("{from}-imported")
}

#[test]
fn histograms_of_a_real_prometheus_are_imported_and_streamed_alike() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let Some(mut theirs) = prometheus(folder, "global: {}\n") else {
        return skip("native histograms", "prometheus is not installed");
    };
    let begin = now_ms() / 1000 * 1000 - (SAMPLES + 10) * STEP_MS;
    // Prometheus 2.42 shows the staleness marker behind the last one as a histogram.
    let last = begin + (SAMPLES - 1) * STEP_MS;
    let sent = series(begin);
    post(theirs.address, "/api/v1/write", &WRITE, &encode_snappy(&sent, &[]).unwrap());
    let expected = shown(theirs.address, last);
    let count = |index: usize| expected[index]["histograms"].as_array().map(Vec::len);
    assert_eq!((count(0), count(1)), (Some(400), Some(400)), "what Prometheus has");
    let streamed = stream(theirs.address);
    // A snapshot is a block of what the log holds.
    let reply = post(theirs.address, "/api/v1/admin/tsdb/snapshot", &[], b"");
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    let snapshot = folder.join("prometheus/snapshots").join(body["data"]["name"].as_str().unwrap());
    std::fs::rename(snapshot, folder.join("block")).unwrap();
    theirs.peer.kill();
    for from in ["prometheus", "block"] {
        let to = import(folder, from);
        let to = folder.join(to).display().to_string();
        let server =
            Server::start(&["--storage.retention.time=1y", &format!("--storage.path={to}")]);
        assert_alike(&shown(server.address(), last), &expected);
        assert_same_stream(&stream(server.address()), &streamed);
    }
}

fn assert_alike(ours: &[Value], theirs: &[Value]) {
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours["metric"], theirs["metric"]);
        assert_eq!(ours["values"], theirs["values"]);
        let histograms = |series: &Value| {
            let histograms = series["histograms"].as_array();
            histograms.cloned().unwrap_or_default()
        };
        let (ours, theirs) = (histograms(ours), histograms(theirs));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs);
        }
        assert_eq!(ours.len(), theirs.len());
    }
}

/// Labels, encoding and bytes of each chunk that a server streams.
fn stream(address: SocketAddr) -> Vec<(String, u8, Vec<u8>)> {
    let query = ReadQuery {
        start: Timestamp::from_ms(0),
        end: Timestamp::from_ms(now_ms()),
        matchers: vec![Matcher::new(MatchOp::Equal, "job", "rpc").unwrap()],
    };
    let body = snappy_compress(&encode_request(&[query], &[ResponseType::Stream])).unwrap();
    let reply = post(address, "/api/v1/read", &READ, &body);
    let mut chunks = Vec::new();
    let mut rest = &reply.body[..];
    while !rest.is_empty() {
        let mut reader = Reader::new(rest);
        let len = usize::try_from(reader.varint().unwrap()).unwrap();
        let (frame, after) = reader.rest()[4..].split_at(len);
        rest = after;
        let mut frame = Reader::new(frame);
        while let Some(field) = frame.next_field().unwrap() {
            if field.number == 1 {
                chunks.extend(chunks_of(field.reader().unwrap()));
            }
        }
    }
    chunks
}

fn chunks_of(mut series: Reader<'_>) -> Vec<(String, u8, Vec<u8>)> {
    let (mut labels, mut chunks) = (String::new(), Vec::new());
    while let Some(field) = series.next_field().unwrap() {
        let mut reader = field.reader().unwrap();
        if field.number == 1 {
            labels += &String::from_utf8_lossy(reader.rest());
            continue;
        }
        let (mut encoding, mut bytes) = (0, Vec::new());
        while let Some(part) = reader.next_field().unwrap() {
            match part.number {
                3 => encoding = u8::try_from(part.varint().unwrap()).unwrap(),
                4 => bytes = part.reader().unwrap().rest().to_vec(),
                _ => {}
            }
        }
        chunks.push((labels.clone(), encoding, bytes));
    }
    chunks
}

/// The samples are the same, and they are written with the same bits: a chunk of ours may only end
/// before theirs does.
fn assert_same_stream(ours: &[(String, u8, Vec<u8>)], theirs: &[(String, u8, Vec<u8>)]) {
    assert_eq!(samples(ours), samples(theirs));
    for (_, encoding, bytes) in theirs {
        let again = Chunk::cut(&decode_chunk(*encoding, bytes).unwrap());
        assert_eq!(again[0].encoding as u8, *encoding);
        // Two bytes say how many samples there are, a third why the chunk began.
        let head = 2 + usize::from(*encoding != 1);
        let whole = again[0].bytes.len() - 1;
        assert_eq!(again[0].bytes[head..whole], bytes[head..whole]);
    }
}

/// Labels, time and value of every sample; Prometheus adds empty buckets when others come up.
fn samples(chunks: &[(String, u8, Vec<u8>)]) -> Vec<(String, i64, String)> {
    let mut all = Vec::new();
    for (labels, encoding, bytes) in chunks {
        let buffer: SampleBuf = decode_chunk(*encoding, bytes).unwrap();
        let mut histograms = buffer.histograms.iter();
        for (at, value) in buffer.timestamps.iter().zip(&buffer.values) {
            let text = match encoding {
                1 => value.to_bits().to_string(),
                _ => counts(&histograms.next().unwrap().1),
            };
            all.push((labels.clone(), *at, text));
        }
    }
    all
}

fn counts(histogram: &Histogram) -> String {
    let buckets = |spans: &[Span], counts: &[f64]| -> Vec<(i32, f64)> {
        let (mut index, mut indices) = (0, Vec::new());
        for span in spans {
            index += span.offset;
            indices.extend((index..).take(span.length as usize));
            index += i32::try_from(span.length).unwrap();
        }
        indices.into_iter().zip(counts.iter().copied()).filter(|(_, count)| *count != 0.0).collect()
    };
    let positive = buckets(&histogram.positive_spans, &histogram.positive_buckets);
    let negative = buckets(&histogram.negative_spans, &histogram.negative_buckets);
    let Histogram { counts, schema, count, sum, .. } = histogram;
    let zero = (histogram.zero_threshold, histogram.zero_count);
    format!("{counts:?} {schema} {count} {sum} {zero:?} {positive:?} {negative:?}")
}
