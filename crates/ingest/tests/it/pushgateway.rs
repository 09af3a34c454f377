//! The Pushgateway's API: what jobs push is stored, again at every tick, and survives a restart.

use crate::store::{NOW_MS, Store};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt as _;
use ingest::{PUSH_PATHS, PushGateway, ReceiverOptions, push_route};
use model::{Timestamp, Value, is_stale};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sys::OsVfs;
use sys::sim::SimClock;
use testkit::protobuf::Message;
use tower::ServiceExt as _;

struct Fixture {
    store: Arc<Store>,
    clock: Arc<SimClock>,
    gateway: Arc<PushGateway>,
    folder: tempfile::TempDir,
}

fn open(store: &Arc<Store>, clock: &Arc<SimClock>, file: &Path) -> std::io::Result<PushGateway> {
    let options = ReceiverOptions { body_bytes_max: 1 << 20, ..ReceiverOptions::default() };
    PushGateway::open(store.clone(), options, clock.clone(), Arc::new(OsVfs), file.into())
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SimClock::new(Timestamp::from_ms(NOW_MS - 1_000_000)));
        let store = Arc::new(Store::default());
        let gateway = open(&store, &clock, &folder.path().join("push/groups.json")).unwrap();
        Self { store, clock, gateway: Arc::new(gateway), folder }
    }

    async fn send(&self, request: Request<Body>) -> (u16, String) {
        let route = push_route(&self.gateway);
        let paths = PUSH_PATHS.into_iter();
        let router = paths.fold(Router::new(), |router, path| router.route(path, route.clone()));
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    async fn push(&self, method: &str, path: &str, body: impl Into<Body>) -> (u16, String) {
        self.clock.advance(Duration::from_secs(1));
        self.send(Request::builder().method(method).uri(path).body(body.into()).unwrap()).await
    }

    /// The last value of each series but those about groups; `None` when it is gone.
    fn latest(&self) -> Vec<(String, Option<f64>)> {
        let state = self.store.state.lock();
        let mut found: Vec<(String, Option<f64>)> = Vec::new();
        for ((labels, _), value) in &state.samples {
            let Value::Float(value) = value else { continue };
            let labels = labels.to_string();
            if labels.contains("\"push_") {
                continue;
            }
            let value = Some(*value).filter(|value| !is_stale(*value));
            match found.last_mut().filter(|(last, _)| *last == labels) {
                Some(last) => last.1 = value,
                None => found.push((labels, value)),
            }
        }
        found
    }

    fn about(&self) -> Vec<(String, f64)> {
        let state = self.store.state.lock();
        let own =
            state.samples.iter().filter(|((l, _), _)| l.value("__name__").starts_with("push_"));
        let float = |value: &Value| if let Value::Float(it) = value { *it } else { f64::NAN };
        own.map(|((labels, _), value)| (labels.to_string(), float(value))).collect()
    }
}

fn known(pairs: &[(&str, Option<f64>)]) -> Vec<(String, Option<f64>)> {
    pairs.iter().map(|(labels, value)| ((*labels).to_owned(), *value)).collect()
}

#[tokio::test]
async fn groups_are_pushed_changed_and_deleted() {
    let fixture = Fixture::new();
    let path = "/metrics/job/backup/instance/db1";
    let page = "# TYPE done gauge\ndone 1\nbytes{disk=\"a\"} 5\n";
    assert_eq!(fixture.push("PUT", path, page).await, (200, String::new()));
    let done = r#"{__name__="done", instance="db1", job="backup"}"#;
    let bytes = r#"{__name__="bytes", disk="a", instance="db1", job="backup"}"#;
    assert_eq!(fixture.latest(), known(&[(bytes, Some(5.0)), (done, Some(1.0))]));
    assert_eq!(fixture.push("POST", path, "done 2\n").await.0, 200);
    assert_eq!(fixture.latest(), known(&[(bytes, Some(5.0)), (done, Some(2.0))]));
    assert_eq!(fixture.push("PUT", path, "done 3\n").await.0, 200);
    assert_eq!(fixture.latest(), known(&[(bytes, None), (done, Some(3.0))]));
    assert_eq!(fixture.push("DELETE", path, "").await, (202, String::new()));
    assert_eq!(fixture.latest(), known(&[(bytes, None), (done, None)]));
    assert_eq!(fixture.push("DELETE", path, "").await.0, 202, "gone is gone");
    let metadata: Vec<_> = {
        let state = fixture.store.state.lock();
        let all = state.batches.iter().flat_map(|batch| &batch.metadata);
        all.map(|it| (it.metric.clone(), it.metadata.kind.as_str())).collect()
    };
    assert!(metadata.contains(&("done".to_owned(), "gauge")), "{metadata:?}");
    assert!(metadata.contains(&("push_time_seconds".to_owned(), "gauge")));
}

#[tokio::test]
async fn what_is_pushed_is_stored_again_and_after_a_restart() {
    let fixture = Fixture::new();
    fixture.push("POST", "/metrics/job@base64/L3Zhci90bXA", "a 1\n").await;
    let count = || fixture.store.state.lock().samples.len();
    assert_eq!(count(), 3);
    fixture.clock.advance(Duration::from_secs(15));
    fixture.gateway.tick().unwrap();
    assert_eq!(count(), 6);
    let file = fixture.folder.path().join("push/groups.json");
    let again = open(&fixture.store, &fixture.clock, &file).unwrap();
    fixture.clock.advance(Duration::from_secs(15));
    again.tick().unwrap();
    assert_eq!(count(), 9);
    let series = r#"{__name__="a", job="/var/tmp"}"#;
    assert_eq!(fixture.latest(), known(&[(series, Some(1.0))]));
}

#[tokio::test]
async fn a_damaged_file_of_groups_is_set_aside_and_pushes_go_on() {
    let mut fixture = Fixture::new();
    let file = fixture.folder.path().join("push/groups.json");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    for (damaged, name) in [("{", "groups.json"), ("[]", "groups.json.1")] {
        std::fs::write(&file, damaged).unwrap();
        let gateway = open(&fixture.store, &fixture.clock, &file).unwrap();
        let kept = fixture.folder.path().join("push/quarantine").join(name);
        assert_eq!(std::fs::read_to_string(kept).unwrap(), damaged);
        assert!(!file.exists());
        fixture.gateway = Arc::new(gateway);
        assert_eq!(fixture.push("POST", "/metrics/job/j", "a 1\n").await.0, 200);
        fixture.gateway.close().unwrap();
        open(&fixture.store, &fixture.clock, &file).unwrap().tick().unwrap();
    }
    let series = r#"{__name__="a", job="j"}"#;
    assert_eq!(fixture.latest(), known(&[(series, Some(1.0))]));
}

#[tokio::test]
async fn failures_are_told_and_noted() {
    let fixture = Fixture::new();
    for (path, body, expected) in [
        ("/metrics/job/a", "x{\n", "line 1"),
        ("/metrics/job/a", "x 1 1000\n", "pushed metrics must not have timestamps: x"),
        ("/metrics/job/a", "x 1\nx 2\n", "collected before with the same name"),
        ("/metrics/job/a/b", "x 1\n", "label \"b\" in the path has no value"),
        ("/metrics/job@base64/=", "x 1\n", "job name is required"),
    ] {
        let (status, text) = fixture.push("POST", path, body).await;
        assert!(status == 400 && text.contains(expected), "{path}: {status} {text}");
    }
    assert_eq!(fixture.push("POST", "/metrics/job/a", vec![b'#'; 2 << 20]).await.0, 413);
    assert!(fixture.latest().is_empty());
    fixture.push("PUT", "/metrics/job/a", "").await;
    let about = fixture.about();
    let failed = |(labels, at): &(String, f64)| labels.contains("push_failure_time") && *at > 0.0;
    assert_eq!(about.len(), 2, "an empty push makes a group: {about:?}");
    assert!(about.iter().any(failed), "{about:?}");
}

#[tokio::test]
async fn bodies_may_be_protobuf_and_gzip() {
    let fixture = Fixture::new();
    let bucket = Message::new().number(1, 2).double(2, 0.5);
    let histogram = Message::new().number(1, 3).double(2, 1.5).message(3, &bucket);
    let metric = Message::new().message(7, &histogram);
    let family = Message::new().bytes(1, "h").number(3, 4).message(4, &metric).delimited();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&family).unwrap();
    let request = |body: Vec<u8>, encoding: &str| {
        Request::put("/metrics/job/p")
            .header("content-type", "application/vnd.google.protobuf; encoding=delimited")
            .header("content-encoding", encoding)
            .body(Body::from(body))
            .unwrap()
    };
    assert_eq!(fixture.send(request(encoder.finish().unwrap(), "gzip")).await.0, 200);
    assert_eq!(
        fixture.latest(),
        known(&[
            (r#"{__name__="h_bucket", job="p", le="+Inf"}"#, Some(3.0)),
            (r#"{__name__="h_bucket", job="p", le="0.5"}"#, Some(2.0)),
            (r#"{__name__="h_count", job="p"}"#, Some(3.0)),
            (r#"{__name__="h_sum", job="p"}"#, Some(1.5)),
        ])
    );
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![b'#'; 64 << 20]).unwrap();
    assert_eq!(fixture.send(request(bomb.finish().unwrap(), "gzip")).await.0, 413);
    assert_eq!(fixture.send(request(b"nonsense".to_vec(), "gzip")).await.0, 400);
    assert_eq!(fixture.send(request(b"x".to_vec(), "br")).await.0, 400);
}
