//! Special floats, time arithmetic, Go's quoting.

use model::{
    Batch, CUSTOM_BUCKETS_SCHEMA, CounterReset, Exemplar, GroupKey, Histogram, HistogramCounts,
    Labels, Metadata, MetricMetadata, SampleBuf, SeriesRef, Span, Timestamp, Value, is_stale,
    quote, stale_marker,
};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn the_staleness_marker_is_one_bit_pattern() {
    assert!(is_stale(stale_marker()));
    assert!(!is_stale(f64::NAN));
    assert!(!is_stale(f64::from_bits(0x7ff8_0000_0000_0001)));
    assert!(Value::Histogram(Arc::new(Histogram::stale())).is_stale());
}

#[test]
fn values_compare_by_bits() {
    assert!(Value::Float(f64::NAN).bits_eq(&Value::Float(f64::NAN)));
    assert!(!Value::Float(0.0).bits_eq(&Value::Float(-0.0)));
    let histogram = |sum| Value::Histogram(Arc::new(Histogram { sum, ..Histogram::default() }));
    assert!(histogram(f64::NAN).bits_eq(&histogram(f64::NAN)));
    assert!(!histogram(1.0).bits_eq(&Value::Float(1.0)));
}

#[test]
fn time_stops_at_its_ends() {
    assert_eq!(Timestamp::MAX.saturating_add(Duration::MAX), Timestamp::MAX);
    assert_eq!(Timestamp::MIN.saturating_sub(Duration::from_secs(1)), Timestamp::MIN);
    assert_eq!(Timestamp::MIN.since(Timestamp::MAX), Duration::ZERO);
    assert_eq!(Timestamp::MAX.since(Timestamp::MIN), Duration::from_millis(u64::MAX));
}

#[test]
fn quoting_follows_go() {
    let quoted = quote("a\u{7}\t\u{1}\u{7f}\u{a0}é\u{feff}\"").to_string();
    assert_eq!(quoted, "\"a\\a\\t\\x01\\x7f\\u00a0é\\ufeff\\\"\"");
    assert_eq!(quote("\u{85}\u{ffff}\u{10000}").to_string(), "\"\\u0085\u{ffff}\u{10000}\"");
}

#[test]
fn group_keys_are_the_same_in_every_process() {
    assert_eq!(GroupKey::of(&("node", "web-1")), GroupKey::of(&("node", "web-1")));
    assert_ne!(GroupKey::of(&("node", "web-1")), GroupKey::of(&("node", "web-2")));
}

/// Every single difference between two histograms.
#[test]
fn histograms_differ_by_each_of_their_parts() {
    let whole = Histogram {
        positive_spans: vec![Span { offset: 0, length: 2 }],
        positive_buckets: vec![1.0, 2.0],
        negative_spans: vec![Span { offset: 0, length: 1 }],
        negative_buckets: vec![f64::NAN],
        custom_values: vec![0.5],
        ..Histogram::default()
    };
    assert!(whole.bits_eq(&whole.clone()), "NaN included");
    let changes: [fn(&mut Histogram); 14] = [
        |h| h.counts = HistogramCounts::Integer,
        |h| h.counter_reset = CounterReset::Gauge,
        |h| h.schema = 1,
        |h| h.zero_threshold = 1.0,
        |h| h.zero_count = 1.0,
        |h| h.count = 1.0,
        |h| h.sum = -0.0,
        |h| h.positive_spans[0].offset = 1,
        |h| h.positive_buckets[1] = 3.0,
        |h| h.positive_buckets.truncate(1),
        |h| h.negative_spans.clear(),
        |h| h.negative_buckets[0] = -f64::NAN,
        |h| h.negative_buckets.push(1.0),
        |h| h.custom_values[0] = 0.25,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut other = whole.clone();
        change(&mut other);
        assert!(!whole.bits_eq(&other) && !other.bits_eq(&whole), "change {number}");
    }
    let custom = Histogram { schema: CUSTOM_BUCKETS_SCHEMA, ..Histogram::default() };
    assert!(custom.uses_custom_buckets() && !whole.uses_custom_buckets());
}

#[test]
fn an_exemplar_fits_with_128_characters() {
    let fits = |len: usize| {
        let labels = Labels::from_pairs([("id", "é".repeat(len - 2))]);
        Exemplar { labels, value: 1.0, timestamp: Timestamp::MIN }.fits()
    };
    assert!(fits(3) && fits(128), "characters, not bytes");
    assert!(!fits(129));
}

#[test]
fn buffers_forget_everything() {
    let mut batch = Batch::new(GroupKey(7));
    batch.push(SeriesRef(3), Timestamp::from_ms(5), 1.5);
    assert_eq!((batch.rows[0].series, batch.rows[0].timestamp.ms()), (SeriesRef(3), 5));
    let exemplar = Exemplar { labels: Labels::empty(), value: 1.0, timestamp: Timestamp::MIN };
    batch.exemplars.push((SeriesRef(3), exemplar));
    batch.metadata.push(MetricMetadata { metric: "m".into(), metadata: Metadata::default() });
    batch.clear();
    let left = (batch.rows.len(), batch.exemplars.len(), batch.metadata.len());
    assert_eq!((left, batch.group), ((0, 0, 0), GroupKey(7)), "the group stays");
    let mut samples = SampleBuf::default();
    assert!(samples.is_empty());
    samples.push(1, 1.0);
    samples.push_histogram(2, Arc::new(Histogram::default()));
    samples.starts = vec![0, 1];
    assert_eq!((samples.timestamps.as_slice(), samples.values.len()), (&[1, 2][..], 2));
    assert_eq!((samples.histograms[0].0, samples.is_empty()), (1, false));
    samples.clear();
    let left = (samples.timestamps.len(), samples.values.len(), samples.histograms.len());
    assert_eq!((left, samples.starts.len()), ((0, 0, 0), 0));
}

#[test]
fn legacy_names_are_ascii_words() {
    for (name, metric, label) in [
        ("a", true, true),
        ("_0", true, true),
        ("a:b", true, false),
        (":", true, false),
        ("", false, false),
        ("0a", false, false),
        ("a-b", false, false),
        ("é", false, false),
    ] {
        assert_eq!(model::is_legacy_metric_name(name), metric, "{name:?}");
        assert_eq!(model::is_legacy_label_name(name), label, "{name:?}");
    }
}

#[test]
fn numbers_print_as_go_prints_them() {
    for (value, want) in [(0.0, "0"), (-0.0, "-0"), (1e6, "1e+06"), (f64::NAN, "NaN")] {
        assert_eq!(model::go_general(value), want);
    }
}
