//! Special floats, time arithmetic, Go's quoting.

use model::{GroupKey, Histogram, Timestamp, Value, is_stale, quote, stale_marker};
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
}

#[test]
fn group_keys_are_the_same_in_every_process() {
    assert_eq!(GroupKey::of(&("node", "web-1")), GroupKey::of(&("node", "web-1")));
    assert_ne!(GroupKey::of(&("node", "web-1")), GroupKey::of(&("node", "web-2")));
}
