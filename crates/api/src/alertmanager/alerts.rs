//! `/api/v2/alerts`: alerts come in, and are shown with what becomes of them.

use super::describe::GettableAlert;
use super::reply::{self, Complaint};
use super::wanted::Wanted;
use super::written::{self, Receivers};
use super::{ask, posted, turn};
use crate::App;
use crate::params::Params;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::Request;

/// Alerts that have not ended, by their fingerprints.
#[utoipa::path(get, path = "/api/v2/alerts", tag = "alertmanager",
    params(
        ("active" = Option<bool>, Query, description = "Show active alerts; default: yes"),
        ("silenced" = Option<bool>, Query, description = "Show silenced alerts; default: yes"),
        ("inhibited" = Option<bool>, Query, description = "Show inhibited alerts; default: yes"),
        ("unprocessed" = Option<bool>, Query, description = "Show others; default: yes"),
        ("filter" = Option<Vec<String>>, Query, description = "Matchers on labels"),
        ("receiver" = Option<String>, Query, description = "Regex on a receiver's name"),
        ("receiver_matchers" = Option<Vec<String>>, Query, description = "On its labels")),
    responses(
        (status = 200, description = "Alerts", body = Vec<GettableAlert>),
        (status = 400, description = "Bad request", body = String)))]
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Response, Complaint> {
    let wanted = Wanted::read(&params)?;
    let turn = turn(&app).await;
    let (alerts, receivers) = ask(&app, move |alerting| {
        let receivers = Receivers::new(alerting.receivers());
        let mut alerts = alerting.alerts(&wanted.matchers);
        alerts.retain(|alert| {
            wanted.has_state_of(alert) && wanted.receivers.have_any(&alert.receivers, &receivers)
        });
        for alert in &mut alerts {
            // Time intervals mute routes; here it is about the alert itself.
            alert.muted_by.clear();
        }
        alerts.sort_by_key(|alert| alert.fingerprint);
        (alerts, receivers)
    })
    .await?;
    Ok(reply::list(written::alerts(alerts, receivers), turn))
}

/// Takes alerts. Those of a batch that are valid are taken even when others are not.
#[utoipa::path(post, path = "/api/v2/alerts", tag = "alertmanager",
    request_body(content = Vec<super::describe::PostableAlert>, content_type = "application/json"),
    responses(
        (status = 200, description = "Taken"),
        (status = 400, description = "Not taken, or not all of them", body = String),
        (status = 422, description = "Against the schema, nothing was taken")))]
pub(crate) async fn receive(
    State(app): State<App>,
    request: Request<Body>,
) -> Result<Response, Complaint> {
    let (bytes, room) = posted::read(request, &app, "alerts").await?;
    let now = app.state.clock.now();
    let (mistakes, taken) = ask(&app, move |alerting| {
        let batch = posted::alerts(&bytes, now, alerting.resolve_timeout())?;
        drop((bytes, room));
        Ok::<_, Complaint>((batch.mistakes, alerting.put(batch.alerts)))
    })
    .await??;
    taken?;
    if !mistakes.is_empty() {
        tracing::debug!(mistakes = mistakes.len(), "alerts were refused");
        return Err(Complaint::bad(mistakes.join("; ")));
    }
    Ok(reply::done())
}
