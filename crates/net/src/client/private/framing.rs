//! Where the body of an HTTP/1.1 answer ends: after a length, with the last chunk or with the
//! connection (RFC 9112, 6.3 and 7.1). Pure: bytes come in pieces of any size.

use http::header::{CONTENT_LENGTH, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use http::{StatusCode, Version};

#[cfg(test)]
mod tests;

/// Bytes of one chunk's extension and of all trailers at most: both are read over.
const ASIDE_BYTES_MAX: usize = 16 << 10;

/// How far a body is, by what ends it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes are missing.
    Length(u64),
    Chunks(Chunks),
    UntilClose,
}

/// What comes next in a body of chunks, and how many bytes of extensions and trailers came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunks {
    next: Next,
    aside: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Digits of a size; none yet when `None`.
    Size(Option<u64>),
    /// The rest of a size's line.
    Extension(u64),
    Data(u64),
    /// The end of the line behind the data.
    DataEnd,
    /// A line of the trailer; has it begun?
    Trailer(bool),
    Done,
}

/// What is wrong with a body, in words that follow "cannot read body".
pub(super) type Wrong = &'static str;

impl Framing {
    /// The framing that the head of an answer to GET tells.
    pub(super) fn of(
        version: Version,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Self, Wrong> {
        if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            return Ok(Self::Length(0));
        }
        if let Some(last) = headers.get_all(TRANSFER_ENCODING).iter().next_back() {
            if version < Version::HTTP_11 {
                return Err("an answer of HTTP/1.0 has no transfer encoding");
            }
            let coding = last.as_bytes().rsplit(|byte| *byte == b',').next().unwrap_or_default();
            let is_chunked = coding.trim_ascii().eq_ignore_ascii_case(b"chunked");
            let chunks = Chunks { next: Next::Size(None), aside: 0 };
            return Ok(if is_chunked { Self::Chunks(chunks) } else { Self::UntilClose });
        }
        let mut lengths = headers.get_all(CONTENT_LENGTH).iter().flat_map(lengths);
        let Some(first) = lengths.next() else { return Ok(Self::UntilClose) };
        match first {
            Some(length) if lengths.all(|other| other == first) => Ok(Self::Length(length)),
            _ => Err("its length is no number, or there are several"),
        }
    }

    /// Is this the end of the body?
    pub(super) fn is_done(&self) -> bool {
        match self {
            Self::Length(missing) => *missing == 0,
            Self::Chunks(chunks) => chunks.next == Next::Done,
            Self::UntilClose => false,
        }
    }

    /// May the connection end here?
    pub(super) fn may_end(&self) -> bool {
        self.is_done() || *self == Self::UntilClose
    }

    /// Takes the beginning of `bytes`, at least one of them unless the body is done: gives a piece
    /// of the body, empty for what frames it, and what follows.
    pub(super) fn take<'a>(&mut self, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Wrong> {
        match self {
            Self::Length(missing) => Ok(split(bytes, missing)),
            Self::Chunks(chunks) => chunks.take(bytes),
            Self::UntilClose => Ok((bytes, &[])),
        }
    }
}

impl Chunks {
    fn take<'a>(&mut self, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Wrong> {
        if let Next::Data(missing) = &mut self.next {
            let (piece, rest) = split(bytes, missing);
            if *missing == 0 {
                self.next = Next::DataEnd;
            }
            return Ok((piece, rest));
        }
        let mut rest = bytes;
        while !matches!(self.next, Next::Data(_) | Next::Done) {
            let Some((byte, behind)) = rest.split_first() else { break };
            self.next = self.step(*byte)?;
            rest = behind;
        }
        Ok((&[], rest))
    }

    /// What follows a byte that belongs to no data. A line may end without its carriage return.
    fn step(&mut self, byte: u8) -> Result<Next, Wrong> {
        if matches!(self.next, Next::Extension(_) | Next::Trailer(_)) {
            self.aside += 1;
            if self.aside > ASIDE_BYTES_MAX {
                return Err("its chunks have extensions or trailers beyond 16 KiB");
            }
        }
        Ok(match (self.next, byte) {
            (Next::Size(size), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16).map_or(0, u64::from);
                let size = size.unwrap_or(0);
                if size >> 60 != 0 {
                    return Err("a chunk has more than 2^64 bytes");
                }
                Next::Size(Some(size << 4 | digit))
            }
            (Next::Size(Some(0)) | Next::Extension(0) | Next::Trailer(true), b'\n')
            | (Next::Trailer(false), b'\r') => Next::Trailer(false),
            (Next::Size(Some(size)) | Next::Extension(size), b'\n') => Next::Data(size),
            (Next::Size(Some(size)), b'\r' | b';' | b' ' | b'\t') | (Next::Extension(size), _) => {
                Next::Extension(size)
            }
            (Next::DataEnd, b'\r') => Next::DataEnd,
            (Next::DataEnd, b'\n') => Next::Size(None),
            (Next::Trailer(false), b'\n') => Next::Done,
            (Next::Trailer(_), _) => Next::Trailer(true),
            (Next::Size(_), _) => return Err("a chunk begins with no hexadecimal size"),
            (Next::DataEnd, _) => return Err("a chunk is longer than its size"),
            (Next::Data(_) | Next::Done, _) => return Err("data is no frame"),
        })
    }
}

/// The numbers of a header with lengths, `None` for what is none.
fn lengths(value: &HeaderValue) -> impl Iterator<Item = Option<u64>> {
    value.as_bytes().split(|byte| *byte == b',').map(|text| {
        let text = str::from_utf8(text.trim_ascii()).ok()?;
        // `parse` would take a sign.
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    })
}

/// The next bytes, at most as many as are missing.
fn split<'a>(bytes: &'a [u8], missing: &mut u64) -> (&'a [u8], &'a [u8]) {
    let count = usize::try_from(*missing).unwrap_or(usize::MAX).min(bytes.len());
    *missing -= count as u64;
    bytes.split_at(count)
}
