//! What becomes of samples: stored, repeated, refused; and what the sender is told.

use crate::store::{Fixture, NOW_MS, at, series};
use ingest::ReceiverOptions;
use model::{AppendErrorKind, Exemplar, GroupKey, Histogram, Labels, Metadata, MetricKind};
use model::{MetricMetadata, STALE_NAN_BITS, Value};
use wire::remote_write::{TimeSeries, encode_snappy};

const UP: [(&str, &str); 3] = [("__name__", "up"), ("instance", "a:1"), ("job", "j")];

fn up(samples: &[(i64, f64)]) -> TimeSeries {
    series(&UP, samples)
}

#[test]
fn good_samples_are_stored_in_one_batch_and_answered_204() {
    let fixture = Fixture::new();
    let other = series(&[("__name__", "down")], &[(5, 0.5)]);
    assert_eq!(fixture.send(&[up(&[(1, 1.0), (2, 2.0)]), other]), (204, String::new()));
    let up = r#"{__name__="up", instance="a:1", job="j"}"#;
    let expected = [r#"{__name__="down"} 5 0.5"#.into(), format!("{up} 1 1"), format!("{up} 2 2")];
    assert_eq!(fixture.stored(), expected);
    assert_eq!(fixture.store.state.lock().batches.len(), 1);
    let stats = fixture.receiver.stats();
    assert_eq!((stats.requests_stored.get(), stats.samples_stored.get()), (1, 3));
}

#[test]
fn every_bit_of_a_float_arrives() {
    let fixture = Fixture::new();
    let values = [f64::from_bits(STALE_NAN_BITS), -0.0, f64::NAN, f64::INFINITY, 5e-324];
    let samples: Vec<_> = (1..).zip(values).collect();
    fixture.send(&[up(&samples)]);
    let state = fixture.store.state.lock();
    let bits = |value: &Value| if let Value::Float(v) = value { v.to_bits() } else { 0 };
    let found: Vec<_> = state.samples.values().map(bits).collect();
    assert_eq!(found, values.map(f64::to_bits));
}

#[test]
fn labels_are_parsed_once_and_then_recognised_by_their_bytes() {
    let fixture = Fixture::new();
    for n in 1..=5 {
        fixture.send(&[up(&[(n, 1.0)])]);
    }
    let stats = fixture.receiver.stats();
    assert_eq!((stats.series_parsed.get(), stats.series_recognised.get()), (1, 4));
    assert_eq!(fixture.store.state.lock().resolved, 1);
}

/// The bytes of the series that is expected stand at the front, and one more label at the end.
#[test]
fn a_label_behind_the_samples_makes_another_series() {
    let fixture = Fixture::new();
    let (a, b) =
        (series(&[("__name__", "a")], &[(1, 1.0)]), series(&[("__name__", "b")], &[(1, 2.0)]));
    fixture.send(&[a, b]);
    let message = |content: &[u8]| {
        let mut out = vec![0x0a, u8::try_from(content.len()).unwrap()];
        out.extend_from_slice(content);
        out
    };
    let label = |name: &str, value: &str| {
        let mut content = message(name.as_bytes());
        content.extend([0x12, u8::try_from(value.len()).unwrap()]);
        content.extend_from_slice(value.as_bytes());
        message(&content)
    };
    let sample = [0x12, 0x02, 0x10, 0x02];
    let first = message(&[&label("__name__", "a")[..], &sample].concat());
    let second = message(&[&label("__name__", "b")[..], &sample, &label("c", "d")].concat());
    let body = wire::bounded::snappy_compress(&[first, second].concat()).unwrap();
    assert_eq!(u16::from(fixture.receiver.receive(&body).status), 204);
    let expected = [
        r#"{__name__="a"} 1 1"#,
        r#"{__name__="a"} 2 0"#,
        r#"{__name__="b"} 1 2"#,
        r#"{__name__="b", c="d"} 2 0"#,
    ];
    assert_eq!(fixture.stored(), expected);
}

#[test]
fn unsorted_labels_and_empty_values_mean_the_same_series() {
    let fixture = Fixture::new();
    fixture.send(&[up(&[(1, 1.0)])]);
    let unsorted = [("job", "j"), ("empty", ""), ("__name__", "up"), ("instance", "a:1")];
    assert_eq!(fixture.send(&[series(&unsorted, &[(2, 2.0)])]).0, 204);
    assert_eq!(fixture.send(&[series(&unsorted, &[(3, 3.0)])]).0, 204);
    let state = fixture.store.state.lock();
    assert_eq!((state.series.len(), state.samples.len(), state.resolved), (1, 3, 2));
}

#[test]
fn bad_labels_cost_their_series_only() {
    let long = "x".repeat(2000);
    let many: Vec<(String, String)> = (0..65).map(|n| (format!("l{n}"), "v".into())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(n, v)| (&**n, &**v)).collect();
    let longer = "x".repeat(70_000);
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[("__name__", "a"), ("b", &longer)], "label b of 70000 bytes, at most 65536 accepted"),
        (&[("job", "j")], "no metric name"),
        (&[("__name__", "")], "no metric name"),
        (&[("__name__", "a"), ("", "x")], "a label without a name"),
        (&[("__name__", "a"), ("b", "1"), ("b", "2")], "label b twice"),
        (&[("__name__", "a"), (&long, "1")], "a label name of 2000 bytes, at most 1024 accepted"),
        (&many, "more than 64 labels"),
    ];
    for (labels, text) in cases {
        let fixture = Fixture::new();
        let answer = fixture.send(&[series(labels, &[(1, 1.0), (2, 1.0)]), up(&[(1, 1.0)])]);
        assert_eq!(answer, (400, format!("invalid labels: {text} (2 samples refused)")));
        assert_eq!(fixture.stored().len(), 1, "{text}: the good series is stored");
        assert_eq!(fixture.receiver.stats().samples_invalid_labels.get(), 2);
    }
}

#[test]
fn utf8_names_are_fine() {
    let fixture = Fixture::new();
    assert_eq!(
        fixture.send(&[series(&[("__name__", "höhe.m"), ("ort/1", "ü")], &[(1, 1.0)])]).0,
        204
    );
}

#[test]
fn refused_samples_are_named_in_upstreams_words_and_cost_no_other() {
    let cases = [
        (&[(10, 1.0), (5, 1.0)][..], "out of order sample", 5),
        (&[(10, 1.0), (10, 2.0)], "duplicate sample for timestamp", 10),
        (&[(-1, 1.0), (10, 1.0)], "too old sample", -1),
        (&[(10, 1.0), (NOW_MS + 1, 1.0)], "out of bounds", NOW_MS + 1),
    ];
    for (samples, words, timestamp) in cases {
        let fixture = Fixture::new();
        let labels = r#"{__name__="up", instance="a:1", job="j"}"#;
        let text = format!("{words}: series {labels} at {timestamp} ms (1 samples refused)");
        assert_eq!(fixture.send(&[up(samples)]), (400, text));
        assert_eq!(fixture.stored().len(), 1, "{words}");
        assert_eq!(fixture.receiver.stats().requests_bad.get(), 1);
    }
}

#[test]
fn the_same_request_twice_is_fine() {
    let fixture = Fixture::new();
    fixture.send(&[up(&[(1, 1.0), (2, 2.0)])]);
    assert_eq!(fixture.send(&[up(&[(1, 1.0), (2, 2.0)])]).0, 204);
    let stats = fixture.receiver.stats();
    assert_eq!((stats.samples_stored.get(), stats.samples_repeated.get()), (2, 2));
}

#[test]
fn dead_handles_are_resolved_again() {
    let fixture = Fixture::new();
    fixture.send(&[up(&[(1, 1.0)]), series(&[("__name__", "b")], &[(1, 1.0)])]);
    fixture.store.state.lock().forget_handles();
    assert_eq!(fixture.send(&[up(&[(2, 2.0), (3, 3.0)])]), (204, String::new()));
    assert_eq!(fixture.stored().len(), 4);
    assert_eq!(fixture.receiver.stats().samples_unresolved.get(), 0);
    let before = fixture.store.state.lock().resolved;
    fixture.send(&[up(&[(4, 4.0)])]);
    assert_eq!(fixture.store.state.lock().resolved, before, "the new handle is remembered");
}

#[test]
fn series_that_die_twice_in_one_request_are_told() {
    let fixture = Fixture::new();
    fixture.store.state.lock().is_forgetful = true;
    let labels = r#"{__name__="up", instance="a:1", job="j"}"#;
    let words = "series vanished while the request was handled";
    let text = format!("{words}: series {labels} at 1 ms (1 samples refused)");
    assert_eq!(fixture.send(&[up(&[(1, 1.0)])]), (400, text));
    assert_eq!(fixture.receiver.stats().samples_unresolved.get(), 1);
}

#[test]
fn series_beyond_a_limit_are_429_and_the_known_ones_stored() {
    for (kind, status) in [(AppendErrorKind::SeriesLimit, 429), (AppendErrorKind::Overloaded, 503)]
    {
        let fixture = Fixture::new();
        fixture.store.state.lock().series_max = Some((1, kind));
        let answer = fixture.send(&[up(&[(1, 1.0)]), series(&[("__name__", "b")], &[(1, 1.0)])]);
        assert_eq!(answer, (status, r#"cannot add series {__name__="b"}: 1 allowed"#.into()));
        assert_eq!(fixture.stored().len(), 1);
        assert_eq!(fixture.receiver.stats().samples_beyond_limit.get(), 1);
        fixture.store.state.lock().series_max = None;
        let again = fixture.send(&[up(&[(1, 1.0)]), series(&[("__name__", "b")], &[(1, 1.0)])]);
        assert_eq!((again.0, fixture.stored().len()), (204, 2), "a retry completes the request");
    }
}

#[test]
fn a_store_that_cannot_write_is_503_with_retry_after() {
    for kind in [AppendErrorKind::ReadOnly, AppendErrorKind::Overloaded, AppendErrorKind::Closed] {
        let fixture = Fixture::new();
        fixture.store.state.lock().failing = Some((1, kind));
        let body = encode_snappy(&[up(&[(1, 1.0)])], &[]).unwrap();
        let answer = fixture.receiver.receive(&body);
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (503, "the disk is full"));
        assert!(answer.retry_after.is_some());
        assert_eq!(fixture.receiver.receive(&body).status.as_u16(), 204);
        assert_eq!(fixture.stored().len(), 1);
    }
}

#[test]
fn metadata_counts_among_the_samples_of_a_request() {
    let options = ReceiverOptions { samples_max: 2, ..ReceiverOptions::default() };
    let fixture = Fixture::with(options);
    let with = |count: usize| encode_snappy(&[], &vec![MetricMetadata::default(); count]).unwrap();
    assert_eq!(fixture.receiver.receive(&with(2)).status.as_u16(), 204);
    let answer = fixture.receiver.receive(&with(3));
    let text = "more than 2 samples in one request";
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (413, text));
}

#[test]
fn a_series_without_samples_is_not_created() {
    let fixture = Fixture::new();
    assert_eq!(fixture.send(&[up(&[])]).0, 204);
    let state = fixture.store.state.lock();
    assert!(state.series.is_empty() && state.batches.is_empty());
}

#[test]
fn histograms_exemplars_and_metadata_arrive() {
    let fixture = Fixture::new();
    let exemplar =
        Exemplar { labels: Labels::from_pairs([("trace_id", "t")]), value: 1.0, timestamp: at(3) };
    let good = Histogram { count: 2.0, zero_count: 2.0, ..Histogram::default() };
    let bad = Histogram { schema: 99, ..Histogram::default() };
    let long = Labels::from_pairs([("trace_id", "t".repeat(121))]);
    let sent = TimeSeries {
        exemplars: vec![Exemplar { labels: long, ..exemplar.clone() }, exemplar.clone()],
        histograms: vec![(3, good), (4, bad)],
        ..series(&UP, &[])
    };
    let metadata = MetricMetadata {
        metric: "up".into(),
        metadata: Metadata { kind: MetricKind::Gauge, help: "h".into(), unit: "u".into() },
    };
    let body = encode_snappy(&[sent], std::slice::from_ref(&metadata)).unwrap();
    let answer = fixture.receiver.receive(&body);
    assert_eq!(answer.status.as_u16(), 400);
    assert!(answer.text.contains("histogram: schema 99"), "{}", answer.text);
    assert_eq!(fixture.stored(), [r#"{__name__="up", instance="a:1", job="j"} 3 count 2"#]);
    let state = fixture.store.state.lock();
    let exemplars: Vec<_> = state.batches[0].exemplars.iter().map(|(_, found)| found).collect();
    assert_eq!(exemplars, [&exemplar]);
    assert_eq!(fixture.receiver.stats().exemplars_refused.get(), 1);
    assert_eq!(state.batches[0].metadata, [metadata]);
    assert_eq!(fixture.receiver.stats().samples_invalid_histogram.get(), 1);
}

#[test]
fn rows_of_a_target_stand_together_and_its_series_share_a_group() {
    let fixture = Fixture::new();
    let target = |name, instance| {
        series(&[("__name__", name), ("instance", instance), ("job", "j")], &[(1, 1.0)])
    };
    let sent = [target("a", "1"), target("a", "2"), target("b", "1"), target("b", "2")];
    fixture.send(&sent);
    let state = fixture.store.state.lock();
    let groups: Vec<GroupKey> =
        state.batches[0].rows.iter().map(|row| state.groups[&row.series]).collect();
    assert!(groups[0] == groups[1] && groups[2] == groups[3] && groups[1] != groups[2]);
    assert_eq!(state.batches[0].group, groups[0]);
}

#[test]
fn a_full_cache_only_costs_parsing() {
    let fixture = Fixture::with(ReceiverOptions { cache_bytes_max: 20_000, ..Default::default() });
    for round in 1..=3 {
        let many: Vec<_> = (0..500)
            .map(|n| series(&[("__name__", "m"), ("n", &n.to_string())], &[(round, 1.0)]))
            .collect();
        assert_eq!(fixture.send(&many).0, 204);
    }
    assert_eq!(fixture.stored().len(), 1500);
    assert_eq!(fixture.store.state.lock().series.len(), 500);
}

#[test]
fn a_refused_row_is_named_rightly_after_rows_were_put_together() {
    let fixture = Fixture::new();
    let target = |name, instance, at| {
        series(&[("__name__", name), ("instance", instance), ("job", "j")], &[(at, 1.0)])
    };
    let sent =
        [target("a", "1", 1), target("b", "2", 1), target("c", "1", -1), target("d", "2", 1)];
    let labels = r#"{__name__="c", instance="1", job="j"}"#;
    let text = format!("too old sample: series {labels} at -1 ms (1 samples refused)");
    assert_eq!(fixture.send(&sent), (400, text));
}

#[test]
fn histogram_buckets_of_a_request_are_bounded() {
    let options = ReceiverOptions { buckets_max: 100, ..ReceiverOptions::default() };
    let histogram = Histogram {
        count: 60.0,
        positive_spans: vec![model::Span { offset: 0, length: 60 }],
        positive_buckets: vec![1.0; 60],
        ..Histogram::default()
    };
    let with = |count: i64| TimeSeries {
        histograms: (1..=count).map(|at| (at, histogram.clone())).collect(),
        ..series(&UP, &[])
    };
    let fixture = Fixture::with(options);
    assert_eq!(fixture.send(&[with(1)]).0, 204);
    let text = "more than 100 histogram buckets in one request";
    assert_eq!(fixture.send(&[with(2)]), (413, text.into()));
}
