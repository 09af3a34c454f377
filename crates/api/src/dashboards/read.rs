//! Looking at dashboards: the list, one of them, its versions, its file.

use super::describe::{
    DifferenceBody, DifferencesBody, DraftBody, FolderBody, FoundBody, ListBody, SummaryBody,
    TroubleBody, VersionBody, VersionFoundBody, VersionsBody,
};
use super::{ask, read_json};
use crate::params::Params;
use crate::reply::{ApiError, ErrorBody, json};
use crate::{App, Principal};
use ::dashboards::{Dashboard, Folder, Library, Summary, diff, import_value};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Request, StatusCode, header};

/// What somebody looks for.
struct Search {
    words: Vec<String>,
    tags: Vec<String>,
    folder: Option<String>,
    starred: bool,
}

/// All dashboards that match.
#[utoipa::path(get, path = "/api/flyball/v1/dashboards", tag = "dashboards",
    params(
        ("query" = Option<String>, Query, description = "Words of title or tags"),
        ("tag" = Option<Vec<String>>, Query, description = "Tags that it must have"),
        ("folder" = Option<String>, Query, description = "Identity of its folder"),
        ("starred" = Option<bool>, Query, description = "Only those that you starred")),
    responses((status = 200, description = "Dashboards by title", body = ListBody),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn list(
    State(app): State<App>,
    principal: Principal,
    params: Params,
) -> Result<Response, ApiError> {
    let search = Search::new(&params)?;
    let user = principal.name().to_owned();
    let body = ask(&app, move |library| Ok(found(library, &search, &user))).await?;
    Ok(json(StatusCode::OK, &body))
}

fn found(library: &Library, search: &Search, user: &str) -> ListBody {
    let folders = library.folders();
    let all = library.list(user).into_iter().filter(|summary| search.covers(summary, &folders));
    let dashboards = all.map(|summary| SummaryBody::new(summary, &folders)).collect();
    let troubles = library.troubles().into_iter();
    let troubles = troubles.map(|t| TroubleBody { path: t.path, message: t.message }).collect();
    let folders = folders.into_iter().map(folder_body).collect();
    ListBody { dashboards, folders, troubles }
}

pub(super) fn folder_body(folder: Folder) -> FolderBody {
    FolderBody { uid: folder.uid, title: folder.title, provisioned: folder.is_provisioned }
}

impl Search {
    fn new(params: &Params) -> Result<Self, ApiError> {
        let words = params.get("query").unwrap_or_default().to_lowercase();
        let starred = params.truth("starred");
        Ok(Self {
            words: words.split_whitespace().map(str::to_owned).collect(),
            tags: params.all("tag").filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
            folder: params.get("folder").map(str::to_owned),
            starred: starred.map_err(|error| ApiError::invalid_parameter("starred", error))?,
        })
    }

    fn covers(&self, summary: &Summary, folders: &[Folder]) -> bool {
        let folder = super::describe::folder_title(&summary.folder, folders);
        let text = format!("{} {} {folder}", summary.title, summary.tags.join(" ")).to_lowercase();
        self.words.iter().all(|word| text.contains(word.as_str()))
            && self.tags.iter().all(|tag| summary.tags.contains(tag))
            && self.folder.as_ref().is_none_or(|folder| summary.folder == *folder)
            && (!self.starred || summary.is_starred)
    }
}

/// A dashboard in the form that is shown.
#[utoipa::path(get, path = "/api/flyball/v1/dashboards/{uid}", tag = "dashboards",
    params(("uid" = String, Path, description = "Identity")),
    responses((status = 200, description = "The dashboard", body = FoundBody),
        (status = 404, description = "There is none", body = ErrorBody),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn show(
    State(app): State<App>,
    principal: Principal,
    Path(uid): Path<String>,
) -> Result<Response, ApiError> {
    let user = principal.name().to_owned();
    let body =
        ask(&app, move |library| Ok(FoundBody::new(library.get(&uid, &user)?, &library.folders())));
    Ok(json(StatusCode::OK, &body.await?))
}

/// Versions of a dashboard that are kept, newest first.
#[utoipa::path(get, path = "/api/flyball/v1/dashboards/{uid}/versions", tag = "dashboards",
    params(("uid" = String, Path, description = "Identity")),
    responses((status = 200, description = "Versions", body = VersionsBody),
        (status = 404, description = "There is no such dashboard", body = ErrorBody),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn versions(
    State(app): State<App>,
    Path(uid): Path<String>,
) -> Result<Response, ApiError> {
    let versions = ask(&app, move |library| library.versions(&uid)).await?;
    let versions = versions.into_iter().map(VersionBody::new).collect();
    Ok(json(StatusCode::OK, &VersionsBody { versions }))
}

/// A former version.
#[utoipa::path(get, path = "/api/flyball/v1/dashboards/{uid}/versions/{version}",
    tag = "dashboards",
    params(("uid" = String, Path, description = "Identity"),
        ("version" = u64, Path, description = "Number of the version")),
    responses((status = 200, description = "The version", body = VersionFoundBody),
        (status = 404, description = "It is not kept", body = ErrorBody),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn version(
    State(app): State<App>,
    Path((uid, version)): Path<(String, u64)>,
) -> Result<Response, ApiError> {
    let (summary, dashboard) = ask(&app, move |library| library.version(&uid, version)).await?;
    let meta = VersionBody::new(summary);
    Ok(json(StatusCode::OK, &VersionFoundBody { dashboard: dashboard.into_json(), meta }))
}

/// What is different between two versions of a dashboard.
#[utoipa::path(get, path = "/api/flyball/v1/dashboards/{uid}/diff", tag = "dashboards",
    params(("uid" = String, Path, description = "Identity"),
        ("from" = Option<u64>, Query, description = "Number of a version; the one before `to`"),
        ("to" = Option<u64>, Query, description = "Number of a version; the newest by default")),
    responses((status = 200, description = "Differences by place", body = DifferencesBody),
        (status = 404, description = "A version is not kept", body = ErrorBody),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn difference(
    State(app): State<App>,
    Path(uid): Path<String>,
    params: Params,
) -> Result<Response, ApiError> {
    let (from, to) = (version_param(&params, "from")?, version_param(&params, "to")?);
    let body = ask(&app, move |library| {
        let versions = library.versions(&uid)?;
        let numbers = versions.iter().map(|version| version.number);
        let to = to.or_else(|| numbers.clone().max()).unwrap_or_default();
        let before = numbers.filter(|number| *number < to).max();
        let (_, new) = library.version(&uid, to)?;
        let from = from.or(before).unwrap_or(to);
        let (_, old) = library.version(&uid, from)?;
        Ok(DifferencesBody { from, to: Some(to), differences: differences(&old, &new) })
    });
    Ok(json(StatusCode::OK, &body.await?))
}

/// What is different in a dashboard that is not saved yet.
#[utoipa::path(post, path = "/api/flyball/v1/dashboards/{uid}/diff", tag = "dashboards",
    params(("uid" = String, Path, description = "Identity")),
    request_body = DraftBody,
    responses((status = 200, description = "Differences by place", body = DifferencesBody),
        (status = 404, description = "The version is not kept", body = ErrorBody),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn difference_of_draft(
    State(app): State<App>,
    Path(uid): Path<String>,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let draft: DraftBody = read_json(request, &app).await?;
    let body = ask(&app, move |library| {
        let new = import_value(draft.dashboard)?.dashboard.with_uid(&uid);
        let newest = || Ok(library.get(&uid, "")?.summary.version);
        let from = draft.from.map_or_else(newest, Ok)?;
        let (_, old) = library.version(&uid, from)?;
        Ok(DifferencesBody { from, to: None, differences: differences(&old, &new) })
    });
    Ok(json(StatusCode::OK, &body.await?))
}

fn differences(old: &Dashboard, new: &Dashboard) -> Vec<DifferenceBody> {
    diff(old, new).into_iter().map(DifferenceBody::new).collect()
}

fn version_param(params: &Params, name: &'static str) -> Result<Option<u64>, ApiError> {
    let number = params.get(name).map(str::parse).transpose();
    number.map_err(|error| ApiError::invalid_parameter(name, error))
}

/// A dashboard as a file that Grafana imports.
#[utoipa::path(get, path = "/api/flyball/v1/dashboards/{uid}/export", tag = "dashboards",
    params(("uid" = String, Path, description = "Identity")),
    responses((status = 200, description = "Classic JSON", content_type = "application/json"),
        (status = 404, description = "There is none", body = ErrorBody),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn export(
    State(app): State<App>,
    Path(uid): Path<String>,
) -> Result<Response, ApiError> {
    let found = ask(&app, move |library| library.get(&uid, "")).await?;
    // Identities consist of letters, digits, `-` and `_`.
    let name = format!("attachment; filename=\"{}.json\"", found.summary.uid);
    let mut response = found.dashboard.to_file().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
