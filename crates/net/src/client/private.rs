//! A connection that serves one caller, and is read by the caller's own task straight into its
//! body. A pool has a task and a buffer for each connection; for thousands of answers a second
//! that is a good part of what they cost (decision 31). Heads are read by `httparse`, as there.

mod framing;
mod head;
mod reading;

use super::{Exchange, Hop, HttpPool, IDLE_MAX, authority};
use crate::body::{BodyLimits, BodyPart};
use crate::kept::Traffic;
use crate::{Error, ErrorKind, connect};
use http::Method;
use reading::{Failure, Reading};
use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWriteExt as _, ReadBuf};
use tokio::time::Instant;
use url::Position;

/// Bytes read at once. They stand on the stack, so that they stay in the processor's cache from
/// one connection to the next.
const PIECE_BYTES: usize = 64 << 10;

/// A connection of one caller, for [`Client::send_over`](super::Client::send_over); at first none.
///
/// It is opened by the first request and kept for the next one, unless an answer ends it or the
/// client's files change. After five idle minutes the next request opens another one; until then
/// it stays open, so who asks more rarely closes it.
#[derive(Default)]
pub struct PrivateConnection {
    open: Option<Line>,
}

impl PrivateConnection {
    /// Closes the connection; the next request opens a new one.
    pub fn close(&mut self) {
        self.open = None;
    }

    /// Sends a request and reads the whole answer; once more over a new connection if the peer
    /// closed the kept one. A request that is given up takes its connection along.
    pub(super) async fn exchange(
        &mut self,
        pool: &Arc<HttpPool>,
        hop: &Hop,
        limits: BodyLimits,
        body: &mut Vec<u8>,
    ) -> Result<Exchange, Error> {
        let path = &hop.url[Position::BeforePath..Position::AfterQuery];
        let authority = authority(&hop.url);
        let request = head::request(path, &authority, &hop.headers);
        let mut reading = Reading::new(limits, std::mem::take(body));
        let kept = self.open.take().filter(|line| line.leads_to(pool, &authority));
        let mut line = None;
        if let Some(mut kept) = kept
            && kept.is_quiet().await
        {
            match kept.exchange(&request, &mut reading).await {
                Err(_) if kept.traffic.is_asked_again() => {}
                Err(failure) => return Err(explained(hop, failure)),
                Ok(()) => line = Some(kept),
            }
        }
        let line = if let Some(line) = line {
            line
        } else {
            let mut line = Line::open(pool, hop, authority).await?;
            let outcome = line.exchange(&request, &mut reading).await;
            outcome.map_err(|failure| explained(hop, failure))?;
            line
        };
        let (head, whole) = reading.finish().map_err(|failure| explained(hop, failure))?;
        *body = whole;
        self.open = Some(line).filter(|_| head.stays);
        Ok(Exchange { status: head.status, headers: head.headers, url: hop.url.clone() })
    }
}

/// Can a request go over a connection of its own? Plain HTTP without a proxy can.
pub(super) fn may_carry(pool: &HttpPool, hop: &Hop, limits: BodyLimits) -> bool {
    let is_get = hop.method == Method::GET && hop.body.is_empty();
    let is_plain = hop.url.scheme() == "http" && pool.connector.socket.is_none();
    let may = is_get && is_plain && limits.part == BodyPart::Whole;
    let end = hop.url.host_str().zip(hop.url.port_or_known_default()).filter(|_| may);
    end.is_some_and(|(host, port)| pool.proxies.choose(false, host, port).is_none())
}

/// What failed, with the request if there was no answer to it.
fn explained(hop: &Hop, failure: Failure) -> Error {
    match failure {
        Failure::Unanswered(cause) => {
            let message = format!("request to {}", hop.shown());
            Error::new(ErrorKind::Protocol, message).caused_by(cause)
        }
        Failure::Body(error) => error,
    }
}

/// An open connection.
struct Line {
    /// Whose settings it was opened with.
    pool: Arc<HttpPool>,
    authority: String,
    used: Instant,
    traffic: Traffic,
    stream: connect::Stream,
}

impl Line {
    async fn open(pool: &Arc<HttpPool>, hop: &Hop, authority: String) -> Result<Self, Error> {
        let stream = pool.connector.clone().open(hop.uri()?).await.map_err(|error| {
            let message = format!("request to {}: {}", hop.shown(), error.describe());
            Error::new(error.kind(), message)
        })?;
        let (pool, traffic) = (Arc::clone(pool), stream.traffic());
        Ok(Self { pool, authority, used: Instant::now(), traffic, stream })
    }

    /// Would a new connection lead to the same end, and be opened in the same way?
    fn leads_to(&self, pool: &Arc<HttpPool>, authority: &str) -> bool {
        let is_fresh = self.used.elapsed() < IDLE_MAX;
        is_fresh && Arc::ptr_eq(&self.pool, pool) && self.authority == authority
    }

    /// Is the connection open, and has nothing come unasked, as far as is known without waiting?
    async fn is_quiet(&mut self) -> bool {
        poll_fn(|cx| {
            let mut byte = [0];
            let polled = Pin::new(&mut self.stream).poll_read(cx, &mut ReadBuf::new(&mut byte));
            Poll::Ready(polled.is_pending())
        })
        .await
    }

    /// Sends a request and reads the answer to its end.
    async fn exchange(&mut self, request: &[u8], reading: &mut Reading) -> Result<(), Failure> {
        self.used = Instant::now();
        let sent = self.stream.write_all(request).await;
        sent.map_err(|error| Failure::Unanswered(error.into()))?;
        poll_fn(|cx| self.poll_answer(cx, reading)).await
    }

    #[expect(clippy::large_stack_arrays, reason = "a buffer a thread, not one a connection")]
    fn poll_answer(
        &mut self,
        cx: &mut Context<'_>,
        reading: &mut Reading,
    ) -> Poll<Result<(), Failure>> {
        let mut room = [const { MaybeUninit::uninit() }; PIECE_BYTES];
        let mut piece = ReadBuf::uninit(&mut room);
        while !reading.is_done() {
            piece.clear();
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut piece));
            let taken = match read {
                Err(error) => Err(reading.broken(error)),
                Ok(()) if piece.filled().is_empty() => return Poll::Ready(reading.end()),
                Ok(()) => reading.take(piece.filled()),
            };
            if taken.is_err() {
                return Poll::Ready(taken);
            }
        }
        Poll::Ready(Ok(()))
    }
}
