//! Quantiles over the last time: slices of a window, each exact while it is small and a sketch of
//! relative error 1 % afterwards. Pure; the caller says what time it is.
//! Memory: at most 64 values or 256 buckets a slice: 5 slices of 2 KiB a summary by default.

use std::collections::VecDeque;
use std::time::Duration;

/// Values that a slice keeps as they are.
const VALUES_MAX: usize = 64;
/// Buckets of a slice; beyond it the smallest are joined.
const BUCKETS_MAX: usize = 256;
/// Bounds of buckets grow by this factor: no value is further than 1 % from its bucket's.
const GROWTH: f64 = 1.01 / 0.99;
/// What is nearer to 0 is 0.
const TINY: f64 = 1e-9;

/// The observations of the last time.
#[derive(Debug)]
pub(super) struct Window {
    /// Newest last.
    slices: VecDeque<Slice>,
    slice_ms: i64,
    slices_max: u32,
}

#[derive(Debug)]
struct Slice {
    begin_ms: i64,
    seen: Seen,
}

#[derive(Debug)]
enum Seen {
    /// Values with their numbers, in the order in which they came.
    Values(Vec<(f64, u64)>),
    /// Buckets with their numbers, sorted.
    Buckets(Vec<(i32, u64)>),
}

impl Window {
    /// A window of `max_age` in so many slices.
    pub(super) fn new(max_age: Duration, slices: u32) -> Self {
        let age_ms = i64::try_from(max_age.as_millis()).unwrap_or(i64::MAX);
        let slice_ms = (age_ms / i64::from(slices.max(1))).max(1);
        Self { slices: VecDeque::new(), slice_ms, slices_max: slices.max(1) }
    }

    /// Adds a value that was seen so many times.
    pub(super) fn observe(&mut self, now_ms: i64, value: f64, times: u64) {
        let is_current =
            |slice: &Slice| now_ms.abs_diff(slice.begin_ms) < self.slice_ms.unsigned_abs();
        if !self.slices.back().is_some_and(is_current) {
            self.forget(now_ms);
            let seen = Seen::Values(Vec::new());
            self.slices.push_back(Slice { begin_ms: now_ms, seen });
            while self.slices.len() > self.slices_max as usize {
                self.slices.pop_front();
            }
        }
        if let Some(slice) = self.slices.back_mut() {
            slice.seen.add(value, times);
        }
    }

    /// Quantiles of what the window holds; NaN when it is empty.
    pub(super) fn quantiles(&mut self, now_ms: i64, quantiles: &[f64]) -> Vec<f64> {
        self.forget(now_ms);
        let mut all: Vec<(f64, u64)> = Vec::new();
        for slice in &self.slices {
            match &slice.seen {
                Seen::Values(values) => all.extend(values),
                Seen::Buckets(buckets) => all.extend(buckets.iter().map(|(b, n)| (middle(*b), *n))),
            }
        }
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let count: u64 = all.iter().fold(0, |sum, (_, times)| sum.saturating_add(*times));
        quantiles.iter().map(|quantile| ranked(&all, count, *quantile)).collect()
    }

    fn forget(&mut self, now_ms: i64) {
        let age_ms = self.slice_ms.saturating_mul(i64::from(self.slices_max));
        // A clock that jumped back makes a slice of the future; it goes as well.
        let is_old = |slice: &Slice| {
            let age = now_ms.saturating_sub(slice.begin_ms);
            age >= age_ms || age < -age_ms
        };
        self.slices.retain(|slice| !is_old(slice));
    }
}

/// The smallest value that so large a part is not above.
fn ranked(sorted: &[(f64, u64)], count: u64, quantile: f64) -> f64 {
    let rank = (count as f64 * quantile).ceil().max(1.0);
    let mut passed = 0.0;
    for (value, times) in sorted {
        passed += *times as f64;
        if passed >= rank {
            return *value;
        }
    }
    sorted.last().map_or(f64::NAN, |(value, _)| *value)
}

impl Seen {
    fn add(&mut self, value: f64, times: u64) {
        match self {
            Self::Values(values) if values.len() < VALUES_MAX => values.push((value, times)),
            Self::Values(values) => {
                let values = std::mem::take(values);
                *self = Self::Buckets(Vec::new());
                for (value, times) in values.into_iter().chain([(value, times)]) {
                    self.add(value, times);
                }
            }
            Self::Buckets(buckets) => {
                let bucket = bucket_of(value);
                match buckets.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
                    Ok(at) => buckets[at].1 = buckets[at].1.saturating_add(times),
                    Err(at) => buckets.insert(at, (bucket, times)),
                }
                if buckets.len() > BUCKETS_MAX {
                    let (_, joined) = buckets.remove(0);
                    buckets[0].1 = buckets[0].1.saturating_add(joined);
                }
            }
        }
    }
}

/// Number of a value's bucket; it grows with the value, 0 is that of 0.
fn bucket_of(value: f64) -> i32 {
    let size = value.abs() / TINY;
    if size <= 1.0 {
        return 0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most ln(1.8e317) / ln(1.02), about 37,000"
    )]
    let number = (size.ln() / GROWTH.ln()).ceil() as i32;
    if value < 0.0 { -number } else { number }
}

/// The value that is as far from either bound of a bucket.
fn middle(bucket: i32) -> f64 {
    if bucket == 0 {
        return 0.0;
    }
    let size = TINY * GROWTH.powi(bucket.abs()) * 2.0 / (1.0 + GROWTH);
    if bucket < 0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::{BUCKETS_MAX, Seen, Window};
    use std::time::Duration;

    const MINUTE: i64 = 60_000;

    fn window() -> Window {
        Window::new(Duration::from_mins(10), 5)
    }

    #[test]
    fn few_values_have_exact_quantiles() {
        let mut window = window();
        for value in [3.0, 1.0, 2.0, 4.0] {
            window.observe(0, value, 1);
        }
        assert_eq!(window.quantiles(0, &[0.0, 0.5, 0.75, 0.9, 1.0]), [1.0, 2.0, 3.0, 4.0, 4.0]);
        window.observe(0, 9.0, 96);
        assert_eq!(window.quantiles(0, &[0.5]), [9.0], "a rate counts");
    }

    #[test]
    fn many_values_have_quantiles_within_a_percent() {
        let mut window = window();
        for i in 1..=100_000 {
            window.observe(0, f64::from(i) / 1000.0, 1);
        }
        for (quantile, exact) in [(0.5, 50.0), (0.9, 90.0), (0.99, 99.0)] {
            let found = window.quantiles(0, &[quantile])[0];
            assert!((found / exact - 1.0).abs() < 0.0101, "{quantile}: {found}");
        }
        assert!(matches!(&window.slices[0].seen, Seen::Buckets(all) if all.len() <= BUCKETS_MAX));
    }

    #[test]
    fn negative_and_tiny_values_keep_their_order() {
        let mut window = window();
        for i in -500..=500 {
            window.observe(0, f64::from(i), 1);
        }
        let found = window.quantiles(0, &[0.25, 0.5, 0.75]);
        assert!(found[0] > -256.0 && found[0] < 0.0, "the lowest buckets may be joined: {found:?}");
        assert!((found[2] / 250.0 - 1.0).abs() < 0.0101, "{found:?}");
        assert!(found[0] < found[1] && found[1] < found[2], "{found:?}");
    }

    #[test]
    fn what_is_old_is_forgotten_and_an_empty_window_is_nan() {
        let mut window = window();
        window.observe(0, 1.0, 1);
        window.observe(5 * MINUTE, 2.0, 1);
        assert_eq!(window.quantiles(9 * MINUTE, &[0.5]), [1.0]);
        assert_eq!(window.quantiles(11 * MINUTE, &[0.5]), [2.0]);
        assert!(window.quantiles(15 * MINUTE, &[0.5])[0].is_nan());
        for minute in 0..1000 {
            window.observe(minute * MINUTE, 1.0, 1);
        }
        assert!(window.slices.len() <= 5);
        window.observe(0, 7.0, 1);
        assert_eq!(window.quantiles(0, &[1.0]), [7.0], "the clock jumped back");
    }
}
