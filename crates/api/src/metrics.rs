//! Counts what the server answers: requests and seconds by route, method class and status.
//! Bounded: routes come from the table, statuses from this crate; unknown paths share one name.

use exposition::{Family, format_float};
use model::{BUCKET_LABEL, Labels, MetricKind};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::time::Duration;

/// Upper bounds of the duration histogram in seconds (Prometheus' own for the same metric).
const BOUNDS: [f64; 10] = [0.1, 0.2, 0.4, 1.0, 3.0, 8.0, 20.0, 60.0, 120.0, 300.0];

/// Requests answered since the start.
#[derive(Debug, Default)]
pub struct HttpMetrics {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    requests: BTreeMap<(String, u16), u64>,
    durations: BTreeMap<String, Histogram>,
}

/// Durations in classic buckets.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    sum: f64,
}

impl Histogram {
    /// Counts a duration.
    pub(crate) fn observe(&mut self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        for (bucket, bound) in self.buckets.iter_mut().zip(BOUNDS) {
            *bucket += u64::from(seconds <= bound);
        }
        self.count += 1;
        self.sum += seconds;
    }

    /// Adds its points, under these labels, to a family.
    pub(crate) fn push_to(&self, family: &mut Family, base: &Labels) {
        let bounds = BOUNDS.iter().map(|bound| format_float(*bound));
        let counts = self.buckets.iter().chain([&self.count]);
        for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(counts) {
            let mut labels = base.to_builder();
            labels.set(BUCKET_LABEL, &bound);
            family.push_part("_bucket", labels.build(), *count as f64);
        }
        family.push_part("_sum", base.clone(), self.sum);
        family.push_part("_count", base.clone(), self.count as f64);
    }
}

impl HttpMetrics {
    /// Counts one answer of the route `handler`.
    pub(crate) fn observe(&self, handler: &str, status: u16, duration: Duration) {
        let mut inner = self.inner.lock();
        *inner.requests.entry((handler.into(), status)).or_default() += 1;
        inner.durations.entry(handler.into()).or_default().observe(duration);
    }

    /// `flyball_http_requests_total` and `flyball_http_request_duration_seconds`.
    pub fn families(&self) -> Vec<Family> {
        let inner = self.inner.lock();
        vec![requests(&inner.requests), durations(&inner.durations)]
    }
}

fn requests(counts: &BTreeMap<(String, u16), u64>) -> Family {
    let mut family = Family::counter("flyball_http_requests_total", "HTTP requests answered.");
    for ((handler, code), count) in counts {
        let labels = [("code", code.to_string()), ("handler", handler.clone())];
        family.push(Labels::from_pairs(labels), *count as f64);
    }
    family
}

fn durations(histograms: &BTreeMap<String, Histogram>) -> Family {
    let help = "Time from a request's head to its answer's head.";
    let name = "flyball_http_request_duration_seconds";
    let mut family = Family::new(name, MetricKind::Histogram, help);
    for (handler, histogram) in histograms {
        histogram.push_to(&mut family, &Labels::from_pairs([("handler", handler)]));
    }
    family
}
