//! `*_over_time`: aggregation of the samples of a window.
//! Histograms take part in `sum`, `avg`, `count`, `first`, `last`, `present`; elsewhere they are
//! ignored with an info.

use super::{Notes, Window};
use crate::annotation::HistogramOperation;
use crate::histogram::{Incompatible, Merge, Sum};
use crate::number::{self, Kahan};
use model::{CounterReset, Histogram, Value};
use std::sync::Arc;

#[expect(clippy::unnecessary_wraps, reason = "the signature of a kernel")]
fn float(value: f64) -> Option<Value> {
    Some(Value::Float(value))
}

fn is_mixed(window: &Window<'_>) -> bool {
    !window.floats.is_empty() && !window.histograms.is_empty()
}

pub(super) fn sum(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    if is_mixed(window) {
        notes.mixed_floats_histograms();
        return None;
    }
    if window.floats.is_empty() {
        return histograms(window, notes, sum_histograms);
    }
    let mut sum = Kahan::default();
    window.floats.iter().for_each(|value| sum.add(*value));
    float(if sum.sum.is_infinite() { sum.sum } else { sum.total() })
}

pub(super) fn avg(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    if is_mixed(window) {
        notes.mixed_floats_histograms();
        return None;
    }
    if window.floats.is_empty() {
        return histograms(window, notes, average_histograms);
    }
    float(mean(window.floats))
}

/// Mean of at least one float: the compensated sum, or, once that would overflow, a running mean.
fn mean(values: &[f64]) -> f64 {
    let mut sum = Kahan { sum: values[0], comp: 0.0 };
    let mut count = 1.0;
    let mut rest = values[1..].iter();
    for value in rest.by_ref() {
        count += 1.0;
        let mut next = sum;
        next.add(*value);
        if next.sum.is_infinite() {
            let before = count - 1.0;
            let start = Kahan { sum: sum.sum / before, comp: sum.comp / before };
            return running_mean(start, count, *value, rest.as_slice());
        }
        sum = next;
    }
    sum.sum / count + sum.comp / count
}

fn running_mean(start: Kahan, count: f64, value: f64, rest: &[f64]) -> f64 {
    let (mut mean, mut count) = (start, count);
    for (index, value) in std::iter::once(&value).chain(rest).enumerate() {
        if index > 0 {
            count += 1.0;
        }
        let weight = (count - 1.0) / count;
        mean = Kahan { sum: weight * mean.sum, comp: weight * mean.comp };
        mean.add(value / count);
    }
    mean.total()
}

/// What an aggregation of histograms has to tell besides its result.
#[derive(Default)]
struct Told {
    reset: bool,
    no_reset: bool,
    reconciled: bool,
}

impl Told {
    fn hint(&mut self, histogram: &Histogram) {
        self.reset |= histogram.counter_reset == CounterReset::Reset;
        self.no_reset |= histogram.counter_reset == CounterReset::NotReset;
    }

    fn merge(&mut self, merge: Merge) {
        self.reconciled |= merge.bounds_reconciled;
    }
}

fn histograms(
    window: &Window<'_>,
    notes: &mut Notes<'_>,
    aggregate: fn(&[Arc<Histogram>], &mut Told) -> Result<Histogram, Incompatible>,
) -> Option<Value> {
    let mut told = Told::default();
    let result = aggregate(window.histograms, &mut told);
    let Ok(histogram) = result else {
        notes.mixed_exponential_custom();
        return None;
    };
    let operation = HistogramOperation::Aggregate;
    if told.reset && told.no_reset {
        notes.annotations.counter_reset_collision(notes.place, operation);
    }
    if told.reconciled {
        notes.annotations.mismatched_custom_buckets(notes.place, operation);
    }
    Some(Value::Histogram(Arc::new(histogram)))
}

fn sum_histograms(samples: &[Arc<Histogram>], told: &mut Told) -> Result<Histogram, Incompatible> {
    let mut sum = Sum::compensated(&samples[0]);
    told.hint(&samples[0]);
    for sample in &samples[1..] {
        told.hint(sample);
        told.merge(sum.add(sample)?);
    }
    Ok(sum.finish())
}

fn average_histograms(
    samples: &[Arc<Histogram>],
    told: &mut Told,
) -> Result<Histogram, Incompatible> {
    let mut sum = Sum::compensated(&samples[0]);
    told.hint(&samples[0]);
    let mut running = false;
    for (index, sample) in samples.iter().enumerate().skip(1) {
        told.hint(sample);
        let count = (index + 1) as f64;
        if !running {
            let mut next = sum.clone();
            told.merge(next.add(sample)?);
            if !next.overflows() {
                sum = next;
                continue;
            }
            running = true;
            sum.divide(count - 1.0);
        }
        sum.scale((count - 1.0) / count);
        told.merge(sum.add(&crate::histogram::divide(sample, count))?);
    }
    if !running {
        sum.divide(samples.len() as f64);
    }
    Ok(sum.finish())
}

pub(super) fn count(window: &Window<'_>, _: &mut Notes<'_>) -> Option<Value> {
    float((window.floats.len() + window.histograms.len()) as f64)
}

pub(super) fn present(_: &Window<'_>, _: &mut Notes<'_>) -> Option<Value> {
    float(1.0)
}

/// The float that wins every comparison, and its time.
fn extreme(
    window: &Window<'_>,
    notes: &mut Notes<'_>,
    wins: impl Fn(f64, f64) -> bool,
) -> Option<(f64, i64)> {
    let mut best = (*window.floats.first()?, window.float_times[0]);
    notes.ignored_histograms(window);
    for (value, time) in window.floats.iter().zip(window.float_times) {
        if wins(*value, best.0) || best.0.is_nan() {
            best = (*value, *time);
        }
    }
    Some(best)
}

pub(super) fn min(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    extreme(window, notes, |new, best| new < best).and_then(|(value, _)| float(value))
}

pub(super) fn max(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    extreme(window, notes, |new, best| new > best).and_then(|(value, _)| float(value))
}

pub(super) fn ts_of_min(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    extreme(window, notes, |new, best| new <= best).and_then(|(_, time)| float(seconds(time)))
}

pub(super) fn ts_of_max(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    extreme(window, notes, |new, best| new >= best).and_then(|(_, time)| float(seconds(time)))
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

pub(super) fn stdvar(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    variance(window, notes).and_then(float)
}

pub(super) fn stddev(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    variance(window, notes).and_then(|variance| float(variance.sqrt()))
}

/// Welford's method with compensated mean and sum of squares.
fn variance(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<f64> {
    if window.floats.is_empty() {
        return None;
    }
    notes.ignored_histograms(window);
    let (mut mean, mut squares, mut count) = (Kahan::default(), Kahan::default(), 0.0);
    for value in window.floats {
        count += 1.0;
        let delta = value - mean.total();
        mean.add(delta / count);
        squares.add(delta * (value - mean.total()));
    }
    Some(squares.total() / count)
}

pub(super) fn mad(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    if window.floats.is_empty() {
        return None;
    }
    notes.ignored_histograms(window);
    if window.floats.iter().any(|value| value.is_nan()) {
        return float(f64::NAN);
    }
    let mut values = window.floats.to_vec();
    let median = number::quantile(0.5, &mut values);
    let mut distances: Vec<f64> = window.floats.iter().map(|v| (v - median).abs()).collect();
    float(number::quantile(0.5, &mut distances))
}

pub(super) fn quantile(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    if window.floats.is_empty() {
        return None;
    }
    let quantile = window.args[0];
    if !(0.0..=1.0).contains(&quantile) {
        notes.annotations.invalid_quantile(notes.place, quantile);
    }
    notes.ignored_histograms(window);
    let mut values = window.floats.to_vec();
    float(number::quantile(quantile, &mut values))
}

pub(super) fn first(window: &Window<'_>, _: &mut Notes<'_>) -> Option<Value> {
    let float_time = window.float_times.first();
    match (window.histogram_times.first(), window.histograms.first()) {
        (Some(time), Some(histogram)) if float_time.is_none_or(|float| time <= float) => {
            Some(Value::Histogram(Arc::clone(histogram)))
        }
        _ => window.floats.first().and_then(|value| float(*value)),
    }
}

pub(super) fn last(window: &Window<'_>, _: &mut Notes<'_>) -> Option<Value> {
    let float_time = window.float_times.last();
    match (window.histogram_times.last(), window.histograms.last()) {
        (Some(time), Some(histogram)) if float_time.is_none_or(|float| time >= float) => {
            Some(Value::Histogram(Arc::clone(histogram)))
        }
        _ => window.floats.last().and_then(|value| float(*value)),
    }
}

pub(super) fn ts_of_first(window: &Window<'_>, _: &mut Notes<'_>) -> Option<Value> {
    let times = [window.float_times.first(), window.histogram_times.first()];
    times.into_iter().flatten().min().and_then(|time| float(seconds(*time)))
}

pub(super) fn ts_of_last(window: &Window<'_>, _: &mut Notes<'_>) -> Option<Value> {
    let times = [window.float_times.last(), window.histogram_times.last()];
    times.into_iter().flatten().max().and_then(|time| float(seconds(*time)))
}
