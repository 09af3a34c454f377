//! `count` and `group` of a selector: it only matters which series are there when, so nothing is
//! decoded that tells no more than values, and no column is made of a series.

use super::{groups_text, signature};
use crate::QueryError;
use crate::account::Held;
use crate::column::{Bits, Column, Row, Steps};
use crate::evaluate::Evaluator;
use crate::signature::Groups;
use model::Labels;
use promql::ast::{AggregateExpr, AggregateOp, Expr, ExprKind, VectorSelector, WindowEdge};

/// The selector, when counting its series is all that is asked.
pub(super) fn counted<'e>(
    evaluator: &Evaluator<'_>,
    aggregate: &'e AggregateExpr,
) -> Option<&'e VectorSelector> {
    let counts = matches!(aggregate.op, AggregateOp::Count | AggregateOp::Group);
    // Who counts queryable samples wants to see them.
    let selector = plain_selector(&aggregate.expr)?;
    (counts && evaluator.queryable.is_off()).then_some(selector)
}

fn plain_selector(expr: &Expr) -> Option<&VectorSelector> {
    match &expr.kind {
        ExprKind::Paren(inner) => plain_selector(inner),
        ExprKind::Vector(selector) => (selector.edge == WindowEdge::Plain).then_some(selector),
        ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Unary(..)
        | ExprKind::Binary(_)
        | ExprKind::Aggregate(_)
        | ExprKind::Call(_)
        | ExprKind::Matrix(_)
        | ExprKind::Subquery(_) => None,
    }
}

/// A group while its series come in.
struct Count {
    /// The least label set of its series: groups appear in the order of these.
    least: Labels,
    /// Series per step.
    series: Vec<u32>,
}

impl Count {
    fn add(&mut self, labels: &Labels, present: &Bits) {
        if *labels < self.least {
            self.least = labels.clone();
        }
        if present.all(self.series.len()) {
            self.series.iter_mut().for_each(|series| *series += 1);
        } else {
            present.iter().for_each(|step| self.series[step] += 1);
        }
    }

    fn finish(&self, op: AggregateOp) -> Column {
        Column::floats(self.series.len(), |step| {
            let series = f64::from(self.series[step]);
            (series > 0.0).then_some(if op == AggregateOp::Group { 1.0 } else { series })
        })
    }
}

/// Counts the series of a selector by group.
pub(super) fn eval(
    evaluator: &mut Evaluator<'_>,
    aggregate: &AggregateExpr,
    selector: &VectorSelector,
    steps: Steps,
) -> Result<Vec<Row>, QueryError> {
    evaluator.says(|| groups_text("one series", aggregate));
    let signature = signature(aggregate);
    let mut groups = Groups::default();
    let mut counts: Vec<Count> = Vec::new();
    let expr = &aggregate.expr;
    let counted = evaluator.within(expr, steps, |part| {
        part.select_presence(selector, steps, &mut |part, labels, present| {
            let at = groups.of(&signature, labels);
            if at == counts.len() {
                part.hold(Held::steps(steps.count).times(2).and(Held::labels(labels)))?;
                counts.push(Count { least: labels.clone(), series: vec![0; steps.count] });
            }
            counts[at].add(labels, present);
            Ok(())
        })
    });
    counted.map_err(|error| error.blame(|| evaluator.shown(expr)))?;
    let mut counts: Vec<(Count, Labels)> = counts.into_iter().zip(groups.labels).collect();
    counts.sort_unstable_by(|(a, _), (b, _)| a.least.cmp(&b.least));
    let rows = counts.into_iter();
    Ok(rows.map(|(count, labels)| Row::new(labels, false, count.finish(aggregate.op))).collect())
}
