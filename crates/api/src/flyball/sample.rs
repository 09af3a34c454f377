//! `/api/flyball/v1/alerts/sample`: a message about real alerts, on which templates are tried.

use crate::App;
use crate::params::Params;
use crate::reply::{ApiError, ErrorBody, ErrorType, Success, success};
use ::alerts::Sample;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

/// A message as webhooks get it about the last alert that matches: one that fires, or else one of
/// the last 1,000 that have ended. With it come the others that match, belong to the same group and
/// were there at the same time.
#[utoipa::path(get, path = "/api/flyball/v1/alerts/sample", tag = "flyball",
    params(
        ("filter" = Option<Vec<String>>, Query, description = "Matchers, all of which must hold"),
        ("fingerprint" = Option<String>, Query, description = "Of the alert, as /api/v2/alerts \
            shows it"),
        ("receiver" = Option<String>, Query, description = "Name of the receiver; the first one \
            that is told of the alert by default"),
    ),
    responses(
        (status = 200, description = "The message", body = Success<serde_json::Value>),
        (status = 400, description = "A parameter cannot be read", body = ErrorBody),
        (status = 404, description = "No such alert is known", body = ErrorBody)))]
pub(crate) async fn sample(State(app): State<App>, params: Params) -> Result<Response, ApiError> {
    let mut matchers = Vec::new();
    for text in params.all("filter") {
        let parsed = app.state.matchers.matchers(text);
        matchers.extend(parsed.map_err(|error| ApiError::invalid_parameter("filter", error))?);
    }
    let fingerprint = params.get("fingerprint").map(fingerprint).transpose()?;
    let receiver = params.get("receiver").map(str::to_owned);
    let alerting = Arc::clone(&app.state.alerting);
    let ask = move || {
        let receiver = receiver.as_deref();
        alerting.sample(&Sample { matchers: &matchers, fingerprint, receiver })
    };
    let found = tokio::task::spawn_blocking(ask)
        .await
        .map_err(|error| ApiError::new(ErrorType::Internal, format!("cannot answer: {error}")))?;
    let none = "no such alert fires, and none of the last 1,000 that ended is one, \
                or the receiver is not told of it";
    found.map(success).ok_or_else(|| ApiError::new(ErrorType::NotFound, none))
}

/// Sixteen hexadecimal digits.
fn fingerprint(text: &str) -> Result<u64, ApiError> {
    let number = u64::from_str_radix(text, 16).ok().filter(|_| text.len() == 16);
    number.ok_or_else(|| {
        let why = format!("found {text:?}, expected sixteen hexadecimal digits");
        ApiError::invalid_parameter("fingerprint", why)
    })
}
