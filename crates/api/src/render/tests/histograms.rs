//! Native histograms as JSON; expected texts follow upstream's `json_codec_test.go` conventions.

use crate::render::histogram::write_histogram;
use model::{CUSTOM_BUCKETS_SCHEMA, Histogram, Span};

fn show(histogram: &Histogram) -> String {
    let mut out = Vec::new();
    write_histogram(&mut out, histogram);
    let text = String::from_utf8(out).unwrap();
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&text);
    assert!(parsed.is_ok(), "{text}");
    text
}

fn exponential() -> Histogram {
    Histogram {
        schema: 1,
        zero_threshold: 0.001,
        zero_count: 2.0,
        count: 19.0,
        sum: 18.4,
        positive_spans: vec![Span { offset: 0, length: 2 }, Span { offset: 1, length: 2 }],
        positive_buckets: vec![1.0, 2.0, 1.0, 1.0],
        negative_spans: vec![Span { offset: 0, length: 2 }, Span { offset: 1, length: 2 }],
        negative_buckets: vec![1.0, 2.0, 0.0, 4.0],
        ..Histogram::default()
    }
}

#[test]
fn buckets_go_from_lowest_to_highest() {
    assert_eq!(
        show(&exponential()),
        "{\"count\":\"19\",\"sum\":\"18.4\",\"buckets\":[\
         [1,\"-4\",\"-2.8284271247461903\",\"4\"],\
         [1,\"-1.4142135623730951\",\"-1\",\"2\"],\
         [1,\"-1\",\"-0.7071067811865476\",\"1\"],\
         [3,\"-0.001\",\"0.001\",\"2\"],\
         [0,\"0.7071067811865476\",\"1\",\"1\"],\
         [0,\"1\",\"1.4142135623730951\",\"2\"],\
         [0,\"2\",\"2.8284271247461903\",\"1\"],\
         [0,\"2.8284271247461903\",\"4\",\"1\"]]}"
    );
}

#[test]
fn empty_histogram_has_no_bucket_list() {
    assert_eq!(show(&Histogram::default()), "{\"count\":\"0\",\"sum\":\"0\"}");
    assert_eq!(show(&Histogram::stale()), "{\"count\":\"0\",\"sum\":\"NaN\"}");
}

#[test]
fn a_bucket_that_reaches_into_the_zero_bucket_ends_at_its_threshold() {
    let histogram = Histogram {
        schema: -1,
        zero_threshold: 0.5,
        count: 2.0,
        positive_spans: vec![Span { offset: 0, length: 1 }],
        positive_buckets: vec![2.0],
        ..Histogram::default()
    };
    let expected = "{\"count\":\"2\",\"sum\":\"0\",\"buckets\":[[0,\"0.5\",\"1\",\"2\"]]}";
    assert_eq!(show(&histogram), expected);
}

#[test]
fn zero_bucket_without_width() {
    let histogram = Histogram { zero_count: 1.0, count: 1.0, ..Histogram::default() };
    let expected = "{\"count\":\"1\",\"sum\":\"0\",\"buckets\":[[3,\"-0\",\"0\",\"1\"]]}";
    assert_eq!(show(&histogram), expected);
}

#[test]
fn custom_buckets_reach_from_minus_to_plus_infinity() {
    let histogram = Histogram {
        schema: CUSTOM_BUCKETS_SCHEMA,
        count: 6.0,
        sum: 9.0,
        custom_values: vec![0.5, 1.0],
        positive_spans: vec![Span { offset: 0, length: 3 }],
        positive_buckets: vec![1.0, 2.0, 3.0],
        ..Histogram::default()
    };
    assert_eq!(
        show(&histogram),
        "{\"count\":\"6\",\"sum\":\"9\",\"buckets\":[\
         [3,\"-Inf\",\"0.5\",\"1\"],[0,\"0.5\",\"1\",\"2\"],[0,\"1\",\"+Inf\",\"3\"]]}"
    );
}

#[test]
fn hostile_spans_stay_bounded() {
    let histogram = Histogram {
        schema: -4,
        positive_spans: vec![
            Span { offset: i32::MAX, length: u32::MAX },
            Span { offset: i32::MAX, length: 5 },
        ],
        positive_buckets: vec![1.0; 4],
        negative_spans: vec![Span { offset: i32::MIN, length: 3 }],
        negative_buckets: vec![1.0; 3],
        ..Histogram::default()
    };
    assert!(show(&histogram).starts_with("{\"count\":\"0\""));
    for schema in [-128, -5, -4, 0, 8, 9, 127, i32::MIN, i32::MAX] {
        show(&Histogram { schema, ..histogram.clone() });
    }
}
