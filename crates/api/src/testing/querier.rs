//! A store in memory with a few series.

use model::{
    Exemplar, LabelQuery, Labels, Matcher, Metadata, MetricKind, MetricMetadata, Querier,
    QuerierError, SampleBuf, SelectHints, Selection, Timestamp,
};
use std::collections::BTreeSet;

/// Float series.
#[derive(Default)]
pub(crate) struct FakeQuerier {
    series: Vec<(Labels, Vec<(i64, f64)>)>,
}

impl FakeQuerier {
    /// `up` of two instances, a counter and a metric with dots, every 15 s for 10 minutes.
    pub(crate) fn sample() -> Self {
        let mut series = Vec::new();
        for (instance, value) in [("a:9100", 1.0), ("b:9100", 0.0)] {
            let labels = [("__name__", "up"), ("instance", instance), ("job", "node")];
            series.push((Labels::from_pairs(labels), every_15s(|_| value)));
        }
        let requests = [("__name__", "requests_total"), ("job", "api"), ("method", "GET")];
        series.push((Labels::from_pairs(requests), every_15s(|ms| ms as f64 / 1000.0)));
        let dotted = [("__name__", "http.info"), ("http.method", "GET"), ("job", "api")];
        series.push((Labels::from_pairs(dotted), every_15s(|_| 1.0)));
        series.sort_by(|a, b| a.0.cmp(&b.0));
        Self { series }
    }

    fn matching<'a>(&'a self, query: &'a LabelQuery<'_>) -> impl Iterator<Item = &'a Labels> {
        let any = |labels: &Labels| {
            query.selectors.is_empty()
                || query.selectors.iter().any(|set| set.iter().all(|m| m.matches_labels(labels)))
        };
        self.series.iter().map(|(labels, _)| labels).filter(move |labels| any(labels))
    }
}

fn every_15s(value: impl Fn(i64) -> f64) -> Vec<(i64, f64)> {
    (0..=40).map(|i| i * 15_000).map(|ms| (ms, value(ms))).collect()
}

struct Found {
    series: Vec<(Labels, Vec<(i64, f64)>)>,
}

impl Selection for Found {
    fn len(&self) -> usize {
        self.series.len()
    }

    fn labels(&self, index: usize) -> &Labels {
        &self.series[index].0
    }

    fn read(&self, index: usize, into: &mut SampleBuf) -> Result<(), QuerierError> {
        into.clear();
        for (ms, value) in &self.series[index].1 {
            into.push(*ms, *value);
        }
        Ok(())
    }
}

fn cut(texts: BTreeSet<String>, limit: Option<usize>) -> Vec<String> {
    texts.into_iter().take(limit.unwrap_or(usize::MAX)).collect()
}

impl Querier for FakeQuerier {
    fn select(
        &self,
        start: Timestamp,
        end: Timestamp,
        matchers: &[Matcher],
        _hints: &SelectHints,
    ) -> Result<Box<dyn Selection>, QuerierError> {
        let inside = |(ms, _): &&(i64, f64)| (start.ms()..=end.ms()).contains(ms);
        let found = self.series.iter().filter_map(|(labels, samples)| {
            let samples: Vec<_> = samples.iter().filter(inside).copied().collect();
            let matches = matchers.iter().all(|m| m.matches_labels(labels));
            (matches && !samples.is_empty()).then(|| (labels.clone(), samples))
        });
        Ok(Box::new(Found { series: found.collect() }))
    }

    fn label_names(&self, query: &LabelQuery<'_>) -> Result<Vec<String>, QuerierError> {
        let names = self.matching(query).flat_map(|labels| labels.iter().map(|(n, _)| n.into()));
        Ok(cut(names.collect(), query.limit))
    }

    fn label_values(
        &self,
        name: &str,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<String>, QuerierError> {
        let values = self.matching(query).filter_map(|labels| labels.get(name).map(str::to_owned));
        Ok(cut(values.collect(), query.limit))
    }

    fn metadata(
        &self,
        metric: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Vec<MetricMetadata>, QuerierError> {
        let of = |metric: &str, kind, help: &str, unit: &str| MetricMetadata {
            metric: metric.into(),
            metadata: Metadata { kind, help: help.into(), unit: unit.into() },
        };
        let all = [
            of("requests_total", MetricKind::Counter, "Requests.", ""),
            of("up", MetricKind::Gauge, "Is the \"target\" up?", ""),
        ];
        let wanted = all.into_iter().filter(|m| metric.is_none_or(|metric| metric == m.metric));
        Ok(wanted.take(limit.unwrap_or(usize::MAX)).collect())
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
        Ok(self.matching(query).map(|labels| (labels.clone(), vec![exemplar.clone()])).collect())
    }
}
