//! `/api/flyball/v1/alerts/dead-letters`: notifications that did not arrive, by receiver; they can
//! be tried again or forgotten.

use crate::params::Params;
use crate::reply::{ApiError, ErrorBody, ErrorType, Success, success};
use crate::shape::rfc3339;
use crate::{App, Principal};
use ::alerts::DeadLetter;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Notifications that did not arrive.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LettersBody {
    /// The one that was given up last comes first.
    dead_letters: Vec<LetterBody>,
}

/// A notification that did not arrive.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LetterBody {
    id: String,
    receiver: String,
    /// Which way: `webhook[0]`.
    integration: String,
    group_key: String,
    /// What went wrong the last time.
    reason: String,
    /// When the integration first failed for this group, RFC 3339.
    since: String,
    /// When it was given up last, RFC 3339.
    at: String,
    age_seconds: f64,
    /// How often it was given up.
    times: u32,
    alerts: Vec<LetterAlertBody>,
    /// Further alerts of the message, which are not kept.
    alerts_left_off: usize,
}

/// An alert that somebody was to hear of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LetterAlertBody {
    labels: BTreeMap<String, String>,
    /// `firing` or `resolved`.
    status: &'static str,
}

/// Letters that were tried again, or forgotten.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DoneBody {
    ids: Vec<String>,
}

/// Notifications that receivers refused, or that failed until their group's next turn. A letter
/// goes when its integration takes a message about the group.
#[utoipa::path(get, path = "/api/flyball/v1/alerts/dead-letters", tag = "flyball",
    params(("receiver" = Option<String>, Query, description = "Name of one receiver")),
    responses((status = 200, description = "Dead letters", body = Success<LettersBody>)))]
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Response, ApiError> {
    let receiver = params.get("receiver").map(str::to_owned);
    let now = app.state.clock.now();
    let alerting = Arc::clone(&app.state.alerting);
    let mut letters = blocking(move || alerting.dead_letters()).await?;
    letters.retain(|letter| receiver.as_ref().is_none_or(|name| name == letter.receiver()));
    let body = |letter: &DeadLetter| LetterBody {
        id: letter.id.clone(),
        receiver: letter.receiver().to_owned(),
        integration: letter.integration.clone(),
        group_key: letter.group_key().to_owned(),
        reason: letter.why.clone(),
        since: rfc3339(Some(letter.since)),
        at: rfc3339(Some(letter.at)),
        age_seconds: now.since(letter.at).as_secs_f64(),
        times: letter.times,
        alerts: letter
            .alerts()
            .map(|(labels, fires)| LetterAlertBody {
                labels: labels.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
                status: if fires { "firing" } else { "resolved" },
            })
            .collect(),
        alerts_left_off: letter.alerts_left_off,
    };
    Ok(success(LettersBody { dead_letters: letters.iter().map(body).collect() }))
}

/// Tries a dead letter again: its group has its turn at once; the message goes out as it was when
/// there is no such group any more.
#[utoipa::path(post, path = "/api/flyball/v1/alerts/dead-letters/{id}/resend", tag = "flyball",
    params(("id" = String, Path, description = "ID of the letter")),
    responses(
        (status = 200, description = "It is on its way", body = Success<DoneBody>),
        (status = 404, description = "No such letter, or no such receiver", body = ErrorBody)))]
pub(crate) async fn resend(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let (alerting, wanted) = (Arc::clone(&app.state.alerting), id.clone());
    if !blocking(move || alerting.resend(&wanted)).await? {
        return Err(unknown(&id));
    }
    tracing::info!(user = principal.name(), id, "dead letter sent again");
    Ok(success(DoneBody { ids: vec![id] }))
}

/// Tries all dead letters again.
#[utoipa::path(post, path = "/api/flyball/v1/alerts/dead-letters/resend", tag = "flyball",
    responses((status = 200, description = "They are on their way", body = Success<DoneBody>)))]
pub(crate) async fn resend_all(
    State(app): State<App>,
    principal: Principal,
) -> Result<Response, ApiError> {
    let alerting = Arc::clone(&app.state.alerting);
    let resend = move || {
        let ids = alerting.dead_letters().into_iter().map(|letter| letter.id);
        ids.filter(|id| alerting.resend(id)).collect::<Vec<_>>()
    };
    let ids = blocking(resend).await?;
    tracing::info!(user = principal.name(), count = ids.len(), "dead letters sent again");
    Ok(success(DoneBody { ids }))
}

/// Forgets a dead letter.
#[utoipa::path(delete, path = "/api/flyball/v1/alerts/dead-letters/{id}", tag = "flyball",
    params(("id" = String, Path, description = "ID of the letter")),
    responses(
        (status = 200, description = "Forgotten", body = Success<DoneBody>),
        (status = 404, description = "No such letter", body = ErrorBody)))]
pub(crate) async fn forget(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let (alerting, wanted) = (Arc::clone(&app.state.alerting), id.clone());
    if !blocking(move || alerting.forget_dead_letter(&wanted)).await? {
        return Err(unknown(&id));
    }
    tracing::info!(user = principal.name(), id, "dead letter forgotten");
    Ok(success(DoneBody { ids: vec![id] }))
}

fn unknown(id: &str) -> ApiError {
    let message = format!("no dead letter {}, or no receiver for it", model::quote(id));
    ApiError::new(ErrorType::NotFound, message)
}

async fn blocking<T: Send + 'static>(
    ask: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let answer = tokio::task::spawn_blocking(ask).await;
    answer.map_err(|error| ApiError::new(ErrorType::Internal, format!("cannot answer: {error}")))
}
