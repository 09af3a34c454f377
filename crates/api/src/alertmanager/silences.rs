//! `/api/v2/silences` and `/api/v2/silence/{id}`: silences are made, changed, shown and ended.

use super::describe::{GettableSilence, PostableSilence, SilenceId};
use super::reply::{self, Complaint};
use super::wanted::matchers;
use super::written::{self, SilenceBody};
use super::{ask, posted};
use crate::params::Params;
use crate::provider::SilenceFailure;
use crate::{App, Principal};
use alerts::{Silence, SilenceError, SilenceState};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::Request;
use model::{Matcher, Timestamp};
use std::cmp::Reverse;

/// Silences: active ones by their ends, pending ones by their beginnings, then those that ended.
#[utoipa::path(get, path = "/api/v2/silences", tag = "alertmanager",
    params(("filter" = Option<Vec<String>>, Query, description = "Matchers of the silences")),
    responses(
        (status = 200, description = "Silences", body = Vec<GettableSilence>),
        (status = 400, description = "Bad request", body = String)))]
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Response, Complaint> {
    let wanted = matchers(&params, "filter", app.state.matchers)?;
    let now = app.state.clock.now();
    let silences = ask(&app, move |alerting| {
        let mut silences = alerting.silences();
        silences.retain(|silence| has_all(silence, &wanted));
        silences.sort_by_cached_key(|silence| place(silence, now));
        silences
    })
    .await?;
    Ok(reply::list(written::silences(silences, now), ()))
}

/// Has the silence a matcher like each of these?
fn has_all(silence: &Silence, wanted: &[Matcher]) -> bool {
    let parts =
        |matcher: &Matcher| (matcher.op(), matcher.name().to_owned(), matcher.value().to_owned());
    let is_there =
        |wanted: &Matcher| silence.matchers.iter().any(|own| parts(own) == parts(wanted));
    wanted.iter().all(is_there)
}

/// Where it stands in the list.
fn place(silence: &Silence, now: Timestamp) -> (u8, Timestamp, Reverse<Timestamp>, String) {
    let id = silence.id.clone();
    let none = Reverse(Timestamp::MIN);
    match silence.state(now) {
        SilenceState::Active => (1, silence.ends_at, none, id),
        SilenceState::Pending => (2, silence.starts_at, none, id),
        SilenceState::Expired => (3, Timestamp::MIN, Reverse(silence.ends_at), id),
    }
}

/// Makes a silence, or changes the one whose ID is given.
#[utoipa::path(post, path = "/api/v2/silences", tag = "alertmanager",
    request_body(content = PostableSilence, content_type = "application/json"),
    responses(
        (status = 200, description = "Made or changed", body = SilenceId),
        (status = 400, description = "Against the rules of silences", body = String),
        (status = 404, description = "There is none with this ID", body = String),
        (status = 422, description = "Against the schema")))]
pub(crate) async fn set(
    State(app): State<App>,
    principal: Principal,
    request: Request<Body>,
) -> Result<Response, Complaint> {
    let (bytes, _room) = posted::read(request, &app, "silence").await?;
    let silence = posted::silence(&bytes, app.state.clock.now(), app.state.matchers)?;
    let by = silence.created_by.clone();
    let id = ask(&app, move |alerting| alerting.set_silence(silence)).await??;
    tracing::info!(user = principal.name(), by, id, "silence set");
    Ok(reply::answer(&SilenceId { id }))
}

/// One silence.
#[utoipa::path(get, path = "/api/v2/silence/{id}", tag = "alertmanager",
    params(("id" = String, Path, description = "ID of the silence, a UUID")),
    responses(
        (status = 200, description = "The silence", body = GettableSilence),
        (status = 404, description = "There is none with this ID"),
        (status = 422, description = "No UUID")))]
pub(crate) async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, Complaint> {
    check_id(&id)?;
    let silence = ask(&app, move |alerting| alerting.silence(&id)).await?;
    let silence = silence.ok_or(Complaint::NotFound)?;
    Ok(reply::answer(&SilenceBody::new(&silence, app.state.clock.now())))
}

/// Ends a silence now.
#[utoipa::path(delete, path = "/api/v2/silence/{id}", tag = "alertmanager",
    params(("id" = String, Path, description = "ID of the silence, a UUID")),
    responses(
        (status = 200, description = "Ended"),
        (status = 404, description = "There is none with this ID"),
        (status = 422, description = "No UUID"),
        (status = 500, description = "It has ended already", body = String)))]
pub(crate) async fn expire(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
) -> Result<Response, Complaint> {
    check_id(&id)?;
    let wanted = id.clone();
    match ask(&app, move |alerting| alerting.expire_silence(&wanted)).await? {
        Ok(()) => {
            tracing::info!(user = principal.name(), id, "silence ended");
            Ok(reply::done())
        }
        Err(SilenceFailure::Refused(SilenceError::NotFound)) => Err(Complaint::NotFound),
        // Upstream's status for everything else, too.
        Err(failure) => Err(Complaint::internal(failure.to_string())),
    }
}

/// `8-4-4-4-12` hexadecimal digits.
fn check_id(id: &str) -> Result<(), Complaint> {
    let parts =
        id.split('-').map(|part| part.bytes().all(|b| b.is_ascii_hexdigit()).then_some(part.len()));
    if parts.eq([8, 4, 4, 4, 12].map(Some)) {
        return Ok(());
    }
    Err(Complaint::not_of_type("silenceID in path", "uuid", id))
}
