//! A stream that percent-encodes what people type into URLs and RFC 3986 forbids: `"`, `<`, `>`.
//! Go's server takes them raw, so `curl '.../query?query=up{job="node"}'` works with Prometheus.
//! Covers the first request of a connection, which is the only one such clients send.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes read at once while the first line is incomplete.
const READ_BYTES: usize = 4096;

/// Rewrites the first line that is read; everything else passes through.
pub(super) struct Lenient<S> {
    inner: S,
    in_first_line: bool,
    /// Rewritten bytes that did not fit the reader's buffer yet; at most three times what was read.
    pending: Vec<u8>,
}

impl<S> Lenient<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, in_first_line: true, pending: Vec::new() }
    }

    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.in_first_line &= *byte != b'\n';
            match byte {
                b'"' if self.in_first_line => self.pending.extend_from_slice(b"%22"),
                b'<' if self.in_first_line => self.pending.extend_from_slice(b"%3C"),
                b'>' if self.in_first_line => self.pending.extend_from_slice(b"%3E"),
                _ => self.pending.push(*byte),
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
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn only_the_first_line_is_rewritten() {
        let raw = b"GET /q?query=up{job=\"a\"}>1 HTTP/1.1\r\nX: \"<\r\n\r\n\"".as_slice();
        let mut text = String::new();
        Lenient::new(raw).read_to_string(&mut text).await.unwrap();
        let wanted = "GET /q?query=up{job=%22a%22}%3E1 HTTP/1.1\r\nX: \"<\r\n\r\n\"";
        assert_eq!(text, wanted);
    }

    #[tokio::test]
    async fn small_buffers_lose_nothing() {
        let raw = b"\"\"\"\"\n\"rest".as_slice();
        let mut stream = Lenient::new(raw);
        let mut text = Vec::new();
        let mut byte = [0; 1];
        while stream.read(&mut byte).await.unwrap() == 1 {
            text.push(byte[0]);
        }
        assert_eq!(text, b"%22%22%22%22\n\"rest");
    }
}
