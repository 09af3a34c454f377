//! Aggregations that keep some series of a group: `topk`, `bottomk`, `limitk`, `limit_ratio`.
//! Ties are broken as Go's heap breaks them; `limit_ratio` samples by the hash of the label set.

use super::{extremes, groups_text, signature};
use crate::QueryError;
use crate::account::Held;
use crate::column::{Bits, Cell, Row, Steps};
use crate::evaluate::Evaluator;
use crate::signature::group;
use crate::xxhash::label_hash;
use model::go_general;
use promql::ast::{AggregateExpr, AggregateOp, Expr};

/// Picks series per group and step.
pub(super) fn eval(
    evaluator: &mut Evaluator<'_>,
    expr: &Expr,
    aggregate: &AggregateExpr,
    (mut rows, parameter): (Vec<Row>, &[f64]),
    steps: Steps,
) -> Result<Vec<Row>, QueryError> {
    evaluator.says(|| groups_text("some series at each step", aggregate));
    if !check_parameter(evaluator, aggregate, parameter)? {
        return Ok(Vec::new());
    }
    evaluator.hold(Held::bytes(steps.count / 8 + 48).times(rows.len()))?;
    let mut masks = vec![Bits::zeroes(steps.count); rows.len()];
    let mut order = Vec::new();
    let limit = rows.len();
    for group in group(&rows, &signature(aggregate)) {
        evaluator.tick(steps.count)?;
        for (step, wanted) in parameter.iter().copied().enumerate().take(steps.count) {
            evaluator.tick(group.members.len())?;
            let picker = Picker { rows: &rows, members: &group.members, step };
            let picked = match aggregate.op {
                AggregateOp::LimitRatio => picker.ratio(wanted.clamp(-1.0, 1.0)),
                AggregateOp::Limitk => picker.first(count(wanted, limit)),
                _ => {
                    let top = aggregate.op == AggregateOp::Topk;
                    let (picked, ignored) = picker.best(count(wanted, limit), top);
                    if ignored {
                        evaluator.notes.histogram_ignored(expr.place, aggregate.op.as_str());
                    }
                    picked
                }
            };
            for index in &picked {
                masks[*index].set(step);
            }
            if steps.is_instant() {
                order.extend(picked);
            }
        }
    }
    for (row, mask) in rows.iter_mut().zip(&masks) {
        row.column.keep(mask);
    }
    if steps.is_instant() {
        let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
        return Ok(order.into_iter().filter_map(|index| rows[index].take()).collect());
    }
    rows.retain(|row| row.column.present().any());
    Ok(rows)
}

/// How many are wanted, at most `limit`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn count(parameter: f64, limit: usize) -> usize {
    parameter.clamp(0.0, limit as f64) as usize
}

/// False when nothing is wanted at any step; errors and warnings are upstream's.
fn check_parameter(
    evaluator: &mut Evaluator<'_>,
    aggregate: &AggregateExpr,
    parameter: &[f64],
) -> Result<bool, QueryError> {
    const INT_LIMIT: f64 = 9_223_372_036_854_775_807.0;
    let has_nan = parameter.iter().any(|value| value.is_nan());
    let (low, high) = extremes(parameter);
    if aggregate.op == AggregateOp::LimitRatio {
        if has_nan {
            return Err(QueryError::execution("Ratio value is NaN"));
        }
        let place = aggregate.parameter.as_ref().map(|p| p.place).unwrap_or_default();
        if high > 1.0 {
            evaluator.notes.invalid_ratio(place, high, 1.0);
        }
        if low < -1.0 {
            evaluator.notes.invalid_ratio(place, low, -1.0);
        }
        return Ok(high != 0.0 || low != 0.0);
    }
    if has_nan {
        return Err(QueryError::execution("Parameter value is NaN"));
    }
    if high < 1.0 {
        return Ok(false);
    }
    if low <= -INT_LIMIT {
        let low = go_general(low);
        return Err(QueryError::execution(format!("Scalar value {low} underflows int64")));
    }
    if high >= INT_LIMIT {
        let high = go_general(high);
        return Err(QueryError::execution(format!("Scalar value {high} overflows int64")));
    }
    Ok(true)
}

/// The series of a group at one step.
struct Picker<'a> {
    rows: &'a [Row],
    members: &'a [usize],
    step: usize,
}

impl Picker<'_> {
    fn first(&self, count: usize) -> Vec<usize> {
        let there = |index: &usize| self.rows[*index].column.present().get(self.step);
        self.members.iter().copied().filter(there).take(count).collect()
    }

    /// Series whose hash falls into the ratio: from the bottom when positive, else from the top.
    fn ratio(&self, ratio: f64) -> Vec<usize> {
        if ratio == 0.0 {
            return Vec::new();
        }
        let within = |index: &usize| {
            let offset = label_hash(&self.rows[*index].labels) as f64 / u64::MAX as f64;
            if ratio >= 0.0 { offset < ratio } else { offset >= 1.0 + ratio }
        };
        self.first(usize::MAX).into_iter().filter(within).collect()
    }

    /// The largest (smallest) floats, best first, and whether histograms were passed over.
    fn best(&self, count: usize, top: bool) -> (Vec<usize>, bool) {
        let mut heap = Heap { items: Vec::new(), top };
        let mut ignored = false;
        for index in self.members {
            match self.rows[*index].column.get(self.step) {
                Cell::Absent => {}
                Cell::Histogram(_) => ignored |= count > 0,
                Cell::Float(value) if heap.items.len() < count => heap.push((value, *index)),
                Cell::Float(value) => heap.offer((value, *index)),
            }
        }
        (heap.sorted(), ignored)
    }
}

/// A heap with the worst item on top, as Go's `container/heap` keeps it.
struct Heap {
    items: Vec<(f64, usize)>,
    top: bool,
}

impl Heap {
    /// Is the first worse than the second? NaN is worse than anything.
    fn worse(&self, a: f64, b: f64) -> bool {
        a.is_nan() || if self.top { a < b } else { a > b }
    }

    fn push(&mut self, item: (f64, usize)) {
        self.items.push(item);
        let mut at = self.items.len() - 1;
        while at > 0 {
            let parent = (at - 1) / 2;
            if !self.worse(self.items[at].0, self.items[parent].0) {
                break;
            }
            self.items.swap(at, parent);
            at = parent;
        }
    }

    /// Replaces the worst item by a better one.
    fn offer(&mut self, item: (f64, usize)) {
        let Some(&(worst, _)) = self.items.first() else { return };
        let better = if self.top { worst < item.0 } else { worst > item.0 };
        if !better && (!worst.is_nan() || item.0.is_nan()) {
            return;
        }
        self.items[0] = item;
        let mut at = 0;
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let Some(&(left_value, _)) = self.items.get(left) else { break };
            let mut child = left;
            if self.items.get(right).is_some_and(|(value, _)| self.worse(*value, left_value)) {
                child = right;
            }
            if !self.worse(self.items[child].0, self.items[at].0) {
                break;
            }
            self.items.swap(at, child);
            at = child;
        }
    }

    /// Indices, best first.
    fn sorted(mut self) -> Vec<usize> {
        let top = self.top;
        self.items.sort_by(|(a, _), (b, _)| {
            let order = a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal);
            let order = if top { order.reverse() } else { order };
            a.is_nan().cmp(&b.is_nan()).then(order)
        });
        self.items.into_iter().map(|(_, index)| index).collect()
    }
}
