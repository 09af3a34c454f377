//! What a query does: one node per node of the syntax tree, with what the evaluator decides there
//! and, after an analysis, what it really read, gave and took.
//! A plan is an evaluation over a store without series: the evaluator itself tells it.

use crate::column::Steps;
use crate::evaluate::line_column;
use crate::trace::{Record, Trace};
use crate::{Query, QueryError, QueryOutput};
use model::{Matcher, Timestamp};
use promql::ast::{Expr, ValueType};
use std::time::Duration;

/// Longest text of a node.
const SHOWN_MAX: usize = 240;

/// What a query does and, after an analysis, did.
#[derive(Debug)]
pub struct Explanation {
    /// Parents first, left to right; [`PlanNode::depth`] makes a tree of them. A list, because
    /// expressions may be higher than readers of nested documents allow.
    pub nodes: Vec<PlanNode>,
    /// What came out. Of a plan: what comes out when there are no series.
    pub answer: Result<QueryOutput, QueryError>,
    /// Time of the evaluation; zero for a plan.
    pub total: Duration,
}

/// A part of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanNode {
    /// 0 for the whole query.
    pub depth: usize,
    /// The part without its operands: `sum by (job)`, `rate`, `up{job="node"}[5m]`.
    pub text: String,
    /// First line and column, and the column behind the last; all from 1, columns in bytes.
    pub place: [(usize, usize); 2],
    /// Type of its value.
    pub value_type: ValueType,
    /// Instants at which it is computed; `None` when it is not computed by itself (the labels of
    /// `sort_by_label` in a range query) or was not reached.
    pub steps: Option<PlanSteps>,
    /// What is done, a sentence each.
    pub does: Vec<String>,
    /// What is asked of the store.
    pub reads: Vec<PlanRead>,
    /// Only after an analysis.
    pub measured: Option<Measured>,
}

/// Instants of evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanSteps {
    /// The first; the others follow at a distance of `step`.
    pub first: Timestamp,
    /// The last.
    pub last: Timestamp,
    /// How many; 0 when a subquery has no step within its windows.
    pub count: usize,
    /// Distance in ms, at least 1; of no meaning for one step.
    pub step_ms: i64,
}

/// A question to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRead {
    /// Matchers as a selector, `{__name__="up",job="node"}`.
    pub matchers: String,
    /// Earliest sample, inclusive: lookback, range, `offset` and `@` are in it.
    pub first: Timestamp,
    /// Latest sample, inclusive.
    pub last: Timestamp,
    /// Told to the store: distance of the steps.
    pub step_hint: Option<Duration>,
    /// Told to the store: length of the windows.
    pub range_hint: Option<Duration>,
    /// Told to the store: the function that is applied.
    pub function_hint: Option<&'static str>,
    /// Series that matched; 0 in a plan.
    pub series: usize,
    /// Samples that were read; 0 in a plan.
    pub samples: u64,
}

/// What a part of a query really did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Series of its value.
    pub series: usize,
    /// Points of all of them at all steps; of a range vector, samples of all series.
    pub points: usize,
    /// Most bytes the query held while this part and those below were at work; an estimate.
    pub bytes_peak: usize,
    /// Time, parts below included.
    pub total: Duration,
    /// Time without the parts below.
    pub own: Duration,
    /// Series by the way in which they were computed.
    pub ways: Vec<(&'static str, usize)>,
    /// Why the query ended here.
    pub error: Option<String>,
}

impl From<Steps> for PlanSteps {
    fn from(steps: Steps) -> Self {
        Self {
            first: Timestamp::from_ms(steps.start),
            last: Timestamp::from_ms(steps.last()),
            count: steps.count,
            step_ms: steps.step,
        }
    }
}

/// The tree with what was written down; with figures when `analysed`.
pub(crate) fn nodes(query: Query<'_>, trace: &mut Trace<'_>, analysed: bool) -> Vec<PlanNode> {
    let mut out = Vec::new();
    let mut todo = vec![(0, query.expr)];
    while let Some((depth, expr)) = todo.pop() {
        out.push(node((depth, expr), query.text, trace.take(expr), analysed));
        todo.extend(expr.children().into_iter().rev().map(|child| (depth + 1, child)));
    }
    out
}

fn node(
    (depth, expr): (usize, &Expr),
    text: &str,
    record: Option<Record>,
    analysed: bool,
) -> PlanNode {
    let end = promql::Place { start: expr.place.end, end: expr.place.end };
    let record = record.unwrap_or_default();
    PlanNode {
        depth,
        text: shortened(promql::head(expr)),
        place: [line_column(text, expr.place), line_column(text, end)],
        value_type: expr.value_type(),
        steps: record.steps.map(PlanSteps::from),
        does: record.does,
        reads: record.reads,
        measured: analysed.then_some(Measured {
            series: record.series,
            points: record.points,
            bytes_peak: record.bytes_peak,
            total: record.total,
            own: record.own,
            ways: record.ways,
            error: record.error,
        }),
    }
}

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(SHOWN_MAX) {
        text.truncate(end);
        text.push_str("...");
    }
    text
}

/// The matchers of a selection as a selector.
pub(crate) fn selector(matchers: &[Matcher]) -> String {
    let matchers: Vec<String> = matchers.iter().map(ToString::to_string).collect();
    shortened(format!("{{{}}}", matchers.join(",")))
}
