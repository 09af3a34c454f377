//! Connections: their number is bounded, each is one task, each ends when asked to.
//! HTTP/1.1 by hyper with a limit and a deadline for the head; a client that leaves drops the
//! request's future, and with it its query. HTTP/2 for gRPC, where a listener is for it or TLS
//! agreed on it.

use super::lenient::{Lenient, NextHead};
use super::refuse;
use super::stall::Stalling;
use crate::app::Front;
use crate::queries::Peer;
use crate::service;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Headers of a request; Go allows any number within its bytes, 128 are more than proxies add.
pub(super) const HEADERS_MAX: usize = 128;
/// Time for a TLS handshake.
pub(super) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Requests of a connection at the same time, HTTP/2.
const STREAMS_MAX: u32 = 64;
/// Bytes that a connection may send ahead of their reading, in all and of one request, HTTP/2.
const WINDOW_BYTES: u32 = 1 << 20;
const STREAM_WINDOW_BYTES: u32 = 256 << 10;
/// A connection of HTTP/2 without requests for so long is closed.
const IDLE_MAX: Duration = Duration::from_mins(10);

/// Which version of HTTP a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    Http1,
    Http2,
}

/// A connection that nobody serves yet.
pub(super) type Accepted = (TcpStream, SocketAddr, Spoken);

/// All open connections.
pub(super) struct Connections {
    front: Arc<Front>,
    router: Router,
    slots: Arc<Semaphore>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Connections {
    pub(super) fn new(front: Arc<Front>, router: Router) -> Self {
        let max = front.options.connections_max.min(Semaphore::MAX_PERMITS);
        let slots = Arc::new(Semaphore::new(max));
        Self { front, router, slots, stop: watch::Sender::new(false), tasks: JoinSet::new() }
    }

    /// Serves a connection, or refuses it when there are too many.
    pub(super) fn open(&mut self, (stream, peer, spoken): Accepted) {
        // Small answers must not wait for more; the kernel may refuse on odd sockets.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, %peer, "cannot set TCP_NODELAY");
        }
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            tracing::warn!(%peer, max = self.front.options.connections_max, "too many connections");
            let encrypted = self.front.web.active().acceptor.is_some();
            refuse::too_many(stream, encrypted);
            return;
        };
        let (front, router) = (Arc::clone(&self.front), self.router.clone());
        let stop = self.stop.subscribe();
        self.tasks.spawn(async move {
            serve(front, router, stream, (peer, spoken), stop).await;
            drop(slot);
        });
    }

    /// Takes ended connections off the list; never ends while there are none.
    pub(super) async fn reap(&mut self) {
        match self.tasks.join_next().await {
            Some(ended) => log_panic(ended),
            None => std::future::pending().await,
        }
    }

    /// Asks all open connections to end after their current request; the future waits for that.
    /// Connections opened later are not waited for.
    pub(super) fn drain(&mut self) -> impl Future<Output = ()> + use<> {
        self.stop.send_replace(true);
        self.stop = watch::Sender::new(false);
        let mut tasks = std::mem::take(&mut self.tasks);
        async move {
            while let Some(ended) = tasks.join_next().await {
                log_panic(ended);
            }
        }
    }

    /// Closes what is still open.
    pub(super) async fn close(mut self) {
        self.tasks.shutdown().await;
    }
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection's task panicked");
    }
}

async fn serve(
    front: Arc<Front>,
    router: Router,
    stream: TcpStream,
    (peer, spoken): (SocketAddr, Spoken),
    stop: watch::Receiver<bool>,
) {
    let Some(acceptor) = front.web.active().acceptor.clone() else {
        return match spoken {
            Spoken::Http1 => answer_all(front, router, stream, peer, stop).await,
            Spoken::Http2 => answer_all_http2(front, router, stream, peer, stop).await,
        };
    };
    match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let is_agreed = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            if is_agreed || spoken == Spoken::Http2 {
                answer_all_http2(front, router, stream, peer, stop).await;
            } else {
                answer_all(front, router, stream, peer, stop).await;
            }
        }
        Ok(Err(error)) => tracing::debug!(%error, %peer, "TLS handshake failed"),
        Err(_elapsed) => tracing::debug!(%peer, "TLS handshake took too long"),
    }
}

async fn answer_all(
    front: Arc<Front>,
    router: Router,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    mut stop: watch::Receiver<bool>,
) {
    let next = NextHead::default();
    let stream = Stalling::new(Lenient::new(stream, next.clone()), front.options.write_timeout);
    let io = TokioIo::new(stream);
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(front.options.header_timeout)
        .max_header_size(front.options.header_bytes_max)
        .max_headers(HEADERS_MAX)
        .keep_alive(!front.is_draining());
    let service = service_fn(move |request: Request<Incoming>| {
        let (front, router) = (Arc::clone(&front), router.clone());
        let mut request = request.map(|body| Body::new(next.watch(body)));
        request.extensions_mut().insert(Peer(peer));
        async move { Ok::<Response, Infallible>(service::answer(front, router, request).await) }
    });
    let connection = builder.serve_connection(io, service);
    tokio::pin!(connection);
    let mut stopping = false;
    let ended = loop {
        tokio::select! {
            ended = &mut connection => break ended,
            _ = stop.changed(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "connection ended early");
    }
}

async fn answer_all_http2(
    front: Arc<Front>,
    router: Router,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    mut stop: watch::Receiver<bool>,
) {
    let options = Arc::clone(&front.options);
    let io = TokioIo::new(Stalling::new(stream, options.write_timeout));
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(options.header_bytes_max).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS_MAX)
        .initial_connection_window_size(WINDOW_BYTES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .keep_alive_interval(options.header_timeout);
    let requests = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&requests);
    let service = service_fn(move |request: Request<Incoming>| {
        counted.fetch_add(1, Ordering::Relaxed);
        let (front, router) = (Arc::clone(&front), router.clone());
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        async move { Ok::<Response, Infallible>(service::answer(front, router, request).await) }
    });
    let connection = builder.serve_connection(io, service);
    tokio::pin!(connection);
    let (mut stopping, mut seen, mut patience) = (false, 0, options.header_timeout);
    let ended = loop {
        tokio::select! {
            ended = &mut connection => break ended,
            _ = stop.changed(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = sleep(patience) => match requests.load(Ordering::Relaxed) {
                // Who has not asked anything within the time for a head does not speak HTTP/2.
                0 => return tracing::debug!(%peer, "no request of HTTP/2 came"),
                same if same == seen => connection.as_mut().graceful_shutdown(),
                more => (seen, patience) = (more, IDLE_MAX),
            },
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "connection ended early");
    }
}
