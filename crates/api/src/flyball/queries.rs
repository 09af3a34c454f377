//! Queries under way, those that cost most, and how to stop one.

use crate::App;
use crate::params::Params;
use crate::queries::{Active, Caller, Order, Origin, Shape, Spent, State as Stage, shortened};
use crate::reply::{ApiError, ErrorBody, ErrorType, Success, success};
use crate::shape::rfc3339;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use sys::Clock;
use utoipa::ToSchema;

/// Lines of the list of expensive queries unless the client names a number.
const EXPENSIVE_DEFAULT: usize = 20;

/// Who asks the server what, and what that costs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueriesBody {
    /// Oldest first.
    active: Vec<ActiveBody>,
    /// Finished ones since the start of the process, by kind and expression; most expensive first.
    expensive: Vec<ExpensiveBody>,
}

/// A query that waits or runs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActiveBody {
    id: u64,
    /// `instant`, `range`, `exemplars`, `series`, `labels`, `label_values`, `metadata`, `syntax`
    /// or `status`.
    kind: &'static str,
    /// The expression or the selectors on one line, cut at 1 KiB.
    query: String,
    /// `queued`, `running`, or `stopping`: told to end.
    state: &'static str,
    /// Who asks; `null` for a rule.
    user: Option<String>,
    /// Address of the client, or of the last proxy.
    client: Option<String>,
    /// Where a rule's query comes from; `null` for a client's.
    rule_group: Option<RuleGroupBody>,
    /// When it arrived, RFC 3339.
    asked: String,
    /// When it will be ended at the latest, RFC 3339.
    deadline: String,
    queued_seconds: f64,
    running_seconds: f64,
    /// Samples read from the store so far.
    samples: u64,
    /// Bytes it holds.
    bytes: usize,
    /// Most bytes it has held at a time.
    peak_bytes: usize,
    /// First step, RFC 3339; `null` when the question has no steps.
    start: Option<String>,
    /// Last step, RFC 3339.
    end: Option<String>,
    step_seconds: Option<f64>,
}

/// A rule group by its names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleGroupBody {
    name: String,
    file: String,
}

/// What one expression has cost.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExpensiveBody {
    kind: &'static str,
    query: String,
    /// How often it was asked.
    count: u64,
    /// How often it got no answer.
    failed: u64,
    /// Time of evaluation of all together.
    total_seconds: f64,
    /// Time of evaluation of the longest.
    max_seconds: f64,
    /// Samples that all together read from the store.
    total_samples: u64,
    /// Most bytes that one held at a time.
    peak_bytes: usize,
    /// When the last one ended, RFC 3339.
    last: String,
}

/// Queries that wait or run, and the finished ones that cost most.
#[utoipa::path(get, path = "/api/flyball/v1/queries", tag = "flyball",
    params(
        ("sort" = Option<String>, Query, description =
            "Most expensive by `total_seconds` (default), `max_seconds`, `total_samples` or \
             `peak_bytes`"),
        ("limit" = Option<u64>, Query, description = "Most expensive queries; 20 by default")),
    responses((status = 200, description = "Queries", body = Success<QueriesBody>),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Response, ApiError> {
    let order = order(params.get("sort").unwrap_or("total_seconds"))?;
    let limit = params.limit()?.unwrap_or(EXPENSIVE_DEFAULT);
    let (queries, clock) = (&app.state.queries, &*app.state.clock);
    let active = queries.active();
    let body = QueriesBody {
        active: active.iter().map(|active| ActiveBody::new(active, clock)).collect(),
        expensive: queries.expensive(order, limit).into_iter().map(expensive).collect(),
    };
    Ok(success(body))
}

/// Ends a query; its client is told by whom.
#[utoipa::path(delete, path = "/api/flyball/v1/queries/{id}", tag = "flyball",
    params(("id" = u64, Path, description = "Number of the query")),
    responses((status = 200, description = "It was told to end", body = Success<ActiveBody>),
        (status = 404, description = "It has ended, or never was", body = ErrorBody),
        (status = "default", description = "Not told", body = ErrorBody)))]
pub(crate) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Response, ApiError> {
    let Path(id) = id.map_err(|error| ApiError::bad_data(format!("not a query: {error}")))?;
    let Some(active) = app.state.queries.cancel(id, &caller) else {
        let message = format!("no query {id}: it has ended, or never was");
        return Err(ApiError::new(ErrorType::NotFound, message));
    };
    let query = shortened(&active.question.text);
    tracing::info!(id, query, by = %caller, "query stopped");
    Ok(success(ActiveBody::new(&active, &*app.state.clock)))
}

fn order(name: &str) -> Result<Order, ApiError> {
    Ok(match name {
        "total_seconds" => Order::Seconds,
        "max_seconds" => Order::Longest,
        "total_samples" => Order::Samples,
        "peak_bytes" => Order::Memory,
        other => {
            let reason = format!(
                "{} is none of total_seconds, max_seconds, total_samples, peak_bytes",
                model::quote(other)
            );
            return Err(ApiError::invalid_parameter("sort", reason));
        }
    })
}

impl ActiveBody {
    fn new(active: &Active, clock: &dyn Clock) -> Self {
        let question = &active.question;
        let (user, client, rule_group) = match &question.origin {
            Origin::Http(caller) => {
                (Some(caller.user.name().into()), caller.client.map(|ip| ip.to_string()), None)
            }
            Origin::Rules { group, file } => {
                (None, None, Some(RuleGroupBody { name: group.clone(), file: file.clone() }))
            }
        };
        let (queued, running) = active.ages(clock);
        let progress = active.progress();
        Self {
            id: active.id,
            kind: question.kind.as_str(),
            query: shortened(&question.text),
            state: match active.state() {
                Stage::Queued => "queued",
                Stage::Running => "running",
                Stage::Stopping => "stopping",
            },
            user,
            client,
            rule_group,
            asked: rfc3339(Some(active.asked)),
            deadline: rfc3339(Some(active.asked.saturating_add(active.timeout))),
            queued_seconds: queued.as_secs_f64(),
            running_seconds: running.as_secs_f64(),
            samples: progress.samples_read(),
            bytes: progress.bytes(),
            peak_bytes: progress.bytes_peak(),
            start: question.steps.map(|steps| rfc3339(Some(steps.start))),
            end: question.steps.map(|steps| rfc3339(Some(steps.end))),
            step_seconds: question.steps.map(|steps| steps.step.as_secs_f64()),
        }
    }
}

fn expensive((shape, spent): (Shape, Spent)) -> ExpensiveBody {
    ExpensiveBody {
        kind: shape.kind.as_str(),
        query: shape.text,
        count: spent.count,
        failed: spent.failed,
        total_seconds: spent.total.as_secs_f64(),
        max_seconds: spent.longest.as_secs_f64(),
        total_samples: spent.samples,
        peak_bytes: spent.bytes_peak,
        last: rfc3339(Some(spent.last)),
    }
}
