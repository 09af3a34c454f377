//! `silence import`: the silences of a file, several requests at a time, told in the file's order.

use super::peer::{Call, Peer, Refusal, runtime};
use super::wire::SilenceId;
use super::{Failure, Outcome, read_file};
use crate::cli::{PeerArgs, SilenceImport};
use crate::console::{Console, Verdict, io_words};
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::io::{self, Read};
use tokio::task::JoinHandle;

/// Longest standard input that is read: half a million silences.
const STDIN_BYTES_MAX: u64 = 256 << 20;

/// Adds the silences and prints their IDs; what the server refuses is told, and the others are
/// added all the same.
pub(super) fn run(args: &PeerArgs, import: &SilenceImport, console: &mut Console<'_>) -> Outcome {
    let text = match &import.file {
        Some(path) => read_file(path)?,
        None => standard_input()?,
    };
    let silences: Vec<Map<String, Value>> = serde_json::from_str(&text)
        .map_err(|error| format!("couldn't unmarshal input data, is it JSON?: {error}"))?;
    let (count, peer) = (silences.len(), Peer::new(args)?);
    let added = runtime()?.block_on(add_all(&peer, silences, import));
    let mut refused = 0;
    for (id, added) in added {
        match added {
            Ok(id) => console.say(id)?,
            Err(sentence) => {
                refused += 1;
                console.complain(format_args!("Error adding silence id='{id}': {sentence}"))?;
            }
        }
    }
    if refused > 0 {
        return Err(Failure::Refused(format!("couldn't import {refused} out of {count} silences")));
    }
    Ok(Verdict::Good)
}

fn standard_input() -> Result<String, String> {
    let mut text = String::new();
    let read = io::stdin().take(STDIN_BYTES_MAX).read_to_string(&mut text);
    read.map_err(|error| format!("cannot read standard input: {}", io_words(&error)))?;
    Ok(text)
}

/// The ID in the file, and the one that the silence has now or why it has none.
type Added = (String, Result<String, String>);

async fn add_all(
    peer: &Peer,
    silences: Vec<Map<String, Value>>,
    import: &SilenceImport,
) -> Vec<Added> {
    let (mut added, mut underway) = (Vec::new(), VecDeque::<JoinHandle<Added>>::new());
    for silence in silences {
        if underway.len() >= usize::from(import.worker)
            && let Some(first) = underway.pop_front()
        {
            added.extend(first.await.ok());
        }
        underway.push_back(tokio::spawn(add(peer.clone(), silence, import.force)));
    }
    for last in underway {
        added.extend(last.await.ok());
    }
    added
}

async fn add(peer: Peer, mut silence: Map<String, Value>, force: bool) -> Added {
    // What the server adds to a silence is nothing that it takes back.
    silence.retain(|key, _| key != "status" && key != "updatedAt");
    let id = silence.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    if force {
        silence.remove("id");
    }
    let posted = match post(&peer, &silence).await {
        Err(refusal) if refusal.not_found && silence.remove("id").is_some() => {
            post(&peer, &silence).await
        }
        posted => posted,
    };
    (id, posted.map(|set| set.id).map_err(String::from))
}

async fn post(peer: &Peer, silence: &Map<String, Value>) -> Result<SilenceId, Refusal> {
    let call = Call::post(&["silences"], silence).map_err(Refusal::from)?;
    peer.read(call).await
}
