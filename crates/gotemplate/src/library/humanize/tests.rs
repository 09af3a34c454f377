use super::{
    humanize, humanize_1024, humanize_duration, humanize_percentage, humanize_timestamp, to_float,
};
use crate::value::Value;

/// Cases of Prometheus' documentation and tests.
#[test]
fn numbers_get_prefixes() {
    let cases = [
        (0.0, "0"),
        (1.0, "1"),
        (1_234_567.0, "1.235M"),
        (0.12, "120m"),
        (-1234.0, "-1.234k"),
        (1e30, "1e+06Y"),
        (1e-30, "1e-06y"),
        (f64::INFINITY, "+Inf"),
        (f64::NAN, "NaN"),
    ];
    for (number, expected) in cases {
        assert_eq!(humanize(number), expected, "{number}");
    }
    let cases = [(0.0, "0"), (1.0, "1"), (1_048_576.0, "1Mi"), (0.12, "0.12"), (-2048.0, "-2ki")];
    for (number, expected) in cases {
        assert_eq!(humanize_1024(number), expected, "{number}");
    }
}

#[test]
fn durations_have_days_or_milliseconds() {
    let cases = [
        (0.0, "0s"),
        (1.0, "1s"),
        (60.0, "1m 0s"),
        (3600.0, "1h 0m 0s"),
        (86400.0, "1d 0h 0m 0s"),
        (899.99, "14m 59s"),
        (0.1, "100ms"),
        (0.0001, "100us"),
        (12.345_678, "12.35s"),
        (-60.5, "-1m 0s"),
        (f64::NAN, "NaN"),
    ];
    for (seconds, expected) in cases {
        assert_eq!(humanize_duration(seconds), expected, "{seconds}");
    }
    assert_eq!(humanize_percentage(0.959), "95.9%");
    assert_eq!(humanize_percentage(-0.012_345_67), "-1.235%");
}

#[test]
fn timestamps_are_utc() {
    assert_eq!(humanize_timestamp(1_643_114_203.0).as_deref(), Ok("2022-01-25 12:36:43 +0000 UTC"));
    assert_eq!(humanize_timestamp(-1.5).as_deref(), Ok("1969-12-31 23:59:58.5 +0000 UTC"));
    assert_eq!(humanize_timestamp(f64::INFINITY).as_deref(), Ok("+Inf"));
    let error = humanize_timestamp(1e20).unwrap_err();
    assert!(error.starts_with("1e+20 cannot be represented"), "{error}");
}

#[test]
fn texts_are_numbers_when_they_look_like_it() {
    assert_eq!(to_float(&"1.5e3".into()), Ok(1500.0));
    assert_eq!(to_float(&"-Inf".into()), Ok(f64::NEG_INFINITY));
    assert_eq!(to_float(&Value::duration(1_500_000_000)), Ok(1.5));
    for wrong in ["", "x", "1 ", "+nan", "1_0"] {
        let expected = format!("strconv.ParseFloat: parsing {wrong:?}: invalid syntax");
        assert_eq!(to_float(&wrong.into()), Err(expected));
    }
    assert_eq!(
        to_float(&"1e999".into()).unwrap_err(),
        "strconv.ParseFloat: parsing \"1e999\": value out of range"
    );
    assert_eq!(to_float(&true.into()).unwrap_err(), "can't convert bool to float");
}
