//! Syntax tree of PromQL as Prometheus 3.14 parses it, every node with its place in the source.
//! Built by the parser, read by `query`, `rules` and `api`; it knows nothing of evaluation.
//! Durations are signed milliseconds: offsets may be negative.

use crate::function::Function;
use model::{Matcher, Timestamp};
use std::fmt;

/// Byte range in the source, `start..end`; line and column are computed when they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Place {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Place {
    /// Line and column of the first byte, both from 1; columns count bytes, as upstream does.
    pub fn line_column(self, source: &str) -> (usize, usize) {
        let before = &source.as_bytes()[..self.start.min(source.len())];
        let newlines = || (0..before.len()).filter(|at| before[*at] == b'\n');
        let line_start = newlines().next_back().map_or(0, |at| at + 1);
        (newlines().count() + 1, before.len() - line_start + 1)
    }

    /// The text it stands for.
    pub fn text(self, source: &str) -> &str {
        source.get(self.start..self.end).unwrap_or_default()
    }
}

/// Type of an expression's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// One number.
    Scalar,
    /// A text.
    String,
    /// One sample per series.
    InstantVector,
    /// A window of samples per series.
    RangeVector,
}

impl ValueType {
    /// The name in Prometheus' errors: `instant vector`, `range vector`, `scalar`, `string`.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::String => "string",
            Self::InstantVector => "instant vector",
            Self::RangeVector => "range vector",
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

/// An expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Where it stands in the source.
    pub place: Place,
    /// What it is.
    pub kind: ExprKind,
}

/// Kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `1.5`, `0x1f`, `Inf`, `5m` (a duration used as a number of seconds).
    Number(NumberLiteral),
    /// `"text"`
    String(String),
    /// `(expr)`
    Paren(Box<Expr>),
    /// `-expr`, `+expr`
    Unary(UnaryOp, Box<Expr>),
    /// `left op right`
    Binary(Box<BinaryExpr>),
    /// `sum by (job) (expr)`
    Aggregate(Box<AggregateExpr>),
    /// `rate(expr)`
    Call(Call),
    /// `up{job="node"} offset 5m @ end()`
    Vector(VectorSelector),
    /// `up[5m]`
    Matrix(MatrixSelector),
    /// `expr[1h:5m]`
    Subquery(Box<SubqueryExpr>),
}

/// A number and how it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumberLiteral {
    /// Its value.
    pub value: f64,
    /// Written as a duration (`5m`), printed as one.
    pub is_duration: bool,
}

/// Sign in front of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Minus,
    /// `+`
    Plus,
}

/// Operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `^`, right-associative
    Pow,
    /// `atan2`
    Atan2,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `<`
    Less,
    /// `>=`
    GreaterOrEqual,
    /// `<=`
    LessOrEqual,
    /// `and`
    And,
    /// `or`
    Or,
    /// `unless`
    Unless,
    /// `</`: keep the observations of a histogram below a bound
    TrimUpper,
    /// `>/`: keep the observations of a histogram above a bound
    TrimLower,
}

impl BinaryOp {
    /// The operator as written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Pow => "^",
            Self::Atan2 => "atan2",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::Less => "<",
            Self::GreaterOrEqual => ">=",
            Self::LessOrEqual => "<=",
            Self::And => "and",
            Self::Or => "or",
            Self::Unless => "unless",
            Self::TrimUpper => "</",
            Self::TrimLower => ">/",
        }
    }

    /// `==`, `!=`, `>`, `<`, `>=`, `<=`?
    pub const fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Greater
                | Self::Less
                | Self::GreaterOrEqual
                | Self::LessOrEqual
        )
    }

    /// `and`, `or`, `unless`?
    pub const fn is_set_operator(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }
}

/// Two expressions joined by an operator.
#[derive(Clone, Debug, PartialEq)]
pub struct BinaryExpr {
    /// Operator.
    pub op: BinaryOp,
    /// Left operand.
    pub left: Expr,
    /// Right operand.
    pub right: Expr,
    /// How vectors are matched; `None` unless both operands are instant vectors.
    pub matching: Option<VectorMatching>,
    /// `bool` modifier: compare to 0 or 1 instead of filtering.
    pub return_bool: bool,
}

/// How many series of each side may match one of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Cardinality {
    /// Without `group_left` or `group_right`.
    #[default]
    OneToOne,
    /// `group_left`
    ManyToOne,
    /// `group_right`
    OneToMany,
    /// Set operators.
    ManyToMany,
}

/// How the series of two vectors find each other.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct VectorMatching {
    /// One to one, many to one, ...
    pub cardinality: Cardinality,
    /// Labels of `on (...)` or `ignoring (...)`.
    pub labels: Vec<String>,
    /// `on` was written (else `ignoring` or nothing).
    pub on: bool,
    /// Labels of `group_left (...)` or `group_right (...)`.
    pub include: Vec<String>,
    /// `fill(v)` or `fill_left(v)`: value for series missing on the left.
    pub fill_left: Option<f64>,
    /// `fill(v)` or `fill_right(v)`: value for series missing on the right.
    pub fill_right: Option<f64>,
    /// Both were written as one `fill(v)`: it is printed as it was written.
    pub fill_together: bool,
}

/// Aggregation operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are PromQL's own names")]
pub enum AggregateOp {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Group,
    Stddev,
    Stdvar,
    Topk,
    Bottomk,
    CountValues,
    Quantile,
    Limitk,
    LimitRatio,
}

impl AggregateOp {
    /// All of them, in the order of upstream's table of keywords.
    pub const ALL: [Self; 14] = [
        Self::Sum,
        Self::Avg,
        Self::Count,
        Self::Min,
        Self::Max,
        Self::Group,
        Self::Stddev,
        Self::Stdvar,
        Self::Topk,
        Self::Bottomk,
        Self::CountValues,
        Self::Quantile,
        Self::Limitk,
        Self::LimitRatio,
    ];

    /// The operator as written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::Count => "count",
            Self::Group => "group",
            Self::Stddev => "stddev",
            Self::Stdvar => "stdvar",
            Self::Topk => "topk",
            Self::Bottomk => "bottomk",
            Self::CountValues => "count_values",
            Self::Quantile => "quantile",
            Self::Limitk => "limitk",
            Self::LimitRatio => "limit_ratio",
        }
    }

    /// Does it take a parameter in front of the vector?
    pub const fn has_parameter(self) -> bool {
        matches!(
            self,
            Self::Topk
                | Self::Bottomk
                | Self::CountValues
                | Self::Quantile
                | Self::Limitk
                | Self::LimitRatio
        )
    }

    /// Behind upstream's feature flag `promql-experimental-functions`?
    pub const fn is_experimental(self) -> bool {
        matches!(self, Self::Limitk | Self::LimitRatio)
    }
}

/// `op by (labels) (parameter, expr)`
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateExpr {
    /// Operator.
    pub op: AggregateOp,
    /// First argument of `topk`, `bottomk`, `quantile`, `count_values`, `limitk`, `limit_ratio`.
    pub parameter: Option<Expr>,
    /// What is aggregated.
    pub expr: Expr,
    /// Labels of `by` or `without`, in the order written.
    pub grouping: Vec<String>,
    /// `without` was written (else `by` or nothing).
    pub without: bool,
}

/// A function applied to arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Which one.
    pub function: &'static Function,
    /// Arguments as written; optional ones may be missing at the end.
    pub args: Vec<Expr>,
}

/// Instant fixed by `@`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AtModifier {
    /// `@ 1609746000.5`
    At(Timestamp),
    /// `@ start()`
    Start,
    /// `@ end()`
    End,
}

/// A duration as written: fixed, or computed when the query runs.
///
/// `5m` is folded by the parser; `step()`, `range()` and arithmetic on them stay expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum DurationExpr {
    /// Signed milliseconds.
    Fixed(i64),
    /// To be computed; the printer needs it as written.
    Computed(Box<DurationTerm>),
}

/// Arithmetic on durations (experimental duration expressions).
#[derive(Clone, Debug, PartialEq)]
pub enum DurationTerm {
    /// Seconds; `is_duration` says whether it was written `5m` or `300`.
    Number(NumberLiteral),
    /// `step()`: the query's step.
    Step,
    /// `range()`: the query's end minus its start.
    Range,
    /// `-term`, `+term`
    Unary(UnaryOp, Box<DurationTerm>),
    /// `term op term` with `+ - * / % ^`
    Binary(BinaryOp, Box<DurationTerm>, Box<DurationTerm>),
    /// `min_of(a, b)`
    Min(Box<DurationTerm>, Box<DurationTerm>),
    /// `max_of(a, b)`
    Max(Box<DurationTerm>, Box<DurationTerm>),
    /// `(term)`
    Paren(Box<DurationTerm>),
}

/// How the borders of a window are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum WindowEdge {
    /// Only samples inside.
    #[default]
    Plain,
    /// `anchored`: values at the borders are the last ones before them.
    Anchored,
    /// `smoothed`: values at the borders are interpolated.
    Smoothed,
}

/// `name{matchers} offset 5m @ end()`
#[derive(Clone, Debug, PartialEq)]
pub struct VectorSelector {
    /// Metric name written in front of the braces, if any; the matchers contain it too.
    pub name: Option<String>,
    /// All matchers, `__name__` included.
    pub matchers: Vec<Matcher>,
    /// `offset`; `Fixed(0)` when not written.
    pub offset: DurationExpr,
    /// `@`
    pub at: Option<AtModifier>,
    /// `anchored`, `smoothed`
    pub edge: WindowEdge,
}

/// `selector[5m]`
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixSelector {
    /// The selector; offset and `@` written after the brackets are stored here.
    pub selector: VectorSelector,
    /// Place of the selector without the brackets.
    pub selector_place: Place,
    /// Length of the window.
    pub range: DurationExpr,
}

/// `expr[1h:5m] offset 1m @ start()`
#[derive(Clone, Debug, PartialEq)]
pub struct SubqueryExpr {
    /// What is evaluated at each step.
    pub expr: Expr,
    /// Length of the window.
    pub range: DurationExpr,
    /// Distance of the steps; `None`: the default evaluation interval.
    pub step: Option<DurationExpr>,
    /// `offset`
    pub offset: DurationExpr,
    /// `@`
    pub at: Option<AtModifier>,
}

impl Expr {
    /// Type of the value; the parser has checked that operands fit.
    pub fn value_type(&self) -> ValueType {
        match &self.kind {
            ExprKind::Number(_) => ValueType::Scalar,
            ExprKind::String(_) => ValueType::String,
            ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => inner.value_type(),
            ExprKind::Binary(binary) => binary.value_type(),
            ExprKind::Aggregate(_) | ExprKind::Vector(_) => ValueType::InstantVector,
            ExprKind::Call(call) => call.function.returns,
            ExprKind::Matrix(_) | ExprKind::Subquery(_) => ValueType::RangeVector,
        }
    }
}

impl Expr {
    /// Calls `visit` for this expression and all below, parents first, left to right.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        for child in self.children() {
            child.walk(visit);
        }
    }

    /// Direct sub-expressions, left to right; the parameter of an aggregation comes first.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Vector(_)
            | ExprKind::Matrix(_) => Vec::new(),
            ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => vec![inner],
            ExprKind::Binary(binary) => vec![&binary.left, &binary.right],
            ExprKind::Aggregate(aggregate) => {
                aggregate.parameter.iter().chain([&aggregate.expr]).collect()
            }
            ExprKind::Call(call) => call.args.iter().collect(),
            ExprKind::Subquery(subquery) => vec![&subquery.expr],
        }
    }

    /// All selectors below, left to right.
    pub fn selectors(&self) -> Vec<&VectorSelector> {
        let mut found = Vec::new();
        self.walk(&mut |expr| match &expr.kind {
            ExprKind::Vector(selector) => found.push(selector),
            ExprKind::Matrix(matrix) => found.push(&matrix.selector),
            ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Paren(_)
            | ExprKind::Unary(..)
            | ExprKind::Binary(_)
            | ExprKind::Aggregate(_)
            | ExprKind::Call(_)
            | ExprKind::Subquery(_) => {}
        });
        found
    }

    /// The expression inside any number of parentheses.
    pub fn without_parens(&self) -> &Self {
        let mut expr = self;
        while let ExprKind::Paren(inner) = &expr.kind {
            expr = inner;
        }
        expr
    }
}

impl BinaryExpr {
    fn value_type(&self) -> ValueType {
        let scalar = |expr: &Expr| expr.value_type() == ValueType::Scalar;
        if scalar(&self.left) && scalar(&self.right) {
            ValueType::Scalar
        } else {
            ValueType::InstantVector
        }
    }
}
