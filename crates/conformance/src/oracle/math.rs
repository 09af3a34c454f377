//! Functions of one float.

use std::f64::consts::PI;

type Function = fn(f64) -> f64;

/// A function of one float, and whether its result is rounded differently by different libraries.
pub(super) fn function(name: &str) -> Option<(Function, bool)> {
    let (function, rounds): (Function, bool) = match name {
        "abs" => (f64::abs, false),
        "ceil" => (f64::ceil, false),
        "floor" => (f64::floor, false),
        "sqrt" => (f64::sqrt, false),
        "exp" => (f64::exp, true),
        "ln" => (f64::ln, true),
        "log2" => (f64::log2, true),
        "log10" => (f64::log10, true),
        "sin" => (f64::sin, true),
        "cos" => (f64::cos, true),
        "tan" => (f64::tan, true),
        "asin" => (f64::asin, true),
        "acos" => (f64::acos, true),
        "atan" => (f64::atan, true),
        "sinh" => (f64::sinh, true),
        "cosh" => (f64::cosh, true),
        "tanh" => (f64::tanh, true),
        "asinh" => (f64::asinh, true),
        "acosh" => (f64::acosh, true),
        "atanh" => (f64::atanh, true),
        "deg" => (|value| value * 180.0 / PI, false),
        "rad" => (|value| value * PI / 180.0, false),
        "sgn" => (sign, false),
        _ => return None,
    };
    Some((function, rounds))
}

fn sign(value: f64) -> f64 {
    if value < 0.0 {
        -1.0
    } else if value > 0.0 {
        1.0
    } else {
        value
    }
}

/// Go's `math.Max(low, math.Min(high, value))`: infinities beat NaN.
pub(super) fn clamp(value: f64, low: f64, high: f64) -> f64 {
    greater(low, lesser(high, value))
}

/// Go's `math.Min`.
pub(super) fn lesser(a: f64, b: f64) -> f64 {
    if a == f64::NEG_INFINITY || b == f64::NEG_INFINITY {
        f64::NEG_INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.min(b)
    }
}

/// Go's `math.Max`.
pub(super) fn greater(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}

/// To a multiple, halves upwards.
pub(super) fn round(value: f64, multiple: f64) -> f64 {
    let inverse = 1.0 / multiple;
    (value * inverse + 0.5).floor() / inverse
}
