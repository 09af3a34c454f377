//! `anchored` and `smoothed`: what a window takes from the samples around its ends.
//! Anchored: the value at the left end is the last one before it. Smoothed: the values at both ends
//! lie on the straight line between their neighbours.

use super::{Kernel, Notes, Samples, Window, rate};
use crate::QueryError;
use crate::annotation::HistogramOperation;
use crate::histogram::{self, Incompatible, Sum, detect_reset};
use model::{CounterReset, Histogram, Value};
use promql::ast::WindowEdge;
use std::sync::Arc;

/// Is the function allowed with these edges? The texts are upstream's.
pub(super) fn check_function(name: &str, edge: WindowEdge) -> Result<(), QueryError> {
    let (modifier, allowed): (_, &[&str]) = match edge {
        WindowEdge::Plain => return Ok(()),
        WindowEdge::Anchored => ("anchored", &["changes", "delta", "increase", "rate", "resets"]),
        WindowEdge::Smoothed => ("smoothed", &["delta", "increase", "rate"]),
    };
    if allowed.contains(&name) {
        return Ok(());
    }
    let allowed = allowed.join(", ");
    Err(QueryError::execution(format!(
        "{modifier} modifier can only be used with: {allowed} - not with {name}"
    )))
}

/// How far before and behind the window samples are wanted, ms.
pub(super) fn margins(edge: WindowEdge, lookback: i64) -> (i64, i64) {
    match edge {
        WindowEdge::Plain => (0, 0),
        WindowEdge::Anchored => (lookback, 0),
        WindowEdge::Smoothed => (lookback, lookback),
    }
}

/// The kernel of a function with these edges, when it differs from the plain one.
pub(super) fn kernel(name: &str, edge: WindowEdge) -> Option<Kernel> {
    let kernel: Kernel = match (edge, name) {
        (WindowEdge::Anchored, "rate") => |w, n| per_second(w, change(w, n, Edge::ANCHORED)),
        (WindowEdge::Anchored, "increase") => |w, n| change(w, n, Edge::ANCHORED),
        (WindowEdge::Anchored, "delta") => |w, n| change(w, n, Edge::ANCHORED.gauge()),
        (WindowEdge::Anchored, "resets") => |w, n| rate::resets(&narrow(w, Edge::ANCHORED)?, n),
        (WindowEdge::Anchored, "changes") => |w, n| rate::changes(&narrow(w, Edge::ANCHORED)?, n),
        (WindowEdge::Smoothed, "rate") => |w, n| per_second(w, change(w, n, Edge::SMOOTHED)),
        (WindowEdge::Smoothed, "increase") => |w, n| change(w, n, Edge::SMOOTHED),
        (WindowEdge::Smoothed, "delta") => |w, n| change(w, n, Edge::SMOOTHED.gauge()),
        _ => return None,
    };
    Some(kernel)
}

/// How ends are treated and what the samples are.
#[derive(Clone, Copy, Debug)]
struct Edge {
    smoothed: bool,
    counter: bool,
}

impl Edge {
    const ANCHORED: Self = Self { smoothed: false, counter: true };
    const SMOOTHED: Self = Self { smoothed: true, counter: true };

    const fn gauge(self) -> Self {
        Self { counter: false, ..self }
    }
}

fn per_second(window: &Window<'_>, change: Option<Value>) -> Option<Value> {
    Some(match change? {
        Value::Float(value) => Value::Float(value / window.seconds()),
        Value::Histogram(h) => Value::Histogram(Arc::new(histogram::divide(&h, window.seconds()))),
    })
}

/// The samples that matter: from the last one at or before the left end, when smoothed to the first
/// one at or after the right end. `None` when no sample lies in reach.
fn narrow<'a>(window: &Window<'a>, edge: Edge) -> Option<Window<'a>> {
    let times = || [window.float_times, window.histogram_times];
    let anchor = times()
        .into_iter()
        .filter_map(|times| times[..times.partition_point(|t| *t <= window.lo)].last())
        .max();
    let from = anchor.copied().unwrap_or(i64::MIN);
    let first_after = times()
        .into_iter()
        .filter_map(|times| times.get(times.partition_point(|t| *t < window.hi)))
        .min();
    let to = if edge.smoothed { first_after.copied().unwrap_or(i64::MAX) } else { i64::MAX };
    let bounds =
        |times: &[i64]| (times.partition_point(|t| *t < from), times.partition_point(|t| *t <= to));
    let (float_from, float_to) = bounds(window.float_times);
    let (histogram_from, histogram_to) = bounds(window.histogram_times);
    let narrowed = Window {
        float_times: &window.float_times[float_from..float_to],
        floats: &window.floats[float_from..float_to],
        float_starts: &[],
        histogram_times: &window.histogram_times[histogram_from..histogram_to],
        histograms: &window.histograms[histogram_from..histogram_to],
        histogram_starts: &[],
        ..*window
    };
    let all = || narrowed.float_times.iter().chain(narrowed.histogram_times);
    let reaches = all().max()? > &window.lo && all().min()? <= &window.hi;
    reaches.then_some(narrowed)
}

/// Value at the right end minus value at the left end, resets counted in.
fn change(window: &Window<'_>, notes: &mut Notes<'_>, edge: Edge) -> Option<Value> {
    let window = narrow(window, edge)?;
    match (window.floats.is_empty(), window.histograms.is_empty()) {
        (false, false) => {
            notes.mixed_floats_histograms();
            None
        }
        (false, true) => Some(Value::Float(float_change(&window, edge))),
        (true, false) => {
            note_kind(&window, notes, edge);
            let Ok(histogram) = histogram_change(&window, notes, edge) else {
                notes.mixed_exponential_custom();
                return None;
            };
            Some(Value::Histogram(Arc::new(histogram)))
        }
        (true, true) => None,
    }
}

fn float_change(window: &Window<'_>, edge: Edge) -> f64 {
    let (left, right) = float_ends(window, edge);
    let mut change = right - left;
    if edge.counter {
        let mut previous = left;
        for value in inner(window.float_times, window).map(|index| window.floats[index]) {
            if value < previous {
                change += previous;
            }
            previous = value;
        }
        if right < previous {
            change += previous;
        }
    }
    change
}

/// Values at both ends of a window that is not empty.
fn float_ends(window: &Window<'_>, edge: Edge) -> (f64, f64) {
    let (times, values) = (window.float_times, window.floats);
    let last = times.len() - 1;
    let on_line = |index: usize, at: i64| {
        let (mut low, high) = (values[index], values[index + 1]);
        if edge.counter && high < low {
            // A counter that was reset in between began again at zero.
            low = 0.0;
        }
        low + (high - low) * (at - times[index]) as f64 / (times[index + 1] - times[index]) as f64
    };
    let left = if edge.smoothed && times[0] < window.lo && last > 0 {
        on_line(0, window.lo)
    } else {
        values[0]
    };
    let right = if edge.smoothed && last > 0 && times[last] > window.hi {
        on_line(last - 1, window.hi)
    } else {
        values[last]
    };
    (left, right)
}

/// Samples strictly inside the window.
fn inner(times: &[i64], window: &Window<'_>) -> std::ops::Range<usize> {
    let from = times.partition_point(|time| *time <= window.lo);
    let to = times.partition_point(|time| *time < window.hi);
    from..to.max(from)
}

fn note_kind(window: &Window<'_>, notes: &mut Notes<'_>, edge: Edge) {
    let gauge = |h: &Arc<Histogram>| h.counter_reset == CounterReset::Gauge;
    let ends = [window.histograms.first(), window.histograms.last()];
    if edge.counter && window.histograms.iter().any(gauge) {
        notes.annotations.native_not_counter(notes.place, notes.metric);
    } else if !edge.counter && !ends.into_iter().flatten().all(gauge) {
        notes.annotations.native_not_gauge(notes.place, notes.metric);
    }
}

fn histogram_change(
    window: &Window<'_>,
    notes: &mut Notes<'_>,
    edge: Edge,
) -> Result<Histogram, Incompatible> {
    let (times, samples) = (window.histogram_times, window.histograms);
    let last = times.len() - 1;
    let left_on_line = edge.smoothed && times[0] < window.lo && last > 0;
    let right_on_line = edge.smoothed && last > 0 && times[last] > window.hi;
    let on_line = |index: usize, at: i64| {
        let fraction = (at - times[index]) as f64 / (times[index + 1] - times[index]) as f64;
        interpolate(&samples[index], &samples[index + 1], fraction, edge.counter)
    };
    let left = if left_on_line { on_line(0, window.lo)? } else { (*samples[0]).clone() };
    let right =
        if right_on_line { on_line(last - 1, window.hi)? } else { (*samples[last]).clone() };
    let mut sum = Sum::new(&right);
    let merge = sum.subtract(&left)?;
    if merge.bounds_reconciled {
        notes.annotations.mismatched_custom_buckets(notes.place, HistogramOperation::Sub);
    }
    if edge.counter {
        let inside = inner(times, window);
        let right_is_inside = inside.contains(&last);
        let followers = inside.map(|index| &*samples[index]);
        let end = (!right_is_inside).then_some(&right);
        let mut previous = &left;
        // A left end on the line knows already of a reset before the sample that follows it.
        let mut known = left_on_line;
        for sample in followers.chain(end) {
            if !known && detect_reset(sample, previous) {
                sum.add(previous)?;
            }
            known = false;
            previous = sample;
        }
    }
    Ok(Histogram { counter_reset: CounterReset::Gauge, ..sum.finish() })
}

/// The histogram at `fraction` of the way; a counter that was reset began again at zero.
fn interpolate(
    from: &Histogram,
    to: &Histogram,
    fraction: f64,
    counter: bool,
) -> Result<Histogram, Incompatible> {
    if histogram::is_custom(from) != histogram::is_custom(to) {
        return Err(Incompatible);
    }
    if counter && detect_reset(to, from) {
        return Ok(histogram::scale(to, fraction));
    }
    let mut difference = Sum::new(to);
    difference.subtract(from)?;
    difference.scale(fraction);
    let mut sum = Sum::new(from);
    sum.add(&difference.finish())?;
    Ok(Histogram { counter_reset: to.counter_reset, ..sum.finish() })
}

/// `selector smoothed` at one instant; the notes tell why there is no value.
pub(crate) fn smoothed_value(
    samples: &Samples,
    at: i64,
    lookback: i64,
    notes: &mut Notes<'_>,
) -> Option<Value> {
    let (lo, hi) = (at.saturating_sub(lookback), at.saturating_add(lookback));
    let bounds =
        |times: &[i64]| (times.partition_point(|t| *t <= lo), times.partition_point(|t| *t <= hi));
    let window =
        samples.window([bounds(&samples.float_times), bounds(&samples.histogram_times)], (at, at));
    if !window.floats.is_empty() && !window.histograms.is_empty() {
        notes.mixed_floats_histograms();
        return None;
    }
    if window.histograms.is_empty() {
        let (index, fraction) = locate(window.float_times, at)?;
        let value = window.floats[index];
        if fraction.is_none() {
            return Some(Value::Float(value));
        }
        let (from, to) = (window.float_times[index], window.float_times[index + 1]);
        let rise = window.floats[index + 1] - value;
        return Some(Value::Float(value + rise * (at - from) as f64 / (to - from) as f64));
    }
    let (index, fraction) = locate(window.histogram_times, at)?;
    let histogram = &window.histograms[index];
    let Some(fraction) = fraction else { return Some(Value::Histogram(Arc::clone(histogram))) };
    let next = &window.histograms[index + 1];
    let counter = histogram.counter_reset != CounterReset::Gauge;
    let Ok(between) = interpolate(histogram, next, fraction, counter) else {
        notes.mixed_exponential_custom();
        return None;
    };
    Some(Value::Histogram(Arc::new(between)))
}

/// The last sample at or before an instant, and how far the way to the next one is gone; no
/// fraction when the sample lies there or none follows.
fn locate(times: &[i64], at: i64) -> Option<(usize, Option<f64>)> {
    let index = times.partition_point(|time| *time <= at).checked_sub(1)?;
    let exact = times[index] == at;
    let next = times.get(index + 1).filter(|_| !exact);
    Some((index, next.map(|next| (at - times[index]) as f64 / (next - times[index]) as f64)))
}

/// Samples of a window shown on its own: with values at both of its ends.
pub(super) fn extend(
    samples: &mut Samples,
    edge: WindowEdge,
    (lo, hi): (i64, i64),
) -> Result<(), QueryError> {
    let smoothed = match edge {
        WindowEdge::Plain => return Ok(()),
        WindowEdge::Anchored => false,
        WindowEdge::Smoothed => true,
    };
    if !samples.histograms.is_empty() {
        return Err(QueryError::execution("anchored modifier is not supported with histograms"));
    }
    let all = [(0, samples.float_times.len()), (0, 0)];
    let window = samples.window(all, (lo, hi));
    let edge = Edge { smoothed, counter: false };
    let (mut times, mut values) = (Vec::new(), Vec::new());
    if let Some(window) = narrow(&window, edge) {
        let (left, right) = float_ends(&window, edge);
        times.push(lo);
        values.push(left);
        for index in inner(window.float_times, &window) {
            times.push(window.float_times[index]);
            values.push(window.floats[index]);
        }
        times.push(hi);
        values.push(right);
    }
    samples.float_times = times;
    samples.floats = values;
    Ok(())
}
