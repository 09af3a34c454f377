//! Histograms: layout, arithmetic, resets, quantiles and trims on small examples and random ones.

use super::buckets::{encode, pairs, upper_bound};
use super::*;
use model::{CUSTOM_BUCKETS_SCHEMA, CounterReset, Histogram, Span};

fn exponential(schema: i32, zero: (f64, f64), positive: &[(i64, f64)]) -> Histogram {
    let (positive_spans, positive_buckets) = encode(positive);
    let count = positive.iter().map(|(_, n)| n).sum::<f64>() + zero.1;
    Histogram {
        schema,
        zero_threshold: zero.0,
        zero_count: zero.1,
        count,
        sum: count * 1.25,
        positive_spans,
        positive_buckets,
        ..Histogram::default()
    }
}

fn custom(bounds: &[f64], counts: &[f64]) -> Histogram {
    let indexed: Vec<(i64, f64)> = (0..).zip(counts.iter().copied()).collect();
    let (positive_spans, positive_buckets) = encode(&indexed);
    Histogram {
        schema: CUSTOM_BUCKETS_SCHEMA,
        count: counts.iter().sum(),
        sum: 10.0,
        positive_spans,
        positive_buckets,
        custom_values: bounds.to_vec(),
        ..Histogram::default()
    }
}

fn positive(histogram: &Histogram) -> Vec<(i64, f64)> {
    pairs(&histogram.positive_spans, &histogram.positive_buckets)
}

#[test]
fn spans_and_pairs_are_inverse_and_empty_buckets_vanish() {
    let spans = [Span { offset: -2, length: 2 }, Span { offset: 3, length: 1 }];
    let read = pairs(&spans, &[1.0, 0.0, 4.0]);
    assert_eq!(read, [(-2, 1.0), (-1, 0.0), (3, 4.0)]);
    let (spans, counts) = encode(&read);
    assert_eq!(spans, [Span { offset: -2, length: 1 }, Span { offset: 4, length: 1 }]);
    assert_eq!(counts, [1.0, 4.0]);
    assert!(pairs(&[Span { offset: 0, length: 9 }], &[1.0]).len() == 1, "missing counts end it");
}

#[test]
fn bounds_are_powers_of_two_and_stay_finite_up_to_the_last() {
    assert_eq!(upper_bound(0, 0, &[]), 1.0);
    assert_eq!(upper_bound(3, 0, &[]), 8.0);
    assert_eq!(upper_bound(-1, 1, &[]), 0.5_f64.sqrt());
    assert_eq!(upper_bound(2, -2, &[]), 256.0);
    assert_eq!(upper_bound(1024, 0, &[]), f64::MAX);
    assert_eq!(upper_bound(1025, 0, &[]), f64::INFINITY);
    assert_eq!(upper_bound(-1074, 0, &[]), f64::from_bits(1));
    assert_eq!(upper_bound(1, CUSTOM_BUCKETS_SCHEMA, &[1.0, 5.0]), 5.0);
    assert_eq!(upper_bound(2, CUSTOM_BUCKETS_SCHEMA, &[1.0, 5.0]), f64::INFINITY);
    assert_eq!(upper_bound(-1, CUSTOM_BUCKETS_SCHEMA, &[1.0, 5.0]), f64::NEG_INFINITY);
}

#[test]
fn a_sum_takes_the_lower_resolution() {
    let fine = exponential(1, (0.0, 0.0), &[(1, 1.0), (2, 2.0), (3, 4.0)]);
    let coarse = exponential(0, (0.0, 0.0), &[(1, 10.0), (5, 1.0)]);
    for (a, b) in [(&fine, &coarse), (&coarse, &fine)] {
        let mut sum = Sum::new(a);
        assert_eq!(sum.add(b), Ok(Merge::default()));
        let sum = sum.finish();
        assert_eq!(sum.schema, 0);
        assert_eq!(positive(&sum), [(1, 13.0), (2, 4.0), (5, 1.0)]);
        assert_eq!(sum.count, 18.0);
    }
}

#[test]
fn a_zero_bucket_widens_to_the_end_of_a_populated_bucket() {
    let narrow = exponential(0, (0.1, 2.0), &[(-1, 3.0), (0, 4.0)]);
    let wide = exponential(0, (0.3, 1.0), &[(1, 1.0)]);
    let mut sum = Sum::new(&narrow);
    sum.add(&wide).unwrap();
    let sum = sum.finish();
    assert_eq!((sum.zero_threshold, sum.zero_count), (0.5, 6.0));
    assert_eq!(positive(&sum), [(0, 4.0), (1, 1.0)]);
}

#[test]
fn custom_bounds_are_reconciled_to_the_common_ones() {
    let mut sum = Sum::new(&custom(&[1.0, 2.0, 4.0], &[1.0, 2.0, 3.0, 4.0]));
    let merge = sum.add(&custom(&[1.0, 4.0, 8.0], &[10.0, 20.0, 30.0, 40.0])).unwrap();
    assert!(merge.bounds_reconciled);
    let sum = sum.finish();
    assert_eq!(sum.custom_values, [1.0, 4.0]);
    assert_eq!(positive(&sum), [(0, 11.0), (1, 25.0), (2, 74.0)]);
    assert_eq!(Sum::new(&sum).add(&exponential(0, (0.0, 0.0), &[])), Err(Incompatible));
}

#[test]
fn contradicting_hints_are_told_once_and_forgotten() {
    let hinted = |counter_reset| Histogram { counter_reset, ..Histogram::default() };
    let mut sum = Sum::new(&hinted(CounterReset::Reset));
    assert!(sum.add(&hinted(CounterReset::NotReset)).unwrap().reset_collision);
    assert_eq!(sum.hint(), CounterReset::Unknown);
    sum.add(&hinted(CounterReset::Gauge)).unwrap();
    assert_eq!(sum.hint(), CounterReset::Gauge);
}

#[test]
fn subtracting_what_was_added_gives_the_histogram_back() {
    let a = exponential(2, (0.001, 1.0), &[(-3, 5.0), (0, 2.0), (7, 9.0)]);
    let b = exponential(2, (0.001, 4.0), &[(-4, 5.0), (0, 1.0), (8, 9.0)]);
    let mut sum = Sum::compensated(&a);
    sum.add(&b).unwrap();
    sum.subtract(&b).unwrap();
    assert!(equals(&sum.finish(), &a));
}

#[test]
fn scaling_by_a_negative_makes_a_gauge_and_dividing_by_zero_leaves_no_bucket() {
    let histogram = exponential(0, (0.1, 2.0), &[(1, 3.0)]);
    assert_eq!(scale(&histogram, -1.0).counter_reset, CounterReset::Gauge);
    assert_eq!(scale(&histogram, 2.0).count, 10.0);
    let divided = divide(&histogram, 0.0);
    assert!(divided.positive_buckets.is_empty());
    assert_eq!(divided.count, f64::INFINITY);
}

#[test]
fn a_reset_is_any_bucket_that_shrank_or_a_layout_that_grew_finer() {
    let before = exponential(0, (0.1, 2.0), &[(1, 3.0), (2, 3.0)]);
    let later = exponential(0, (0.1, 3.0), &[(1, 3.0), (2, 5.0), (3, 1.0)]);
    assert!(!detect_reset(&later, &before));
    assert!(detect_reset(&before, &later), "the count fell");
    let moved = exponential(0, (0.1, 2.0), &[(1, 2.0), (2, 9.0)]);
    assert!(detect_reset(&moved, &before), "bucket 1 fell");
    let finer = exponential(1, (0.1, 9.0), &[(1, 30.0), (2, 30.0), (3, 30.0)]);
    assert!(detect_reset(&finer, &before), "a counter never gains resolution");
    let coarser = exponential(-1, (0.1, 2.0), &[(1, 6.0)]);
    assert!(!detect_reset(&coarser, &before), "it may lose some");
    let told = |counter_reset| Histogram { counter_reset, ..later.clone() };
    assert!(detect_reset(&told(CounterReset::Reset), &before));
    assert!(!detect_reset(&Histogram { counter_reset: CounterReset::NotReset, ..before }, &later));
}

#[test]
fn quantiles_are_exponential_in_buckets_and_linear_around_zero() {
    let one = exponential(0, (0.0, 0.0), &[(1, 4.0)]);
    assert_eq!(quantile(0.5, &one), (2.0_f64.sqrt(), NanNote::Clean));
    let zero = exponential(0, (0.5, 4.0), &[]);
    assert_eq!(quantile(0.75, &zero).0, 0.25);
    let linear = custom(&[1.0, 3.0], &[0.0, 4.0, 1.0]);
    assert_eq!(quantile(0.4, &linear).0, 2.0);
    assert_eq!(quantile(1.0, &linear).0, 3.0, "an open bucket gives its lower end");
    assert!(quantile(0.5, &Histogram::default()).0.is_nan());
}

#[test]
fn a_bucket_that_reaches_into_the_zero_bucket_ends_at_its_threshold() {
    let overlapping = exponential(-1, (0.5, 0.0), &[(0, 4.0)]);
    assert_eq!(quantile(0.0, &overlapping).0, 0.5, "the bucket itself begins at 0.25");
    let mirrored = Histogram {
        negative_spans: overlapping.positive_spans.clone(),
        negative_buckets: vec![4.0],
        positive_spans: Vec::new(),
        positive_buckets: Vec::new(),
        ..overlapping
    };
    assert_eq!(quantile(1.0, &mirrored).0, -0.5);
}

#[test]
fn nan_observations_lie_behind_all_others() {
    let mut histogram = exponential(0, (0.0, 0.0), &[(1, 4.0)]);
    histogram.sum = f64::NAN;
    histogram.count = 8.0;
    let (value, note) = quantile(0.25, &histogram);
    assert_eq!((value, note), (2.0_f64.sqrt(), NanNote::Skewed));
    let (value, note) = quantile(0.75, &histogram);
    assert!(value.is_nan());
    assert_eq!(note, NanNote::Result);
    assert_eq!(fraction(f64::NEG_INFINITY, f64::INFINITY, &histogram), (0.5, NanNote::Skewed));
}

#[test]
fn fraction_is_the_inverse_of_quantile() {
    let histogram = exponential(1, (0.01, 3.0), &[(-2, 5.0), (0, 2.0), (1, 7.0), (4, 1.0)]);
    for part in [0.05, 0.2, 0.4, 0.6, 0.8, 0.95] {
        let (bound, _) = quantile(part, &histogram);
        let (back, _) = fraction(f64::NEG_INFINITY, bound, &histogram);
        assert!((back - part).abs() < 1e-12, "{part} gave {back}");
    }
}

#[test]
fn both_sides_of_a_trim_add_up() {
    let histograms = [
        exponential(0, (0.01, 3.0), &[(-2, 5.0), (0, 2.0), (1, 7.0)]),
        custom(&[1.0, 2.0, 4.0], &[3.0, 4.0, 5.0, 0.0]),
    ];
    for histogram in &histograms {
        for bound in [-1.0, 0.0, 0.005, 0.3, 1.0, 1.7, 3.0, 100.0] {
            let below = trim(histogram, bound, TrimSide::KeepBelow).count;
            let above = trim(histogram, bound, TrimSide::KeepAbove).count;
            let kept = below + above;
            assert!(kept <= histogram.count + 1e-9, "{bound}: {kept} of {}", histogram.count);
            if bound >= 0.0 {
                assert!((kept - histogram.count).abs() < 1e-9, "{bound}: {kept}");
            }
        }
    }
    let whole = trim(&histograms[0], f64::INFINITY, TrimSide::KeepBelow);
    assert!(equals(&whole, &histograms[0]), "nothing cut off, nothing estimated");
}

/// Buckets that are written down and empty count for quantiles, but not here.
#[test]
fn an_empty_side_does_not_divide_the_zero_bucket() {
    let histogram = Histogram {
        negative_spans: vec![Span { offset: 1, length: 1 }],
        negative_buckets: vec![0.0],
        ..exponential(0, (0.5, 4.0), &[(1, 2.0)])
    };
    assert_eq!(trim(&histogram, 0.0, TrimSide::KeepBelow).zero_count, 0.0);
    assert_eq!(trim(&histogram, 0.0, TrimSide::KeepAbove).zero_count, 4.0);
}

#[test]
fn nothing_lies_on_either_side_of_nan() {
    for side in [TrimSide::KeepBelow, TrimSide::KeepAbove] {
        let left = trim(&custom(&[1.0, 2.0], &[1.0, 2.0, 3.0]), f64::NAN, side);
        assert_eq!((left.count, left.sum, positive(&left)), (0.0, 0.0, vec![]));
        let left = trim(&exponential(0, (0.0, 0.0), &[(1, 2.0)]), f64::NAN, side);
        assert_eq!((left.count, left.sum, positive(&left)), (0.0, 0.0, vec![]));
    }
}

#[test]
fn a_histogram_is_described_as_go_prints_it() {
    let mut histogram = exponential(0, (0.5, 2.0), &[(1, 3.0)]);
    let (negative_spans, negative_buckets) = encode(&[(2, 1.0)]);
    histogram.negative_spans = negative_spans;
    histogram.negative_buckets = negative_buckets;
    assert_eq!(describe(&histogram), "{count:5, sum:6.25, [-4,-2):1, [-0.5,0.5]:2, (1,2]:3}");
}

#[test]
fn hostile_layouts_do_not_panic() {
    let wild = Histogram {
        schema: 8,
        count: 3.0,
        positive_spans: vec![
            Span { offset: i32::MAX, length: 2 },
            Span { offset: i32::MIN, length: u32::MAX },
        ],
        positive_buckets: vec![1.0, 2.0, 3.0],
        negative_spans: vec![Span { offset: i32::MIN, length: 1 }],
        negative_buckets: vec![1.0, 5.0],
        ..Histogram::default()
    };
    let coarse = exponential(-4, (1.0, 1.0), &[(0, 1.0)]);
    let mut sum = Sum::compensated(&wild);
    sum.add(&coarse).unwrap();
    assert_eq!(sum.finish().schema, -4);
    assert!(detect_reset(&wild, &coarse));
    assert!(!quantile(0.5, &wild).0.is_nan());
    assert!(describe(&wild).starts_with("{count:3"));
    assert!(trim(&wild, 1.0, TrimSide::KeepAbove).count >= 0.0);
}
