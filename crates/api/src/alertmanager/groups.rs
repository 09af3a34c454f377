//! `/api/v2/alerts/groups`: groups with their alerts.

use super::describe::AlertGroup;
use super::reply::{self, Complaint};
use super::wanted::Wanted;
use super::written::{self, Receivers};
use super::{ask, turn};
use crate::App;
use crate::params::Params;
use alerts::AlertState;
use axum::extract::State;
use axum::response::Response;

/// Groups with the alerts that have not ended, by labels and receiver.
#[utoipa::path(get, path = "/api/v2/alerts/groups", tag = "alertmanager",
    params(
        ("active" = Option<bool>, Query, description = "Show active alerts; default: yes"),
        ("silenced" = Option<bool>, Query, description = "Show silenced alerts; default: yes"),
        ("inhibited" = Option<bool>, Query, description = "Show inhibited alerts; default: yes"),
        ("muted" = Option<bool>, Query, description = "Show muted groups; default: yes"),
        ("filter" = Option<Vec<String>>, Query, description = "Matchers on labels"),
        ("receiver" = Option<String>, Query, description = "Regex on the receiver's name"),
        ("receiver_matchers" = Option<Vec<String>>, Query, description = "On its labels")),
    responses(
        (status = 200, description = "Groups", body = Vec<AlertGroup>),
        (status = 400, description = "Bad request", body = String)))]
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Response, Complaint> {
    let wanted = Wanted::read(&params, app.state.matchers)?;
    let turn = turn(&app).await;
    let (groups, receivers) = ask(&app, move |alerting| {
        let receivers = Receivers::new(alerting.receivers());
        let mut groups = alerting.groups(&wanted.matchers);
        groups.retain(|group| wanted.receivers.have(&group.receiver, &receivers));
        for group in &mut groups {
            group
                .alerts
                .retain(|a| wanted.has_state_of(a) && (wanted.muted || a.muted_by.is_empty()));
            group.alerts.sort_by_key(|alert| alert.fingerprint);
            for alert in &mut group.alerts {
                alert.receivers.sort();
                if !alert.muted_by.is_empty() {
                    alert.state = AlertState::Suppressed;
                }
            }
        }
        groups.retain(|group| !group.alerts.is_empty());
        groups.sort_by(|a, b| (&a.labels, &a.receiver).cmp(&(&b.labels, &b.receiver)));
        (groups, receivers)
    })
    .await?;
    Ok(reply::list(written::groups(groups, receivers), turn))
}
