//! Functions of instant vectors and scalars, by name. Functions of range vectors live in `range`.
//! The parser has checked the number and the types of the arguments.

mod calendar;
mod enrich;
mod histograms;
mod labels;
mod math;
mod order;

use crate::QueryError;
use crate::column::{Bits, Cell, Column, Operand, Row, Steps};
use crate::evaluate::{Evaluator, merge_equal};
use crate::histogram;
use crate::range;
use model::{Labels, LabelsBuilder, METRIC_NAME, MatchOp, Value};
use promql::ast::{Call, Expr, ExprKind, MatrixSelector};
use std::sync::Arc;

/// A call being evaluated.
pub(crate) struct CallSite<'e> {
    pub expr: &'e Expr,
    pub call: &'e Call,
    pub steps: Steps,
}

impl CallSite<'_> {
    /// The name as written.
    fn name(&self) -> &'static str {
        self.call.function.name
    }

    fn arg(&self, index: usize) -> Result<&Expr, QueryError> {
        self.call.args.get(index).ok_or_else(|| {
            let name = self.name();
            QueryError::execution(format!("function {name} lacks argument {}", index + 1))
        })
    }

    fn vector(&self, evaluator: &mut Evaluator<'_>, index: usize) -> Result<Vec<Row>, QueryError> {
        evaluator.eval_vector(self.arg(index)?, self.steps)
    }

    fn scalar(&self, evaluator: &mut Evaluator<'_>, index: usize) -> Result<Vec<f64>, QueryError> {
        evaluator.eval_scalar(self.arg(index)?, self.steps)
    }

    fn text(&self, evaluator: &mut Evaluator<'_>, index: usize) -> Result<String, QueryError> {
        match evaluator.eval(self.arg(index)?, self.steps)? {
            Operand::Text(text) => Ok(text),
            Operand::Scalar(_) | Operand::Vector(_) => {
                let name = self.name();
                Err(QueryError::execution(format!("function {name} expects a string")))
            }
        }
    }
}

/// Evaluates a call.
pub(crate) fn eval_call(
    evaluator: &mut Evaluator<'_>,
    expr: &Expr,
    call: &Call,
    steps: Steps,
) -> Result<Operand, QueryError> {
    if range::takes_range(call) {
        return range::eval_range_call(evaluator, call, steps).map(Operand::Vector);
    }
    let site = CallSite { expr, call, steps };
    let name = site.name();
    if let Some(function) = math::float_function(name) {
        return math::each_float(evaluator, &site, function);
    }
    if let Some(function) = calendar::field(name) {
        return calendar::eval(evaluator, &site, function);
    }
    match name {
        "absent" => absent(evaluator, &site),
        "clamp" | "clamp_min" | "clamp_max" => math::clamp(evaluator, &site),
        "round" => math::round(evaluator, &site),
        "end" | "pi" | "range" | "start" | "step" | "time" => Ok(constant(evaluator, name, steps)),
        "max_of" | "min_of" => math::extreme(evaluator, &site),
        "scalar" => scalar(evaluator, &site),
        "vector" => vector(evaluator, &site),
        "timestamp" => timestamp(evaluator, &site),
        "start_timestamp" => start_timestamp(evaluator, &site),
        "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc" => {
            order::sort(evaluator, &site)
        }
        "label_replace" => labels::replace(evaluator, &site),
        "label_join" => labels::join(evaluator, &site),
        "info" => enrich::eval(evaluator, &site),
        _ if name.starts_with("histogram_") => histograms::eval(evaluator, &site),
        _ => Err(QueryError::execution(format!("function {name} cannot be evaluated"))),
    }
}

/// `-column`
pub(crate) fn negate(column: &Column) -> Column {
    column.map(|_, cell| match cell {
        Cell::Absent => None,
        Cell::Float(value) => Some(Value::Float(-value)),
        Cell::Histogram(h) => Some(Value::Histogram(Arc::new(histogram::scale(h, -1.0)))),
    })
}

fn constant(evaluator: &Evaluator<'_>, name: &str, steps: Steps) -> Operand {
    let seconds = |ms: i64| ms as f64 / 1000.0;
    let span = evaluator.span;
    let value = match name {
        "time" => return Operand::Scalar(steps.iter().map(seconds).collect()),
        "pi" => std::f64::consts::PI,
        "start" => seconds(span.start),
        "end" => seconds(span.end),
        "step" => seconds(span.step),
        _ => seconds(span.end.saturating_sub(span.start)),
    };
    Operand::Scalar(vec![value; steps.count])
}

fn vector(evaluator: &mut Evaluator<'_>, site: &CallSite<'_>) -> Result<Operand, QueryError> {
    let values = site.scalar(evaluator, 0)?;
    Ok(Operand::Vector(vec![Row::new(Labels::empty(), false, Column::dense(values))]))
}

/// The only float of each step, else NaN.
fn scalar(evaluator: &mut Evaluator<'_>, site: &CallSite<'_>) -> Result<Operand, QueryError> {
    let rows = site.vector(evaluator, 0)?;
    let mut values = vec![f64::NAN; site.steps.count];
    let mut found = Bits::zeroes(site.steps.count);
    for row in &rows {
        evaluator.tick(site.steps.count)?;
        for (step, cell) in row.column.points() {
            if let Cell::Float(value) = cell {
                values[step] = if found.get(step) { f64::NAN } else { value };
                found.set(step);
            }
        }
    }
    Ok(Operand::Scalar(values))
}

fn timestamp(evaluator: &mut Evaluator<'_>, site: &CallSite<'_>) -> Result<Operand, QueryError> {
    let arg = site.arg(0)?.without_parens();
    let steps = site.steps;
    let mut rows = if let ExprKind::Vector(selector) = &arg.kind {
        evaluator.within(site.arg(0)?, steps, |e| e.select_timestamps(arg, selector, steps))?
    } else {
        let mut rows = site.vector(evaluator, 0)?;
        for row in &mut rows {
            row.column =
                row.column.map(|step, _| Some(Value::Float(steps.at(step) as f64 / 1000.0)));
        }
        rows
    };
    for row in &mut rows {
        evaluator.drop_name(row);
    }
    evaluator.merge_delayed(rows).map(Operand::Vector)
}

/// Only samples straight from the store have a start.
fn start_timestamp(
    evaluator: &mut Evaluator<'_>,
    site: &CallSite<'_>,
) -> Result<Operand, QueryError> {
    let arg = site.arg(0)?.without_parens();
    let ExprKind::Vector(selector) = &arg.kind else {
        site.vector(evaluator, 0)?;
        return Ok(Operand::Vector(Vec::new()));
    };
    let steps = site.steps;
    let select = |e: &mut Evaluator<'_>| e.select_starts(arg, selector, steps);
    let mut rows = evaluator.within(site.arg(0)?, steps, select)?;
    for row in &mut rows {
        evaluator.drop_name(row);
    }
    evaluator.merge_delayed(rows).map(Operand::Vector)
}

fn absent(evaluator: &mut Evaluator<'_>, site: &CallSite<'_>) -> Result<Operand, QueryError> {
    let rows = site.vector(evaluator, 0)?;
    let mut column = Column::dense(vec![1.0; site.steps.count]);
    for row in &rows {
        column.remove(row.column.present());
    }
    if !column.present().any() {
        return Ok(Operand::Vector(Vec::new()));
    }
    let labels = absent_labels(site.arg(0)?);
    Ok(Operand::Vector(vec![Row::new(labels, false, column)]))
}

/// Labels that a missing series would have: those its selector fixes by one `=`.
pub(crate) fn absent_labels(expr: &Expr) -> Labels {
    let (ExprKind::Vector(selector) | ExprKind::Matrix(MatrixSelector { selector, .. })) =
        &expr.without_parens().kind
    else {
        return Labels::empty();
    };
    let matchers = &selector.matchers;
    let mut builder = LabelsBuilder::default();
    let mut seen: Vec<&str> = Vec::new();
    for matcher in matchers.iter().filter(|matcher| matcher.name() != METRIC_NAME) {
        if matcher.op() == MatchOp::Equal && !seen.contains(&matcher.name()) {
            builder.set(matcher.name(), matcher.value());
            seen.push(matcher.name());
        } else {
            builder.remove(matcher.name());
        }
    }
    builder.build()
}

impl Evaluator<'_> {
    /// Equal labels are an error at once unless names are removed at the end.
    pub(crate) fn merge_delayed(&self, rows: Vec<Row>) -> Result<Vec<Row>, QueryError> {
        if self.options.delayed_name_removal { Ok(rows) } else { merge_equal(rows) }
    }
}
