//! The door of the evaluator: options and limits, instant and range queries.
//! Callers: `api`, `rules`, the command line. Results do not depend on the number of cores.

use crate::{Cancel, QueryError, QueryOutput, QueryStats, QueryValue};
use model::{Querier, Timestamp};
use promql::ast::{Expr, ExprKind};
use std::time::Duration;

/// Limits and defaults of evaluation.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// How far an instant selector looks back; 5 minutes.
    pub lookback: Duration,
    /// Named in the error when [`Cancel`]'s deadline passes; 2 minutes. The deadline itself is the
    /// caller's.
    pub timeout: Duration,
    /// Samples one query may hold at a time; a histogram counts by its size. 50,000,000.
    pub samples_max: usize,
    /// Series one selector may match; 2,000,000.
    pub series_max: usize,
    /// Step of subqueries that name none; 1 minute.
    pub default_step: Duration,
    /// Metric names are dropped when the result is shown, not by each operation
    /// (`promql-delayed-name-removal`).
    pub delayed_name_removal: bool,
    /// `__type__` and `__unit__` go wherever `__name__` goes (`type-and-unit-labels`).
    pub type_and_unit_labels: bool,
    /// Functions like `rate` heed start timestamps.
    pub use_start_timestamps: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            lookback: Duration::from_secs(300),
            timeout: Duration::from_secs(120),
            samples_max: 50_000_000,
            series_max: 2_000_000,
            default_step: Duration::from_secs(60),
            delayed_name_removal: true,
            type_and_unit_labels: false,
            use_start_timestamps: false,
        }
    }
}

/// Steps of a range query, `start`, `start + step`, ... up to and including `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRange {
    /// First instant.
    pub start: Timestamp,
    /// No step lies after it.
    pub end: Timestamp,
    /// Distance, at least 1 ms (less is taken as 1 ms).
    pub step: Duration,
}

/// An expression with the text it came from; the text gives annotations their line and column.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// What is evaluated.
    pub expr: &'a Expr,
    /// Source of the expression; when empty, everything is taken to stand on line 1.
    pub text: &'a str,
}

impl<'a> From<&'a Expr> for Query<'a> {
    fn from(expr: &'a Expr) -> Self {
        Self { expr, text: "" }
    }
}

/// Evaluates queries; cheap to share, holds no state between queries.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    options: EngineOptions,
}

impl Engine {
    /// An engine with these limits.
    pub fn new(options: EngineOptions) -> Self {
        Self { options }
    }

    /// Its limits.
    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    /// Evaluates at one instant.
    pub fn instant<'a>(
        &self,
        querier: &dyn Querier,
        query: impl Into<Query<'a>>,
        at: Timestamp,
        cancel: &Cancel,
    ) -> Result<QueryOutput, QueryError> {
        let steps = StepRange { start: at, end: at, step: Duration::from_millis(1) };
        self.range(querier, query, &steps, cancel)
    }

    /// Evaluates at every step of a range.
    pub fn range<'a>(
        &self,
        _querier: &dyn Querier,
        query: impl Into<Query<'a>>,
        steps: &StepRange,
        cancel: &Cancel,
    ) -> Result<QueryOutput, QueryError> {
        if cancel.is_cancelled() {
            return Err(QueryError::cancelled());
        }
        match &query.into().expr.kind {
            ExprKind::Number(number) => Ok(QueryOutput {
                value: QueryValue::Scalar { timestamp: steps.start, value: number.value },
                warnings: Vec::new(),
                infos: Vec::new(),
                stats: QueryStats::default(),
            }),
            _ => Err(QueryError::execution("this expression is not evaluated yet")),
        }
    }
}
