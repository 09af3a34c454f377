//! OTLP metrics over HTTP: both forms, every kind of point, what is promoted and what is refused.

use crate::store::{Fixture, NOW_MS, Store};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use config::{OtlpConfig, OtlpTranslation};
use expect_test::{Expect, expect};
use http_body_util::BodyExt;
use ingest::{OTLP_METRICS_PATH, OtlpReceiver, ReceiverOptions, otlp_route};
use model::{AppendErrorKind, Appender, MetricKind};
use std::io::Write;
use std::sync::Arc;
use tower::ServiceExt;
use wire::otlp::{protobuf_of_json, response_protobuf, status_protobuf};

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/x-protobuf";

struct World {
    fixture: Fixture,
    receiver: Arc<OtlpReceiver>,
}

impl World {
    fn new() -> Self {
        Self::with(OtlpConfig::default())
    }

    fn with(config: OtlpConfig) -> Self {
        Self::bounded(config, ReceiverOptions::default())
    }

    fn bounded(config: OtlpConfig, options: ReceiverOptions) -> Self {
        let fixture = Fixture::new();
        let store: Arc<Store> = Arc::clone(&fixture.store);
        let receiver = OtlpReceiver::new(store as Arc<dyn Appender>, options);
        receiver.configure(config);
        Self { fixture, receiver: Arc::new(receiver) }
    }

    async fn post(&self, headers: &[(&str, &str)], body: Vec<u8>) -> (u16, Vec<u8>) {
        let router = Router::new().route(OTLP_METRICS_PATH, otlp_route(Arc::clone(&self.receiver)));
        let mut request = Request::post(OTLP_METRICS_PATH);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = router.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    /// Sends metrics of one resource and scope, as JSON.
    async fn send(&self, metrics: &str) -> (u16, String) {
        let (status, body) = self.post(&[("content-type", JSON)], request(metrics)).await;
        (status, String::from_utf8(body).unwrap())
    }

    async fn check(&self, metrics: &str, expected: Expect) {
        assert_eq!(self.send(metrics).await, (200, "{}".into()));
        expected.assert_eq(&self.stored());
    }

    fn stored(&self) -> String {
        let lines = self.fixture.stored();
        let about = |line: &String| !line.contains("target_info");
        lines.into_iter().filter(about).collect::<Vec<_>>().join("\n")
    }
}

fn request(metrics: &str) -> Vec<u8> {
    format!(
        r#"{{"resourceMetrics":[{{"resource":{{"attributes":[
            {{"key":"service.name","value":{{"stringValue":"shop"}}}},
            {{"key":"service.namespace","value":{{"stringValue":"web"}}}},
            {{"key":"service.instance.id","value":{{"stringValue":"i-1"}}}},
            {{"key":"host.name","value":{{"stringValue":"h"}}}}]}},
        "scopeMetrics":[{{"scope":{{"name":"lib","version":"1.2"}},"metrics":[{metrics}]}}]}}]}}"#
    )
    .into_bytes()
}

fn sum(name: &str, temporality: u8, points: &str) -> String {
    format!(
        r#"{{"name":"{name}","unit":"By","description":"All of it.","sum":{{"dataPoints":[{points}],
            "aggregationTemporality":{temporality},"isMonotonic":true}}}}"#
    )
}

const POINT: &str = r#"{"attributes":[{"key":"http.method","value":{"stringValue":"GET"}},
    {"key":"code","value":{"intValue":"200"}}],
    "startTimeUnixNano":"1000000","timeUnixNano":"9000000","asInt":"5"}"#;

#[tokio::test]
async fn both_forms_bare_and_compressed_mean_the_same() {
    let expected = r#"{__name__="io_bytes_total", code="200", http_method="GET", instance="i-1", job="web/shop"} 9 5"#;
    let json = request(&sum("io", 2, POINT));
    let protobuf = protobuf_of_json(&json, usize::MAX).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&protobuf).unwrap();
    let gzip = gzip.finish().unwrap();
    for (content_type, encoding, body, told) in [
        (JSON, "", json, b"{}".to_vec()),
        (PROTOBUF, "identity", protobuf, Vec::new()),
        (PROTOBUF, "gzip", gzip, Vec::new()),
    ] {
        let world = World::new();
        let headers = [("content-type", content_type), ("content-encoding", encoding)];
        assert_eq!(world.post(&headers, body).await, (200, told), "{content_type} {encoding}");
        assert_eq!(world.stored(), expected);
        let state = world.fixture.store.state.lock();
        assert_eq!(state.batches.len(), 1, "a request is one batch");
        let start = state.batches[0].rows[0].start.map(model::Timestamp::ms);
        assert_eq!(start, Some(1));
        let metadata = &state.batches[0].metadata[0];
        assert_eq!(
            (metadata.metric.as_str(), metadata.metadata.kind),
            ("io_bytes_total", MetricKind::Counter)
        );
        assert_eq!(metadata.metadata.help, "All of it.");
    }
}

#[tokio::test]
async fn numbers_of_every_kind_are_stored() {
    World::new()
        .check(
            r#"{"name":"load","unit":"1","gauge":{"dataPoints":[{"timeUnixNano":"5000000","asDouble":0.5},
                {"timeUnixNano":"6000000","flags":1}]}},
               {"name":"open","sum":{"aggregation_temporality":"AGGREGATION_TEMPORALITY_CUMULATIVE",
                "data_points":[{"time_unix_nano":5000000,"as_int":-3}]}}"#,
            expect![[r#"
                {__name__="load_ratio", instance="i-1", job="web/shop"} 5 0.5
                {__name__="load_ratio", instance="i-1", job="web/shop"} 6 NaN
                {__name__="open", instance="i-1", job="web/shop"} 5 -3"#]],
        )
        .await;
}

const HISTOGRAM: &str = r#"{"name":"took","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[
    {"startTimeUnixNano":"1000000","timeUnixNano":"9000000","count":"6","sum":2.5,
     "bucketCounts":["1","2","3"],"explicitBounds":[0.5,1],
     "exemplars":[{"timeUnixNano":"8000000","asDouble":0.7,
      "traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"}]}]}}"#;

#[tokio::test]
async fn histograms_become_their_series_with_exemplars_at_their_buckets() {
    let world = World::new();
    world
        .check(
            HISTOGRAM,
            expect![[r#"
                {__name__="took_seconds_bucket", instance="i-1", job="web/shop", le="+Inf"} 9 6
                {__name__="took_seconds_bucket", instance="i-1", job="web/shop", le="0.5"} 9 1
                {__name__="took_seconds_bucket", instance="i-1", job="web/shop", le="1"} 9 3
                {__name__="took_seconds_count", instance="i-1", job="web/shop"} 9 6
                {__name__="took_seconds_sum", instance="i-1", job="web/shop"} 9 2.5"#]],
        )
        .await;
    let state = world.fixture.store.state.lock();
    let (series, exemplar) = &state.batches[0].exemplars[0];
    let (labels, _) = state.series.iter().find(|(_, found)| *found == series).unwrap();
    assert_eq!(labels.value("le"), "1");
    let told = r#"{span_id="0102030405060708", trace_id="0102030405060708090a0b0c0d0e0f10"}"#;
    assert_eq!((exemplar.labels.to_string().as_str(), exemplar.value), (told, 0.7));
}

#[tokio::test]
async fn histograms_become_native_ones_with_their_bounds() {
    let config = OtlpConfig { convert_histograms_to_nhcb: true, ..OtlpConfig::default() };
    let world = World::with(config);
    world
        .check(
            HISTOGRAM,
            expect![[r#"{__name__="took_seconds", instance="i-1", job="web/shop"} 9 count 6"#]],
        )
        .await;
    let state = world.fixture.store.state.lock();
    let model::Value::Histogram(found) = &state.batches[0].rows[0].value else { panic!() };
    assert_eq!((found.schema, found.custom_values.as_slice()), (-53, &[0.5, 1.0][..]));
    assert_eq!(found.positive_buckets, [1.0, 2.0, 3.0]);
}

#[tokio::test]
async fn exponential_histograms_become_native_ones() {
    let world = World::new();
    world
        .check(
            r#"{"name":"size","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[
                {"timeUnixNano":"9000000","count":"7","sum":9.5,"scale":2,"zeroCount":"1","zeroThreshold":0.25,
                 "positive":{"offset":-3,"bucketCounts":["1","2"]},"negative":{"offset":4,"bucketCounts":["3"]}}]}}"#,
            expect![[r#"{__name__="size", instance="i-1", job="web/shop"} 9 count 7"#]],
        )
        .await;
    let state = world.fixture.store.state.lock();
    let model::Value::Histogram(found) = &state.batches[0].rows[0].value else { panic!() };
    assert_eq!((found.schema, found.zero_count, found.zero_threshold), (2, 1.0, 0.25));
    assert_eq!((found.positive_spans[0].offset, found.negative_spans[0].offset), (-2, 5));
    assert_eq!(
        (found.positive_buckets.as_slice(), found.negative_buckets.as_slice()),
        (&[1.0, 2.0][..], &[3.0][..])
    );
}

#[tokio::test]
async fn summaries_become_their_series() {
    World::new()
        .check(
            r#"{"name":"rpc","summary":{"dataPoints":[{"timeUnixNano":"9000000","count":"4","sum":2,
                "quantileValues":[{"quantile":0.5,"value":0.25},{"quantile":1,"value":1.5}]}]}}"#,
            expect![[r#"
                {__name__="rpc", instance="i-1", job="web/shop", quantile="0.5"} 9 0.25
                {__name__="rpc", instance="i-1", job="web/shop", quantile="1"} 9 1.5
                {__name__="rpc_count", instance="i-1", job="web/shop"} 9 4
                {__name__="rpc_sum", instance="i-1", job="web/shop"} 9 2"#]],
        )
        .await;
}

fn delta(start: u64, at: u64, value: u64) -> String {
    let point = format!(
        r#"{{"startTimeUnixNano":"{start}000000","timeUnixNano":"{at}000000","asInt":"{value}"}}"#
    );
    sum("sent", 1, &point)
}

#[tokio::test]
async fn deltas_are_summed_up_and_late_ones_refused() {
    let world = World::new();
    assert_eq!(world.send(&delta(1, 10, 5)).await.0, 200);
    world
        .check(
            &delta(10, 20, 2),
            expect![[r#"
                {__name__="sent_bytes_total", instance="i-1", job="web/shop"} 10 5
                {__name__="sent_bytes_total", instance="i-1", job="web/shop"} 20 7"#]],
        )
        .await;
    let (status, told) = world.send(&delta(5, 15, 9)).await;
    let text = "metric sent_bytes_total: delta at 15 ms after one at 20 ms (1 samples refused)";
    let expected = serde_partial(1, text);
    assert_eq!((status, told), (200, expected));
    let starts: Vec<_> = world
        .fixture
        .store
        .state
        .lock()
        .batches
        .iter()
        .map(|batch| batch.rows[0].start.map(model::Timestamp::ms))
        .collect();
    assert_eq!(starts[..2], [Some(1), Some(1)]);
}

#[tokio::test]
async fn deltas_that_were_not_stored_count_when_they_are_sent_again() {
    let world = World::new();
    world.fixture.store.state.lock().failing = Some((1, AppendErrorKind::ReadOnly));
    assert_eq!(world.send(&delta(1, 10, 5)).await.0, 503);
    assert_eq!(world.send(&delta(1, 10, 5)).await.0, 200);
    assert!(world.stored().ends_with(" 10 5"), "{}", world.stored());
}

fn serde_partial(rejected: u64, text: &str) -> String {
    wire::otlp::response_json(rejected, text)
}

#[tokio::test]
async fn resources_are_described_by_target_info_and_promoted_attributes() {
    let config = OtlpConfig {
        promote_resource_attributes: vec!["host.name".into()],
        promote_scope_metadata: true,
        translation: OtlpTranslation::NoTranslation,
        ..OtlpConfig::default()
    };
    let world = World::with(config);
    assert_eq!(world.send(&sum("io", 2, POINT)).await.0, 200);
    let expected = expect![[r#"
        {__name__="io", code="200", "host.name"="h", "http.method"="GET", instance="i-1", job="web/shop", otel_scope_name="lib", otel_scope_version="1.2"} 9 5
        {__name__="target_info", "host.name"="h", instance="i-1", job="web/shop"} 9 1"#]];
    expected.assert_eq(&world.fixture.stored().join("\n"));
    let all = OtlpConfig {
        promote_all_resource_attributes: true,
        ignore_resource_attributes: vec!["host.name".into()],
        keep_identifying_resource_attributes: true,
        ..OtlpConfig::default()
    };
    let world = World::with(all);
    assert_eq!(
        world
            .send(r#"{"name":"a","gauge":{"dataPoints":[{"timeUnixNano":"9000000","asInt":"1"}]}}"#)
            .await
            .0,
        200
    );
    let expected = expect![[r#"
        {__name__="a", instance="i-1", job="web/shop", service_instance_id="i-1", service_name="shop", service_namespace="web"} 9 1
        {__name__="target_info", host_name="h", instance="i-1", job="web/shop", service_instance_id="i-1", service_name="shop", service_namespace="web"} 9 1"#]];
    expected.assert_eq(&world.fixture.stored().join("\n"));
}

#[tokio::test]
async fn values_of_every_type_become_texts_and_equal_names_are_joined() {
    World::new()
        .check(
            r#"{"name":"a","gauge":{"dataPoints":[{"timeUnixNano":"9000000","asInt":"1","attributes":[
                {"key":"a.b","value":{"stringValue":"x"}},{"key":"a_b","value":{"boolValue":true}},
                {"key":"d","value":{"doubleValue":0.25}},{"key":"bytes","value":{"bytesValue":"AQI="}},
                {"key":"list","value":{"arrayValue":{"values":[{"stringValue":"q\"q"},{"intValue":1},{}]}}},
                {"key":"map","value":{"kvlistValue":{"values":[{"key":"k","value":{"boolValue":false}}]}}},
                {"key":"none"}]}]}}"#,
            expect![[r#"{__name__="a", a_b="x;true", bytes="AQI=", d="0.25", instance="i-1", job="web/shop", list="[\"q\\\"q\",1,null]", map="{\"k\":false}"} 9 1"#]],
        )
        .await;
}

#[tokio::test]
async fn bad_parts_are_told_and_good_ones_stored() {
    let good = sum("good", 2, POINT);
    let cases = [
        (sum("", 2, POINT), r#"metric "": no metric name"#),
        (sum("x", 0, POINT), r#"metric "x": no aggregation temporality"#),
        (r#"{"name":"x"}"#.to_owned(), ""),
        (
            r#"{"name":"x","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[{}]}}"#.to_owned(),
            r#"metric "x": deltas of exponential histograms are not summed up"#,
        ),
        (
            r#"{"name":"x","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"scale":-9}]}}"#.to_owned(),
            "metric x: scale -9, at least -4 expected",
        ),
        (
            r#"{"name":"x","histogram":{"aggregationTemporality":2,"dataPoints":[{"bucketCounts":["1"],"explicitBounds":[1]}]}}"#.to_owned(),
            "metric x: 1 bucket counts with 1 bounds",
        ),
        (
            format!(r#"{{"name":"x","gauge":{{"dataPoints":[{{"timeUnixNano":"{}000000"}}]}}}}"#, NOW_MS + 1),
            "out of bounds: series",
        ),
    ];
    for (bad, text) in cases {
        let world = World::new();
        let (status, told) = world.send(&format!("{bad},{good}")).await;
        assert_eq!(status, 200, "{bad}: {told}");
        let found = told.replace("\\\"", "\"");
        assert!(found.contains(text), "{found}");
        assert_eq!(text.is_empty(), !told.contains("rejectedDataPoints"), "{told}");
        assert!(world.stored().contains("good_bytes_total"), "{bad}");
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_in_its_own_form() {
    let world = World::new();
    let json = [("content-type", "application/json; charset=utf-8")];
    for (body, text) in [
        ("{", "EOF while parsing"),
        ("[]", "request: an object expected, found []"),
        (
            r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":5}]}]}]}"#,
            "resourceMetrics.0.scopeMetrics.0.metrics.0.name: a text expected, found 5",
        ),
        (
            r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{"timeUnixNano":"x"}]}}]}]}]}"#,
            "timeUnixNano: a whole number expected",
        ),
    ] {
        let (status, told) = world.post(&json, body.into()).await;
        let told = String::from_utf8(told).unwrap();
        assert_eq!(status, 400, "{told}");
        assert!(told.contains(text) && told.starts_with(r#"{"code":3,"#), "{told}");
    }
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert_eq!(world.post(&json, deep.into_bytes()).await.0, 400);
    let protobuf = [("content-type", PROTOBUF)];
    let (status, told) = world.post(&protobuf, vec![0x0a, 0x7f]).await;
    let text = "wire: protobuf: declared length exceeds the 0 bytes left at offset 1";
    assert_eq!((status, told), (400, status_protobuf(3, text)));
    for headers in [
        vec![],
        vec![("content-type", "text/plain")],
        vec![("content-type", JSON), ("content-encoding", "br")],
    ] {
        assert_eq!(world.post(&headers, Vec::new()).await.0, 415, "{headers:?}");
    }
    assert_eq!(response_protobuf(0, ""), Vec::<u8>::new());
}

/// A value within a value within a value: 100 levels of lists in protobuf.
#[tokio::test]
async fn nested_values_and_bombs_are_stopped() {
    let mut value = Vec::new();
    for _ in 0..100 {
        let list = [&[0x0a, u8::try_from(value.len().min(127)).unwrap()], &value[..]].concat();
        if list.len() > 120 {
            break;
        }
        value = [&[0x2a, u8::try_from(list.len()).unwrap()], &list[..]].concat();
    }
    let wrap = |number: u8, inner: &[u8]| {
        let mut out = vec![number << 3 | 2];
        wire::protobuf::put_varint(inner.len() as u64, &mut out);
        out.extend_from_slice(inner);
        out
    };
    let pair = [wrap(1, b"k"), wrap(2, &value)].concat();
    let body = wrap(1, &wrap(1, &wrap(1, &pair)));
    let world = World::new();
    let (status, told) = world.post(&[("content-type", PROTOBUF)], body).await;
    assert_eq!(status, 413, "{}", String::from_utf8_lossy(&told));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&vec![0; 64 << 20]).unwrap();
    let bomb = gzip.finish().unwrap();
    let headers = [("content-type", PROTOBUF), ("content-encoding", "gzip")];
    assert_eq!(world.post(&headers, bomb).await.0, 413);
    assert!(world.fixture.stored().is_empty());
}

#[tokio::test]
async fn metrics_without_points_are_counted_against_the_bound_as_well() {
    let options = ReceiverOptions { samples_max: 10, ..ReceiverOptions::default() };
    let empty = |count: usize| {
        let metric = |i| format!(r#"{{"name":"m{i}","gauge":{{"dataPoints":[]}}}}"#);
        (0..count).map(metric).collect::<Vec<_>>().join(",")
    };
    let world = World::bounded(OtlpConfig::default(), options);
    assert_eq!(world.send(&empty(10)).await.0, 200);
    let (status, told) = world.send(&empty(11)).await;
    assert_eq!(status, 413, "{told}");
    assert!(told.contains("more than 10 samples in one request"), "{told}");
    let known = world.fixture.store.state.lock().batches.iter().map(|b| b.metadata.len()).sum();
    assert_eq!((10, 0), (known, world.receiver.stats().samples_stored.get()));
}
