//! `and`, `or`, `unless`: presence of one side decides about the other, per signature and step.
//! With bitmaps of presence that is a few words per series.

use crate::QueryError;
use crate::account::Held;
use crate::column::{Bits, Row, Steps};
use crate::evaluate::{Evaluator, merge_equal};
use crate::signature::{IndexMap, Signature};
use model::Labels;
use promql::ast::{BinaryExpr, BinaryOp, VectorMatching};

/// Applies a set operator.
pub(super) fn combine(
    evaluator: &mut Evaluator<'_>,
    binary: &BinaryExpr,
    [mut left, mut right]: [Vec<Row>; 2],
    steps: Steps,
) -> Result<Vec<Row>, QueryError> {
    evaluator.tick(left.len() + right.len())?;
    let none = VectorMatching::default();
    let matching = binary.matching.as_ref().unwrap_or(&none);
    let signature = super::join::signature(matching);
    evaluator.says(|| {
        let labels = signature.describe();
        match binary.op {
            BinaryOp::And => format!("points on the left with one on the right, by {labels}"),
            BinaryOp::Unless => format!("points on the left with none on the right, by {labels}"),
            _ => format!("the left, and points on the right with none on the left, by {labels}"),
        }
    });
    let marks = if binary.op == BinaryOp::Or { &left } else { &right };
    let mark = Held::bytes(steps.count / 8 + 48);
    evaluator
        .hold(Held::groups(marks.iter().map(|row| &row.labels)).and(mark.times(marks.len())))?;
    match binary.op {
        BinaryOp::And => {
            let presence = Presence::of(&right, &signature, steps.count);
            for row in &mut left {
                match presence.get(&signature.of(&row.labels)) {
                    Some(bits) => row.column.keep(bits),
                    None => row.column.keep(&Bits::zeroes(steps.count)),
                }
            }
        }
        BinaryOp::Unless => {
            let presence = Presence::of(&right, &signature, steps.count);
            remove(&mut left, &presence, &signature);
        }
        _ => {
            let presence = Presence::of(&left, &signature, steps.count);
            remove(&mut right, &presence, &signature);
            left.append(&mut right);
        }
    }
    left.retain(|row| row.column.present().any());
    // At a single step the order counts and equal labels are found when the result is shown.
    if steps.is_instant() && evaluator.options.delayed_name_removal {
        return Ok(left);
    }
    merge_equal(left)
}

fn remove(rows: &mut [Row], presence: &Presence, signature: &Signature<'_>) {
    for row in rows {
        if let Some(bits) = presence.get(&signature.of(&row.labels)) {
            row.column.remove(bits);
        }
    }
}

/// Steps at which any series of a signature is there.
struct Presence {
    known: IndexMap,
    bits: Vec<Bits>,
}

impl Presence {
    fn of(rows: &[Row], signature: &Signature<'_>, steps: usize) -> Self {
        let mut presence = Self { known: IndexMap::default(), bits: Vec::new() };
        for row in rows {
            let next = presence.bits.len();
            let at = *presence.known.entry(signature.of(&row.labels)).or_insert(next);
            if at == next {
                presence.bits.push(Bits::zeroes(steps));
            }
            presence.bits[at].add(row.column.present());
        }
        presence
    }

    fn get(&self, signature: &Labels) -> Option<&Bits> {
        self.known.get(signature).map(|at| &self.bits[*at])
    }
}
