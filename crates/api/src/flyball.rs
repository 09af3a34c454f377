//! Flyball's own API below `/api/flyball/v1`, and the document that describes everything.

pub(crate) mod explain;
pub(crate) mod letters;
pub(crate) mod live;
pub(crate) mod queries;
pub(crate) mod relabel;
pub(crate) mod routing;
pub(crate) mod sample;
pub(crate) mod why;

use crate::App;
use crate::Permission;
use crate::health::{ServerHealth, server_health};
use crate::provider::{BuildInfo, ServerStatus};
use crate::reply::{Success, success};
use crate::routes::Route;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use http::header;
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) fn routes() -> Vec<Route> {
    let read = |path, methods| Route::new(path, Permission::ReadMetrics, methods);
    let write = |path, methods| Route::new(path, Permission::Write, methods);
    vec![
        read("/api/flyball/v1/explain", get(explain::explain).post(explain::explain)),
        read("/api/flyball/v1/alerts/why", get(why::why)),
        read("/api/flyball/v1/alerts/sample", get(sample::sample)),
        read("/api/flyball/v1/alerts/routes", get(routing::routes).post(routing::routes)),
        read("/api/flyball/v1/alerts/receivers", get(routing::receivers)),
        read("/api/flyball/v1/targets/relabel", get(relabel::explain).post(relabel::explain)),
        read("/api/flyball/v1/alerts/dead-letters", get(letters::list)),
        write("/api/flyball/v1/alerts/dead-letters/resend", post(letters::resend_all)),
        write("/api/flyball/v1/alerts/dead-letters/{id}", delete(letters::forget)),
        write("/api/flyball/v1/alerts/dead-letters/{id}/resend", post(letters::resend)),
        read("/api/flyball/v1/live", post(live::live)),
        read("/api/flyball/v1/status", get(status)).always(),
        read("/api/flyball/v1/queries", get(queries::list)).always(),
        write("/api/flyball/v1/queries/{id}", delete(queries::cancel)).always(),
        read("/api/openapi.json", get(document)).always(),
    ]
}

/// State of the server on one page.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusBody {
    version: String,
    revision: String,
    data_dir: String,
    /// `null` without a configuration file.
    config_file: Option<String>,
    uptime_seconds: f64,
    /// Who the server thinks you are.
    user: String,
    storage: StorageBody,
    health: ServerHealth,
}

/// State of the storage.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StorageBody {
    /// `ok`, `read-only: disk full`, ...
    state: String,
    size_bytes: u64,
    disk_free_bytes: u64,
    series: u64,
    samples_accepted: u64,
}

/// Version, uptime, data directory, state of the storage, and what runs.
#[utoipa::path(get, path = "/api/flyball/v1/status", tag = "flyball",
    responses((status = 200, description = "State of the server", body = Success<StatusBody>)))]
pub(crate) async fn status(State(app): State<App>, principal: crate::Principal) -> Response {
    let BuildInfo { version, revision, .. } = app.state.status.build();
    let server: ServerStatus = app.state.status.server();
    success(StatusBody {
        version,
        revision,
        data_dir: server.data_dir,
        config_file: server.config_file,
        uptime_seconds: server.uptime.as_secs_f64(),
        user: principal.name().to_owned(),
        storage: StorageBody {
            state: server.storage_state,
            size_bytes: server.storage_bytes,
            disk_free_bytes: server.disk_free_bytes,
            series: server.series,
            samples_accepted: server.samples_accepted,
        },
        health: server_health(&app),
    })
}

/// This description as an `OpenAPI` 3.1 document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "flyball",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub(crate) async fn document(State(app): State<App>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.openapi.clone()).into_response()
}
