//! What another server scrapes: order, labels, forms, refusals.

use crate::store::{NOW_MS, Store, ask};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use egress::EgressOptions;
use expect_test::expect;
use model::{CUSTOM_BUCKETS_SCHEMA, Histogram, HistogramCounts, Span, Value, stale_marker};
use std::fmt::Write as _;
use std::sync::Arc;
use wire::families::{Content, Families};

async fn get(router: &Router, query: &str, accept: &str) -> (u16, String, Vec<u8>) {
    let request = Request::get(format!("/federate?{query}")).header("accept", accept);
    ask(router, request.body(Body::empty()).unwrap()).await
}

async fn text(router: &Router, query: &str) -> String {
    let (status, content_type, body) = get(router, query, "*/*").await;
    assert_eq!((status, content_type.as_str()), (200, "text/plain; version=0.0.4; charset=utf-8"));
    String::from_utf8(body).unwrap()
}

fn native(schema: i32) -> Value {
    let custom_values = if schema == CUSTOM_BUCKETS_SCHEMA { vec![0.5, 1.0] } else { Vec::new() };
    Value::Histogram(Arc::new(Histogram {
        counts: HistogramCounts::Integer,
        schema,
        count: 6.0,
        sum: 7.5,
        positive_spans: vec![Span { offset: 0, length: 1 }, Span { offset: 1, length: 1 }],
        positive_buckets: vec![2.0, 4.0],
        custom_values,
        ..Histogram::default()
    }))
}

fn store() -> Store {
    let old = NOW_MS - 300_001;
    Store::default()
        .floats(&[("__name__", "up"), ("job", "b"), ("instance", "i")], &[(NOW_MS - 2, 0.0)])
        .floats(&[("__name__", "up"), ("job", "a"), ("region", "own")], &[(1, 5.0), (NOW_MS, 1.0)])
        .floats(&[("__name__", "a"), ("job", "q\"\\\n")], &[(NOW_MS - 300_000, f64::INFINITY)])
        .floats(&[("__name__", "old")], &[(old, 1.0)])
        .floats(&[("__name__", "gone")], &[(5, 1.0), (NOW_MS, stale_marker())])
        .floats(&[("nameless", "x")], &[(NOW_MS, 1.0)])
        .floats(&[("__name__", "a.b"), ("c.d", "1")], &[(NOW_MS, 2.0)])
}

#[tokio::test]
async fn the_latest_samples_come_with_external_labels() {
    let router = store().open(&[("region", "eu"), ("replica", "1")], EgressOptions::default());
    let query = "match[]=%7Bjob!=%22b%22%7D&match[]=up";
    expect![[r#"
        # TYPE a untyped
        a{job="q\"\\\n",region="eu",replica="1",instance=""} +Inf 700000
        # TYPE a_b untyped
        a_b{c_d="1",region="eu",replica="1",instance=""} 2 1000000
        # TYPE up untyped
        up{instance="i",job="b",region="eu",replica="1"} 0 999998
        up{job="a",region="own",replica="1",instance=""} 1 1000000
    "#]]
    .assert_eq(&text(&router, query).await);
    assert_eq!(text(&router, "").await, "", "nothing is asked, nothing is told");
}

#[tokio::test]
async fn names_are_quoted_for_readers_that_take_them() {
    let router = store().open(&[], EgressOptions::default());
    let accept =
        "text/plain;version=0.0.4;q=0.1,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4";
    let (status, content_type, body) = get(&router, "match[]=%7B%22a.b%22%7D", accept).await;
    assert_eq!(status, 200);
    assert_eq!(content_type, "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8");
    assert_eq!(
        String::from_utf8(body).unwrap(),
        "# TYPE \"a.b\" untyped\n{\"a.b\",\"c.d\"=\"1\",instance=\"\"} 2 1000000\n"
    );
}

#[tokio::test]
async fn histograms_are_whole_in_protobuf_and_a_summary_in_text() {
    let store = Store::default()
        .with(&[("__name__", "n"), ("x", "1")], &[(NOW_MS, native(3))])
        .with(&[("__name__", "c")], &[(NOW_MS, native(CUSTOM_BUCKETS_SCHEMA))])
        .floats(&[("__name__", "f")], &[(NOW_MS, 2.5)]);
    let router = store.open(&[], EgressOptions::default());
    let all = "match[]=%7B__name__!=%22%22%7D";
    expect![[r#"
        # TYPE c histogram
        c_bucket{instance="",le="0.5"} 2 1000000
        c_bucket{instance="",le="1.0"} 2 1000000
        c_bucket{instance="",le="+Inf"} 6 1000000
        c_sum{instance=""} 7.5 1000000
        c_count{instance=""} 6 1000000
        # TYPE f untyped
        f{instance=""} 2.5 1000000
        # TYPE n histogram
        n_bucket{x="1",instance="",le="+Inf"} 6 1000000
        n_sum{x="1",instance=""} 7.5 1000000
        n_count{x="1",instance=""} 6 1000000
    "#]]
    .assert_eq(&text(&router, all).await);
    let accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;\
                  encoding=delimited;q=0.6,text/plain;version=0.0.4;q=0.5";
    let (_, content_type, body) = get(&router, all, accept).await;
    assert!(content_type.starts_with("application/vnd.google.protobuf;"), "{content_type}");
    let mut families = Families::new(&body);
    let mut seen = Vec::new();
    while let Some(mut family) = families.next_family().unwrap() {
        let metric = family.next_metric().unwrap().unwrap();
        assert_eq!(metric.timestamp.map(model::Timestamp::ms), Some(NOW_MS));
        seen.push(match metric.content {
            Content::Number(number) => format!("{} {}", family.name, number.value),
            Content::Histogram(histogram) if histogram.is_native => {
                let Value::Histogram(sent) = native(3) else { unreachable!("it is one") };
                assert_eq!(histogram.native(false).unwrap().unwrap(), *sent);
                format!("{} native", family.name)
            }
            Content::Histogram(mut histogram) => {
                let mut text = family.name.to_owned();
                while let Some(bucket) = histogram.next_bucket().unwrap() {
                    write!(text, " {}<={}", bucket.count, bucket.bound).unwrap();
                }
                text
            }
            Content::Summary(_) => "summary".to_owned(),
        });
    }
    assert_eq!(seen, ["c 2<=0.5 2<=1", "f 2.5", "n native"]);
}

#[tokio::test]
async fn what_cannot_be_answered_is_told() {
    let router = store().open(&[], EgressOptions::default());
    let (status, _, body) = get(&router, "match[]=up%7B", "*/*").await;
    assert_eq!(status, 400);
    let body = String::from_utf8(body).unwrap();
    assert!(body.starts_with("match[]: `up{`: "), "{body}");
    let many = vec!["match[]=up"; 1001].join("&");
    assert_eq!(get(&router, &many, "*/*").await.0, 400);
    let tiny = EgressOptions { bytes_max: 200, ..EgressOptions::default() };
    let (status, _, body) = get(&store().open(&[], tiny), "match[]=up", "*/*").await;
    assert_eq!((status, body), (422, b"the answer takes too much memory\n".to_vec()));
}
