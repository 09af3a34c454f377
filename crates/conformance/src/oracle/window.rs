//! Functions of one window of samples, each from its definition.
//! Semantics: Prometheus 3.14, `promql/functions.go` and its documentation.

use super::quantile::of_values;
use super::select::Window;
use super::sparse::Sparse;
use super::sum::{mean, sum, variance};
use super::{Oracle, Point, Refusal, fails, total};
use crate::changes::Change;
use model::CounterReset;

/// What a function gets beside its window.
pub(super) struct Arguments {
    /// Instant of evaluation, ms.
    pub(super) at: i64,
    /// Scalars in their order.
    pub(super) scalars: Vec<f64>,
}

/// The samples of a window by kind.
struct Samples<'w> {
    window: &'w Window,
    floats: Vec<(i64, f64)>,
    histograms: Vec<(i64, &'w Sparse)>,
}

impl<'w> Samples<'w> {
    fn of(window: &'w Window) -> Self {
        let mut samples = Self { window, floats: Vec::new(), histograms: Vec::new() };
        for (at, point) in &window.points {
            match point {
                Point::Float(value) => samples.floats.push((*at, *value)),
                Point::Histogram(histogram) => samples.histograms.push((*at, histogram)),
            }
        }
        samples
    }

    fn values(&self) -> Vec<f64> {
        self.floats.iter().map(|(_, value)| *value).collect()
    }

    fn is_mixed(&self) -> bool {
        !self.floats.is_empty() && !self.histograms.is_empty()
    }
}

/// The function of a window; `None` when it has no value there.
pub(super) fn evaluate(
    oracle: &Oracle<'_>,
    name: &str,
    window: &Window,
    arguments: &Arguments,
) -> Result<Option<Point>, Refusal> {
    let samples = Samples::of(window);
    let points = &window.points;
    let scalar = |index: usize| arguments.scalars.get(index).copied().unwrap_or(f64::NAN);
    let count = points.len() as f64;
    let seconds = |at: Option<i64>| at.map(|at| Point::Float(at as f64 / 1000.0));
    Ok(match name {
        "rate" | "increase" | "delta" => extrapolated(oracle, name, &samples),
        "irate" => last_change(oracle, points, true),
        "idelta" => last_change(oracle, points, false),
        "resets" => Some(Point::Float(pairs(points, is_reset))),
        "changes" => Some(Point::Float(pairs(points, is_change))),
        "count_over_time" => Some(Point::Float(count)),
        "present_over_time" => Some(Point::Float(1.0)),
        "last_over_time" => points.last().map(|(_, point)| point.clone()),
        "first_over_time" => points.first().map(|(_, point)| point.clone()),
        "ts_of_first_over_time" => seconds(points.first().map(|(at, _)| *at)),
        "ts_of_last_over_time" => seconds(points.last().map(|(at, _)| *at)),
        "sum_over_time" => sum_or_mean(oracle, &samples, false),
        "avg_over_time" => sum_or_mean(oracle, &samples, true),
        "double_exponential_smoothing" => return smoothed(&samples, scalar(0), scalar(1)),
        _ if samples.floats.is_empty() => None,
        "min_over_time" => extreme(&samples.floats, |a, b| a < b).map(|(_, v)| Point::Float(v)),
        "max_over_time" => extreme(&samples.floats, |a, b| a > b).map(|(_, v)| Point::Float(v)),
        "ts_of_min_over_time" => seconds(extreme(&samples.floats, |a, b| a <= b).map(|(t, _)| t)),
        "ts_of_max_over_time" => seconds(extreme(&samples.floats, |a, b| a >= b).map(|(t, _)| t)),
        "stdvar_over_time" => Some(rounded(oracle, spread(oracle, &samples.values()))),
        "stddev_over_time" => Some(rounded(oracle, spread(oracle, &samples.values()).sqrt())),
        "quantile_over_time" => Some(Point::Float(of_values(scalar(0), samples.values()))),
        "mad_over_time" if samples.values().iter().any(|value| value.is_nan()) => {
            Some(Point::Float(f64::NAN))
        }
        "mad_over_time" => {
            let median = of_values(0.5, samples.values());
            let distances = samples.values().iter().map(|value| (value - median).abs()).collect();
            Some(Point::Float(of_values(0.5, distances)))
        }
        "deriv" | "predict_linear" if samples.floats.len() < 2 => None,
        "deriv" => {
            let (slope, _) = regression(&samples.floats, samples.floats[0].0);
            Some(rounded(oracle, slope))
        }
        "predict_linear" => {
            let (slope, intercept) = regression(&samples.floats, arguments.at);
            Some(rounded(oracle, slope * scalar(0) + intercept))
        }
        other => return Err(Refusal::Unknown(format!("the oracle does not know {other}"))),
    })
}

fn rounded(oracle: &Oracle<'_>, value: f64) -> Point {
    Point::Float(oracle.rounded(value))
}

/// The first sample that no other one beats; NaN only when there is nothing else.
fn extreme(floats: &[(i64, f64)], beats: fn(f64, f64) -> bool) -> Option<(i64, f64)> {
    let mut best = *floats.first()?;
    for (at, value) in floats {
        if beats(*value, best.1) || best.1.is_nan() {
            best = (*at, *value);
        }
    }
    Some(best)
}

/// Number of neighbours of which something is true.
fn pairs(points: &[(i64, Point)], counts: fn(&Point, &Point) -> bool) -> f64 {
    points.windows(2).filter(|pair| counts(&pair[0].1, &pair[1].1)).count() as f64
}

fn is_reset(before: &Point, now: &Point) -> bool {
    match (before, now) {
        (Point::Float(before), Point::Float(now)) => now < before,
        (Point::Histogram(before), Point::Histogram(now)) => now.is_reset_after(before),
        _ => true,
    }
}

fn is_change(before: &Point, now: &Point) -> bool {
    match (before, now) {
        (Point::Float(a), Point::Float(b)) => a != b && !(a.is_nan() && b.is_nan()),
        (Point::Histogram(a), Point::Histogram(b)) => !a.is_same(b),
        _ => true,
    }
}

fn sum_or_mean(oracle: &Oracle<'_>, samples: &Samples<'_>, is_mean: bool) -> Option<Point> {
    if samples.is_mixed() {
        return None;
    }
    if samples.histograms.is_empty() {
        let values = samples.values();
        let old = oracle.semantics.is_old(Change::SumsOfInfinities);
        let value = match is_mean {
            true => mean(&values),
            false if old && values.iter().any(|value| value.is_infinite()) => sum_before(&values),
            false => sum(values),
        };
        return Some(rounded(oracle, value));
    }
    let histograms: Vec<&Sparse> = samples.histograms.iter().map(|(_, h)| *h).collect();
    let value = if is_mean { total::mean(&histograms) } else { total::sum(&histograms) };
    Some(Point::Histogram(value.ok()?.map(|value| oracle.rounded(value))))
}

/// The variance; in 2.42 the correction of an overflow made it NaN.
fn spread(oracle: &Oracle<'_>, values: &[f64]) -> f64 {
    let value = variance(values);
    let spoiled = oracle.semantics.is_old(Change::SumsOfInfinities) && value.is_infinite();
    if spoiled { f64::NAN } else { value }
}

/// What 2.42 makes of infinities: the correction becomes NaN, the sum only when they cancel.
fn sum_before(values: &[f64]) -> f64 {
    values.iter().sum()
}

/// The increase between first and last sample, extended to the edges of the window when they are
/// about one step away, else by half a step; a counter is not extended below zero.
fn extrapolated(oracle: &Oracle<'_>, name: &str, samples: &Samples<'_>) -> Option<Point> {
    let is_counter = name != "delta";
    if samples.is_mixed() {
        return None;
    }
    let times: Vec<i64> = samples.window.points.iter().map(|(at, _)| *at).collect();
    let (first, last) = (*times.first()?, *times.last()?);
    if times.len() < 2 {
        return None;
    }
    let (increase, begin) = if samples.histograms.is_empty() {
        let increase = float_increase(&samples.floats, is_counter);
        (Point::Float(increase), samples.floats[0].1)
    } else {
        let increase = histogram_increase(oracle, &samples.histograms, is_counter)?;
        (Point::Histogram(increase), samples.histograms[0].1.count)
    };
    let seconds = |ms: i64| ms as f64 / 1000.0;
    let sampled = seconds(last - first);
    let step = sampled / (times.len() as f64 - 1.0);
    let mut to_start = seconds(first - samples.window.lo);
    let mut to_end = seconds(samples.window.hi - last);
    let total = match &increase {
        Point::Float(value) => *value,
        Point::Histogram(histogram) => histogram.count,
    };
    let limited = is_counter && total > 0.0 && begin >= 0.0;
    let to_zero = if limited { sampled * (begin / total) } else { f64::INFINITY };
    if oracle.semantics.is_old(Change::ZeroPointAfterThreshold) {
        to_start = to_start.min(to_zero);
        to_start = if to_start >= step * 1.1 { step / 2.0 } else { to_start };
    } else {
        to_start = if to_start >= step * 1.1 { step / 2.0 } else { to_start };
        to_start = to_start.min(to_zero);
    }
    if to_end >= step * 1.1 {
        to_end = step / 2.0;
    }
    let mut factor = (sampled + to_start + to_end) / sampled;
    if name == "rate" {
        factor /= seconds(samples.window.hi - samples.window.lo);
    }
    Some(match increase {
        Point::Float(value) => Point::Float(value * factor),
        Point::Histogram(histogram) => {
            Point::Histogram(histogram.map(|value| oracle.rounded(value * factor)))
        }
    })
}

fn float_increase(floats: &[(i64, f64)], is_counter: bool) -> f64 {
    let mut increase = floats[floats.len() - 1].1 - floats[0].1;
    for pair in floats.windows(2).filter(|_| is_counter) {
        if pair[1].1 < pair[0].1 {
            increase += pair[0].1;
        }
    }
    increase
}

fn histogram_increase(
    oracle: &Oracle<'_>,
    histograms: &[(i64, &Sparse)],
    is_counter: bool,
) -> Option<Sparse> {
    let (_, last) = histograms.last()?;
    let mut first = histograms[0].1.clone();
    // What stands before a reset is not looked at: its layout does not matter.
    if is_counter && histograms[1].1.is_reset_after(&first) {
        first = Sparse::empty_like(histograms[1].1);
    }
    let mixed = histograms[1..].iter().any(|(_, other)| other.is_custom() != last.is_custom());
    if first.is_custom() != last.is_custom() || (is_counter && mixed) {
        return None;
    }
    let mut increase = (*last).clone().with_schema(first.schema.min(last.schema));
    if is_counter {
        for (_, histogram) in &histograms[1..] {
            increase = increase.with_schema(histogram.schema.min(last.schema));
        }
    }
    increase = increase.minus(&first).ok()?;
    if is_counter {
        let mut before = &first;
        for (_, histogram) in &histograms[1..] {
            if histogram.is_reset_after(before) {
                increase = increase.plus(before).ok()?;
            }
            before = histogram;
        }
    }
    increase.hint = CounterReset::Gauge;
    Some(increase.compact().map(|value| oracle.rounded(value)))
}

/// Difference of the last two samples; per second for a counter, which may have started again.
fn last_change(oracle: &Oracle<'_>, points: &[(i64, Point)], is_rate: bool) -> Option<Point> {
    let [.., (before_at, before), (at, now)] = points else { return None };
    let seconds = if is_rate { (at - before_at) as f64 / 1000.0 } else { 1.0 };
    match (before, now) {
        (Point::Float(before), Point::Float(now)) => {
            let change = if is_rate && now < before { *now } else { now - before };
            Some(Point::Float(change / seconds))
        }
        (Point::Histogram(before), Point::Histogram(now)) => {
            let mut change = now.clone();
            if !is_rate || !now.is_reset_after(before) {
                change = now.minus(before).ok()?;
            }
            change.hint = CounterReset::Gauge;
            let change = change.compact().map(|value| oracle.rounded(value / seconds));
            Some(Point::Histogram(change))
        }
        _ => None,
    }
}

/// Least squares: slope per second, and value at an instant.
fn regression(floats: &[(i64, f64)], at: i64) -> (f64, f64) {
    let first = floats[0].1;
    if floats.iter().all(|(_, value)| *value == first) {
        return if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) };
    }
    let n = floats.len() as f64;
    let xs: Vec<f64> = floats.iter().map(|(time, _)| (time - at) as f64 / 1000.0).collect();
    let ys: Vec<f64> = floats.iter().map(|(_, value)| *value).collect();
    let (x, y) = (sum(xs.iter().copied()), sum(ys.iter().copied()));
    let xy = sum(xs.iter().zip(&ys).map(|(x, y)| x * y));
    let xx = sum(xs.iter().map(|x| x * x));
    let slope = (xy - x * y / n) / (xx - x * x / n);
    (slope, y / n - slope * x / n)
}

/// Holt's linear method.
fn smoothed(samples: &Samples<'_>, level: f64, trend: f64) -> Result<Option<Point>, Refusal> {
    for factor in [level, trend] {
        if factor <= 0.0 || factor >= 1.0 {
            return Err(fails(&format!("invalid factor {factor}")));
        }
    }
    let [(_, first), (_, second), ..] = samples.floats[..] else { return Ok(None) };
    let (mut before, mut now, mut slope) = (0.0, first, second - first);
    for (index, (_, value)) in samples.floats[1..].iter().enumerate() {
        if index > 0 {
            slope = trend * (now - before) + (1.0 - trend) * slope;
        }
        (before, now) = (now, level * value + (1.0 - level) * (now + slope));
    }
    Ok(Some(Point::Float(now)))
}
