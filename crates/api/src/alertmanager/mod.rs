//! Alertmanager's API v2 below `/api/v2`, in the shapes of Alertmanager 0.34: what Prometheus sends
//! alerts to, and what amtool and Grafana show and silence them with.
//! Asks the provider on blocking threads, because it writes what it keeps to the disk first.

pub(crate) mod alerts;
pub(crate) mod describe;
pub(crate) mod groups;
mod posted;
mod reply;
pub(crate) mod silences;
pub(crate) mod status;
#[cfg(test)]
mod tests;
mod wanted;
mod written;

use crate::provider::AlertsProvider;
use crate::routes::Route;
use crate::{App, Permission};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use http::StatusCode;
use reply::Complaint;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

pub(crate) fn routes() -> Vec<Route> {
    let read = |path, methods| Route::new(path, Permission::ReadMetrics, methods);
    let write = |path, methods| Route::new(path, Permission::Write, methods);
    vec![
        read("/api/v2/status", get(status::status)),
        read("/api/v2/receivers", get(status::receivers)),
        read("/api/v2/alerts", get(alerts::list)),
        write("/api/v2/alerts", post(alerts::receive)),
        read("/api/v2/alerts/groups", get(groups::list)),
        read("/api/v2/silences", get(silences::list)),
        write("/api/v2/silences", post(silences::set)),
        read("/api/v2/silence/{id}", get(silences::show)),
        write("/api/v2/silence/{id}", delete(silences::expire)),
    ]
}

/// What is below `/api/v2` and not in the table, in go-openapi's words.
pub(crate) fn not_found(path: &str) -> Response {
    let status = StatusCode::NOT_FOUND;
    let message = format!("path {path} was not found");
    Complaint::Coded(status, status.as_u16(), message).into_response()
}

/// Waits until one of the few lists of alerts that may exist at a time may be made.
async fn turn(app: &App) -> OwnedSemaphorePermit {
    let turn = Arc::clone(&app.alert_lists).acquire_owned().await;
    turn.expect("the semaphore is never closed")
}

/// Asks the provider where waiting does no harm.
async fn ask<T: Send + 'static>(
    app: &App,
    question: impl FnOnce(&dyn AlertsProvider) -> T + Send + 'static,
) -> Result<T, Complaint> {
    let alerting = Arc::clone(&app.state.alerting);
    let answer = tokio::task::spawn_blocking(move || question(&*alerting)).await;
    answer.map_err(|error| {
        tracing::error!(%error, "a question about alerts panicked");
        Complaint::internal("a bug in the server; see its log")
    })
}
