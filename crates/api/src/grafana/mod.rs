//! The part of Grafana's HTTP API that tools use, below `/grafana/api`: dashboards, folders,
//! search, annotations and the one data source in Grafana's shapes, so that Terraform, grizzly and
//! deploy markers work. Everything is asked of the same library as Flyball's own API.

pub(crate) mod annotations;
pub(crate) mod boards;
mod describe;
pub(crate) mod folders;
pub(crate) mod sources;
#[cfg(test)]
mod tests;

use crate::reply::{ApiError, json};
use crate::routes::Route;
use crate::{App, Permission};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use describe::{HealthBody, Said};
use http::StatusCode;

/// The version of Grafana whose answers these are.
const VERSION: &str = "12.0.0";

pub(crate) fn routes() -> Vec<Route> {
    let reading = |path, methods| Route::new(path, Permission::ReadMetrics, methods);
    let writing = |path, methods| Route::new(path, Permission::Write, methods);
    let [board, uid, search, folders, folder, marks, mark] = [
        "/grafana/api/dashboards/db",
        "/grafana/api/dashboards/uid/{uid}",
        "/grafana/api/search",
        "/grafana/api/folders",
        "/grafana/api/folders/{uid}",
        "/grafana/api/annotations",
        "/grafana/api/annotations/{id}",
    ];
    vec![
        Route::new("/grafana/api/health", Permission::Health, get(health)).always(),
        writing(board, post(boards::save)),
        reading(uid, get(boards::show)),
        writing(uid, delete(boards::remove)),
        reading(search, get(boards::search)),
        reading(folders, get(folders::list)),
        writing(folders, post(folders::create)),
        reading(folder, get(folders::show)),
        writing(folder, put(folders::rename).delete(folders::remove)),
        reading(marks, get(annotations::list)),
        writing(marks, post(annotations::create)),
        writing(mark, delete(annotations::remove)),
        reading("/grafana/api/datasources", get(sources::list)),
        reading("/grafana/api/datasources/{by}/{name}", get(sources::show)),
    ]
}

/// Is there somebody who answers? As Grafana.
#[utoipa::path(get, path = "/grafana/api/health", tag = "grafana",
    responses((status = 200, description = "Alive", body = HealthBody)))]
pub(crate) async fn health(State(app): State<App>) -> Response {
    let commit = app.state.status.build().revision;
    json(StatusCode::OK, &HealthBody { commit, database: "ok", version: VERSION })
}

/// An error in Grafana's shape.
pub(crate) struct Refusal(StatusCode, String);

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let status = error.status();
        // Grafana's clients take 412 for a version that is no longer the last one.
        let status = match status {
            StatusCode::CONFLICT => StatusCode::PRECONDITION_FAILED,
            other => other,
        };
        Self(status, error.message().to_owned())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self.0 {
            StatusCode::PRECONDITION_FAILED => Some("version-mismatch"),
            _ => None,
        };
        json(self.0, &Said { message: self.1, status })
    }
}
