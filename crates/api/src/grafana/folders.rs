//! Folders as Grafana's clients make, list, rename and delete them.

use super::Refusal;
use super::boards::folder;
use super::describe::{FolderBody, FolderDraft, Said, number};
use crate::App;
use crate::dashboards::{ask, read_json};
use crate::reply::{ApiError, ErrorType, json};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Request, StatusCode};

/// All folders.
#[utoipa::path(get, path = "/grafana/api/folders", tag = "grafana",
    responses((status = 200, description = "Folders", body = Vec<FolderBody>),
        (status = "default", description = "No answer", body = Said)))]
pub(crate) async fn list(State(app): State<App>) -> Result<Response, Refusal> {
    let folders = ask(&app, |library| Ok(library.folders())).await?;
    let body = |folder| FolderBody::new(folder, &app.prefix);
    let folders: Vec<FolderBody> = folders.iter().map(body).collect();
    Ok(json(StatusCode::OK, &folders))
}

/// One folder.
#[utoipa::path(get, path = "/grafana/api/folders/{uid}", tag = "grafana",
    params(("uid" = String, Path, description = "Identity")),
    responses((status = 200, description = "The folder", body = FolderBody),
        (status = "default", description = "No folder", body = Said)))]
pub(crate) async fn show(
    State(app): State<App>,
    Path(uid): Path<String>,
) -> Result<Response, Refusal> {
    let found = ask(&app, move |library| Ok(folder(library, &uid))).await?;
    match found {
        Some(folder) => Ok(json(StatusCode::OK, &FolderBody::new(&folder, &app.prefix))),
        None => Err(ApiError::new(ErrorType::NotFound, "folder not found").into()),
    }
}

/// Makes a folder.
#[utoipa::path(post, path = "/grafana/api/folders", tag = "grafana",
    request_body = FolderDraft,
    responses((status = 200, description = "The folder", body = FolderBody),
        (status = "default", description = "No folder", body = Said)))]
pub(crate) async fn create(
    State(app): State<App>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let draft: FolderDraft = read_json(request, &app).await?;
    set(&app, draft.uid.filter(|uid| !uid.is_empty()), draft.title).await
}

/// Gives a folder another title.
#[utoipa::path(put, path = "/grafana/api/folders/{uid}", tag = "grafana",
    params(("uid" = String, Path, description = "Identity")),
    request_body = FolderDraft,
    responses((status = 200, description = "The folder", body = FolderBody),
        (status = "default", description = "Nothing changed", body = Said)))]
pub(crate) async fn rename(
    State(app): State<App>,
    Path(uid): Path<String>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let draft: FolderDraft = read_json(request, &app).await?;
    set(&app, Some(uid), draft.title).await
}

async fn set(app: &App, uid: Option<String>, title: String) -> Result<Response, Refusal> {
    let prefix = app.prefix.clone();
    let made = ask(app, move |library| {
        let uid = library.set_folder(uid.as_deref(), &title)?;
        Ok(folder(library, &uid).map(|folder| FolderBody::new(&folder, &prefix)))
    });
    Ok(json(StatusCode::OK, &made.await?))
}

/// Deletes an empty folder.
#[utoipa::path(delete, path = "/grafana/api/folders/{uid}", tag = "grafana",
    params(("uid" = String, Path, description = "Identity")),
    responses((status = 200, description = "It is gone"),
        (status = "default", description = "It is still there", body = Said)))]
pub(crate) async fn remove(
    State(app): State<App>,
    Path(uid): Path<String>,
) -> Result<Response, Refusal> {
    let id = number(&uid);
    ask(&app, move |library| library.delete_folder(&uid)).await?;
    let body = serde_json::json!({"message": "Folder deleted", "id": id});
    Ok(json(StatusCode::OK, &body))
}
