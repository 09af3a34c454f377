//! Printers: one normalised line (`Display`) that parses to the same tree again, and the indented
//! form of upstream's `format_query`, which splits what exceeds 100 columns.
//! Source of the notation: Prometheus 3.14, `printer.go` and `prettier.go`.

mod pretty;
#[cfg(test)]
mod tests;

pub use pretty::pretty;

use crate::ast::{
    AggregateExpr, AtModifier, BinaryExpr, BinaryOp, Call, Cardinality, DurationExpr, DurationTerm,
    Expr, ExprKind, MatrixSelector, NumberLiteral, SubqueryExpr, UnaryOp, VectorMatching,
    VectorSelector, WindowEdge,
};
use crate::duration::format_duration;
use model::{METRIC_NAME, MatchOp, Matcher, go_decimal, go_general};
use std::fmt::{Display, Formatter, Result, Write};

/// The expression without its operands: `sum by (job)`, `rate`, `/ on (job)`, `[1h:5m]`; a selector
/// or literal as a whole.
pub fn head(expr: &Expr) -> String {
    let text = match &expr.kind {
        ExprKind::Paren(_) => "( )".to_owned(),
        ExprKind::Unary(op, _) => op.to_string(),
        ExprKind::Binary(binary) => Operator(binary).to_string(),
        ExprKind::Aggregate(aggregate) => AggregateHead(aggregate).to_string(),
        ExprKind::Call(call) => call.function.name.to_owned(),
        ExprKind::Subquery(subquery) => SubqueryTail(subquery).to_string(),
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Vector(_) | ExprKind::Matrix(_) => {
            expr.to_string()
        }
    };
    text.trim_end().to_owned()
}

/// The expression in one line.
impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            ExprKind::Number(number) => number.fmt(f),
            ExprKind::String(text) => model::quote(text).fmt(f),
            ExprKind::Paren(inner) => write!(f, "({inner})"),
            ExprKind::Unary(op, inner) => write!(f, "{op}{inner}"),
            ExprKind::Binary(binary) => {
                write!(f, "{} {} {}", LeftOperand(binary), Operator(binary), binary.right)
            }
            ExprKind::Aggregate(aggregate) => {
                write!(f, "{}(", AggregateHead(aggregate))?;
                if let Some(parameter) = &aggregate.parameter {
                    write!(f, "{parameter}, ")?;
                }
                write!(f, "{})", aggregate.expr)
            }
            ExprKind::Call(call) => call.fmt(f),
            ExprKind::Vector(selector) => selector.fmt(f),
            ExprKind::Matrix(matrix) => matrix.fmt(f),
            ExprKind::Subquery(subquery) => {
                write!(f, "{}{}", subquery.expr, SubqueryTail(subquery))
            }
        }
    }
}

impl Display for UnaryOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Minus => "-",
            Self::Plus => "+",
        })
    }
}

/// Go's `%f` with a number of decimals.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { go_decimal(value) }
}

/// A literal: a duration if it was written as one, else the shortest decimal without exponent.
impl Display for NumberLiteral {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.is_duration {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "durations are whole milliseconds"
            )]
            return f.write_str(&format_duration((self.value * 1000.0).round() as i64));
        }
        f.write_str(&go_decimal(self.value))
    }
}

/// The left operand of an operator.
struct LeftOperand<'a>(&'a BinaryExpr);

impl Display for LeftOperand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.0.left.kind {
            // `+Inf ^ 2`, as upstream prints it, would be read as `+(Inf ^ 2)`.
            ExprKind::Number(number)
                if self.0.op == BinaryOp::Pow && number.value == f64::INFINITY =>
            {
                f.write_str("Inf")
            }
            _ => self.0.left.fmt(f),
        }
    }
}

/// `== bool on (a) group_left (b) fill (0)`
struct Operator<'a>(&'a BinaryExpr);

impl Display for Operator<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.0.op.as_str())?;
        if self.0.return_bool {
            f.write_str(" bool")?;
        }
        self.0.matching.as_ref().map_or(Ok(()), |matching| matching.fmt(f))
    }
}

/// ` on (a) group_left (b) fill (0)`, with a space in front of each part.
impl Display for VectorMatching {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let side = match self.cardinality {
            Cardinality::ManyToOne => Some("left"),
            Cardinality::OneToMany => Some("right"),
            Cardinality::OneToOne | Cardinality::ManyToMany => None,
        };
        if self.on || !self.labels.is_empty() || side.is_some() {
            let word = if self.on { "on" } else { "ignoring" };
            write!(f, " {word} ({})", LabelList(&self.labels))?;
        }
        if let Some(side) = side {
            write!(f, " group_{side} ({})", LabelList(&self.include))?;
        }
        match (self.fill_left, self.fill_right) {
            (Some(left), Some(_)) if self.fill_together => {
                write!(f, " fill ({})", go_general(left))
            }
            (left, right) => {
                left.map_or(Ok(()), |left| write!(f, " fill_left ({})", go_general(left)))?;
                right.map_or(Ok(()), |right| write!(f, " fill_right ({})", go_general(right)))
            }
        }
    }
}

/// `a, "b c", d`
struct LabelList<'a>(&'a [String]);

impl Display for LabelList<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (index, label) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            if model::is_legacy_label_name(label) {
                f.write_str(label)?;
            } else {
                model::quote(label).fmt(f)?;
            }
        }
        Ok(())
    }
}

/// `sum by (job) `, or `sum` alone.
struct AggregateHead<'a>(&'a AggregateExpr);

impl Display for AggregateHead<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.0.op.as_str())?;
        if self.0.without {
            write!(f, " without ({}) ", LabelList(&self.0.grouping))
        } else if self.0.grouping.is_empty() {
            Ok(())
        } else {
            write!(f, " by ({}) ", LabelList(&self.0.grouping))
        }
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}(", self.function.name)?;
        for (index, arg) in self.args.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            arg.fmt(f)?;
        }
        f.write_char(')')
    }
}

/// `name{a="b",c="d"}` without modifiers; the matchers are sorted as texts.
struct Bare<'a>(&'a VectorSelector);

impl Display for Bare<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let name = self.0.name.as_deref();
        f.write_str(name.unwrap_or_default())?;
        let is_name = |matcher: &Matcher| {
            matcher.name() == METRIC_NAME
                && matcher.op() == MatchOp::Equal
                && name == Some(matcher.value())
        };
        let shown = self.0.matchers.iter().filter(|matcher| !is_name(matcher));
        let mut shown: Vec<String> = shown.map(ToString::to_string).collect();
        if shown.is_empty() && name.is_some() {
            return Ok(());
        }
        shown.sort();
        write!(f, "{{{}}}", shown.join(","))
    }
}

impl Display for VectorSelector {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}{}{}{}", Bare(self), At(self.at), self.edge, Offset(&self.offset))
    }
}

impl Display for MatrixSelector {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let VectorSelector { at, edge, offset, .. } = &self.selector;
        let (selector, range) = (Bare(&self.selector), Positive(&self.range));
        write!(f, "{selector}[{range}]{edge}{}{}", At(*at), Offset(offset))
    }
}

/// `[1h:5m] @ end() offset 1m`
struct SubqueryTail<'a>(&'a SubqueryExpr);

impl Display for SubqueryTail<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "[{}:", Positive(&self.0.range))?;
        if let Some(step) = &self.0.step {
            Positive(step).fmt(f)?;
        }
        write!(f, "]{}{}", At(self.0.at), Offset(&self.0.offset))
    }
}

/// ` anchored`
impl Display for WindowEdge {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Plain => "",
            Self::Anchored => " anchored",
            Self::Smoothed => " smoothed",
        })
    }
}

/// ` @ 1609746000.500`
struct At(Option<AtModifier>);

impl Display for At {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            None => Ok(()),
            Some(AtModifier::At(timestamp)) => {
                // Integers: far timestamps lose milliseconds as floats.
                let ms = timestamp.ms();
                let sign = if ms < 0 { "-" } else { "" };
                let ms = ms.unsigned_abs();
                write!(f, " @ {sign}{}.{:03}", ms / 1000, ms % 1000)
            }
            Some(AtModifier::Start) => f.write_str(" @ start()"),
            Some(AtModifier::End) => f.write_str(" @ end()"),
        }
    }
}

/// ` offset 5m`, nothing for zero.
struct Offset<'a>(&'a DurationExpr);

impl Display for Offset<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            DurationExpr::Fixed(0) => Ok(()),
            DurationExpr::Fixed(ms) => write!(f, " offset {}", format_duration(*ms)),
            DurationExpr::Computed(term) => write!(f, " offset {term}"),
        }
    }
}

/// A range or step.
struct Positive<'a>(&'a DurationExpr);

impl Display for Positive<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            // Written below a millisecond, as 0.0001; `0s` would be refused when read again.
            DurationExpr::Fixed(0) => f.write_str("0.0001"),
            DurationExpr::Fixed(ms) => f.write_str(&format_duration(*ms)),
            DurationExpr::Computed(term) => term.fmt(f),
        }
    }
}

impl Display for DurationTerm {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Step => f.write_str("step()"),
            Self::Range => f.write_str("range()"),
            Self::Unary(op, term) => write!(f, "{op}{term}"),
            Self::Binary(op, left, right) => write!(f, "{left} {} {right}", op.as_str()),
            Self::Min(left, right) => write!(f, "min_of({left}, {right})"),
            Self::Max(left, right) => write!(f, "max_of({left}, {right})"),
            Self::Paren(term) => write!(f, "({term})"),
        }
    }
}
