//! What deliveries count, by kind of integration, under Alertmanager's names with our prefix.
//! `requests` are tries; a notification counts once it arrived or was given up for good.

use crate::{DeliveryError, FailureReason};
use exposition::Family;
use model::{Labels, MetricKind};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of latencies in seconds, as upstream has them.
const LATENCY_BOUNDS_SECONDS: [f64; 6] = [1.0, 5.0, 10.0, 15.0, 20.0, 30.0];

/// Counters of all kinds of integrations.
#[derive(Debug, Default)]
pub struct Metrics {
    kinds: Mutex<BTreeMap<&'static str, Arc<Counts>>>,
}

/// Counters of one kind of integration.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    requests: AtomicU64,
    requests_failed: AtomicU64,
    notifications: AtomicU64,
    failed: [AtomicU64; FailureReason::ALL.len()],
    /// Tries by the first bound they stayed within; the last one has none.
    latencies: [AtomicU64; LATENCY_BOUNDS_SECONDS.len() + 1],
    latency_micros: AtomicU64,
}

impl Counts {
    /// Counts a try.
    pub(crate) fn note(&self, took: Duration, error: Option<&DeliveryError>) {
        let add = |counter: &AtomicU64, by: u64| {
            counter.fetch_add(by, Ordering::Relaxed);
        };
        add(&self.requests, 1);
        let seconds = took.as_secs_f64();
        let within = LATENCY_BOUNDS_SECONDS.iter().position(|bound| seconds <= *bound);
        add(&self.latencies[within.unwrap_or(LATENCY_BOUNDS_SECONDS.len())], 1);
        add(&self.latency_micros, u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        let Some(error) = error else { return add(&self.notifications, 1) };
        add(&self.requests_failed, 1);
        if !error.is_retryable() {
            add(&self.notifications, 1);
            add(&self.failed[error.reason() as usize], 1);
        }
    }
}

impl Metrics {
    /// The counters of a kind.
    pub(crate) fn counts(&self, integration: &'static str) -> Arc<Counts> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(kinds.entry(integration).or_default())
    }

    /// All counters at this moment, with the label `integration`.
    pub fn families(&self) -> Vec<Family> {
        let kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
        let by_kind = |name: &str, help: &str, of: fn(&Counts) -> &AtomicU64| {
            let mut family = Family::counter(name, help);
            for (kind, counts) in kinds.iter() {
                let labels = Labels::from_pairs([("integration", *kind)]);
                family.push(labels, read(of(counts)));
            }
            family
        };
        let mut failed = Family::counter(
            "flyball_notifications_failed_total",
            "Notifications that were given up, by reason.",
        );
        for (kind, counts) in kinds.iter() {
            for reason in FailureReason::ALL {
                let labels = [("integration", *kind), ("reason", reason.as_str())];
                failed.push(Labels::from_pairs(labels), read(&counts.failed[reason as usize]));
            }
        }
        vec![
            by_kind(
                "flyball_notifications_total",
                "Notifications that arrived or were given up.",
                |counts| &counts.notifications,
            ),
            failed,
            by_kind(
                "flyball_notification_requests_total",
                "Tries to deliver a notification.",
                |counts| &counts.requests,
            ),
            by_kind(
                "flyball_notification_requests_failed_total",
                "Tries to deliver a notification that failed.",
                |counts| &counts.requests_failed,
            ),
            latencies(&kinds),
        ]
    }
}

fn latencies(kinds: &BTreeMap<&'static str, Arc<Counts>>) -> Family {
    let help = "How long tries to deliver a notification took.";
    let mut family =
        Family::new("flyball_notification_latency_seconds", MetricKind::Histogram, help);
    for (kind, counts) in kinds {
        let labels = |le: Option<String>| {
            let le = le.iter().map(|le| ("le", le.clone()));
            Labels::from_pairs([("integration", (*kind).to_owned())].into_iter().chain(le))
        };
        let mut total = 0;
        for (index, counter) in counts.latencies.iter().enumerate() {
            total += counter.load(Ordering::Relaxed);
            let bound = LATENCY_BOUNDS_SECONDS.get(index);
            let le = bound.map_or_else(|| "+Inf".to_owned(), |bound| format!("{bound:.1}"));
            family.push_part("_bucket", labels(Some(le)), total as f64);
        }
        let micros = counts.latency_micros.load(Ordering::Relaxed);
        family.push_part("_sum", labels(None), Duration::from_micros(micros).as_secs_f64());
        family.push_part("_count", labels(None), total as f64);
    }
    family
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use std::fmt::Write as _;

    #[test]
    fn tries_and_notifications_are_counted_by_kind() {
        let metrics = Metrics::default();
        let counts = metrics.counts("slack");
        counts.note(Duration::from_millis(500), None);
        let refused = DeliveryError::rejected("no");
        counts.note(Duration::from_secs(7), Some(&refused));
        let again = DeliveryError::retryable(FailureReason::Server, "later");
        counts.note(Duration::from_mins(1), Some(&again));
        let mut shown = String::new();
        for family in metrics.families() {
            for point in family.points.iter().filter(|point| point.value != 0.0) {
                let (name, suffix) = (&family.name, point.suffix);
                writeln!(shown, "{name}{suffix}{} {}", point.labels, point.value).unwrap();
            }
        }
        expect![[r#"
            flyball_notifications_total{integration="slack"} 2
            flyball_notifications_failed_total{integration="slack", reason="clientError"} 1
            flyball_notification_requests_total{integration="slack"} 3
            flyball_notification_requests_failed_total{integration="slack"} 2
            flyball_notification_latency_seconds_bucket{integration="slack", le="1.0"} 1
            flyball_notification_latency_seconds_bucket{integration="slack", le="5.0"} 1
            flyball_notification_latency_seconds_bucket{integration="slack", le="10.0"} 2
            flyball_notification_latency_seconds_bucket{integration="slack", le="15.0"} 2
            flyball_notification_latency_seconds_bucket{integration="slack", le="20.0"} 2
            flyball_notification_latency_seconds_bucket{integration="slack", le="30.0"} 2
            flyball_notification_latency_seconds_bucket{integration="slack", le="+Inf"} 3
            flyball_notification_latency_seconds_sum{integration="slack"} 67.5
            flyball_notification_latency_seconds_count{integration="slack"} 3
        "#]]
        .assert_eq(&shown);
    }
}
