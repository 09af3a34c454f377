//! The one table of routes: path, permission, gate, handlers; and how a request finds its entry.
//! INV-80: a handler runs only after its route's permission was asked of the principal.
//! INV-82: what is not in the table (or in a mount) answers 404.

use crate::app::Front;
use crate::reply::{ApiError, ErrorType, text};
use crate::{
    App, Permission, Principal, admin, alertmanager, dashboards, flyball, grafana, health,
    lifecycle, page, prom,
};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use http::{HeaderValue, Request, StatusCode, header};
use std::sync::Arc;

/// Seconds that a client is told to wait while the server starts or stops.
pub(crate) const RETRY_AFTER_SECONDS: u32 = 5;

/// When a route answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// As long as the process lives.
    Always,
    /// Only between "ready" and the shutdown signal.
    WhenReady,
}

/// An entry of the table.
pub(crate) struct Route {
    /// Path below the prefix, in axum's notation.
    pub(crate) path: &'static str,
    /// What the caller must be allowed to do.
    pub(crate) permission: Permission,
    /// When it answers.
    pub(crate) gate: Gate,
    /// Handlers by method.
    pub(crate) methods: MethodRouter<App>,
}

impl Route {
    /// A route that answers when the server is ready.
    pub(crate) fn new(
        path: &'static str,
        permission: Permission,
        methods: MethodRouter<App>,
    ) -> Self {
        Self { path, permission, gate: Gate::WhenReady, methods }
    }

    /// The same route, answering as long as the process lives.
    pub(crate) fn always(self) -> Self {
        Self { gate: Gate::Always, ..self }
    }
}

/// A route of a neighbour, for example remote write of `ingest`.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Path below the prefix, in axum's notation.
    pub path: &'static str,
    /// What the caller must be allowed to do.
    pub permission: Permission,
    /// Handlers by method; they carry their own state and limit their own bodies.
    pub methods: MethodRouter<()>,
    /// Methods in lower case and one line each, for the `OpenAPI` document.
    pub described: Vec<(&'static str, &'static str)>,
}

/// All own routes.
pub(crate) fn table() -> Vec<Route> {
    [
        prom::routes(),
        alertmanager::routes(),
        admin::routes(),
        dashboards::routes(),
        flyball::routes(),
        grafana::routes(),
        health::routes(),
        lifecycle::routes(),
        page::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The table and the mounts as a router; each entry behind its permission and gate.
pub(crate) fn router(app: &App, mounts: Vec<Mount>) -> Router {
    let mut router = Router::new();
    for Route { path, permission, gate, methods } in table() {
        let entry = Entry { app: App::clone(app), path, permission, gate };
        let methods = methods.with_state(App::clone(app));
        router = router.route(path, methods.layer(from_fn_with_state(entry, enter)));
    }
    for Mount { path, permission, methods, .. } in mounts {
        let entry = Entry { app: App::clone(app), path, permission, gate: Gate::WhenReady };
        let shared = from_fn_with_state((App::clone(app), path), page::instead_of_data);
        let methods = methods.layer(shared);
        router = router.route(path, methods.layer(from_fn_with_state(entry, enter)));
    }
    let path = "(unknown)";
    let permission = Permission::ReadMetrics;
    let rest = Entry { app: App::clone(app), path, permission, gate: Gate::Always };
    let fallback: MethodRouter = axum::routing::any(page::asset_or_404).with_state(App::clone(app));
    router.fallback_service(fallback.layer(from_fn_with_state(rest, enter)))
}

/// Mounts alone as a router, each behind its permission, beside the answers that the process lives
/// and serves.
pub(crate) fn router_of(front: &Arc<Front>, mounts: Vec<Mount>) -> Router {
    let ready = Arc::clone(front);
    let ready = get(async move || {
        if ready.is_draining() {
            health::not_ready(true)
        } else {
            text(StatusCode::OK, "Flyball is Ready.\n")
        }
    });
    let mut router = Router::new().route("/-/healthy", get(health::healthy));
    router = router.route("/-/ready", ready);
    for Mount { path, permission, methods, .. } in mounts {
        let door = (Arc::clone(front), path, permission);
        router = router.route(path, methods.layer(from_fn_with_state(door, pass)));
    }
    router.fallback(async || ApiError::new(ErrorType::NotFound, "no such page"))
}

/// INV-80 for mounts without rooms.
async fn pass(
    State((front, path, permission)): State<(Arc<Front>, &'static str, Permission)>,
    principal: Principal,
    request: Request<Body>,
    next: Next,
) -> Response {
    let mut response = if !principal.may(permission) {
        let message = format!("{} may not use {path} ({permission:?})", principal.name());
        ApiError::new(ErrorType::Forbidden, message).into_response()
    } else if front.is_draining() {
        let refusal = ApiError::unavailable("the server is stopping");
        refusal.retry_after(RETRY_AFTER_SECONDS).into_response()
    } else {
        next.run(request).await
    };
    response.extensions_mut().insert(Handled(path));
    response
}

#[derive(Clone)]
struct Entry {
    app: App,
    path: &'static str,
    permission: Permission,
    gate: Gate,
}

/// Name of the route that answered, for the request counters.
#[derive(Clone, Copy)]
pub(crate) struct Handled(pub(crate) &'static str);

async fn enter(
    State(entry): State<Entry>,
    principal: Principal,
    request: Request<Body>,
    next: Next,
) -> Response {
    let mut response = match refuse(&entry, &principal) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        *response.body_mut() = Body::from("Method Not Allowed\n");
        response.headers_mut().remove(header::CONTENT_LENGTH);
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, plain);
    }
    response.extensions_mut().insert(Handled(entry.path));
    response
}

fn refuse(entry: &Entry, principal: &Principal) -> Option<Response> {
    let Entry { app, path, permission, gate } = entry;
    if let Some(refusal) = switched_off(app, *permission) {
        return Some(refusal);
    }
    if !principal.may(*permission) {
        let message = format!("{} may not use {path} ({permission:?})", principal.name());
        return Some(ApiError::new(ErrorType::Forbidden, message).into_response());
    }
    if *gate == Gate::WhenReady && !app.is_ready() {
        let message =
            if app.is_draining() { "the server is stopping" } else { "the server is starting" };
        let refusal = ApiError::unavailable(message).retry_after(RETRY_AFTER_SECONDS);
        return Some(refusal.into_response());
    }
    None
}

/// Permissions that nobody has unless a flag says so; the answers are upstream's.
fn switched_off(app: &App, permission: Permission) -> Option<Response> {
    match permission {
        Permission::Health | Permission::ReadMetrics | Permission::Write | Permission::Probe => {
            None
        }
        Permission::Admin if app.options.enable_admin_api => None,
        Permission::Admin => Some(ApiError::unavailable("admin APIs disabled").into_response()),
        Permission::Lifecycle if app.options.enable_lifecycle => None,
        Permission::Lifecycle => {
            Some(text(StatusCode::FORBIDDEN, "Lifecycle API is not enabled.\n"))
        }
    }
}

#[cfg(test)]
mod tests;
