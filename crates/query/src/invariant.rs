//! Which parts of a query have the same value at every step: those whose selectors all carry `@`.
//! Functions that look at the evaluation time itself are excluded, as upstream does.

use promql::ast::{Expr, ExprKind};

/// Functions whose result depends on the instant of evaluation even when their arguments do not.
const TIME_DEPENDENT: [&str; 11] = [
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "hour",
    "minute",
    "month",
    "predict_linear",
    "time",
    "timestamp",
    "year",
];

/// Does the function look at the instant of evaluation itself?
pub(crate) fn depends_on_time(function: &str) -> bool {
    TIME_DEPENDENT.contains(&function)
}

/// Is the expression the same at every step, and dear enough to compute it once only?
pub(crate) fn is_worthwhile(expr: &Expr) -> bool {
    !matches!(expr.kind, ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Paren(_))
        && is_invariant(expr)
}

fn is_invariant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => true,
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => is_invariant(inner),
        ExprKind::Binary(binary) => is_invariant(&binary.left) && is_invariant(&binary.right),
        ExprKind::Aggregate(aggregate) => {
            aggregate.parameter.as_ref().is_none_or(is_invariant) && is_invariant(&aggregate.expr)
        }
        ExprKind::Call(call) => {
            !depends_on_time(call.function.name) && call.args.iter().all(is_invariant)
        }
        ExprKind::Vector(selector) => selector.at.is_some(),
        ExprKind::Matrix(matrix) => matrix.selector.at.is_some(),
        ExprKind::Subquery(subquery) => subquery.at.is_some(),
    }
}
