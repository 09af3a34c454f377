//! Sums, extremes and notations against values that Go gives.

use super::*;

#[test]
fn a_compensated_sum_keeps_what_rounding_loses() {
    let mut sum = Kahan::default();
    for value in [1.0, 1e100, 1.0, -1e100] {
        sum.add(value);
    }
    assert_eq!(sum.total(), 2.0);
    let mut infinite = Kahan::default();
    for value in [1e308, 1e308, 1.0] {
        infinite.add(value);
    }
    assert_eq!(infinite.sum, f64::INFINITY);
    assert_eq!(infinite.comp, 0.0, "an infinite sum has no compensation");
}

#[test]
fn extremes_follow_gos_rules_for_nan_and_infinity() {
    assert!(go_max(f64::NAN, 1.0).is_nan());
    assert_eq!(go_max(f64::NAN, f64::INFINITY), f64::INFINITY);
    assert_eq!(go_min(f64::NEG_INFINITY, f64::NAN), f64::NEG_INFINITY);
    assert!(go_min(f64::NAN, f64::INFINITY).is_nan());
    assert!(go_max(-0.0, 0.0).is_sign_positive());
    assert!(go_min(0.0, -0.0).is_sign_negative());
    assert_eq!(go_max(2.0, 3.0), 3.0);
    assert_eq!(go_min(2.0, 3.0), 2.0);
}

#[test]
fn quantile_labels_are_written_as_openmetrics_does() {
    assert_eq!(openmetrics(1.0), "1.0");
    assert_eq!(openmetrics(0.99), "0.99");
    assert_eq!(openmetrics(1e7), "1e+07");
    assert_eq!(openmetrics(f64::NAN), "NaN");
}

#[test]
fn bucket_bounds_are_read_as_go_reads_them() {
    let cases = [
        ("1", Some(1.0)),
        ("+1.5e3", Some(1500.0)),
        (".5", Some(0.5)),
        ("+Inf", Some(f64::INFINITY)),
        ("-inf", Some(f64::NEG_INFINITY)),
        ("Infinity", Some(f64::INFINITY)),
        ("", None),
        ("Hello World", None),
        ("1 ", None),
        ("e5", None),
    ];
    for (text, value) in cases {
        assert_eq!(parse_float(text), value, "{text:?}");
    }
    assert!(parse_float("NaN").is_some_and(f64::is_nan));
}

#[test]
fn quantiles_interpolate_between_ranks_and_put_nan_first() {
    assert!(quantile(0.5, &mut []).is_nan());
    assert!(quantile(f64::NAN, &mut [1.0]).is_nan());
    assert_eq!(quantile(-0.1, &mut [1.0]), f64::NEG_INFINITY);
    assert_eq!(quantile(1.1, &mut [1.0]), f64::INFINITY);
    assert_eq!(quantile(0.5, &mut [3.0, 1.0, 2.0]), 2.0);
    assert_eq!(quantile(0.5, &mut [4.0, 1.0, 2.0, 3.0]), 2.5);
    assert_eq!(quantile(1.0, &mut [3.0, f64::NAN, 2.0]), 3.0);
    assert!(quantile(0.0, &mut [3.0, f64::NAN, 2.0]).is_nan());
}

#[test]
fn almost_equal_is_relative() {
    assert!(almost_equal(1.0, 1.0 + 1e-13, 1e-12));
    assert!(!almost_equal(1.0, 1.0 + 1e-11, 1e-12));
    assert!(almost_equal(f64::NAN, f64::NAN, 1e-12));
    assert!(!almost_equal(0.0, 1e-300, 1e-12));
    assert!(almost_equal(f64::INFINITY, f64::INFINITY, 1e-12));
}

#[test]
fn both_ways_of_adding_are_equal_to_the_bit() {
    let odd = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        1e16,
        -1e16,
        0.1,
        1e-300,
        5e-324,
        f64::MAX,
        f64::MIN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    for first in odd {
        for second in odd {
            let (mut one, mut other) =
                (Kahan { sum: first, comp: 0.0 }, Kahan { sum: first, comp: 0.0 });
            for value in [second, 0.3, -first, second] {
                one.add(value);
                other.add_branchless(value);
                // Which NaN it is cannot be seen.
                let seen = |value: f64| (!value.is_nan()).then_some(value.to_bits());
                let bits = |sum: Kahan| [sum.sum, sum.comp].map(seen);
                assert_eq!(bits(one), bits(other), "{first} + {second}");
            }
        }
    }
}
