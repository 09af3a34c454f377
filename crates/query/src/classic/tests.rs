//! Quantiles and fractions of cumulative buckets, the broken ones included.

use super::*;

fn buckets(pairs: &[(f64, f64)]) -> Vec<Bucket> {
    pairs.iter().map(|(upper, count)| Bucket { upper: *upper, count: *count }).collect()
}

const INF: f64 = f64::INFINITY;

#[test]
fn a_quantile_lies_on_the_line_through_its_bucket() {
    let three = [(1.0, 10.0), (2.0, 30.0), (INF, 40.0)];
    for (q, expected) in [(0.0, 0.0), (0.25, 1.0), (0.5, 1.5), (0.75, 2.0), (0.99, 2.0)] {
        assert_eq!(quantile(q, &mut buckets(&three)), (expected, false), "{q}");
    }
    assert_eq!(quantile(-1.0, &mut buckets(&three)).0, f64::NEG_INFINITY);
    assert_eq!(quantile(2.0, &mut buckets(&three)).0, INF);
    assert!(quantile(f64::NAN, &mut buckets(&three)).0.is_nan());
}

#[test]
fn a_lowest_bucket_below_zero_gives_its_bound() {
    let negative = [(-1.0, 10.0), (1.0, 20.0), (INF, 20.0)];
    assert_eq!(quantile(0.2, &mut buckets(&negative)).0, -1.0);
}

#[test]
fn histograms_without_infinity_or_observations_have_no_quantile() {
    for broken in [&[(1.0, 10.0)][..], &[(INF, 10.0)], &[(1.0, 0.0), (INF, 0.0)], &[]] {
        assert!(quantile(0.5, &mut buckets(broken)).0.is_nan(), "{broken:?}");
    }
}

#[test]
fn equal_bounds_are_joined() {
    let twice = [(1.0, 5.0), (1.0, 5.0), (2.0, 20.0), (INF, 20.0)];
    assert_eq!(quantile(0.5, &mut buckets(&twice)), (1.0, false));
}

#[test]
fn decreasing_counts_are_lifted_and_told_rounding_is_not() {
    let falling = [(1.0, 10.0), (2.0, 8.0), (INF, 20.0)];
    assert_eq!(quantile(0.5, &mut buckets(&falling)), (1.0, true));
    let rounded = [(1.0, 10.0), (2.0, 10.0 - 1e-13), (INF, 20.0)];
    assert_eq!(quantile(0.5, &mut buckets(&rounded)), (1.0, false));
}

#[test]
fn a_fraction_counts_between_two_bounds() {
    let three = [(1.0, 10.0), (2.0, 30.0), (INF, 40.0)];
    let cases = [
        (f64::NEG_INFINITY, INF, 1.0),
        (0.0, 1.0, 0.25),
        (0.5, 1.5, 0.375),
        (2.0, INF, 0.25),
        (3.0, 4.0, 0.0),
        (5.0, 1.0, 0.0),
    ];
    for (lower, upper, expected) in cases {
        let found = fraction(lower, upper, &mut buckets(&three));
        assert_eq!(found, expected, "{lower}..{upper}");
    }
    assert!(fraction(f64::NAN, 1.0, &mut buckets(&three)).is_nan());
    assert!(fraction(0.0, 1.0, &mut Vec::new()).is_nan());
}
