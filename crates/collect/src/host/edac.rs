//! Memory errors that the controllers corrected or could not, by controller, row and channel.

use super::numbers::{self, Number};
use super::round::Round;
use crate::Error;
use model::Labels;
use std::path::Path;

const CONTROLLER: &[Number] = &[
    Number::counter(
        "ce_count",
        "node_edac_correctable_errors_total",
        "Total correctable memory errors.",
    ),
    Number::counter(
        "ue_count",
        "node_edac_uncorrectable_errors_total",
        "Total uncorrectable memory errors.",
    ),
];

const ROW: &[Number] = &[
    Number::counter(
        "ce_count",
        "node_edac_csrow_correctable_errors_total",
        "Total correctable memory errors for this csrow.",
    ),
    Number::counter(
        "ue_count",
        "node_edac_csrow_uncorrectable_errors_total",
        "Total uncorrectable memory errors for this csrow.",
    ),
];

/// Errors that no row can be blamed for, files of the controller.
const NO_ROW: &[Number] = &[
    Number::counter(
        "ce_noinfo_count",
        "node_edac_csrow_correctable_errors_total",
        "Total correctable memory errors for this csrow.",
    ),
    Number::counter(
        "ue_noinfo_count",
        "node_edac_csrow_uncorrectable_errors_total",
        "Total uncorrectable memory errors for this csrow.",
    ),
];

const CHANNEL_CORRECTABLE: (&str, &str) = (
    "node_edac_channel_correctable_errors_total",
    "Total correctable memory errors for this channel.",
);
const CHANNEL_UNCORRECTABLE: (&str, &str) = (
    "node_edac_channel_uncorrectable_errors_total",
    "Total uncorrectable memory errors for this channel.",
);

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let dir = round.roots.sys.join("devices/system/edac/mc");
    // Machines without error correction have no such directory; upstream counts that as success.
    for name in round.names_if_any(&dir)? {
        let Some(controller) = numbered(&name, "mc") else { continue };
        let dir = dir.join(&name);
        let labels = Labels::from_pairs([("controller", controller)]);
        numbers::push_all(round, &dir, CONTROLLER, &labels);
        let unknown = Labels::from_pairs([("controller", controller), ("csrow", "unknown")]);
        numbers::push_all(round, &dir, NO_ROW, &unknown);
        for entry in round.host.list(&dir).unwrap_or_default() {
            let Some(row) = numbered(&entry, "csrow") else { continue };
            let dir = dir.join(&entry);
            let labels = Labels::from_pairs([("controller", controller), ("csrow", row)]);
            numbers::push_all(round, &dir, ROW, &labels);
            channels(round, controller, row, &dir);
        }
    }
    Ok(())
}

fn channels(round: &mut Round<'_>, controller: &str, row: &str, dir: &Path) {
    for file in round.host.list(dir).unwrap_or_default() {
        let channel = file.strip_suffix("_ce_count").and_then(|name| numbered(name, "ch"));
        let Some(channel) = channel else { continue };
        let dimm = format!("mc{controller}_csrow{row}_channel{channel}");
        let labels = Labels::from_pairs([
            ("controller", controller),
            ("csrow", row),
            ("channel", channel),
            ("dimm_label", &dimm),
        ]);
        for ((name, help), file) in [
            (CHANNEL_CORRECTABLE, format!("ch{channel}_ce_count")),
            (CHANNEL_UNCORRECTABLE, format!("ch{channel}_ue_count")),
        ] {
            if let Some(count) = round.float(&dir.join(file)) {
                round.counter(name, help, &labels, count);
            }
        }
    }
}

/// The digits after a prefix, when there is nothing else.
fn numbered<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let digits = name.strip_prefix(prefix)?;
    crate::text::decimal(digits.as_bytes()).map(|_| digits)
}
