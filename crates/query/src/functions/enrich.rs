//! `info(v, {matchers})`: adds labels of info metrics (`target_info`) to series of the same target.
//! Info series are looked up at the instant the samples come from, `offset` and `@` included.

use super::CallSite;
use crate::QueryError;
use crate::account::Held;
use crate::column::{Cell, Column, Operand, Row, Steps};
use crate::duration::Reference;
use crate::evaluate::Evaluator;
use crate::explain;
use crate::select::Instants;
use crate::signature::IndexMap;
use model::{INSTANCE_LABEL, JOB_LABEL, Labels, LabelsBuilder, METRIC_NAME, MatchOp, Matcher};
use promql::ast::{Expr, ExprKind};
use std::collections::BTreeSet;

/// Labels by which a series and an info series belong together.
const IDENTIFYING: [&str; 2] = [INSTANCE_LABEL, JOB_LABEL];

/// What the second argument asks for.
struct Wanted {
    /// Conditions on the name of info metrics.
    names: Vec<Matcher>,
    /// Conditions on other labels; when there are any, only these labels are added.
    labels: Vec<Matcher>,
}

pub(super) fn eval(
    evaluator: &mut Evaluator<'_>,
    site: &CallSite<'_>,
) -> Result<Operand, QueryError> {
    let rows = site.vector(evaluator, 0)?;
    let wanted = Wanted::new(site.call.args.get(1))?;
    let reference = reference(evaluator, site.arg(0)?)?;
    evaluator.says(|| {
        let conditions: Vec<Matcher> = wanted.names.iter().chain(&wanted.labels).cloned().collect();
        format!("info series {} of the same instance and job", explain::selector(&conditions))
    });
    let read = |e: &mut Evaluator<'_>| InfoSeries::read(e, (&rows, &wanted), reference, site.steps);
    let infos = match site.call.args.get(1) {
        Some(selector) => evaluator.within(selector, site.steps, read)?,
        None => read(evaluator)?,
    };
    let mut out = Output { known: IndexMap::default(), rows: Vec::new(), steps: site.steps };
    for row in &rows {
        let is_info = wanted.is_info(&row.labels);
        for point in row.column.points() {
            evaluator.tick(1)?;
            if is_info {
                out.add(evaluator, (row, &row.labels), point)?;
            } else if let Some(labels) = enrich(&row.labels, &infos, &wanted, point.0)? {
                out.add(evaluator, (row, &labels), point)?;
            }
        }
    }
    Ok(Operand::Vector(out.rows))
}

impl Wanted {
    fn new(selector: Option<&Expr>) -> Result<Self, QueryError> {
        let matchers = match selector.map(|selector| &selector.without_parens().kind) {
            Some(ExprKind::Vector(selector)) => selector.matchers.as_slice(),
            _ => &[],
        };
        let (mut names, labels): (Vec<Matcher>, Vec<Matcher>) =
            matchers.iter().cloned().partition(|matcher| matcher.name() == METRIC_NAME);
        if names.is_empty() {
            names.push(Matcher::equal(METRIC_NAME, "target_info"));
        } else if !names.iter().any(is_positive) {
            let info = Matcher::new(MatchOp::Regex, METRIC_NAME, ".+_info");
            names.push(info.map_err(|error| QueryError::execution(error.to_string()))?);
        }
        Ok(Self { names, labels })
    }

    /// Is the series itself one of the info series?
    fn is_info(&self, labels: &Labels) -> bool {
        self.names.iter().all(|matcher| matcher.matches_labels(labels))
    }

    fn takes(&self, label: &str) -> bool {
        self.labels.is_empty() || self.labels.iter().any(|matcher| matcher.name() == label)
    }

    /// May a series without info series stay?
    fn allows_nothing(&self) -> bool {
        self.labels.iter().all(Matcher::matches_empty)
    }
}

fn is_positive(matcher: &Matcher) -> bool {
    matches!(matcher.op(), MatchOp::Equal | MatchOp::Regex)
}

/// Where the first selector of an expression looks, subqueries around it included.
fn reference(evaluator: &Evaluator<'_>, expr: &Expr) -> Result<Reference, QueryError> {
    Ok(first_reference(evaluator, expr)?.unwrap_or_default())
}

fn first_reference(
    evaluator: &Evaluator<'_>,
    expr: &Expr,
) -> Result<Option<Reference>, QueryError> {
    let first_of = |parts: &[&Expr]| {
        let mut found = parts.iter().map(|part| first_reference(evaluator, part));
        found.find_map(Result::transpose).transpose()
    };
    match &expr.kind {
        ExprKind::Vector(selector) => {
            evaluator.span.reference(&selector.offset, selector.at).map(Some)
        }
        ExprKind::Matrix(matrix) => {
            evaluator.span.reference(&matrix.selector.offset, matrix.selector.at).map(Some)
        }
        ExprKind::Subquery(subquery) => {
            let outer = evaluator.span.reference(&subquery.offset, subquery.at)?;
            let inner = first_reference(evaluator, &subquery.expr)?.unwrap_or_default();
            Ok(Some(outer.then(inner)))
        }
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => first_reference(evaluator, inner),
        ExprKind::Binary(binary) => first_of(&[&binary.left, &binary.right]),
        ExprKind::Aggregate(aggregate) => first_of(&[&aggregate.expr]),
        ExprKind::Call(call) => first_of(&call.args.iter().collect::<Vec<_>>()),
        ExprKind::Number(_) | ExprKind::String(_) => Ok(None),
    }
}

/// Info series with the timestamps of their samples.
struct InfoSeries {
    series: Vec<(Labels, Instants)>,
    /// Positions by identifying labels.
    by_target: IndexMap,
    members: Vec<Vec<usize>>,
}

impl InfoSeries {
    fn read(
        evaluator: &mut Evaluator<'_>,
        (rows, wanted): (&[Row], &Wanted),
        reference: Reference,
        steps: Steps,
    ) -> Result<Self, QueryError> {
        let mut infos =
            Self { series: Vec::new(), by_target: IndexMap::default(), members: Vec::new() };
        let targets: Vec<&Labels> =
            rows.iter().map(|row| &row.labels).filter(|labels| !wanted.is_info(labels)).collect();
        let mut matchers = identity_matchers(&targets)?;
        if matchers.is_empty() {
            return Ok(infos);
        }
        matchers.extend(wanted.names.iter().chain(&wanted.labels).cloned());
        for (labels, instants) in evaluator.select_instants(&matchers, reference, steps)? {
            let next = infos.members.len();
            let at = *infos.by_target.entry(identity(&labels)).or_insert(next);
            if at == next {
                infos.members.push(Vec::new());
            }
            infos.members[at].push(infos.series.len());
            evaluator.yields(1, || instants.count());
            infos.series.push((labels, instants));
        }
        Ok(infos)
    }

    /// The newest series per info metric for a target at a step.
    fn of(&self, target: &Labels, step: usize) -> Result<Vec<&Labels>, QueryError> {
        let mut newest: Vec<(&Labels, f64)> = Vec::new();
        let Some(at) = self.by_target.get(&identity(target)) else { return Ok(Vec::new()) };
        for (labels, instants) in self.members[*at].iter().map(|index| &self.series[*index]) {
            let Some(time) = instants.at(step) else { continue };
            let name = labels.value(METRIC_NAME);
            match newest.iter_mut().find(|(known, _)| known.value(METRIC_NAME) == name) {
                None => newest.push((labels, time)),
                Some((_, known)) if *known == time => {
                    let text = format!("found duplicate series for info metric {name}");
                    return Err(QueryError::execution(text));
                }
                Some(entry) if entry.1 < time => *entry = (labels, time),
                Some(_) => {}
            }
        }
        Ok(newest.into_iter().map(|(labels, _)| labels).collect())
    }
}

fn identity(labels: &Labels) -> Labels {
    labels.without(|name| !IDENTIFYING.contains(&name))
}

/// One matcher per identifying label with the values that occur.
fn identity_matchers(targets: &[&Labels]) -> Result<Vec<Matcher>, QueryError> {
    let mut matchers = Vec::new();
    for label in IDENTIFYING {
        let values: BTreeSet<String> =
            targets.iter().filter_map(|labels| labels.get(label)).map(escape).collect();
        if values.is_empty() {
            continue;
        }
        let pattern = values.into_iter().collect::<Vec<_>>().join("|");
        let matcher = Matcher::new(MatchOp::Regex, label, &pattern);
        matchers.push(matcher.map_err(|error| QueryError::execution(error.to_string()))?);
    }
    Ok(matchers)
}

/// A literal as part of a regular expression.
fn escape(literal: &str) -> String {
    let mut out = String::with_capacity(literal.len());
    for c in literal.chars() {
        if c.is_ascii_punctuation() && c != '_' {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The labels with those of the info series; `None` when the series has to go.
fn enrich(
    labels: &Labels,
    infos: &InfoSeries,
    wanted: &Wanted,
    step: usize,
) -> Result<Option<Labels>, QueryError> {
    let found = infos.of(labels, step)?;
    if found.is_empty() {
        return Ok(wanted.allows_nothing().then(|| labels.clone()));
    }
    let mut added = LabelsBuilder::default();
    for (name, value) in found.into_iter().flat_map(Labels::iter) {
        if name == METRIC_NAME || !wanted.takes(name) {
            continue;
        }
        if added.get(name).is_some_and(|known| known != value) {
            return Err(QueryError::execution(format!("conflicting label: {name}")));
        }
        if labels.get(name).is_none() {
            added.set(name, value);
        }
    }
    let mut builder = labels.to_builder();
    for (name, value) in added.iter() {
        builder.set(name, value);
    }
    Ok(Some(builder.build()))
}

/// Results by their labels.
struct Output {
    known: IndexMap,
    rows: Vec<Row>,
    steps: Steps,
}

impl Output {
    fn add(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        (from, labels): (&Row, &Labels),
        (step, cell): (usize, Cell<'_>),
    ) -> Result<(), QueryError> {
        let next = self.rows.len();
        let at = *self.known.entry(labels.clone()).or_insert(next);
        if at == next {
            // Info series may change at every step: each change makes another row.
            evaluator.hold(Held::steps(self.steps.count).and(Held::labels(labels)))?;
            let column = Column::absent(self.steps.count);
            self.rows.push(Row::new(labels.clone(), from.drop_name, column));
        }
        let column = &mut self.rows[at].column;
        if column.present().get(step) {
            return Err(QueryError::same_labels());
        }
        column.set_cell(step, cell);
        Ok(())
    }
}
