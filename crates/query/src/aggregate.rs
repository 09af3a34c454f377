//! Aggregations: groups are found once per query, then every group is computed over all steps.
//! Series are taken in their fixed order, so that sums do not depend on the number of cores.

mod count;
mod count_values;
mod pick;
mod reduce;

use crate::QueryError;
use crate::account::Held;
use crate::column::{Column, Row, Steps};
use crate::evaluate::Evaluator;
use crate::signature::{Group, Signature, group};
use promql::ast::{AggregateExpr, AggregateOp, Expr};
pub(crate) use reduce::Reduction;

/// About what taking a row into its group costs, ns.
const ROW_COST: usize = 20;
/// About what a step of a row costs, ns.
const CELL_COST: usize = 2;

impl Evaluator<'_> {
    /// `op by (labels) (parameter, expr)`
    pub(crate) fn eval_aggregate(
        &mut self,
        expr: &Expr,
        aggregate: &AggregateExpr,
        steps: Steps,
    ) -> Result<Vec<Row>, QueryError> {
        let op = aggregate.op;
        if op == AggregateOp::CountValues {
            return count_values::eval(self, aggregate, steps);
        }
        if let Some(selector) = count::counted(self, aggregate) {
            return count::eval(self, aggregate, selector, steps);
        }
        let parameter = match &aggregate.parameter {
            Some(parameter) => self.eval_scalar(parameter, steps)?,
            None => Vec::new(),
        };
        let rows = self.eval_vector(&aggregate.expr, steps)?;
        match op {
            AggregateOp::Topk
            | AggregateOp::Bottomk
            | AggregateOp::Limitk
            | AggregateOp::LimitRatio => {
                pick::eval(self, expr, aggregate, (rows, &parameter), steps)
            }
            AggregateOp::Sum
            | AggregateOp::Avg
            | AggregateOp::Min
            | AggregateOp::Max
            | AggregateOp::Count
            | AggregateOp::Group
            | AggregateOp::Stddev
            | AggregateOp::Stdvar
            | AggregateOp::CountValues
            | AggregateOp::Quantile => self.reduce(aggregate, &rows, &parameter, steps),
        }
    }

    fn reduce(
        &mut self,
        aggregate: &AggregateExpr,
        rows: &[Row],
        parameter: &[f64],
        steps: Steps,
    ) -> Result<Vec<Row>, QueryError> {
        if aggregate.op == AggregateOp::Quantile {
            self.check_quantiles(aggregate, parameter);
        }
        self.says(|| groups_text("one series", aggregate));
        let groups = group(rows, &signature(aggregate));
        self.hold(Held::groups(groups.iter().map(|group| &group.labels)))?;
        let work = || rows.len().saturating_mul(ROW_COST + steps.count * CELL_COST);
        self.share(
            (groups.len(), &work),
            |_| Ok(()),
            |lane, (), index| {
                let group = &groups[index];
                lane.hold(Held::steps(steps.count))?;
                let column = lane.reduce_group(aggregate, (rows, group), parameter, steps)?;
                if !column.present().any() {
                    lane.release(Held::steps(steps.count));
                    return Ok(None);
                }
                let drop_name = group.members.iter().any(|member| rows[*member].drop_name);
                lane.hold(Held::histograms_of(&column))?;
                Ok(Some(Row::new(group.labels.clone(), drop_name, column)))
            },
        )
    }

    fn reduce_group(
        &mut self,
        aggregate: &AggregateExpr,
        (rows, group): (&[Row], &Group),
        parameter: &[f64],
        steps: Steps,
    ) -> Result<Column, QueryError> {
        let place = aggregate.expr.place;
        let members = group.members.iter().map(|member| &rows[*member].column);
        let cost = Reduction::cost(aggregate.op, members, steps.count);
        self.hold(cost)?;
        let mut reduction = Reduction::new(aggregate.op, place, steps.count);
        for member in &group.members {
            self.tick(steps.count)?;
            reduction.add(&rows[*member], &mut self.notes);
        }
        let column = reduction.finish(parameter, &mut self.notes);
        self.release(cost);
        Ok(column)
    }

    fn check_quantiles(&mut self, aggregate: &AggregateExpr, quantiles: &[f64]) {
        let place = aggregate.parameter.as_ref().map(|p| p.place).unwrap_or_default();
        if quantiles.iter().any(|quantile| quantile.is_nan()) {
            self.notes.invalid_quantile(place, f64::NAN);
        }
        let (low, high) = extremes(quantiles);
        if high > 1.0 {
            self.notes.invalid_quantile(place, high);
        }
        if low < 0.0 {
            self.notes.invalid_quantile(place, low);
        }
    }
}

/// Says what comes out of each group.
fn groups_text(what: &str, aggregate: &AggregateExpr) -> String {
    if aggregate.grouping.is_empty() && !aggregate.without {
        return format!("{what} of all");
    }
    format!("{what} per group of equal values of {}", signature(aggregate).describe())
}

/// Which labels make a group.
fn signature(aggregate: &AggregateExpr) -> Signature<'_> {
    if aggregate.without {
        Signature::Without(&aggregate.grouping)
    } else {
        Signature::Only(&aggregate.grouping)
    }
}

/// Smallest and largest parameter, NaN aside.
fn extremes(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (low, high)
}
