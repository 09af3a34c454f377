//! `/api/v2/alerts`: alerts come in, and are shown with what becomes of them.

use super::describe::GettableAlert;
use super::reply::{self, Complaint};
use super::wanted::Wanted;
use super::written::{self, Receivers};
use super::{ask, posted, turn};
use crate::App;
use crate::params::Params;
use alerts::{AlertSelection, AlertStatus};
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::Request;

/// Alerts that have not ended, by their fingerprints; with `limit` a page of them, and a `Link` to
/// the next one when there are more.
#[utoipa::path(get, path = "/api/v2/alerts", tag = "alertmanager",
    params(
        ("active" = Option<bool>, Query, description = "Show active alerts; default: yes"),
        ("silenced" = Option<bool>, Query, description = "Show silenced alerts; default: yes"),
        ("inhibited" = Option<bool>, Query, description = "Show inhibited alerts; default: yes"),
        ("unprocessed" = Option<bool>, Query, description = "Show others; default: yes"),
        ("filter" = Option<Vec<String>>, Query, description = "Matchers on labels"),
        ("receiver" = Option<String>, Query, description = "Regex on a receiver's name"),
        ("receiver_matchers" = Option<Vec<String>>, Query, description = "On its labels"),
        ("limit" = Option<u64>, Query, description = "At most so many; default: all"),
        ("after" = Option<String>, Query, description = "Only those after this fingerprint")),
    responses(
        (status = 200, description = "Alerts", body = Vec<GettableAlert>),
        (status = 400, description = "Bad request", body = String)))]
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Response, Complaint> {
    let wanted = Wanted::read(&params, app.state.matchers)?;
    let page = Page::read(&params)?;
    let turn = turn(&app).await;
    let (mut alerts, receivers) = ask(&app, move |alerting| {
        let receivers = Receivers::new(alerting.receivers());
        let keeps = |alert: &AlertStatus| {
            wanted.has_state_of(alert) && wanted.receivers.have_any(&alert.receivers, &receivers)
        };
        let (matchers, limit) = (&wanted.matchers[..], page.limit.saturating_add(1));
        let selection = AlertSelection { matchers, keeps: &keeps, after: page.after, limit };
        let alerts = alerting.alerts(&selection);
        (alerts, receivers)
    })
    .await?;
    let has_next = alerts.len() > page.limit;
    alerts.truncate(page.limit);
    for alert in &mut alerts {
        // Time intervals mute routes; here it is about the alert itself.
        alert.muted_by.clear();
    }
    let last = alerts.last().filter(|_| has_next).map(|alert| alert.fingerprint);
    let next = last.map(|last| params.encoded_with("after", &format!("{last:016x}")));
    Ok(reply::page(written::alerts(alerts, receivers), turn, next.as_deref()))
}

/// Which part of a list is wanted.
#[derive(Clone, Copy)]
struct Page {
    limit: usize,
    after: Option<u64>,
}

impl Page {
    fn read(params: &Params) -> Result<Self, Complaint> {
        let wrong = |name, kind, text: &str| {
            Complaint::not_of_type(&format!("{name} in query"), kind, text)
        };
        let limit = params.get("limit").map(|text| {
            let limit = text.parse::<usize>().ok().filter(|limit| *limit > 0);
            limit.ok_or_else(|| wrong("limit", "positive integer", text))
        });
        let after = params.get("after").map(|text| {
            u64::from_str_radix(text, 16).map_err(|_invalid| wrong("after", "fingerprint", text))
        });
        Ok(Self { limit: limit.transpose()?.unwrap_or(usize::MAX), after: after.transpose()? })
    }
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
    let (now, mode) = (app.state.clock.now(), app.state.matchers);
    let (mistakes, taken) = ask(&app, move |alerting| {
        let batch = posted::alerts(&bytes, now, alerting.resolve_timeout(), mode)?;
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
