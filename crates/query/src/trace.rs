//! What the evaluator writes down about the parts of a query when somebody wants to see the plan.
//! Written where decisions are made, so that a plan cannot differ from what is done. When nobody
//! asked, each part of a query costs one look at an `Option`; nothing is written per sample.

use crate::QueryError;
use crate::QueryErrorKind;
use crate::account::Held;
use crate::column::{Operand, Row, Steps};
use crate::evaluate::Evaluator;
use crate::explain::PlanRead;
use promql::ast::{Expr, ValueType};
use std::collections::HashMap;
use std::time::Duration;

/// Time since any fixed moment; never goes back.
pub(crate) type Stopwatch<'a> = &'a dyn Fn() -> Duration;

/// How a query is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Evaluated without series: only what would be done counts. What fails only because there is
    /// nothing (`topk(scalar(k), m)`) does not end the plan.
    Plan,
    /// Evaluated for its figures.
    Analysis,
}

/// What was written down about one node.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub steps: Option<Steps>,
    pub does: Vec<String>,
    pub reads: Vec<PlanRead>,
    /// Series by the way they were computed.
    pub ways: Vec<(&'static str, usize)>,
    pub series: usize,
    pub points: usize,
    pub bytes_peak: usize,
    pub total: Duration,
    pub own: Duration,
    pub error: Option<String>,
}

/// All records of a query, by node.
pub(crate) struct Trace<'a> {
    purpose: Purpose,
    stopwatch: Stopwatch<'a>,
    records: HashMap<usize, Record, foldhash::quality::FixedState>,
    open: Vec<Visit>,
    /// Most bytes held since the innermost visit began.
    bytes_peak: usize,
    failed: bool,
}

/// A node being computed.
#[derive(Debug)]
struct Visit {
    node: usize,
    since: Duration,
    /// Time of the nodes below.
    below: Duration,
    /// Most bytes held before, since the visit around it began.
    bytes_peak_before: usize,
}

/// A node by its place in memory: the tree does not move while it is evaluated.
fn key(expr: &Expr) -> usize {
    std::ptr::from_ref(expr).addr()
}

impl<'a> Trace<'a> {
    pub(crate) fn new(purpose: Purpose, stopwatch: Stopwatch<'a>) -> Self {
        Self {
            purpose,
            stopwatch,
            records: HashMap::default(),
            open: Vec::new(),
            bytes_peak: 0,
            failed: false,
        }
    }

    pub(crate) fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// What was written down about a node; nothing when it was not reached.
    pub(crate) fn take(&mut self, expr: &Expr) -> Option<Record> {
        self.records.remove(&key(expr))
    }

    fn enter(&mut self, expr: &Expr, steps: Steps, held: Held) {
        let node = key(expr);
        self.records.entry(node).or_default().steps = Some(steps);
        let bytes_peak_before = std::mem::replace(&mut self.bytes_peak, held.bytes);
        let since = (self.stopwatch)();
        self.open.push(Visit { node, since, below: Duration::ZERO, bytes_peak_before });
    }

    /// Ends the visits of a node and of all below that an error has left open.
    fn leave(&mut self, expr: &Expr) {
        let (now, ended) = ((self.stopwatch)(), key(expr));
        while let Some(visit) = self.open.pop() {
            let took = now.saturating_sub(visit.since);
            let record = self.records.entry(visit.node).or_default();
            record.total += took;
            record.own += took.saturating_sub(visit.below);
            record.bytes_peak = record.bytes_peak.max(self.bytes_peak);
            self.bytes_peak = self.bytes_peak.max(visit.bytes_peak_before);
            if let Some(outer) = self.open.last_mut() {
                outer.below += took;
            }
            if visit.node == ended {
                return;
            }
        }
    }

    fn current(&mut self) -> Option<&mut Record> {
        let visit = self.open.last()?;
        self.records.get_mut(&visit.node)
    }

    fn yields(&mut self, series: usize, points: usize) {
        if let Some(record) = self.current() {
            record.series += series;
            record.points += points;
        }
    }

    fn yields_operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Scalar(values) => self.yields(0, values.len()),
            Operand::Text(_) => {}
            Operand::Vector(rows) => self.yields(rows.len(), points(rows)),
        }
    }

    /// The innermost node that failed is the one to look at.
    fn fails(&mut self, error: &QueryError) {
        if !self.failed
            && let Some(record) = self.current()
        {
            record.error = Some(error.to_string());
        }
        self.failed = true;
    }
}

fn points(rows: &[Row]) -> usize {
    rows.iter().map(|row| row.column.present().count()).sum()
}

/// A value of the right type without series.
fn nothing(expr: &Expr, steps: Steps) -> Operand {
    match expr.value_type() {
        ValueType::Scalar => Operand::Scalar(vec![f64::NAN; steps.count]),
        ValueType::String => Operand::Text(String::new()),
        ValueType::InstantVector | ValueType::RangeVector => Operand::Vector(Vec::new()),
    }
}

impl Evaluator<'_> {
    /// Begins to compute a node at these steps.
    pub(crate) fn enter(&mut self, expr: &Expr, steps: Steps) {
        let held = self.held();
        if let Some(trace) = &mut self.trace {
            trace.enter(expr, steps, held);
        }
    }

    /// Ends a node with what came out, or with an error.
    pub(crate) fn leave(
        &mut self,
        expr: &Expr,
        (before, steps): (Held, Steps),
        result: Result<Operand, QueryError>,
    ) -> Result<Operand, QueryError> {
        let Some(trace) = &mut self.trace else { return result };
        let result = match result {
            Err(error)
                if trace.purpose == Purpose::Plan && error.kind() == QueryErrorKind::Execution =>
            {
                trace.leave_open_below(expr);
                trace.say(format!("fails when there are no series: {error}"));
                let operand = nothing(expr, steps);
                self.release_to(before);
                self.hold(Held::operand(&operand)).map(|()| operand)
            }
            other => other,
        };
        let Some(trace) = &mut self.trace else { return result };
        match &result {
            Ok(operand) => trace.yields_operand(operand),
            Err(error) => trace.fails(error),
        }
        trace.leave(expr);
        result
    }

    /// Runs a part as the work of a node that is no value by itself: a range vector, or a selector
    /// whose samples are asked for their times. Parentheses around it are passed through.
    pub(crate) fn within<T>(
        &mut self,
        expr: &Expr,
        steps: Steps,
        part: impl FnOnce(&mut Self) -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        if self.trace.is_none() {
            return part(self);
        }
        let mut path = vec![expr];
        while let Some(promql::ast::ExprKind::Paren(inner)) = path.last().map(|e| &e.kind) {
            path.push(inner);
        }
        for expr in &path {
            self.enter(expr, steps);
        }
        let result = part(self);
        if let Some(trace) = &mut self.trace {
            if let Err(error) = &result {
                trace.fails(error);
            }
            trace.leave(expr);
        }
        result
    }

    /// Says what the node at work does; asked only when somebody wants to know.
    pub(crate) fn says(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.say(what());
        }
    }

    /// Notes a selection of the node at work.
    pub(crate) fn reads(&mut self, read: impl FnOnce() -> PlanRead) {
        if let Some(record) = self.trace.as_mut().and_then(|trace| trace.current()) {
            record.reads.push(read());
        }
    }

    /// Counts samples that were read for the newest selection of the node at work.
    pub(crate) fn reads_samples(&mut self, samples: usize) {
        if let Some(record) = self.trace.as_mut().and_then(|trace| trace.current())
            && let Some(read) = record.reads.last_mut()
        {
            read.samples += samples as u64;
        }
    }

    /// Counts a series by the way in which the node at work computes it.
    pub(crate) fn way(&mut self, way: &'static str) {
        if let Some(record) = self.trace.as_mut().and_then(|trace| trace.current()) {
            match record.ways.iter_mut().find(|(known, _)| *known == way) {
                Some((_, count)) => *count += 1,
                None => record.ways.push((way, 1)),
            }
        }
    }

    /// Counts what comes out of the node at work when it is no value by itself.
    pub(crate) fn yields(&mut self, series: usize, points: impl FnOnce() -> usize) {
        if let Some(trace) = &mut self.trace {
            trace.yields(series, points());
        }
    }

    /// Notes how much is held.
    pub(crate) fn note_peak(&mut self) {
        let bytes = self.held().bytes;
        if let Some(trace) = &mut self.trace {
            trace.bytes_peak = trace.bytes_peak.max(bytes);
        }
    }
}

impl Trace<'_> {
    /// Says what the node at work does, once.
    fn say(&mut self, what: String) {
        if let Some(record) = self.current()
            && !record.does.contains(&what)
        {
            record.does.push(what);
        }
    }

    /// Ends the visits below a node that an error has left open.
    fn leave_open_below(&mut self, expr: &Expr) {
        while let Some(visit) = self.open.last()
            && visit.node != key(expr)
        {
            // The time of a plan is not shown.
            self.open.pop();
        }
    }
}
