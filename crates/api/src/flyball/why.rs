//! `/api/flyball/v1/alerts/why`: what became of alerts and why. Were people told, and if not, what
//! stood in the way?

use crate::App;
use crate::params::Params;
use crate::reply::{ApiError, ErrorBody, ErrorType, Success, success};
use crate::shape::rfc3339;
use ::alerts::{AlertSelection, AlertStatus, Decision};
use axum::extract::State;
use axum::response::Response;
use model::{Labels, Matcher};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Decisions shown unless the client names a number.
const DECISIONS_DEFAULT: usize = 100;
/// Decisions shown at most.
const DECISIONS_MAX: usize = 10_000;

/// Alerts that match, and what was decided about them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhyBody {
    /// Alerts that fire now.
    alerts: Vec<FiringBody>,
    /// The last decisions, oldest first.
    decisions: Vec<DecisionBody>,
}

/// An alert that fires now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FiringBody {
    labels: BTreeMap<String, String>,
    /// `active` or `suppressed`.
    state: &'static str,
    /// Names of the receivers that it is routed to.
    receivers: Vec<String>,
    /// Identities of the silences that mute it.
    silenced_by: Vec<String>,
    /// Fingerprints of the alerts that inhibit it.
    inhibited_by: Vec<String>,
    /// Time intervals that mute its routes.
    muted_by: Vec<String>,
}

/// What became of some alerts of a group at one moment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DecisionBody {
    /// RFC 3339.
    at: String,
    receiver: String,
    group_key: String,
    /// `held`, `sent`, `retried`, `refused`, `end_not_wanted`, `silenced`, `inhibited`,
    /// `muted_by_interval`, `outside_active_intervals`, `resolved_unheard` or `external`.
    code: &'static str,
    /// The same in words, with who or what.
    reason: String,
    /// The alerts that match.
    alerts: Vec<BTreeMap<String, String>>,
}

/// Why people were, or were not, told of alerts.
#[utoipa::path(get, path = "/api/flyball/v1/alerts/why", tag = "flyball",
    params(
        ("filter" = Option<Vec<String>>, Query, description = "Matchers, all of which must hold"),
        ("limit" = Option<usize>, Query, description = "Number of decisions; 100 by default"),
    ),
    responses(
        (status = 200, description = "Alerts and decisions", body = Success<WhyBody>),
        (status = 400, description = "A matcher cannot be read", body = ErrorBody)))]
pub(crate) async fn why(State(app): State<App>, params: Params) -> Result<Response, ApiError> {
    let mut matchers: Vec<Matcher> = Vec::new();
    for text in params.all("filter") {
        let parsed = app.state.matchers.matchers(text);
        matchers.extend(parsed.map_err(|error| ApiError::invalid_parameter("filter", error))?);
    }
    let count = params.limit()?.unwrap_or(DECISIONS_DEFAULT).min(DECISIONS_MAX);
    let alerting = Arc::clone(&app.state.alerting);
    let ask = move || {
        let alerts = alerting.alerts(&AlertSelection::matching(&matchers));
        (alerts, alerting.decisions(&matchers, count))
    };
    let (mut alerts, decisions) = tokio::task::spawn_blocking(ask)
        .await
        .map_err(|error| ApiError::new(ErrorType::Internal, format!("cannot answer: {error}")))?;
    alerts.sort_by(|a, b| a.alert.labels.cmp(&b.alert.labels));
    Ok(success(WhyBody {
        alerts: alerts.iter().map(firing).collect(),
        decisions: decisions.iter().map(decision).collect(),
    }))
}

fn firing(status: &AlertStatus) -> FiringBody {
    FiringBody {
        labels: map(&status.alert.labels),
        state: status.state.as_str(),
        receivers: status.receivers.iter().map(ToString::to_string).collect(),
        silenced_by: status.silenced_by.clone(),
        inhibited_by: status.inhibited_by.iter().map(|f| format!("{f:016x}")).collect(),
        muted_by: status.muted_by.clone(),
    }
}

fn decision(decision: &Decision) -> DecisionBody {
    DecisionBody {
        at: rfc3339(Some(decision.at)),
        receiver: decision.receiver.to_string(),
        group_key: decision.group_key.to_string(),
        code: decision.verdict.code(),
        reason: decision.verdict.to_string(),
        alerts: decision.alerts.iter().map(map).collect(),
    }
}

fn map(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
