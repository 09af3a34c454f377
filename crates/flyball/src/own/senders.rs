//! What sending to external Alertmanagers counts, under upstream's names with our prefix and its
//! label `alertmanager`.

use exposition::Family;
use model::{Labels, MetricKind};
use notify::alertmanager::{Alertmanagers, SenderStats};

/// Name, help, and what the deliveries to one Alertmanager have to say about it.
type Measure = (&'static str, &'static str, fn(&SenderStats) -> f64);

const COUNTERS: [Measure; 3] = [
    ("flyball_notifications_sent_total", "Alerts that an external Alertmanager accepted.", |s| {
        s.sent as f64
    }),
    (
        "flyball_notifications_errors_total",
        "Alerts that could not be sent to an external Alertmanager.",
        |s| s.errors as f64,
    ),
    (
        "flyball_notifications_dropped_total",
        "Alerts that an external Alertmanager will not get: it failed, or its queue was full.",
        |s| s.dropped as f64,
    ),
];

pub(crate) fn families(managers: &Alertmanagers) -> Vec<Family> {
    let all = managers.stats();
    let labelled = |url: &String| Labels::from_pairs([("alertmanager", url)]);
    let mut families = Vec::new();
    let queued = "Alerts that wait to be sent to an external Alertmanager.";
    let gauge: Measure = ("flyball_notifications_queue_length", queued, |s| s.queued as f64);
    let counters = COUNTERS.iter().map(|measure| (Family::counter(measure.0, measure.1), measure));
    let gauge = std::iter::once((Family::gauge(gauge.0, gauge.1), &gauge));
    for (mut family, (_, _, measure)) in counters.chain(gauge) {
        for (url, stats) in &all {
            family.push(labelled(url), measure(stats));
        }
        families.push(family);
    }
    let help = "How long requests to external Alertmanagers took.";
    let name = "flyball_notifications_latency_seconds";
    let mut latency = Family::new(name, MetricKind::Summary, help);
    for (url, stats) in &all {
        latency.push_part("_sum", labelled(url), stats.took.as_secs_f64());
        latency.push_part("_count", labelled(url), stats.batches as f64);
    }
    families.push(latency);
    let room = "Alerts that may wait for one external Alertmanager.";
    families.push(
        Family::gauge("flyball_notifications_queue_capacity", room)
            .with(managers.queue_max() as f64),
    );
    let found = "External Alertmanagers that alerts are sent to.";
    families.push(
        Family::gauge("flyball_notifications_alertmanagers_discovered", found)
            .with(managers.urls().active.len() as f64),
    );
    families
}
