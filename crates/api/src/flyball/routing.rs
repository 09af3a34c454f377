//! `/api/flyball/v1/alerts/routes` and `.../alerts/receivers`: the routing tree as the server uses
//! it, who would be told of an alert and why, and whether messages arrive.

use super::relabel::labels;
use crate::App;
use crate::params::Params;
use crate::provider::AlertsProvider;
use crate::reply::{ApiError, ErrorBody, ErrorType, Success, success};
use crate::shape::{duration_text, rfc3339};
use ::alerts::{IntegrationStatus, RouteView, Way};
use axum::extract::State;
use axum::response::Response;
use config::GroupBy;
use model::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// The routing tree.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoutesBody {
    /// alertmanager.yml; null without one.
    file: Option<String>,
    /// Parents before their children; `depth` makes a tree of them.
    routes: Vec<RouteBody>,
    /// Who is told of an alert with the labels, in the order of the tree; null without labels.
    receivers: Option<Vec<String>>,
}

/// A route with everything that it inherits.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RouteBody {
    depth: usize,
    /// Line of the file in which it begins; null without a file.
    line: Option<usize>,
    /// Alertmanager's name of the route, with which names of groups begin.
    key: String,
    receiver: String,
    matchers: Vec<RouteMatcherBody>,
    #[serde(rename = "continue")]
    continues: bool,
    /// `...`: every label.
    group_by: Vec<String>,
    group_wait: String,
    group_interval: String,
    repeat_interval: String,
    /// Keys that the route has itself: `receiver`, `group_by`, `group_wait`, `group_interval`,
    /// `repeat_interval`. The others are its parent's.
    own: Vec<&'static str>,
    mute_time_intervals: Vec<String>,
    active_time_intervals: Vec<String>,
    labels: BTreeMap<String, String>,
    /// `told`, `passed` (a child takes the alert), `refused` or `not_asked`; null without labels.
    way: Option<&'static str>,
    /// The same in words; null without labels.
    reason: Option<String>,
}

/// A condition of a route.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RouteMatcherBody {
    matcher: String,
    /// Null when the route was not asked.
    holds: Option<bool>,
}

/// The routing tree; with labels, the way of an alert that has them.
#[utoipa::path(method(get, post), path = "/api/flyball/v1/alerts/routes", tag = "flyball",
    params(("labels" = Option<String>, Query,
        description = "Labels of an alert, a JSON object with texts")),
    responses((status = 200, description = "The tree", body = Success<RoutesBody>),
        (status = 400, description = "The labels cannot be read", body = ErrorBody)))]
pub(crate) async fn routes(State(app): State<App>, params: Params) -> Result<Response, ApiError> {
    let labels = labels(&params, "labels")?;
    let is_tried = labels.is_some();
    let (file, routes) =
        blocking(&app, move |alerting| (alerting.file(), alerting.routes(labels.as_ref()))).await?;
    let told = routes.iter().filter(|route| route.way == Some(Way::Told));
    let receivers = is_tried.then(|| told.map(|route| route.receiver.to_string()).collect());
    let reasons: Vec<Option<String>> =
        (0..routes.len()).map(|place| reason(&routes, place)).collect();
    let routes = routes.into_iter().zip(reasons).map(|(route, reason)| body(route, reason));
    Ok(success(RoutesBody { file, routes: routes.collect(), receivers }))
}

fn body(route: RouteView, reason: Option<String>) -> RouteBody {
    let matcher = |(matcher, holds)| RouteMatcherBody { matcher, holds };
    RouteBody {
        depth: route.depth,
        line: Some(route.line).filter(|line| *line > 0),
        key: route.key,
        receiver: route.receiver.to_string(),
        matchers: route.matchers.into_iter().map(matcher).collect(),
        continues: route.continues,
        group_by: match route.group_by {
            GroupBy::AllLabels => vec!["...".to_owned()],
            GroupBy::Labels(names) => names,
        },
        group_wait: duration_text(route.group_wait),
        group_interval: duration_text(route.group_interval),
        repeat_interval: duration_text(route.repeat_interval),
        own: route.own,
        mute_time_intervals: route.mute_time_intervals,
        active_time_intervals: route.active_time_intervals,
        labels: route.labels,
        way: route.way.map(|way| match way {
            Way::Told => "told",
            Way::Passed => "passed",
            Way::Refused => "refused",
            Way::NotAsked => "not_asked",
        }),
        reason,
    }
}

/// Why the alert takes its way at a route.
fn reason(routes: &[RouteView], place: usize) -> Option<String> {
    let route = &routes[place];
    Some(match route.way? {
        Way::Told => "the alert ends here: no route below takes it".to_owned(),
        Way::Passed => "it matches, and a route below takes the alert".to_owned(),
        Way::Refused => {
            let fails = route.matchers.iter().filter(|(_, holds)| *holds == Some(false));
            let fails: Vec<&str> = fails.map(|(matcher, _)| matcher.as_str()).collect();
            format!("does not hold: {}", fails.join(", "))
        }
        Way::NotAsked => {
            let above = routes[..place].iter().rposition(|other| other.depth < route.depth)?;
            if matches!(routes[above].way, Some(Way::Refused | Way::NotAsked)) {
                return Some("the route above does not match".to_owned());
            }
            let takes = |other: &&RouteView| {
                other.depth == route.depth && matches!(other.way, Some(Way::Told | Way::Passed))
            };
            let taker = routes[above..place].iter().rev().find(takes)?;
            let line =
                if taker.line > 0 { format!(" in line {}", taker.line) } else { String::new() };
            format!("the route to {}{line} takes the alert and does not continue", taker.receiver)
        }
    })
}

/// Receivers and whether messages arrive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiversBody {
    /// In the order of the file.
    receivers: Vec<ReceiverStateBody>,
}

/// A receiver.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiverStateBody {
    name: String,
    labels: BTreeMap<String, String>,
    integrations: Vec<IntegrationBody>,
}

/// One way to tell a receiver, and what became of the messages since the start.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IntegrationBody {
    /// Kind and place among its kind: `webhook[0]`.
    name: String,
    /// Does it hear of ends?
    send_resolved: bool,
    /// Messages that it took.
    sent: u64,
    /// Tries that failed and were or will be repeated.
    retried: u64,
    /// Messages that were given up.
    failed: u64,
    /// Messages that did not arrive, held now.
    dead_letters: usize,
    /// RFC 3339; null before the first.
    last_sent: Option<String>,
    /// When a try failed last, RFC 3339; null without one.
    last_failed: Option<String>,
    /// What went wrong then.
    last_error: Option<String>,
    /// It asked for patience until then, RFC 3339; null when it does not wait.
    not_before: Option<String>,
}

/// Receivers with what became of the messages to each of their integrations since the start.
#[utoipa::path(get, path = "/api/flyball/v1/alerts/receivers", tag = "flyball",
    responses((status = 200, description = "Receivers", body = Success<ReceiversBody>)))]
pub(crate) async fn receivers(State(app): State<App>) -> Result<Response, ApiError> {
    let now = app.state.clock.now();
    let ask = |alerting: &dyn AlertsProvider| (alerting.receivers(), alerting.integrations());
    let (receivers, integrations) = blocking(&app, ask).await?;
    let of = |name: &str| {
        let own = integrations.iter().filter(|status| status.receiver == name);
        own.map(|status| integration(status, now)).collect()
    };
    let receivers = receivers.into_iter().map(|receiver| ReceiverStateBody {
        integrations: of(&receiver.name),
        name: receiver.name,
        labels: receiver.labels,
    });
    Ok(success(ReceiversBody { receivers: receivers.collect() }))
}

fn integration(status: &IntegrationStatus, now: Timestamp) -> IntegrationBody {
    let counts = &status.counts;
    let shown = |time: Timestamp| rfc3339(Some(time));
    let (failed_at, error) = counts.last_failed.clone().unzip();
    IntegrationBody {
        name: status.integration.clone(),
        send_resolved: status.send_resolved,
        sent: counts.sent,
        retried: counts.retried,
        failed: counts.failed,
        dead_letters: status.dead_letters,
        last_sent: counts.last_sent.map(shown),
        last_failed: failed_at.map(shown),
        last_error: error,
        not_before: counts.not_before.filter(|until| *until > now).map(shown),
    }
}

async fn blocking<T: Send + 'static>(
    app: &App,
    ask: impl FnOnce(&dyn AlertsProvider) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let alerting = Arc::clone(&app.state.alerting);
    let answer = tokio::task::spawn_blocking(move || ask(&*alerting)).await;
    answer.map_err(|error| ApiError::new(ErrorType::Internal, format!("cannot answer: {error}")))
}
