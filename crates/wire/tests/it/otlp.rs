//! OTLP: JSON becomes the protobuf that means the same, and every field comes out.

use wire::WireErrorKind;
use wire::otlp::{
    Attributes, ExponentialPoint, HistogramPoint, Kind, Link, Messages, Metric, NumberPoint,
    Resource, Scope, SummaryPoint, Temporality, protobuf_of_json, response_json, response_protobuf,
};
use wire::protobuf::Reader;

/// The first metric of a request with these metrics, as JSON.
fn with_metric<T>(metric: &str, look: impl FnOnce(Metric<'_>) -> T) -> T {
    let json = format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{metric}]}}]}}]}}"#);
    let body = protobuf_of_json(json.as_bytes(), usize::MAX).unwrap();
    let resource = Messages::resources(&body).next_message().unwrap().unwrap();
    let scope = Resource::read(resource).unwrap().scopes.next_message().unwrap().unwrap();
    let metric = Scope::read(scope).unwrap().metrics.next_message().unwrap().unwrap();
    look(Metric::read(metric).unwrap())
}

fn point<T>(metric: &str, look: impl FnOnce(Reader<'_>) -> T) -> T {
    with_metric(metric, |mut metric| look(metric.points.next_message().unwrap().unwrap()))
}

fn texts(mut attributes: Attributes<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while let Some((key, value)) = attributes.next_pair().unwrap() {
        let mut text = String::new();
        value.put_text(&mut text).unwrap();
        found.push((key.to_owned(), text));
    }
    found
}

#[test]
fn metrics_say_what_they_are() {
    let sum = r#"{"name":"a","description":"d","unit":"s","sum":{"isMonotonic":true,
        "aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA","dataPoints":[]}}"#;
    with_metric(sum, |metric| {
        assert_eq!((metric.name, metric.description, metric.unit), ("a", "d", "s"));
        assert_eq!(metric.kind, Kind::Sum { is_monotonic: true });
        assert_eq!(metric.temporality, Temporality::Delta);
    });
    with_metric(r#"{"name":"a","unknown":[{"x":1}]}"#, |metric| {
        assert_eq!(metric.kind, Kind::Unknown);
    });
}

#[test]
fn numbers_are_read_however_json_writes_them() {
    let cases = [
        (r#""asInt":"-5""#, -5.0),
        (r#""asInt":-5"#, -5.0),
        (r#""asInt":5.0"#, 5.0),
        (r#""asDouble":"-Infinity""#, f64::NEG_INFINITY),
        (r#""asDouble":1e-3"#, 0.001),
        (r#""as_double":7"#, 7.0),
    ];
    for (value, expected) in cases {
        let json = format!(
            r#"{{"gauge":{{"dataPoints":[{{"timeUnixNano":"18446744073709551615",{value}}}]}}}}"#
        );
        point(&json, |message| {
            let point = NumberPoint::read(message).unwrap();
            assert_eq!((point.value, point.time_ns), (expected, u64::MAX), "{value}");
        });
    }
}

#[test]
fn points_of_every_kind_come_out_whole() {
    let histogram = r#"{"histogram":{"dataPoints":[{"startTimeUnixNano":1,"timeUnixNano":2,"count":"3","sum":4.5,
        "bucketCounts":["1",2],"explicitBounds":[0.5],"flags":1,"exemplars":[{"asInt":"7","timeUnixNano":"9",
        "spanId":"0aFF","traceId":"01","filteredAttributes":[{"key":"k","value":{"stringValue":"v"}}]}]}]}}"#;
    point(histogram, |message| {
        let mut point = HistogramPoint::read(message).unwrap();
        assert_eq!((point.start_ns, point.time_ns, point.count, point.sum), (1, 2, 3, Some(4.5)));
        assert_eq!((point.counts, point.bounds, point.is_end), (vec![1, 2], vec![0.5], true));
        let link = Link::read(point.links.next_message().unwrap().unwrap()).unwrap();
        assert_eq!(
            (link.value, link.time_ns, link.span_id, link.trace_id),
            (7.0, 9, &[10, 255][..], &[1][..])
        );
        assert_eq!(texts(link.attributes), [("k".into(), "v".into())]);
    });
    let exponential = r#"{"exponentialHistogram":{"dataPoints":[{"count":3,"scale":-2,"zeroCount":"1",
        "zeroThreshold":0.5,"positive":{"offset":-7,"bucketCounts":["1","300"]},"negative":{}}]}}"#;
    point(exponential, |message| {
        let point = ExponentialPoint::read(message).unwrap();
        assert_eq!((point.scale, point.zero_count, point.zero_threshold), (-2, 1, 0.5));
        assert_eq!((point.positive.offset, point.positive.counts), (-7, vec![1, 300]));
        assert!(point.negative.counts.is_empty());
    });
    let summary = r#"{"summary":{"dataPoints":[{"count":1,"sum":2,"quantileValues":[{"quantile":0.9,"value":3}]}]}}"#;
    point(summary, |message| {
        let point = SummaryPoint::read(message).unwrap();
        assert_eq!((point.quantiles[0].quantile, point.quantiles[0].value), (0.9, 3.0));
    });
}

#[test]
fn values_have_one_text_each() {
    let cases = [
        (r#"{"stringValue":"a\"b"}"#, "a\"b"),
        (r#"{"boolValue":false}"#, "false"),
        (r#"{"intValue":"-9223372036854775808"}"#, "-9223372036854775808"),
        (r#"{"doubleValue":1e21}"#, "1e21"),
        (r#"{"doubleValue":0}"#, "0"),
        (r#"{"doubleValue":"NaN"}"#, "NaN"),
        (r#"{"bytesValue":"AQIDBA"}"#, "AQIDBA=="),
        (
            r#"{"arrayValue":{"values":[{"arrayValue":{"values":[{"bytesValue":"/w=="}]}},{"doubleValue":0.5}]}}"#,
            r#"[["/w=="],0.5]"#,
        ),
        (
            r#"{"kvlistValue":{"values":[{"key":"a\n","value":{"stringValue":"b"}},{"key":"c"}]}}"#,
            r#"{"a\n":"b","c":null}"#,
        ),
        (r#"{"arrayValue":{}}"#, "[]"),
        ("{}", ""),
    ];
    for (value, expected) in cases {
        let json = format!(
            r#"{{"gauge":{{"dataPoints":[{{"attributes":[{{"key":"k","value":{value}}}]}}]}}}}"#
        );
        point(&json, |message| {
            let point = NumberPoint::read(message).unwrap();
            assert_eq!(texts(point.attributes), [("k".into(), expected.into())], "{value}");
        });
    }
}

#[test]
fn wrong_values_are_named_with_their_path() {
    let cases = [
        (
            r#"{"resourceMetrics":{"scopeMetrics":5}}"#,
            "resourceMetrics.scopeMetrics: an object expected, found 5",
        ),
        (
            r#"{"resourceMetrics":[{"resource":{"attributes":[{"value":{"boolValue":"x"}}]}}]}"#,
            "resourceMetrics.0.resource.attributes.0.value.boolValue: true or false expected, found \"x\"",
        ),
        (
            r#"{"resource_metrics":[{"scope_metrics":[{"scope":{"name":[["x"]]}}]}]}"#,
            "resourceMetrics.0.scopeMetrics.0.scope.name.0: a text expected, found [\"x\"]",
        ),
        ("nul", "EOF while parsing a value at line 1"),
    ];
    for (json, text) in cases {
        let told = protobuf_of_json(json.as_bytes(), 1000).unwrap_err().to_string();
        assert!(told.contains(text), "{told}");
    }
    let long = protobuf_of_json(&[b' '; 1001], 1000).unwrap_err();
    assert_eq!(long.kind(), WireErrorKind::TooLarge);
}

#[test]
fn answers_are_empty_when_all_is_well() {
    assert_eq!((response_protobuf(0, ""), response_json(0, "")), (vec![], "{}".into()));
    assert_eq!(response_protobuf(2, "no"), b"\x0a\x06\x08\x02\x12\x02no");
    let json = r#"{"partialSuccess":{"errorMessage":"no","rejectedDataPoints":"2"}}"#;
    assert_eq!(response_json(2, "no"), json);
}
