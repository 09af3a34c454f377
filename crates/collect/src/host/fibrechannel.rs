//! Fibre Channel hosts: their identity and the statistics of their ports.

use super::round::{Round, attribute};
use crate::Error;
use crate::text;
use model::Labels;
use std::path::Path;

const INFO: &str = "Non-numeric data from /sys/class/fc_host/<host>, value is always 1.";

/// Files that become labels of the info series under their own names.
const WORDS: [&str; 10] = [
    "speed",
    "port_state",
    "port_type",
    "port_id",
    "port_name",
    "fabric_name",
    "symbolic_name",
    "supported_classes",
    "supported_speeds",
    "dev_loss_tmo",
];

/// File, name and help of each statistic.
const STATISTICS: [(&str, &str, &str); 14] = [
    ("dumped_frames", "node_fibrechannel_dumped_frames_total", "Number of dumped frames"),
    ("error_frames", "node_fibrechannel_error_frames_total", "Number of errors in frames"),
    (
        "invalid_crc_count",
        "node_fibrechannel_invalid_crc_total",
        "Invalid Cyclic Redundancy Check count",
    ),
    ("rx_frames", "node_fibrechannel_rx_frames_total", "Number of frames received"),
    ("rx_words", "node_fibrechannel_rx_words_total", "Number of words received by host port"),
    ("tx_frames", "node_fibrechannel_tx_frames_total", "Number of frames transmitted by host port"),
    ("tx_words", "node_fibrechannel_tx_words_total", "Number of words transmitted by host port"),
    (
        "seconds_since_last_reset",
        "node_fibrechannel_seconds_since_last_reset_total",
        "Number of seconds since last host port reset",
    ),
    (
        "invalid_tx_word_count",
        "node_fibrechannel_invalid_tx_words_total",
        "Number of invalid words transmitted by host port",
    ),
    (
        "link_failure_count",
        "node_fibrechannel_link_failure_total",
        "Number of times the host port link has failed",
    ),
    (
        "loss_of_sync_count",
        "node_fibrechannel_loss_of_sync_total",
        "Number of failures on either bit or transmission word boundaries",
    ),
    (
        "loss_of_signal_count",
        "node_fibrechannel_loss_of_signal_total",
        "Number of times signal has been lost",
    ),
    (
        "nos_count",
        "node_fibrechannel_nos_total",
        "Number Not_Operational Primitive Sequence received by host port",
    ),
    ("fcp_packet_aborts", "node_fibrechannel_fcp_packet_aborts_total", "Number of aborted packets"),
];

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let dir = round.roots.sys.join("class/fc_host");
    for host in round.names(&dir)? {
        let dir = dir.join(&host);
        let labels = Labels::from_pairs([("fc_host", &host)]);
        let mut info = labels.to_builder();
        for file in WORDS {
            if let Some(word) = round.word(&dir.join(file)) {
                // Names and ids are hexadecimal and shown without their prefix.
                info.set(file, word.strip_prefix("0x").unwrap_or(&word));
            }
        }
        round.gauge("node_fibrechannel_info", INFO, &info.build(), 1.0);
        statistics(round, &dir.join("statistics"), &labels);
    }
    Ok(())
}

fn statistics(round: &mut Round<'_>, dir: &Path, labels: &Labels) {
    for (file, name, help) in STATISTICS {
        let content = attribute(round.host, &dir.join(file), round.buffer);
        // All bits set: the driver does not count this.
        let count = content.and_then(|content| text::hex(content, 1).ok());
        if let Some(count) = count.filter(|count| *count != u64::MAX) {
            round.counter(name, help, labels, count as f64);
        }
    }
}
