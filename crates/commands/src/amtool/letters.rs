//! `alert dead-letters`: notifications that did not arrive; sent again or forgotten. Flyball's own;
//! amtool does not know it.

use super::Outcome;
use super::peer::{Call, Peer};
use super::why::shown;
use super::wire::TextMap;
use crate::cli::{AlertDeadLetters, PeerArgs, PeerOutput};
use crate::console::{Console, Verdict};
use serde::{Deserialize, Serialize};
use std::io;

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Letters {
    dead_letters: Vec<Letter>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Letter {
    id: String,
    receiver: String,
    integration: String,
    group_key: String,
    reason: String,
    since: String,
    at: String,
    age_seconds: f64,
    times: u32,
    alerts: Vec<LetterAlert>,
    alerts_left_off: usize,
}

#[derive(Deserialize, Serialize)]
struct LetterAlert {
    labels: TextMap,
    status: String,
}

#[derive(Deserialize)]
struct Done {
    ids: Vec<String>,
}

const PATH: [&str; 2] = ["alerts", "dead-letters"];

/// Sends again, forgets, or lists.
pub(super) fn run(
    args: &PeerArgs,
    wanted: &AlertDeadLetters,
    console: &mut Console<'_>,
) -> Outcome {
    let peer = Peer::new(args)?;
    let orders =
        wanted.resend.iter().map(|id| Call::own_post(&[&PATH[..], &[id, "resend"]].concat()));
    let all = wanted.resend_all.then(|| Call::own_post(&[&PATH[..], &["resend"]].concat()));
    let forgotten = wanted.forget.iter().map(|id| Call::own_delete(&[&PATH[..], &[id]].concat()));
    let mut is_order = false;
    for order in orders.chain(all).chain(forgotten) {
        is_order = true;
        let Answer { data: Done { ids } } = peer.ask(order)?;
        for id in ids {
            console.say(id)?;
        }
    }
    if is_order { Ok(Verdict::Good) } else { list(&peer, args, wanted, console) }
}

fn list(
    peer: &Peer,
    args: &PeerArgs,
    wanted: &AlertDeadLetters,
    console: &mut Console<'_>,
) -> Outcome {
    let receiver = wanted.receiver.iter().map(|name| ("receiver", name.clone()));
    let Answer { data } = peer.ask::<Answer<Letters>>(Call::own(&PATH, receiver.collect()))?;
    let mut answer = console.answer();
    if args.output == PeerOutput::Json {
        serde_json::to_writer(&mut answer, &data).map_err(io::Error::from)?;
        writeln!(answer)?;
        return Ok(Verdict::Good);
    }
    for letter in &data.dead_letters {
        let Letter { id, receiver, integration, reason, since, at, times, .. } = letter;
        writeln!(answer, "{id}  {receiver} {integration}: {reason}")?;
        writeln!(answer, "  given up {times} times since {since}, last at {at}")?;
        for alert in &letter.alerts {
            writeln!(answer, "  {} {}", alert.status, shown(&alert.labels))?;
        }
        if letter.alerts_left_off > 0 {
            writeln!(answer, "  and {} more", letter.alerts_left_off)?;
        }
    }
    if data.dead_letters.is_empty() {
        writeln!(answer, "Every notification has arrived.")?;
    }
    Ok(Verdict::Good)
}
