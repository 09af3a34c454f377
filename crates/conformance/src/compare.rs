//! Compares two answers: same series, same instants, floats within a relative tolerance, NaN like
//! NaN, histograms bucket by bucket. Errors are only compared by being there.

use crate::answer::{Answer, Datum, Row};
use crate::oracle::Sparse;
use model::Labels;
use std::collections::BTreeMap;

/// How exact an answer must be.
#[derive(Clone, Copy, Debug)]
pub struct Exactness {
    /// Greatest difference of two floats relative to the larger one.
    pub relative: f64,
}

impl Exactness {
    /// Between implementations that sum in different orders.
    pub const MODEL: Self = Self { relative: 1e-10 };
    /// Between libraries of mathematical functions.
    pub const WITNESS: Self = Self { relative: 1e-9 };
    /// Of the PromQL compliance tester: fraction 1e-5, no margin (`comparer/comparer.go`).
    pub const COMPLIANCE: Self = Self { relative: 1e-5 };

    /// What differs first, as a sentence; `None` when nothing does.
    pub fn difference(self, a: &Answer, b: &Answer) -> Option<String> {
        match (a, b) {
            (Answer::Error(_), Answer::Error(_)) => None,
            (Answer::Error(error), _) => Some(format!("one fails: {error}")),
            (_, Answer::Error(error)) => Some(format!("the other fails: {error}")),
            (Answer::Scalar(a), Answer::Scalar(b)) => {
                (!self.floats(*a, *b)).then(|| format!("{a:?} against {b:?}"))
            }
            (Answer::Text(a), Answer::Text(b)) => (a != b).then(|| format!("{a:?} against {b:?}")),
            (Answer::Vector(a), Answer::Vector(b)) => self.rows(&rows_of(a), &rows_of(b)),
            (Answer::Matrix(a), Answer::Matrix(b)) => self.rows(a, b),
            _ => Some("answers of different kinds".to_owned()),
        }
    }

    /// As [`Self::difference`]; the values of instant vectors must come in the same order too
    /// (which of two series with one value comes first is nobody's promise).
    pub fn difference_in_order(self, a: &Answer, b: &Answer) -> Option<String> {
        if let (Answer::Vector(a), Answer::Vector(b)) = (a, b)
            && a.len() == b.len()
        {
            let differs = |(a, b): &(&(Labels, Datum), &(Labels, Datum))| !self.data(&a.1, &b.1);
            if let Some((a, b)) = a.iter().zip(b).find(differs) {
                return Some(format!("{} {:?} where {} {:?} is", a.0, a.1, b.0, b.1));
            }
        }
        self.difference(a, b)
    }

    fn rows(self, a: &BTreeMap<Labels, Row>, b: &BTreeMap<Labels, Row>) -> Option<String> {
        for (labels, row) in a {
            let Some(other) = b.get(labels) else {
                return Some(format!("{labels} is only in one"));
            };
            if let Some(difference) = self.points(row, other) {
                return Some(format!("{labels}{difference}"));
            }
        }
        let more = b.keys().find(|labels| !a.contains_key(*labels));
        more.map(|labels| format!("{labels} is only in the other"))
    }

    fn points(self, a: &Row, b: &Row) -> Option<String> {
        for (at, datum) in a {
            match b.get(at) {
                None => return Some(format!(" at {at} ms: {datum:?} is only in one")),
                Some(other) if !self.data(datum, other) => {
                    return Some(format!(" at {at} ms: {datum:?} against {other:?}"));
                }
                Some(_) => {}
            }
        }
        let more = b.iter().find(|(at, _)| !a.contains_key(*at));
        more.map(|(at, datum)| format!(" at {at} ms: {datum:?} is only in the other"))
    }

    fn data(self, a: &Datum, b: &Datum) -> bool {
        match (a, b) {
            (Datum::Float(a), Datum::Float(b)) => self.floats(*a, *b),
            (Datum::Histogram(a), Datum::Histogram(b)) => self.histograms(a, b),
            (Datum::Float(_), Datum::Histogram(_)) | (Datum::Histogram(_), Datum::Float(_)) => {
                false
            }
        }
    }

    /// Within the tolerance, or both NaN.
    pub fn floats(self, a: f64, b: f64) -> bool {
        if a == b || (a.is_nan() && b.is_nan()) {
            return true;
        }
        (a - b).abs() <= self.relative * a.abs().max(b.abs()) && a.is_finite() && b.is_finite()
    }

    fn histograms(self, a: &Sparse, b: &Sparse) -> bool {
        let (a, b) = (a.clone().compact(), b.clone().compact());
        let side = |a: &BTreeMap<i64, f64>, b: &BTreeMap<i64, f64>| {
            // A bucket may vanish on one side when its count is nothing but a rounding error.
            let keys = a.keys().chain(b.keys());
            keys.into_iter().all(|index| {
                let count = |side: &BTreeMap<i64, f64>| side.get(index).copied().unwrap_or(0.0);
                self.floats(count(a), count(b))
            })
        };
        a.schema == b.schema
            && self.floats(a.zero_threshold, b.zero_threshold)
            && self.floats(a.zero_count, b.zero_count)
            && self.floats(a.count, b.count)
            && self.floats(a.sum, b.sum)
            && a.bounds == b.bounds
            && side(&a.positive, &b.positive)
            && side(&a.negative, &b.negative)
    }
}

fn rows_of(vector: &[(Labels, Datum)]) -> BTreeMap<Labels, Row> {
    let mut rows: BTreeMap<Labels, Row> = BTreeMap::new();
    for (labels, datum) in vector {
        let row = rows.entry(labels.clone()).or_default();
        let next = i64::try_from(row.len()).unwrap_or(i64::MAX);
        row.insert(next, datum.clone());
    }
    rows
}
