//! Answers of range queries that are asked again a little later, as dashboards do: steps before
//! everything that changed since are taken from the answer given then, the others are evaluated.
//! Asks the store what changed ([`History`]), so samples that come late, deletions and retention
//! count, whatever brought them. Pure: no clock, no threads.
//!
//! A remembered answer is never another one than evaluation gives: only expressions are kept whose
//! value at a step depends on nothing after it and on no other step, and answers with annotations,
//! which belong to a query as a whole, are not.

use crate::{
    Cancel, Engine, MatrixSeries, Query, QueryError, QueryOutput, QueryStats, QueryValue, StepRange,
};
use model::{Labels, Querier, Timestamp, Value};
use parking_lot::Mutex;
use promql::ast::{
    AggregateOp, AtModifier, DurationExpr, Expr, ExprKind, VectorSelector, WindowEdge,
};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Most answers, however small they are.
const ANSWERS_MAX: usize = 4096;
/// An answer of more than this share of the cache is not kept.
const ANSWER_SHARE: usize = 4;
/// What a series takes besides its points and its label text.
const SERIES_BYTES: usize = 96;

/// Tells what changed in a store since a moment.
pub trait History: std::fmt::Debug + Send + Sync {
    /// Names what the store holds now, to ask later what changed since; `None`: it cannot tell.
    fn moment(&self) -> Option<u64>;

    /// No sample before this instant came, was changed or removed since the moment; `None`: the
    /// store cannot tell, or not any more.
    fn unchanged_before(&self, moment: u64) -> Option<Timestamp>;
}

/// A question with the store that answers it.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The store.
    pub querier: &'a dyn Querier,
    /// What changed in it.
    pub history: &'a dyn History,
    /// The question.
    pub query: Query<'a>,
}

/// Remembered answers; at most so many bytes.
#[derive(Debug)]
pub struct RangeCache {
    bytes_max: usize,
    answers: Mutex<Answers>,
    counters: Counters,
}

/// What the cache did since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RangeCacheStats {
    /// Queries of which some steps were remembered.
    pub hits: u64,
    /// Queries that could have been remembered, and were not.
    pub misses: u64,
    /// Queries that are not remembered: their expression, their annotations, their store.
    pub passed: u64,
    /// Steps that were not evaluated.
    pub steps: u64,
    /// Answers in the cache.
    pub answers: usize,
    /// Bytes they take.
    pub bytes: usize,
}

#[derive(Debug, Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    passed: AtomicU64,
    steps: AtomicU64,
}

#[derive(Debug, Default)]
struct Answers {
    kept: HashMap<Key, Answer, foldhash::fast::FixedState>,
    bytes: usize,
    /// Counts uses: the answer used longest ago goes first.
    uses: u64,
}

/// What two queries must have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    text: String,
    step: i64,
    /// Place of the steps between multiples of the step.
    phase: i64,
    lookback: i64,
}

#[derive(Clone, Debug)]
struct Answer {
    series: Arc<Vec<MatrixSeries>>,
    /// First and last step that was asked for.
    first: i64,
    last: i64,
    /// Moment of the store before it was read.
    moment: u64,
    bytes: usize,
    used: u64,
}

/// Steps of a query, ms: first, last, distance.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: i64,
    last: i64,
    step: i64,
}

impl Span {
    /// `None` when there is no step, or times at the ends of what can be told.
    fn of(steps: &StepRange) -> Option<Self> {
        let step = i64::try_from(steps.step.as_millis()).ok()?.max(1);
        let first = steps.start.ms();
        let count = steps.end.ms().checked_sub(first).filter(|length| *length >= 0)? / step;
        Some(Self { first, last: first + count * step, step })
    }

    /// The last step before an instant.
    fn last_before(&self, instant: i64) -> Option<i64> {
        let end = instant.saturating_sub(1).min(self.last);
        let count = end.checked_sub(self.first).filter(|length| *length >= 0)? / self.step;
        Some(self.first + count * self.step)
    }
}

impl RangeCache {
    /// An empty cache; with 0 bytes nothing is remembered.
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, answers: Mutex::default(), counters: Counters::default() }
    }

    /// What it did, and what it holds.
    pub fn stats(&self) -> RangeCacheStats {
        let answers = self.answers.lock();
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RangeCacheStats {
            hits: count(&self.counters.hits),
            misses: count(&self.counters.misses),
            passed: count(&self.counters.passed),
            steps: count(&self.counters.steps),
            answers: answers.kept.len(),
            bytes: answers.bytes,
        }
    }

    /// The answer of [`Engine::range`], some of it perhaps remembered. Its counts tell what was
    /// evaluated.
    pub fn range(
        &self,
        engine: &Engine,
        asked: Asked<'_>,
        steps: &StepRange,
        cancel: &Cancel,
    ) -> Result<QueryOutput, QueryError> {
        let Asked { querier, history, query } = asked;
        let span = Span::of(steps).filter(|_| self.bytes_max > 0);
        let moment = history.moment();
        let (Some(span), Some(moment)) = (span.filter(|_| is_kept(engine, query.expr)), moment)
        else {
            self.counters.passed.fetch_add(1, Ordering::Relaxed);
            return engine.range(querier, query, steps, cancel);
        };
        let key = Key {
            text: query.expr.to_string(),
            step: span.step,
            phase: span.first.rem_euclid(span.step),
            lookback: i64::try_from(engine.options().lookback.as_millis()).unwrap_or(i64::MAX),
        };
        let output = if let Some((known, until)) = self.find(&key, span, history) {
            self.counters.hits.fetch_add(1, Ordering::Relaxed);
            complete(engine, (querier, query), (span, until), &known, cancel)?
        } else {
            self.counters.misses.fetch_add(1, Ordering::Relaxed);
            Some(engine.range(querier, query, steps, cancel)?)
        };
        let Some(output) = output else {
            // The steps that were missing have annotations: they belong to all of the query.
            return engine.range(querier, query, steps, cancel);
        };
        if is_clean(&output)
            && let QueryValue::Matrix(series) = &output.value
        {
            self.keep(key, span, moment, series);
        }
        Ok(output)
    }

    /// A remembered answer and the last step for which it still is one.
    fn find(&self, key: &Key, span: Span, history: &dyn History) -> Option<(Answer, i64)> {
        let mut answers = self.answers.lock();
        answers.uses += 1;
        let uses = answers.uses;
        let answer = answers.kept.get_mut(key)?;
        answer.used = uses;
        let answer = answer.clone();
        drop(answers);
        if answer.first > span.first {
            return None;
        }
        let unchanged = history.unchanged_before(answer.moment)?.ms();
        let until = span.last_before(unchanged.min(answer.last.saturating_add(1)))?;
        let steps = (until - span.first) / span.step + 1;
        self.counters.steps.fetch_add(steps.unsigned_abs(), Ordering::Relaxed);
        Some((answer, until))
    }

    fn keep(&self, key: Key, span: Span, moment: u64, series: &[MatrixSeries]) {
        let bytes = key.text.len() + series.iter().map(series_bytes).sum::<usize>();
        if bytes > self.bytes_max / ANSWER_SHARE {
            return;
        }
        let series = Arc::new(series.to_vec());
        let mut answers = self.answers.lock();
        answers.uses += 1;
        let used = answers.uses;
        let answer = Answer { series, first: span.first, last: span.last, moment, bytes, used };
        answers.bytes += bytes;
        if let Some(before) = answers.kept.insert(key, answer) {
            answers.bytes -= before.bytes;
        }
        while answers.bytes > self.bytes_max || answers.kept.len() > ANSWERS_MAX {
            answers.drop_oldest();
        }
    }
}

impl Answers {
    /// Looks at all of them: there are few, and it happens once per query at most.
    fn drop_oldest(&mut self) {
        let oldest = self.kept.iter().min_by_key(|(_, answer)| answer.used);
        let Some(key) = oldest.map(|(key, _)| key.clone()) else { return };
        self.bytes -= self.kept.remove(&key).map_or(0, |answer| answer.bytes);
    }
}

/// Evaluates the steps behind `until` and puts both together; `None` when they have annotations.
fn complete(
    engine: &Engine,
    (querier, query): (&dyn Querier, Query<'_>),
    (span, until): (Span, i64),
    known: &Answer,
    cancel: &Cancel,
) -> Result<Option<QueryOutput>, QueryError> {
    let wanted = (span.first, until);
    let mut output = if until == span.last {
        None
    } else {
        let rest = StepRange {
            start: Timestamp::from_ms(until + span.step),
            end: Timestamp::from_ms(span.last),
            step: Duration::from_millis(span.step.unsigned_abs()),
        };
        Some(engine.range(querier, query, &rest, cancel)?)
    };
    if output.as_ref().is_some_and(|output| !is_clean(output)) {
        return Ok(None);
    }
    // After the evaluation, whose end gives back everything that its question holds.
    let meter = engine.meter(cancel);
    meter.take(known.series.iter().map(|series| cut_bytes(series, wanted)).sum())?;
    let fresh = match output.as_mut().map(|output| &mut output.value) {
        Some(QueryValue::Matrix(fresh)) => std::mem::take(fresh),
        _ => Vec::new(),
    };
    let value = QueryValue::Matrix(join(&known.series, wanted, fresh));
    let memory = meter.keep();
    Ok(Some(match output {
        Some(output) => QueryOutput { memory: output.memory.with(memory), value, ..output },
        None => QueryOutput {
            value,
            warnings: Vec::new(),
            infos: Vec::new(),
            stats: QueryStats::default(),
            queryable: Vec::new(),
            memory,
        },
    }))
}

/// Has it no annotations?
fn is_clean(output: &QueryOutput) -> bool {
    output.warnings.is_empty() && output.infos.is_empty()
}

/// Remembered points before the fresh ones of the same labels; both are sorted by labels.
fn join(known: &[MatrixSeries], wanted: (i64, i64), fresh: Vec<MatrixSeries>) -> Vec<MatrixSeries> {
    let mut joined: Vec<MatrixSeries> = Vec::with_capacity(fresh.len());
    let mut known = known.iter().filter_map(|series| cut(series, wanted)).peekable();
    for series in fresh {
        while let Some(before) = known.next_if(|before| before.labels < series.labels) {
            joined.push(before);
        }
        match known.next_if(|before| before.labels == series.labels) {
            Some(mut before) => {
                before.points.extend(series.points);
                joined.push(before);
            }
            None => joined.push(series),
        }
    }
    joined.extend(known);
    joined
}

fn points_within(series: &MatrixSeries, (first, last): (i64, i64)) -> &[(Timestamp, Value)] {
    let from = series.points.partition_point(|(time, _)| time.ms() < first);
    let to = series.points.partition_point(|(time, _)| time.ms() <= last);
    &series.points[from..to.max(from)]
}

/// The points within two instants; `None` when there are none.
fn cut(series: &MatrixSeries, wanted: (i64, i64)) -> Option<MatrixSeries> {
    let points = points_within(series, wanted);
    let labels: &Labels = &series.labels;
    let some = || MatrixSeries { labels: labels.clone(), points: points.to_vec() };
    (!points.is_empty()).then(some)
}

fn cut_bytes(series: &MatrixSeries, wanted: (i64, i64)) -> usize {
    size_of_val(points_within(series, wanted)) + SERIES_BYTES
}

/// Bytes of a series; histograms are shared with the answer, but live as long as it is remembered.
fn series_bytes(series: &MatrixSeries) -> usize {
    let histogram_bytes = |(_, value): &(Timestamp, Value)| match value {
        Value::Float(_) => 0,
        Value::Histogram(histogram) => {
            128 + 8
                * (histogram.positive_buckets.len()
                    + histogram.negative_buckets.len()
                    + histogram.custom_values.len())
        }
    };
    let histograms: usize = series.points.iter().map(histogram_bytes).sum();
    SERIES_BYTES + series.labels.text_len() + size_of_val(&series.points[..]) + histograms
}

/// Does the value at each step depend on samples up to that step alone, wherever the query begins
/// and ends?
fn is_kept(engine: &Engine, expr: &Expr) -> bool {
    if engine.options().type_and_unit_labels || engine.options().count_queryable {
        return false;
    }
    let mut is_kept = true;
    expr.walk(&mut |part| {
        is_kept &= match &part.kind {
            ExprKind::Vector(selector) => looks_back(selector),
            ExprKind::Matrix(matrix) => looks_back(&matrix.selector) && is_fixed(&matrix.range),
            ExprKind::Subquery(subquery) => {
                is_back(&subquery.offset, subquery.at.as_ref())
                    && is_fixed(&subquery.range)
                    && subquery.step.iter().all(is_fixed)
            }
            // Which series they take may depend on all that a selection holds.
            ExprKind::Aggregate(aggregate) => {
                !matches!(aggregate.op, AggregateOp::Limitk | AggregateOp::LimitRatio)
            }
            ExprKind::Call(call) => !SPAN_FUNCTIONS.contains(&call.function.name),
            ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Paren(_)
            | ExprKind::Unary(..)
            | ExprKind::Binary(_) => true,
        };
    });
    is_kept
}

/// Functions that tell of the query itself, or of labels of other series.
const SPAN_FUNCTIONS: [&str; 5] = ["start", "end", "range", "step", "info"];

fn looks_back(selector: &VectorSelector) -> bool {
    // The other edges look for samples beyond the window.
    selector.edge == WindowEdge::default() && is_back(&selector.offset, selector.at.as_ref())
}

fn is_back(offset: &DurationExpr, at: Option<&AtModifier>) -> bool {
    at.is_none() && matches!(offset, DurationExpr::Fixed(ms) if *ms >= 0)
}

fn is_fixed(duration: &DurationExpr) -> bool {
    matches!(duration, DurationExpr::Fixed(_))
}

#[cfg(test)]
mod tests;
