//! Functions of range vectors (`rate`, `*_over_time`, ...) over windows of a decoded column.
//! No range vector is ever built: two pointers move over the samples of a series, and series that
//! share their timestamps share the bounds of their windows.

mod edge;
mod over_time;
mod rate;
mod samples;
mod trend;

use crate::QueryError;
use crate::account::Held;
use crate::annotation::Annotations;
use crate::column::{Column, Row, Steps};
use crate::evaluate::{Evaluator, merge_equal, without_name};
use crate::functions::absent_labels;
use crate::queryable::weigh_points;
use crate::scan::Reader;
use crate::select::{Span, step_hint};
use crate::timeline::{ByTimeline, Found};
pub(crate) use edge::smoothed_value;
use model::{Histogram, Labels, METRIC_NAME, MatchOp, Matcher, SelectHints, Value};
use promql::ast::{Call, Expr, ExprKind, MatrixSelector, Place, SubqueryExpr, WindowEdge};
use rate::{Question, Reach};
use samples::Windows;
pub(crate) use samples::{Bounds, Samples};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Samples of one series in one window, floats and histograms apart, both by increasing time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<'a> {
    pub float_times: &'a [i64],
    pub floats: &'a [f64],
    /// Start timestamps of the floats, or empty.
    pub float_starts: &'a [i64],
    pub histogram_times: &'a [i64],
    pub histograms: &'a [Arc<Histogram>],
    /// Start timestamps of the histograms, or empty.
    pub histogram_starts: &'a [i64],
    /// The window is (lo, hi], ms.
    pub lo: i64,
    pub hi: i64,
    /// Instant of evaluation, ms.
    pub at: i64,
    /// Scalar arguments at this step.
    pub args: [f64; 2],
}

impl Window<'_> {
    /// Are there neither floats nor histograms?
    fn is_empty(&self) -> bool {
        self.floats.is_empty() && self.histograms.is_empty()
    }

    /// Length in seconds, computed as Go's `Duration.Seconds`.
    fn seconds(&self) -> f64 {
        seconds(self.hi - self.lo)
    }
}

/// Seconds of a duration in ms, computed as Go's `Duration.Seconds`.
fn seconds(ms: i64) -> f64 {
    (ms / 1000) as f64 + ((ms % 1000) * 1_000_000) as f64 / 1e9
}

/// Where a kernel leaves its annotations.
pub(crate) struct Notes<'a> {
    pub annotations: &'a mut Annotations,
    pub metric: &'a str,
    pub place: Place,
}

impl Notes<'_> {
    fn mixed_floats_histograms(&mut self) {
        self.annotations.mixed_floats_histograms(self.place, self.metric);
    }

    fn ignored_histograms(&mut self, window: &Window<'_>) {
        if !window.histograms.is_empty() {
            self.annotations.histogram_ignored_in_range(self.place, self.metric);
        }
    }

    fn mixed_exponential_custom(&mut self) {
        self.annotations.mixed_exponential_custom(self.place, self.metric);
    }
}

/// Computes one window.
pub(crate) type Kernel = fn(&Window<'_>, &mut Notes<'_>) -> Option<Value>;

/// The range vector that a function is applied to.
enum Source<'e> {
    Matrix(&'e MatrixSelector),
    Subquery(&'e SubqueryExpr),
}

/// One application of a range function.
struct Application {
    name: &'static str,
    kernel: Kernel,
    /// For `rate`, `increase` and `delta` with plain edges: what is asked.
    question: Option<Question>,
    edge: WindowEdge,
    windows: Windows,
    steps: Steps,
    /// Scalar arguments per step.
    args: [Option<Vec<f64>>; 2],
    /// First argument: where annotations point to.
    place: Place,
    /// Does the metric name go away?
    drops_name: bool,
    /// Every result so far lost its metric name, which is the same for all, and nothing else: they
    /// differ as their series did.
    is_distinct: bool,
}

/// Is the function applied to a range vector?
pub(crate) fn takes_range(call: &Call) -> bool {
    call.args.iter().any(|arg| range_source(arg).is_some())
}

fn range_source(expr: &Expr) -> Option<Source<'_>> {
    match &expr.kind {
        ExprKind::Matrix(matrix) => Some(Source::Matrix(matrix)),
        ExprKind::Subquery(subquery) => Some(Source::Subquery(subquery)),
        ExprKind::Paren(inner) => range_source(inner),
        ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Unary(..)
        | ExprKind::Binary(_)
        | ExprKind::Aggregate(_)
        | ExprKind::Call(_)
        | ExprKind::Vector(_) => None,
    }
}

/// Applies a range function.
pub(crate) fn eval_range_call(
    evaluator: &mut Evaluator<'_>,
    call: &Call,
    steps: Steps,
) -> Result<Vec<Row>, QueryError> {
    let name = call.function.name;
    let kernel = kernel(name)
        .ok_or_else(|| QueryError::execution(format!("function {name} has no range form")))?;
    let mut args = [None, None];
    let mut source = None;
    let mut free = 0;
    for arg in &call.args {
        if let Some(found) = range_source(arg) {
            source = Some((arg, found));
        } else if free < args.len() {
            args[free] = Some(evaluator.eval_scalar(arg, steps)?);
            free += 1;
        }
    }
    let (arg, source) = source
        .ok_or_else(|| QueryError::execution(format!("function {name} expects a range vector")))?;
    let mut application = Application {
        name,
        kernel,
        question: Question::of(name),
        edge: WindowEdge::Plain,
        windows: Windows::default(),
        steps,
        args,
        place: call.args.first().map(|arg| arg.place).unwrap_or_default(),
        drops_name: !matches!(name, "last_over_time" | "first_over_time"),
        is_distinct: false,
    };
    let rows = match source {
        Source::Matrix(matrix) => application.over_matrix(evaluator, arg, matrix)?,
        Source::Subquery(subquery) => application.over_subquery(evaluator, arg, subquery)?,
    };
    if name == "absent_over_time" {
        return invert(evaluator, call, &rows, steps);
    }
    if evaluator.options.delayed_name_removal || application.is_distinct {
        Ok(rows)
    } else {
        reject_equal(rows)
    }
}

fn reject_equal(rows: Vec<Row>) -> Result<Vec<Row>, QueryError> {
    let before = rows.len();
    let merged = merge_equal(rows)?;
    if merged.len() < before {
        return Err(QueryError::same_labels());
    }
    Ok(merged)
}

/// `absent_over_time`: 1 where no series has a sample.
fn invert(
    evaluator: &mut Evaluator<'_>,
    call: &Call,
    rows: &[Row],
    steps: Steps,
) -> Result<Vec<Row>, QueryError> {
    evaluator.hold(Held::steps(steps.count))?;
    let mut column = Column::dense(vec![1.0; steps.count]);
    for row in rows {
        column.remove(row.column.present());
    }
    if !column.present().any() {
        return Ok(Vec::new());
    }
    let labels = call.args.first().map_or_else(Labels::empty, absent_labels);
    Ok(vec![Row::new(labels, true, column)])
}

impl Application {
    fn over_matrix(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        arg: &Expr,
        matrix: &MatrixSelector,
    ) -> Result<Vec<Row>, QueryError> {
        edge::check_function(self.name, matrix.selector.edge)?;
        self.edge = matrix.selector.edge;
        if let Some(kernel) = edge::kernel(self.name, self.edge) {
            self.kernel = kernel;
            self.question = None;
        }
        let range = evaluator.span.positive(&matrix.range)?;
        let reference = evaluator.span.reference(&matrix.selector.offset, matrix.selector.at)?;
        let lookback = evaluator.lookback_ms();
        let (before, after) = edge::margins(self.edge, lookback);
        self.windows = Windows { reference, range, before, after };
        let span = self.windows.span(self.steps);
        let hints = SelectHints {
            step: step_hint(self.steps),
            range: Some(Duration::from_millis(range.unsigned_abs())),
            function: Some(self.name),
            ..SelectHints::default()
        };
        self.describe(evaluator);
        let (matchers, steps) = (&matrix.selector.matchers, self.steps);
        let selection = evaluator.within(arg, steps, |evaluator| {
            evaluator.says_reference(reference);
            evaluator.open(matchers, span, &hints)
        })?;
        let is_distinct = AtomicBool::new(self.drops_name && matchers.iter().any(is_metric_name));
        let begin = |lane: &mut Evaluator<'_>| {
            lane.hold(Bounds::cost(steps))?;
            Ok((Samples::default(), ByTimeline::new(steps)))
        };
        let rows = evaluator.scan(&*selection, steps, begin, |lane, (reader, state), index| {
            lane.within(arg, steps, |lane| {
                lane.read(reader, index)?;
                lane.yields(1, || reader.buffer.len());
                // Windows count as held, those of one series at a time.
                lane.check_room(Held { samples: reader.buffer.len(), bytes: 0 })
            })?;
            let (samples, known) = state;
            samples.take(&mut reader.buffer, lane.options.use_start_timestamps);
            self.prepare(samples);
            let labels = reader.selection.labels(index);
            let row = self.apply(lane, (samples, known), (labels, false))?;
            if row.as_ref().is_some_and(|row| row.labels.len() + 1 != labels.len()) {
                is_distinct.store(false, Ordering::Relaxed);
            }
            Ok(row)
        })?;
        self.is_distinct = is_distinct.into_inner();
        Ok(rows)
    }

    fn over_subquery(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        arg: &Expr,
        subquery: &SubqueryExpr,
    ) -> Result<Vec<Row>, QueryError> {
        let (windows, inner_steps) = subquery_steps(evaluator, subquery, self.steps)?;
        self.windows = windows;
        self.describe(evaluator);
        // The subquery is to blame, not what stands in it.
        evaluator.check_room(Held::steps(inner_steps.count))?;
        let before = evaluator.held();
        let evaluate = |e: &mut Evaluator<'_>| e.eval_subquery(subquery, windows, inner_steps);
        let inner = evaluator.within(arg, self.steps, |evaluator| {
            evaluator.uncounted(|e| e.with_resets(false, evaluate))
        })?;
        let held = evaluator.held().without(before);
        evaluator.hold(Bounds::cost(self.steps))?;
        let mut samples = Samples::default();
        let mut known = ByTimeline::new(self.steps);
        let mut rows = Vec::new();
        for row in inner {
            let taken = samples_of(&row.column);
            evaluator.hold(taken)?;
            samples.take_column(&row.column, inner_steps);
            self.prepare(&mut samples);
            let series = (&row.labels, row.drop_name);
            if let Some(row) = self.apply(evaluator, (&samples, &mut known), series)? {
                rows.push(row);
            }
            evaluator.release(taken);
        }
        evaluator.release(held);
        Ok(rows)
    }

    /// Says how windows are computed; series with histograms or starts go the longer way.
    fn describe(&self, evaluator: &mut Evaluator<'_>) {
        evaluator.says(|| {
            let range = promql::format_duration(self.windows.range);
            let edge = match self.edge {
                WindowEdge::Plain => "",
                WindowEdge::Anchored => ", from the last sample before each",
                WindowEdge::Smoothed => ", interpolated at both ends of each",
            };
            match self.question {
                Some(question) if question.is_counter() => format!(
                    "windows of {range}: their ends and the resets, which are looked for once"
                ),
                Some(_) => format!("windows of {range}: their ends"),
                None => format!("windows of {range}: all samples of each{edge}"),
            }
        });
    }

    fn prepare(&self, samples: &mut Samples) {
        if self.question.is_some_and(Question::is_counter) && samples.is_plain() {
            samples.find_resets();
        }
    }

    /// All windows of one series; `None` when no window has a result.
    fn apply(
        &self,
        evaluator: &mut Evaluator<'_>,
        (samples, known): (&Samples, &mut ByTimeline<Bounds>),
        (labels, drop_name): (&Labels, bool),
    ) -> Result<Option<Row>, QueryError> {
        evaluator.hold(Held::steps(self.steps.count))?;
        let column = self.compute(evaluator, (samples, known), labels)?;
        if !column.present().any() {
            evaluator.release(Held::steps(self.steps.count));
            return Ok(None);
        }
        evaluator.hold(Held::histograms_of(&column).and(Held::labels(labels)))?;
        if matches!(self.name, "rate" | "increase") {
            self.note_non_counter(evaluator, labels, &column);
        }
        let mut row = Row::new(labels.clone(), drop_name, column);
        if self.drops_name {
            evaluator.drop_name(&mut row);
        }
        Ok(Some(row))
    }

    fn compute(
        &self,
        evaluator: &mut Evaluator<'_>,
        (samples, known): (&Samples, &mut ByTimeline<Bounds>),
        labels: &Labels,
    ) -> Result<Column, QueryError> {
        let times = &samples.float_times;
        let make = || Bounds::of_floats(times, &self.windows, self.steps);
        let Found { entry: bounds, is_shared, is_more } = known.of(samples.timeline(), make);
        if is_shared {
            evaluator.way("with the windows of the series before");
        } else if is_more {
            evaluator.hold(Bounds::cost(self.steps))?;
        }
        bounds.find_histograms(&samples.histogram_times, &self.windows, self.steps);
        evaluator.count_windows(samples, bounds, self.steps.count);
        if let Some(question) = self.question.filter(|_| samples.is_plain()) {
            evaluator.tick(self.steps.count + samples.floats.len())?;
            evaluator.way("by the ends of windows");
            bounds.find_reaches(times, &self.windows, (self.steps, question));
            return Ok(extrapolate(samples, bounds, question));
        }
        evaluator.way("window by window");
        self.look_through(evaluator, (samples, bounds), labels)
    }

    /// Looks through every window by itself.
    fn look_through(
        &self,
        evaluator: &mut Evaluator<'_>,
        (samples, bounds): (&Samples, &Bounds),
        labels: &Labels,
    ) -> Result<Column, QueryError> {
        let mut column = Column::absent(self.steps.count);
        let metric = labels.value(METRIC_NAME);
        for (step, at) in self.steps.iter().enumerate() {
            let window = Window {
                at,
                args: self.args_at(step),
                ..samples.window(bounds.at(step), self.windows.at(at))
            };
            if window.is_empty() {
                continue;
            }
            evaluator.tick(1 + window.floats.len() + window.histograms.len())?;
            let mut notes = Notes { annotations: &mut evaluator.notes, metric, place: self.place };
            check_args(self.name, window.args)?;
            if let Some(point) = (self.kernel)(&window, &mut notes) {
                column.set(step, point);
            }
        }
        Ok(column)
    }

    fn args_at(&self, step: usize) -> [f64; 2] {
        [0, 1].map(|arg| self.args[arg].as_ref().map_or(0.0, |values| values[step]))
    }

    fn note_non_counter(&self, evaluator: &mut Evaluator<'_>, labels: &Labels, column: &Column) {
        let metric = labels.value(METRIC_NAME);
        let has_floats = column.present().count() > column.histograms().len();
        if metric.is_empty() || !has_floats {
            return;
        }
        if evaluator.options.type_and_unit_labels {
            let kind = labels.value("__type__");
            if kind != "counter" && kind != "histogram" {
                evaluator.notes.possible_non_counter_label(self.place, metric, kind);
            }
        } else if !["_total", "_sum", "_count", "_bucket"].iter().any(|end| metric.ends_with(end)) {
            evaluator.notes.possible_non_counter(self.place, metric);
        }
    }
}

/// `rate`, `increase` and `delta` of plain floats: no window is looked through.
fn extrapolate(samples: &Samples, bounds: &Bounds, question: Question) -> Column {
    let floats = &samples.floats;
    let value = |((from, to), reach): ((usize, usize), &Reach)| {
        if to < from + 2 {
            return 0.0;
        }
        let first = floats[from];
        let mut change = floats[to - 1] - first;
        if !question.is_counter() {
            return change * reach.gauge();
        }
        if !samples.is_steady() {
            change = samples.lost(from, to).fold(change, |change, lost| change + lost);
        }
        change * reach.counter(first, change)
    };
    Column::present_at(bounds.reaches().map(value).collect(), bounds.pairs().clone())
}

/// Does the matcher take one metric name only?
fn is_metric_name(matcher: &Matcher) -> bool {
    let is_name = matcher.name() == METRIC_NAME && !matcher.value().is_empty();
    is_name && matcher.op() == MatchOp::Equal
}

/// Smoothing parameters must lie between 0 and 1.
fn check_args(name: &str, args: [f64; 2]) -> Result<(), QueryError> {
    if name != "double_exponential_smoothing" {
        return Ok(());
    }
    for (what, symbol, value) in [("smoothing", "sf", args[0]), ("trend", "tf", args[1])] {
        if value <= 0.0 || value >= 1.0 {
            return Err(QueryError::execution(format!(
                "invalid {what} factor. Expected: 0 < {symbol} < 1, got: {value:.6}"
            )));
        }
    }
    Ok(())
}

/// Windows of a subquery and the steps at which its expression is evaluated: multiples of the inner
/// step within all windows together.
fn subquery_steps(
    evaluator: &Evaluator<'_>,
    subquery: &SubqueryExpr,
    steps: Steps,
) -> Result<(Windows, Steps), QueryError> {
    let range = evaluator.span.positive(&subquery.range)?;
    let reference = evaluator.span.reference(&subquery.offset, subquery.at)?;
    let inner_step = match &subquery.step {
        Some(step) => evaluator.span.positive(step)?,
        None => i64::try_from(evaluator.options.default_step.as_millis()).unwrap_or(i64::MAX),
    };
    let windows = Windows { reference, range, before: 0, after: 0 };
    let open = reference.at(steps.start).saturating_sub(range);
    let inner_step = inner_step.max(1);
    // The first multiple of the step after the left (open) end.
    let first = open.div_euclid(inner_step).saturating_add(1).saturating_mul(inner_step);
    Ok((windows, Steps::between(first, reference.at(steps.last()), inner_step)))
}

/// Samples of one series with their times in ms.
pub(crate) type SeriesSamples = (Labels, Vec<(i64, Value)>);

/// A range vector on its own, at one instant: the samples of its window.
pub(crate) fn eval_range_vector(
    evaluator: &mut Evaluator<'_>,
    expr: &Expr,
    steps: Steps,
) -> Result<Vec<SeriesSamples>, QueryError> {
    match range_source(expr) {
        Some(Source::Matrix(matrix)) => {
            evaluator.within(expr, steps, |evaluator| matrix_samples(evaluator, matrix, steps))
        }
        Some(Source::Subquery(subquery)) => {
            let (windows, inner_steps) = subquery_steps(evaluator, subquery, steps)?;
            evaluator.check_room(Held::steps(inner_steps.count))?;
            let mut out = Vec::new();
            let evaluate = |e: &mut Evaluator<'_>| e.eval_subquery(subquery, windows, inner_steps);
            let rows =
                evaluator.within(expr, steps, |evaluator| evaluator.counted_together(evaluate))?;
            for row in rows {
                evaluator.hold(samples_of(&row.column).times(2))?;
                let labels =
                    if row.drop_name { without_name(&row.labels) } else { row.labels.clone() };
                let mut samples = Samples::default();
                samples.take_column(&row.column, inner_steps);
                out.push((labels, samples.points()));
            }
            Ok(out)
        }
        None => Err(QueryError::execution("expected a range vector")),
    }
}

impl Evaluator<'_> {
    /// The expression of a subquery at the steps within all its windows.
    fn eval_subquery(
        &mut self,
        subquery: &SubqueryExpr,
        windows: Windows,
        steps: Steps,
    ) -> Result<Vec<Row>, QueryError> {
        self.says(|| {
            let step = promql::format_duration(steps.step);
            format!("evaluated at {} multiples of {step}, for all windows once", steps.count)
        });
        self.says_reference(windows.reference);
        let rows = self.eval_vector(&subquery.expr, steps)?;
        self.yields(rows.len(), || rows.iter().map(|row| row.column.present().count()).sum());
        Ok(rows)
    }
}

/// What the points of a subquery's column hold as samples.
fn samples_of(column: &Column) -> Held {
    let floats = column.present().count() - column.histograms().len();
    Held::bytes(floats * 2 * size_of::<f64>() + Held::histograms_of(column).bytes)
}

fn matrix_samples(
    evaluator: &mut Evaluator<'_>,
    matrix: &MatrixSelector,
    steps: Steps,
) -> Result<Vec<SeriesSamples>, QueryError> {
    let range = evaluator.span.positive(&matrix.range)?;
    let reference = evaluator.span.reference(&matrix.selector.offset, matrix.selector.at)?;
    let edge = matrix.selector.edge;
    let (before, after) = edge::margins(edge, evaluator.lookback_ms());
    let windows = Windows { reference, range, before, after };
    let span: Span = windows.span(steps);
    evaluator.says(|| format!("samples of one window of {}", promql::format_duration(range)));
    evaluator.says_reference(reference);
    let selection = evaluator.open(&matrix.selector.matchers, span, &SelectHints::default())?;
    let mut out = Vec::new();
    let mut reader = Reader::new(selection.as_ref());
    for index in 0..selection.len() {
        evaluator.read(&mut reader, index)?;
        let buffer = &mut reader.buffer;
        let labels = selection.labels(index);
        // The samples apart, and the points made of them.
        let bytes = Held::buffer(buffer).times(2).bytes;
        evaluator.hold(Held::bytes(bytes).and(Held::labels(labels)))?;
        let mut samples = Samples::default();
        samples.take(buffer, false);
        let (lo, hi) = windows.at(steps.start);
        edge::extend(&mut samples, edge, (lo, hi))?;
        let points = samples.points();
        evaluator.hold(Held { samples: weigh_points(&points), bytes: 0 })?;
        evaluator.count_points(&points);
        evaluator.yields(usize::from(!points.is_empty()), || points.len());
        if !points.is_empty() {
            out.push((labels.clone(), points));
        }
    }
    Ok(out)
}

/// The kernel of a function with plain window edges.
fn kernel(name: &str) -> Option<Kernel> {
    let kernel: Kernel = match name {
        "rate" => rate::rate,
        "increase" => rate::increase,
        "delta" => rate::delta,
        "irate" => rate::irate,
        "idelta" => rate::idelta,
        "resets" => rate::resets,
        "changes" => rate::changes,
        "deriv" => trend::deriv,
        "predict_linear" => trend::predict_linear,
        "double_exponential_smoothing" => trend::double_exponential_smoothing,
        "avg_over_time" => over_time::avg,
        "sum_over_time" => over_time::sum,
        "count_over_time" => over_time::count,
        "min_over_time" => over_time::min,
        "max_over_time" => over_time::max,
        "stddev_over_time" => over_time::stddev,
        "stdvar_over_time" => over_time::stdvar,
        "mad_over_time" => over_time::mad,
        "quantile_over_time" => over_time::quantile,
        "first_over_time" => over_time::first,
        "last_over_time" => over_time::last,
        "present_over_time" | "absent_over_time" => over_time::present,
        "ts_of_first_over_time" => over_time::ts_of_first,
        "ts_of_last_over_time" => over_time::ts_of_last,
        "ts_of_min_over_time" => over_time::ts_of_min,
        "ts_of_max_over_time" => over_time::ts_of_max,
        _ => return None,
    };
    Some(kernel)
}
