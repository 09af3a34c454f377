//! Text of a histogram as `count_values` and error messages show it (Go's `FloatHistogram.String`).

use super::buckets::{negative_bucket, pairs, positive_bucket, zero_bucket};
use model::{Histogram, go_general};
use std::fmt::Write;

/// `{count:4, sum:5, [-2,-1):1, [-0.001,0.001]:2, (1,2]:1}`; empty buckets are left out.
pub(crate) fn describe(histogram: &Histogram) -> String {
    let mut out =
        format!("{{count:{}, sum:{}", go_general(histogram.count), go_general(histogram.sum));
    let mut push = |open: char, bucket: super::buckets::Bucket, close: char| {
        if bucket.count != 0.0 {
            let (lower, upper) = (go_general(bucket.lower), go_general(bucket.upper));
            let written =
                write!(out, ", {open}{lower},{upper}{close}:{}", go_general(bucket.count));
            written.expect("writing to a String cannot fail");
        }
    };
    let negative = pairs(&histogram.negative_spans, &histogram.negative_buckets);
    for (index, count) in negative.iter().rev() {
        push('[', negative_bucket(histogram, *index, *count), ')');
    }
    push('[', zero_bucket(histogram), ']');
    for (index, count) in pairs(&histogram.positive_spans, &histogram.positive_buckets) {
        push('(', positive_bucket(histogram, index, count), ']');
    }
    out.push('}');
    out
}
