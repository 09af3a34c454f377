//! Bonded network interfaces: configured slaves and those whose link is up.

use super::round::Round;
use crate::Error;
use model::Labels;
use std::path::Path;

const SLAVES: &str = "Number of configured slaves per bonding interface.";
const ACTIVE: &str = "Number of active slaves per bonding interface.";

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let dir = round.roots.sys.join("class/net");
    let masters = round.parsed(&dir.join("bonding_masters"), |content| Ok(words(content)))?;
    for master in masters {
        let dir = dir.join(&master);
        let Some(slaves) = round.word(&dir.join("bonding/slaves")) else { continue };
        let slaves = words(slaves.as_bytes());
        let up = slaves.iter().filter(|slave| is_up(round, &dir, slave)).count();
        let labels = Labels::from_pairs([("master", &master)]);
        round.gauge("node_bonding_slaves", SLAVES, &labels, slaves.len() as f64);
        round.gauge("node_bonding_active", ACTIVE, &labels, up as f64);
    }
    Ok(())
}

fn words(content: &[u8]) -> Vec<String> {
    crate::text::fields(content).map(crate::text::label).collect()
}

/// Kernels before 3.13 call the link to a slave `slave_`, newer ones `lower_`.
fn is_up(round: &mut Round<'_>, master: &Path, slave: &str) -> bool {
    ["lower_", "slave_"].iter().any(|prefix| {
        let status = master.join(format!("{prefix}{slave}")).join("bonding_slave/mii_status");
        round.word(&status).as_deref() == Some("up")
    })
}
