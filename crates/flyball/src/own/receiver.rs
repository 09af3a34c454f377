//! What the receivers of pushed samples count, as families.

use exposition::Family;
use ingest::{Counter, ReceiverStats};
use model::Labels;

/// Families of a receiver's numbers, named after its protocol.
pub(crate) fn families(protocol: &str, spoken: &str, stats: &ReceiverStats) -> Vec<Family> {
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
        ("malformed", &stats.samples_malformed),
        ("invalid_histogram", &stats.samples_invalid_histogram),
        ("beyond_limit", &stats.samples_beyond_limit),
    ];
    let name = |what: &str| format!("flyball_{protocol}_{what}_total");
    let one = |what: &str, help: String, counter: &Counter| {
        Family::counter(name(what), help).with(counter.get() as f64)
    };
    let capital = spoken[..1].to_uppercase() + &spoken[1..];
    vec![
        by(name("requests"), format!("{capital} requests by outcome."), "outcome", &requests),
        by(
            name("samples_refused"),
            format!("Samples of {spoken} that were refused, by reason."),
            "reason",
            &refused,
        ),
        one("samples_stored", format!("Samples stored by {spoken}."), &stats.samples_stored),
        one(
            "exemplars_refused",
            format!("Exemplars of {spoken} that were refused because their labels are too long."),
            &stats.exemplars_refused,
        ),
        one(
            "received_bytes",
            format!("Compressed bytes received by {spoken}."),
            &stats.bytes_received,
        ),
    ]
}

fn by(name: String, help: String, label: &str, counters: &[(&str, &Counter)]) -> Family {
    let mut family = Family::counter(name, help);
    for (value, counter) in counters {
        family.push(Labels::from_pairs([(label, *value)]), counter.get() as f64);
    }
    family
}
