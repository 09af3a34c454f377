//! What is listed, added up and counted.

use super::expensive::{Cost, Expensive, TEXT_BYTES_MAX};
use super::{Order, QueryKind, QueryLog, Shape, shortened};
use crate::ServerOptions;
use crate::test_client::{Client, run, wrapped};
use expect_test::expect;
use model::Timestamp;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

fn shape(text: &str) -> Shape {
    Shape { kind: QueryKind::Instant, text: text.into() }
}

fn cost(seconds: u64, samples: u64, bytes_peak: usize) -> Cost {
    Cost { ran: Duration::from_secs(seconds), failed: false, samples, bytes_peak }
}

fn names(table: &Expensive, order: Order) -> Vec<String> {
    table.top(order, 10).into_iter().map(|(shape, _)| shape.text).collect()
}

#[test]
fn equal_questions_are_one_line_and_each_order_has_its_first() {
    let mut table = Expensive::default();
    for (text, cost) in [
        ("often", cost(6, 1, 1)),
        ("often", cost(5, 1, 1)),
        ("long", cost(10, 0, 0)),
        ("wide", cost(1, 100, 2)),
        ("large", cost(2, 1, 9)),
    ] {
        table.add(shape(text), cost, Timestamp::from_ms(7));
    }
    assert_eq!(names(&table, Order::Seconds), ["often", "long", "large", "wide"]);
    assert_eq!(names(&table, Order::Longest)[0], "long");
    assert_eq!(names(&table, Order::Samples)[0], "wide");
    assert_eq!(names(&table, Order::Memory)[0], "large");
    let (_, often) = table.top(Order::Seconds, 1)[0];
    assert_eq!(
        (often.count, often.total, often.longest),
        (2, cost(11, 0, 0).ran, cost(6, 0, 0).ran)
    );
}

#[test]
fn a_full_table_loses_its_cheapest_line() {
    let mut table = Expensive::default();
    for number in 0..2_000 {
        table.add(shape(&format!("q{number:04}")), cost(number, 0, 0), Timestamp::default());
    }
    let lines = table.top(Order::Seconds, usize::MAX);
    assert_eq!(lines.len(), 500);
    assert_eq!(lines[0].0.text, "q1999");
    assert_eq!(lines[499].0.text, "q1500");
}

#[test]
fn texts_become_one_line_of_bounded_length() {
    assert_eq!(shortened("  sum (\n\tup )\n"), "sum ( up )");
    assert_eq!(shortened(""), "");
    let exact = "x".repeat(TEXT_BYTES_MAX - 1);
    assert_eq!(shortened(&exact), exact);
    for long in ["ä".repeat(5_000), "a ".repeat(5_000), format!("a{}", "ä".repeat(5_000))] {
        let short = shortened(&long);
        assert!(short.len() <= TEXT_BYTES_MAX + 24, "{}", short.len());
        assert!(short.ends_with(&format!("... ({} bytes)", long.len())), "{short}");
    }
}

#[test]
fn finished_queries_are_listed_by_expression() {
    let client = Client::new();
    run(async {
        client.ask("GET /api/v1/query?query=sum(up)").await;
        client.ask("POST /api/v1/query query=%20sum(up)").await;
        client.ask("GET /api/v1/query?query=sum(").await;
        client.ask("GET /api/v1/query_range?query=up&start=0&end=60&step=60").await;
        client.ask("GET /api/v1/series?match[]=up").await;
        client.ask("GET /api/v1/label/job/values?match[]=up").await;
    });
    let shown = run(client.show("GET /api/flyball/v1/queries?sort=total_samples"));
    expect![[r#"
        200 {"status":"success","data":{"active":[],"expensive":[{"kind":"instant",
        "query":"sum(up)","count":2,"failed":0,"totalSeconds":0.0,"maxSeconds":0.0,
        "totalSamples":80,"peakBytes":3643,"last":"1970-01-01T00:05:00Z"},
        {"kind":"range","query":"up","count":1,"failed":0,"totalSeconds":0.0,
        "maxSeconds":0.0,"totalSamples":10,"peakBytes":1750,
        "last":"1970-01-01T00:05:00Z"},{"kind":"instant","query":"sum(","count":1,
        "failed":1,"totalSeconds":0.0,"maxSeconds":0.0,"totalSamples":0,
        "peakBytes":0,"last":"1970-01-01T00:05:00Z"},{"kind":"series","query":"up",
        "count":1,"failed":0,"totalSeconds":0.0,"maxSeconds":0.0,"totalSamples":0,
        "peakBytes":2624,"last":"1970-01-01T00:05:00Z"},{"kind":"label_values",
        "query":"job up","count":1,"failed":0,"totalSeconds":0.0,"maxSeconds":0.0,
        "totalSamples":0,"peakBytes":0,"last":"1970-01-01T00:05:00Z"}]}}"#]]
    .assert_eq(&wrapped(&shown));
    let refused = run(client.show("GET /api/flyball/v1/queries?sort=age"));
    expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"sort\": \"age\" is none of total_seconds, max_seconds, total_samples,
        peak_bytes"}"#]]
    .assert_eq(&wrapped(&refused));
    let families = client.app.state.queries.families();
    let counters = families.iter().filter(|family| family.kind != model::MetricKind::Histogram);
    let lines = counters.flat_map(|family| {
        family.points.iter().map(|p| format!("{}{} {}\n", family.name, p.labels, p.value))
    });
    let text: String = lines.collect();
    expect![[r#"
        flyball_queries_total{kind="instant", outcome="answered"} 2
        flyball_queries_total{kind="instant", outcome="invalid"} 1
        flyball_queries_total{kind="range", outcome="answered"} 1
        flyball_queries_total{kind="series", outcome="answered"} 1
        flyball_queries_total{kind="label_values", outcome="answered"} 1
        flyball_queries_refused_total{reason="queue_full"} 0
        flyball_queries_refused_total{reason="samples"} 0
        flyball_queries_refused_total{reason="series"} 0
        flyball_queries_refused_total{reason="memory"} 0
        flyball_queries_refused_total{reason="shared_memory"} 0
        flyball_queries_cancelled_total{by="client"} 0
        flyball_queries_cancelled_total{by="operator"} 0
        flyball_query_samples_read_total{} 90
        flyball_queries_running{} 0
        flyball_queries_queued{} 0
        flyball_queries_concurrent_max{} 20
    "#]]
    .assert_eq(&text);
}

#[test]
fn what_has_ended_cannot_be_stopped() {
    let client = Client::with(ServerOptions::default());
    let shown = run(client.show("DELETE /api/flyball/v1/queries/7"));
    expect![[r#"404 {"status":"error","errorType":"not_found","error":"no query 7: it has ended, or never was"}"#]].assert_eq(&shown);
    let shown = run(client.show("DELETE /api/flyball/v1/queries/x"));
    expect![[r#"400 {"status":"error","errorType":"bad_data","error":"not a query: Cannot parse `x` to a `u64`"}"#]].assert_eq(&shown);
}

#[derive(Debug, Default)]
struct Lines(Mutex<Vec<String>>);

impl QueryLog for Lines {
    fn write(&self, line: String) {
        self.0.lock().push(line);
    }
}

#[test]
fn evaluations_are_logged_in_the_form_of_prometheus() {
    let client = Client::new();
    let lines = Arc::new(Lines::default());
    client.app.state.queries.log_to(Some(lines.clone()));
    run(async {
        client.ask("GET /api/v1/query?query=sum(up)&time=12.5").await;
        client.ask("POST /api/v1/query_range query=up&start=0&end=60&step=30").await;
        client
            .ask("GET /api/v1/query?query=label_replace(up,%22a%22,%22b%22,%22c%22,%22(%22)")
            .await;
        // These evaluate nothing.
        client.ask("GET /api/v1/query?query=sum(").await;
        client.ask("GET /api/v1/series?match[]=up").await;
        client.app.state.queries.log_to(None);
        client.ask("GET /api/v1/query?query=up").await;
    });
    let shown: Vec<String> = lines.0.lock().iter().map(|line| wrapped(line)).collect();
    expect![[r#"
        {"time":"1970-01-01T00:05:00.000Z","level":"INFO","msg":"promql query
        logged","params":{"end":"1970-01-01T00:00:12.500Z","query":"sum(up)",
        "start":"1970-01-01T00:00:12.500Z","step":0},
        "stats":{"timings":{"evalTotalTime":0.0,"resultSortTime":0.0,
        "queryPreparationTime":0.0,"innerEvalTime":0.0,"execQueueTime":0.0,
        "execTotalTime":0.0},"samples":{"totalQueryableSamples":2,"peakSamples":3}},
        "httpRequest":{"clientIP":"","method":"GET","path":"/api/v1/query"}}
        {"time":"1970-01-01T00:05:00.000Z","level":"INFO","msg":"promql query
        logged","params":{"end":"1970-01-01T00:01:00.000Z","query":"up",
        "start":"1970-01-01T00:00:00.000Z","step":30},
        "stats":{"timings":{"evalTotalTime":0.0,"resultSortTime":0.0,
        "queryPreparationTime":0.0,"innerEvalTime":0.0,"execQueueTime":0.0,
        "execTotalTime":0.0},"samples":{"totalQueryableSamples":6,"peakSamples":6}},
        "httpRequest":{"clientIP":"","method":"POST","path":"/api/v1/query_range"}}
        {"time":"1970-01-01T00:05:00.000Z","level":"INFO","msg":"promql query
        logged","params":{"end":"1970-01-01T00:05:00.000Z",
        "query":"label_replace(up,\"a\",\"b\",\"c\",\"(\")",
        "start":"1970-01-01T00:05:00.000Z","step":0},"error":"invalid regular
        expression in label_replace(): ( (cannot compile regular expression \"(\":
        unclosed group)","stats":{"timings":{"evalTotalTime":0.0,
        "resultSortTime":0.0,"queryPreparationTime":0.0,"innerEvalTime":0.0,
        "execQueueTime":0.0,"execTotalTime":0.0}},"httpRequest":{"clientIP":"",
        "method":"GET","path":"/api/v1/query"}}"#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn texts_that_are_too_long_are_refused_before_they_wait() {
    let client = Client::new();
    let long = "x".repeat((256 << 10) + 1);
    for (path, name) in [
        ("/api/v1/query", "query"),
        ("/api/v1/format_query", "query"),
        ("/api/v1/query_exemplars", "query"),
        ("/api/v1/series", "match[]"),
        ("/api/v1/labels", "match[]"),
    ] {
        let shown = run(client.show(&format!("POST {path} {name}={long}")));
        let expected = "262145 bytes are longer than 262144 bytes";
        assert!(shown.starts_with("400 ") && shown.contains(expected), "{path}: {shown}");
    }
    assert!(client.app.state.queries.expensive(Order::Seconds, 1).is_empty());
}

#[test]
fn large_forms_have_a_bounded_room() {
    let client = Client::new();
    let large = format!("POST /api/v1/query query=1&x={}", "x".repeat(1 << 20));
    let room = client.app.body_room.clone();
    let taken = room.try_acquire_many(u32::try_from(room.available_permits()).unwrap()).unwrap();
    let refused = run(client.show(&large));
    assert!(refused.starts_with("503 ") && refused.contains("too many large forms"), "{refused}");
    assert!(run(client.show("POST /api/v1/query query=1")).starts_with("200 "));
    drop(taken);
    let permits = room.available_permits();
    assert!(run(client.show(&large)).starts_with("200 "));
    assert_eq!(room.available_permits(), permits);
}
