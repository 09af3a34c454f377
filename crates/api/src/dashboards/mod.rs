//! Dashboards, their folders and annotations below `/api/flyball/v1`. What they are and who may
//! change them the library decides; here are bodies, statuses and blocking threads.

pub(crate) mod annotations;
pub(crate) mod describe;
pub(crate) mod folders;
mod happenings;
pub(crate) mod read;
#[cfg(test)]
mod tests;
pub(crate) mod write;

use crate::App;
use crate::Permission;
use crate::body::{self, BodyTrouble};
use crate::queries::Refusal;
use crate::reply::{ApiError, ErrorType};
use crate::routes::Route;
use ::dashboards::{Act, Error, ErrorKind, Library};
use axum::body::Body;
use axum::routing::{delete, get, post, put};
use http::{Request, StatusCode};
use serde::de::DeserializeOwned;
use std::sync::Arc;

pub(crate) fn routes() -> Vec<Route> {
    let reading = |path, methods| Route::new(path, Permission::ReadMetrics, methods);
    let writing = |path, methods| Route::new(path, Permission::Write, methods);
    let [folders, folder, marks, mark] = [
        "/api/flyball/v1/folders",
        "/api/flyball/v1/folders/{uid}",
        "/api/flyball/v1/annotations",
        "/api/flyball/v1/annotations/{id}",
    ];
    let [all, import, one, versions, version, diff, restore, export, star] = [
        "/api/flyball/v1/dashboards",
        "/api/flyball/v1/dashboards/import",
        "/api/flyball/v1/dashboards/{uid}",
        "/api/flyball/v1/dashboards/{uid}/versions",
        "/api/flyball/v1/dashboards/{uid}/versions/{version}",
        "/api/flyball/v1/dashboards/{uid}/diff",
        "/api/flyball/v1/dashboards/{uid}/versions/{version}/restore",
        "/api/flyball/v1/dashboards/{uid}/export",
        "/api/flyball/v1/dashboards/{uid}/star",
    ];
    vec![
        reading(all, get(read::list)),
        writing(all, post(write::create)),
        writing(import, post(write::import)),
        reading(one, get(read::show)),
        writing(one, put(write::save).delete(write::remove)),
        reading(versions, get(read::versions)),
        reading(version, get(read::version)),
        reading(diff, get(read::difference).post(read::difference_of_draft)),
        writing(restore, post(write::restore)),
        reading(export, get(read::export)),
        writing(star, put(write::star).delete(write::unstar)),
        reading(folders, get(folders::list)),
        writing(folders, post(folders::create)),
        writing(folder, put(folders::rename).delete(folders::remove)),
        reading(marks, get(annotations::list)),
        writing(marks, post(annotations::create)),
        writing(mark, delete(annotations::remove)),
    ]
}

/// Asks the library where waiting for the disk does no harm.
pub(crate) async fn ask<T: Send + 'static>(
    app: &App,
    question: impl FnOnce(&Library) -> Result<T, Error> + Send + 'static,
) -> Result<T, ApiError> {
    let library = Arc::clone(&app.state.dashboards);
    let answer = tokio::task::spawn_blocking(move || question(&library)).await;
    match answer {
        Ok(answer) => answer.map_err(ApiError::from),
        Err(error) => {
            tracing::error!(%error, "a question about dashboards panicked");
            Err(ApiError::new(ErrorType::Internal, "a bug in the server; see its log"))
        }
    }
}

/// Who acts, now.
pub(crate) fn act(app: &App, user: &str) -> Act {
    Act { user: user.to_owned(), at: app.state.clock.now() }
}

/// Reads a JSON body within the limits.
pub(crate) async fn read_json<T: DeserializeOwned>(
    request: Request<Body>,
    app: &App,
) -> Result<T, ApiError> {
    let (bytes, _room) = body::read(request, app).await.map_err(|trouble| match trouble {
        BodyTrouble::NoRoom => {
            ApiError::busy(Refusal::SharedMemory, "too many large bodies at a time")
        }
        BodyTrouble::TooLong(limit) => {
            let message = format!("the body is longer than {limit} bytes");
            ApiError::bad_data(message).with_status(StatusCode::PAYLOAD_TOO_LARGE)
        }
        BodyTrouble::TooSlow => {
            ApiError::bad_data("the body came too slowly").with_status(StatusCode::REQUEST_TIMEOUT)
        }
        BodyTrouble::Broken(reason) => ApiError::bad_data(format!("no body: {reason}")),
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| ApiError::bad_data(format!("the body is not as described: {error}")))
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error.kind() {
            ErrorKind::Invalid => Self::bad_data(message),
            ErrorKind::NotFound => Self::new(ErrorType::NotFound, message),
            ErrorKind::Conflict => Self::bad_data(message).with_status(StatusCode::CONFLICT),
            ErrorKind::ReadOnly => Self::new(ErrorType::Forbidden, message),
            ErrorKind::Full => Self::new(ErrorType::Execution, message)
                .with_status(StatusCode::INSUFFICIENT_STORAGE),
            ErrorKind::Failed => Self::unavailable(message),
        }
    }
}
