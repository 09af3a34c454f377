//! A store that answers selections, and the one door to the routes.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use egress::{Egress, EgressOptions, FEDERATE_PATH, READ_PATH, federate_route, read_route};
use http_body_util::BodyExt as _;
use model::{
    Exemplar, LabelQuery, Labels, Matcher, MetricMetadata, Querier, QuerierError, SampleBuf,
    SelectHints, Selection, Timestamp, Value,
};
use std::sync::Arc;
use sys::sim::SimClock;
use tower::ServiceExt as _;

pub(crate) const NOW_MS: i64 = 1_000_000;

type Samples = Vec<(i64, Value)>;

#[derive(Default)]
pub(crate) struct Store(Vec<(Labels, Samples)>);

struct Found(Vec<(Labels, Samples)>);

impl Selection for Found {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn labels(&self, index: usize) -> &Labels {
        &self.0[index].0
    }

    fn read(&self, index: usize, into: &mut SampleBuf) -> Result<(), QuerierError> {
        into.clear();
        for (at, value) in &self.0[index].1 {
            match value {
                Value::Float(value) => into.push(*at, *value),
                Value::Histogram(histogram) => into.push_histogram(*at, Arc::clone(histogram)),
            }
        }
        Ok(())
    }
}

impl Querier for Store {
    fn select(
        &self,
        start: Timestamp,
        end: Timestamp,
        matchers: &[Matcher],
        hints: &SelectHints<'_>,
    ) -> Result<Box<dyn Selection>, QuerierError> {
        hints.watch.tick(self.0.len())?;
        let fits = |labels: &Labels| matchers.iter().all(|matcher| matcher.matches_labels(labels));
        let within = |at: i64| (start.ms()..=end.ms()).contains(&at);
        let mut found: Vec<(Labels, Samples)> = Vec::new();
        for (labels, samples) in self.0.iter().filter(|(labels, _)| fits(labels)) {
            let samples: Samples = samples.iter().filter(|(at, _)| within(*at)).cloned().collect();
            if !samples.is_empty() {
                found.push((labels.clone(), samples));
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Box::new(Found(found)))
    }

    fn label_names(&self, _: &LabelQuery<'_>) -> Result<Vec<String>, QuerierError> {
        Ok(Vec::new())
    }

    fn label_values(&self, _: &str, _: &LabelQuery<'_>) -> Result<Vec<String>, QuerierError> {
        Ok(Vec::new())
    }

    fn metadata(
        &self,
        _: Option<&str>,
        _: Option<usize>,
    ) -> Result<Vec<MetricMetadata>, QuerierError> {
        Ok(Vec::new())
    }

    fn exemplars(&self, _: &LabelQuery<'_>) -> Result<Vec<(Labels, Vec<Exemplar>)>, QuerierError> {
        Ok(Vec::new())
    }
}

impl Store {
    pub(crate) fn with(mut self, labels: &[(&str, &str)], samples: &[(i64, Value)]) -> Self {
        self.0.push((Labels::from_pairs(labels.iter().copied()), samples.to_vec()));
        self
    }

    pub(crate) fn floats(self, labels: &[(&str, &str)], samples: &[(i64, f64)]) -> Self {
        let values = samples.iter().map(|(at, value)| (*at, Value::Float(*value)));
        self.with(labels, &values.collect::<Vec<_>>())
    }

    pub(crate) fn open(self, external: &[(&str, &str)], options: EgressOptions) -> Router {
        let clock = Arc::new(SimClock::new(Timestamp::from_ms(NOW_MS)));
        let egress = Arc::new(Egress::new(Arc::new(self), clock, options));
        egress.set_external_labels(Labels::from_pairs(external.iter().copied()));
        let federate = federate_route(Arc::clone(&egress));
        Router::new().route(FEDERATE_PATH, federate).route(READ_PATH, read_route(egress))
    }
}

/// Status, content type and body.
pub(crate) async fn ask(router: &Router, request: Request<Body>) -> (u16, String, Vec<u8>) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let content_type = response.headers().get("content-type").map(|v| v.to_str().unwrap().into());
    let body = response.into_body().collect().await.map(|body| body.to_bytes().to_vec());
    (status, content_type.unwrap_or_default(), body.unwrap_or_default())
}
