use super::{exponential, spans};
use model::Span;
use wire::otlp::{Buckets, ExponentialPoint};
use wire::protobuf::Reader;

fn span(offset: i32, length: u32) -> Span {
    Span { offset, length }
}

fn point(scale: i64, offset: i64, counts: &[u64]) -> ExponentialPoint<'static> {
    let empty = ExponentialPoint::read(Reader::new(&[])).unwrap();
    let count = counts.iter().sum();
    let positive = Buckets { offset, counts: counts.to_vec() };
    ExponentialPoint { scale, count, positive, sum: Some(1.0), ..empty }
}

#[test]
fn long_runs_of_empty_buckets_become_gaps() {
    let cases: [(&[u64], &[Span], &[f64]); 6] = [
        (&[], &[], &[]),
        (&[0, 0], &[], &[]),
        (&[1, 2], &[span(5, 2)], &[1.0, 2.0]),
        (&[0, 1, 0, 0, 2], &[span(6, 4)], &[1.0, 0.0, 0.0, 2.0]),
        (&[1, 0, 0, 0, 2, 0], &[span(5, 1), span(3, 1)], &[1.0, 2.0]),
        (&[0, 0, 0, 0, 3, 0, 0, 0, 0], &[span(9, 1)], &[3.0]),
    ];
    for (counts, expected, buckets) in cases {
        let (found, kept) = spans(5, counts).unwrap();
        assert_eq!((found.as_slice(), kept.as_slice()), (expected, buckets), "{counts:?}");
    }
}

#[test]
fn indices_shift_by_one() {
    let histogram = exponential(&point(3, -2, &[1, 2])).unwrap();
    assert_eq!((histogram.schema, histogram.positive_spans), (3, vec![span(-1, 2)]));
    assert_eq!(histogram.positive_buckets, [1.0, 2.0]);
    assert_eq!((histogram.count, histogram.zero_threshold), (3.0, 1e-128));
}

/// At scale 10 the buckets -5 to 2 lie in -2, -1, 0 of scale 8: four become one.
#[test]
fn finer_scales_than_8_are_joined() {
    let histogram = exponential(&point(10, -5, &[1, 2, 3, 4, 5, 6, 7, 8])).unwrap();
    assert_eq!((histogram.schema, histogram.positive_spans), (8, vec![span(-1, 3)]));
    assert_eq!(histogram.positive_buckets, [1.0, 2.0 + 3.0 + 4.0 + 5.0, 6.0 + 7.0 + 8.0]);
}

#[test]
fn what_does_not_add_up_is_refused() {
    let told = |point: &ExponentialPoint<'_>| exponential(point).unwrap_err();
    assert_eq!(told(&point(-5, 0, &[1])), "scale -5, at least -4 expected");
    let mut short = point(0, 0, &[1]);
    short.count = 2;
    assert_eq!(told(&short), "1 observations found in buckets, count is 2");
    assert_eq!(told(&point(0, 1 << 40, &[1])), format!("bucket offset {}", 1_i64 << 40));
    assert_eq!(told(&point(0, i32::MAX.into(), &[1])), "bucket index 2147483648");
    let mut huge = point(0, 0, &[]);
    huge.count = u64::MAX;
    assert_eq!(told(&huge), format!("count {} is above 2^53", u64::MAX));
    assert_eq!(told(&point(62, i64::MAX, &[1])), format!("bucket offset {}", i64::MAX));
    huge = point(i64::MAX, i32::MAX.into(), &[1, 2]);
    assert!(exponential(&huge).is_ok(), "indices of very fine scales fit");
}
