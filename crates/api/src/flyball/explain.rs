//! `/api/flyball/v1/explain`: what a query does and, analysed, what every part of it read and took.
//! The tree is answered as a list with depths: expressions may be higher than JSON readers allow.

use crate::App;
use crate::params::Params;
use crate::prom::query::{check_range, engine, parse, steps};
use crate::queries::{Caller, QueryKind, Question, Ticket};
use crate::reply::{ApiError, ErrorBody, ErrorType, json};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use query::{
    Explanation, Measured, PlanNode, PlanRead, PlanSteps, Query, QueryErrorKind, QueryOutput,
    QueryValue, StepRange, When,
};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// What the parameter of that name does.
const LOOKBACK: &str = "Replaces --query.lookback-delta";

/// The envelope of an explanation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainResponse {
    /// Always `success`.
    status: &'static str,
    data: ExplainBody,
    /// The result of the query may be wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// The query may not mean what it says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    infos: Vec<String>,
}

/// A plan; with figures when it was analysed. Times are seconds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainBody {
    /// Parents first, left to right; `depth` makes a tree of them.
    nodes: Vec<NodeBody>,
    /// Only of an analysis.
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<AnalysisBody>,
    /// Why the query has no answer; the nodes show how far it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureBody>,
}

/// A part of the query.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NodeBody {
    /// 0 for the whole query.
    depth: usize,
    /// The part without its operands.
    text: String,
    /// From 1.
    line: usize,
    /// In bytes from 1.
    column: usize,
    end_line: usize,
    /// Behind the last byte.
    end_column: usize,
    /// `scalar`, `string`, `instant vector`, `range vector`.
    value_type: &'static str,
    /// Instants at which it is computed; absent when it is not computed by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<StepsBody>,
    /// What is done, a sentence each.
    does: Vec<String>,
    /// What is asked of the store.
    reads: Vec<ReadBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measured: Option<MeasuredBody>,
}

/// Instants of evaluation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StepsBody {
    first: f64,
    last: f64,
    count: usize,
    /// Absent for one step.
    #[serde(skip_serializing_if = "Option::is_none")]
    step_seconds: Option<f64>,
}

/// A question to the store.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReadBody {
    /// As a selector.
    matchers: String,
    /// Earliest sample; lookback, range, `offset` and `@` are in it.
    first: f64,
    last: f64,
    hints: HintsBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<u64>,
}

/// What the store is told of the use of the samples.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HintsBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    step_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<&'static str>,
}

/// What a part of the query really did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MeasuredBody {
    /// Of its value.
    series: usize,
    points: usize,
    /// Most bytes the query held while this part and those below were at work.
    peak_bytes: usize,
    /// Parts below included.
    total_seconds: f64,
    /// Without the parts below.
    own_seconds: f64,
    /// Series by the way in which they were computed.
    ways: Vec<WayBody>,
    /// Why the query ended here.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A way of computing.
#[derive(Debug, Serialize, ToSchema)]
struct WayBody {
    way: &'static str,
    series: usize,
}

/// The query as a whole.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AnalysisBody {
    /// Reading the expression not included.
    total_seconds: f64,
    series_read: usize,
    samples_read: u64,
    /// Of the answer.
    series: usize,
    points: usize,
    peak_samples: usize,
    peak_bytes: usize,
}

/// An error of the query.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FailureBody {
    error_type: ErrorType,
    error: String,
}

/// Tells what a query does without reading samples; with `analyze`, evaluates it and tells what
/// every part of it read, gave and took. With `start`, `end` and `step` as a range query.
#[utoipa::path(method(get, post), path = "/api/flyball/v1/explain", tag = "flyball",
    params(
        ("query" = String, Query, description = "PromQL expression"),
        ("analyze" = Option<bool>, Query, description = "Evaluate and measure; default: false"),
        ("time" = Option<String>, Query, description = "Seconds or RFC 3339; default: now"),
        ("start" = Option<String>, Query, description = "First step of a range query"),
        ("end" = Option<String>, Query, description = "No step lies after it"),
        ("step" = Option<String>, Query, description = "Distance of the steps"),
        ("timeout" = Option<String>, Query, description = "Shortens --query.timeout"),
        ("lookback_delta" = Option<String>, Query, description = LOOKBACK)),
    responses((status = 200, description = "The parts of the query", body = ExplainResponse),
        (status = "default", description = "Not a query", body = ErrorBody)))]
pub(crate) async fn explain(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let when = when(&app, &params)?;
    let analyze =
        params.truth("analyze").map_err(|reason| ApiError::invalid_parameter("analyze", reason))?;
    let (engine, timeout) = (engine(&app, &params)?, params.timeout()?);
    let text = params.expression()?;
    let question = question(&caller, &text, analyze.then_some(when));
    let inner = App::clone(&app);
    let work = move |ticket: &Ticket| {
        let cancel = ticket.cancel();
        let expr = parse(&inner, &text)?;
        if matches!(when, When::Range(_)) {
            check_range(&expr)?;
        }
        let query = Query { expr: &expr, text: &text };
        let explanation = if analyze {
            let stopwatch = || inner.state.clock.monotonic();
            engine.analyze(&*inner.state.querier, query, when, (cancel, &stopwatch))
        } else {
            engine.plan(query, when, cancel)
        };
        response(explanation, analyze.then(|| cancel.progress().bytes_peak()))
    };
    app.pool.run(question, timeout, work).await
}

/// An analysis counts as the query that it evaluates; a plan says what an expression means.
fn question(caller: &Caller, text: &str, analysed: Option<When>) -> Question {
    match analysed {
        None => caller.asks(QueryKind::Syntax, text),
        Some(When::Instant(at)) => {
            let steps = StepRange { start: at, end: at, step: Duration::ZERO };
            caller.asks_at(QueryKind::Instant, text, steps)
        }
        Some(When::Range(steps)) => caller.asks_at(QueryKind::Range, text, steps),
    }
}

fn when(app: &App, params: &Params) -> Result<When, ApiError> {
    if ["start", "end", "step"].into_iter().any(|name| params.get(name).is_some()) {
        return steps(params).map(When::Range);
    }
    params.time_or("time", app.state.clock.now()).map(When::Instant)
}

/// `peak_bytes` of an analysis.
fn response(explanation: Explanation, peak_bytes: Option<usize>) -> Result<Response, ApiError> {
    let Explanation { nodes, answer, total } = explanation;
    let nodes = nodes.into_iter().map(NodeBody::from).collect();
    let mut response = ExplainResponse {
        status: "success",
        data: ExplainBody { nodes, analysis: None, error: None },
        warnings: Vec::new(),
        infos: Vec::new(),
    };
    match answer {
        Ok(output) => {
            response.data.analysis =
                peak_bytes.map(|peak_bytes| AnalysisBody::new(&output, total, peak_bytes));
            (response.warnings, response.infos) = (output.warnings, output.infos);
        }
        Err(error) => match error.kind() {
            // Of a query that nobody waits for any longer nothing is told.
            QueryErrorKind::Cancelled | QueryErrorKind::Timeout | QueryErrorKind::Unavailable => {
                return Err(error.into());
            }
            QueryErrorKind::TooManySamples
            | QueryErrorKind::TooManySeries
            | QueryErrorKind::TooMuchMemory
            | QueryErrorKind::Execution
            | QueryErrorKind::Storage => {
                let (error_type, error) = ApiError::from(error).into_parts();
                response.data.error = Some(FailureBody { error_type, error });
            }
        },
    }
    Ok(json(StatusCode::OK, &response))
}

impl AnalysisBody {
    fn new(output: &QueryOutput, total: Duration, peak_bytes: usize) -> Self {
        let (series, points) = match &output.value {
            QueryValue::Scalar { .. } | QueryValue::String { .. } => (0, 1),
            QueryValue::Vector(samples) => (samples.len(), samples.len()),
            QueryValue::Matrix(series) => {
                (series.len(), series.iter().map(|series| series.points.len()).sum())
            }
        };
        Self {
            total_seconds: total.as_secs_f64(),
            series_read: output.stats.series_read,
            samples_read: output.stats.samples_read,
            series,
            points,
            peak_samples: output.stats.samples_peak,
            peak_bytes,
        }
    }
}

impl From<PlanNode> for NodeBody {
    fn from(node: PlanNode) -> Self {
        let [(line, column), (end_line, end_column)] = node.place;
        let analysed = node.measured.is_some();
        Self {
            depth: node.depth,
            text: node.text,
            line,
            column,
            end_line,
            end_column,
            value_type: node.value_type.describe(),
            steps: node.steps.map(StepsBody::from),
            does: node.does,
            reads: node.reads.into_iter().map(|read| ReadBody::new(read, analysed)).collect(),
            measured: node.measured.map(MeasuredBody::from),
        }
    }
}

impl From<PlanSteps> for StepsBody {
    fn from(steps: PlanSteps) -> Self {
        Self {
            first: steps.first.seconds(),
            last: steps.last.seconds(),
            count: steps.count,
            step_seconds: (steps.count > 1).then_some(steps.step_ms as f64 / 1000.0),
        }
    }
}

impl ReadBody {
    fn new(read: PlanRead, analysed: bool) -> Self {
        Self {
            matchers: read.matchers,
            first: read.first.seconds(),
            last: read.last.seconds(),
            hints: HintsBody {
                step_seconds: read.step_hint.map(|step| step.as_secs_f64()),
                range_seconds: read.range_hint.map(|range| range.as_secs_f64()),
                function: read.function_hint,
            },
            series: analysed.then_some(read.series),
            samples: analysed.then_some(read.samples),
        }
    }
}

impl From<Measured> for MeasuredBody {
    fn from(measured: Measured) -> Self {
        let ways = measured.ways.into_iter();
        Self {
            series: measured.series,
            points: measured.points,
            peak_bytes: measured.bytes_peak,
            total_seconds: measured.total.as_secs_f64(),
            own_seconds: measured.own.as_secs_f64(),
            ways: ways.map(|(way, series)| WayBody { way, series }).collect(),
            error: measured.error,
        }
    }
}
