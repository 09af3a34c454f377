//! Bodies with a bound: on the bytes that arrive, on the bytes they decompress to, and on the
//! ratio of both, because one megabyte of gzip can hold a gigabyte.

use crate::{Error, ErrorKind};
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http_body_util::BodyExt as _;
use hyper::body::Body;
use std::io::{self, Write};

#[cfg(test)]
mod tests;

/// Bound of a body whose reader names none: 256 MiB, two million samples of 128 bytes.
pub const BODY_BYTES_DEFAULT_MAX: u64 = 256 << 20;
/// Compressed text of metrics reaches ratios of 10 to 30; 200 is no text of metrics.
const RATIO_MAX: u64 = 200;
/// Below this size the ratio does not matter: 8 MiB.
const RATIO_FREE_BYTES: u64 = 8 << 20;

/// How much a body may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// Bytes after decompression.
    pub bytes_max: u64,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { bytes_max: BODY_BYTES_DEFAULT_MAX }
    }
}

/// How a body is encoded in transfer (`Content-Encoding`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// RFC 1952, one or more members.
    Gzip,
}

impl Encoding {
    /// Reads a `Content-Encoding` header; absent means identity.
    pub fn of(header: Option<&http::HeaderValue>) -> Result<Self, Error> {
        match header.map(http::HeaderValue::as_bytes).map(<[u8]>::trim_ascii) {
            None | Some(b"" | b"identity") => Ok(Self::Identity),
            Some(name) if name.eq_ignore_ascii_case(b"gzip") => Ok(Self::Gzip),
            Some(other) => {
                let message = format!("body has content encoding `{}`", other.escape_ascii());
                Err(Error::new(ErrorKind::Decode, format!("{message}, expected gzip or identity")))
            }
        }
    }
}

/// Reads a body as it arrives into a buffer that grows no further than its bound.
pub(crate) async fn read<B>(
    mut body: B,
    encoding: Encoding,
    limits: BodyLimits,
    into: &mut Vec<u8>,
) -> Result<(), Error>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut decoder = Decoder::new(encoding, limits, std::mem::take(into));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Error::new(ErrorKind::Protocol, "cannot read body").caused_by(error)
        })?;
        if let Ok(chunk) = frame.into_data() {
            decoder.push(&chunk)?;
        }
    }
    *into = decoder.finish()?;
    Ok(())
}

/// Decodes bytes that are there already, under the same bounds.
pub fn decode(encoding: Encoding, limits: BodyLimits, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut decoder = Decoder::new(encoding, limits, Vec::new());
    decoder.push(bytes)?;
    decoder.finish()
}

enum Decoder {
    Identity(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
}

impl Decoder {
    fn new(encoding: Encoding, limits: BodyLimits, mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        let bounded = Bounded { buffer, limits, arrived: 0, overflow: None };
        match encoding {
            Encoding::Identity => Self::Identity(bounded),
            Encoding::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(bounded))),
        }
    }

    fn push(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let arrived = chunk.len() as u64;
        let (written, bounded) = match self {
            Self::Identity(bounded) => {
                bounded.arrived += arrived;
                (bounded.write_all(chunk), bounded)
            }
            Self::Gzip(decoder) => {
                decoder.get_mut().arrived += arrived;
                (decoder.write_all(chunk), decoder.get_mut())
            }
        };
        written.map_err(|error| bounded.explain(error))
    }

    fn finish(self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Identity(bounded) => Ok(bounded.buffer),
            Self::Gzip(mut decoder) => {
                let ended = decoder.try_finish();
                ended.map_err(|error| decoder.get_mut().explain(error))?;
                Ok(std::mem::take(&mut decoder.get_mut().buffer))
            }
        }
    }
}

/// A buffer that refuses to grow beyond its bounds and remembers which one it was.
struct Bounded {
    buffer: Vec<u8>,
    limits: BodyLimits,
    arrived: u64,
    overflow: Option<String>,
}

impl Bounded {
    fn explain(&self, error: io::Error) -> Error {
        match &self.overflow {
            Some(message) => Error::new(ErrorKind::BodySize, message.clone()),
            None => Error::new(ErrorKind::Decode, "cannot decompress body").caused_by(error),
        }
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let size = (self.buffer.len() + bytes.len()) as u64;
        if size > self.limits.bytes_max {
            let message = format!("body size limit exceeded ({} bytes)", self.limits.bytes_max);
            self.overflow = Some(message);
        } else if size > RATIO_FREE_BYTES && size / RATIO_MAX > self.arrived {
            self.overflow = Some(format!(
                "body decompresses to more than {RATIO_MAX} times its {} bytes",
                self.arrived
            ));
        } else {
            self.buffer.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        Err(io::ErrorKind::FileTooLarge.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
