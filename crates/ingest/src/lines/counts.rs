//! What receivers of lines count about themselves.

use crate::stats::{Counter, ReceiverStats};
use exposition::Family;
use model::Labels;

/// Counters since the start.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Packets of UDP.
    pub(super) packets: Counter,
    /// Connections that were accepted.
    pub(super) connections: Counter,
    /// Bytes as they came.
    pub(super) bytes: Counter,
    /// Lines that are not empty.
    pub(super) lines: Counter,
    /// Samples taken.
    pub(super) samples: Counter,
    /// What was refused, by reason; a reason that is not named here is a bug.
    refused: Vec<(&'static str, Counter)>,
}

/// A line is longer than the limit.
pub(super) const LINE_TOO_LONG: &str = "line_too_long";
/// More connections than the limit.
pub(super) const CONNECTIONS: &str = "connection_limit";
/// A connection sent nothing for too long.
pub(super) const IDLE: &str = "idle_connection";
/// A connection speaks the pickle protocol.
pub(super) const PICKLE: &str = "pickle_protocol";

impl Counts {
    /// Counters with these reasons besides those of listening.
    pub(super) fn new(reasons: impl IntoIterator<Item = &'static str>) -> Self {
        let shared = [LINE_TOO_LONG, CONNECTIONS, IDLE];
        let all = reasons.into_iter().chain(shared);
        Self {
            refused: all.map(|reason| (reason, Counter::default())).collect(),
            ..Self::default()
        }
    }

    pub(super) fn refuse(&self, reason: &str) {
        let counter = self.refused.iter().find(|(known, _)| *known == reason);
        debug_assert!(counter.is_some(), "`{reason}` is counted");
        if let Some((_, counter)) = counter {
            counter.add(1);
        }
    }

    /// Everything as families `flyball_PROTOCOL_*`.
    pub(super) fn families(
        &self,
        protocol: &str,
        spoken: &str,
        series: usize,
        stored: &ReceiverStats,
    ) -> Vec<Family> {
        let name = |what: &str| format!("flyball_{protocol}_{what}");
        let one = |what: &str, help: &str, value: u64| {
            Family::counter(name(what), format!("{help} by {spoken}.")).with(value as f64)
        };
        let mut refused = Family::counter(
            name("refused_total"),
            format!("Lines, samples, tags and connections of {spoken} refused, by reason."),
        );
        for (reason, counter) in &self.refused {
            refused.push(Labels::from_pairs([("reason", *reason)]), counter.get() as f64);
        }
        let unstored = [
            ("out_of_order", &stored.samples_out_of_order),
            ("too_old", &stored.samples_too_old),
            ("duplicate_timestamp", &stored.samples_duplicate),
            ("too_far_in_future", &stored.samples_too_far_ahead),
            ("unresolved", &stored.samples_unresolved),
            ("invalid_labels", &stored.samples_invalid_labels),
            ("beyond_limit", &stored.samples_beyond_limit),
        ];
        for (reason, counter) in unstored {
            refused.push(Labels::from_pairs([("reason", reason)]), counter.get() as f64);
        }
        vec![
            one("packets_total", "Packets received", self.packets.get()),
            one("connections_total", "Connections accepted", self.connections.get()),
            one("received_bytes_total", "Bytes received", self.bytes.get()),
            one("lines_total", "Lines received", self.lines.get()),
            one("samples_total", "Samples taken", self.samples.get()),
            one("samples_stored_total", "Samples stored", stored.samples_stored.get()),
            refused,
            Family::gauge(name("series"), format!("Series of {spoken} at present."))
                .with(series as f64),
        ]
    }
}
