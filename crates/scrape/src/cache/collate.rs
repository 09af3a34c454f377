//! Classic histograms put together to native ones with custom bounds (NHCB).
//! Rules: Prometheus 3.14 `util/convertnhcb` and `model/textparse/nhcbparse.go`. As there, classic
//! series that do not make a histogram are lost; they are counted.

use exposition::ParsedExemplar;
use model::{
    BUCKET_LABEL, CUSTOM_BUCKETS_SCHEMA, Histogram, HistogramCounts, Labels, LabelsBuilder,
    METRIC_NAME, Span, Timestamp,
};
use wire::remote_write::BUCKETS_MAX;

/// Largest count that a float holds exactly; larger ones are no integers.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// What is known of a histogram so far.
#[derive(Debug, Default)]
pub(super) struct Collated {
    /// Bound and cumulative count, sorted by bound.
    buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    sum: f64,
    is_broken: bool,
}

/// One series of a classic histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Piece {
    /// Upper bound of a bucket.
    Bucket(f64),
    Count,
    Sum,
}

impl Collated {
    /// Adds a series; of two with the same bound the first one counts.
    pub(super) fn add(&mut self, piece: Piece, value: f64) {
        match piece {
            Piece::Sum => self.sum = value,
            Piece::Count => {
                self.is_broken |= value < 0.0;
                self.count = Some(value);
            }
            Piece::Bucket(bound) => self.bucket(bound, value),
        }
    }

    fn bucket(&mut self, bound: f64, count: f64) {
        let at = self.buckets.partition_point(|(other, _)| *other < bound);
        if self.buckets.get(at).is_some_and(|(other, _)| *other == bound) {
            return;
        }
        let before = at.checked_sub(1).map_or(0.0, |before| self.buckets[before].1);
        let after = self.buckets.get(at).map_or(f64::INFINITY, |(_, count)| *count);
        self.is_broken |= !(before..=after).contains(&count) || self.buckets.len() >= BUCKETS_MAX;
        if !self.is_broken {
            self.buckets.insert(at, (bound, count));
        }
    }

    /// The histogram, if the series make one.
    pub(super) fn build(mut self) -> Option<Histogram> {
        let last = self.buckets.last().copied();
        let count = self.count.or(last.map(|(_, count)| count))?;
        if last.is_none_or(|(bound, _)| bound != f64::INFINITY) {
            self.bucket(f64::INFINITY, count);
        }
        let (top, bounds) = self.buckets.split_last()?;
        let finite = bounds.iter().all(|(bound, _)| bound.is_finite());
        if self.is_broken || top.1 != count || !count.is_finite() || !finite {
            return None;
        }
        let is_integer = |count: f64| count.fract() == 0.0 && count <= EXACT_MAX;
        let integers = self.buckets.iter().all(|(_, count)| is_integer(*count));
        let mut before = 0.0;
        let differences = self.buckets.iter().map(|(_, count)| {
            let own = count - before;
            before = *count;
            own
        });
        Some(Histogram {
            counts: if integers { HistogramCounts::Integer } else { HistogramCounts::Float },
            schema: CUSTOM_BUCKETS_SCHEMA,
            count,
            sum: self.sum,
            positive_buckets: differences.collect(),
            positive_spans: vec![Span {
                offset: 0,
                length: u32::try_from(self.buckets.len()).expect("at most 16,385"),
            }],
            custom_values: bounds.iter().map(|(bound, _)| *bound).collect(),
            ..Histogram::default()
        })
    }
}

/// A histogram of lines that is not complete yet.
#[derive(Debug)]
pub(super) struct Pending {
    /// Labels with the family as the name, without `le`.
    pub(super) labels: Labels,
    pub(super) collated: Collated,
    /// Of its first line.
    pub(super) timestamp: Option<Timestamp>,
    pub(super) exemplars: Vec<ParsedExemplar>,
}

/// What a line with these labels says of a histogram of the family, and of which; `None` when it
/// is no part of one.
pub(super) fn piece_of(labels: &mut LabelsBuilder, family: &str) -> Option<(Labels, Piece)> {
    let piece = match labels.get(METRIC_NAME)?.strip_prefix(family)? {
        "_count" => Piece::Count,
        "_sum" => Piece::Sum,
        "_bucket" => {
            let bound = exposition::parse_float(labels.get(BUCKET_LABEL)?.as_bytes())?;
            Piece::Bucket(Some(bound).filter(|bound| !bound.is_nan())?)
        }
        _ => return None,
    };
    Some((labels.set(METRIC_NAME, family).remove(BUCKET_LABEL).build(), piece))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(buckets: &[(f64, f64)], count: Option<f64>, expected: &Expect) {
        let mut collated = Collated::default();
        for (bound, value) in buckets {
            collated.add(Piece::Bucket(*bound), *value);
        }
        collated.add(Piece::Sum, 1.5);
        if let Some(count) = count {
            collated.add(Piece::Count, count);
        }
        let built = collated.build().map(|h| {
            let (bounds, buckets, counts) = (&h.custom_values, &h.positive_buckets, h.counts);
            format!("{counts:?} {bounds:?} {buckets:?} count {} sum {}", h.count, h.sum)
        });
        expected.assert_eq(built.as_deref().unwrap_or("none"));
    }

    const INF: f64 = f64::INFINITY;

    #[test]
    fn buckets_make_a_histogram() {
        let whole = expect!["Integer [1.0, 2.0] [1.0, 3.0, 2.0] count 6 sum 1.5"];
        check(&[(1.0, 1.0), (2.0, 4.0), (INF, 6.0)], Some(6.0), &whole);
        check(&[(INF, 6.0), (2.0, 4.0), (2.0, 9.0), (1.0, 1.0)], None, &whole);
        check(&[(1.0, 1.0), (2.0, 4.0)], Some(6.0), &whole);
        check(&[], Some(3.0), &expect!["Integer [] [3.0] count 3 sum 1.5"]);
        check(&[(1.0, 0.5), (INF, 2.0)], None, &expect!["Float [1.0] [0.5, 1.5] count 2 sum 1.5"]);
    }

    #[test]
    fn nonsense_makes_none() {
        let none = expect!["none"];
        check(&[], None, &none);
        check(&[(1.0, 3.0), (2.0, 2.0)], None, &none);
        check(&[(2.0, 2.0), (1.0, 3.0)], None, &none);
        check(&[(1.0, -1.0)], None, &none);
        check(&[(1.0, f64::NAN)], None, &none);
        check(&[(1.0, 1.0), (INF, 2.0)], Some(3.0), &none);
        check(&[(1.0, 4.0)], Some(3.0), &none);
        check(&[(-INF, 1.0), (INF, 2.0)], None, &none);
        check(&[(1.0, INF)], None, &none);
        let many: Vec<(f64, f64)> = (0..20_000).map(|n| (f64::from(n), 1.0)).collect();
        check(&many, None, &none);
    }
}
