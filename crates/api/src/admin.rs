//! `/api/v1/admin/tsdb/...`: work on the storage that the caller waits for.
//! Answers only with `--web.enable-admin-api` (see `routes`).

use crate::params::{Params, parse_selectors};
use crate::prom::query::time_range;
use crate::reply::{ApiError, ErrorBody, Success, success};
use crate::routes::Route;
use crate::{App, CompactReport, Permission, Principal};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) fn routes() -> Vec<Route> {
    let route = |path, methods| Route::new(path, Permission::Admin, methods);
    vec![
        route("/api/v1/admin/tsdb/snapshot", post(snapshot).put(snapshot)),
        route("/api/v1/admin/tsdb/compact", post(compact).put(compact)),
        route("/api/v1/admin/tsdb/delete_series", post(delete_series).put(delete_series)),
        route("/api/v1/admin/tsdb/clean_tombstones", post(clean_tombstones).put(clean_tombstones)),
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

/// Deletes samples of the selected series; they are hidden when this answers.
#[utoipa::path(method(post, put), path = "/api/v1/admin/tsdb/delete_series", tag = "admin",
    params(
        ("match[]" = Vec<String>, Query, description = "Series selectors, at least one"),
        ("start" = Option<String>, Query, description = "Seconds or RFC 3339; default: the first"),
        ("end" = Option<String>, Query, description = "Seconds or RFC 3339; default: the last")),
    responses(
        (status = 204, description = "Deleted"),
        (status = "default", description = "Not done", body = ErrorBody)))]
pub(crate) async fn delete_series(
    State(app): State<App>,
    principal: Principal,
    params: Params,
) -> Result<Response, ApiError> {
    let texts = params.selector_texts()?;
    if texts.is_empty() {
        return Err(ApiError::bad_data("no match[] parameter provided"));
    }
    let (start, end) = time_range(&params)?;
    tracing::info!(by = principal.name(), ?texts, ?start, ?end, "deletion requested");
    let order = move |app: &App| {
        let refuse = |reason| ApiError::invalid_parameter("match[]", reason);
        let selectors = parse_selectors(&texts).map_err(refuse)?;
        app.state.admin.delete_series(&selectors, start, end).map_err(ApiError::from)
    };
    app.orders.carry_out(&app, order).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Removes deleted samples from the files and waits for the end.
#[utoipa::path(method(post, put), path = "/api/v1/admin/tsdb/clean_tombstones", tag = "admin",
    responses(
        (status = 204, description = "Done"),
        (status = "default", description = "Not done", body = ErrorBody)))]
pub(crate) async fn clean_tombstones(
    State(app): State<App>,
    principal: Principal,
) -> Result<Response, ApiError> {
    tracing::info!(by = principal.name(), "removal of deleted samples requested");
    app.orders.carry_out(&app, |app: &App| app.state.admin.clean_tombstones()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn flag(params: &Params, name: &str) -> Result<bool, ApiError> {
    params.truth(name).map_err(|reason| {
        ApiError::invalid_parameter(name, format!("unable to parse boolean: {reason}"))
    })
}
