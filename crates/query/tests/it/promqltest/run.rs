//! Runs the commands of a script against the engine over memory.
//! An instant eval counts as passed only when its range form and its `@` forms pass, too.

use super::script::{Command, Eval, Expectation, Kind, Load, Message, When};
use super::{compare, nhcb};
use model::{Labels, Pattern, Timestamp, Value};
use promql::ast::{AtModifier, Expr, ExprKind};
use promql::series::{SeriesDescription, SeriesValue, is_start_line, parse_start_timestamps};
use promql::{ParserOptions, parse_series, parse_with};
use query::{
    Cancel, Engine, EngineOptions, MatrixSeries, MemoryQuerier, Query, QueryOutput, QueryValue,
    StepRange,
};
use std::collections::HashMap;
use std::time::Duration;

/// Functions whose result depends on the time of evaluation in spite of `@`.
const TIME_DEPENDENT: [&str; 11] = [
    "days_in_month",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "hour",
    "minute",
    "month",
    "year",
    "predict_linear",
    "time",
    "timestamp",
];

pub(crate) struct Runner {
    engine: Engine,
    store: MemoryQuerier,
}

impl Runner {
    pub(crate) fn new(file: &str) -> Self {
        let options = EngineOptions {
            type_and_unit_labels: file == "type_and_unit.test",
            use_start_timestamps: file == "start_timestamps.test",
            ..EngineOptions::default()
        };
        Self { engine: Engine::new(options), store: MemoryQuerier::new() }
    }

    /// True when an eval passed, false for other commands.
    pub(crate) fn run(&mut self, command: &Command) -> Result<bool, String> {
        match &command.kind {
            Kind::Clear => self.store.clear(),
            Kind::Load(load) => self.load(load),
            Kind::Eval(eval) => {
                return self.eval(eval).map(|()| true).map_err(|e| format!("{}: {e}", eval.query));
            }
        }
        Ok(false)
    }

    fn load(&mut self, load: &Load) {
        let step = Duration::from_millis(load.step_ms.unsigned_abs());
        let mut batch = MemoryQuerier::new();
        let (mut default, mut own) = (Vec::new(), HashMap::new());
        for line in load.lines.iter().filter(|line| is_start_line(line)) {
            let starts = parse_start_timestamps(line).unwrap();
            if let Some(labels) = starts.labels {
                own.insert(labels, starts.offsets);
            }
        }
        for line in &load.lines {
            if is_start_line(line) {
                let starts = parse_start_timestamps(line).unwrap();
                if starts.labels.is_none() {
                    default = starts.offsets;
                }
                continue;
            }
            let series = parse_series(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            let starts = own.get(&series.labels).unwrap_or(&default);
            batch.load_with_starts(&series, (Timestamp::from_ms(0), step), starts).unwrap();
        }
        if load.with_nhcb {
            let classic = batch.clone();
            nhcb::convert(&classic, &mut batch);
        }
        batch.note_resets();
        self.store.extend(batch);
    }

    fn eval(&self, eval: &Eval) -> Result<(), String> {
        let expr = match parse_with(&eval.query, &ParserOptions::ALL) {
            Ok(expr) => expr,
            Err(_) if !eval.expect.fail.is_empty() => return Ok(()),
            Err(error) => return Err(format!("{error}")),
        };
        let query = Query { expr: &expr, text: &eval.query };
        match eval.when {
            When::Range { start, end, step } => {
                check(&eval.expect, self.range(query, start, end, step), |value, expect| {
                    matrix(value, expect, (start, step))
                })
            }
            When::Instant(at) => self.instant(eval, query, at),
        }
    }

    fn instant(&self, eval: &Eval, query: Query<'_>, at: i64) -> Result<(), String> {
        let cancel = Cancel::new();
        let run = |query: Query<'_>, at| {
            self.engine.instant(&self.store, query, Timestamp::from_ms(at), &cancel)
        };
        check(&eval.expect, run(query, at).map_err(|e| e.to_string()), instant_value)?;
        if !eval.expect.fail.is_empty() {
            return Ok(());
        }
        let mut pinned = query.expr.clone();
        if pin(&mut pinned, at) {
            let times = if at == 0 { [-1000, 0, 1000] } else { [-10 * at, at / 5, 10 * at] };
            for time in times {
                let output = run((&pinned).into(), time).map_err(|e| e.to_string());
                let plain = strip_annotations(&eval.expect);
                check(&plain, output, instant_value).map_err(|e| format!("@ at {time}: {e}"))?;
            }
        }
        if eval.expect.ordered || eval.expect.matrix.is_some() || eval.expect.string.is_some() {
            return Ok(());
        }
        // What these return depends on the range asked for.
        if ["start()", "end()", "step()", "range()"].iter().any(|call| eval.query.contains(call)) {
            return Ok(());
        }
        let output = self.range(query, at - 60_000, at + 60_000, 60_000)?;
        middle(&output.value, &eval.expect, at).map_err(|e| format!("as range: {e}"))
    }

    fn range(
        &self,
        query: Query<'_>,
        start: i64,
        end: i64,
        step: i64,
    ) -> Result<QueryOutput, String> {
        let steps = StepRange {
            start: Timestamp::from_ms(start),
            end: Timestamp::from_ms(end),
            step: Duration::from_millis(step.unsigned_abs()),
        };
        self.engine
            .range(&self.store, query, &steps, &Cancel::new())
            .map_err(|error| error.to_string())
    }
}

/// Expectations about the value alone: positions differ when the text is not known.
fn strip_annotations(expect: &Expectation) -> Expectation {
    Expectation {
        ordered: expect.ordered,
        string: expect.string.clone(),
        matrix: expect.matrix,
        lines: expect.lines.clone(),
        ..Expectation::default()
    }
}

/// Sets `@` on all selectors outside of pinned subqueries; false when the result would still depend
/// on the time of evaluation.
fn pin(expr: &mut Expr, at: i64) -> bool {
    let modifier = Some(AtModifier::At(Timestamp::from_ms(at)));
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => true,
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => pin(inner, at),
        ExprKind::Binary(binary) => pin(&mut binary.left, at) && pin(&mut binary.right, at),
        ExprKind::Aggregate(aggregate) => {
            aggregate.parameter.as_mut().is_none_or(|parameter| pin(parameter, at))
                && pin(&mut aggregate.expr, at)
        }
        ExprKind::Call(call) => {
            !TIME_DEPENDENT.contains(&call.function.name)
                && !matches!(call.function.name, "start" | "end")
                && call.args.iter_mut().all(|arg| pin(arg, at))
        }
        ExprKind::Vector(selector) => {
            selector.at = selector.at.or(modifier);
            true
        }
        ExprKind::Matrix(matrix) => {
            matrix.selector.at = matrix.selector.at.or(modifier);
            true
        }
        ExprKind::Subquery(subquery) => {
            subquery.at = subquery.at.or(modifier);
            !has_time_dependence(&subquery.expr)
        }
    }
}

fn has_time_dependence(expr: &Expr) -> bool {
    let mut copy = expr.clone();
    !pin(&mut copy, 0)
}

fn check(
    expect: &Expectation,
    output: Result<QueryOutput, String>,
    value: impl Fn(&QueryValue, &Expectation) -> Result<(), String>,
) -> Result<(), String> {
    let output = match (output, expect.fail.is_empty()) {
        (Ok(output), true) => output,
        (Ok(_), false) => return Err("expected to fail".into()),
        (Err(error), true) => return Err(format!("failed: {error}")),
        (Err(error), false) => {
            let expected = expect.fail.iter().any(|message| fits(message, &error));
            return if expected { Ok(()) } else { Err(format!("failed otherwise: {error}")) };
        }
    };
    if !expect.ordered {
        annotations("warnings", &expect.warn, expect.no_warn, &output.warnings)?;
        annotations("infos", &expect.info, expect.no_info, &output.infos)?;
    }
    value(&output.value, expect)
}

fn fits(message: &Message, text: &str) -> bool {
    match message {
        Message::Any => true,
        Message::Text(expected) => expected == text,
        Message::Pattern(pattern) => {
            Pattern::new(&format!(".*(?:{pattern}).*")).unwrap().is_match(text)
        }
    }
}

fn annotations(
    what: &str,
    expected: &[Message],
    none: bool,
    found: &[String],
) -> Result<(), String> {
    if none && !found.is_empty() {
        return Err(format!("unexpected {what}: {found:?}"));
    }
    if expected.is_empty() {
        return Ok(());
    }
    let missing = expected.iter().any(|message| !found.iter().any(|text| fits(message, text)));
    let extra = found.iter().any(|text| !expected.iter().any(|message| fits(message, text)));
    if missing || extra {
        return Err(format!("{what} differ (missing {missing}, extra {extra}): {found:?}"));
    }
    Ok(())
}

enum Expected {
    Scalar(f64),
    Series(Vec<SeriesDescription>),
}

fn expected(expect: &Expectation) -> Result<Expected, String> {
    if let [line] = expect.lines.as_slice()
        && let Ok(expr) = promql::parse(line)
        && let Some(number) = number(&expr)
    {
        return Ok(Expected::Scalar(number));
    }
    let series =
        expect.lines.iter().map(|line| parse_series(line).map_err(|e| format!("{line}: {e}")));
    Ok(Expected::Series(series.collect::<Result<_, _>>()?))
}

fn number(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Number(number) => Some(number.value),
        ExprKind::Unary(promql::ast::UnaryOp::Minus, inner) => number(inner).map(|value| -value),
        ExprKind::Unary(promql::ast::UnaryOp::Plus, inner) => number(inner),
        _ => None,
    }
}

fn instant_value(value: &QueryValue, expect: &Expectation) -> Result<(), String> {
    if let Some(expected) = &expect.string {
        return match value {
            QueryValue::String { text, .. } if text == expected => Ok(()),
            other => Err(format!("expected string {expected:?}, got {other:?}")),
        };
    }
    if let Some((start, _, step)) = expect.matrix {
        return matrix(value, expect, (start, step));
    }
    let found: Vec<(&Labels, &Value)> = match (expected(expect)?, value) {
        (Expected::Scalar(expected), QueryValue::Scalar { value, .. }) => {
            let equal = compare::floats(expected, *value);
            return if equal { Ok(()) } else { Err(format!("expected {expected}, got {value}")) };
        }
        (Expected::Series(_), QueryValue::Vector(samples)) => {
            samples.iter().map(|sample| (&sample.labels, &sample.value)).collect()
        }
        (_, other) => return Err(format!("unexpected kind of value: {}", describe(other))),
    };
    vector(&found, expect)
}

fn describe(value: &QueryValue) -> String {
    let text = format!("{value:?}");
    text.chars().take(300).collect()
}

fn vector(found: &[(&Labels, &Value)], expect: &Expectation) -> Result<(), String> {
    let Expected::Series(expected) = expected(expect)? else { return Err("scalar".into()) };
    let shown = || {
        found
            .iter()
            .map(|(l, v)| format!("{l} {}", compare::show(v)))
            .collect::<Vec<_>>()
            .join("; ")
    };
    if expected.len() != found.len() {
        return Err(format!("expected {} series, got {}", expected.len(), shown()));
    }
    for (position, series) in expected.iter().enumerate() {
        let at = found.iter().position(|(labels, _)| **labels == series.labels);
        let Some(at) = at else {
            return Err(format!("{} is missing in {}", series.labels, shown()));
        };
        if expect.ordered && at != position {
            return Err(format!("{} is at {at}: {}", series.labels, shown()));
        }
        if !compare::matches(&series.values[0], found[at].1) {
            return Err(format!(
                "{}: expected {:?}, got {}",
                series.labels,
                series.values[0],
                shown()
            ));
        }
    }
    Ok(())
}

/// A result over steps; missing values are gaps.
fn matrix(
    value: &QueryValue,
    expect: &Expectation,
    (start, step): (i64, i64),
) -> Result<(), String> {
    let QueryValue::Matrix(found) = value else {
        return Err(format!("expected a matrix, got {}", describe(value)));
    };
    let expected = match expected(expect)? {
        Expected::Series(series) => series,
        Expected::Scalar(value) => vec![SeriesDescription {
            labels: Labels::empty(),
            values: vec![SeriesValue::Float(value)],
        }],
    };
    let mut expected: Vec<(Labels, Vec<(i64, SeriesValue)>)> = expected
        .into_iter()
        .map(|series| {
            let values = series.values.into_iter().enumerate();
            let points = values
                .map(|(index, value)| (start + step * i64::try_from(index).unwrap(), value))
                .filter(|(_, value)| *value != SeriesValue::Gap);
            (series.labels, points.collect())
        })
        .collect();
    expected.retain(|(_, points)| !points.is_empty());
    if expected.len() != found.len() {
        return Err(format!("expected {} series, got {}", expected.len(), describe(value)));
    }
    for (labels, points) in &expected {
        let Some(series) = found.iter().find(|series| series.labels == *labels) else {
            return Err(format!("{labels} is missing in {}", describe(value)));
        };
        same_points(points, series)?;
    }
    Ok(())
}

fn same_points(expected: &[(i64, SeriesValue)], found: &MatrixSeries) -> Result<(), String> {
    let equal = expected.len() == found.points.len()
        && expected.iter().zip(&found.points).all(|((time, expected), (at, found))| {
            *time == at.ms() && compare::matches(expected, found)
        });
    if equal {
        return Ok(());
    }
    let shown: Vec<String> =
        found.points.iter().map(|(at, v)| format!("{}: {}", at.ms(), compare::show(v))).collect();
    Err(format!("{}: expected {expected:?}, got {shown:?}", found.labels))
}

/// The step of an instant within a range around it.
fn middle(value: &QueryValue, expect: &Expectation, at: i64) -> Result<(), String> {
    let QueryValue::Matrix(series) = value else { return Err("no matrix".into()) };
    let found: Vec<(&Labels, &Value)> = series
        .iter()
        .filter_map(|series| {
            let point = series.points.iter().find(|(time, _)| time.ms() == at)?;
            Some((&series.labels, &point.1))
        })
        .collect();
    match expected(expect)? {
        Expected::Scalar(expected) => match found.as_slice() {
            [(_, Value::Float(value))] if compare::floats(expected, *value) => Ok(()),
            other => Err(format!("expected {expected}, got {other:?}")),
        },
        Expected::Series(_) => vector(&found, expect),
    }
}
