//! `/health`: everything as JSON; `/health/latest`: the verdict alone. 200 as long as the server
//! itself works: who restarts it by this answer must not do so because a database is down. The page
//! asks at a path of its own, which always answers 200: a verdict on the server is no failure.

use crate::Vitals;
use crate::answer::{HealthBody, LatestBody, server_status};
use crate::watch::Shown;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use serde::Serialize;
use std::sync::Arc;

/// Everything that is known.
pub const HEALTH_PATH: &str = "/health";
/// The verdict alone.
pub const LATEST_PATH: &str = "/health/latest";

/// Everything that is known, for the page.
pub const PAGE_PATH: &str = "/api/flyball/v1/health";

/// Answers [`PAGE_PATH`].
pub fn page_route(vitals: Arc<Vitals>) -> MethodRouter<()> {
    get(page).with_state(vitals)
}

/// Answers [`HEALTH_PATH`].
pub fn health_route(vitals: Arc<Vitals>) -> MethodRouter<()> {
    get(health).with_state(vitals)
}

/// Answers [`LATEST_PATH`].
pub fn latest_route(vitals: Arc<Vitals>) -> MethodRouter<()> {
    get(latest).with_state(vitals)
}

async fn page(State(vitals): State<Arc<Vitals>>) -> Response {
    Json(HealthBody::new(&vitals.shown())).into_response()
}

async fn health(State(vitals): State<Arc<Vitals>>) -> Response {
    let shown = vitals.shown();
    reply(&shown, HealthBody::new(&shown))
}

async fn latest(State(vitals): State<Arc<Vitals>>) -> Response {
    let shown = vitals.shown();
    reply(&shown, LatestBody::new(&shown))
}

fn reply(shown: &Shown, body: impl Serialize) -> Response {
    let works = server_status(&shown.parts) == "ok";
    let status = if works { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body)).into_response()
}
