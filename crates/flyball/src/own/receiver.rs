//! What the remote-write receiver counts, as families.

use exposition::Family;
use ingest::{Counter, ReceiverStats};
use model::Labels;

/// Families of the receiver's numbers.
pub(crate) fn families(stats: &ReceiverStats) -> Vec<Family> {
    let requests = [
        ("stored", &stats.requests_stored),
        ("bad", &stats.requests_bad),
        ("unsupported", &stats.requests_unsupported),
        ("too_large", &stats.requests_too_large),
        ("unfinished", &stats.requests_unfinished),
        ("limited", &stats.requests_limited),
        ("unavailable", &stats.requests_unavailable),
    ];
    let refused = [
        ("out_of_order", &stats.samples_out_of_order),
        ("too_old", &stats.samples_too_old),
        ("duplicate_timestamp", &stats.samples_duplicate),
        ("too_far_in_future", &stats.samples_too_far_ahead),
        ("unresolved", &stats.samples_unresolved),
        ("invalid_labels", &stats.samples_invalid_labels),
        ("invalid_histogram", &stats.samples_invalid_histogram),
        ("beyond_limit", &stats.samples_beyond_limit),
    ];
    let one = |name: &str, help: &str, counter: &Counter| {
        Family::counter(name, help).with(counter.get() as f64)
    };
    vec![
        by(
            "flyball_remote_write_requests_total",
            "Remote write requests by outcome.",
            "outcome",
            &requests,
        ),
        by(
            "flyball_remote_write_samples_refused_total",
            "Samples of remote write that were refused, by reason.",
            "reason",
            &refused,
        ),
        one(
            "flyball_remote_write_samples_stored_total",
            "Samples stored by remote write.",
            &stats.samples_stored,
        ),
        one(
            "flyball_remote_write_exemplars_refused_total",
            "Exemplars of remote write that were refused because their labels are too long.",
            &stats.exemplars_refused,
        ),
        one(
            "flyball_remote_write_received_bytes_total",
            "Compressed bytes received by remote write.",
            &stats.bytes_received,
        ),
    ]
}

fn by(name: &str, help: &str, label: &str, counters: &[(&str, &Counter)]) -> Family {
    let mut family = Family::counter(name, help);
    for (value, counter) in counters {
        family.push(Labels::from_pairs([(label, *value)]), counter.get() as f64);
    }
    family
}
