//! The head of an HTTP/1.1 answer, and the request that asks for it. Pure; `httparse` reads lines.

use super::framing::Framing;
use http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Version};

#[cfg(test)]
mod tests;

/// Head of an answer at most, as with a pool.
pub(super) const HEAD_BYTES_MAX: usize = 64 << 10;
/// Most headers of an answer, as with a pool.
const HEADERS_MAX: usize = 100;

/// The head of an answer.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Does the connection stay behind the body?
    pub(super) stays: bool,
}

/// A head with the framing of its body, if it is no mere announcement, and its length.
type Read = (Option<(Head, Framing)>, usize);

impl Head {
    /// Reads a head, and how the body behind it is framed, from the beginning of `bytes`; gives its
    /// length, too, and `None` when it is not complete. What only announces an answer (status 1xx)
    /// has a length and nothing else.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Read>, String> {
        let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut fields);
        let parsed = response.parse(bytes).map_err(|error| error.to_string())?;
        let httparse::Status::Complete(length) = parsed else {
            let is_long = bytes.len() > HEAD_BYTES_MAX;
            return if is_long { Err("its head is beyond 64 KiB".into()) } else { Ok(None) };
        };
        let status = StatusCode::from_u16(response.code.unwrap_or_default())
            .map_err(|error| error.to_string())?;
        if status.is_informational() {
            return Ok(Some((None, length)));
        }
        let is_new = response.version == Some(1);
        let version = if is_new { Version::HTTP_11 } else { Version::HTTP_10 };
        let mut headers = HeaderMap::with_capacity(response.headers.len());
        for field in response.headers.iter() {
            let name = HeaderName::from_bytes(field.name.as_bytes());
            let value = HeaderValue::from_bytes(field.value);
            headers.append(
                name.map_err(|error| error.to_string())?,
                value.map_err(|error| error.to_string())?,
            );
        }
        let framing = Framing::of(version, status, &headers).map_err(str::to_owned)?;
        let names = |option: &str| {
            let values = headers.get_all(CONNECTION).iter();
            let mut options = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
            options.any(|found| found.trim_ascii().eq_ignore_ascii_case(option.as_bytes()))
        };
        let stays = if is_new { !names("close") } else { names("keep-alive") };
        Ok(Some((Some((Self { status, headers, stays }, framing)), length)))
    }
}

/// A GET request as it is written.
pub(super) fn request(path: &str, host: &str, headers: &HeaderMap) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    bytes.extend_from_slice(b"GET ");
    bytes.extend_from_slice(path.as_bytes());
    bytes.extend_from_slice(b" HTTP/1.1\r\n");
    if !headers.contains_key(http::header::HOST) {
        field(&mut bytes, "host", host.as_bytes());
    }
    for (name, value) in headers {
        field(&mut bytes, name.as_str(), value.as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

fn field(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        bytes.extend_from_slice(part);
    }
}
