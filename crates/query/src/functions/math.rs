//! Functions of single floats. Histograms are passed over in silence.

use super::CallSite;
use crate::QueryError;
use crate::column::{Operand, Row};
use crate::evaluate::Evaluator;
use crate::number::{go_max, go_min};
use std::f64::consts::PI;

/// A function of one float.
pub(super) type FloatFunction = fn(f64) -> f64;

/// The function of a name, if it is one of a float.
pub(super) fn float_function(name: &str) -> Option<FloatFunction> {
    let function: FloatFunction = match name {
        "abs" => f64::abs,
        "acos" => f64::acos,
        "acosh" => f64::acosh,
        "asin" => f64::asin,
        "asinh" => f64::asinh,
        "atan" => f64::atan,
        "atanh" => f64::atanh,
        "ceil" => f64::ceil,
        "cos" => f64::cos,
        "cosh" => f64::cosh,
        "deg" => |value| value * 180.0 / PI,
        "exp" => f64::exp,
        "floor" => f64::floor,
        "ln" => f64::ln,
        "log10" => f64::log10,
        "log2" => f64::log2,
        "rad" => |value| value * PI / 180.0,
        "sgn" => sign,
        "sin" => f64::sin,
        "sinh" => f64::sinh,
        "sqrt" => f64::sqrt,
        "tan" => f64::tan,
        "tanh" => f64::tanh,
        _ => return None,
    };
    Some(function)
}

/// -1 or 1; zeroes and NaN stay what they are.
fn sign(value: f64) -> f64 {
    if value < 0.0 {
        -1.0
    } else if value > 0.0 {
        1.0
    } else {
        value
    }
}

pub(super) fn each_float(
    evaluator: &mut Evaluator<'_>,
    site: &CallSite<'_>,
    function: FloatFunction,
) -> Result<Operand, QueryError> {
    map(evaluator, site, |_, value| function(value)).map(Operand::Vector)
}

fn map(
    evaluator: &mut Evaluator<'_>,
    site: &CallSite<'_>,
    change: impl Fn(usize, f64) -> f64,
) -> Result<Vec<Row>, QueryError> {
    let mut rows: Vec<Row> = site.vector(evaluator, 0)?;
    for row in &mut rows {
        evaluator.tick(site.steps.count)?;
        row.column.map_floats(&change);
        evaluator.drop_name(row);
    }
    rows.retain(|row| row.column.present().any());
    evaluator.merge_delayed(rows)
}

pub(super) fn clamp(
    evaluator: &mut Evaluator<'_>,
    site: &CallSite<'_>,
) -> Result<Operand, QueryError> {
    let (low, high) = match site.name() {
        "clamp" => (Some(site.scalar(evaluator, 1)?), Some(site.scalar(evaluator, 2)?)),
        "clamp_min" => (Some(site.scalar(evaluator, 1)?), None),
        _ => (None, Some(site.scalar(evaluator, 1)?)),
    };
    let bounds = |step: usize| {
        let low = low.as_ref().map_or(f64::NEG_INFINITY, |low| low[step]);
        (low, high.as_ref().map_or(f64::INFINITY, |high| high[step]))
    };
    // Bounds that cross leave nothing, not even two series that would become one.
    let crossed: Vec<usize> =
        (0..site.steps.count).filter(|step| bounds(*step).1 < bounds(*step).0).collect();
    let mut rows: Vec<Row> = site.vector(evaluator, 0)?;
    for row in &mut rows {
        evaluator.tick(site.steps.count)?;
        for step in &crossed {
            row.column.clear(*step);
        }
        row.column.map_floats(|step, value| {
            let (low, high) = bounds(step);
            go_max(low, go_min(high, value))
        });
        evaluator.drop_name(row);
    }
    rows.retain(|row| row.column.present().any());
    evaluator.merge_delayed(rows).map(Operand::Vector)
}

pub(super) fn round(
    evaluator: &mut Evaluator<'_>,
    site: &CallSite<'_>,
) -> Result<Operand, QueryError> {
    let nearest = match site.call.args.len() {
        2.. => site.scalar(evaluator, 1)?,
        _ => vec![1.0; site.steps.count],
    };
    let rounded = map(evaluator, site, |step, value| {
        // Ties go up; with the inverse fewer numbers suffer from rounding.
        let inverse = 1.0 / nearest[step];
        (value * inverse + 0.5).floor() / inverse
    });
    rounded.map(Operand::Vector)
}

/// `min_of`, `max_of`: the smallest or largest of some scalars.
pub(super) fn extreme(
    evaluator: &mut Evaluator<'_>,
    site: &CallSite<'_>,
) -> Result<Operand, QueryError> {
    let pick = if site.name() == "max_of" { go_max } else { go_min };
    let mut best = site.scalar(evaluator, 0)?;
    for index in 1..site.call.args.len() {
        let values = site.scalar(evaluator, index)?;
        best.iter_mut().zip(values).for_each(|(best, value)| *best = pick(*best, value));
    }
    Ok(Operand::Scalar(best))
}
