//! Compresses answers for clients that accept it, chunk by chunk while they are sent.
//! Bounded: one encoder of about 300 KiB per answer, nothing is collected; answers that are known
//! to be short or already compressed go out as they are.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, header};
use http_body::{Body as HttpBody, Frame};
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Answers below this many bytes are not worth an encoder.
const WORTHWHILE_BYTES: u64 = 1024;

/// Does the client take a content coding (RFC 9110, 12.5.3)? `gzip;q=0` refuses gzip.
pub(crate) fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let offered = parts.next().unwrap_or_default();
        let wanted = offered.eq_ignore_ascii_case(coding) || offered == "*";
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        wanted && quality.is_none_or(|q| q.parse::<f32>().is_ok_and(|q| q > 0.0))
    })
}

/// Wraps the body in an encoder when that is useful.
pub(crate) fn compress(response: Response) -> Response {
    let worthwhile = response.body().size_hint().exact().is_none_or(|len| len >= WORTHWHILE_BYTES);
    let headers = response.headers();
    if !worthwhile
        || !compressible(headers)
        || headers.contains_key(header::CONTENT_ENCODING)
        || response.status().is_redirection()
    {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let encoder = GzEncoder::new(Vec::new(), Compression::fast());
    Response::from_parts(parts, Body::new(GzipBody { inner: body, encoder: Some(encoder) }))
}

fn compressible(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| {
        // Events are not to wait in an encoder.
        (value.starts_with("text/") && !value.starts_with("text/event-stream"))
            || ["json", "javascript", "xml", "yaml"].iter().any(|kind| value.contains(kind))
    })
}

struct GzipBody {
    inner: Body,
    encoder: Option<GzEncoder<Vec<u8>>>,
}

impl HttpBody for GzipBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        loop {
            if self.encoder.is_none() {
                return Poll::Ready(None);
            }
            let written = match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    let encoder = self.encoder.as_mut().expect("checked at the head of the loop");
                    encoder.write_all(&data).map(|()| std::mem::take(encoder.get_mut()))
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    let encoder = self.encoder.take().expect("checked at the head of the loop");
                    encoder.finish()
                }
            };
            match written {
                // The encoder may keep everything for later.
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return Poll::Ready(Some(Ok(Frame::data(bytes.into())))),
                Err(error) => return Poll::Ready(Some(Err(axum::Error::new(error)))),
            }
        }
    }
}

#[cfg(test)]
mod tests;
