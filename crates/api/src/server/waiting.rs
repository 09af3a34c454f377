//! What clients hear while the rooms behind the API are still being opened (a long journal takes
//! its time): the process is alive, it is not ready, come again.
//! Nothing else is answered, so no guard is asked; each connection gets one answer.

use super::ACCEPT_PAUSE;
use super::connection::{HANDSHAKE_TIMEOUT, HEADERS_MAX};
use super::lenient::{Lenient, NextHead};
use super::stall::Stalling;
use crate::reply::{ApiError, text};
use crate::routes::RETRY_AFTER_SECONDS;
use crate::web::WebWatch;
use crate::{ServerOptions, guard, health};
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Connections answered at the same time; further ones wait in the kernel's backlog.
const ANSWERING_MAX: usize = 64;

/// What is known about the server before its rooms are open.
#[derive(Clone)]
pub(super) struct WaitingRoom {
    pub(super) options: Arc<ServerOptions>,
    pub(super) web: Arc<WebWatch>,
}

/// Answers on the listeners until `opening` ends. Answers that were begun by then are finished,
/// within the deadlines of the options.
pub(super) async fn hold<T>(
    room: &WaitingRoom,
    listeners: &[TcpListener],
    opening: impl Future<Output = T>,
) -> T {
    let mut answering = JoinSet::new();
    tokio::pin!(opening);
    let opened = loop {
        tokio::select! {
            opened = &mut opening => break opened,
            accepted = accept_any(listeners), if answering.len() < ANSWERING_MAX => match accepted {
                Ok(stream) => {
                    answering.spawn(answer(room.clone(), stream));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = answering.join_next() => {}
        }
    };
    answering.detach_all();
    opened
}

/// The next connection on any of the listeners.
async fn accept_any(listeners: &[TcpListener]) -> io::Result<TcpStream> {
    poll_fn(|cx| {
        for listener in listeners {
            if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                return Poll::Ready(accepted.map(|(stream, _)| stream));
            }
        }
        Poll::Pending
    })
    .await
}

async fn answer(room: WaitingRoom, stream: TcpStream) {
    let Some(acceptor) = room.web.active().acceptor.clone() else {
        return answer_once(&room, stream).await;
    };
    if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
        answer_once(&room, stream).await;
    }
}

async fn answer_once(room: &WaitingRoom, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let options = &room.options;
    let stream = Lenient::new(stream, NextHead::default());
    let io = TokioIo::new(Stalling::new(stream, options.write_timeout));
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_header_size(options.header_bytes_max)
        .max_headers(HEADERS_MAX)
        .keep_alive(false);
    let service = service_fn(|request: Request<Incoming>| async move {
        let mut response = reply(options, request.uri().path());
        guard::add_security_headers(response.headers_mut(), &room.web.active().headers);
        Ok::<Response, Infallible>(response)
    });
    if let Err(error) = builder.serve_connection(io, service).await {
        tracing::debug!(%error, "connection ended while the server was starting");
    }
}

fn reply(options: &ServerOptions, path: &str) -> Response {
    match path.strip_prefix(&options.prefix()).unwrap_or(path) {
        "/-/healthy" => health::alive(),
        "/livez" => text(StatusCode::OK, "ok"),
        "/-/ready" => health::not_ready(false),
        "/readyz" | "/healthz" => text(StatusCode::SERVICE_UNAVAILABLE, "not ok"),
        _ => ApiError::unavailable("the server is starting")
            .retry_after(RETRY_AFTER_SECONDS)
            .into_response(),
    }
}
