//! A store in memory with a few series.

use model::{
    Exemplar, LabelQuery, Labels, Matcher, Metadata, MetricKind, MetricMetadata, Querier,
    QuerierError, SelectHints, Selection, Timestamp, Value,
};
use query::MemoryQuerier;

/// Float series, and the same exemplar for each of them.
#[derive(Default)]
pub(crate) struct FakeQuerier {
    store: MemoryQuerier,
}

impl FakeQuerier {
    /// `up` of two instances, a counter and a metric with dots, every 15 s for 10 minutes.
    pub(crate) fn sample() -> Self {
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
        Self { store }
    }
}

impl Querier for FakeQuerier {
    fn select(
        &self,
        start: Timestamp,
        end: Timestamp,
        matchers: &[Matcher],
        hints: &SelectHints<'_>,
    ) -> Result<Box<dyn Selection>, QuerierError> {
        self.store.select(start, end, matchers, hints)
    }

    fn label_names(&self, query: &LabelQuery<'_>) -> Result<Vec<String>, QuerierError> {
        self.store.label_names(query)
    }

    fn label_values(
        &self,
        name: &str,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<String>, QuerierError> {
        self.store.label_values(name, query)
    }

    fn metadata(
        &self,
        metric: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Vec<MetricMetadata>, QuerierError> {
        self.store.metadata(metric, limit)
    }

    fn exemplars(
        &self,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<(Labels, Vec<Exemplar>)>, QuerierError> {
        let exemplar = Exemplar {
            labels: Labels::from_pairs([("trace_id", "4bf92f35")]),
            value: 0.25,
            timestamp: Timestamp::from_ms(60_050),
        };
        let asked = |labels: &&Labels| {
            let all = |set: &Vec<Matcher>| set.iter().all(|m| m.matches_labels(labels));
            query.selectors.iter().any(all)
        };
        let found = self.store.iter().map(|(labels, _)| labels).filter(asked);
        Ok(found.map(|labels| (labels.clone(), vec![exemplar.clone()])).collect())
    }
}
