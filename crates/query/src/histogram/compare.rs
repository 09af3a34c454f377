//! Comparison of histograms: equality as PromQL sees it and counter resets.
//! A reset is also a gain of resolution or a zero bucket that shrank: a counter never does that.

use super::arithmetic::Sum;
use super::buckets::{Pairs, is_custom, pairs};
use model::{CounterReset, Histogram};

/// Same layout and same counts; empty buckets do not matter, NaN sums must have equal bits.
pub(crate) fn equals(a: &Histogram, b: &Histogram) -> bool {
    let populated = |spans: &[_], counts: &[_]| -> Pairs {
        let mut pairs = pairs(spans, counts);
        pairs.retain(|(_, count)| *count != 0.0);
        pairs
    };
    a.schema == b.schema
        && a.count == b.count
        && a.sum.to_bits() == b.sum.to_bits()
        && a.zero_threshold == b.zero_threshold
        && a.zero_count == b.zero_count
        && a.custom_values == b.custom_values
        && populated(&a.positive_spans, &a.positive_buckets)
            == populated(&b.positive_spans, &b.positive_buckets)
        && populated(&a.negative_spans, &a.negative_buckets)
            == populated(&b.negative_spans, &b.negative_buckets)
}

/// Did a counter restart between `previous` and `current`?
pub(crate) fn detect_reset(current: &Histogram, previous: &Histogram) -> bool {
    match current.counter_reset {
        CounterReset::Reset => return true,
        CounterReset::NotReset => return false,
        CounterReset::Unknown | CounterReset::Gauge => {}
    }
    if current.count < previous.count || is_custom(current) != is_custom(previous) {
        return true;
    }
    let mut before = Sum::new(previous);
    let mut now = Sum::new(current);
    if is_custom(current) {
        now.reconcile_bounds(&mut before);
        return shrinks(&before.sides(), &now.sides());
    }
    if current.schema > previous.schema || current.zero_threshold < previous.zero_threshold {
        return true;
    }
    if before.zero().0 != current.zero_threshold {
        before.widen_zero(current.zero_threshold);
    }
    let (threshold, zero_count) = before.zero();
    if threshold != current.zero_threshold || current.zero_count < zero_count {
        return true;
    }
    before.lower_schema(current.schema);
    shrinks(&before.sides(), &now.sides())
}

/// Is any bucket smaller (or gone) than before?
fn shrinks(before: &[Pairs; 2], now: &[Pairs; 2]) -> bool {
    before.iter().zip(now).any(|(before, now)| {
        before.iter().any(|(index, count)| {
            let found = now.binary_search_by_key(index, |(index, _)| *index);
            found.map_or(0.0, |at| now[at].1) < *count
        })
    })
}
