//! Version 2.0: what upstream's receiver compliance tests assert, over HTTP, and what becomes of
//! starts, metadata and broken series.

use crate::store::{Fixture, NOW_MS, at};
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt;
use ingest::{ReceiverOptions, WRITE_PATH, Written};
use model::{AppendErrorKind, MetricKind, NORMAL_NAN_BITS, STALE_NAN_BITS, Span, Timestamp};
use model::{CUSTOM_BUCKETS_SCHEMA, Exemplar, Histogram, HistogramCounts, Labels, Metadata};
use wire::bounded::snappy_compress;
use wire::remote_write_2::{TimeSeries, encode, encode_snappy};

const CONTENT_TYPE: &str = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

/// What a sender is told.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    status: u16,
    text: String,
    /// The three `Written` headers; nothing when one is missing.
    written: Option<(usize, usize, usize)>,
}

impl Told {
    fn written(&self) -> (u16, Option<(usize, usize, usize)>) {
        (self.status, self.written)
    }
}

async fn post(fixture: &Fixture, headers: &[(&str, &str)], body: Vec<u8>) -> Told {
    let mut request = Request::post(WRITE_PATH).header("content-encoding", "snappy");
    let given = |name: &str| headers.iter().any(|(other, _)| *other == name);
    if !given("content-type") {
        request = request.header("content-type", CONTENT_TYPE);
    }
    for (name, value) in headers {
        request
            .headers_mut()
            .unwrap()
            .insert(axum::http::HeaderName::try_from(*name).unwrap(), (*value).try_into().unwrap());
    }
    let response = fixture.request(request.body(Body::from(body)).unwrap()).await;
    let status = response.status().as_u16();
    let written = written(response.headers());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Told { status, text: String::from_utf8(bytes.to_vec()).unwrap(), written }
}

fn written(headers: &HeaderMap) -> Option<(usize, usize, usize)> {
    let count = |what: &str| {
        let value = headers.get(format!("x-prometheus-remote-write-{what}-written"))?;
        value.to_str().unwrap().parse().ok()
    };
    Some((count("samples")?, count("histograms")?, count("exemplars")?))
}

async fn send(fixture: &Fixture, series: &[TimeSeries]) -> Told {
    post(fixture, &[], encode_snappy(series).unwrap()).await
}

fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

fn floats(pairs: &[(&str, &str)], samples: &[(i64, f64)]) -> TimeSeries {
    TimeSeries { labels: labels(pairs), samples: samples.to_vec(), ..TimeSeries::default() }
}

fn histogram(pairs: &[(&str, &str)], histogram: Histogram) -> TimeSeries {
    let histograms = vec![(10, histogram)];
    TimeSeries { labels: labels(pairs), histograms, ..TimeSeries::default() }
}

fn exemplar(pairs: &[(&str, &str)], value: f64) -> Exemplar {
    Exemplar { labels: Labels::from_pairs(pairs.iter().copied()), value, timestamp: at(10) }
}

const VALUES: [f64; 5] = [
    1.0,
    f64::from_bits(STALE_NAN_BITS),
    f64::from_bits(NORMAL_NAN_BITS),
    f64::INFINITY,
    f64::NEG_INFINITY,
];

#[tokio::test]
async fn any_value_under_any_valid_labels_is_written() {
    let target = [("__name__", "up"), ("instance", "localhost:9090"), ("job", "testjob")];
    let good: [&[(&str, &str)]; 5] = [
        &[("__name__", "up")],
        &target,
        &[("__name__", "up"), ("instance", "localhost:9090"), ("job", "test\njob\n")],
        &[("__name__", "resource.cpu.usage"), ("instance.name", "x"), ("job.name", "testjob")],
        &[("__name__", "resource cpu usage"), ("instance name", "x"), ("job name", "testjob")],
    ];
    let bad: [&[(&str, &str)]; 4] = [
        &[("instance", "localhost:9090"), ("job", "testjob")],
        &[],
        &[("__name__", "")],
        &[("__name__", "up"), ("a", "1"), ("a", "2")],
    ];
    for value in VALUES {
        for pairs in good {
            let fixture = Fixture::new();
            let told = send(&fixture, &[floats(pairs, &[(10, value)])]).await;
            assert_eq!(told.written(), (204, Some((1, 0, 0))), "{pairs:?}");
            assert_eq!(fixture.stored().len(), 1);
        }
        for pairs in bad {
            let fixture = Fixture::new();
            let told = send(&fixture, &[floats(pairs, &[(10, value)])]).await;
            assert_eq!(told.written(), (400, Some((0, 0, 0))), "{pairs:?}");
        }
    }
}

#[tokio::test]
async fn the_good_part_of_a_request_is_written() {
    let of = |instance| [("__name__", "up"), ("instance", instance), ("job", "testjob")];
    let nameless = floats(&[("instance", "1"), ("job", "testjob")], &[(10, 1.0)]);
    let good = ["2", "3", "4"].map(|instance| floats(&of(instance), &[(10, 1.0)]));
    let fixture = Fixture::new();
    assert_eq!(send(&fixture, &good).await.written(), (204, Some((3, 0, 0))));
    let nameless_only = [nameless.clone(), nameless.clone()];
    let told = send(&fixture, &nameless_only).await;
    assert_eq!(told.written(), (400, Some((0, 0, 0))));
    assert_eq!(told.text, "invalid labels: no metric name (2 samples refused)");
    let fixture = Fixture::new();
    let told = send(&fixture, &[&[nameless], &good[..]].concat()).await;
    assert_eq!(told.written(), (400, Some((3, 0, 0))));
    assert_eq!(fixture.stored().len(), 3);
}

#[tokio::test]
async fn samples_the_store_refuses_are_not_counted_as_written() {
    let fixture = Fixture::new();
    let late = floats(&[("__name__", "a")], &[(10, 1.0), (5, 1.0), (NOW_MS + 1, 1.0)]);
    let told = send(&fixture, &[late, floats(&[("__name__", "b")], &[(10, 1.0)])]).await;
    assert_eq!(told.written(), (400, Some((2, 0, 0))));
    let text = r#"out of order sample: series {__name__="a"} at 5 ms (2 samples refused)"#;
    assert_eq!(told.text, text);
    let again = send(&fixture, &[floats(&[("__name__", "b")], &[(10, 1.0)])]).await;
    assert_eq!(again.written(), (204, Some((1, 0, 0))), "a repeated sample is there");
}

fn integers(positive: bool, negative: bool, zero: bool) -> Histogram {
    let spans = |some: bool| if some { vec![Span { offset: 0, length: 2 }] } else { vec![] };
    let counts = |some: bool| if some { vec![1.0, 2.0] } else { vec![] };
    let side = |some: bool| if some { 3.0 } else { 0.0 };
    Histogram {
        counts: HistogramCounts::Integer,
        zero_threshold: 0.001,
        zero_count: f64::from(zero),
        count: side(positive) + side(negative) + f64::from(zero),
        sum: 1.0,
        positive_spans: spans(positive),
        positive_buckets: counts(positive),
        negative_spans: spans(negative),
        negative_buckets: counts(negative),
        ..Histogram::default()
    }
}

#[tokio::test]
async fn histograms_of_every_shape_are_written() {
    let custom = Histogram {
        schema: CUSTOM_BUCKETS_SCHEMA,
        zero_threshold: 0.0,
        custom_values: vec![1.0, 5.0],
        ..integers(true, false, false)
    };
    let fractions = Histogram { counts: HistogramCounts::Float, ..integers(true, true, true) };
    let all = [
        integers(true, true, true),
        integers(true, false, true),
        integers(false, true, false),
        integers(false, false, true),
        integers(false, false, false),
        custom,
        fractions,
    ];
    for good in all {
        let fixture = Fixture::new();
        let mut series = histogram(&[("__name__", "h")], good.clone());
        series.exemplars.push(exemplar(&[("trace_id", "abc")], 1.23));
        let told = send(&fixture, &[series]).await;
        assert_eq!(told.written(), (204, Some((0, 1, 1))), "{good:?}");
    }
    let bad = Histogram { count: 99.0, ..integers(true, false, false) };
    let told = send(&Fixture::new(), &[histogram(&[("__name__", "h")], bad)]).await;
    assert_eq!(told.written(), (400, Some((0, 0, 0))));
    assert!(told.text.contains("3 observations found in buckets, count is 99"), "{}", told.text);
}

#[tokio::test]
async fn exemplars_of_every_kind_are_written() {
    let many = [("endpoint", "/login"), ("trace_id", "trace456"), ("user", "admin")];
    let cases: [&[(&str, &str)]; 6] = [
        &[("trace_id", "abc123def456")],
        &[("span_id", "span123"), ("trace_id", "xyz789")],
        &[("user_id", "user123")],
        &many,
        &[],
        &[("trace_id", "unicode_trace_测试")],
    ];
    for pairs in cases {
        for value in [0.0, -123.456, 1e10, 1e-10, f64::NAN, f64::INFINITY] {
            let fixture = Fixture::new();
            let mut series = floats(&[("__name__", "m"), ("region", "🌍")], &[(10, value)]);
            series.exemplars.push(exemplar(pairs, value));
            assert_eq!(send(&fixture, &[series]).await.written(), (204, Some((1, 0, 1))));
            assert_eq!(fixture.store.state.lock().batches[0].exemplars.len(), 1);
        }
    }
}

#[tokio::test]
async fn metadata_of_every_kind_arrives_under_the_name_of_its_family() {
    let cases = [
        ("http_requests_total", MetricKind::Counter, "http_requests_total"),
        ("cpu_usage_percent", MetricKind::Gauge, "cpu_usage_percent"),
        ("latency_bucket", MetricKind::Histogram, "latency"),
        ("latency_count", MetricKind::Summary, "latency"),
        ("temperature_sum", MetricKind::GaugeHistogram, "temperature"),
        ("build_info", MetricKind::Info, "build_info"),
        ("node_state", MetricKind::StateSet, "node_state"),
        ("unknown_count", MetricKind::Unknown, "unknown_count"),
    ];
    for (name, kind, family) in cases {
        let fixture = Fixture::new();
        let metadata =
            Metadata { kind, help: "With\nlines and \"quotes\"".into(), unit: "u/s".into() };
        let of = |job| TimeSeries {
            metadata: metadata.clone(),
            ..floats(&[("__name__", name), ("job", job)], &[(10, 1.0)])
        };
        assert_eq!(send(&fixture, &[of("a"), of("b")]).await.written(), (204, Some((2, 0, 0))));
        let state = fixture.store.state.lock();
        let found = &state.batches[0].metadata;
        assert_eq!(found.len(), 1, "once for both series");
        assert_eq!((found[0].metric.as_str(), &found[0].metadata), (family, &metadata));
    }
}

#[tokio::test]
async fn starts_arrive_with_their_samples() {
    let fixture = Fixture::new();
    let counter = TimeSeries { start: 3, ..floats(&[("__name__", "c")], &[(10, 1.0), (11, 2.0)]) };
    let native =
        TimeSeries { start: 4, ..histogram(&[("__name__", "h")], integers(true, true, true)) };
    let gauge = floats(&[("__name__", "g")], &[(10, 1.0)]);
    assert_eq!(send(&fixture, &[counter, native, gauge]).await.status, 204);
    let state = fixture.store.state.lock();
    let starts: Vec<_> = state.batches[0].rows.iter().map(|row| row.start).collect();
    let begun = |ms| Some(Timestamp::from_ms(ms));
    assert_eq!(starts, [begun(3), begun(3), begun(4), None]);
}

#[tokio::test]
async fn a_series_holds_samples_or_histograms() {
    let fixture = Fixture::new();
    let empty = floats(&[("__name__", "a")], &[]);
    let both = TimeSeries {
        samples: vec![(10, 1.0)],
        ..histogram(&[("__name__", "b")], integers(true, false, false))
    };
    let good = floats(&[("__name__", "c")], &[(10, 1.0)]);
    let told = send(&fixture, &[empty.clone(), good.clone()]).await;
    assert_eq!(told.written(), (400, Some((1, 0, 0))));
    assert!(told.text.starts_with("TimeSeries must contain at least one sample or histogram"));
    let told = send(&fixture, &[both, good]).await;
    assert_eq!(told.written(), (400, Some((1, 0, 0))));
    let text = "TimeSeries must contain either samples or histograms but not both for series \
                {__name__=\"b\"} (2 samples refused)";
    assert_eq!(told.text, text);
    let nameless = send(&fixture, &[floats(&[("job", "a")], &[])]).await;
    assert_eq!(nameless.text, "invalid labels: no metric name (0 samples refused)");
}

#[tokio::test]
async fn other_types_encodings_and_corrupt_bodies_are_refused() {
    let good = encode_snappy(&[floats(&[("__name__", "up")], &[(10, 1.0)])]).unwrap();
    let mut corrupt = good.clone();
    corrupt[0] = b'0';
    let fixture = Fixture::new();
    for headers in [
        [("content-type", "application/json")],
        [("content-type", "image/png")],
        [("content-encoding", "gzip")],
        [("content-encoding", "deflate")],
    ] {
        assert_eq!(post(&fixture, &headers, corrupt.clone()).await.status, 415, "{headers:?}");
    }
    let told = post(&fixture, &[], corrupt).await;
    assert_eq!(told.written(), (400, Some((0, 0, 0))));
    let version_1 = [("content-type", "application/x-protobuf")];
    let told = post(&fixture, &version_1, good.clone()).await;
    assert_eq!(told.written(), (204, None), "as version 1.0 it is an empty request");
    assert!(fixture.stored().is_empty());
    let named = [("content-type", CONTENT_TYPE), ("x-prometheus-remote-write-version", "2.0.0")];
    assert_eq!(post(&fixture, &named, good).await.written(), (204, Some((1, 0, 0))));
}

#[tokio::test]
async fn both_versions_mean_the_same_series() {
    let fixture = Fixture::new();
    let pairs = [("__name__", "up"), ("job", "j")];
    assert_eq!(fixture.send(&[crate::store::series(&pairs, &[(1, 1.0)])]).0, 204);
    assert_eq!(send(&fixture, &[floats(&pairs, &[(2, 1.0)])]).await.status, 204);
    let stats = fixture.receiver.stats();
    assert_eq!((stats.series_parsed.get(), stats.series_recognised.get()), (1, 1));
}

#[test]
fn dead_handles_are_resolved_again_and_counted_once() {
    let fixture = Fixture::new();
    let body = |ms| encode_snappy(&[floats(&[("__name__", "a")], &[(ms, 1.0)])]).unwrap();
    assert_eq!(fixture.receiver.receive_2(&body(1)).status.as_u16(), 204);
    fixture.store.state.lock().forget_handles();
    let answer = fixture.receiver.receive_2(&body(2));
    let expected = Written { samples: 1, ..Written::default() };
    assert_eq!((answer.status.as_u16(), answer.written), (204, Some(expected)));
}

#[test]
fn a_store_that_cannot_write_has_written_nothing() {
    let fixture = Fixture::new();
    fixture.store.state.lock().failing = Some((1, AppendErrorKind::ReadOnly));
    let body = encode_snappy(&[floats(&[("__name__", "a")], &[(1, 1.0)])]).unwrap();
    let answer = fixture.receiver.receive_2(&body);
    assert_eq!((answer.status.as_u16(), answer.written), (503, Some(Written::default())));
    assert!(answer.retry_after.is_some());
}

/// One long symbol in every series: label sets of gigabytes from a small body.
#[test]
fn label_sets_that_a_body_multiplies_are_stopped_at_their_bound() {
    let long = "x".repeat(60_000);
    let of =
        |n: usize| floats(&[("__name__", "m"), ("a", &long), ("n", &n.to_string())], &[(1, 1.0)]);
    let body = encode(&(0..400).map(of).collect::<Vec<_>>());
    assert!(body.len() < 80_000, "{}", body.len());
    let options = ReceiverOptions { label_bytes_max: 1 << 20, ..ReceiverOptions::default() };
    let fixture = Fixture::with(options);
    let body = snappy_compress(&body).unwrap();
    let (answer, peak) = testkit::peak_of(|| fixture.receiver.receive_2(&body));
    assert_eq!(answer.status.as_u16(), 413);
    assert!(peak < 10 << 20, "{peak} bytes held");
    assert!(fixture.stored().is_empty());
}
