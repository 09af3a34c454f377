//! Headers, limits and turns over HTTP.

use crate::store::{Fixture, read, series};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bytes::Bytes;
use ingest::{ReceiverOptions, WRITE_PATH};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use wire::bounded::snappy_compress;
use wire::remote_write::{encode, encode_snappy};

fn body() -> Vec<u8> {
    encode_snappy(&[series(&[("__name__", "up")], &[(1, 1.0)])], &[]).unwrap()
}

fn post(headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(WRITE_PATH);
    let with = |request: axum::http::request::Builder, (name, value): &(&str, &str)| {
        request.header(*name, *value)
    };
    headers.iter().fold(request, with).body(body.into()).unwrap()
}

async fn status(headers: &[(&str, &str)]) -> u16 {
    Fixture::new().request(post(headers, body())).await.status().as_u16()
}

#[tokio::test]
async fn the_headers_of_a_prometheus_sender_are_accepted() {
    let headers = [
        ("content-encoding", "snappy"),
        ("content-type", "application/x-protobuf"),
        ("x-prometheus-remote-write-version", "0.1.0"),
    ];
    let fixture = Fixture::new();
    let response = fixture.request(post(&headers, body())).await;
    assert_eq!(read(response).await, (StatusCode::NO_CONTENT, String::new()));
    assert_eq!(fixture.stored(), [r#"{__name__="up"} 1 1"#]);
}

#[tokio::test]
async fn other_headers_are_accepted_or_refused_as_upstream_does() {
    assert_eq!(status(&[]).await, 204, "senders before 1.0 set none");
    let accepted =
        ["application/x-protobuf;proto=prometheus.WriteRequest", "Application/X-Protobuf"];
    for content_type in accepted {
        assert_eq!(status(&[("content-type", content_type)]).await, 204, "{content_type}");
    }
    let refused = [
        "application/json",
        "image/png",
        "text/plain",
        "application/x-protobuf;proto=other",
        "application/x-protobuf;proto",
    ];
    for content_type in refused {
        assert_eq!(status(&[("content-type", content_type)]).await, 415, "{content_type}");
    }
    assert_eq!(status(&[("content-encoding", "Snappy")]).await, 204);
    for encoding in ["gzip", "deflate", "identity"] {
        assert_eq!(status(&[("content-encoding", encoding)]).await, 415, "{encoding}");
    }
}

/// Agents of VictoriaMetrics: their handshake, their encoding, and what waited in their queues.
#[tokio::test]
async fn zstd_is_taken_as_victoria_metrics_takes_it() {
    let fixture = Fixture::new();
    let asked = Request::post(format!("{WRITE_PATH}?a=b&get_vm_proto_version=1"));
    let asked = asked.header("content-encoding", "snappy").body(Body::empty()).unwrap();
    assert_eq!(read(fixture.request(asked).await).await, (StatusCode::OK, "1".to_owned()));
    let zstd = [
        ("content-encoding", "zstd"),
        ("content-type", "application/x-protobuf"),
        ("x-victoriametrics-remote-write-version", "1"),
    ];
    let message = |name: &str, at| encode(&[series(&[("__name__", name)], &[(at, 1.0)])], &[]);
    let packed = zstd::encode_all(&message("up", 1)[..], 1).unwrap();
    assert_eq!(fixture.request(post(&zstd, packed)).await.status(), StatusCode::NO_CONTENT);
    let of_another = snappy_compress(&message("up", 2)).unwrap();
    assert_eq!(fixture.request(post(&zstd, of_another)).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(fixture.stored(), [r#"{__name__="up"} 1 1"#, r#"{__name__="up"} 2 1"#]);
    let cut = zstd::encode_all(&message("up", 3)[..], 1).unwrap();
    let (status, text) = read(fixture.request(post(&zstd, cut[..20].to_vec())).await).await;
    assert_eq!((status, text.contains("zstd: ")), (StatusCode::BAD_REQUEST, true), "{text}");
    let bomb = zstd::encode_all(&vec![0; 64 << 20][..], 1).unwrap();
    let (status, text) = read(fixture.request(post(&zstd, bomb)).await).await;
    assert_eq!((status, text.contains("zstd: ")), (StatusCode::PAYLOAD_TOO_LARGE, true), "{text}");
    let version_2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
    let headers = [("content-encoding", "zstd"), ("content-type", version_2)];
    let refused = fixture.request(post(&headers, Vec::new())).await.status();
    assert_eq!(refused, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn other_methods_are_405() {
    let request = Request::get(WRITE_PATH).body(Body::empty()).unwrap();
    assert_eq!(Fixture::new().request(request).await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_413_declared_or_not() {
    let options = ReceiverOptions { body_bytes_max: 1000, ..ReceiverOptions::default() };
    let fixture = Fixture::with(options);
    let declared = post(&[("content-length", "1001")], Body::empty());
    assert_eq!(fixture.request(declared).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let response = fixture.request(post(&[], vec![0; 1001])).await;
    let text = "the body is longer than 1000 bytes";
    assert_eq!(read(response).await, (StatusCode::PAYLOAD_TOO_LARGE, text.into()));
    assert_eq!(fixture.receiver.stats().requests_too_large.get(), 2);
}

/// What a body gives after its first bytes.
#[derive(Clone, Copy)]
enum Rest {
    Nothing,
    Reset,
}

/// A body of which only the beginning comes.
struct Unfinished {
    first: Option<&'static str>,
    rest: Rest,
}

impl axum::body::HttpBody for Unfinished {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, io::Error>>> {
        match (self.first.take(), self.rest) {
            (Some(first), _) => Poll::Ready(Some(Ok(http_body::Frame::data(first.into())))),
            (None, Rest::Nothing) => Poll::Pending,
            (None, Rest::Reset) => Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into()))),
        }
    }
}

/// A body that never ends and never brings a byte.
pub(crate) fn endless() -> Body {
    Body::new(Unfinished { first: None, rest: Rest::Nothing })
}

/// A body whose connection breaks after these bytes.
pub(crate) fn broken(first: &'static str) -> Body {
    Body::new(Unfinished { first: Some(first), rest: Rest::Reset })
}

#[tokio::test]
async fn a_body_that_breaks_off_is_408() {
    let fixture = Fixture::new();
    let told = (StatusCode::REQUEST_TIMEOUT, "cannot read the body: connection reset".into());
    assert_eq!(read(fixture.request(post(&[], broken("a"))).await).await, told);
    assert_eq!(fixture.receiver.stats().requests_unfinished.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_408() {
    let (fixture, begin) = (Fixture::new(), tokio::time::Instant::now());
    let (status, text) = read(fixture.request(post(&[], endless())).await).await;
    assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
    let took = begin.elapsed().as_secs();
    assert!((30..32).contains(&took), "{took} seconds");
    assert_eq!(text, "the body did not arrive within 30 seconds");
}

#[tokio::test(start_paused = true)]
async fn a_slow_sender_holds_up_nobody() {
    let options = ReceiverOptions { concurrency_max: 1, ..ReceiverOptions::default() };
    let fixture = Fixture::with(options);
    let slow = async { fixture.request(post(&[], endless())).await.status() };
    let quick = async { fixture.request(post(&[], body())).await.status() };
    tokio::select! {
        biased;
        status = slow => panic!("the slow one came first, with {status}"),
        status = quick => assert_eq!(status, StatusCode::NO_CONTENT),
    }
}

#[tokio::test(start_paused = true)]
async fn beyond_the_places_there_is_no_waiting() {
    let options =
        ReceiverOptions { concurrency_max: 1, waiting_max: 0, ..ReceiverOptions::default() };
    let fixture = Fixture::with(options);
    let slow = fixture.request(post(&[], endless()));
    let quick = fixture.request(post(&[], body()));
    let (slow, quick) = tokio::join!(slow, quick);
    assert_eq!(slow.status(), StatusCode::REQUEST_TIMEOUT);
    assert_eq!(quick.headers()[header::RETRY_AFTER], "5");
    let told = (StatusCode::SERVICE_UNAVAILABLE, "too many requests are waiting".into());
    assert_eq!(read(quick).await, told);
    let after = fixture.request(post(&[], body())).await;
    assert_eq!(after.status(), StatusCode::NO_CONTENT, "the place came back");
    assert_eq!(fixture.receiver.stats().requests_unavailable.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn bodies_beyond_the_budget_are_told_to_come_back() {
    let options = ReceiverOptions { budget_bytes: 1024, ..ReceiverOptions::default() };
    let fixture = Fixture::with(options);
    let told = (StatusCode::SERVICE_UNAVAILABLE, "too many bytes of requests are in memory".into());
    assert_eq!(read(fixture.request(post(&[], vec![0; 1025])).await).await, told);
    for _ in 0..10 {
        let after = fixture.request(post(&[], body())).await;
        assert_eq!(after.status(), StatusCode::NO_CONTENT, "the budget came back");
    }
}

/// The body lies in memory until the work is done, whether or not somebody waits for the answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_keeps_its_budget_when_its_sender_has_gone() {
    let wait_max = Duration::from_millis(20);
    let options = ReceiverOptions { budget_bytes: 256, wait_max, ..ReceiverOptions::default() };
    let fixture = Arc::new(Fixture::with(options));
    let (word, hold) = std::sync::mpsc::channel();
    *fixture.store.hold.lock() = Some(hold);
    let gone = Arc::clone(&fixture);
    let gone = tokio::spawn(async move { gone.request(post(&[], body())).await.status() });
    fixture.store.began.notified().await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    let second = fixture.request(post(&[], body())).await;
    assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
    word.send(()).unwrap();
    testkit::wait_for("the budget to come back", || {
        (fixture.receiver.stats().requests_stored.get() == 1).then_some(())
    });
    assert_eq!(fixture.request(post(&[], body())).await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_keeps_its_place_when_its_sender_has_gone() {
    let options =
        ReceiverOptions { concurrency_max: 1, waiting_max: 0, ..ReceiverOptions::default() };
    let fixture = Arc::new(Fixture::with(options));
    let (word, hold) = std::sync::mpsc::channel();
    *fixture.store.hold.lock() = Some(hold);
    let gone = Arc::clone(&fixture);
    let gone = tokio::spawn(async move { gone.request(post(&[], body())).await.status() });
    fixture.store.began.notified().await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    let told = (StatusCode::SERVICE_UNAVAILABLE, "too many requests are waiting".into());
    assert_eq!(read(fixture.request(post(&[], body())).await).await, told);
    word.send(()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_no_turn_in_time_is_told_to_come_back() {
    let wait_max = Duration::from_millis(20);
    let options = ReceiverOptions { concurrency_max: 1, wait_max, ..ReceiverOptions::default() };
    let fixture = Arc::new(Fixture::with(options));
    let (word, hold) = std::sync::mpsc::channel();
    *fixture.store.hold.lock() = Some(hold);
    let first = Arc::clone(&fixture);
    let first = tokio::spawn(async move { first.request(post(&[], body())).await.status() });
    fixture.store.began.notified().await;
    let second = read(fixture.request(post(&[], body())).await).await;
    let text = "no turn within the time to wait";
    assert_eq!(second, (StatusCode::SERVICE_UNAVAILABLE, text.into()));
    word.send(()).unwrap();
    assert_eq!(first.await.unwrap(), StatusCode::NO_CONTENT);
}
