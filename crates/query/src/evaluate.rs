//! The evaluator: walks the syntax tree once and computes every node for all steps at a time.
//! Holds what one query needs: limits, annotations, counts. Parts that do not depend on the step
//! (everything below `@`) are computed for one step and repeated.

use crate::account::Held;
use crate::annotation::Annotations;
use crate::column::{Column, Operand, Row, Steps};
use crate::duration::QuerySpan;
use crate::meter::{Meter, SAMPLES_PER_CHECK};
use crate::queryable::Queryable;
use crate::trace::Trace;
use crate::{EngineOptions, Query, QueryError, QueryStats, functions, invariant};
use model::{METRIC_NAME, Querier};
use promql::ast::{Expr, ExprKind, Place, UnaryOp};
use std::sync::Arc;

/// Longest part of a query that an error shows.
const SHOWN_MAX: usize = 120;

/// Evaluation of one query.
pub(crate) struct Evaluator<'a> {
    pub options: &'a EngineOptions,
    pub querier: &'a dyn Querier,
    /// Source of the expression, for places in errors.
    text: &'a str,
    /// Start, end and step of the whole query, for `@ start()`, `step()` and the like.
    pub span: QuerySpan,
    pub notes: Annotations,
    pub stats: QueryStats,
    pub queryable: Queryable,
    /// Only counts and sums of histograms matter here; resets are noted while reading.
    pub resets_wanted: bool,
    /// Stops the query and counts its bytes.
    pub meter: Arc<Meter>,
    /// Written when somebody wants to see the plan.
    pub trace: Option<Box<Trace<'a>>>,
    held: Held,
    /// Samples that the query holds elsewhere.
    samples_elsewhere: usize,
    /// Bytes that the meter has counted already, for what comes next.
    ahead: usize,
    /// So many bytes are counted at a time: the lanes of a scan share one counter, and each look at
    /// it costs all of them. 0 for a query alone.
    piece: usize,
    /// What the buffer of the current selection has come to.
    buffer_bytes: usize,
    unchecked: usize,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(
        options: &'a EngineOptions,
        querier: &'a dyn Querier,
        (query, meter): (Query<'a>, Meter),
        span: QuerySpan,
    ) -> Self {
        let seed = Seed {
            options,
            querier,
            text: query.text,
            span,
            queryable: Queryable::Off,
            resets_wanted: false,
            meter: Arc::new(meter),
            samples_elsewhere: 0,
        };
        seed.evaluator(0)
    }

    /// What lanes of a scan begin with.
    pub(crate) fn seed(&self) -> Seed<'a> {
        Seed {
            options: self.options,
            querier: self.querier,
            text: self.text,
            span: self.span,
            queryable: self.queryable.empty(),
            resets_wanted: self.resets_wanted,
            meter: Arc::clone(&self.meter),
            samples_elsewhere: self.held.samples,
        }
    }

    /// Evaluates an expression that is no range vector.
    pub(crate) fn eval(&mut self, expr: &Expr, steps: Steps) -> Result<Operand, QueryError> {
        let before = self.held;
        self.enter(expr, steps);
        let result =
            self.eval_within(expr, steps).map_err(|error| error.blame(|| self.shown(expr)));
        self.leave(expr, (before, steps), result)
    }

    /// A part of the query for people: its text, cut when it is long, and its place.
    pub(crate) fn shown(&self, expr: &Expr) -> String {
        let mut text = expr.to_string();
        if let Some((end, _)) = text.char_indices().nth(SHOWN_MAX) {
            text.truncate(end);
            text.push_str("...");
        }
        let (line, column) = line_column(self.text, expr.place);
        format!("`{text}` ({line}:{column})")
    }

    fn eval_within(&mut self, expr: &Expr, steps: Steps) -> Result<Operand, QueryError> {
        let before = self.held;
        // One column at least will be needed: refuse before it is allocated. Its samples count once
        // they are there, as upstream counts them.
        self.check_room(Held { samples: steps.count, bytes: 0 })?;
        self.hold(Held::bytes(Held::steps(steps.count).bytes))?;
        let operand = if steps.count > 1 && invariant::is_worthwhile(expr) {
            self.says(|| format!("computed at one step and repeated for all {}", steps.count));
            let once = self.counted_together(|e| e.eval_node(expr, steps.first()))?;
            self.repeat(once, steps.count)?
        } else {
            self.eval_node(expr, steps)?
        };
        self.settle(before, &operand)?;
        Ok(operand)
    }

    /// Evaluates an expression whose type is instant vector.
    pub(crate) fn eval_vector(
        &mut self,
        expr: &Expr,
        steps: Steps,
    ) -> Result<Vec<Row>, QueryError> {
        match self.eval(expr, steps)? {
            Operand::Vector(rows) => Ok(rows),
            Operand::Scalar(_) | Operand::Text(_) => Err(unexpected(expr, "an instant vector")),
        }
    }

    /// Evaluates an expression whose type is scalar.
    pub(crate) fn eval_scalar(
        &mut self,
        expr: &Expr,
        steps: Steps,
    ) -> Result<Vec<f64>, QueryError> {
        match self.eval(expr, steps)? {
            Operand::Scalar(values) => Ok(values),
            Operand::Vector(_) | Operand::Text(_) => Err(unexpected(expr, "a scalar")),
        }
    }

    fn eval_node(&mut self, expr: &Expr, steps: Steps) -> Result<Operand, QueryError> {
        match &expr.kind {
            ExprKind::Number(number) => Ok(Operand::Scalar(vec![number.value; steps.count])),
            ExprKind::String(text) => Ok(Operand::Text(text.clone())),
            ExprKind::Paren(inner) => self.eval(inner, steps),
            ExprKind::Unary(op, inner) => self.eval_unary(*op, inner, steps),
            ExprKind::Binary(binary) => self.eval_binary(expr, binary, steps),
            ExprKind::Aggregate(aggregate) => {
                Ok(Operand::Vector(self.eval_aggregate(expr, aggregate, steps)?))
            }
            ExprKind::Call(call) => functions::eval_call(self, expr, call, steps),
            ExprKind::Vector(selector) => {
                Ok(Operand::Vector(self.select_vector(expr, selector, steps)?))
            }
            ExprKind::Matrix(_) | ExprKind::Subquery(_) => {
                Err(unexpected(expr, "anything but a range vector"))
            }
        }
    }

    fn eval_unary(
        &mut self,
        op: UnaryOp,
        inner: &Expr,
        steps: Steps,
    ) -> Result<Operand, QueryError> {
        let operand = self.eval(inner, steps)?;
        if op == UnaryOp::Plus {
            return Ok(operand);
        }
        match operand {
            Operand::Scalar(mut values) => {
                for value in &mut values {
                    *value = -*value;
                }
                Ok(Operand::Scalar(values))
            }
            Operand::Vector(mut rows) => {
                for row in &mut rows {
                    self.tick(steps.count)?;
                    row.column = functions::negate(&row.column);
                    self.drop_name(row);
                }
                merge_equal(rows).map(Operand::Vector)
            }
            Operand::Text(text) => Ok(Operand::Text(text)),
        }
    }

    fn repeat(&mut self, operand: Operand, count: usize) -> Result<Operand, QueryError> {
        match operand {
            Operand::Text(text) => Ok(Operand::Text(text)),
            Operand::Scalar(values) => {
                self.hold(Held::steps(count))?;
                Ok(Operand::Scalar(vec![values.first().copied().unwrap_or(f64::NAN); count]))
            }
            Operand::Vector(rows) => {
                let mut out = Vec::with_capacity(rows.len());
                for row in rows {
                    self.hold(Held::column(&row.column).times(count))?;
                    let column = Column::repeated(row.column.get(0), count);
                    out.push(Row { column, ..row });
                }
                Ok(Operand::Vector(out))
            }
        }
    }

    /// Runs a part of the evaluation with resets noted while reading, or not.
    pub(crate) fn with_resets<T>(&mut self, wanted: bool, part: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.resets_wanted, wanted);
        let out = part(self);
        self.resets_wanted = before;
        out
    }

    /// Marks the metric name as gone, or removes it at once when that is not delayed.
    pub(crate) fn drop_name(&self, row: &mut Row) {
        row.drop_name = true;
        if !self.options.delayed_name_removal {
            row.labels = without_name(&row.labels);
        }
    }

    /// Counts work; now and then asks whether the query shall go on.
    pub(crate) fn tick(&mut self, samples: usize) -> Result<(), QueryError> {
        self.unchecked = self.unchecked.saturating_add(samples);
        if self.unchecked < SAMPLES_PER_CHECK {
            return Ok(());
        }
        self.unchecked = 0;
        self.meter.check()
    }

    /// Accounts for what will be held; fails before the memory is taken.
    pub(crate) fn hold(&mut self, more: Held) -> Result<(), QueryError> {
        self.held = self.held.and(more);
        self.stats.samples_peak = self.stats.samples_peak.max(self.held.samples);
        self.note_peak();
        self.check_samples(self.held.samples)?;
        self.take(more.bytes)?;
        self.tick(more.samples)
    }

    fn take(&mut self, bytes: usize) -> Result<(), QueryError> {
        if bytes > self.ahead {
            let more = (bytes - self.ahead).max(self.piece);
            self.meter.take(more)?;
            self.ahead += more;
        }
        self.ahead -= bytes;
        Ok(())
    }

    fn give_back(&mut self, bytes: usize) {
        self.ahead += bytes;
        if self.ahead > 2 * self.piece {
            self.meter.release(self.ahead - self.piece);
            self.ahead = self.piece;
        }
    }

    /// Ends a lane: what it was ahead is given back, what it holds is left.
    pub(crate) fn end_lane(&mut self) {
        self.meter.release(std::mem::take(&mut self.ahead));
    }

    /// Fails when so many samples are too many beside those held elsewhere.
    pub(crate) fn check_samples(&self, samples: usize) -> Result<(), QueryError> {
        if self.samples_elsewhere.saturating_add(samples) > self.options.samples_max {
            return Err(QueryError::too_many_samples(self.options.samples_max));
        }
        Ok(())
    }

    /// Counts samples that were read; a lane tells at the end of a range.
    pub(crate) fn count_read(&mut self, samples: usize) {
        self.stats.samples_read += samples as u64;
        if self.piece == 0 {
            self.meter.read(samples as u64);
        }
    }

    /// Begins a range of series, which counts its samples and their peak by itself.
    pub(crate) fn begin_part(&mut self) {
        self.held.samples = 0;
        self.stats.samples_peak = 0;
    }

    /// Takes over samples that a range of series holds, and the most it held on its way.
    pub(crate) fn hold_part(&mut self, samples: usize, peak: usize) -> Result<(), QueryError> {
        let peak = self.held.samples.saturating_add(peak);
        self.stats.samples_peak = self.stats.samples_peak.max(peak);
        self.check_samples(peak)?;
        self.held.samples = self.held.samples.saturating_add(samples);
        Ok(())
    }

    /// Takes over bytes that the meter has counted already.
    pub(crate) fn adopt(&mut self, bytes: usize) {
        self.held = self.held.and(Held::bytes(bytes));
    }

    /// Fails when so much more would be too much.
    pub(crate) fn check_room(&mut self, more: Held) -> Result<(), QueryError> {
        let before = self.held;
        self.hold(more)?;
        self.release_to(before);
        Ok(())
    }

    /// Notes what the store has taken for a selection, which the meter has counted already; its
    /// series will be read through a new buffer.
    pub(crate) fn begin_selection(&mut self, bytes: usize) {
        self.adopt(bytes);
        self.note_peak();
        self.buffer_bytes = 0;
    }

    /// Accounts for the bytes of one series as it comes from the store, which is no sample of the
    /// query yet; the buffer stays as large as it was for the longest.
    pub(crate) fn hold_buffer(&mut self, buffer: Held) -> Result<(), QueryError> {
        let more = buffer.bytes.saturating_sub(self.buffer_bytes);
        self.buffer_bytes += more;
        self.hold(Held::bytes(more))?;
        self.tick(buffer.samples)
    }

    /// What is held now.
    pub(crate) fn held(&self) -> Held {
        self.held
    }

    /// Ends a part of the evaluation: of all it held, only its result is left.
    pub(crate) fn settle(&mut self, before: Held, result: &Operand) -> Result<(), QueryError> {
        self.release_to(before);
        self.hold(Held::operand(result))
    }

    /// Gives back all that was taken since `before`.
    pub(crate) fn release_to(&mut self, before: Held) {
        self.give_back(self.held.bytes.saturating_sub(before.bytes));
        self.held = before;
    }

    /// Gives back what was only held for a while.
    pub(crate) fn release(&mut self, less: Held) {
        let bytes = less.bytes.min(self.held.bytes);
        self.give_back(bytes);
        self.held.bytes -= bytes;
        self.held.samples = self.held.samples.saturating_sub(less.samples);
    }
}

/// What an evaluator is made of; goes to other threads.
pub(crate) struct Seed<'a> {
    options: &'a EngineOptions,
    querier: &'a dyn Querier,
    text: &'a str,
    span: QuerySpan,
    queryable: Queryable,
    resets_wanted: bool,
    meter: Arc<Meter>,
    samples_elsewhere: usize,
}

impl<'a> Seed<'a> {
    /// An evaluator that holds nothing yet and counts so many bytes at a time.
    pub(crate) fn evaluator(&self, piece: usize) -> Evaluator<'a> {
        Evaluator {
            options: self.options,
            querier: self.querier,
            text: self.text,
            span: self.span,
            notes: Annotations::default(),
            stats: QueryStats::default(),
            queryable: self.queryable.clone(),
            resets_wanted: self.resets_wanted,
            meter: Arc::clone(&self.meter),
            trace: None,
            held: Held::default(),
            samples_elsewhere: self.samples_elsewhere,
            ahead: 0,
            piece,
            buffer_bytes: 0,
            unchecked: SAMPLES_PER_CHECK,
        }
    }
}

/// Line and column of a part; without the source everything is line 1.
pub(crate) fn line_column(source: &str, place: Place) -> (usize, usize) {
    if source.is_empty() { (1, place.start + 1) } else { place.line_column(source) }
}

/// The labels without the metric name and what belongs to it.
pub(crate) fn without_name(labels: &model::Labels) -> model::Labels {
    labels.without(is_reserved)
}

/// `__name__`, and `__type__`, `__unit__` which describe it.
pub(crate) fn is_reserved(label: &str) -> bool {
    matches!(label, METRIC_NAME | "__type__" | "__unit__")
}

fn unexpected(expr: &Expr, wanted: &str) -> QueryError {
    let found = expr.value_type();
    QueryError::execution(format!("expected {wanted}, got {found} (offset {})", expr.place.start))
}

/// Joins rows with equal labels, in the order of their first; an error when they meet at a step.
pub(crate) fn merge_equal(rows: Vec<Row>) -> Result<Vec<Row>, QueryError> {
    let mut seen = crate::signature::IndexMap::default();
    let mut out: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        match seen.get(&row.labels) {
            None => {
                seen.insert(row.labels.clone(), out.len());
                out.push(row);
            }
            Some(&at) => {
                if !out[at].merge(&row) {
                    return Err(QueryError::same_labels());
                }
            }
        }
    }
    Ok(out)
}
