use super::*;

#[test]
fn a_step_of_histograms_is_left_to_the_reader() {
    let series = parse_series("{} {{sum:1 counter_reset_hint:gauge}}-{{sum:2}}x2").unwrap();
    let [SeriesValue::Histogram(first), SeriesValue::HistogramStep(sign, step), last] =
        &series.values[..]
    else {
        panic!("{series:?}");
    };
    assert_eq!((first.histogram.sum, step.histogram.sum), (1.0, 2.0));
    assert_eq!((first.hint_written, step.hint_written), (false, false));
    assert_eq!((*sign, last), (UnaryOp::Minus, &SeriesValue::HistogramStep(*sign, step.clone())));
}

#[test]
fn minus_zero_and_the_staleness_marker_keep_their_bits() {
    let series = parse_series("m -0 -0x1 stale").unwrap();
    let bits: Vec<u64> = series
        .values
        .iter()
        .map(|value| match value {
            SeriesValue::Float(value) => value.to_bits(),
            other => panic!("{other:?}"),
        })
        .collect();
    let zero = (-0.0_f64).to_bits();
    assert_eq!(bits, [zero, zero, zero, model::STALE_NAN_BITS]);
}

#[test]
fn a_name_and_its_braces_stand_together() {
    assert_eq!(parse_series("m{a=\"b\"} 1").unwrap().labels.len(), 2);
    assert!(parse_series("m {a=\"b\"} 1").is_err());
    assert_eq!(parse_series("m {{}}").unwrap().values.len(), 1);
}

#[test]
fn the_last_of_a_repeated_label_stays() {
    let labels = parse_series("{a=\"1\", a=\"2\", b=\"\"}").unwrap().labels;
    assert_eq!(format!("{labels:?}"), "{a=\"2\"}");
}
