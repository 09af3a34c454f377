//! Instant selectors and windows of samples.
//! Prometheus 3: what is exactly as old as the lookback or the range is outside; 2.42: inside.

use super::{Element, Operand, Oracle, Point, Refusal, fails};
use crate::changes::Change;
use model::{Labels, Value};
use promql::ast::{
    AtModifier, DurationExpr, DurationTerm, Expr, ExprKind, SubqueryExpr, UnaryOp, VectorSelector,
};
use std::collections::BTreeMap;

/// Samples of a series within an interval.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) labels: Labels,
    /// The name goes when the answer is shown.
    pub(crate) drop_name: bool,
    /// Samples without staleness markers.
    pub(crate) points: Vec<(i64, Point)>,
    /// Start (outside) and end (inside) of the interval.
    pub(crate) lo: i64,
    pub(crate) hi: i64,
}

/// What `@` does to the windows of a range query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pin {
    /// All windows are the same.
    Holds,
    /// It fixes the first one, the others move on with the steps.
    Drifts,
}

impl From<&Value> for Point {
    fn from(value: &Value) -> Self {
        match value {
            Value::Float(value) => Self::Float(*value),
            Value::Histogram(histogram) => Self::Histogram(super::Sparse::of(histogram)),
        }
    }
}

impl Oracle<'_> {
    /// Instant at which a selector looks when the query is evaluated at `at`.
    fn reference(
        &self,
        at: i64,
        offset: &DurationExpr,
        fixed: Option<AtModifier>,
    ) -> Result<i64, Refusal> {
        let at = match fixed {
            None => at,
            Some(AtModifier::At(timestamp)) => timestamp.ms(),
            Some(AtModifier::Start) => self.start,
            Some(AtModifier::End) => self.end,
        };
        Ok(at - self.duration(offset)?)
    }

    fn duration(&self, duration: &DurationExpr) -> Result<i64, Refusal> {
        match duration {
            DurationExpr::Fixed(ms) => Ok(*ms),
            DurationExpr::Computed(term) => {
                let ms = (self.seconds(term)? * 1000.0).round();
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "rounded, and durations are small"
                )]
                Ok(ms as i64)
            }
        }
    }

    fn seconds(&self, term: &DurationTerm) -> Result<f64, Refusal> {
        use promql::ast::BinaryOp::{Add, Div, Mod, Mul, Pow, Sub};
        Ok(match term {
            DurationTerm::Number(number) => number.value,
            DurationTerm::Step => self.step as f64 / 1000.0,
            DurationTerm::Range => (self.end - self.start) as f64 / 1000.0,
            DurationTerm::Unary(UnaryOp::Minus, inner) => -self.seconds(inner)?,
            DurationTerm::Unary(UnaryOp::Plus, inner) | DurationTerm::Paren(inner) => {
                self.seconds(inner)?
            }
            DurationTerm::Min(a, b) => self.seconds(a)?.min(self.seconds(b)?),
            DurationTerm::Max(a, b) => self.seconds(a)?.max(self.seconds(b)?),
            DurationTerm::Binary(op, a, b) => {
                let (a, b) = (self.seconds(a)?, self.seconds(b)?);
                match op {
                    Add => a + b,
                    Sub => a - b,
                    Mul => a * b,
                    Div if b != 0.0 => a / b,
                    Mod if b != 0.0 => a % b,
                    Pow => a.powf(b),
                    _ => return Err(fails("division by zero in a duration")),
                }
            }
        })
    }

    /// The newest sample of each series within the lookback before `looked_from`, with its
    /// timestamp; only what the lookback before `read_to` reaches is seen.
    fn newest(
        &self,
        selector: &VectorSelector,
        read_to: i64,
        looked_from: i64,
    ) -> Result<Vec<(Labels, i64, Point)>, Refusal> {
        let inclusive = i64::from(self.semantics.is_old(Change::LeftOpenWindows));
        let reach = self.semantics.lookback_ms - 1 + inclusive;
        let oldest = read_to.max(looked_from) - reach;
        let latest = read_to.min(looked_from).min(self.seen_to(selector)?);
        let mut found = Vec::new();
        for (labels, points) in self.contents.matching(&selector.matchers) {
            let newest = points.range(..=latest).next_back().filter(|(taken, _)| **taken >= oldest);
            if let Some((taken, value)) = newest.filter(|(_, value)| !value.is_stale()) {
                found.push((labels.clone(), *taken, value.into()));
            }
        }
        Ok(found)
    }

    /// The last instant whose samples a selector sees.
    fn seen_to(&self, selector: &VectorSelector) -> Result<i64, Refusal> {
        let horizon = if selector.at.is_none() { self.horizon.get() } else { i64::MAX };
        Ok(horizon.saturating_sub(self.duration(&selector.offset)?))
    }

    pub(super) fn select(
        &self,
        selector: &VectorSelector,
        times: &[i64],
    ) -> Result<Vec<Vec<Element>>, Refusal> {
        let mut steps = Vec::new();
        for at in times {
            let at = self.reference(*at, &selector.offset, selector.at)?;
            let newest = self.newest(selector, at, at)?.into_iter();
            let element = |(labels, _, value)| Element { labels, drop_name: false, value };
            steps.push(newest.map(element).collect());
        }
        Ok(steps)
    }

    /// When the selected samples were taken, in seconds. Beside `@` the offset says what is read,
    /// but not from where it is looked at: upstream rewrites it for its issue 8433.
    pub(super) fn select_times(
        &self,
        selector: &VectorSelector,
        times: &[i64],
    ) -> Result<Vec<Vec<Element>>, Refusal> {
        let mut steps = Vec::new();
        for at in times {
            let read_to = self.reference(*at, &selector.offset, selector.at)?;
            let looked_from = match selector.at {
                Some(_) => self.reference(*at, &DurationExpr::Fixed(0), selector.at)?,
                None => read_to,
            };
            let newest = self.newest(selector, read_to, looked_from)?.into_iter();
            let element = |(labels, taken, _): (Labels, i64, Point)| {
                let value = Point::Float(taken as f64 / 1000.0);
                Element { labels, drop_name: false, value }
            };
            steps.push(newest.map(element).collect());
        }
        Ok(steps)
    }

    /// Windows of a range vector at each instant; a series without samples has none.
    pub(super) fn windows(&self, expr: &Expr, times: &[i64]) -> Result<Vec<Vec<Window>>, Refusal> {
        self.windows_of(expr, times, Pin::Holds)
    }

    pub(super) fn windows_of(
        &self,
        expr: &Expr,
        times: &[i64],
        pin: Pin,
    ) -> Result<Vec<Vec<Window>>, Refusal> {
        match &expr.without_parens().kind {
            ExprKind::Matrix(matrix) => {
                let selector = &matrix.selector;
                let range = self.duration(&matrix.range)?;
                let seen_to = self.seen_to(selector)?;
                let mut steps = Vec::new();
                for at in times {
                    let begin = if pin == Pin::Drifts { times[0] } else { *at };
                    let drift = if selector.at.is_some() { at - begin } else { 0 };
                    // 2.42 reads only what the first window can hold, and then moves on.
                    let last = self.reference(*at, &selector.offset, selector.at)?;
                    let (lo, hi) = (last + drift - range, last + drift);
                    let series = self.contents.matching(&selector.matchers);
                    let windows = series.map(|(labels, points)| {
                        let points = self.inside(points, lo, last.min(seen_to));
                        let points = points.filter(|(_, value)| !value.is_stale());
                        let points = points.map(|(at, value)| (*at, value.into())).collect();
                        Window { labels: labels.clone(), drop_name: false, points, lo, hi }
                    });
                    steps.push(windows.filter(|window| !window.points.is_empty()).collect());
                }
                Ok(steps)
            }
            ExprKind::Subquery(subquery) => self.subquery(subquery, times, pin),
            _ => Err(fails("no range vector")),
        }
    }

    /// Earliest instant inside a window that begins at `lo`.
    fn first_inside(&self, lo: i64) -> i64 {
        if self.semantics.is_old(Change::LeftOpenWindows) { lo } else { lo + 1 }
    }

    /// What lies inside a window.
    fn inside<'p, T>(
        &self,
        points: &'p BTreeMap<i64, T>,
        lo: i64,
        hi: i64,
    ) -> impl Iterator<Item = (&'p i64, &'p T)> {
        let first = self.first_inside(lo);
        points.iter().filter(move |(at, _)| **at >= first && **at <= hi)
    }

    /// The inner expression at multiples of the step, from the first window's start to the last
    /// one's end.
    fn subquery(
        &self,
        subquery: &SubqueryExpr,
        times: &[i64],
        pin: Pin,
    ) -> Result<Vec<Vec<Window>>, Refusal> {
        let range = self.duration(&subquery.range)?;
        let step = match &subquery.step {
            Some(step) => self.duration(step)?,
            None => self.semantics.default_step_ms,
        };
        let mut bounds = Vec::new();
        let mut ends = Vec::new();
        for at in times {
            let begin = if pin == Pin::Drifts { times[0] } else { *at };
            let drift = if subquery.at.is_some() { at - begin } else { 0 };
            let end = self.reference(*at, &subquery.offset, subquery.at)?;
            ends.push(end);
            bounds.push((end + drift - range, end + drift));
        }
        let (Some((lo, _)), Some((_, hi))) = (bounds.first(), bounds.last()) else {
            return Ok(Vec::new());
        };
        let first = self.first_inside(*lo);
        let first = first + (step - first.rem_euclid(step)) % step;
        let inner: Vec<i64> =
            (first..=*hi).step_by(usize::try_from(step).unwrap_or(usize::MAX)).collect();
        let mut series: BTreeMap<Labels, (bool, BTreeMap<i64, Point>)> = BTreeMap::new();
        if !inner.is_empty() {
            // Here, too, 2.42 reads only what the first window can hold, and then moves on.
            let last_read =
                if pin == Pin::Drifts && subquery.at.is_some() { ends[0] } else { i64::MAX };
            let outer = self.horizon.replace(last_read.min(self.horizon.get()));
            let evaluated = self.eval(&subquery.expr, &inner);
            self.horizon.set(outer);
            let steps = match evaluated? {
                Operand::Vector(steps) => steps,
                Operand::Scalar(values) => {
                    values.into_iter().map(|value| vec![super::unnamed(value)]).collect()
                }
                Operand::Text(_) => return Err(fails("a subquery of a string")),
            };
            for (at, elements) in inner.iter().zip(steps) {
                for element in elements {
                    let (drop_name, points) = series.entry(element.labels).or_default();
                    *drop_name |= element.drop_name;
                    points.insert(*at, forget_resets(element.value));
                }
            }
        }
        let windows = bounds.into_iter().map(|(lo, hi)| {
            let windows = series.iter().map(|(labels, (drop_name, points))| {
                let points = self.inside(points, lo, hi);
                let points = points.map(|(at, point)| (*at, point.clone())).collect();
                Window { labels: labels.clone(), drop_name: *drop_name, points, lo, hi }
            });
            windows.filter(|window| !window.points.is_empty()).collect()
        });
        Ok(windows.collect())
    }
}

/// What is known about resets holds for neighbours in the store, not in a subquery.
fn forget_resets(point: Point) -> Point {
    use model::CounterReset::{NotReset, Reset, Unknown};
    match point {
        Point::Histogram(mut histogram) if matches!(histogram.hint, NotReset | Reset) => {
            histogram.hint = Unknown;
            Point::Histogram(histogram)
        }
        other => other,
    }
}
