//! Rate, errors and duration of an axum service, and the numbers beside them, under the names that
//! Flyball's dashboards and rules know. The registry is `prometheus-client`'s: this crate is a
//! layer of tower and eight metrics.
//!
//! ```no_run
//! # use axum::{Router, routing::get};
//! let metrics = flyball_metrics::Metrics::new();
//! let app: Router = Router::new()
//!     .route("/orders/{id}", get(|| async { "an order" }))
//!     .layer(metrics.layer());
//! ```

use axum::extract::MatchedPath;
use axum::http::{Request, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;
use tower::{Layer, Service};

/// Bounds in seconds, those of Prometheus' clients.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// The type of [`Metrics::page`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Labels of a request while it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Method {
    pub method: String,
}

/// Labels of a duration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Route {
    pub method: String,
    /// The pattern, never the path: `/orders/{id}`.
    pub route: String,
}

/// Labels of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Answered {
    pub method: String,
    pub route: String,
    pub code: u16,
}

/// What kind of query.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Operation {
    pub operation: String,
}

/// Which cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Cache {
    pub cache: String,
}

/// Which queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Queue {
    pub queue: String,
}

type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

/// The metrics of a service; clones are the same ones.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<Answered, Counter>,
    durations: Durations<Route>,
    active: Family<Method, Gauge>,
    pub db_queries: Durations<Operation>,
    pub cache_hits: Family<Cache, Counter>,
    pub cache_misses: Family<Cache, Counter>,
    pub websockets: Gauge,
    pub queue_pending: Family<Queue, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Metrics in a registry of their own.
    pub fn new() -> Self {
        Self::within(Registry::default())
    }

    /// Metrics beside those that the service has registered already.
    pub fn within(mut registry: Registry) -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let (requests, active) = (Family::default(), Family::default());
        let durations = Family::new_with_constructor(histogram);
        let db_queries = Family::new_with_constructor(histogram);
        let (cache_hits, cache_misses) = (Family::default(), Family::default());
        let (websockets, queue_pending) = (Gauge::default(), Family::default());
        // The library writes the `_total` and the full stop itself.
        registry.register("http_requests", "Requests answered", Family::clone(&requests));
        let help = "Durations of requests";
        registry.register("http_request_duration_seconds", help, Family::clone(&durations));
        registry.register(
            "http_requests_active",
            "Requests being answered",
            Family::clone(&active),
        );
        let help = "Durations of queries";
        registry.register("db_query_duration_seconds", help, Family::clone(&db_queries));
        let help = "Reads of a cache that found something";
        registry.register("cache_hits", help, Family::clone(&cache_hits));
        let help = "Reads of a cache that found nothing";
        registry.register("cache_misses", help, Family::clone(&cache_misses));
        registry.register("websocket_connections_active", "Open WebSockets", websockets.clone());
        registry.register("queue_pending", "Jobs that wait", Family::clone(&queue_pending));
        Self {
            registry: Arc::new(registry),
            requests,
            durations,
            active,
            db_queries,
            cache_hits,
            cache_misses,
            websockets,
            queue_pending,
        }
    }

    /// The layer for `Router::layer`: there it sees which route matched.
    pub fn layer(&self) -> RedLayer {
        RedLayer(self.clone())
    }

    /// The page to be scraped, of [`CONTENT_TYPE`].
    pub fn page(&self) -> String {
        let mut page = String::new();
        encode(&mut page, &self.registry).expect("a text takes any text");
        page
    }

    /// Times a query of the database.
    pub async fn timed<T>(&self, operation: &str, query: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let result = query.await;
        let labels = Operation { operation: operation.to_owned() };
        self.db_queries.get_or_create(&labels).observe(begun.elapsed().as_secs_f64());
        result
    }
}

/// Counts and times what passes.
#[derive(Clone, Debug)]
pub struct RedLayer(Metrics);

impl<S> Layer<S> for RedLayer {
    type Service = Red<S>;

    fn layer(&self, inner: S) -> Red<S> {
        Red { inner, metrics: self.0.clone() }
    }
}

/// A service that counts and times its requests.
#[derive(Clone, Debug)]
pub struct Red<S> {
    inner: S,
    metrics: Metrics,
}

/// A request being answered; also one that its client left ends here.
struct Active {
    metrics: Metrics,
    method: String,
    route: String,
    begun: Instant,
    code: u16,
}

impl Drop for Active {
    fn drop(&mut self) {
        let (method, route) = (self.method.clone(), self.route.clone());
        let active = Method { method: method.clone() };
        self.metrics.active.get_or_create(&active).dec();
        let took = Route { method: method.clone(), route: route.clone() };
        self.metrics.durations.get_or_create(&took).observe(self.begun.elapsed().as_secs_f64());
        let answered = Answered { method, route, code: self.code };
        self.metrics.requests.get_or_create(&answered).inc();
    }
}

impl<S, B, R> Service<Request<B>> for Red<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let method = request.method().as_str().to_owned();
        let matched = request.extensions().get::<MatchedPath>();
        let route = matched.map_or("unmatched", MatchedPath::as_str).to_owned();
        let labels = Method { method: method.clone() };
        self.metrics.active.get_or_create(&labels).inc();
        let metrics = self.metrics.clone();
        // 499: the client left before the answer.
        let active = Active { metrics, method, route, begun: Instant::now(), code: 499 };
        let answering = self.inner.call(request);
        Box::pin(async move {
            // All of it moves in, so that it ends with the answer and not with this call.
            let mut active = active;
            let answer = answering.await;
            active.code = answer.as_ref().map_or(500, |answer| answer.status().as_u16());
            answer
        })
    }
}
