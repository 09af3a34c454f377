//! Native histograms as they are stored: empty buckets left out, and as coarse as the job wants.
//! Rules: Prometheus 3.14 `scrape/target.go` (`maxSchemaAppender`, `bucketLimitAppender`).

use crate::Shape;
use model::{Histogram, Span};

/// Coarsest resolution.
const SCHEMA_MIN: i32 = -4;

/// Populated buckets of one side: index and count, sorted.
type Buckets = Vec<(i64, f64)>;

/// The histogram within the job's limits; `None` when even the coarsest has too many buckets.
pub(super) fn fit(histogram: &Histogram, shape: &Shape) -> Option<Histogram> {
    let mut schema = histogram.schema;
    let mut positive = populated(&histogram.positive_spans, &histogram.positive_buckets);
    let mut negative = populated(&histogram.negative_spans, &histogram.negative_buckets);
    let limit = shape.bucket_limit.unwrap_or(u64::MAX);
    while schema > shape.schema_max || (positive.len() + negative.len()) as u64 > limit {
        if histogram.uses_custom_buckets() || schema <= SCHEMA_MIN {
            return None;
        }
        schema -= 1;
        (positive, negative) = (halve(&positive), halve(&negative));
    }
    let (positive_spans, positive_buckets) = spans(&positive);
    let (negative_spans, negative_buckets) = spans(&negative);
    Some(Histogram {
        schema,
        positive_spans,
        positive_buckets,
        negative_spans,
        negative_buckets,
        ..histogram.clone()
    })
}

fn populated(spans: &[Span], counts: &[f64]) -> Buckets {
    let (mut index, mut at) = (0_i64, 0);
    let mut found = Vec::with_capacity(counts.len());
    for span in spans {
        index += i64::from(span.offset);
        for _ in 0..span.length {
            let Some(&count) = counts.get(at) else { return found };
            if count != 0.0 {
                found.push((index, count));
            }
            index += 1;
            at += 1;
        }
    }
    found
}

/// Joins each two buckets: index i holds what is above base^(i-1) and up to base^i.
fn halve(buckets: &[(i64, f64)]) -> Buckets {
    let mut joined: Buckets = Vec::with_capacity(buckets.len());
    for &(index, count) in buckets {
        let index = (index + 1) >> 1;
        match joined.last_mut() {
            Some((last, sum)) if *last == index => *sum += count,
            _ => joined.push((index, count)),
        }
    }
    joined
}

fn spans(buckets: &[(i64, f64)]) -> (Vec<Span>, Vec<f64>) {
    let mut spans: Vec<Span> = Vec::new();
    let mut next = 0_i64;
    for &(index, _) in buckets {
        match spans.last_mut() {
            Some(span) if index == next => span.length += 1,
            _ => {
                let offset = i32::try_from(index - next).expect("decoders keep indices in 2^30");
                spans.push(Span { offset, length: 1 });
            }
        }
        next = index + 1;
    }
    (spans, buckets.iter().map(|(_, count)| *count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use model::{CUSTOM_BUCKETS_SCHEMA, Labels};
    use std::time::Duration;

    fn span(offset: i32, length: u32) -> Span {
        Span { offset, length }
    }

    /// Schema, spans and buckets after fitting.
    fn check(histogram: &Histogram, limit: Option<u64>, schema_max: i32, expected: &Expect) {
        let mut shape = Shape::own(Labels::empty(), Duration::from_secs(1));
        (shape.bucket_limit, shape.schema_max) = (limit, schema_max);
        let fitted = fit(histogram, &shape).map(|h| {
            let spans = |spans: &[Span]| {
                spans.iter().map(|s| format!("{}+{}", s.offset, s.length)).collect::<Vec<_>>()
            };
            let (positive, negative) = (spans(&h.positive_spans), spans(&h.negative_spans));
            let (up, down) = (&h.positive_buckets, &h.negative_buckets);
            format!("{} {positive:?} {up:?} {negative:?} {down:?}", h.schema)
        });
        expected.assert_eq(fitted.as_deref().unwrap_or("too many buckets"));
    }

    fn sample() -> Histogram {
        Histogram {
            schema: 2,
            positive_spans: vec![span(0, 0), span(-3, 4), span(2, 2)],
            positive_buckets: vec![1.0, 2.0, 0.0, 4.0, 5.0, 6.0],
            negative_spans: vec![span(1, 2)],
            negative_buckets: vec![7.0, 8.0],
            ..Histogram::default()
        }
    }

    #[test]
    fn empty_buckets_go_and_nothing_else_changes() {
        let expected =
            expect![[r#"2 ["-3+2", "1+1", "2+2"] [1.0, 2.0, 4.0, 5.0, 6.0] ["1+2"] [7.0, 8.0]"#]];
        check(&sample(), None, 8, &expected);
        check(&sample(), Some(7), 8, &expected);
    }

    #[test]
    fn resolution_shrinks_to_the_limits() {
        // Buckets -3 -2 0 3 4 become -1 -1 0 2 2, then 0 0 0 1 1.
        check(
            &sample(),
            None,
            1,
            &expect![[r#"1 ["-1+2", "1+1"] [3.0, 4.0, 11.0] ["1+1"] [15.0]"#]],
        );
        check(
            &sample(),
            Some(4),
            8,
            &expect![[r#"1 ["-1+2", "1+1"] [3.0, 4.0, 11.0] ["1+1"] [15.0]"#]],
        );
        check(&sample(), Some(3), 8, &expect![[r#"0 ["0+2"] [7.0, 11.0] ["1+1"] [15.0]"#]]);
        // The smallest bucket above one and the largest below it never join.
        check(&sample(), Some(2), 8, &expect!["too many buckets"]);
    }

    #[test]
    fn custom_bounds_have_one_resolution() {
        let custom = Histogram {
            schema: CUSTOM_BUCKETS_SCHEMA,
            positive_spans: vec![span(0, 3)],
            positive_buckets: vec![1.0, 0.0, 2.0],
            custom_values: vec![0.5, 1.0],
            ..Histogram::default()
        };
        check(&custom, None, -4, &expect![[r#"-53 ["0+1", "1+1"] [1.0, 2.0] [] []"#]]);
        check(&custom, Some(1), 8, &expect!["too many buckets"]);
    }
}
