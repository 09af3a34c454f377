//! The indented form of upstream's `format_query`: an expression that exceeds 100 columns is split
//! at its operator or parentheses, two spaces deeper; a selector is never split.

use super::{AggregateHead, LeftOperand, Operator, SubqueryTail};
use crate::ast::{Expr, ExprKind};
use std::fmt::{self, Write};

/// Longest one-line form that is not split, in bytes.
const COLUMNS_MAX: usize = 100;

/// The expression over several lines where one line would exceed 100 columns.
///
/// ```
/// let expr = promql::parse("sum(rate(up[5m]))by(job)").unwrap();
/// assert_eq!(promql::pretty(&expr), "sum by (job) (rate(up[5m]))");
/// ```
pub fn pretty(expr: &Expr) -> String {
    let mut out = String::new();
    write(expr, 0, &mut out);
    out
}

fn write(expr: &Expr, level: usize, out: &mut String) {
    match &expr.kind {
        ExprKind::Unary(op, inner) => {
            // The operand begins behind the sign, not at its indentation.
            let mut operand = String::new();
            write(inner, level, &mut operand);
            line(level, format_args!("{op}{}", operand.trim_start()), out);
        }
        ExprKind::Subquery(subquery) if exceeds(expr) => {
            write(&subquery.expr, level, out);
            append(format_args!("{}", SubqueryTail(subquery)), out);
        }
        // Upstream forgets the indentation here, and clients compare.
        ExprKind::Subquery(_) => append(format_args!("{expr}"), out),
        _ if !exceeds(expr) => line(level, format_args!("{expr}"), out),
        ExprKind::Binary(binary) => {
            match &binary.left.kind {
                ExprKind::Number(_) => {
                    line(level + 1, format_args!("{}", LeftOperand(binary)), out);
                }
                _ => write(&binary.left, level + 1, out),
            }
            out.push('\n');
            line(level, format_args!("{}", Operator(binary)), out);
            out.push('\n');
            write(&binary.right, level + 1, out);
        }
        ExprKind::Aggregate(aggregate) => {
            line(level, format_args!("{}(", AggregateHead(aggregate)), out);
            let parts = aggregate.parameter.iter().chain([&aggregate.expr]);
            list(parts, level, out);
        }
        ExprKind::Call(call) => {
            line(level, format_args!("{}(", call.function.name), out);
            list(call.args.iter(), level, out);
        }
        ExprKind::Paren(inner) => {
            line(level, format_args!("("), out);
            list([&**inner].into_iter(), level, out);
        }
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Vector(_) | ExprKind::Matrix(_) => {
            line(level, format_args!("{expr}"), out);
        }
    }
}

/// The parts one level deeper, each in its own lines, and the closing parenthesis.
fn list<'a>(parts: impl Iterator<Item = &'a Expr>, level: usize, out: &mut String) {
    for (index, part) in parts.enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        write(part, level + 1, out);
    }
    out.push('\n');
    line(level, format_args!(")"), out);
}

fn line(level: usize, text: fmt::Arguments<'_>, out: &mut String) {
    for _ in 0..level {
        out.push_str("  ");
    }
    append(text, out);
}

fn append(text: fmt::Arguments<'_>, out: &mut String) {
    out.write_fmt(text).expect("a string takes any text");
}

/// Is the one-line form too long? Stops printing as soon as it is.
fn exceeds(expr: &Expr) -> bool {
    struct Budget(usize);
    impl Write for Budget {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 = self.0.checked_sub(text.len()).ok_or(fmt::Error)?;
            Ok(())
        }
    }
    write!(Budget(COLUMNS_MAX), "{expr}").is_err()
}
