//! A stream that percent-encodes what people type into URLs and `http::Uri` refuses or cuts off.
//! Go's server takes it raw, so `curl '.../query?query=up{job="node"}'` works with Prometheus.
//! Only the first line of a request's head is touched. Where a head begins is not guessed from the
//! bytes: the requests tell it (`NextHead`), so that nothing of a body is ever changed.

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes read at once while the first line is incomplete.
const READ_BYTES: usize = 4096;

/// What the bytes are that the connection reads next.
#[derive(Clone, Debug, Default)]
pub(super) struct NextHead(Arc<AtomicU8>);

impl NextHead {
    /// Nothing new.
    const SAME: u8 = 0;
    /// The body of the last request was read to its end: a head follows.
    const HEAD: u8 = 1;
    /// A request has come whose body is not read yet.
    const BODY: u8 = 2;

    /// Watches a request's body. hyper has read the head when the body exists, and all of the body
    /// when the body has ended; what a client sends ahead of its turn lies in hyper's buffer, or
    /// begins within a head that is not complete.
    pub(super) fn watch<B: HttpBody>(&self, body: B) -> Watched<B> {
        self.0.store(if body.is_end_stream() { Self::HEAD } else { Self::BODY }, Ordering::Release);
        Watched { body, next: self.clone() }
    }
}

/// A request's body that tells when it was read to its end.
///
/// A body that is dropped before tells nothing: the first line after it is not rewritten.
pub(super) struct Watched<B> {
    body: B,
    next: NextHead,
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for Watched<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let failed = matches!(frame, Some(Err(_)));
        if frame.is_none() || (!failed && self.body.is_end_stream()) {
            self.next.0.store(NextHead::HEAD, Ordering::Release);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Rewrites the first line of every request; everything else passes through.
pub(super) struct Lenient<S> {
    inner: S,
    next: NextHead,
    in_first_line: bool,
    /// Rewritten bytes that did not fit the reader's buffer yet; at most three times what was read.
    pending: Vec<u8>,
}

impl<S> Lenient<S> {
    pub(super) fn new(inner: S, next: NextHead) -> Self {
        Self { inner, next, in_first_line: true, pending: Vec::new() }
    }

    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.in_first_line &= *byte != b'\n';
            let encoded: &[u8] = match byte {
                b'"' => b"%22",
                // A fragment is never sent; in a question it begins a comment of PromQL.
                b'#' => b"%23",
                b'<' => b"%3C",
                b'>' => b"%3E",
                b'`' => b"%60",
                _ => &[],
            };
            if self.in_first_line && !encoded.is_empty() {
                self.pending.extend_from_slice(encoded);
            } else {
                self.pending.push(*byte);
            }
        }
    }

    fn give(&mut self, buffer: &mut ReadBuf<'_>) {
        let count = self.pending.len().min(buffer.remaining());
        buffer.put_slice(&self.pending[..count]);
        self.pending.drain(..count);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lenient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.next.0.swap(NextHead::SAME, Ordering::AcqRel) {
            NextHead::HEAD => self.in_first_line = true,
            NextHead::BODY => self.in_first_line = false,
            _ => {}
        }
        if self.pending.is_empty() && !self.in_first_line {
            return Pin::new(&mut self.inner).poll_read(cx, buffer);
        }
        if self.pending.is_empty() {
            let mut space = [0; READ_BYTES];
            let mut read = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut self.inner).poll_read(cx, &mut read))?;
            self.take(read.filled());
        }
        self.give(buffer);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lenient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests;
