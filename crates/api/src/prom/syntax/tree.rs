//! The syntax tree as `parse_query` answers it.
//! Source of the shapes: Prometheus 3.14, `web/api/v1/translate_ast.go`.

use model::{MatchOp, Matcher, go_decimal};
use promql::ast::{
    AggregateExpr, AtModifier, BinaryExpr, Call, Cardinality, DurationExpr, Expr, ExprKind,
    SubqueryExpr, VectorMatching, VectorSelector, WindowEdge,
};
use promql::{Function, ValueType};
use serde::Serialize;
use utoipa::ToSchema;

/// An expression. Durations are milliseconds; one that is computed when the query runs is 0.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(crate) enum Node {
    /// `sum by (job) (expr)`
    Aggregation {
        op: &'static str,
        #[schema(no_recursion)]
        expr: Box<Self>,
        /// First argument of `topk`, `quantile` and the like.
        #[schema(no_recursion)]
        param: Option<Box<Self>>,
        grouping: Vec<String>,
        without: bool,
    },
    /// `lhs op rhs`
    BinaryExpr {
        op: &'static str,
        #[schema(no_recursion)]
        lhs: Box<Self>,
        #[schema(no_recursion)]
        rhs: Box<Self>,
        /// None unless both sides are vectors.
        matching: Option<Matching>,
        bool: bool,
    },
    /// `rate(arg)`
    Call {
        func: Signature,
        #[schema(no_recursion)]
        args: Vec<Self>,
    },
    /// `up[5m]`
    MatrixSelector {
        range: i64,
        #[serde(flatten)]
        selector: Selector,
    },
    /// `expr[1h:5m]`
    Subquery {
        #[schema(no_recursion)]
        expr: Box<Self>,
        range: i64,
        /// 0: the default evaluation interval.
        step: i64,
        offset: i64,
        #[serde(flatten)]
        at: At,
    },
    /// `1.5`
    NumberLiteral {
        /// A float as text.
        val: String,
    },
    /// `(expr)`
    ParenExpr {
        #[schema(no_recursion)]
        expr: Box<Self>,
    },
    /// `"text"`
    StringLiteral { val: String },
    /// `-expr`
    UnaryExpr {
        op: String,
        #[schema(no_recursion)]
        expr: Box<Self>,
    },
    /// `up{job="node"}`
    VectorSelector(Selector),
}

/// How series of two vectors find each other.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Matching {
    /// `one-to-one`, `many-to-one`, `one-to-many`, `many-to-many`
    card: &'static str,
    labels: Vec<String>,
    on: bool,
    include: Vec<String>,
    fill_values: FillValues,
}

/// Values in the place of series that have no partner.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FillValues {
    lhs: Option<f64>,
    rhs: Option<f64>,
}

/// What a function takes and returns: `vector`, `matrix`, `scalar` or `string`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Signature {
    name: &'static str,
    arg_types: Vec<&'static str>,
    /// How often the last argument may be repeated; -1: any number of times.
    variadic: i32,
    return_type: &'static str,
}

/// What both kinds of selectors have.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Selector {
    /// Name in front of the braces, else empty.
    name: String,
    offset: i64,
    matchers: Vec<LabelMatcher>,
    #[serde(flatten)]
    at: At,
    anchored: bool,
    smoothed: bool,
}

/// One condition of a selector.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LabelMatcher {
    name: String,
    value: String,
    /// `=`, `!=`, `=~`, `!~`
    #[serde(rename = "type")]
    op: &'static str,
}

/// The `@` modifier.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct At {
    /// Milliseconds.
    timestamp: Option<i64>,
    /// `start` or `end`
    start_or_end: Option<&'static str>,
}

impl Node {
    pub(crate) fn new(expr: &Expr) -> Self {
        match &expr.kind {
            ExprKind::Number(number) => Self::NumberLiteral { val: go_decimal(number.value) },
            ExprKind::String(text) => Self::StringLiteral { val: text.clone() },
            ExprKind::Paren(inner) => Self::ParenExpr { expr: Self::boxed(inner) },
            ExprKind::Unary(op, inner) => {
                Self::UnaryExpr { op: op.to_string(), expr: Self::boxed(inner) }
            }
            ExprKind::Binary(binary) => Self::binary(binary),
            ExprKind::Aggregate(aggregate) => Self::aggregation(aggregate),
            ExprKind::Call(call) => Self::call(call),
            ExprKind::Vector(selector) => Self::VectorSelector(Selector::new(selector)),
            ExprKind::Matrix(matrix) => Self::MatrixSelector {
                range: milliseconds(&matrix.range),
                selector: Selector::new(&matrix.selector),
            },
            ExprKind::Subquery(subquery) => Self::subquery(subquery),
        }
    }

    fn boxed(expr: &Expr) -> Box<Self> {
        Box::new(Self::new(expr))
    }

    fn binary(binary: &BinaryExpr) -> Self {
        Self::BinaryExpr {
            op: binary.op.as_str(),
            lhs: Self::boxed(&binary.left),
            rhs: Self::boxed(&binary.right),
            matching: binary.matching.as_ref().map(Matching::new),
            bool: binary.return_bool,
        }
    }

    fn aggregation(aggregate: &AggregateExpr) -> Self {
        Self::Aggregation {
            op: aggregate.op.as_str(),
            expr: Self::boxed(&aggregate.expr),
            param: aggregate.parameter.as_ref().map(Self::boxed),
            grouping: aggregate.grouping.clone(),
            without: aggregate.without,
        }
    }

    fn call(call: &Call) -> Self {
        Self::Call {
            func: Signature::new(call.function),
            args: call.args.iter().map(Self::new).collect(),
        }
    }

    fn subquery(subquery: &SubqueryExpr) -> Self {
        Self::Subquery {
            expr: Self::boxed(&subquery.expr),
            range: milliseconds(&subquery.range),
            step: subquery.step.as_ref().map_or(0, milliseconds),
            offset: milliseconds(&subquery.offset),
            at: At::new(subquery.at),
        }
    }
}

impl Matching {
    fn new(matching: &VectorMatching) -> Self {
        Self {
            card: match matching.cardinality {
                Cardinality::OneToOne => "one-to-one",
                Cardinality::ManyToOne => "many-to-one",
                Cardinality::OneToMany => "one-to-many",
                Cardinality::ManyToMany => "many-to-many",
            },
            labels: matching.labels.clone(),
            on: matching.on,
            include: matching.include.clone(),
            fill_values: FillValues { lhs: matching.fill_left, rhs: matching.fill_right },
        }
    }
}

impl Signature {
    fn new(function: &Function) -> Self {
        Self {
            name: function.name,
            arg_types: function.args.iter().map(|kind| type_name(*kind)).collect(),
            variadic: function.variadic,
            return_type: type_name(function.returns),
        }
    }
}

impl Selector {
    fn new(selector: &VectorSelector) -> Self {
        Self {
            name: selector.name.clone().unwrap_or_default(),
            offset: milliseconds(&selector.offset),
            matchers: selector.matchers.iter().map(LabelMatcher::new).collect(),
            at: At::new(selector.at),
            anchored: selector.edge == WindowEdge::Anchored,
            smoothed: selector.edge == WindowEdge::Smoothed,
        }
    }
}

impl LabelMatcher {
    fn new(matcher: &Matcher) -> Self {
        let op = MatchOp::as_str(matcher.op());
        Self { name: matcher.name().to_owned(), value: matcher.value().to_owned(), op }
    }
}

impl At {
    fn new(at: Option<AtModifier>) -> Self {
        let (timestamp, start_or_end) = match at {
            None => (None, None),
            Some(AtModifier::At(timestamp)) => (Some(timestamp.ms()), None),
            Some(AtModifier::Start) => (None, Some("start")),
            Some(AtModifier::End) => (None, Some("end")),
        };
        Self { timestamp, start_or_end }
    }
}

fn milliseconds(duration: &DurationExpr) -> i64 {
    match duration {
        DurationExpr::Fixed(ms) => *ms,
        DurationExpr::Computed(_) => 0,
    }
}

/// Upstream's short names of types.
fn type_name(kind: ValueType) -> &'static str {
    match kind {
        ValueType::Scalar => "scalar",
        ValueType::String => "string",
        ValueType::InstantVector => "vector",
        ValueType::RangeVector => "matrix",
    }
}
