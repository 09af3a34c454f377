//! `alert query` and `alert add`.

use super::peer::{Call, Peer};
use super::wire::{self, PostedAlert, Time};
use super::{Outcome, labels, print};
use crate::cli::{AlertAdd, AlertQuery, PeerArgs};
use crate::console::{Console, Verdict};

/// Shows alerts; without flags of states, the active ones.
pub(super) fn query(args: &PeerArgs, query: &AlertQuery, console: &mut Console<'_>) -> Outcome {
    let AlertQuery { inhibited, silenced, active, unprocessed, .. } = *query;
    let active = active || !(inhibited || silenced || unprocessed);
    let mut params = vec![
        ("active", active.to_string()),
        ("inhibited", inhibited.to_string()),
        ("silenced", silenced.to_string()),
        ("unprocessed", unprocessed.to_string()),
    ];
    let filters = labels::with_alert_name(args.matchers.mode, &query.matchers);
    params.extend(filters.into_iter().map(|matcher| ("filter", matcher)));
    params.extend(query.receiver.clone().map(|receiver| ("receiver", receiver)));
    let alerts: Vec<wire::Alert> = Peer::new(args)?.ask(Call::get(&["alerts"], params))?;
    console.answer().write_all(print::alerts(alerts, args).as_bytes())?;
    Ok(Verdict::Good)
}

/// Sends one alert; times that are not given are left to the server.
pub(super) fn add(args: &PeerArgs, add: &AlertAdd) -> Outcome {
    let mode = args.matchers.mode;
    let time = |text: Option<&str>| text.map_or(Ok(Time::ABSENT), super::time);
    let alert = PostedAlert {
        labels: labels::pairs(mode, &labels::with_alert_name(mode, &add.labels), "labels")?,
        annotations: labels::pairs(mode, &add.annotations, "annotations")?,
        starts_at: time(add.start.as_deref())?,
        ends_at: time(add.end.as_deref())?,
        generator_url: add.generator_url.clone(),
    };
    Peer::new(args)?.tell(Call::post(&["alerts"], &[alert])?)?;
    Ok(Verdict::Good)
}
