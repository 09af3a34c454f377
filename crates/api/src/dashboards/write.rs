//! Changing dashboards: save, create, import, delete, restore, star.

use super::describe::{ImportBody, ImportedBody, MetaBody, SaveBody, findings};
use super::{act, ask, read_json};
use crate::reply::{ApiError, ErrorBody, json};
use crate::{App, Principal};
use ::dashboards::{Draft, Error, Imported, Over, import_value};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};

/// Saves a dashboard under an identity; a version that somebody else saved meanwhile is a conflict.
#[utoipa::path(put, path = "/api/flyball/v1/dashboards/{uid}", tag = "dashboards",
    params(("uid" = String, Path, description = "Identity")),
    request_body = SaveBody,
    responses((status = 200, description = "It is kept", body = MetaBody),
        (status = 403, description = "It may only be read: save a copy", body = ErrorBody),
        (status = 409, description = "Somebody else saved meanwhile", body = ErrorBody),
        (status = "default", description = "It is not kept", body = ErrorBody)))]
pub(crate) async fn save(
    State(app): State<App>,
    principal: Principal,
    Path(uid): Path<String>,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    if !::dashboards::is_uid(&uid) {
        return Err(ApiError::invalid_parameter("uid", "expected letters, digits, - and _"));
    }
    let body: SaveBody = read_json(request, &app).await?;
    let over = body.version.map_or(Over::Anything, Over::Version);
    keep(app, principal, body, Some(uid), over).await
}

/// Creates a dashboard. A taken identity is a conflict; without one it gets a free one.
#[utoipa::path(post, path = "/api/flyball/v1/dashboards", tag = "dashboards",
    request_body = SaveBody,
    responses((status = 200, description = "It is kept", body = MetaBody),
        (status = 409, description = "The identity is taken", body = ErrorBody),
        (status = "default", description = "It is not kept", body = ErrorBody)))]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let body: SaveBody = read_json(request, &app).await?;
    let has_uid = body.dashboard.get("uid").and_then(serde_json::Value::as_str);
    let has_uid = has_uid.is_some_and(|uid| !uid.is_empty());
    let over = if has_uid { Over::NothingStrictly } else { Over::Nothing };
    keep(app, principal, body, None, over).await
}

async fn keep(
    app: App,
    principal: Principal,
    body: SaveBody,
    uid: Option<String>,
    over: Over,
) -> Result<Response, ApiError> {
    let act = act(&app, principal.name());
    let meta = ask(&app, move |library| {
        let mut dashboard = import_value(body.dashboard)?.dashboard;
        if let Some(uid) = uid {
            dashboard = dashboard.with_uid(&uid);
        }
        let message = body.message.unwrap_or_default();
        let draft = Draft { dashboard, folder: body.folder, message, over };
        let uid = library.save(draft, &act)?;
        MetaBody::of(library, &uid, &act.user)
    });
    Ok(json(StatusCode::OK, &meta.await?))
}

/// Reads any dashboard of Grafana and keeps it, or shows what would be kept.
#[utoipa::path(post, path = "/api/flyball/v1/dashboards/import", tag = "dashboards",
    request_body = ImportBody,
    responses((status = 200, description = "What was read", body = ImportedBody),
        (status = "default", description = "It cannot be read or kept", body = ErrorBody)))]
pub(crate) async fn import(
    State(app): State<App>,
    principal: Principal,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let body: ImportBody = read_json(request, &app).await?;
    if let Some(uid) = body.uid.as_ref().filter(|uid| !::dashboards::is_uid(uid)) {
        let reason = format!("{}: expected letters, digits, - and _", model::quote(uid));
        return Err(ApiError::invalid_parameter("uid", reason));
    }
    let act = act(&app, principal.name());
    let imported = ask(&app, move |library| {
        let Imported { mut dashboard, report } = import_value(body.dashboard)?;
        if let Some(uid) = &body.uid {
            dashboard = dashboard.with_uid(uid);
        }
        let report = findings(report);
        let uid = dashboard.uid().unwrap_or_default().to_owned();
        if body.dry_run {
            return Ok(ImportedBody { uid, dashboard: dashboard.into_json(), report });
        }
        let over = if body.overwrite { Over::Anything } else { Over::Nothing };
        let message = "imported".to_owned();
        let uid = library.save(Draft { dashboard, folder: body.folder, message, over }, &act)?;
        let dashboard = library.get(&uid, &act.user)?.dashboard.into_json();
        Ok(ImportedBody { uid, dashboard, report })
    });
    Ok(json(StatusCode::OK, &imported.await?))
}

/// Deletes a dashboard and its versions.
#[utoipa::path(delete, path = "/api/flyball/v1/dashboards/{uid}", tag = "dashboards",
    params(("uid" = String, Path, description = "Identity")),
    responses((status = 204, description = "It is gone"),
        (status = 403, description = "It may only be read", body = ErrorBody),
        (status = 404, description = "There is none", body = ErrorBody),
        (status = "default", description = "It is still there", body = ErrorBody)))]
pub(crate) async fn remove(
    State(app): State<App>,
    principal: Principal,
    Path(uid): Path<String>,
) -> Result<Response, ApiError> {
    let by = principal.name().to_owned();
    ask(&app, move |library| {
        library.delete(&uid)?;
        tracing::info!(uid, by, "dashboard deleted");
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Saves a former version as the newest.
#[utoipa::path(post, path = "/api/flyball/v1/dashboards/{uid}/versions/{version}/restore",
    tag = "dashboards",
    params(("uid" = String, Path, description = "Identity"),
        ("version" = u64, Path, description = "Number of the version")),
    responses((status = 200, description = "It is the newest again", body = MetaBody),
        (status = 404, description = "It is not kept", body = ErrorBody),
        (status = "default", description = "Nothing changed", body = ErrorBody)))]
pub(crate) async fn restore(
    State(app): State<App>,
    principal: Principal,
    Path((uid, version)): Path<(String, u64)>,
) -> Result<Response, ApiError> {
    let act = act(&app, principal.name());
    let meta = ask(&app, move |library| {
        let uid = library.restore(&uid, version, &act)?;
        MetaBody::of(library, &uid, &act.user)
    });
    Ok(json(StatusCode::OK, &meta.await?))
}

/// Puts a dashboard among those that you find quickly.
#[utoipa::path(put, path = "/api/flyball/v1/dashboards/{uid}/star", tag = "dashboards",
    params(("uid" = String, Path, description = "Identity")),
    responses((status = 204, description = "Starred"),
        (status = 404, description = "There is no such dashboard", body = ErrorBody),
        (status = "default", description = "Not starred", body = ErrorBody)))]
pub(crate) async fn star(
    State(app): State<App>,
    principal: Principal,
    Path(uid): Path<String>,
) -> Result<Response, ApiError> {
    set_star(&app, &principal, uid, true).await
}

/// Takes a dashboard out of those that you find quickly.
#[utoipa::path(delete, path = "/api/flyball/v1/dashboards/{uid}/star", tag = "dashboards",
    params(("uid" = String, Path, description = "Identity")),
    responses((status = 204, description = "No longer starred"),
        (status = 404, description = "There is no such dashboard", body = ErrorBody),
        (status = "default", description = "Still starred", body = ErrorBody)))]
pub(crate) async fn unstar(
    State(app): State<App>,
    principal: Principal,
    Path(uid): Path<String>,
) -> Result<Response, ApiError> {
    set_star(&app, &principal, uid, false).await
}

async fn set_star(
    app: &App,
    principal: &Principal,
    uid: String,
    is_on: bool,
) -> Result<Response, ApiError> {
    let user = principal.name().to_owned();
    ask(app, move |library| -> Result<(), Error> { library.star(&user, &uid, is_on) }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
