//! The door of the evaluator: options and limits, instant and range queries.
//! Callers: `api`, `rules`, the command line. Results do not depend on the number of cores.

use crate::account::Held;
use crate::column::{Column, Operand, Row, Steps};
use crate::duration::QuerySpan;
use crate::evaluate::{Evaluator, merge_equal, without_name};
use crate::queryable::Queryable;
use crate::range::eval_range_vector;
use crate::trace::{Purpose, Trace};
use crate::{
    Asked, Cancel, Explanation, Helpers, History, MatrixSeries, MemoryLimits, MemoryQuerier, Meter,
    QueryError, QueryOutput, QueryValue, RangeCache, RangeCacheStats, VectorSample, explain,
};
use model::{Labels, Querier, Timestamp, Value, quote};
use promql::ast::{Expr, ValueType};
use std::sync::Arc;
use std::time::Duration;

/// Limits and defaults of evaluation.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "switches, each independent of the others")]
pub struct EngineOptions {
    /// How far an instant selector looks back; 5 minutes.
    pub lookback: Duration,
    /// Samples one query may hold at a time; a histogram counts by its size. 50,000,000.
    pub samples_max: usize,
    /// Series all selectors of one query may read together; 2,000,000.
    pub series_max: usize,
    /// Bytes a query may hold at a time, its value included; 1 GiB.
    pub memory: MemoryLimits,
    /// Step of subqueries that name none; 1 minute.
    pub default_step: Duration,
    /// Metric names are dropped when the result is shown, not by each operation
    /// (`promql-delayed-name-removal`); off, as upstream.
    pub delayed_name_removal: bool,
    /// `__type__` and `__unit__` go wherever `__name__` goes (`type-and-unit-labels`).
    pub type_and_unit_labels: bool,
    /// Functions like `rate` heed start timestamps (`use-start-timestamps`).
    pub use_start_timestamps: bool,
    /// Threads that help with very many series; none.
    pub helpers: Helpers,
    /// Count the samples that selectors and windows look at, per step.
    pub count_queryable: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            lookback: Duration::from_mins(5),
            samples_max: 50_000_000,
            series_max: 2_000_000,
            memory: MemoryLimits::default(),
            default_step: Duration::from_mins(1),
            delayed_name_removal: false,
            type_and_unit_labels: false,
            use_start_timestamps: false,
            helpers: Helpers::default(),
            count_queryable: false,
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

impl StepRange {
    fn steps(&self) -> Steps {
        let step = i64::try_from(self.step.as_millis()).unwrap_or(i64::MAX).max(1);
        Steps::between(self.start.ms(), self.end.ms(), step)
    }
}

/// When a query is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At one instant.
    Instant(Timestamp),
    /// At every step of a range.
    Range(StepRange),
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

/// Evaluates queries; cheap to share. Holds no state between queries, unless it is told to
/// remember answers.
///
/// ```
/// use model::{Labels, Timestamp, Value};
/// use query::{Cancel, Engine, MemoryQuerier, QueryValue};
///
/// let mut store = MemoryQuerier::new();
/// let labels = Labels::from_pairs([("__name__", "hits_total"), ("job", "web")]);
/// for second in 0..60 {
///     let at = Timestamp::from_ms(second * 1000);
///     store.push(&labels, at, Value::Float(second as f64 * 5.0));
/// }
/// let expr = promql::parse("sum by (job) (rate(hits_total[30s]))")?;
/// let at = Timestamp::from_ms(59_000);
/// let output = Engine::default().instant(&store, &expr, at, &Cancel::new())?;
/// let QueryValue::Vector(samples) = output.value else { unreachable!() };
/// assert_eq!(samples[0].labels, Labels::from_pairs([("job", "web")]));
/// assert!(samples[0].value.bits_eq(&Value::Float(5.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Engine {
    options: EngineOptions,
    answers: Option<(Arc<RangeCache>, Arc<dyn History>)>,
}

impl Engine {
    /// An engine with these limits.
    pub fn new(options: EngineOptions) -> Self {
        Self { options, answers: None }
    }

    /// The same with answers of range queries remembered for [`Engine::range_again`]; `history`
    /// tells what changed in the store that it is asked about.
    #[must_use]
    pub fn remembering(self, answers: Arc<RangeCache>, history: Arc<dyn History>) -> Self {
        Self { answers: Some((answers, history)), ..self }
    }

    /// Its limits.
    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    /// Guards a question to the store, under the same limits of memory as a query.
    pub fn meter(&self, cancel: &Cancel) -> Meter {
        Meter::new(cancel, &self.options.memory)
    }

    /// Evaluates at one instant.
    pub fn instant<'a>(
        &self,
        querier: &dyn Querier,
        query: impl Into<Query<'a>>,
        at: Timestamp,
        cancel: &Cancel,
    ) -> Result<QueryOutput, QueryError> {
        let query = query.into();
        let mut evaluator = self.evaluator(querier, query, When::Instant(at), cancel);
        let value = instant_value(&mut evaluator, query, at)?;
        Ok(output(evaluator, query, value))
    }

    /// Evaluates at every step of a range.
    ///
    /// Fails when the expression is a string or a range vector: they have no value per step.
    pub fn range<'a>(
        &self,
        querier: &dyn Querier,
        query: impl Into<Query<'a>>,
        steps: &StepRange,
        cancel: &Cancel,
    ) -> Result<QueryOutput, QueryError> {
        let query = query.into();
        let mut evaluator = self.evaluator(querier, query, When::Range(*steps), cancel);
        let value = range_value(&mut evaluator, query, steps)?;
        Ok(output(evaluator, query, value))
    }

    /// The same, perhaps with steps that were answered before and did not change since.
    pub fn range_again(
        &self,
        querier: &dyn Querier,
        query: Query<'_>,
        steps: &StepRange,
        cancel: &Cancel,
    ) -> Result<QueryOutput, QueryError> {
        match &self.answers {
            Some((answers, history)) => {
                let history = &**history;
                answers.range(self, Asked { querier, history, query }, steps, cancel)
            }
            None => self.range(querier, query, steps, cancel),
        }
    }

    /// What is remembered for [`Engine::range_again`].
    pub fn remembered(&self) -> RangeCacheStats {
        self.answers.as_ref().map(|(answers, _)| answers.stats()).unwrap_or_default()
    }

    /// Tells what evaluating would do, without reading anything: the evaluator runs over no series
    /// and tells what it decides.
    pub fn plan<'a>(
        &self,
        query: impl Into<Query<'a>>,
        when: When,
        cancel: &Cancel,
    ) -> Explanation {
        let trace = Trace::new(Purpose::Plan, &|| Duration::ZERO);
        self.explain(&MemoryQuerier::new(), query.into(), when, (cancel, trace))
    }

    /// Evaluates, and tells what every part of the query did and took. `stopwatch` tells the time
    /// since any fixed moment and is asked twice per part of the query and per series read.
    pub fn analyze<'a>(
        &self,
        querier: &dyn Querier,
        query: impl Into<Query<'a>>,
        when: When,
        (cancel, stopwatch): (&Cancel, &dyn Fn() -> Duration),
    ) -> Explanation {
        let begun = stopwatch();
        let trace = Trace::new(Purpose::Analysis, stopwatch);
        let explanation = self.explain(querier, query.into(), when, (cancel, trace));
        Explanation { total: stopwatch().saturating_sub(begun), ..explanation }
    }

    fn explain(
        &self,
        querier: &dyn Querier,
        query: Query<'_>,
        when: When,
        (cancel, trace): (&Cancel, Trace<'_>),
    ) -> Explanation {
        let analysed = trace.purpose() == Purpose::Analysis;
        let mut evaluator = self.evaluator(querier, query, when, cancel);
        evaluator.trace = Some(Box::new(trace));
        let value = match &when {
            When::Instant(at) => instant_value(&mut evaluator, query, *at),
            When::Range(steps) => range_value(&mut evaluator, query, steps),
        };
        let trace = evaluator.trace.take();
        let nodes = trace.map(|mut trace| explain::nodes(query, &mut trace, analysed));
        let answer = value.map(|value| output(evaluator, query, value));
        Explanation { nodes: nodes.unwrap_or_default(), answer, total: Duration::ZERO }
    }

    fn evaluator<'a>(
        &'a self,
        querier: &'a dyn Querier,
        query: Query<'a>,
        when: When,
        cancel: &Cancel,
    ) -> Evaluator<'a> {
        let (span, steps) = match when {
            When::Instant(at) => (QuerySpan { start: at.ms(), end: at.ms(), step: 0 }, 1),
            When::Range(range) => {
                let steps = range.steps();
                let (start, end) = (range.start.ms(), range.end.ms());
                (QuerySpan { start, end, step: steps.step }, steps.count)
            }
        };
        let meter = self.meter(cancel);
        let mut evaluator = Evaluator::new(&self.options, querier, (query, meter), span);
        evaluator.queryable = self.counts(steps);
        evaluator
    }

    fn counts(&self, steps: usize) -> Queryable {
        if self.options.count_queryable {
            // More steps than samples are refused before anything is counted.
            Queryable::Steps(vec![0; steps.min(self.options.samples_max)])
        } else {
            Queryable::Off
        }
    }
}

fn instant_value(
    evaluator: &mut Evaluator<'_>,
    query: Query<'_>,
    at: Timestamp,
) -> Result<QueryValue, QueryError> {
    let steps = Steps::between(at.ms(), at.ms(), 1);
    if query.expr.value_type() == ValueType::RangeVector {
        return range_vector(evaluator, query.expr, steps).map(QueryValue::Matrix);
    }
    Ok(match evaluator.eval(query.expr, steps)? {
        Operand::Scalar(values) => {
            let value = values.first().copied().unwrap_or(f64::NAN);
            QueryValue::Scalar { timestamp: at, value }
        }
        Operand::Text(text) => QueryValue::String { timestamp: at, text },
        Operand::Vector(rows) => {
            let rows = finish(rows)?;
            QueryValue::Vector(rows.into_iter().filter_map(|row| sample(row, at)).collect())
        }
    })
}

fn range_value(
    evaluator: &mut Evaluator<'_>,
    query: Query<'_>,
    range: &StepRange,
) -> Result<QueryValue, QueryError> {
    let found = query.expr.value_type();
    if matches!(found, ValueType::RangeVector | ValueType::String) {
        return Err(QueryError::execution(format!(
            "invalid expression type {} for range query, must be Scalar or instant Vector",
            quote(found.describe())
        )));
    }
    let steps = range.steps();
    let rows = match evaluator.eval(query.expr, steps)? {
        Operand::Scalar(values) => {
            vec![Row::new(Labels::empty(), false, Column::dense(values))]
        }
        Operand::Vector(rows) => finish(rows)?,
        Operand::Text(_) => Vec::new(),
    };
    matrix(evaluator, rows, steps).map(QueryValue::Matrix)
}

/// The value of a range query; columns go as their points come.
fn matrix(
    evaluator: &mut Evaluator<'_>,
    rows: Vec<Row>,
    steps: Steps,
) -> Result<Vec<MatrixSeries>, QueryError> {
    let mut series = Vec::with_capacity(rows.len());
    for row in rows {
        let count = row.column.present().count();
        evaluator.hold(Held::bytes(count * size_of::<(Timestamp, Value)>()))?;
        evaluator.release(Held::bytes(Held::steps(steps.count).bytes));
        let points = points(&row.column, steps, count);
        if !points.is_empty() {
            series.push(MatrixSeries { points, labels: row.labels });
        }
    }
    series.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(series)
}

fn output(evaluator: Evaluator<'_>, query: Query<'_>, value: QueryValue) -> QueryOutput {
    let bytes = evaluator.held().bytes;
    let Evaluator { notes, stats, queryable, meter, .. } = evaluator;
    let (warnings, infos) = notes.render(query.text);
    let (queryable, memory) = (queryable.into_steps(), meter.finish(bytes));
    QueryOutput { value, warnings, infos, stats, queryable, memory }
}

/// Removes the names that were to go and joins what became equal.
fn finish(mut rows: Vec<Row>) -> Result<Vec<Row>, QueryError> {
    for row in rows.iter_mut().filter(|row| row.drop_name) {
        row.labels = without_name(&row.labels);
    }
    merge_equal(rows)
}

fn sample(row: Row, timestamp: Timestamp) -> Option<VectorSample> {
    let value = row.column.get(0).to_value()?;
    Some(VectorSample { labels: row.labels, timestamp, value })
}

fn points(column: &Column, steps: Steps, count: usize) -> Vec<(Timestamp, Value)> {
    let mut points = Vec::with_capacity(count);
    points.extend(
        column.points().filter_map(|(step, cell)| {
            Some((Timestamp::from_ms(steps.at(step)), cell.to_value()?))
        }),
    );
    points
}

fn range_vector(
    evaluator: &mut Evaluator<'_>,
    expr: &Expr,
    steps: Steps,
) -> Result<Vec<MatrixSeries>, QueryError> {
    let series = eval_range_vector(evaluator, expr, steps)?;
    let mut out: Vec<MatrixSeries> = series
        .into_iter()
        .map(|(labels, points)| {
            let points = points.into_iter().map(|(time, value)| (Timestamp::from_ms(time), value));
            MatrixSeries { labels, points: points.collect() }
        })
        .filter(|series| !series.points.is_empty())
        .collect();
    out.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(out)
}
