//! The oracle: a slow and obvious evaluator of PromQL, written from upstream's semantics; it shares
//! nothing with `query` but the syntax tree. Every step is computed anew from the samples.
//! It also speaks the language of Prometheus 2.42: each [`Change`] since then can be undone.

mod aggregate;
mod binary;
mod calendar;
mod call;
mod math;
mod quantile;
mod range;
mod select;
mod sparse;
mod sum;
mod total;
mod trim;
mod window;

pub use sparse::Sparse;

use crate::answer::{Answer, Datum, Row};
use crate::changes::Change;
use crate::dataset::Contents;
use crate::question::Time;
use model::{Labels, METRIC_NAME};
use promql::ast::{Expr, ExprKind, UnaryOp, ValueType};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use sys::sim::SimRng;

/// Which PromQL the oracle speaks.
#[derive(Clone, Debug)]
pub struct Semantics {
    /// How far instant selectors look back.
    pub lookback_ms: i64,
    /// Step of subqueries that name none.
    pub default_step_ms: i64,
    /// Names go when the answer is shown (`promql-delayed-name-removal`), not with each operation.
    pub delayed_name_removal: bool,
    /// Changes since Prometheus 2.42 that are not made.
    pub old: BTreeSet<Change>,
    /// Seed of tiny errors that are added to every rounded result, to see whether an answer hangs
    /// on them.
    pub noise: Option<u64>,
}

impl Default for Semantics {
    /// Prometheus 3.14 as it starts without feature flags.
    fn default() -> Self {
        Self {
            lookback_ms: 300_000,
            default_step_ms: 60_000,
            delayed_name_removal: false,
            old: BTreeSet::new(),
            noise: None,
        }
    }
}

impl Semantics {
    /// Prometheus 2.42.
    pub fn witness() -> Self {
        Self { old: Change::ALL.iter().copied().collect(), ..Self::default() }
    }

    pub(crate) fn is_old(&self, change: Change) -> bool {
        self.old.contains(&change)
    }
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// The query fails; the text is for people, only its being there is compared.
    Fails(String),
    /// The oracle never learnt this.
    Unknown(String),
}

fn fails(text: &str) -> Refusal {
    Refusal::Fails(text.to_owned())
}

/// A float or a histogram.
#[derive(Clone, Debug)]
pub(crate) enum Point {
    Float(f64),
    Histogram(Sparse),
}

/// An element of an instant vector.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) labels: Labels,
    /// The name goes when the answer is shown.
    pub(crate) drop_name: bool,
    pub(crate) value: Point,
}

/// Value of an expression at each of the instants.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Scalar(Vec<f64>),
    Text(String),
    Vector(Vec<Vec<Element>>),
}

/// Evaluates queries over what a store holds.
pub struct Oracle<'a> {
    contents: &'a Contents,
    semantics: &'a Semantics,
    /// Start, end and step of the whole query.
    start: i64,
    end: i64,
    step: i64,
    /// Selectors without `@` see nothing that was taken later.
    horizon: Cell<i64>,
    noise: Option<RefCell<SimRng>>,
}

/// The answer of a query over what a store holds.
pub fn answer(contents: &Contents, semantics: &Semantics, expr: &Expr, time: &Time) -> Answer {
    let (start, end, step) = match *time {
        Time::Instant { at_ms } => (at_ms, at_ms, 0),
        Time::Range { start_ms, end_ms, step_ms } => (start_ms, end_ms, step_ms),
    };
    let noise = semantics.noise.map(|seed| RefCell::new(SimRng::new(seed)));
    let horizon = Cell::new(i64::MAX);
    let oracle = Oracle { contents, semantics, start, end, step, horizon, noise };
    let answer = match time {
        Time::Instant { .. } => oracle.instant(expr),
        Time::Range { .. } => oracle.range(expr),
    };
    answer.unwrap_or_else(|refusal| match refusal {
        Refusal::Fails(text) => Answer::Error(text),
        Refusal::Unknown(what) => Answer::Unknown(what),
    })
}

impl Oracle<'_> {
    fn instant(&self, expr: &Expr) -> Result<Answer, Refusal> {
        if expr.value_type() == ValueType::RangeVector {
            return self.range_vector(expr);
        }
        Ok(match self.eval(expr, &[self.start])? {
            Operand::Scalar(values) => Answer::Scalar(values.first().copied().unwrap_or(f64::NAN)),
            Operand::Text(text) => Answer::Text(text),
            Operand::Vector(steps) => {
                let mut vector = Vec::new();
                for element in Self::finish(steps)?.into_iter().flatten() {
                    vector.push((element.labels, element.value.into()));
                }
                Answer::Vector(vector)
            }
        })
    }

    fn range(&self, expr: &Expr) -> Result<Answer, Refusal> {
        let mut times = Vec::new();
        let mut at = self.start;
        while at <= self.end {
            times.push(at);
            at += self.step;
        }
        let steps = match self.eval(expr, &times)? {
            Operand::Scalar(values) => {
                values.into_iter().map(|value| vec![unnamed(value)]).collect()
            }
            Operand::Vector(steps) => Self::finish(steps)?,
            Operand::Text(_) => return Err(fails("a string has no range")),
        };
        let mut rows: BTreeMap<Labels, Row> = BTreeMap::new();
        for (at, elements) in times.into_iter().zip(steps) {
            for element in elements {
                rows.entry(element.labels).or_default().insert(at, element.value.into());
            }
        }
        Ok(Answer::Matrix(rows))
    }

    fn range_vector(&self, expr: &Expr) -> Result<Answer, Refusal> {
        let mut rows: BTreeMap<Labels, Row> = BTreeMap::new();
        for window in self.windows(expr, &[self.start])?.into_iter().flatten() {
            let points = window.points.into_iter().map(|(at, point)| (at, point.into()));
            let labels =
                if window.drop_name { without_name(&window.labels) } else { window.labels };
            rows.entry(labels).or_default().extend(points);
        }
        rows.retain(|_, row| !row.is_empty());
        Ok(Answer::Matrix(rows))
    }

    /// Value of an expression that is no range vector.
    fn eval(&self, expr: &Expr, times: &[i64]) -> Result<Operand, Refusal> {
        match &expr.kind {
            ExprKind::Number(number) => Ok(Operand::Scalar(vec![number.value; times.len()])),
            ExprKind::String(text) => Ok(Operand::Text(text.clone())),
            ExprKind::Paren(inner) | ExprKind::Unary(UnaryOp::Plus, inner) => {
                self.eval(inner, times)
            }
            ExprKind::Unary(UnaryOp::Minus, inner) => self.negate(inner, times),
            ExprKind::Binary(binary) => self.binary(binary, times),
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate, times),
            ExprKind::Call(call) => self.call(call, times),
            ExprKind::Vector(selector) => self.select(selector, times).map(Operand::Vector),
            ExprKind::Matrix(_) | ExprKind::Subquery(_) => Err(fails("a range vector here")),
        }
    }

    fn vector(&self, expr: &Expr, times: &[i64]) -> Result<Vec<Vec<Element>>, Refusal> {
        match self.eval(expr, times)? {
            Operand::Vector(steps) => Ok(steps),
            Operand::Scalar(_) | Operand::Text(_) => Err(fails("no instant vector")),
        }
    }

    fn scalar(&self, expr: &Expr, times: &[i64]) -> Result<Vec<f64>, Refusal> {
        match self.eval(expr, times)? {
            Operand::Scalar(values) => Ok(values),
            Operand::Vector(_) | Operand::Text(_) => Err(fails("no scalar")),
        }
    }

    fn text(&self, expr: &Expr) -> Result<String, Refusal> {
        match self.eval(expr, &[self.start])? {
            Operand::Text(text) => Ok(text),
            Operand::Scalar(_) | Operand::Vector(_) => Err(fails("no string")),
        }
    }

    fn negate(&self, inner: &Expr, times: &[i64]) -> Result<Operand, Refusal> {
        let mut steps = match self.eval(inner, times)? {
            Operand::Scalar(values) => {
                return Ok(Operand::Scalar(values.into_iter().map(|value| -value).collect()));
            }
            Operand::Text(_) => return Err(fails("a string has no sign")),
            Operand::Vector(steps) => steps,
        };
        let mut sources: BTreeMap<Labels, Labels> = BTreeMap::new();
        for element in steps.iter_mut().flatten() {
            element.value = match &element.value {
                Point::Float(value) => Point::Float(-value),
                Point::Histogram(histogram) => Point::Histogram(histogram.clone().times(-1.0)),
            };
            let source = element.labels.clone();
            self.drop_name(element);
            let first = sources.entry(element.labels.clone()).or_insert_with(|| source.clone());
            if *first != source && self.semantics.is_old(Change::JoinedNegation) {
                return Err(fails("vector cannot contain metrics with the same labelset"));
            }
        }
        if !self.semantics.delayed_name_removal {
            refuse_equal(&steps)?;
        }
        Ok(Operand::Vector(steps))
    }

    /// The operation makes another metric of the element.
    fn drop_name(&self, element: &mut Element) {
        element.drop_name = true;
        if !self.semantics.delayed_name_removal {
            element.labels = without_name(&element.labels);
        }
    }

    /// After an operation that goes step by step: with names that go at once, equal labels are an
    /// error there and then; with names that go at the end they are one unless there is one step.
    fn checked(&self, mut steps: Vec<Vec<Element>>) -> Result<Operand, Refusal> {
        if !self.semantics.delayed_name_removal || steps.len() > 1 {
            refuse_equal(&steps)?;
        }
        // Upstream remembers of each series whether its name goes, as of its first step.
        let mut drops: BTreeMap<Labels, bool> = BTreeMap::new();
        for element in steps.iter_mut().flatten() {
            element.drop_name = *drops.entry(element.labels.clone()).or_insert(element.drop_name);
        }
        Ok(Operand::Vector(steps))
    }

    /// Takes the names away that were to go.
    fn finish(mut steps: Vec<Vec<Element>>) -> Result<Vec<Vec<Element>>, Refusal> {
        for element in steps.iter_mut().flatten().filter(|element| element.drop_name) {
            element.labels = without_name(&element.labels);
        }
        refuse_equal(&steps)?;
        Ok(steps)
    }

    /// A result that is rounded: exact, or off by a tiny error when answers are tried for hanging
    /// on one.
    fn rounded(&self, value: f64) -> f64 {
        let Some(noise) = &self.noise else { return value };
        let unit = noise.borrow_mut().below(2001) as f64 / 1000.0 - 1.0;
        value * (1.0 + unit * 1e-13)
    }

    /// Any order, when answers are tried for hanging on one.
    fn shuffle<T>(&self, items: &mut [T]) {
        let Some(noise) = &self.noise else { return };
        for last in (1..items.len()).rev() {
            items.swap(last, noise.borrow_mut().index(last + 1));
        }
    }
}

fn unnamed(value: f64) -> Element {
    Element { labels: Labels::empty(), drop_name: false, value: Point::Float(value) }
}

/// The labels without the metric name and what belongs to it.
fn without_name(labels: &Labels) -> Labels {
    labels.without(|name| matches!(name, METRIC_NAME | "__type__" | "__unit__"))
}

fn refuse_equal(steps: &[Vec<Element>]) -> Result<(), Refusal> {
    for elements in steps {
        let mut seen = BTreeSet::new();
        if !elements.iter().all(|element| seen.insert(&element.labels)) {
            return Err(fails("vector cannot contain metrics with the same labelset"));
        }
    }
    Ok(())
}

impl Point {
    fn float(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            Self::Histogram(_) => None,
        }
    }

    fn histogram(&self) -> Option<&Sparse> {
        match self {
            Self::Float(_) => None,
            Self::Histogram(histogram) => Some(histogram),
        }
    }
}

impl From<Point> for Datum {
    fn from(point: Point) -> Self {
        match point {
            Point::Float(value) => Self::Float(value),
            Point::Histogram(histogram) => Self::Histogram(Box::new(histogram)),
        }
    }
}
