//! Shapes of answers, errors and annotations, on data written beside the query.

use crate::store::load;
use expect_test::{Expect, expect};
use model::{Timestamp, Value};
use promql::{ParserOptions, parse_with};
use query::{Cancel, Engine, EngineOptions, Query, QueryError, QueryOutput, QueryValue, StepRange};
use std::fmt::Write;
use std::time::Duration;

const DATA: &str = r#"
    up{job="a", instance="1"} 1 1 1 0 1 1 1 1 1 1
    up{job="a", instance="2"} 1 1 stale _ _ 1 1 1 1 1
    up{job="b", instance="3"} _ _ 1 1 1 1 1 1 1 1
    hits_total{job="a", instance="1"} 0+60x9
    hits_total{job="a", instance="2"} 0 60 120 0 60 120 180 240 300 360
    hits_total{job="b", instance="3"} 0+6x9
    odd 1 NaN Inf -Inf 5
"#;

fn show(output: Result<QueryOutput, QueryError>) -> String {
    let mut out = String::new();
    let output = match output {
        Ok(output) => output,
        Err(error) => return format!("{:?}: {error}", error.kind()),
    };
    let number = |value: &Value| match value {
        Value::Float(value) => format!("{value}"),
        Value::Histogram(histogram) => format!("histogram of {}", histogram.count),
    };
    match output.value {
        QueryValue::Scalar { timestamp, value } => writeln!(out, "{value} @{}", timestamp.ms()),
        QueryValue::String { text, .. } => writeln!(out, "{text:?}"),
        QueryValue::Vector(samples) => samples.iter().try_for_each(|sample| {
            writeln!(out, "{} {} @{}", sample.labels, number(&sample.value), sample.timestamp.ms())
        }),
        QueryValue::Matrix(series) => series.iter().try_for_each(|series| {
            let points = series.points.iter();
            let points: Vec<_> =
                points.map(|(at, value)| format!("{}@{}", number(value), at.ms() / 1000)).collect();
            writeln!(out, "{} {}", series.labels, points.join(" "))
        }),
    }
    .unwrap();
    for note in output.warnings.iter().chain(&output.infos) {
        writeln!(out, "{note}").unwrap();
    }
    out
}

fn instant(query: &str, minute: i64, expected: &Expect) {
    let expr = parse_with(query, &ParserOptions::ALL).unwrap();
    let at = Timestamp::from_ms(minute * 60_000);
    let query = Query { expr: &expr, text: query };
    expected.assert_eq(&show(Engine::default().instant(&load(DATA), query, at, &Cancel::new())));
}

fn range(query: &str, expected: &Expect) {
    let expr = parse_with(query, &ParserOptions::ALL).unwrap();
    let steps = StepRange {
        start: Timestamp::from_ms(60_000),
        end: Timestamp::from_ms(5 * 60_000 + 59_999),
        step: Duration::from_mins(1),
    };
    let query = Query { expr: &expr, text: query };
    expected.assert_eq(&show(Engine::default().range(&load(DATA), query, &steps, &Cancel::new())));
}

#[test]
fn an_instant_query_gives_every_kind_of_value() {
    instant(
        "1 + 2",
        3,
        &expect![[r#"
        3 @180000
    "#]],
    );
    instant(
        "\"text\"",
        3,
        &expect![[r#"
        "text"
    "#]],
    );
    instant(
        "up",
        3,
        &expect![[r#"
        {__name__="up", instance="1", job="a"} 0 @180000
        {__name__="up", instance="3", job="b"} 1 @180000
    "#]],
    );
    instant(
        "hits_total[2m]",
        4,
        &expect![[r#"
        {__name__="hits_total", instance="1", job="a"} 180@180 240@240
        {__name__="hits_total", instance="2", job="a"} 0@180 60@240
        {__name__="hits_total", instance="3", job="b"} 18@180 24@240
    "#]],
    );
    instant(
        "sum by (job) (up)[2m:1m]",
        3,
        &expect![[r#"
        {job="a"} 1@120 0@180
        {job="b"} 1@120 1@180
    "#]],
    );
}

#[test]
fn the_lookback_is_left_open() {
    instant("last_over_time(up{instance=\"3\"}[5m]) and up{instance=\"3\"}", 14, &expect![""]);
    instant("up{instance=\"3\"} offset -1m", 13, &expect![""]);
    instant(
        "count(up)",
        13,
        &expect![[r#"
        {} 3 @780000
    "#]],
    );
    instant("count(up)", 14, &expect![""]);
}

#[test]
fn a_range_query_leaves_gaps_and_sorts_by_labels() {
    range(
        "up",
        &expect![[r#"
        {__name__="up", instance="1", job="a"} 1@60 1@120 0@180 1@240 1@300
        {__name__="up", instance="2", job="a"} 1@60 1@300
        {__name__="up", instance="3", job="b"} 1@120 1@180 1@240 1@300
    "#]],
    );
    range(
        "topk(1, hits_total)",
        &expect![[r#"
        {__name__="hits_total", instance="1", job="a"} 60@60 120@120 180@180 240@240 300@300
    "#]],
    );
    range(
        "absent(up{job=\"c\", instance=~\".+\"})",
        &expect![[r#"
        {job="c"} 1@60 1@120 1@180 1@240 1@300
    "#]],
    );
    range(
        "time()",
        &expect![[r#"
        {} 60@60 120@120 180@180 240@240 300@300
    "#]],
    );
}

#[test]
fn a_range_query_refuses_what_has_no_value_per_step() {
    range(
        "up[5m]",
        &expect![[
            r#"Execution: invalid expression type "range vector" for range query, must be Scalar or instant Vector"#
        ]],
    );
    range(
        "\"text\"",
        &expect![[
            r#"Execution: invalid expression type "string" for range query, must be Scalar or instant Vector"#
        ]],
    );
}

#[test]
fn rates_count_resets_and_drop_the_name_at_once() {
    instant(
        "increase(hits_total[5m])",
        5,
        &expect![[r#"
        {instance="1", job="a"} 300 @300000
        {instance="2", job="a"} 225 @300000
        {instance="3", job="b"} 30 @300000
    "#]],
    );
    instant(
        "sum by (__name__) (rate(hits_total{job=\"b\"}[5m]))",
        5,
        &expect![[r#"
        {} 0.1 @300000
    "#]],
    );
    instant(
        "label_replace(rate(hits_total{job=\"b\"}[5m]), \"__name__\", \"$1:rate\", \"__name__\", \"(.*)\")",
        5,
        &expect![[r#"
            {__name__=":rate", instance="3", job="b"} 0.1 @300000
        "#]],
    );
}

#[test]
fn matching_errors_name_group_and_side() {
    instant(
        "up * on (job) hits_total",
        5,
        &expect![[
            r#"Execution: found duplicate series for the match group {job="a"} on the right hand-side of the operation: [{__name__="hits_total", instance="1", job="a"}, {__name__="hits_total", instance="2", job="a"}];many-to-many matching not allowed: matching labels must be unique on one side"#
        ]],
    );
    instant(
        "up * on (job) sum by (job) (hits_total)",
        5,
        &expect![
            "Execution: multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
        ],
    );
    instant(
        "up * on (job) group_left (instance) label_replace(sum by (job) (hits_total), \"instance\", \"x\", \"\", \"\")",
        5,
        &expect![
            "Execution: multiple matches for labels: grouping labels must ensure unique matches"
        ],
    );
    instant(
        "sum by (job) (up) / on (job) group_right hits_total",
        5,
        &expect![[r#"
        {instance="1", job="a"} 0.006666666666666667 @300000
        {instance="2", job="a"} 0.016666666666666666 @300000
        {instance="3", job="b"} 0.03333333333333333 @300000
    "#]],
    );
    instant(
        "{__name__=~\"up|hits_total\"} * 1",
        5,
        &expect!["Execution: vector cannot contain metrics with the same labelset"],
    );
}

#[test]
fn annotations_carry_upstreams_texts_and_places() {
    instant(
        "sum(\n  rate(up[5m])\n)",
        5,
        &expect![[r#"
        {} 0.004166666666666667 @300000
        PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "up" (2:8)
    "#]],
    );
    instant(
        "quantile(1.5, up)",
        5,
        &expect![[r#"
        {} inf @300000
        PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:10)
    "#]],
    );
    range(
        "sort(up)",
        &expect![[r#"
        {__name__="up", instance="1", job="a"} 1@60 1@120 0@180 1@240 1@300
        {__name__="up", instance="2", job="a"} 1@60 1@300
        {__name__="up", instance="3", job="b"} 1@120 1@180 1@240 1@300
        PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)
    "#]],
    );
}

#[test]
fn odd_floats_take_part() {
    range(
        "odd + 1",
        &expect![[r#"
        {} NaN@60 inf@120 -inf@180 6@240 6@300
    "#]],
    );
    instant(
        "sum_over_time(odd[10m])",
        5,
        &expect![[r#"
        {} NaN @300000
    "#]],
    );
    instant(
        "max_over_time(odd[10m])",
        5,
        &expect![[r#"
        {} inf @300000
    "#]],
    );
    instant(
        "sort_desc({__name__=~\"odd|up\"} offset 4m)",
        5,
        &expect![[r#"
        {__name__="up", instance="1", job="a"} 1 @300000
        {__name__="up", instance="2", job="a"} 1 @300000
        {__name__="odd"} NaN @300000
    "#]],
    );
}

#[test]
fn what_begins_a_series_decides_about_its_name() {
    let store = load("late _ _ _ 5 7");
    let engine =
        Engine::new(EngineOptions { delayed_name_removal: true, ..EngineOptions::default() });
    let text = "idelta(late[2m]) or late";
    let expr = promql::parse(text).unwrap();
    let steps = StepRange {
        start: Timestamp::from_ms(180_000),
        end: Timestamp::from_ms(240_000),
        step: Duration::from_mins(1),
    };
    let output = engine.range(&store, Query { expr: &expr, text }, &steps, &Cancel::new());
    let want = expect![[r#"
        {__name__="late"} 5@180 2@240
    "#]];
    want.assert_eq(&show(output));
}

/// As Prometheus does it, which rewrites the offset beside `@`.
#[test]
fn timestamp_looks_from_the_fixed_instant_whatever_the_offset() {
    instant(
        "timestamp(up{instance=\"1\"} @ 120)",
        5,
        &expect![[r#"
        {instance="1", job="a"} 120 @300000
    "#]],
    );
    instant(
        "timestamp(up{instance=\"1\"} @ 120 offset 1m)",
        5,
        &expect![[r#"
        {instance="1", job="a"} 60 @300000
    "#]],
    );
    instant(
        "timestamp(up{instance=\"1\"} @ 120 offset -1m)",
        5,
        &expect![[r#"
        {instance="1", job="a"} 120 @300000
    "#]],
    );
    instant(
        "timestamp(up{instance=\"1\"} offset -1m)",
        2,
        &expect![[r#"
        {instance="1", job="a"} 180 @120000
    "#]],
    );
}

#[test]
fn bounds_that_cross_leave_no_series_that_could_be_equal() {
    let expr = promql::parse("clamp({__name__=~\"up|hits_total\"}, 1, 0)").unwrap();
    let engine =
        Engine::new(EngineOptions { delayed_name_removal: false, ..EngineOptions::default() });
    let at = Timestamp::from_ms(300_000);
    let output = engine.instant(&load(DATA), &expr, at, &Cancel::new());
    assert!(matches!(output.unwrap().value, QueryValue::Vector(samples) if samples.is_empty()));
}

#[test]
fn a_pair_without_a_meaning_is_filled_as_if_it_had_not_met() {
    let store = load("mixed {{schema:0 count:1 sum:1}}\nfloat 2");
    let expr = parse_with("mixed <= fill_left (1) float", &ParserOptions::ALL).unwrap();
    let output = Engine::default().instant(&store, &expr, Timestamp::from_ms(0), &Cancel::new());
    let QueryValue::Vector(samples) = output.unwrap().value else { panic!("no vector") };
    assert_eq!(samples.len(), 1);
    assert!(samples[0].value.bits_eq(&Value::Float(1.0)));
}

#[test]
fn statistics_count_what_was_read() {
    let expr = promql::parse("sum(rate(hits_total[3m])) + sum(up)").unwrap();
    let at = Timestamp::from_ms(300_000);
    let output = Engine::default().instant(&load(DATA), &expr, at, &Cancel::new()).unwrap();
    assert_eq!(output.stats.series_read, 6);
    assert_eq!(output.stats.samples_read, 9 + 12);
    assert!(output.stats.samples_peak >= 3);
}

/// As upstream: samples of values and windows at one time, not what a selector looks through.
#[test]
fn the_peak_counts_samples_of_values_and_windows() {
    let at = Timestamp::from_ms(300_000);
    let cases = [("1 + 1", 2), ("up", 3), ("up[2m]", 5), ("sum(up)", 4), ("up + 1", 5)];
    for (text, peak) in cases {
        let expr = promql::parse(text).unwrap();
        let output = Engine::default().instant(&load(DATA), &expr, at, &Cancel::new()).unwrap();
        assert_eq!(output.stats.samples_peak, peak, "{text}");
    }
}
