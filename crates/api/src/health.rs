//! Is the server alive, is it ready: Prometheus' paths and Kubernetes' paths.
//! These routes answer always: that is their use.

use crate::reply::text;
use crate::routes::Route;
use crate::{App, Component, Permission};
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use std::fmt::Write;
use utoipa::ToSchema;

pub(crate) fn routes() -> Vec<Route> {
    let route = |path, methods| Route::new(path, Permission::Health, methods).always();
    vec![
        route("/-/healthy", get(healthy)),
        route("/-/ready", get(ready)),
        route("/livez", get(livez)),
        route("/readyz", get(readyz)),
        route("/healthz", get(healthz)),
    ]
}

/// The process answers.
#[utoipa::path(get, path = "/-/healthy", tag = "health",
    responses((status = 200, description = "The process answers", content_type = "text/plain")))]
pub(crate) async fn healthy() -> Response {
    alive()
}

/// What `/-/healthy` answers from the first moment to the last.
pub(crate) fn alive() -> Response {
    text(StatusCode::OK, "Flyball is Healthy.\n")
}

/// Queries are answered: 503 until the data are loaded and again while the server stops.
#[utoipa::path(get, path = "/-/ready", tag = "health", responses(
    (status = 200, description = "Queries are answered", content_type = "text/plain"),
    (status = 503, description = "Starting or stopping", content_type = "text/plain")))]
pub(crate) async fn ready(State(app): State<App>) -> Response {
    if app.is_ready() {
        return text(StatusCode::OK, "Flyball is Ready.\n");
    }
    not_ready(app.is_draining())
}

/// What `/-/ready` answers before and after the server is ready.
pub(crate) fn not_ready(stopping: bool) -> Response {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable\n");
    // Prometheus' header: load balancers tell "not yet" from "no longer" by it.
    let stopping = if stopping { "true" } else { "false" };
    response.headers_mut().insert("x-prometheus-stopping", HeaderValue::from_static(stopping));
    response
}

/// The process answers; `?verbose` lists its parts.
#[utoipa::path(get, path = "/livez", tag = "health",
    params(("verbose" = Option<String>, Query, description = "List the parts")),
    responses((status = 200, description = "The process answers", content_type = "text/plain")))]
pub(crate) async fn livez(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    verdict("livez", true, &app, query.as_deref())
}

/// Queries are answered; `?verbose` lists the parts.
#[utoipa::path(get, path = "/readyz", tag = "health",
    params(("verbose" = Option<String>, Query, description = "List the parts")),
    responses(
        (status = 200, description = "Queries are answered", content_type = "text/plain"),
        (status = 503, description = "Starting or stopping", content_type = "text/plain")))]
pub(crate) async fn readyz(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    verdict("readyz", app.is_ready(), &app, query.as_deref())
}

/// All parts work; `?verbose` lists them.
#[utoipa::path(get, path = "/healthz", tag = "health",
    params(("verbose" = Option<String>, Query, description = "List the parts")),
    responses(
        (status = 200, description = "All parts work", content_type = "text/plain"),
        (status = 503, description = "A part does not work", content_type = "text/plain")))]
pub(crate) async fn healthz(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    let healthy = app.state.status.components().iter().all(|part| part.healthy);
    verdict("healthz", healthy, &app, query.as_deref())
}

/// Kubernetes' notation: `[+]storage ok`, then the verdict.
fn verdict(name: &str, passed: bool, app: &App, query: Option<&str>) -> Response {
    let status = if passed { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let verbose = query.unwrap_or_default().split('&').any(|p| p == "verbose" || p == "verbose=1");
    if !verbose {
        return text(status, if passed { "ok" } else { "not ok" });
    }
    let mut out = String::new();
    let ready = Component { name: "ready".into(), healthy: app.is_ready(), ..Component::default() };
    for part in std::iter::once(ready).chain(app.state.status.components()) {
        let Component { name, healthy, message, .. } = part;
        let (sign, word) = if healthy { ('+', "ok") } else { ('-', "failed") };
        let colon = if message.is_empty() { "" } else { ": " };
        writeln!(out, "[{sign}]{name} {word}{colon}{message}").expect("a String takes every text");
    }
    if name == "healthz" {
        // What is watched does not decide whether the server is well: Kubernetes' word for that.
        for Component { name, healthy, message, .. } in app.state.status.watched() {
            let sign = if healthy { '+' } else { '-' };
            writeln!(out, "[{sign}]watched/{name} excluded: {message}").expect("a String");
        }
    }
    let word = if passed { "passed" } else { "failed" };
    writeln!(out, "{name} check {word}").expect("a String takes every text");
    text(status, out)
}

/// Parts of the process and how they are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerHealth {
    /// `ok`, `degraded` (a part does not work), `starting` or `stopping`.
    status: &'static str,
    /// Are queries answered?
    ready: bool,
    components: Vec<ComponentBody>,
}

/// A part of the process.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComponentBody {
    name: String,
    healthy: bool,
    message: String,
    /// Times it was restarted after a panic.
    restarts: u64,
}

/// Parts and verdict, shown on the status page.
pub(crate) fn server_health(app: &App) -> ServerHealth {
    let parts = app.state.status.components();
    let ready = app.is_ready();
    let status = if app.is_draining() {
        "stopping"
    } else if !ready {
        "starting"
    } else if parts.iter().all(|part| part.healthy) {
        "ok"
    } else {
        "degraded"
    };
    let components = parts.into_iter().map(ComponentBody::from).collect();
    ServerHealth { status, ready, components }
}

impl From<Component> for ComponentBody {
    fn from(part: Component) -> Self {
        let Component { name, healthy, message, restarts } = part;
        Self { name, healthy, message, restarts }
    }
}
