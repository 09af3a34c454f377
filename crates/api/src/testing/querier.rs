//! A store in memory with a few series.

use model::{Exemplar, Labels, Metadata, MetricKind, MetricMetadata, Timestamp, Value};
use query::MemoryQuerier;

/// `up` of two instances, a counter and a metric with dots, every 15 s for 10 minutes; the same
/// exemplar for each of them.
pub(crate) fn sample_store() -> MemoryQuerier {
    let mut store = MemoryQuerier::new();
    let mut every_15s = |labels: &[(&str, &str)], value: fn(i64) -> f64| {
        let labels = Labels::from_pairs(labels.iter().copied());
        for ms in (0..=40).map(|i| i * 15_000) {
            store.push(&labels, Timestamp::from_ms(ms), Value::Float(value(ms)));
        }
    };
    every_15s(&[("__name__", "up"), ("instance", "a:9100"), ("job", "node")], |_| 1.0);
    every_15s(&[("__name__", "up"), ("instance", "b:9100"), ("job", "node")], |_| 0.0);
    let requests = [("__name__", "requests_total"), ("job", "api"), ("method", "GET")];
    every_15s(&requests, |ms| ms as f64 / 1000.0);
    every_15s(&[("__name__", "http.info"), ("http.method", "GET"), ("job", "api")], |_| 1.0);
    let of = |metric: &str, kind, help: &str| MetricMetadata {
        metric: metric.into(),
        metadata: Metadata { kind, help: help.into(), unit: String::new() },
    };
    store.set_metadata(vec![
        of("requests_total", MetricKind::Counter, "Requests."),
        of("up", MetricKind::Gauge, "Is the \"target\" up?"),
    ]);
    let exemplar = Exemplar {
        labels: Labels::from_pairs([("trace_id", "4bf92f35")]),
        value: 0.25,
        timestamp: Timestamp::from_ms(60_050),
    };
    let of_series = |labels: &Labels| (labels.clone(), vec![exemplar.clone()]);
    let exemplars = store.iter().map(|(labels, _)| of_series(labels)).collect();
    store.set_exemplars(exemplars);
    store
}
