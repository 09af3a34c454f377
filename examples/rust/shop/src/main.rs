//! A service with axum: `cargo run -- PORT`.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use flyball_metrics::{CONTENT_TYPE, Cache, Metrics, Queue};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[derive(Clone)]
struct Shop {
    metrics: Metrics,
    orders: Arc<Mutex<BTreeMap<String, String>>>,
}

async fn order(State(shop): State<Shop>, Path(id): Path<String>) -> String {
    let known = shop.orders.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
    let cache = Cache { cache: "orders".to_owned() };
    if let Some(order) = known {
        shop.metrics.cache_hits.get_or_create(&cache).inc();
        return order;
    }
    shop.metrics.cache_misses.get_or_create(&cache).inc();
    let order = shop.metrics.timed("select", async { format!("order {id}\n") }).await;
    let mut orders = shop.orders.lock().unwrap_or_else(PoisonError::into_inner);
    orders.insert(id, order.clone());
    let queue = Queue { queue: "invoices".to_owned() };
    let waiting = i64::try_from(orders.len()).unwrap_or(i64::MAX);
    shop.metrics.queue_pending.get_or_create(&queue).set(waiting);
    order
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "at last\n"
}

async fn page(State(shop): State<Shop>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], shop.metrics.page())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).unwrap_or_else(|| "8001".to_owned());
    let shop = Shop { metrics: Metrics::new(), orders: Arc::default() };
    let app = Router::new()
        .route("/orders/{id}", get(order))
        .route("/fail", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "out of order\n") }))
        .route("/slow", get(slow))
        .route("/metrics", get(page))
        .layer(shop.metrics.layer())
        .with_state(shop);
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, app).await
}
