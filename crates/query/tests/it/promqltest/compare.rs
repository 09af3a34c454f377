//! Compares results with what a script expects: floats within 1e-6, histograms bucket by bucket.

use model::{Histogram, Value};
use promql::series::SeriesValue;

const TOLERANCE: f64 = 1e-6;

/// Equal or within the tolerance; NaN equals NaN.
pub(crate) fn floats(a: f64, b: f64) -> bool {
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    let difference = (a - b).abs();
    let sum = a.abs() + b.abs();
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < TOLERANCE * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < TOLERANCE
}

/// Is this what the script says?
pub(crate) fn matches(expected: &SeriesValue, found: &Value) -> bool {
    match (expected, found) {
        (SeriesValue::Float(expected), Value::Float(found)) => floats(*expected, *found),
        (SeriesValue::Histogram(expected), Value::Histogram(found)) => {
            let hint = expected.histogram.counter_reset == found.counter_reset;
            histograms(&expected.histogram, found) && (hint || !expected.hint_written)
        }
        _ => false,
    }
}

fn histograms(a: &Histogram, b: &Histogram) -> bool {
    let same = |a: &[(i64, f64)], b: &[(i64, f64)]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && floats(a.1, b.1))
    };
    a.schema == b.schema
        && floats(a.count, b.count)
        && floats(a.sum, b.sum)
        && floats(a.zero_threshold, b.zero_threshold)
        && floats(a.zero_count, b.zero_count)
        && a.custom_values.len() == b.custom_values.len()
        && a.custom_values.iter().zip(&b.custom_values).all(|(a, b)| floats(*a, *b))
        && same(
            &pairs(&a.positive_spans, &a.positive_buckets),
            &pairs(&b.positive_spans, &b.positive_buckets),
        )
        && same(
            &pairs(&a.negative_spans, &a.negative_buckets),
            &pairs(&b.negative_spans, &b.negative_buckets),
        )
}

/// Populated buckets as (index, count).
fn pairs(spans: &[model::Span], counts: &[f64]) -> Vec<(i64, f64)> {
    let mut out = Vec::new();
    let (mut index, mut next) = (0_i64, 0);
    for span in spans {
        index += i64::from(span.offset);
        for _ in 0..span.length {
            out.push((index, counts[next]));
            index += 1;
            next += 1;
        }
    }
    out.retain(|(_, count)| *count != 0.0);
    out
}

/// How a failure shows a value.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Float(value) => format!("{value}"),
        Value::Histogram(h) => format!(
            "{{schema:{} count:{} sum:{} z:{}@{} p:{:?} n:{:?} custom:{:?} hint:{:?}}}",
            h.schema,
            h.count,
            h.sum,
            h.zero_count,
            h.zero_threshold,
            pairs(&h.positive_spans, &h.positive_buckets),
            pairs(&h.negative_spans, &h.negative_buckets),
            h.custom_values,
            h.counter_reset
        ),
    }
}
