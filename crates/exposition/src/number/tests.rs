use super::{format_float, format_openmetrics_float, parse_float};

#[test]
fn writes_floats_as_go_does() {
    let table = [
        (0.0, "0", "0.0"),
        (-0.0, "-0", "-0.0"),
        (1.0, "1", "1.0"),
        (-1.0, "-1", "-1.0"),
        (0.25, "0.25", "0.25"),
        (190_932.0, "190932", "190932.0"),
        (999_999.5, "999999.5", "999999.5"),
        (1e6, "1e+06", "1e+06"),
        (903_676_723.0, "9.03676723e+08", "9.03676723e+08"),
        (1e21, "1e+21", "1e+21"),
        (1.5e300, "1.5e+300", "1.5e+300"),
        (0.0001, "0.0001", "0.0001"),
        (7.6238e-5, "7.6238e-05", "7.6238e-05"),
        (5e-324, "5e-324", "5e-324"),
        (f64::NAN, "NaN", "NaN"),
        (f64::INFINITY, "+Inf", "+Inf"),
        (f64::NEG_INFINITY, "-Inf", "-Inf"),
    ];
    for (value, text, openmetrics) in table {
        assert_eq!(format_float(value), text);
        assert_eq!(format_openmetrics_float(value), openmetrics);
    }
}

#[test]
fn reads_what_go_reads() {
    let table: [(&str, Option<f64>); 40] = [
        ("7.0", Some(7.0)),
        ("-0.0", Some(-0.0)),
        ("-123456.789", Some(-123_456.789)),
        ("0.000000000000001", Some(1e-15)),
        (".000000000000001", Some(1e-15)),
        ("99999999999999.9", Some(99_999_999_999_999.9)),
        ("123456789012.3456", Some(123_456_789_012.345_6)),
        ("1.2.3", None),
        ("-.", None),
        ("--1", None),
        ("999999999999999", Some(999_999_999_999_999.0)),
        ("9007199254740993", Some(9_007_199_254_740_992.0)),
        ("00000000000000000001", Some(1.0)),
        ("12345678901234567x", None),
        ("1", Some(1.0)),
        ("+1", Some(1.0)),
        ("-0", Some(-0.0)),
        ("1.", Some(1.0)),
        (".5", Some(0.5)),
        ("1e3", Some(1000.0)),
        ("1E-3", Some(0.001)),
        ("+Inf", Some(f64::INFINITY)),
        ("inf", Some(f64::INFINITY)),
        ("-Infinity", Some(f64::NEG_INFINITY)),
        ("5e-400", Some(0.0)),
        ("179769313486231570000e288", Some(f64::MAX)),
        ("", None),
        (".", None),
        ("e5", None),
        ("1e", None),
        ("1e999", None),
        ("-1e999", None),
        ("+NaN", None),
        ("-nan", None),
        ("0x1p-3", None),
        ("0x10", None),
        ("1_2", None),
        ("true", None),
        ("1 ", None),
        ("\u{661}", None),
    ];
    for (text, expected) in table {
        let found = parse_float(text.as_bytes());
        assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits), "{text:?}");
    }
    assert_eq!(parse_float(b"nan").map(f64::to_bits), Some(model::NORMAL_NAN_BITS));
    assert_eq!(parse_float(b"\xff"), None);
}

proptest::proptest! {
    #[test]
    fn every_float_survives_the_round_trip(bits: u64) {
        let value = f64::from_bits(bits);
        let read = parse_float(format_float(value).as_bytes()).map(f64::to_bits);
        let expected = if value.is_nan() { model::NORMAL_NAN_BITS } else { bits };
        proptest::prop_assert_eq!(read, Some(expected));
    }
}

proptest::proptest! {
    /// Decimals as clients write them: the short way agrees with the general reader.
    #[test]
    fn decimals_are_rounded_as_by_the_general_reader(text in "-?[0-9]{0,12}\\.?[0-9]{0,12}") {
        let expected = text.parse::<f64>().ok().map(f64::to_bits);
        proptest::prop_assert_eq!(parse_float(text.as_bytes()).map(f64::to_bits), expected);
    }
}
