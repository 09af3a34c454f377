//! `count_values`: one series per different value of a group.

use super::{groups_text, signature};
use crate::QueryError;
use crate::account::Held;
use crate::column::{Cell, Column, Operand, Row, Steps};
use crate::evaluate::Evaluator;
use crate::histogram;
use crate::signature::{IndexMap, Signature};
use model::{go_decimal, quote};
use promql::ast::AggregateExpr;

/// Counts equal values per group.
pub(super) fn eval(
    evaluator: &mut Evaluator<'_>,
    aggregate: &AggregateExpr,
    steps: Steps,
) -> Result<Vec<Row>, QueryError> {
    let label = match &aggregate.parameter {
        Some(parameter) => match evaluator.eval(parameter, steps)? {
            Operand::Text(text) => text,
            Operand::Scalar(_) | Operand::Vector(_) => String::new(),
        },
        None => String::new(),
    };
    evaluator.says(|| groups_text("one series per value", aggregate));
    if label.is_empty() {
        return Err(QueryError::execution(format!("invalid label name {}", quote(&label))));
    }
    let rows = evaluator.eval_vector(&aggregate.expr, steps)?;
    let mut grouping = aggregate.grouping.clone();
    if !aggregate.without && !grouping.contains(&label) {
        grouping.push(label.clone());
    }
    let signature = match signature(aggregate) {
        Signature::Only(_) => Signature::Only(&grouping),
        Signature::Without(_) => Signature::Without(&aggregate.grouping),
    };
    let mut known = IndexMap::default();
    let mut out: Vec<Row> = Vec::new();
    for row in &rows {
        for (step, cell) in row.column.points() {
            let value = match cell {
                Cell::Absent => continue,
                Cell::Float(value) => go_decimal(value),
                Cell::Histogram(histogram) => histogram::describe(histogram),
            };
            let labels = signature.of(&row.labels.to_builder().set(&label, &value).build());
            let next = out.len();
            let at = *known.entry(labels.clone()).or_insert(next);
            if at == next {
                evaluator.hold(Held::steps(steps.count).and(Held::labels(&labels)))?;
                out.push(Row::new(labels, false, Column::absent(steps.count)));
            }
            let count = match out[at].column.get(step) {
                Cell::Float(count) => count,
                Cell::Absent | Cell::Histogram(_) => 0.0,
            };
            out[at].column.set_float(step, count + 1.0);
            evaluator.tick(1)?;
        }
    }
    Ok(out)
}
