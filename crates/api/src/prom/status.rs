//! `status/...`, `notifications`, `features`: what the server says about itself, in
//! Prometheus' words.

use crate::App;
use crate::params::Params;
use crate::provider::{BuildInfo, HeadStats, NamedCount, ReplayStatus, RuntimeInfo, TsdbStatus};
use crate::queries::{Caller, QueryKind, Ticket};
use crate::reply::{ApiError, ErrorBody, Success, success};
use crate::shape::rfc3339;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// The Prometheus whose API this is; Grafana and others switch features by it.
const PROMETHEUS_VERSION: &str = "3.14.0";
/// Names per list of `status/tsdb`, upstream's default.
const TSDB_LIMIT_DEFAULT: usize = 10;
/// More would only be slow to send.
const TSDB_LIMIT_MAX: usize = 10_000;

/// The configuration.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConfigBody {
    /// Secrets are replaced by `<secret>`.
    yaml: String,
}

/// The loaded configuration.
#[utoipa::path(get, path = "/api/v1/status/config", tag = "status",
    responses((status = 200, description = "As YAML", body = Success<ConfigBody>)))]
pub(crate) async fn config(State(app): State<App>) -> Response {
    success(ConfigBody { yaml: app.state.status.config_yaml() })
}

/// Command line flags and their values.
#[utoipa::path(get, path = "/api/v1/status/flags", tag = "status",
    responses((status = 200, description = "By name", body = Success<HashMap<String, String>>)))]
pub(crate) async fn flags(State(app): State<App>) -> Response {
    success(app.state.status.flags())
}

/// Figures of the process. Fields about Go's runtime have neutral values.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuntimeInfoBody {
    start_time: String,
    #[serde(rename = "CWD")]
    cwd: String,
    hostname: String,
    server_time: String,
    reload_config_success: bool,
    last_config_time: String,
    corruption_count: u64,
    /// Threads of the process.
    goroutine_count: u64,
    /// Processors the process may use.
    #[serde(rename = "GOMAXPROCS")]
    gomaxprocs: u64,
    /// Memory budget in bytes.
    #[serde(rename = "GOMEMLIMIT")]
    gomemlimit: u64,
    #[serde(rename = "GOGC")]
    gogc: &'static str,
    #[serde(rename = "GODEBUG")]
    godebug: &'static str,
    storage_retention: String,
}

/// Figures of the process.
#[utoipa::path(get, path = "/api/v1/status/runtimeinfo", tag = "status",
    responses((status = 200, description = "Figures", body = Success<RuntimeInfoBody>)))]
pub(crate) async fn runtime(State(app): State<App>) -> Response {
    let info: RuntimeInfo = app.state.status.runtime();
    success(RuntimeInfoBody {
        start_time: rfc3339(Some(info.start_time)),
        cwd: info.working_directory,
        hostname: info.hostname,
        server_time: rfc3339(Some(app.state.clock.now())),
        reload_config_success: info.reload_config_success,
        last_config_time: rfc3339(Some(info.last_config_time)),
        corruption_count: info.corruption_count,
        goroutine_count: info.threads,
        gomaxprocs: info.processors,
        gomemlimit: info.memory_limit_bytes,
        gogc: "",
        godebug: "",
        storage_retention: info.storage_retention,
    })
}

/// Version and origin: Prometheus' fields for its clients, then our own.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuildInfoBody {
    /// The Prometheus version whose API this is.
    version: &'static str,
    revision: String,
    branch: String,
    build_user: &'static str,
    build_date: String,
    /// The compiler; there is no Go here.
    go_version: String,
    /// Always `flyball`.
    application: &'static str,
    flyball_version: String,
}

/// Version and origin.
#[utoipa::path(get, path = "/api/v1/status/buildinfo", tag = "status",
    responses((status = 200, description = "Version", body = Success<BuildInfoBody>)))]
pub(crate) async fn build(State(app): State<App>) -> Response {
    let info: BuildInfo = app.state.status.build();
    success(BuildInfoBody {
        version: PROMETHEUS_VERSION,
        revision: info.revision,
        branch: info.branch,
        build_user: "",
        build_date: info.build_date,
        go_version: info.compiler,
        application: "flyball",
        flyball_version: info.version,
    })
}

/// A name with a count.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NamedCountBody {
    name: String,
    value: u64,
}

/// Figures of what is in memory; times in milliseconds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeadStatsBody {
    num_series: u64,
    num_label_pairs: u64,
    chunk_count: u64,
    min_time: i64,
    max_time: i64,
}

/// Where the cardinality is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TsdbStatusBody {
    head_stats: HeadStatsBody,
    series_count_by_metric_name: Vec<NamedCountBody>,
    label_value_count_by_label_name: Vec<NamedCountBody>,
    memory_in_bytes_by_label_name: Vec<NamedCountBody>,
    series_count_by_label_value_pair: Vec<NamedCountBody>,
}

impl From<TsdbStatus> for TsdbStatusBody {
    fn from(status: TsdbStatus) -> Self {
        let list = |counts: Vec<NamedCount>| {
            let body = |NamedCount { name, value }| NamedCountBody { name, value };
            counts.into_iter().map(body).collect()
        };
        let HeadStats { series, label_pairs, chunks, min_time, max_time } = status.head;
        Self {
            head_stats: HeadStatsBody {
                num_series: series,
                num_label_pairs: label_pairs,
                chunk_count: chunks,
                min_time: min_time.ms(),
                max_time: max_time.ms(),
            },
            series_count_by_metric_name: list(status.series_by_metric),
            label_value_count_by_label_name: list(status.values_by_label),
            memory_in_bytes_by_label_name: list(status.bytes_by_label),
            series_count_by_label_value_pair: list(status.series_by_pair),
        }
    }
}

/// Where the cardinality is.
#[utoipa::path(get, path = "/api/v1/status/tsdb", tag = "status",
    params(("limit" = Option<u64>, Query, description = "Names per list, 10 by default")),
    responses((status = 200, description = "Counts", body = Success<TsdbStatusBody>),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn tsdb(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let refusal = "limit must be a positive number";
    let limit = match params.number("limit", refusal)?.map(usize::try_from) {
        None => TSDB_LIMIT_DEFAULT,
        Some(Ok(limit)) if limit > TSDB_LIMIT_MAX => {
            return Err(ApiError::bad_data(format!("limit must not exceed {TSDB_LIMIT_MAX}")));
        }
        Some(Ok(limit)) if limit > 0 => limit,
        Some(Ok(_) | Err(_)) => return Err(ApiError::bad_data(refusal)),
    };
    let inner = App::clone(&app);
    let question = caller.asks(QueryKind::Status, "");
    let work = move |_: &Ticket| Ok(inner.state.status.tsdb(limit)?);
    let status = app.pool.run(question, None, work).await?;
    Ok(success(TsdbStatusBody::from(status)))
}

/// Progress of loading, in journal segments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayBody {
    min: u64,
    max: u64,
    current: u64,
}

/// Progress of loading; answers while it goes on.
#[utoipa::path(get, path = "/api/v1/status/walreplay", tag = "status",
    responses((status = 200, description = "Progress", body = Success<ReplayBody>)))]
pub(crate) async fn replay(State(app): State<App>) -> Response {
    let ReplayStatus { min, max, current } = app.state.status.replay();
    success(ReplayBody { min, max, current })
}

/// A message for the operator.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationBody {
    text: String,
    /// RFC 3339.
    date: String,
    active: bool,
}

/// Messages for the operator; parts that do not work are listed by `/health` instead.
#[utoipa::path(get, path = "/api/v1/notifications", tag = "status",
    responses((status = 200, description = "Always empty", body = Success<Vec<NotificationBody>>)))]
pub(crate) async fn notifications(State(_app): State<App>) -> Response {
    success(Vec::<NotificationBody>::new())
}

/// Features by category and whether they are switched on.
#[utoipa::path(get, path = "/api/v1/features", tag = "status",
    responses((status = 200, description = "By category",
        body = Success<HashMap<String, HashMap<String, bool>>>)))]
pub(crate) async fn features(State(app): State<App>) -> Response {
    success(app.state.status.features())
}
