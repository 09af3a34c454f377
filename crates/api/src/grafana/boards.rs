//! Dashboards as Grafana's clients save, fetch, delete and search them.

use super::Refusal;
use super::describe::{FoundBody, HitBody, MetaBody, Said, SaveBody, SavedBody, number, page};
use crate::dashboards::{act, ask, read_json};
use crate::params::Params;
use crate::reply::{ApiError, json};
use crate::{App, Principal};
use ::dashboards::{Draft, Folder, Library, Over, Summary, import_value};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Request, StatusCode};
use serde_json::Value;

/// Hits of a search at most, unless the client asks for fewer; Grafana's own bound.
const HITS_MAX: usize = 5_000;
/// Hits of a search that names no limit; Grafana's own.
const HITS_DEFAULT: usize = 1_000;

/// Saves a dashboard, as Grafana: one that exists needs `overwrite` or its last version.
#[utoipa::path(post, path = "/grafana/api/dashboards/db", tag = "grafana",
    request_body = SaveBody,
    responses((status = 200, description = "It is kept", body = SavedBody),
        (status = 412, description = "Somebody else saved meanwhile", body = Said),
        (status = "default", description = "It is not kept", body = Said)))]
pub(crate) async fn save(
    State(app): State<App>,
    principal: Principal,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let body: SaveBody = read_json(request, &app).await?;
    let (act, prefix) = (act(&app, principal.name()), app.prefix.clone());
    let saved = ask(&app, move |library| {
        let over = over(&body);
        let dashboard = import_value(body.dashboard)?.dashboard;
        let message = body.message.unwrap_or_default();
        let folder = body.folder_uid;
        let uid = library.save(Draft { dashboard, folder, message, over }, &act)?;
        let found = library.get(&uid, &act.user)?;
        let slug = ::dashboards::uid_of(&found.summary.title);
        Ok(SavedBody {
            id: number(&uid),
            url: page(&prefix, &uid, &slug),
            status: "success",
            version: found.summary.version,
            slug,
            folder_uid: found.summary.folder,
            uid,
        })
    });
    Ok(json(StatusCode::OK, &saved.await?))
}

/// Without an identity it is a new one; with one its version counts, unless it is overwritten.
fn over(body: &SaveBody) -> Over {
    let uid = body.dashboard.get("uid").and_then(Value::as_str).unwrap_or_default();
    let version = body.dashboard.get("version").and_then(Value::as_u64).unwrap_or(0);
    match (body.overwrite, uid.is_empty()) {
        (true, _) => Over::Anything,
        (false, true) => Over::Nothing,
        (false, false) if version == 0 => Over::NothingStrictly,
        // Files of other servers carry versions of theirs: the first save takes them as new.
        (false, false) => Over::VersionOrNothing(version),
    }
}

/// A dashboard with what is known of it.
#[utoipa::path(get, path = "/grafana/api/dashboards/uid/{uid}", tag = "grafana",
    params(("uid" = String, Path, description = "Identity")),
    responses((status = 200, description = "The dashboard", body = FoundBody),
        (status = "default", description = "No dashboard", body = Said)))]
pub(crate) async fn show(
    State(app): State<App>,
    principal: Principal,
    Path(uid): Path<String>,
) -> Result<Response, Refusal> {
    let (user, prefix) = (principal.name().to_owned(), app.prefix.clone());
    let found = ask(&app, move |library| {
        let found = library.get(&uid, &user)?;
        let meta = MetaBody::new(found.summary, &library.folders(), &prefix);
        let mut dashboard = found.dashboard.into_json();
        dashboard["id"] = number(&uid).into();
        Ok(FoundBody { dashboard, meta })
    });
    Ok(json(StatusCode::OK, &found.await?))
}

/// Deletes a dashboard.
#[utoipa::path(delete, path = "/grafana/api/dashboards/uid/{uid}", tag = "grafana",
    params(("uid" = String, Path, description = "Identity")),
    responses((status = 200, description = "It is gone"),
        (status = "default", description = "It is still there", body = Said)))]
pub(crate) async fn remove(
    State(app): State<App>,
    Path(uid): Path<String>,
) -> Result<Response, Refusal> {
    let title = ask(&app, move |library| {
        let title = library.get(&uid, "")?.summary.title;
        library.delete(&uid)?;
        Ok(title)
    });
    let title = title.await?;
    let message = format!("Dashboard {title} deleted");
    Ok(json(StatusCode::OK, &serde_json::json!({"title": title, "message": message})))
}

/// What a search asks for.
struct Search {
    words: String,
    tags: Vec<String>,
    kind: Option<String>,
    uids: Vec<String>,
    folders: Vec<String>,
    starred: bool,
    limit: usize,
    page: usize,
}

/// Dashboards and folders that match.
#[utoipa::path(get, path = "/grafana/api/search", tag = "grafana",
    params(
        ("query" = Option<String>, Query, description = "Part of the title"),
        ("tag" = Option<Vec<String>>, Query, description = "Tags that it must have"),
        ("type" = Option<String>, Query, description = "`dash-db` or `dash-folder`"),
        ("dashboardUIDs" = Option<Vec<String>>, Query, description = "Identities"),
        ("folderUIDs" = Option<Vec<String>>, Query, description = "Identities of folders"),
        ("starred" = Option<bool>, Query, description = "Only those that you starred"),
        ("limit" = Option<u64>, Query, description = "Most hits of a page"),
        ("page" = Option<u64>, Query, description = "Number of the page, from 1")),
    responses((status = 200, description = "Hits", body = Vec<HitBody>),
        (status = "default", description = "No answer", body = Said)))]
pub(crate) async fn search(
    State(app): State<App>,
    principal: Principal,
    params: Params,
) -> Result<Response, Refusal> {
    let search = Search::new(&params)?;
    let (user, prefix) = (principal.name().to_owned(), app.prefix.clone());
    let hits = ask(&app, move |library| Ok(search.hits(library, &user, &prefix))).await?;
    Ok(json(StatusCode::OK, &hits))
}

impl Search {
    fn new(params: &Params) -> Result<Self, ApiError> {
        let all = |name: &str| -> Vec<String> {
            let values = params.all(name).flat_map(|value| value.split(','));
            values.filter(|value| !value.is_empty()).map(str::to_owned).collect()
        };
        let starred = params.truth("starred");
        let page = params.number("page", "page is no whole number")?.unwrap_or(1);
        Ok(Self {
            words: params.get("query").unwrap_or_default().to_lowercase(),
            tags: params.all("tag").map(str::to_owned).collect(),
            kind: params.get("type").map(str::to_owned),
            uids: [all("dashboardUIDs"), all("dashboardUID")].concat(),
            folders: all("folderUIDs"),
            starred: starred.map_err(|error| ApiError::invalid_parameter("starred", error))?,
            limit: params.limit()?.unwrap_or(HITS_DEFAULT).min(HITS_MAX),
            page: usize::try_from(page).unwrap_or(1).max(1),
        })
    }

    fn hits(&self, library: &Library, user: &str, prefix: &str) -> Vec<HitBody> {
        let folders = library.folders();
        let wants = |kind: &str| self.kind.as_ref().is_none_or(|wanted| wanted == kind);
        let mut hits = Vec::new();
        let only_dashboards = !self.tags.is_empty() || !self.uids.is_empty() || self.starred;
        if wants("dash-folder") && !only_dashboards && self.folders.is_empty() {
            let found = folders.iter().filter(|folder| self.has_words(&folder.title));
            hits.extend(found.map(|folder| HitBody::of_folder(folder, prefix)));
        }
        if wants("dash-db") {
            let found = library.list(user).into_iter().filter(|summary| self.covers(summary));
            hits.extend(found.map(|summary| HitBody::of_dashboard(summary, &folders, prefix)));
        }
        let skipped = (self.page - 1).saturating_mul(self.limit);
        hits.into_iter().skip(skipped).take(self.limit).collect()
    }

    fn covers(&self, summary: &Summary) -> bool {
        let in_folder = |folder: &String| {
            *folder == summary.folder || (folder == "general" && summary.folder.is_empty())
        };
        self.has_words(&summary.title)
            && self.tags.iter().all(|tag| summary.tags.contains(tag))
            && (self.uids.is_empty() || self.uids.contains(&summary.uid))
            && (self.folders.is_empty() || self.folders.iter().any(in_folder))
            && (!self.starred || summary.is_starred)
    }

    fn has_words(&self, title: &str) -> bool {
        title.to_lowercase().contains(&self.words)
    }
}

/// The folder with an identity.
pub(super) fn folder(library: &Library, uid: &str) -> Option<Folder> {
    library.folders().into_iter().find(|folder| folder.uid == uid)
}
