//! Folders of dashboards.

use super::describe::{FolderBody, FolderDraft};
use super::read::folder_body;
use super::{ask, read_json};
use crate::App;
use crate::reply::{ApiError, ErrorBody, json};
use ::dashboards::{Error, Library};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};

/// All folders, by title.
#[utoipa::path(get, path = "/api/flyball/v1/folders", tag = "dashboards",
    responses((status = 200, description = "Folders", body = Vec<FolderBody>),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn list(State(app): State<App>) -> Result<Response, ApiError> {
    let folders = ask(&app, |library| Ok(library.folders())).await?;
    let folders: Vec<FolderBody> = folders.into_iter().map(folder_body).collect();
    Ok(json(StatusCode::OK, &folders))
}

/// Makes a folder; one that has the title already is that folder.
#[utoipa::path(post, path = "/api/flyball/v1/folders", tag = "dashboards",
    request_body = FolderDraft,
    responses((status = 200, description = "The folder", body = FolderBody),
        (status = "default", description = "There is none", body = ErrorBody)))]
pub(crate) async fn create(
    State(app): State<App>,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let draft: FolderDraft = read_json(request, &app).await?;
    let uid = draft.uid.filter(|uid| !uid.is_empty());
    set(&app, uid, draft.title).await
}

/// Gives a folder another title.
#[utoipa::path(put, path = "/api/flyball/v1/folders/{uid}", tag = "dashboards",
    params(("uid" = String, Path, description = "Identity")),
    request_body = FolderDraft,
    responses((status = 200, description = "The folder", body = FolderBody),
        (status = "default", description = "Nothing changed", body = ErrorBody)))]
pub(crate) async fn rename(
    State(app): State<App>,
    Path(uid): Path<String>,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let draft: FolderDraft = read_json(request, &app).await?;
    set(&app, Some(uid), draft.title).await
}

async fn set(app: &App, uid: Option<String>, title: String) -> Result<Response, ApiError> {
    let folder = ask(app, move |library| {
        let uid = library.set_folder(uid.as_deref(), &title)?;
        Ok(folder(library, &uid))
    });
    Ok(json(StatusCode::OK, &folder.await?))
}

fn folder(library: &Library, uid: &str) -> Option<FolderBody> {
    library.folders().into_iter().find(|folder| folder.uid == uid).map(folder_body)
}

/// Deletes an empty folder.
#[utoipa::path(delete, path = "/api/flyball/v1/folders/{uid}", tag = "dashboards",
    params(("uid" = String, Path, description = "Identity")),
    responses((status = 204, description = "It is gone"),
        (status = 409, description = "It is not empty", body = ErrorBody),
        (status = "default", description = "It is still there", body = ErrorBody)))]
pub(crate) async fn remove(
    State(app): State<App>,
    Path(uid): Path<String>,
) -> Result<Response, ApiError> {
    ask(&app, move |library| -> Result<(), Error> { library.delete_folder(&uid) }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
