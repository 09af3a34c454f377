//! Arithmetic of numbers exactly as Go does it: sums, extremes, quantiles; notations of labels.
//! Sums are Kahan-Neumaier compensated in a fixed order, so that they do not depend on cores.

use model::{go_general, is_stale};

/// A compensated sum; `comp` is what rounding lost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Kahan {
    pub sum: f64,
    pub comp: f64,
}

impl Kahan {
    /// Adds one number (Neumaier's variant, infinities keep the compensation clean).
    pub(crate) fn add(&mut self, value: f64) {
        let total = self.sum + value;
        if total.is_infinite() {
            self.comp = 0.0;
        } else if self.sum.abs() >= value.abs() {
            self.comp += (self.sum - total) + value;
        } else {
            self.comp += (value - total) + self.sum;
        }
        self.sum = total;
    }

    /// Adds one number like [`Kahan::add`], to the bit but for which NaN it is, with both ways
    /// computed: loops over this add several sums at once.
    #[inline]
    pub(crate) fn add_branchless(&mut self, value: f64) {
        let total = self.sum + value;
        let (from_sum, from_value) = ((self.sum - total) + value, (value - total) + self.sum);
        let lost = if self.sum.abs() >= value.abs() { from_sum } else { from_value };
        self.comp = if total.is_infinite() { 0.0 } else { self.comp + lost };
        self.sum = total;
    }

    /// The sum with its compensation.
    pub(crate) fn total(self) -> f64 {
        self.sum + self.comp
    }
}

/// Go's `math.Max`: infinity wins over NaN, NaN over all else.
pub(crate) fn go_max(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == 0.0 && b == 0.0 {
        if a.is_sign_negative() { b } else { a }
    } else if a > b {
        a
    } else {
        b
    }
}

/// Go's `math.Min`: minus infinity wins over NaN, NaN over all else.
pub(crate) fn go_min(a: f64, b: f64) -> f64 {
    -go_max(-a, -b)
}

/// Equal within a relative tolerance (Prometheus' `util/almost`); NaN equals NaN, the staleness
/// marker only itself.
pub(crate) fn almost_equal(a: f64, b: f64, tolerance: f64) -> bool {
    if is_stale(a) || is_stale(b) {
        return is_stale(a) && is_stale(b);
    }
    if a.is_nan() && b.is_nan() {
        return true;
    }
    if a == b {
        return true;
    }
    let sum = a.abs() + b.abs();
    let difference = (a - b).abs();
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < tolerance * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < tolerance
}

/// How OpenMetrics writes a float label value: like `%g`, whole numbers with `.0`.
pub(crate) fn openmetrics(value: f64) -> String {
    let text = go_general(value);
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if plain { format!("{text}.0") } else { text }
}

/// Parses what Go's `strconv.ParseFloat` takes in a bucket label.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("infinity") {
        return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') && text != "NaN" {
        return None;
    }
    text.parse().ok()
}

/// Quantile of floats by linear interpolation between the two nearest ranks; sorts `values`.
///
/// NaN counts as the smallest value. Without values or with a NaN quantile the answer is NaN.
pub(crate) fn quantile(quantile: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || quantile.is_nan() {
        return f64::NAN;
    }
    if quantile < 0.0 {
        return f64::NEG_INFINITY;
    }
    if quantile > 1.0 {
        return f64::INFINITY;
    }
    values.sort_by(|a, b| b.is_nan().cmp(&a.is_nan()).then(a.partial_cmp(b).unwrap_or(EQUAL)));
    let last = (values.len() - 1) as f64;
    let rank = quantile * last;
    let lower = rank.floor().max(0.0);
    let upper = (lower + 1.0).min(last);
    let weight = rank - rank.floor();
    values[index(lower)] * (1.0 - weight) + values[index(upper)] * weight
}

const EQUAL: std::cmp::Ordering = std::cmp::Ordering::Equal;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= rank < len")]
fn index(rank: f64) -> usize {
    rank as usize
}

#[cfg(test)]
mod tests;
