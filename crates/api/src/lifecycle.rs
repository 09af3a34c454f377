//! `/-/reload`, `/-/quit` and `/metrics`: the process as its operator and its scraper see it.
//! Reload and quit answer only with `--web.enable-lifecycle` (see `routes`).

use crate::reply::text;
use crate::routes::Route;
use crate::{App, Permission, Principal};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{StatusCode, header};

pub(crate) fn routes() -> Vec<Route> {
    let route = |path, methods| Route::new(path, Permission::Lifecycle, methods).always();
    vec![
        route("/-/reload", post(reload).put(reload)),
        route("/-/quit", post(quit).put(quit)),
        Route::new("/metrics", Permission::ReadMetrics, get(metrics)).always(),
    ]
}

/// Reads the configuration again, all or nothing.
#[utoipa::path(method(post, put), path = "/-/reload", tag = "lifecycle", responses(
    (status = 200, description = "The new configuration is in use"),
    (status = 403, description = "Not enabled", content_type = "text/plain"),
    (status = 500, description = "The old configuration stays", content_type = "text/plain")))]
pub(crate) async fn reload(State(app): State<App>, principal: Principal) -> Response {
    tracing::info!(by = principal.name(), "reload requested over HTTP");
    match app.orders.carry_out(&app, |app| app.state.lifecycle.reload()).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => {
            let text_body = format!("failed to reload config: {}\n", error.message());
            text(StatusCode::INTERNAL_SERVER_ERROR, text_body)
        }
    }
}

/// Stops the process gracefully.
#[utoipa::path(method(post, put), path = "/-/quit", tag = "lifecycle", responses(
    (status = 200, description = "The process stops", content_type = "text/plain"),
    (status = 403, description = "Not enabled", content_type = "text/plain")))]
pub(crate) async fn quit(State(app): State<App>, principal: Principal) -> Response {
    tracing::info!(by = principal.name(), "stop requested over HTTP");
    app.state.lifecycle.quit();
    text(StatusCode::OK, "Requesting termination... Goodbye!\n")
}

/// The process's own metrics.
#[utoipa::path(get, path = "/metrics", tag = "metrics", responses(
    (status = 200, description = "Text format 0.0.4", content_type = "text/plain")))]
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let mut out = String::new();
    app.state.metrics.render(&mut out);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], out).into_response()
}
