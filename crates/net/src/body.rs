//! Bodies with a bound: on the bytes that arrive, on the bytes they decompress to, and on the
//! ratio of both (`wire::bounded`), because one megabyte of gzip can hold a gigabyte.

use crate::{Error, ErrorKind};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Body;
use std::time::Duration;
use wire::bounded::{Bounds, Gunzip, Unzstd};
use wire::{WireError, WireErrorKind};

#[cfg(test)]
mod tests;

/// Bound of a body whose reader names none: 256 MiB, two million samples of 128 bytes.
pub const BODY_BYTES_DEFAULT_MAX: u64 = 256 << 20;
/// Upstream's words for a body beyond its bound.
const TOO_LARGE: &str = "body size limit exceeded";
/// How long the beginning of a body is waited for.
const BEGINNING_WAIT_MAX: Duration = Duration::from_secs(1);

/// How much of a body is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// Bytes after decompression.
    pub bytes_max: u64,
    /// What becomes of a body that is longer, late or broken.
    pub part: BodyPart,
}

/// Which part of a body is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum BodyPart {
    /// All of it: a body that is longer than its bound or cannot be read fails the exchange.
    #[default]
    Whole,
    /// As much as fits the bound and comes within a second; the answer is its status and head.
    Beginning,
}

impl BodyLimits {
    /// Wants the whole body, at most so many bytes.
    pub const fn whole(bytes_max: u64) -> Self {
        Self { bytes_max, part: BodyPart::Whole }
    }

    /// Wants so many bytes of the body, if they come.
    pub const fn beginning(bytes_max: u64) -> Self {
        Self { bytes_max, part: BodyPart::Beginning }
    }
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self::whole(BODY_BYTES_DEFAULT_MAX)
    }
}

/// How a body is encoded in transfer (`Content-Encoding`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As it is.
    Identity,
    /// RFC 1952, one or more members.
    Gzip,
    /// RFC 8878, one or more frames.
    Zstd,
}

impl Encoding {
    /// Reads a `Content-Encoding` header; absent means identity.
    pub(crate) fn of(header: Option<&http::HeaderValue>) -> Result<Self, Error> {
        match header.map(http::HeaderValue::as_bytes).map(<[u8]>::trim_ascii) {
            None | Some(b"" | b"identity") => Ok(Self::Identity),
            Some(name) if name.eq_ignore_ascii_case(b"gzip") => Ok(Self::Gzip),
            Some(name) if name.eq_ignore_ascii_case(b"zstd") => Ok(Self::Zstd),
            Some(other) => {
                let message = format!("body has content encoding `{}`", other.escape_ascii());
                let message = format!("{message}, expected gzip, zstd or identity");
                Err(Error::new(ErrorKind::Decode, message))
            }
        }
    }
}

/// Reads a body as it arrives into a buffer that grows no further than its bound.
pub(crate) async fn read<B>(
    body: B,
    encoding: Encoding,
    limits: BodyLimits,
    into: &mut Vec<u8>,
) -> Result<(), Error>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut decoder = Decoder::new(encoding, limits.bytes_max, std::mem::take(into))?;
    match limits.part {
        BodyPart::Whole => {
            feed(body, &mut decoder).await?;
            *into = decoder.finish()?;
        }
        BodyPart::Beginning => {
            // Whatever ends it: what came is what is told.
            let _end = tokio::time::timeout(BEGINNING_WAIT_MAX, feed(body, &mut decoder)).await;
            *into = decoder.into_output();
        }
    }
    Ok(())
}

async fn feed<B>(mut body: B, decoder: &mut Decoder) -> Result<(), Error>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Error::new(ErrorKind::Protocol, "cannot read body").caused_by(error)
        })?;
        if let Ok(chunk) = frame.into_data() {
            decoder.push(&chunk)?;
        }
    }
    Ok(())
}

/// A body that comes in pieces.
pub(crate) enum Decoder {
    Identity { bytes: Vec<u8>, bytes_max: u64 },
    Gzip(Box<Gunzip>),
    Zstd(Box<Unzstd>),
}

impl Decoder {
    pub(crate) fn new(
        encoding: Encoding,
        bytes_max: u64,
        mut buffer: Vec<u8>,
    ) -> Result<Self, Error> {
        buffer.clear();
        let bounds = Bounds::of(usize::try_from(bytes_max).unwrap_or(usize::MAX));
        Ok(match encoding {
            Encoding::Identity => Self::Identity { bytes: buffer, bytes_max },
            Encoding::Gzip => Self::Gzip(Box::new(Gunzip::new(bounds, buffer))),
            Encoding::Zstd => Self::Zstd(Box::new(Unzstd::new(bounds, buffer).map_err(of_wire)?)),
        })
    }

    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), Error> {
        match self {
            Self::Gzip(decoder) => decoder.push(chunk).map_err(of_wire),
            Self::Zstd(decoder) => decoder.push(chunk).map_err(of_wire),
            Self::Identity { bytes, bytes_max } => {
                let room = bytes_max.saturating_sub(bytes.len() as u64);
                let fits = usize::try_from(room).unwrap_or(usize::MAX).min(chunk.len());
                bytes.extend_from_slice(&chunk[..fits]);
                if fits == chunk.len() {
                    return Ok(());
                }
                let cause = format!("more than {bytes_max} bytes");
                Err(Error::new(ErrorKind::BodySize, TOO_LARGE).caused_by(cause))
            }
        }
    }

    pub(crate) fn finish(self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Identity { bytes, .. } => Ok(bytes),
            Self::Gzip(decoder) => decoder.finish().map_err(of_wire),
            Self::Zstd(decoder) => decoder.finish().map_err(of_wire),
        }
    }

    fn into_output(self) -> Vec<u8> {
        match self {
            Self::Identity { bytes, .. } => bytes,
            Self::Gzip(decoder) => decoder.into_output(),
            Self::Zstd(decoder) => decoder.into_output(),
        }
    }
}

fn of_wire(error: WireError) -> Error {
    let (kind, message) = match error.kind() {
        WireErrorKind::TooLarge => (ErrorKind::BodySize, TOO_LARGE),
        _ => (ErrorKind::Decode, "cannot decompress body"),
    };
    Error::new(kind, message).caused_by(error)
}
