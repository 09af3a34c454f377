//! Change over a window: `rate`, `increase`, `delta`, `irate`, `idelta`, `resets`, `changes`.
//! The order of operations is upstream's (`promql/functions.go`): results are equal bit for bit.

use super::samples::Frame;
use super::{Notes, Window};
use crate::annotation::HistogramOperation;
use crate::histogram::{self, Sum, detect_reset, is_custom};
use model::{CounterReset, Histogram, Value};
use std::sync::Arc;

/// What the samples are and what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Change per second of a counter.
    CounterPerSecond,
    /// Change of a counter.
    Counter,
    /// Change of a gauge.
    Gauge,
}

impl Question {
    /// What a function asks, if it extrapolates.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "rate" => Some(Self::CounterPerSecond),
            "increase" => Some(Self::Counter),
            "delta" => Some(Self::Gauge),
            _ => None,
        }
    }

    pub(super) fn is_counter(self) -> bool {
        self != Self::Gauge
    }
}

pub(super) fn rate(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    extrapolate(window, notes, Question::CounterPerSecond)
}

pub(super) fn increase(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    extrapolate(window, notes, Question::Counter)
}

pub(super) fn delta(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    extrapolate(window, notes, Question::Gauge)
}

/// Change between first and last sample, extrapolated to the ends of the window: as far as the end
/// when a sample there was not yet due, else by half the usual distance; never below zero.
///
/// A counter whose start lies inside the window was zero then: no guess is needed on that side.
fn extrapolate(window: &Window<'_>, notes: &mut Notes<'_>, question: Question) -> Option<Value> {
    let floats = window.floats;
    if !floats.is_empty() && !window.histograms.is_empty() {
        notes.mixed_floats_histograms();
        return None;
    }
    let counter = question.is_counter();
    if !window.histograms.is_empty() {
        let times = window.histogram_times;
        let origin = counter.then(|| origin(window, times, window.histogram_starts)).flatten();
        if window.histograms.len() < 2 && origin.is_none() {
            return None;
        }
        note_overlaps(times, window.histogram_starts, notes);
        let change = histogram_change(window, notes, counter, origin.is_some())?;
        let ends = Ends { first: window.histograms[0].count, change: change.count, origin };
        let frame = Frame::new(times, (window.lo, window.hi));
        let factor = factor(frame, window.seconds(), question, ends);
        return Some(Value::Histogram(Arc::new(histogram::scale(&change, factor))));
    }
    let times = window.float_times;
    let origin = counter.then(|| origin(window, times, window.float_starts)).flatten();
    if floats.len() < 2 && (floats.is_empty() || origin.is_none()) {
        return None;
    }
    let mut change = floats[floats.len() - 1] - floats[0];
    if counter {
        note_overlaps(times, window.float_starts, notes);
        change = correct_resets(window, change);
    }
    if origin.is_some() {
        change += floats[0];
    }
    let ends = Ends { first: floats[0], change, origin };
    let frame = Frame::new(times, (window.lo, window.hi));
    Some(Value::Float(change * factor(frame, window.seconds(), question, ends)))
}

/// How many seconds before the first sample the counter began, if that lies inside the window.
fn origin(window: &Window<'_>, times: &[i64], starts: &[i64]) -> Option<f64> {
    let (start, first) = (*starts.first()?, *times.first()?);
    let inside = start != 0 && start > window.lo && start < first;
    inside.then(|| (first - start) as f64 / 1000.0)
}

/// A sample that began before its predecessor was taken, but not together with it, is odd.
fn note_overlaps(times: &[i64], starts: &[i64], notes: &mut Notes<'_>) {
    let overlaps =
        |pair: &[i64], before: i64| pair[1] != 0 && pair[1] < before && pair[1] != pair[0];
    if starts.windows(2).zip(times).any(|(pair, before)| overlaps(pair, *before)) {
        notes.annotations.start_time_overlap(notes.place, notes.metric);
    }
}

/// Adds what was reached before each reset, in order.
fn correct_resets(window: &Window<'_>, change: f64) -> f64 {
    let mut change = change;
    for (index, pair) in window.floats.windows(2).enumerate() {
        if pair[1] < pair[0] || started_again(window.float_times, window.float_starts, index) {
            change += pair[0];
        }
    }
    change
}

/// Does the start timestamp of sample `index + 1` say that the counter began after sample `index`?
///
/// A start at (or after) the sample itself says nothing. A start equal to the time of the sample
/// before means a delta series, unless the start of that sample says nothing either.
pub(super) fn started_again(times: &[i64], starts: &[i64], index: usize) -> bool {
    let (Some(&before), Some(&start)) = (starts.get(index), starts.get(index + 1)) else {
        return false;
    };
    if start == 0 || start >= times[index + 1] || start < times[index] {
        return false;
    }
    start > times[index] || (before != 0 && before < times[index])
}

/// What extrapolation looks at.
#[derive(Clone, Copy)]
struct Ends {
    /// First sample; of a histogram its count.
    first: f64,
    /// Change over the window so far.
    change: f64,
    /// How long before the first sample the counter was zero, in seconds, if known.
    origin: Option<f64>,
}

/// How far the change of one window is extrapolated, as far as timestamps alone tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reach {
    /// Seconds from the first to the last sample.
    sampled: f64,
    /// Seconds before the first sample.
    to_start: f64,
    /// Seconds behind the last sample.
    to_end: f64,
    /// The window in seconds, when the change per second is asked for.
    per: Option<f64>,
    /// By how much the change grows.
    factor: f64,
    /// A counter whose first sample is above this part of its change was not zero within `to_start`
    /// before; a little more than exact, so that no rounding of the exact test decides otherwise.
    part: f64,
}

/// Roundings of the exact test are below 1e-15 of what they round.
const PART_MARGIN: f64 = 1.0 + 1e-9;

impl Reach {
    pub(super) fn of(frame: Frame, range_seconds: f64, question: Question) -> Self {
        let Frame { to_start, sampled, average, to_end } = frame;
        let threshold = average * 1.1;
        let near = |distance| if distance >= threshold { average / 2.0 } else { distance };
        let per = (question == Question::CounterPerSecond).then_some(range_seconds);
        let (to_start, to_end) = (near(to_start), near(to_end));
        let part = to_start / sampled * PART_MARGIN;
        let mut reach = Self { sampled, to_start, to_end, per, factor: 0.0, part };
        reach.factor = reach.factor_from(to_start);
        reach
    }

    fn factor_from(&self, to_start: f64) -> f64 {
        let factor = (self.sampled + to_start + self.to_end) / self.sampled;
        self.per.map_or(factor, |seconds| factor / seconds)
    }

    /// By how much the change of a gauge grows.
    pub(super) fn gauge(&self) -> f64 {
        self.factor
    }

    /// By how much the change of a counter grows. It cannot have been negative: it began at zero at
    /// the earliest.
    #[inline]
    pub(super) fn counter(&self, first: f64, change: f64) -> f64 {
        if change > 0.0 && first >= 0.0 && first <= change * self.part {
            self.counter_near_zero(first, change)
        } else {
            self.factor
        }
    }

    #[cold]
    fn counter_near_zero(&self, first: f64, change: f64) -> f64 {
        let to_zero = self.sampled * (first / change);
        if to_zero < self.to_start { self.factor_from(to_zero) } else { self.factor }
    }

    /// By how much it grows when it was zero so many seconds before the first sample.
    fn since(&self, origin: f64) -> f64 {
        let sampled = self.sampled + origin;
        Self { sampled, ..*self }.factor_from(0.0)
    }
}

/// By how much the change grows when it is extrapolated to the ends of the window.
fn factor(frame: Frame, range_seconds: f64, question: Question, ends: Ends) -> f64 {
    let reach = Reach::of(frame, range_seconds, question);
    match ends.origin {
        Some(origin) => reach.since(origin),
        None if question.is_counter() => reach.counter(ends.first, ends.change),
        None => reach.gauge(),
    }
}

/// Change of a histogram between first and last sample, resets counted in; from zero on when the
/// counter began inside the window.
fn histogram_change(
    window: &Window<'_>,
    notes: &mut Notes<'_>,
    counter: bool,
    from_zero: bool,
) -> Option<Histogram> {
    let samples = window.histograms;
    let (first, last) = (&samples[0], &samples[samples.len() - 1]);
    let is_gauge = |h: &Histogram| h.counter_reset == CounterReset::Gauge;
    if counter && (is_gauge(first) || is_gauge(last)) {
        notes.annotations.native_not_counter(notes.place, notes.metric);
    }
    let reset = |index: usize, previous: &Histogram| {
        started_again(window.histogram_times, window.histogram_starts, index)
            || detect_reset(&samples[index + 1], previous)
    };
    // After a reset between the first two samples the first one does not matter, nor its layout.
    let mut previous = Arc::clone(first);
    if counter && samples.len() > 1 && reset(0, first) {
        previous = Arc::new(empty_like(&samples[1]));
    }
    if is_custom(last) != is_custom(&previous) {
        notes.mixed_exponential_custom();
        return None;
    }
    let mut schema = last.schema.min(previous.schema);
    if counter {
        for sample in samples.iter().skip(1).rev().skip(1).rev() {
            if is_gauge(sample) {
                notes.annotations.native_not_counter(notes.place, notes.metric);
            }
            schema = schema.min(sample.schema);
            if is_custom(sample) != is_custom(&previous) {
                notes.mixed_exponential_custom();
                return None;
            }
        }
    }
    let mut sum = Sum::new(last);
    sum.lower_schema(schema);
    let merge = sum.subtract(&previous);
    note_merge(notes, merge.ok()?, HistogramOperation::Sub);
    if counter {
        for (index, sample) in samples[1..].iter().enumerate() {
            if reset(index, &previous) {
                note_merge(notes, sum.add(&previous).ok()?, HistogramOperation::Add);
            }
            previous = Arc::clone(sample);
        }
    } else if !is_gauge(first) || !is_gauge(last) {
        notes.annotations.native_not_gauge(notes.place, notes.metric);
    }
    if from_zero {
        note_merge(notes, sum.add(first).ok()?, HistogramOperation::Add);
    }
    Some(Histogram { counter_reset: CounterReset::Gauge, ..sum.finish() })
}

fn empty_like(other: &Histogram) -> Histogram {
    Histogram {
        schema: other.schema,
        custom_values: other.custom_values.clone(),
        ..Histogram::default()
    }
}

fn note_merge(notes: &mut Notes<'_>, merge: histogram::Merge, operation: HistogramOperation) {
    if merge.bounds_reconciled {
        notes.annotations.mismatched_custom_buckets(notes.place, operation);
    }
}

pub(super) fn irate(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    last_change(window, notes, true)
}

pub(super) fn idelta(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    last_change(window, notes, false)
}

/// A sample of either kind.
#[derive(Clone, Copy)]
struct Sample<'a> {
    time: i64,
    start: i64,
    float: f64,
    histogram: Option<&'a Arc<Histogram>>,
}

impl<'a> Sample<'a> {
    fn of_float(window: &Window<'a>, index: usize) -> Self {
        Self {
            time: window.float_times[index],
            start: window.float_starts.get(index).copied().unwrap_or_default(),
            float: window.floats[index],
            histogram: None,
        }
    }

    fn of_histogram(window: &Window<'a>, index: usize) -> Self {
        Self {
            time: window.histogram_times[index],
            start: window.histogram_starts.get(index).copied().unwrap_or_default(),
            float: 0.0,
            histogram: Some(&window.histograms[index]),
        }
    }
}

/// The two newest samples, the older one first.
fn last_two<'a>(window: &Window<'a>) -> Option<[Sample<'a>; 2]> {
    let newest = |count: usize| (0..count).rev().take(2);
    let floats = newest(window.floats.len()).map(|index| Sample::of_float(window, index));
    let histograms =
        newest(window.histograms.len()).map(|index| Sample::of_histogram(window, index));
    let mut samples: Vec<Sample<'a>> = floats.chain(histograms).collect();
    samples.sort_by_key(|sample| std::cmp::Reverse(sample.time));
    Some([*samples.get(1)?, *samples.first()?])
}

fn last_change(window: &Window<'_>, notes: &mut Notes<'_>, per_second: bool) -> Option<Value> {
    let [before, last] = last_two(window)?;
    let seconds = (last.time - before.time) as f64 / 1000.0;
    if last.time == before.time {
        return None;
    }
    let restarted = began_between(&before, &last);
    match (before.histogram, last.histogram) {
        (None, None) => {
            let mut change = last.float;
            if !per_second || !(last.float < before.float || restarted) {
                change = last.float - before.float;
            }
            Some(Value::Float(if per_second { change / seconds } else { change }))
        }
        (Some(before), Some(last)) => {
            let change = last_histogram_change(notes, per_second, restarted, [before, last])?;
            let change = if per_second { histogram::divide(&change, seconds) } else { change };
            Some(Value::Histogram(Arc::new(change)))
        }
        (Some(_), None) | (None, Some(_)) => {
            notes.mixed_floats_histograms();
            None
        }
    }
}

fn last_histogram_change(
    notes: &mut Notes<'_>,
    counter: bool,
    restarted: bool,
    [before, last]: [&Histogram; 2],
) -> Option<Histogram> {
    let gauges = [before, last].map(|h| h.counter_reset == CounterReset::Gauge);
    if counter && gauges.contains(&true) {
        notes.annotations.native_not_counter(notes.place, notes.metric);
    }
    if !counter && gauges.contains(&false) {
        notes.annotations.native_not_gauge(notes.place, notes.metric);
    }
    let mut sum = Sum::new(last);
    if !counter || (!restarted && !detect_reset(last, before)) {
        let Ok(merge) = sum.subtract(before) else {
            notes.mixed_exponential_custom();
            return None;
        };
        note_merge(notes, merge, HistogramOperation::Sub);
    }
    Some(Histogram { counter_reset: CounterReset::Gauge, ..sum.finish() })
}

pub(super) fn resets(window: &Window<'_>, _: &mut Notes<'_>) -> Option<Value> {
    count_steps(window, |before, now| match (before.histogram, now.histogram) {
        (None, None) => now.float < before.float || began_between(before, now),
        (Some(from), Some(to)) => detect_reset(to, from) || began_between(before, now),
        (Some(_), None) | (None, Some(_)) => true,
    })
}

fn began_between(before: &Sample<'_>, now: &Sample<'_>) -> bool {
    started_again(&[before.time, now.time], &[before.start, now.start], 0)
}

pub(super) fn changes(window: &Window<'_>, _: &mut Notes<'_>) -> Option<Value> {
    count_steps(window, |before, now| match (before.histogram, now.histogram) {
        (None, None) => now.float != before.float && !(now.float.is_nan() && before.float.is_nan()),
        (Some(before), Some(now)) => !histogram::equals(now, before),
        (Some(_), None) | (None, Some(_)) => true,
    })
}

/// In how many pairs of neighbours does something happen?
fn count_steps(
    window: &Window<'_>,
    happens: impl Fn(&Sample<'_>, &Sample<'_>) -> bool,
) -> Option<Value> {
    let (mut float, mut histogram) = (0, 0);
    let mut previous: Option<Sample<'_>> = None;
    let mut count = 0_u64;
    while float < window.floats.len() || histogram < window.histograms.len() {
        let float_first = window.histogram_times.get(histogram).is_none_or(|histogram_time| {
            window.float_times.get(float).is_some_and(|time| time < histogram_time)
        });
        let sample = if float_first {
            float += 1;
            Sample::of_float(window, float - 1)
        } else {
            histogram += 1;
            Sample::of_histogram(window, histogram - 1)
        };
        if previous.is_some_and(|previous| happens(&previous, &sample)) {
            count += 1;
        }
        previous = Some(sample);
    }
    previous.map(|_| Value::Float(count as f64))
}
