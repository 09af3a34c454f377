//! Life of connections: limits, deadlines, clients that leave, and the end.

use crate::support::{Running, SHORT, options, read_all, read_until};
use api::{ErrorKind, Mount, Permission, Server, ServerOptions};
use axum::routing::get;
use bytes::Bytes;
use std::convert::Infallible;
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use testkit::wait_for;
use tokio::sync::Semaphore;

/// A route that answers when a permit is added; counts who came and who was dropped unanswered.
#[derive(Clone)]
struct Slow {
    release: Arc<Semaphore>,
    arrived: Arc<AtomicUsize>,
    dropped: Arc<AtomicUsize>,
}

struct CountDrop(Option<Arc<AtomicUsize>>);

impl CountDrop {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for CountDrop {
    fn drop(&mut self) {
        if let Some(count) = &self.0 {
            count.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Slow {
    fn new() -> Self {
        Self {
            release: Arc::new(Semaphore::new(0)),
            arrived: Arc::default(),
            dropped: Arc::default(),
        }
    }

    fn mount(&self) -> Mount {
        let slow = self.clone();
        let handler = move || async move {
            slow.arrived.fetch_add(1, Ordering::SeqCst);
            let guard = CountDrop(Some(slow.dropped.clone()));
            slow.release.acquire().await.unwrap().forget();
            guard.disarm();
            "slow answer"
        };
        Mount {
            path: "/slow",
            permission: Permission::ReadMetrics,
            methods: get(handler),
            described: vec![("get", "Answers late")],
        }
    }

    fn wait_for_arrival(&self) {
        wait_for("the request", || (self.arrived.load(Ordering::SeqCst) > 0).then_some(()));
    }
}

const SLOW: &[u8] = b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[test]
fn client_that_leaves_drops_its_request_at_once() {
    let slow = Slow::new();
    let running = Running::start(options(), vec![slow.mount()]);
    let mut stream = running.connect();
    stream.write_all(SLOW).unwrap();
    slow.wait_for_arrival();
    assert_eq!(slow.dropped.load(Ordering::SeqCst), 0);
    drop(stream);
    wait_for("the handler's end", || (slow.dropped.load(Ordering::SeqCst) == 1).then_some(()));
    running.join();
}

#[test]
fn drain_answers_503_to_probes_and_finishes_what_is_in_flight() {
    let slow = Slow::new();
    let mut running = Running::start(options(), vec![slow.mount()]);
    let mut stream = running.connect();
    stream.write_all(SLOW).unwrap();
    slow.wait_for_arrival();
    assert!(running.get("/-/ready").starts_with("HTTP/1.1 200 "));
    running.stop();
    let refused = wait_for("the drain", || {
        let answer = running.get("/-/ready");
        answer.starts_with("HTTP/1.1 503 ").then_some(answer)
    });
    assert!(refused.contains("x-prometheus-stopping: true"), "{refused}");
    assert!(running.get("/api/v1/labels").starts_with("HTTP/1.1 503 "));
    assert!(running.get("/-/healthy").starts_with("HTTP/1.1 200 "));
    slow.release.add_permits(1);
    let answer = read_all(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("slow answer"), "{answer}");
    running.join();
}

#[test]
fn drain_does_not_wait_for_idle_connections() {
    let running = Running::new();
    let mut idle = running.connect();
    idle.write_all(b"GET /-/healthy HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    read_until(&mut idle, "Healthy.\n");
    running.join();
    assert_eq!(read_all(&mut idle), "");
}

#[test]
fn drain_gives_up_on_requests_that_do_not_end() {
    let slow = Slow::new();
    let options = ServerOptions { drain_timeout: SHORT, ..options() };
    let running = Running::start(options, vec![slow.mount()]);
    let mut stream = running.connect();
    stream.write_all(SLOW).unwrap();
    slow.wait_for_arrival();
    running.join();
    assert_eq!(read_all(&mut stream), "");
    assert_eq!(slow.dropped.load(Ordering::SeqCst), 1);
}

#[test]
fn one_connection_too_many_is_told_so() {
    let running = Running::start(ServerOptions { connections_max: 1, ..options() }, Vec::new());
    let mut first = running.connect();
    let ask = b"GET /-/healthy HTTP/1.1\r\nhost: localhost\r\n\r\n";
    first.write_all(ask).unwrap();
    read_until(&mut first, "Healthy.\n");
    let refused = running.get("/-/healthy");
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(refused.contains("retry-after: 5"), "{refused}");
    // The one that is served goes on, and its slot is free again when it leaves.
    first.write_all(ask).unwrap();
    read_until(&mut first, "Healthy.\n");
    drop(first);
    wait_for("the free slot", || {
        running.get("/-/healthy").starts_with("HTTP/1.1 200 ").then_some(())
    });
}

#[test]
fn slow_heads_are_cut_off() {
    let running = Running::start(ServerOptions { header_timeout: SHORT, ..options() }, Vec::new());
    let mut stream = running.connect();
    stream.write_all(b"GET /-/healthy HTTP/1.1\r\nhost: loc").unwrap();
    let answer = read_all(&mut stream);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[test]
fn slow_bodies_are_cut_off() {
    let running = Running::start(ServerOptions { body_timeout: SHORT, ..options() }, Vec::new());
    let mut stream = running.connect();
    let head = b"POST /api/v1/query HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\
                 content-type: application/x-www-form-urlencoded\r\n\r\nquery=";
    stream.write_all(head).unwrap();
    assert!(read_until(&mut stream, "\r\n").starts_with("HTTP/1.1 408 "));
}

/// A body without end.
struct Endless(#[expect(dead_code, reason = "counts its drop")] CountDrop);

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(&[0; 16_000])))))
    }
}

#[test]
fn readers_that_stop_reading_are_cut_off() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let count = dropped.clone();
    let handler =
        move || async move { axum::body::Body::new(Endless(CountDrop(Some(count.clone())))) };
    let mount = Mount {
        path: "/endless",
        permission: Permission::ReadMetrics,
        methods: get(handler),
        described: Vec::new(),
    };
    let running = Running::start(ServerOptions { write_timeout: SHORT, ..options() }, vec![mount]);
    let mut stream = running.connect();
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    wait_for("the end of the answer", || (dropped.load(Ordering::SeqCst) == 1).then_some(()));
}

#[test]
fn long_heads_are_refused() {
    let running = Running::new();
    let mut stream = running.connect();
    let head = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(40_000));
    // The server may close before all is written.
    drop(stream.write_all(head.as_bytes()));
    assert!(read_until(&mut stream, "\r\n").starts_with("HTTP/1.1 431 "));
}

#[test]
fn garbage_is_refused() {
    let running = Running::new();
    for garbage in [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
    {
        let mut stream = running.connect();
        stream.write_all(garbage).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let answer = read_all(&mut stream);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
}

fn bind_error(options: ServerOptions) -> api::Error {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Server::listen(options)).err().unwrap()
}

#[test]
fn addresses_that_cannot_be_used() {
    let listen = |texts: &[&str]| ServerOptions {
        listen: texts.iter().map(|text| (*text).into()).collect(),
        ..ServerOptions::default()
    };
    assert_eq!(bind_error(listen(&[])).kind(), ErrorKind::Options);
    assert_eq!(bind_error(listen(&["127.0.0.1"])).kind(), ErrorKind::Bind);
    assert_eq!(bind_error(listen(&[":0"])).kind(), ErrorKind::Exposure);
    assert_eq!(bind_error(listen(&["127.0.0.1:0", "0.0.0.0:0"])).kind(), ErrorKind::Exposure);
    let running = Running::new();
    let taken = bind_error(listen(&[&running.address.to_string()]));
    assert_eq!(taken.kind(), ErrorKind::Bind);
    let expected = format!("cannot listen on {}: ", running.address);
    assert!(taken.to_string().starts_with(&expected), "{taken}");
}

#[test]
fn several_addresses_are_served() {
    let listen = vec!["127.0.0.1:0".into(), "127.0.0.1:0".into()];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let options = ServerOptions { listen, ..ServerOptions::default() };
    let listening = runtime.block_on(Server::listen(options)).unwrap();
    assert_eq!(listening.addresses().len(), 2);
    assert_ne!(listening.addresses()[0], listening.addresses()[1]);
    assert_eq!(listening.urls()[1], format!("http://{}/", listening.addresses()[1]));
}
