//! One pair of samples: floats, histograms and what is not defined between them.
//! What is not defined gives no sample and an info.

use crate::annotation::{Annotations, HistogramOperation};
use crate::column::Cell;
use crate::histogram::{self, Incompatible, Sum, TrimSide};
use model::{CounterReset, Histogram, Value};
use promql::ast::{BinaryOp, Place};
use std::sync::Arc;

/// Where pairs leave their annotations.
pub(crate) struct ElementNotes<'a> {
    pub annotations: &'a mut Annotations,
    pub place: Place,
    pub op: BinaryOp,
}

impl ElementNotes<'_> {
    fn incompatible(&mut self, left: &str, right: &str) {
        self.annotations.incompatible_types(self.place, left, self.op.as_str(), right);
    }
}

/// `</`, `>/`: defined for histograms only.
pub(super) fn is_trim(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::TrimUpper | BinaryOp::TrimLower)
}

/// Arithmetic and comparison of two numbers; comparisons give 0 or 1.
pub(super) fn scalar(op: BinaryOp, left: f64, right: f64) -> f64 {
    match arithmetic(op, left, right) {
        Some(value) => value,
        None => f64::from(u8::from(compares(op, left, right))),
    }
}

fn arithmetic(op: BinaryOp, left: f64, right: f64) -> Option<f64> {
    match op {
        BinaryOp::Add => Some(left + right),
        BinaryOp::Sub => Some(left - right),
        BinaryOp::Mul => Some(left * right),
        BinaryOp::Div => Some(left / right),
        BinaryOp::Mod => Some(left % right),
        BinaryOp::Pow => Some(left.powf(right)),
        BinaryOp::Atan2 => Some(left.atan2(right)),
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Greater
        | BinaryOp::Less
        | BinaryOp::GreaterOrEqual
        | BinaryOp::LessOrEqual
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Unless
        | BinaryOp::TrimUpper
        | BinaryOp::TrimLower => None,
    }
}

fn compares(op: BinaryOp, left: f64, right: f64) -> bool {
    match op {
        BinaryOp::Equal => left == right,
        BinaryOp::NotEqual => left != right,
        BinaryOp::Greater => left > right,
        BinaryOp::Less => left < right,
        BinaryOp::GreaterOrEqual => left >= right,
        BinaryOp::LessOrEqual => left <= right,
        BinaryOp::Add
        | BinaryOp::Sub
        | BinaryOp::Mul
        | BinaryOp::Div
        | BinaryOp::Mod
        | BinaryOp::Pow
        | BinaryOp::Atan2
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Unless
        | BinaryOp::TrimUpper
        | BinaryOp::TrimLower => false,
    }
}

/// The result of a pair and whether a comparison keeps it; `None` when nothing is defined.
pub(super) fn combine(
    op: BinaryOp,
    left: Cell<'_>,
    right: Cell<'_>,
    notes: &mut ElementNotes<'_>,
) -> Option<(Value, bool)> {
    match (left, right) {
        (Cell::Float(left), Cell::Float(right)) => floats(op, left, right, notes),
        (Cell::Float(left), Cell::Histogram(right)) => {
            if op != BinaryOp::Mul {
                notes.incompatible("float", "histogram");
                return None;
            }
            Some((compacted(histogram::scale(right, left)), true))
        }
        (Cell::Histogram(left), Cell::Float(right)) => with_float(op, left, right, notes),
        (Cell::Histogram(left), Cell::Histogram(right)) => histograms(op, left, right, notes),
        (Cell::Absent, _) | (_, Cell::Absent) => None,
    }
}

fn floats(
    op: BinaryOp,
    left: f64,
    right: f64,
    notes: &mut ElementNotes<'_>,
) -> Option<(Value, bool)> {
    if is_trim(op) {
        notes.incompatible("float", "float");
        return None;
    }
    Some(match arithmetic(op, left, right) {
        Some(value) => (Value::Float(value), true),
        None => (Value::Float(left), compares(op, left, right)),
    })
}

fn with_float(
    op: BinaryOp,
    left: &Histogram,
    right: f64,
    notes: &mut ElementNotes<'_>,
) -> Option<(Value, bool)> {
    let result = match op {
        BinaryOp::Mul => histogram::scale(left, right),
        BinaryOp::Div => histogram::divide(left, right),
        BinaryOp::TrimUpper => histogram::trim(left, right, TrimSide::KeepBelow),
        BinaryOp::TrimLower => histogram::trim(left, right, TrimSide::KeepAbove),
        BinaryOp::Add
        | BinaryOp::Sub
        | BinaryOp::Mod
        | BinaryOp::Pow
        | BinaryOp::Atan2
        | BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Greater
        | BinaryOp::Less
        | BinaryOp::GreaterOrEqual
        | BinaryOp::LessOrEqual
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Unless => {
            notes.incompatible("histogram", "float");
            return None;
        }
    };
    Some((compacted(result), true))
}

fn compacted(mut histogram: Histogram) -> Value {
    histogram::compact(&mut histogram);
    Value::Histogram(Arc::new(histogram))
}

fn histograms(
    op: BinaryOp,
    left: &Arc<Histogram>,
    right: &Histogram,
    notes: &mut ElementNotes<'_>,
) -> Option<(Value, bool)> {
    match op {
        BinaryOp::Add => {
            let sum = sum(left, right, HistogramOperation::Add, notes)?;
            Some((Value::Histogram(Arc::new(sum)), true))
        }
        BinaryOp::Sub => {
            let difference = sum(left, right, HistogramOperation::Sub, notes)?;
            let difference = Histogram { counter_reset: CounterReset::Gauge, ..difference };
            Some((Value::Histogram(Arc::new(difference)), true))
        }
        BinaryOp::Equal => {
            Some((Value::Histogram(Arc::clone(left)), histogram::equals(left, right)))
        }
        BinaryOp::NotEqual => {
            Some((Value::Histogram(Arc::clone(left)), !histogram::equals(left, right)))
        }
        BinaryOp::Mul
        | BinaryOp::Div
        | BinaryOp::Mod
        | BinaryOp::Pow
        | BinaryOp::Atan2
        | BinaryOp::Greater
        | BinaryOp::Less
        | BinaryOp::GreaterOrEqual
        | BinaryOp::LessOrEqual
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Unless
        | BinaryOp::TrimUpper
        | BinaryOp::TrimLower => {
            notes.incompatible("histogram", "histogram");
            None
        }
    }
}

fn sum(
    left: &Histogram,
    right: &Histogram,
    operation: HistogramOperation,
    notes: &mut ElementNotes<'_>,
) -> Option<Histogram> {
    let mut sum = Sum::new(left);
    let merged = match operation {
        HistogramOperation::Sub => sum.subtract(right),
        HistogramOperation::Add | HistogramOperation::Aggregate => sum.add(right),
    };
    let Ok(merge) = merged else {
        let Incompatible = Incompatible;
        notes.annotations.incompatible_bucket_layout(notes.place, notes.op.as_str());
        return None;
    };
    if merge.reset_collision {
        notes.annotations.counter_reset_collision(notes.place, operation);
    }
    if merge.bounds_reconciled {
        notes.annotations.mismatched_custom_buckets(notes.place, operation);
    }
    Some(sum.finish())
}
