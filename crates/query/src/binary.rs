//! Binary operators: scalars, a vector with a scalar, and what to do with two vectors.
//! Comparisons keep the left value of what passes, or with `bool` give 0 and 1.

mod element;
mod join;
mod sets;

use crate::QueryError;
use crate::account::Held;
use crate::column::{Cell, Column, Operand, Row, Steps};
use crate::evaluate::{Evaluator, merge_equal};
pub(crate) use element::ElementNotes;
use element::{combine, scalar};
use model::Value;
use promql::ast::{BinaryExpr, BinaryOp, Expr, ExprKind};

/// Does the operator make another metric of it, so that the name goes?
pub(crate) fn changes_metric(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::Mod
            | BinaryOp::Pow
            | BinaryOp::Atan2
    )
}

/// Which operand of an operation with a scalar is the vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VectorSide {
    Left,
    Right,
}

impl Evaluator<'_> {
    /// `left op right`; a chain `a + b + c`, which leans left, is walked without recursion.
    pub(crate) fn eval_binary(
        &mut self,
        expr: &Expr,
        binary: &BinaryExpr,
        steps: Steps,
    ) -> Result<Operand, QueryError> {
        let held = self.held();
        let (mut innermost, mut chain) = (binary, vec![(expr, binary)]);
        while let ExprKind::Binary(inner) = &innermost.left.kind {
            self.enter(&innermost.left, steps);
            chain.push((&innermost.left, inner));
            innermost = inner;
        }
        let mut left = self.eval(&innermost.left, steps)?;
        while let Some((expr, binary)) = chain.pop() {
            let right = self.eval(&binary.right, steps)?;
            let applied = self.apply(expr, binary, (left, right), steps);
            let applied = applied.map_err(|error| error.blame(|| self.shown(expr)));
            // The outermost was entered, and is left, by who evaluates it.
            let is_outermost = chain.is_empty();
            left = if is_outermost { applied } else { self.leave(expr, (held, steps), applied) }?;
            self.settle(held, &left)?;
        }
        Ok(left)
    }

    fn apply(
        &mut self,
        expr: &Expr,
        binary: &BinaryExpr,
        operands: (Operand, Operand),
        steps: Steps,
    ) -> Result<Operand, QueryError> {
        match operands {
            (Operand::Scalar(left), Operand::Scalar(right)) => {
                self.says(|| "number with number".into());
                let pairs = left.into_iter().zip(right);
                Ok(Operand::Scalar(pairs.map(|(a, b)| scalar(binary.op, a, b)).collect()))
            }
            (Operand::Vector(rows), Operand::Scalar(values)) => {
                self.says(|| "each series on the left with a number".into());
                self.with_scalar(expr, binary, (rows, &values), VectorSide::Left)
            }
            (Operand::Scalar(values), Operand::Vector(rows)) => {
                self.says(|| "a number with each series on the right".into());
                self.with_scalar(expr, binary, (rows, &values), VectorSide::Right)
            }
            (Operand::Vector(left), Operand::Vector(right)) if binary.op.is_set_operator() => {
                sets::combine(self, binary, [left, right], steps).map(Operand::Vector)
            }
            (Operand::Vector(left), Operand::Vector(right)) => {
                join::combine(self, expr, binary, [left, right], steps).map(Operand::Vector)
            }
            (Operand::Text(_), _) | (_, Operand::Text(_)) => {
                let op = binary.op.as_str();
                Err(QueryError::execution(format!("operator {op} is not defined for strings")))
            }
        }
    }

    fn with_scalar(
        &mut self,
        expr: &Expr,
        binary: &BinaryExpr,
        (rows, values): (Vec<Row>, &[f64]),
        side: VectorSide,
    ) -> Result<Operand, QueryError> {
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let before = Held::column(&row.column);
            self.hold(before)?;
            let column = if row.column.has_histograms() || element::is_trim(binary.op) {
                self.map_cells(expr, binary, (&row.column, values), side)
            } else {
                map_floats(binary, (&row.column, values), side)
            };
            if column.present().any() {
                let mut row = Row { column, ..row };
                if changes_metric(binary.op) || binary.return_bool {
                    self.drop_name(&mut row);
                }
                out.push(row);
            }
            // The new column takes the place of the old one.
            self.release(before);
        }
        if self.options.delayed_name_removal {
            return Ok(Operand::Vector(out));
        }
        merge_equal(out).map(Operand::Vector)
    }

    fn map_cells(
        &mut self,
        expr: &Expr,
        binary: &BinaryExpr,
        (column, values): (&Column, &[f64]),
        side: VectorSide,
    ) -> Column {
        let op = binary.op;
        let mut notes = ElementNotes { annotations: &mut self.notes, place: expr.place, op };
        column.map(|step, cell| {
            let number = Cell::Float(values[step]);
            let (left, right) = match side {
                VectorSide::Left => (cell, number),
                VectorSide::Right => (number, cell),
            };
            let (mut point, keep) = combine(op, left, right, &mut notes)?;
            if side == VectorSide::Right && op.is_comparison() {
                point = cell.to_value()?;
            }
            if binary.return_bool {
                return Some(Value::Float(f64::from(u8::from(keep))));
            }
            keep.then_some(point)
        })
    }
}

/// The same for a column of floats, where nothing can be undefined.
fn map_floats(
    binary: &BinaryExpr,
    (column, numbers): (&Column, &[f64]),
    side: VectorSide,
) -> Column {
    let (op, values, present) = (binary.op, column.values(), column.present());
    let filters = op.is_comparison() && !binary.return_bool;
    Column::floats(column.len(), |step| {
        if !present.get(step) {
            return None;
        }
        let value = match side {
            VectorSide::Left => scalar(op, values[step], numbers[step]),
            VectorSide::Right => scalar(op, numbers[step], values[step]),
        };
        if filters { (value != 0.0).then_some(values[step]) } else { Some(value) }
    })
}
