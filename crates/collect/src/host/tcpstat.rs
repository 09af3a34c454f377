//! TCP connections by state, and what waits in their queues.

use super::round::Round;
use crate::text;
use crate::{Error, ErrorKind};
use model::Labels;
use std::collections::BTreeMap;

const HELP: &str = "Number of connection states.";

/// States by the number that the kernel prints, from 1.
const STATES: [&str; 11] = [
    "established",
    "syn_sent",
    "syn_recv",
    "fin_wait1",
    "fin_wait2",
    "time_wait",
    "close",
    "close_wait",
    "last_ack",
    "listen",
    "closing",
];

/// Connections by state, and the sums of queued bytes to receive and to send.
pub(super) fn parse(content: &[u8]) -> Result<BTreeMap<&'static str, u64>, Error> {
    let mut counts = BTreeMap::new();
    for (number, line) in text::lines(content).skip(1) {
        let what = "a socket's state and queues";
        let state = text::hex(text::nth(line, 3, number, what)?, number)?;
        let queues = text::nth(line, 4, number, what)?;
        let (sent, received) =
            text::split_once(queues, b':').ok_or_else(|| Error::parse(number, what, queues))?;
        let place = usize::try_from(state).ok().and_then(|state| state.checked_sub(1));
        // Newer kernels may know states that have no name here.
        if let Some(name) = place.and_then(|place| STATES.get(place)) {
            *counts.entry(*name).or_default() += 1;
        }
        for (name, field) in [("tx_queued_bytes", sent), ("rx_queued_bytes", received)] {
            let sum: &mut u64 = counts.entry(name).or_default();
            *sum = sum.wrapping_add(text::hex(field, number)?);
        }
    }
    Ok(counts)
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let net = round.roots.proc.join("net");
    let mut counts = round.parsed(&net.join("tcp"), parse)?;
    match round.parsed(&net.join("tcp6"), parse) {
        Ok(more) => {
            for (state, count) in more {
                *counts.entry(state).or_default() += count;
            }
        }
        // A kernel without IPv6.
        Err(error) if error.kind() == ErrorKind::NoData => {}
        Err(error) => return Err(error),
    }
    for (state, count) in counts {
        let labels = Labels::from_pairs([("state", state)]);
        round.gauge("node_tcp_connection_states", HELP, &labels, count as f64);
    }
    Ok(())
}
