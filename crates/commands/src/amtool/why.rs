//! `alert why`: were people told of an alert, and if not, what stood in the way? Flyball's own
//! question; amtool does not know it.

use super::peer::{Call, Peer};
use super::wire::TextMap;
use super::{Outcome, labels};
use crate::cli::{AlertWhy, PeerArgs, PeerOutput};
use crate::console::{Console, Verdict};
use model::Labels;
use serde::{Deserialize, Serialize};
use std::io;

#[derive(Deserialize)]
struct Answer {
    data: Why,
}

#[derive(Deserialize, Serialize)]
struct Why {
    alerts: Vec<Firing>,
    decisions: Vec<Decision>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Firing {
    labels: TextMap,
    state: String,
    receivers: Vec<String>,
    silenced_by: Vec<String>,
    inhibited_by: Vec<String>,
    muted_by: Vec<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Decision {
    at: String,
    receiver: String,
    group_key: String,
    code: String,
    reason: String,
    alerts: Vec<TextMap>,
}

/// Prints the alerts that fire now and the last decisions about those that match.
pub(super) fn run(args: &PeerArgs, why: &AlertWhy, console: &mut Console<'_>) -> Outcome {
    let filters = labels::with_alert_name(args.matchers.mode, &why.matchers).into_iter();
    let mut params: Vec<_> = filters.map(|matcher| ("filter", matcher)).collect();
    params.push(("limit", why.limit.to_string()));
    let call = Call::own(&["alerts", "why"], params);
    let Answer { data } = Peer::new(args)?.ask(call)?;
    let mut answer = console.answer();
    if args.output == PeerOutput::Json {
        serde_json::to_writer(&mut answer, &data).map_err(io::Error::from)?;
        writeln!(answer)?;
        return Ok(Verdict::Good);
    }
    for alert in &data.alerts {
        let by = muted(alert);
        let to = alert.receivers.join(", ");
        writeln!(answer, "{} is {}{by}; it goes to {to}", shown(&alert.labels), alert.state)?;
    }
    if data.alerts.is_empty() {
        writeln!(answer, "No alert that matches is routed here now.")?;
    }
    for decision in &data.decisions {
        let Decision { at, receiver, reason, alerts, .. } = decision;
        let alerts: Vec<String> = alerts.iter().map(shown).collect();
        writeln!(answer, "{at}  {receiver}: {reason}  {}", alerts.join(" "))?;
    }
    if data.decisions.is_empty() {
        writeln!(answer, "No decision about such an alert is remembered.")?;
    }
    Ok(Verdict::Good)
}

fn muted(alert: &Firing) -> String {
    let part = |what: &str, by: &[String]| match by {
        [] => String::new(),
        by => format!(", {what} {}", by.join(", ")),
    };
    part("silenced by", &alert.silenced_by)
        + &part("inhibited by", &alert.inhibited_by)
        + &part("muted by", &alert.muted_by)
}

/// `HostDown{instance="a"}`
pub(super) fn shown(labels: &TextMap) -> String {
    let name = labels.get("alertname").map_or("", String::as_str);
    let others = labels.iter().filter(|(label, _)| *label != "alertname");
    format!("{name}{}", Labels::from_pairs(others))
}
