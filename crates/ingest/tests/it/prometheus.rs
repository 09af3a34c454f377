//! A real Prometheus as the sender: agent mode, four shards that batch at drifting borders, a store
//! that refuses now and then. Every sample arrives exactly once, in order, with equal timestamps.

use crate::store::{Fixture, NOW_MS};
use axum::Router;
use axum::http::header;
use axum::routing::get;
use ingest::router;
use model::{AppendErrorKind, Labels, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const PROMETHEUS: &str = "/usr/bin/prometheus";
const SERIES: usize = 300;
/// Scrapes that must arrive whole.
const SCRAPES: u64 = 25;
const DEADLINE: Duration = Duration::from_mins(2);

/// Stops the sender whatever becomes of the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

async fn serve(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(tokio::spawn(async move { axum::serve(listener, app).await }));
    address
}

/// A target whose every series shows the number of the scrape.
fn target() -> Router {
    let scrapes = Arc::new(AtomicU64::new(0));
    let page = move || {
        let scrape = scrapes.fetch_add(1, Ordering::SeqCst) + 1;
        let mut page = String::from("# HELP numbered A number.\n# TYPE numbered counter\n");
        for index in 0..SERIES {
            writeln!(page, "numbered{{index=\"{index}\",path=\"/a/{index}\"}} {scrape}").unwrap();
        }
        async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], page) }
    };
    Router::new().route("/metrics", get(page))
}

fn start_sender(dir: &Path, target: SocketAddr, receiver: SocketAddr) -> Running {
    let config = format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\n\
         scrape_configs:\n\
         - job_name: sender\n  static_configs: [{{targets: ['{target}']}}]\n\
         remote_write:\n\
         - url: http://{receiver}/api/v1/write\n  \
           queue_config: {{min_shards: 4, max_shards: 4, max_samples_per_send: 70, \
           batch_send_deadline: 100ms, min_backoff: 10ms, max_backoff: 50ms}}\n"
    );
    let path = dir.join("prometheus.yml");
    std::fs::write(&path, config).unwrap();
    let child = Command::new(PROMETHEUS)
        .arg(format!("--config.file={}", path.display()))
        .arg(format!("--storage.agent.path={}", dir.join("agent").display()))
        .args(["--enable-feature=agent", "--web.listen-address=127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Running(child)
}

/// What arrived of each series of the target: timestamp -> number of the scrape.
type Arrived = BTreeMap<Labels, BTreeMap<i64, u64>>;

fn arrived(fixture: &Fixture) -> Arrived {
    let mut arrived = Arrived::new();
    for ((labels, at), value) in &fixture.store.state.lock().samples {
        if labels.metric_name() != Some("numbered") {
            continue;
        }
        let Value::Float(value) = value else { panic!("a histogram in {labels}") };
        // A stale marker at the end has no number.
        if !value.is_nan() {
            let number = format!("{value}").parse().unwrap();
            arrived.entry(labels.clone()).or_default().insert(*at, number);
        }
    }
    arrived
}

fn is_complete(arrived: &Arrived) -> bool {
    arrived.len() == SERIES && arrived.values().all(|row| row.len() as u64 >= SCRAPES)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_of_a_real_sender_arrives_exactly_once() {
    if !Path::new(PROMETHEUS).exists() {
        return testkit::skip("remote write from Prometheus", "prometheus is not installed");
    }
    let fixture = Fixture::new();
    fixture.store.state.lock().failing = Some((7, AppendErrorKind::ReadOnly));
    let dir = tempfile::tempdir().unwrap();
    let receiver = serve(router(Arc::clone(&fixture.receiver))).await;
    let sender = start_sender(dir.path(), serve(target()).await, receiver);
    let all = async {
        loop {
            let changed = fixture.store.changed.notified();
            if is_complete(&arrived(&fixture)) {
                return;
            }
            changed.await;
        }
    };
    tokio::time::timeout(DEADLINE, all).await.expect("25 scrapes arrive within two minutes");
    drop(sender);
    check(&fixture);
}

fn check(fixture: &Fixture) {
    let arrived = arrived(fixture);
    let longest = arrived.values().max_by_key(|row| row.len()).unwrap().clone();
    for (labels, row) in &arrived {
        let numbers: Vec<u64> = row.values().copied().collect();
        let expected: Vec<u64> = (1..=row.len() as u64).collect();
        assert_eq!(numbers, expected, "{labels}: each scrape once and in order");
        assert!(
            row.iter().all(|(at, number)| longest.get(at) == Some(number)),
            "{labels}: one timestamp a scrape"
        );
    }
    let stats = fixture.receiver.stats();
    let refused = stats.requests_bad.get() + stats.requests_limited.get();
    assert_eq!((refused, stats.samples_repeated.get()), (0, 0));
    assert_eq!(stats.requests_unavailable.get(), 7, "refused requests were sent again");
    assert_eq!(stats.series_parsed.get(), fixture.store.state.lock().series.len() as u64);
    let state = fixture.store.state.lock();
    assert!(state.batches.len() > 50, "small batches from several shards: {}", state.batches.len());
    let groups: BTreeSet<_> = state.groups.values().collect();
    assert_eq!(groups.len(), 1, "one target, one group");
    assert!(state.samples.keys().all(|(_, at)| *at < NOW_MS));
}
