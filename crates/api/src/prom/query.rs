//! `query`, `query_range`: PromQL in, streamed JSON out.
//! The order of the checks is upstream's, because clients see the first one that fails.

use crate::App;
use crate::openapi::QueryResponse;
use crate::params::Params;
use crate::queries::{Caller, QueryKind, Ticket};
use crate::render::query_value;
use crate::reply::{ApiError, ErrorBody, annotations, streamed};
use axum::extract::State;
use axum::response::Response;
use model::Timestamp;
use promql::{Expr, ValueType};
use query::{Cancel, Engine, EngineOptions, Query, QueryError, QueryOutput, QueryValue, StepRange};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// Points per series of a range query; upstream's limit and sentence.
const POINTS_MAX: i128 = 11_000;
/// Upstream's annotation when `limit` cut something off.
pub(crate) const TRUNCATED: &str = "results truncated due to limit";

/// What the parameter of that name does.
const STATS: &str = "Not empty: add statistics; `all`: per step, too";

/// Evaluates an expression at one instant.
#[utoipa::path(method(get, post), path = "/api/v1/query", tag = "query",
    params(
        ("query" = String, Query, description = "PromQL expression"),
        ("time" = Option<String>, Query, description = "Seconds or RFC 3339; default: now"),
        ("timeout" = Option<String>, Query, description = "Shortens --query.timeout"),
        ("limit" = Option<u64>, Query, description = "Most series in the answer; 0: all"),
        ("lookback_delta" = Option<String>, Query, description = "Replaces --query.lookback-delta"),
        ("stats" = Option<String>, Query, description = STATS)),
    responses((status = 200, description = "The value", body = QueryResponse),
        (status = "default", description = "No value", body = ErrorBody)))]
pub(crate) async fn instant(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let limit = params.limit()?;
    let at = params.time_or("time", app.state.clock.now())?;
    let steps = StepRange { start: at, end: at, step: Duration::ZERO };
    let asked = Asked::new(&app, &params, limit, steps)?;
    asked
        .answer(
            (&app, caller, QueryKind::Instant),
            |_| Ok(()),
            move |engine, app, query, cancel| {
                engine.instant(&*app.state.querier, query, at, cancel)
            },
        )
        .await
}

/// Evaluates an expression at every step of a range.
#[utoipa::path(method(get, post), path = "/api/v1/query_range", tag = "query",
    params(
        ("query" = String, Query, description = "PromQL expression"),
        ("start" = String, Query, description = "First step, seconds or RFC 3339"),
        ("end" = String, Query, description = "No step lies after it"),
        ("step" = String, Query, description = "Distance of the steps, seconds or `1m30s`"),
        ("timeout" = Option<String>, Query, description = "Shortens --query.timeout"),
        ("limit" = Option<u64>, Query, description = "Most series in the answer; 0: all"),
        ("lookback_delta" = Option<String>, Query, description = "Replaces --query.lookback-delta"),
        ("stats" = Option<String>, Query, description = STATS),
        ("nocache" = Option<String>, Query, description = "1: evaluate every step anew")),
    responses((status = 200, description = "A matrix", body = QueryResponse),
        (status = "default", description = "No value", body = ErrorBody)))]
pub(crate) async fn range(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let limit = params.limit()?;
    let steps = steps(&params)?;
    let asked = Asked::new(&app, &params, limit, steps)?;
    let is_fresh = params.get("nocache").is_some_and(|asked| asked == "1");
    asked
        .answer((&app, caller, QueryKind::Range), check_range, move |engine, app, query, cancel| {
            let querier = &*app.state.querier;
            if is_fresh {
                engine.range(querier, query, &steps, cancel)
            } else {
                engine.range_again(querier, query, &steps, cancel)
            }
        })
        .await
}

pub(crate) fn parse(app: &App, text: &str) -> Result<Expr, ApiError> {
    promql::parse_with(text, &app.state.syntax)
        .map_err(|error| ApiError::invalid_parameter("query", error))
}

/// A range query draws lines: only scalars and instant vectors have one value per step.
pub(crate) fn check_range(expr: &Expr) -> Result<(), ApiError> {
    let kind = expr.value_type();
    match kind {
        ValueType::Scalar | ValueType::InstantVector => Ok(()),
        ValueType::String | ValueType::RangeVector => {
            let reason = format!(
                "invalid expression type \"{kind}\" for range query, \
                 must be Scalar or instant Vector"
            );
            Err(ApiError::invalid_parameter("query", reason))
        }
    }
}

pub(crate) fn steps(params: &Params) -> Result<StepRange, ApiError> {
    let (start, end) = (params.time("start")?, params.time("end")?);
    if end < start {
        let reason = "end timestamp must not be before start time";
        return Err(ApiError::invalid_parameter("end", reason));
    }
    let Some(step) = params.duration("step")? else {
        let reason = "cannot parse \"\" to a valid duration";
        return Err(ApiError::invalid_parameter("step", reason));
    };
    let Some(step_nanos) = u64::try_from(step).ok().filter(|step| *step > 0) else {
        let reason = "zero or negative query resolution step widths are not accepted. \
                      Try a positive integer";
        return Err(ApiError::invalid_parameter("step", reason));
    };
    let length_nanos = (i128::from(end.ms()) - i128::from(start.ms())) * 1_000_000;
    if length_nanos / i128::from(step_nanos) > POINTS_MAX {
        return Err(ApiError::bad_data(
            "exceeded maximum resolution of 11,000 points per timeseries. \
             Try decreasing the query resolution (?step=XX)",
        ));
    }
    Ok(StepRange { start, end, step: Duration::from_nanos(step_nanos) })
}

/// What every query asks besides its times.
struct Asked {
    text: String,
    limit: Option<usize>,
    timeout: Option<Duration>,
    engine: Arc<Engine>,
    steps: StepRange,
    stats: Option<Detail>,
    stats_warning: Option<String>,
}

/// How much the client wants to know of the cost.
#[derive(Clone, Copy, Debug)]
enum Detail {
    Total,
    PerStep,
}

impl Asked {
    fn new(
        app: &App,
        params: &Params,
        limit: Option<usize>,
        steps: StepRange,
    ) -> Result<Self, ApiError> {
        let detail = |asked| if asked == "all" { Detail::PerStep } else { Detail::Total };
        let timeout = params.timeout()?;
        Ok(Self {
            text: params.expression()?,
            limit,
            timeout,
            engine: engine(app, params)?,
            steps,
            stats: params.get("stats").map(detail),
            stats_warning: params.get("stats").and_then(stats_warning),
        })
    }

    async fn answer(
        self,
        (app, caller, kind): (&App, Caller, QueryKind),
        check: fn(&Expr) -> Result<(), ApiError>,
        evaluate: impl FnOnce(&Engine, &App, Query<'_>, &Cancel) -> Result<QueryOutput, QueryError>
        + Send
        + 'static,
    ) -> Result<Response, ApiError> {
        let Self { text, limit, timeout, engine, steps, stats, stats_warning } = self;
        let asked = app.state.clock.monotonic();
        let inner = App::clone(app);
        let question = caller.asks_at(kind, &text, steps);
        let work = move |ticket: &Ticket| {
            let begun = inner.state.clock.monotonic();
            let expr = parse(&inner, &text)?;
            check(&expr)?;
            ticket.prepare();
            let prepared = inner.state.clock.monotonic();
            let query = Query { expr: &expr, text: &text };
            let output = evaluate(&engine, &inner, query, ticket.cancel())?;
            ticket.evaluated(&output);
            let ended = inner.state.clock.monotonic();
            let moments = Moments { asked, begun, prepared, ended };
            Ok((output, moments))
        };
        let (mut output, moments) = app.pool.run(question, timeout, work).await?;
        let stats = stats.map(|detail| Stats::new(&output, &moments, (steps, detail)));
        output.warnings.extend(stats_warning);
        Ok(respond(output, limit, stats.as_ref()))
    }
}

/// Upstream's sentence (3.14) about values that its next major version refuses.
fn stats_warning(asked: &str) -> Option<String> {
    if matches!(asked, "true" | "all") {
        return None;
    }
    let asked = model::quote(asked);
    Some(format!(
        "value {asked} for parameter \"stats\" is deprecated and will be rejected in the next \
         major release, use \"true\" or \"all\""
    ))
}

/// The configured engine, or one with the lookback and the counts that the client asks for.
pub(crate) fn engine(app: &App, params: &Params) -> Result<Arc<Engine>, ApiError> {
    let lookback = lookback(params)?;
    let count_queryable = params.get("stats").is_some() || app.state.queries.is_logging();
    if lookback.is_none() && !count_queryable {
        return Ok(app.state.engine.clone());
    }
    let options = app.state.engine.options().clone();
    let lookback = lookback.unwrap_or(options.lookback);
    Ok(Arc::new(Engine::new(EngineOptions { lookback, count_queryable, ..options })))
}

fn lookback(params: &Params) -> Result<Option<Duration>, ApiError> {
    let Some(text) = params.get("lookback_delta") else { return Ok(None) };
    let nanos = crate::params::parse_duration(text).map_err(|reason| {
        ApiError::bad_data(format!("error parsing lookback delta duration: {reason}"))
    })?;
    // Upstream: zero and less mean the default.
    Ok(u64::try_from(nanos).ok().filter(|nanos| *nanos > 0).map(Duration::from_nanos))
}

fn respond(mut output: QueryOutput, limit: Option<usize>, stats: Option<&Stats>) -> Response {
    if let Some(limit) = limit
        && truncate(&mut output.value, limit)
    {
        output.warnings.push(TRUNCATED.into());
    }
    let (kind, elements) = query_value(output.value);
    let head = format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"{kind}\",\"result\":");
    let mut tail = Vec::new();
    if let Some(stats) = stats {
        tail.extend_from_slice(b",\"stats\":");
        serde_json::to_writer(&mut tail, stats).expect("a Vec takes every byte");
    }
    tail.push(b'}');
    tail.extend(annotations(&output.warnings, &output.infos));
    streamed((head.into_bytes(), tail), elements, output.memory)
}

/// Keeps the first `limit` series; was anything cut off?
fn truncate(value: &mut QueryValue, limit: usize) -> bool {
    match value {
        QueryValue::Vector(samples) => {
            let cut = samples.len() > limit;
            samples.truncate(limit);
            cut
        }
        QueryValue::Matrix(series) => {
            let cut = series.len() > limit;
            series.truncate(limit);
            cut
        }
        QueryValue::Scalar { .. } | QueryValue::String { .. } => false,
    }
}

/// Monotonic times of a query's stations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    pub(crate) asked: Duration,
    pub(crate) begun: Duration,
    pub(crate) prepared: Duration,
    pub(crate) ended: Duration,
}

/// Upstream's `stats.QueryStats`.
#[derive(Debug, Serialize)]
struct Stats {
    timings: Timings,
    samples: Samples,
}

/// Seconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "upstream's names")]
pub(crate) struct Timings {
    eval_total_time: f64,
    result_sort_time: f64,
    query_preparation_time: f64,
    inner_eval_time: f64,
    exec_queue_time: f64,
    exec_total_time: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "upstream's names")]
pub(crate) struct Samples {
    /// Seconds and counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_queryable_samples_per_step: Option<Vec<(f64, u64)>>,
    total_queryable_samples: u64,
    peak_samples: usize,
}

impl Stats {
    fn new(output: &QueryOutput, moments: &Moments, (steps, detail): (StepRange, Detail)) -> Self {
        let samples = Samples::total(output.queryable.iter().sum(), output.stats.samples_peak);
        let total_queryable_samples_per_step = match detail {
            Detail::Total => None,
            Detail::PerStep => Some(per_step(&output.queryable, steps)),
        };
        let samples = Samples { total_queryable_samples_per_step, ..samples };
        Self { timings: Timings::new(moments), samples }
    }
}

impl Timings {
    pub(crate) fn new(moments: &Moments) -> Self {
        let Moments { asked, begun, prepared, ended } = moments;
        let seconds = |from: &Duration, to: &Duration| to.saturating_sub(*from).as_secs_f64();
        Self {
            eval_total_time: seconds(begun, ended),
            // Results leave the evaluator sorted; there is no separate step.
            result_sort_time: 0.0,
            query_preparation_time: seconds(begun, prepared),
            inner_eval_time: seconds(prepared, ended),
            exec_queue_time: seconds(asked, begun),
            exec_total_time: seconds(asked, ended),
        }
    }
}

impl Samples {
    /// Counts of all steps together.
    pub(crate) fn total(total_queryable_samples: u64, peak_samples: usize) -> Self {
        Self { total_queryable_samples_per_step: None, total_queryable_samples, peak_samples }
    }
}

/// The count of each step behind its time in seconds.
fn per_step(counts: &[u64], steps: StepRange) -> Vec<(f64, u64)> {
    let step_ms = steps.step.as_millis().max(1) as f64;
    let start_ms = steps.start.ms() as f64;
    let counts = counts.iter().enumerate();
    counts.map(|(step, count)| ((start_ms + step as f64 * step_ms) / 1000.0, *count)).collect()
}

/// Default range of questions about labels and exemplars: everything.
pub(crate) fn time_range(params: &Params) -> Result<(Timestamp, Timestamp), ApiError> {
    let start = params.time_or("start", Timestamp::MIN)?;
    let end = params.time_or("end", Timestamp::MAX)?;
    Ok((start, end))
}
