//! Numbers as Go prints them.

use crate::render::{go_float_exponent, write_float, write_float_plain, write_seconds};

fn float(value: f64) -> String {
    let mut out = Vec::new();
    write_float(&mut out, value);
    String::from_utf8(out).unwrap()
}

fn seconds(ms: i64) -> String {
    let mut out = Vec::new();
    write_seconds(&mut out, ms);
    String::from_utf8(out).unwrap()
}

#[test]
fn samples() {
    // Right: `strconv.AppendFloat(nil, value, 'f' or 'e', -1, 64)`, 'e' outside 1e-6..1e21.
    for (value, text) in [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (0.1, "0.1"),
        (1e15, "1000000000000000"),
        (123_456_789_012_345_680.0, "123456789012345680"),
        (9.99e20, "999000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (1e-6, "0.000001"),
        (9.9e-7, "9.9e-07"),
        (5e-324, "5e-324"),
        (-1e-10, "-1e-10"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "+Inf"),
        (f64::NEG_INFINITY, "-Inf"),
        (0.1 + 0.2, "0.30000000000000004"),
    ] {
        assert_eq!(float(value), format!("\"{text}\""), "{value:e}");
    }
}

#[test]
fn texts_lead_back_to_the_same_bits() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..20_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let value = f64::from_bits(state);
        let text = float(value);
        let back: f64 = text.trim_matches('"').parse().unwrap();
        assert!(back.to_bits() == value.to_bits() || value.is_nan(), "{state:#x}: {text}");
    }
}

#[test]
fn scalars_are_never_in_exponent_notation() {
    let mut out = Vec::new();
    write_float_plain(&mut out, 1e-7);
    write_float_plain(&mut out, 1e22);
    assert_eq!(String::from_utf8(out).unwrap(), "\"0.0000001\"\"10000000000000000000000\"");
}

#[test]
fn alert_values_are_always_in_exponent_notation() {
    for (value, text) in [
        (0.0, "0e+00"),
        (1.0, "1e+00"),
        (-12.5, "-1.25e+01"),
        (1e-7, "1e-07"),
        (1e100, "1e+100"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "+Inf"),
        (f64::NEG_INFINITY, "-Inf"),
    ] {
        assert_eq!(go_float_exponent(value), text);
    }
}

#[test]
fn times_have_three_decimals_or_none() {
    assert_eq!(seconds(0), "0");
    assert_eq!(seconds(1), "0.001");
    assert_eq!(seconds(-1), "-0.001");
    assert_eq!(seconds(1_050), "1.050");
    assert_eq!(seconds(1_435_781_430_781), "1435781430.781");
    assert_eq!(seconds(-12_000), "-12");
    assert_eq!(seconds(i64::MIN), "-9223372036854775.808");
    assert_eq!(seconds(i64::MAX), "9223372036854775.807");
}
