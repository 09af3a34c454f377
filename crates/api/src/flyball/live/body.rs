//! A stream of rounds as the body of an answer: the connection pulls, nothing is collected.

use super::Stream;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The round that is under way; it gives the stream back with what it made.
type Round = Pin<Box<dyn Future<Output = (Stream, Option<Bytes>)> + Send>>;

pub(super) struct Rounds {
    /// `None` after the last one.
    round: Option<Round>,
}

impl Rounds {
    pub(super) fn new(stream: Stream) -> Self {
        Self { round: Some(round(stream)) }
    }
}

fn round(mut stream: Stream) -> Round {
    Box::pin(async move {
        let made = stream.next().await;
        (stream, made)
    })
}

impl HttpBody for Rounds {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(running) = &mut self.round else { return Poll::Ready(None) };
        let (stream, made) = ready!(running.as_mut().poll(cx));
        self.round = made.is_some().then(|| round(stream));
        Poll::Ready(made.map(|bytes| Ok(Frame::data(bytes))))
    }
}
