//! The same query at other instants: with `@` on all selectors its answer must not change.
//! Source: Prometheus 3.14, `atModifierTestCases`.

use crate::invariant::depends_on_time;
use model::Timestamp;
use promql::ast::{AtModifier, Expr, ExprKind};
use promql::format_duration;
use std::fmt;

/// A query and the instant at which it is evaluated, ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variant {
    pub(super) text: String,
    pub(super) at: i64,
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "as `{}` at {}", self.text, format_duration(self.at))
    }
}

/// The query with `@ at`, before and behind that instant; none when its functions look at the time
/// of evaluation themselves.
pub(super) fn with_at(expr: &Expr, at: i64) -> Vec<Variant> {
    let mut pinned = expr.clone();
    if !pin(&mut pinned, Timestamp::from_ms(at)) {
        return Vec::new();
    }
    let text = pinned.to_string();
    let times = if at == 0 {
        vec![-1_000, 0, 1_000]
    } else {
        vec![at.saturating_mul(-10), 0, at / 5, at, at.saturating_mul(10)]
    };
    times.into_iter().map(|at| Variant { text: text.clone(), at }).collect()
}

/// Sets `@` on all selectors and subqueries, `start()` and `end()` replaced; what stands in a
/// subquery follows its `@`. False when the answer still depends on the time of evaluation.
fn pin(expr: &mut Expr, at: Timestamp) -> bool {
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => true,
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => pin(inner, at),
        ExprKind::Binary(binary) => pin(&mut binary.left, at) && pin(&mut binary.right, at),
        ExprKind::Aggregate(aggregate) => {
            aggregate.parameter.as_mut().is_none_or(|parameter| pin(parameter, at))
                && pin(&mut aggregate.expr, at)
        }
        ExprKind::Call(call) => {
            !depends_on_time(call.function.name)
                && !matches!(call.function.name, "start" | "end")
                && call.args.iter_mut().all(|arg| pin(arg, at))
        }
        ExprKind::Vector(selector) => fix(&mut selector.at, at),
        ExprKind::Matrix(matrix) => fix(&mut matrix.selector.at, at),
        ExprKind::Subquery(subquery) => fix(&mut subquery.at, at),
    }
}

fn fix(modifier: &mut Option<AtModifier>, at: Timestamp) -> bool {
    match modifier {
        Some(AtModifier::At(_)) => {}
        Some(AtModifier::Start | AtModifier::End) | None => *modifier = Some(AtModifier::At(at)),
    }
    true
}
