//! `/api/v1/admin/tsdb/...`: work on the storage that the caller waits for.
//! Answers only with `--web.enable-admin-api` (see `routes`).

use crate::params::Params;
use crate::reply::{ApiError, ErrorBody, Success, success};
use crate::routes::Route;
use crate::{App, CompactReport, Permission, Principal};
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) fn routes() -> Vec<Route> {
    let route = |path, methods| Route::new(path, Permission::Admin, methods);
    vec![
        route("/api/v1/admin/tsdb/snapshot", post(snapshot).put(snapshot)),
        route("/api/v1/admin/tsdb/compact", post(compact).put(compact)),
    ]
}

/// Name of a snapshot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SnapshotBody {
    /// Directory below `snapshots/`.
    name: String,
}

/// What a compaction did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CompactBody {
    segments_before: u64,
    segments_after: u64,
    bytes_before: u64,
    bytes_after: u64,
}

/// Writes a snapshot of the data and names its directory.
#[utoipa::path(method(post, put), path = "/api/v1/admin/tsdb/snapshot", tag = "admin",
    params(("skip_head" = Option<bool>, Query, description = "Leave out what is only in memory")),
    responses(
        (status = 200, description = "Written", body = Success<SnapshotBody>),
        (status = "default", description = "Not done", body = ErrorBody)))]
pub(crate) async fn snapshot(
    State(app): State<App>,
    principal: Principal,
    params: Params,
) -> Result<Response, ApiError> {
    let skip_head = flag(&params, "skip_head")?;
    tracing::info!(by = principal.name(), skip_head, "snapshot requested");
    let order = move |app: &App| app.state.admin.snapshot(skip_head);
    let name = app.orders.carry_out(&app, order).await?;
    Ok(success(SnapshotBody { name }))
}

/// Compacts what can be compacted and waits for the end; `cold=1` also packs finished days.
#[utoipa::path(method(post, put), path = "/api/v1/admin/tsdb/compact", tag = "admin",
    params(("cold" = Option<bool>, Query, description = "Also pack days that no longer change")),
    responses(
        (status = 200, description = "Done", body = Success<CompactBody>),
        (status = "default", description = "Not done", body = ErrorBody)))]
pub(crate) async fn compact(
    State(app): State<App>,
    principal: Principal,
    params: Params,
) -> Result<Response, ApiError> {
    let cold = flag(&params, "cold")?;
    tracing::info!(by = principal.name(), cold, "compaction requested");
    let order = move |app: &App| app.state.admin.compact(cold);
    let CompactReport { segments_before, segments_after, bytes_before, bytes_after } =
        app.orders.carry_out(&app, order).await?;
    Ok(success(CompactBody { segments_before, segments_after, bytes_before, bytes_after }))
}

fn flag(params: &Params, name: &str) -> Result<bool, ApiError> {
    params.truth(name).map_err(|reason| {
        ApiError::invalid_parameter(name, format!("unable to parse boolean: {reason}"))
    })
}
