//! Replicated block devices as /proc/drbd shows them (DRBD up to 8.4).

use super::numbers::Number;
use super::round::Round;
use crate::Error;
use crate::text;
use model::Labels;

/// What is printed in KiB becomes bytes; upstream shows received bytes unscaled, and so do we.
const KIB: f64 = 1024.0;

const NUMBERS: &[Number] = &[
    Number::counter(
        "ns",
        "node_drbd_network_sent_bytes_total",
        "Total number of bytes sent via the network.",
    )
    .divided_by(1.0 / KIB),
    Number::counter(
        "nr",
        "node_drbd_network_received_bytes_total",
        "Total number of bytes received via the network.",
    ),
    Number::counter(
        "dw",
        "node_drbd_disk_written_bytes_total",
        "Net data written on local hard disk; in bytes.",
    )
    .divided_by(1.0 / KIB),
    Number::counter(
        "dr",
        "node_drbd_disk_read_bytes_total",
        "Net data read from local hard disk; in bytes.",
    )
    .divided_by(1.0 / KIB),
    Number::counter(
        "al",
        "node_drbd_activitylog_writes_total",
        "Number of updates of the activity log area of the meta data.",
    ),
    Number::counter(
        "bm",
        "node_drbd_bitmap_writes_total",
        "Number of updates of the bitmap area of the meta data.",
    ),
    Number::gauge(
        "lo",
        "node_drbd_local_pending",
        "Number of open requests to the local I/O sub-system.",
    ),
    Number::gauge(
        "pe",
        "node_drbd_remote_pending",
        concat!(
            "Number of requests sent to the peer, but that have not yet been answered ",
            "by the latter.",
        ),
    ),
    Number::gauge(
        "ua",
        "node_drbd_remote_unacknowledged",
        concat!(
            "Number of requests received by the peer via the network connection, but ",
            "that have not yet been answered.",
        ),
    ),
    Number::gauge(
        "ap",
        "node_drbd_application_pending",
        "Number of block I/O requests forwarded to DRBD, but not yet answered by DRBD.",
    ),
    Number::gauge("ep", "node_drbd_epochs", "Number of Epochs currently on the fly."),
    Number::gauge(
        "oos",
        "node_drbd_out_of_sync_bytes",
        "Amount of data known to be out of sync; in bytes.",
    )
    .divided_by(1.0 / KIB),
];

const ROLE: &str = "Whether the role of the node is in the primary state.";
const DISK: &str = "Whether the disk of the node is up to date.";
const CONNECTED: &str = "Whether DRBD is connected to the peer.";

/// Key and value of each field `key:value`, with the device it belongs to.
pub(super) fn parse(content: &[u8]) -> Vec<(String, String, String)> {
    let mut device = None;
    let mut out = Vec::new();
    for field in text::fields(content) {
        let Some((key, value)) = text::split_once(field, b':') else { continue };
        let (key, value) = (text::label(key), text::label(value));
        if value.is_empty() {
            // `1:` begins a device; `version:` and its like come before the first.
            let number = text::decimal(key.as_bytes());
            device = number.map(|number| format!("drbd{number}")).or(device);
        } else if let Some(device) = &device {
            out.push((device.clone(), key, value));
        }
    }
    out
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let path = round.roots.proc.join("drbd");
    for (device, key, value) in round.parsed(&path, |content| Ok(parse(content)))? {
        let labels = Labels::from_pairs([("device", &device)]);
        match &*key {
            "cs" => {
                let connected = f64::from(u8::from(value == "Connected"));
                round.gauge("node_drbd_connected", CONNECTED, &labels, connected);
            }
            "ro" => {
                pair(round, ("node_drbd_node_role_is_primary", ROLE), &device, &value, "Primary");
            }
            "ds" => {
                let metric = ("node_drbd_disk_state_is_up_to_date", DISK);
                pair(round, metric, &device, &value, "UpToDate");
            }
            key => {
                let number = NUMBERS.iter().find(|number| number.file() == key);
                let value = text::float(value.as_bytes(), 1);
                if let (Some(number), Ok(value)) = (number, value) {
                    number.push(round, &labels, value);
                }
            }
        }
    }
    Ok(())
}

/// `Primary/Secondary`: the state of this node and of the other.
fn pair(round: &mut Round<'_>, metric: (&str, &str), device: &str, value: &str, wanted: &str) {
    let Some((local, remote)) = value.split_once('/') else { return };
    for (node, state) in [("local", local), ("remote", remote)] {
        let labels = Labels::from_pairs([("device", device), ("node", node)]);
        let is = f64::from(u8::from(state == wanted));
        round.gauge(metric.0, metric.1, &labels, is);
    }
}
