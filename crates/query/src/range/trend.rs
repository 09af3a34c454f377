//! Trends: least squares (`deriv`, `predict_linear`) and double exponential smoothing.
//! Histograms in a window with floats are ignored with an info.

use super::{Notes, Window};
use crate::number::Kahan;
use model::Value;

/// Fewer than two floats give no trend; a lone one among histograms is worth a note.
fn is_too_short(window: &Window<'_>, notes: &mut Notes<'_>) -> bool {
    let short = window.floats.len() < 2;
    if !short || window.floats.len() == 1 {
        notes.ignored_histograms(window);
    }
    short
}

pub(super) fn deriv(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    if is_too_short(window, notes) {
        return None;
    }
    // An instant near the samples keeps the numbers small.
    let (slope, _) = linear_regression(window, window.float_times[0]);
    Some(Value::Float(slope))
}

pub(super) fn predict_linear(window: &Window<'_>, notes: &mut Notes<'_>) -> Option<Value> {
    if is_too_short(window, notes) {
        return None;
    }
    let (slope, intercept) = linear_regression(window, window.at);
    Some(Value::Float(slope * window.args[0] + intercept))
}

/// Slope per second and value at `origin` of the line of least squares.
fn linear_regression(window: &Window<'_>, origin: i64) -> (f64, f64) {
    let first = window.floats[0];
    let mut count = 0.0;
    let (mut x_sum, mut y_sum) = (Kahan::default(), Kahan::default());
    let (mut xy_sum, mut xx_sum) = (Kahan::default(), Kahan::default());
    let mut constant = true;
    for (time, y) in window.float_times.iter().zip(window.floats) {
        constant &= *y == first || count == 0.0;
        count += 1.0;
        let x = time.saturating_sub(origin) as f64 / 1e3;
        x_sum.add(x);
        y_sum.add(*y);
        xy_sum.add(x * y);
        xx_sum.add(x * x);
    }
    if constant {
        return if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) };
    }
    let (x_sum, y_sum) = (x_sum.total(), y_sum.total());
    let covariance = xy_sum.total() - x_sum * y_sum / count;
    let variance = xx_sum.total() - x_sum * x_sum / count;
    let slope = covariance / variance;
    (slope, y_sum / count - slope * x_sum / count)
}

pub(super) fn double_exponential_smoothing(
    window: &Window<'_>,
    notes: &mut Notes<'_>,
) -> Option<Value> {
    if is_too_short(window, notes) {
        return None;
    }
    let [smoothing, trend_factor] = window.args;
    let values = window.floats;
    let (mut previous, mut smoothed) = (0.0, values[0]);
    let mut trend = values[1] - values[0];
    for (index, value) in values.iter().enumerate().skip(1) {
        let scaled = smoothing * value;
        if index > 1 {
            trend = trend_factor * (smoothed - previous) + (1.0 - trend_factor) * trend;
        }
        let carried = (1.0 - smoothing) * (smoothed + trend);
        (previous, smoothed) = (smoothed, scaled + carried);
    }
    Some(Value::Float(smoothed))
}
