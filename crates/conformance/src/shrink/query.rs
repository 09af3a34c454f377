//! Simpler queries: an expression becomes one of its parts, a modifier or a matcher goes.

use promql::ast::{
    AggregateExpr, BinaryExpr, Call, DurationExpr, Expr, ExprKind, NumberLiteral, VectorSelector,
};
use promql::{ParserOptions, parse_with};

/// Well-formed queries that are a little shorter or plainer, the shortest first.
pub(super) fn simpler(query: &str) -> Vec<String> {
    let Ok(expr) = parse_with(query, &ParserOptions::ALL) else { return Vec::new() };
    let mut texts: Vec<String> = variants(&expr).iter().map(ToString::to_string).collect();
    // Plain numbers are as long as others, so length alone would not end.
    texts.retain(|text| weight(text) < weight(query));
    texts.retain(|text| parse_with(text, &ParserOptions::ALL).is_ok());
    texts.sort_by_key(|text| weight(text));
    texts.dedup();
    texts
}

/// Characters, digits other than 1 twice.
fn weight(text: &str) -> usize {
    text.len() + text.chars().filter(|c| c.is_ascii_digit() && *c != '1').count()
}

/// Expressions that differ in one place.
fn variants(expr: &Expr) -> Vec<Expr> {
    let mut out: Vec<Expr> = expr.children().into_iter().cloned().collect();
    let with = |kind: ExprKind| Expr { place: expr.place, kind };
    match &expr.kind {
        ExprKind::Number(number) => {
            for value in [1.0, 0.0] {
                out.push(with(ExprKind::Number(NumberLiteral { value, ..*number })));
            }
        }
        ExprKind::String(_) => {}
        ExprKind::Paren(inner) => {
            out.extend(variants(inner).into_iter().map(|v| with(ExprKind::Paren(Box::new(v)))));
        }
        ExprKind::Unary(op, inner) => {
            let op = *op;
            out.extend(variants(inner).into_iter().map(|v| with(ExprKind::Unary(op, Box::new(v)))));
        }
        ExprKind::Binary(binary) => out.extend(of_binary(binary).into_iter().map(with)),
        ExprKind::Aggregate(aggregate) => {
            out.extend(of_aggregate(aggregate).into_iter().map(with));
        }
        ExprKind::Call(call) => {
            for (index, arg) in call.args.iter().enumerate() {
                for variant in variants(arg) {
                    let mut args = call.args.clone();
                    args[index] = variant;
                    out.push(with(ExprKind::Call(Call { function: call.function, args })));
                }
            }
        }
        ExprKind::Vector(selector) => {
            out.extend(of_selector(selector).into_iter().map(|v| with(ExprKind::Vector(v))));
        }
        ExprKind::Matrix(matrix) => {
            for selector in of_selector(&matrix.selector) {
                let mut matrix = matrix.clone();
                matrix.selector = selector;
                out.push(with(ExprKind::Matrix(matrix)));
            }
            for range in of_duration(&matrix.range) {
                let mut matrix = matrix.clone();
                matrix.range = range;
                out.push(with(ExprKind::Matrix(matrix)));
            }
        }
        ExprKind::Subquery(subquery) => {
            let mut push = |change: &dyn Fn(&mut promql::ast::SubqueryExpr)| {
                let mut variant = subquery.clone();
                change(&mut variant);
                out.push(with(ExprKind::Subquery(variant)));
            };
            push(&|variant| variant.offset = DurationExpr::Fixed(0));
            push(&|variant| variant.at = None);
            for inner in variants(&subquery.expr) {
                push(&|variant| variant.expr = inner.clone());
            }
            for range in of_duration(&subquery.range) {
                push(&|variant| variant.range = range.clone());
            }
        }
    }
    out
}

fn of_binary(binary: &BinaryExpr) -> Vec<ExprKind> {
    let mut out = Vec::new();
    let mut push = |change: &dyn Fn(&mut BinaryExpr)| {
        let mut variant = binary.clone();
        change(&mut variant);
        out.push(ExprKind::Binary(Box::new(variant)));
    };
    push(&|variant| variant.return_bool = false);
    push(&|variant| variant.matching = None);
    let labels = binary.matching.as_ref().map_or(0, |matching| matching.labels.len());
    for index in 0..labels {
        push(&|variant| {
            if let Some(matching) = &mut variant.matching {
                matching.labels.remove(index);
            }
        });
    }
    push(&|variant| {
        if let Some(matching) = &mut variant.matching {
            (matching.fill_left, matching.fill_right) = (None, None);
            matching.fill_together = false;
            matching.include.clear();
        }
    });
    for left in variants(&binary.left) {
        push(&|variant| variant.left = left.clone());
    }
    for right in variants(&binary.right) {
        push(&|variant| variant.right = right.clone());
    }
    out
}

fn of_aggregate(aggregate: &AggregateExpr) -> Vec<ExprKind> {
    let mut out = Vec::new();
    let mut push = |change: &dyn Fn(&mut AggregateExpr)| {
        let mut variant = aggregate.clone();
        change(&mut variant);
        out.push(ExprKind::Aggregate(Box::new(variant)));
    };
    push(&|variant| {
        variant.without = false;
        variant.grouping.clear();
    });
    for index in 0..aggregate.grouping.len() {
        push(&|variant| drop(variant.grouping.remove(index)));
    }
    for inner in variants(&aggregate.expr) {
        push(&|variant| variant.expr = inner.clone());
    }
    for parameter in aggregate.parameter.iter().flat_map(variants) {
        push(&|variant| variant.parameter = Some(parameter.clone()));
    }
    out
}

fn of_selector(selector: &VectorSelector) -> Vec<VectorSelector> {
    let mut out = Vec::new();
    let mut push = |change: &dyn Fn(&mut VectorSelector)| {
        let mut variant = selector.clone();
        change(&mut variant);
        out.push(variant);
    };
    push(&|variant| variant.offset = DurationExpr::Fixed(0));
    push(&|variant| variant.at = None);
    for index in 0..selector.matchers.len() {
        if selector.matchers[index].name() != model::METRIC_NAME {
            push(&|variant| drop(variant.matchers.remove(index)));
        }
    }
    out
}

fn of_duration(duration: &DurationExpr) -> Vec<DurationExpr> {
    match duration {
        DurationExpr::Fixed(ms) => [60_000, 300_000]
            .into_iter()
            .filter(|plain| plain != ms)
            .map(DurationExpr::Fixed)
            .collect(),
        DurationExpr::Computed(_) => Vec::new(),
    }
}
