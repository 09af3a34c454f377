//! Results written in pieces are the same JSON as results written at once.

use crate::render::{ResultStream, label_sets, query_value, strings};
use model::{Histogram, Labels, Timestamp, Value};
use query::{MatrixSeries, QueryValue, VectorSample};
use std::sync::Arc;

fn chunks(value: QueryValue) -> (&'static str, Vec<String>) {
    let (kind, elements) = query_value(value);
    let mut stream = ResultStream::new(b"<".to_vec(), elements, b">".to_vec());
    let mut chunks = Vec::new();
    while let Some(chunk) = stream.next_chunk() {
        chunks.push(String::from_utf8(chunk).unwrap());
    }
    (kind, chunks)
}

fn whole(value: QueryValue) -> String {
    let (kind, chunks) = chunks(value);
    format!("{kind} {}", chunks.concat())
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds * 1000)
}

fn histogram(count: f64) -> Value {
    Value::Histogram(Arc::new(Histogram { count, sum: 1.0, ..Histogram::default() }))
}

#[test]
fn scalar_and_string() {
    let scalar = QueryValue::Scalar { timestamp: at(1), value: f64::INFINITY };
    assert_eq!(whole(scalar), "scalar <[1,\"+Inf\"]>");
    let string = QueryValue::String { timestamp: at(2), text: "a\"b\n\u{1}é".into() };
    assert_eq!(whole(string), "string <[2,\"a\\\"b\\n\\u0001é\"]>");
}

#[test]
fn vector() {
    assert_eq!(whole(QueryValue::Vector(Vec::new())), "vector <[]>");
    let labels = Labels::from_pairs([("__name__", "up"), ("path", "a\\b")]);
    let float = VectorSample { labels, timestamp: at(3), value: Value::Float(1.5) };
    let labels = Labels::empty();
    let other = VectorSample { labels, timestamp: at(3), value: histogram(2.0) };
    assert_eq!(
        whole(QueryValue::Vector(vec![float, other])),
        "vector <[{\"metric\":{\"__name__\":\"up\",\"path\":\"a\\\\b\"},\"value\":[3,\"1.5\"]},\
         {\"metric\":{},\"histogram\":[3,{\"count\":\"2\",\"sum\":\"1\"}]}]>"
    );
}

#[test]
fn matrix_separates_floats_and_histograms() {
    let series = |points| MatrixSeries { labels: Labels::from_pairs([("a", "b")]), points };
    let floats = series(vec![(at(1), Value::Float(1.0)), (at(2), Value::Float(2.0))]);
    let mixed = series(vec![(at(1), histogram(1.0)), (at(2), Value::Float(2.0))]);
    let empty = series(Vec::new());
    assert_eq!(
        whole(QueryValue::Matrix(vec![floats, mixed, empty])),
        "matrix <[{\"metric\":{\"a\":\"b\"},\"values\":[[1,\"1\"],[2,\"2\"]]},\
         {\"metric\":{\"a\":\"b\"},\"values\":[[2,\"2\"]],\
         \"histograms\":[[1,{\"count\":\"1\",\"sum\":\"1\"}]]},\
         {\"metric\":{\"a\":\"b\"}}]>"
    );
    assert_eq!(whole(QueryValue::Matrix(Vec::new())), "matrix <[]>");
}

#[test]
fn large_results_come_in_bounded_chunks() {
    let points = |count: i64| (0..count).map(|i| (at(i), Value::Float(i as f64 / 3.0))).collect();
    let labels = Labels::from_pairs([("a", "b")]);
    let long = MatrixSeries { labels: labels.clone(), points: points(100_000) };
    let mut series: Vec<_> =
        (0..50).map(|_| MatrixSeries { labels: labels.clone(), points: points(700) }).collect();
    series.push(long);
    let (_, chunks) = chunks(QueryValue::Matrix(series));
    assert!(chunks.len() > 20, "{}", chunks.len());
    let longest = chunks.iter().map(String::len).max().unwrap();
    assert!(longest < 128 << 10, "{longest}");
    let text = chunks.concat();
    let json: serde_json::Value = serde_json::from_str(&text[1..text.len() - 1]).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 51);
    assert_eq!(json[50]["values"].as_array().unwrap().len(), 100_000);
    assert_eq!(json[49]["values"].as_array().unwrap().len(), 700);
}

#[test]
fn lists() {
    let text = |elements| {
        let mut stream = ResultStream::new(Vec::new(), elements, Vec::new());
        String::from_utf8(stream.next_chunk().unwrap()).unwrap()
    };
    assert_eq!(text(strings(vec!["a".into(), "\"".into()])), "[\"a\",\"\\\"\"]");
    assert_eq!(text(strings(Vec::new())), "[]");
    assert_eq!(text(label_sets(vec![Labels::from_pairs([("x", "y")])])), "[{\"x\":\"y\"}]");
}
