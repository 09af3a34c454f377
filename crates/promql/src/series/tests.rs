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

/// What is shown must be read as the same again.
fn shown(description: &str) -> String {
    let read = parse_series(&format!("x {description}")).unwrap();
    let shown: Vec<String> = read.values.iter().map(ToString::to_string).collect();
    let shown = shown.join(" ");
    assert_eq!(parse_series(&format!("x {shown}")).unwrap().values.len(), read.values.len());
    shown
}

#[test]
fn values_are_shown_as_they_are_written() {
    for same in [
        "1.5 _ stale -0 1e+06 1e-05 +Inf -Inf",
        "{{}}",
        "{{schema:-2 count:3 sum:-1.5}}",
        "{{count:7 sum:2 z_bucket:1 z_bucket_w:0.001 counter_reset_hint:gauge offset:-3 buckets:[1 0 2]}}",
        "{{schema:-53 count:3 sum:4 custom_values:[1 2.5] buckets:[1 2 0]}}",
        "{{count:3 offset:2 buckets:[1] n_offset:1 n_buckets:[2]}}",
        "NaN",
    ] {
        assert_eq!(shown(same), same);
    }
    assert_eq!(
        shown("{{count:1 counter_reset_hint:unknown}}x1"),
        "{{count:1 counter_reset_hint:unknown}} {{count:1 counter_reset_hint:unknown}}"
    );
}

#[test]
fn gaps_between_spans_are_shown_as_zeroes_within_a_bound() {
    let histogram = |gap: i32| SeriesHistogram {
        histogram: Arc::new(Histogram {
            positive_spans: vec![
                model::Span { offset: 1, length: 1 },
                model::Span { offset: gap, length: 1 },
            ],
            positive_buckets: vec![1.0, 2.0],
            ..Histogram::default()
        }),
        hint_written: false,
    };
    assert_eq!(histogram(2).to_string(), "{{offset:1 buckets:[1 0 0 2]}}");
    let far = histogram(i32::MAX).to_string();
    assert!(far.ends_with(" 0 ...]}}") && far.len() < 5_000, "{far}");
}
