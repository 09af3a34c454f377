//! Decompression that cannot be made to eat memory: every decoder of compressed bytes goes through
//! here. A declared length is checked against the bound and against what the input could possibly
//! hold before anything is allocated; undeclared lengths are followed as the output grows.

use crate::WireError;
use flate2::write::MultiGzDecoder;
use std::io::{self, Write};

/// How much a decompressor may produce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Most bytes of output.
    pub decoded_bytes_max: usize,
    /// Most bytes of output per byte of input, once the output exceeds 8 MiB; at least 1. Deflate
    /// can reach 1032, text expositions stay below 100.
    pub ratio_max: usize,
}

impl Bounds {
    /// A bound on the output alone, with the usual ratio of 200.
    pub const fn of(decoded_bytes_max: usize) -> Self {
        Self { decoded_bytes_max, ratio_max: 200 }
    }
}

/// Output up to this size is not suspicious, whatever the ratio.
const RATIO_FREE_BYTES: usize = 8 << 20;
/// A snappy copy of three bytes gives at most 64: no honest block declares more than 22 times its
/// length (google/snappy, `format_description.txt`, 2.2).
const SNAPPY_RATIO_MAX: usize = 22;

/// Decompresses a snappy block (not the framed stream) into `out`, replacing what it held; after an
/// error `out` is empty. A reused `out` is not zeroed again, every byte of it is written.
pub fn snappy_block(input: &[u8], bounds: Bounds, out: &mut Vec<u8>) -> Result<(), WireError> {
    let decoded = declared_len(input, bounds).and_then(|declared| {
        out.resize(declared, 0);
        snap::raw::Decoder::new().decompress(input, out).map_err(|source| snappy_error(&source))
    });
    match decoded {
        Ok(len) => {
            assert_eq!(len, out.len(), "snappy writes what it declares or fails");
            Ok(())
        }
        Err(error) => {
            out.clear();
            Err(error)
        }
    }
}

/// The length that a block declares, if it is within the bounds and possible.
fn declared_len(input: &[u8], bounds: Bounds) -> Result<usize, WireError> {
    let declared = snap::raw::decompress_len(input).map_err(|source| snappy_error(&source))?;
    if declared > bounds.decoded_bytes_max {
        let max = bounds.decoded_bytes_max;
        let text = format!("snappy: {declared} bytes declared, at most {max} accepted");
        return Err(WireError::too_large(0, text));
    }
    if declared > input.len().saturating_mul(SNAPPY_RATIO_MAX) {
        let len = input.len();
        let text =
            format!("snappy: {declared} bytes declared, {len} bytes of input cannot hold them");
        return Err(WireError::malformed(0, text));
    }
    Ok(declared)
}

fn snappy_error(source: &snap::Error) -> WireError {
    WireError::malformed(0, format!("snappy: {source}"))
}

/// Compresses a snappy block, for senders and tests.
pub fn snappy_compress(input: &[u8]) -> Result<Vec<u8>, WireError> {
    let compressed = snap::raw::Encoder::new().compress_vec(input);
    compressed.map_err(|source| WireError::too_large(0, format!("snappy: {source}")))
}

/// Decompresses gzip (RFC 1952, all members) as it arrives.
pub struct Gunzip {
    decoder: MultiGzDecoder<Output>,
}

impl Gunzip {
    /// Nothing has arrived yet; `out` gives its memory to the output.
    pub fn new(bounds: Bounds, mut out: Vec<u8>) -> Self {
        out.clear();
        Self { decoder: MultiGzDecoder::new(Output { bytes: out, bounds, arrived: 0 }) }
    }

    /// Takes the next bytes of input.
    ///
    /// # Errors
    /// `Malformed` when they are no gzip, `TooLarge` when a bound is exceeded; after either only
    /// [`Gunzip::into_output`] makes sense.
    pub fn push(&mut self, input: &[u8]) -> Result<(), WireError> {
        let begin = self.decoder.get_ref().arrived;
        self.decoder.get_mut().arrived += input.len();
        self.decoder.write_all(input).map_err(|error| gzip_error(begin, error))
    }

    /// The whole output, once all input was pushed.
    ///
    /// # Errors
    /// `Malformed` when the input ends too early; also the errors of [`Gunzip::push`].
    pub fn finish(mut self) -> Result<Vec<u8>, WireError> {
        let end = self.decoder.get_ref().arrived;
        self.decoder.try_finish().map_err(|error| gzip_error(end, error))?;
        Ok(self.into_output())
    }

    /// What was decompressed so far, whatever happened then; at most `decoded_bytes_max` bytes.
    pub fn into_output(mut self) -> Vec<u8> {
        // What the decompressor holds back may be broken or too much; the rest is still good.
        drop(self.decoder.flush());
        std::mem::take(&mut self.decoder.get_mut().bytes)
    }
}

/// Our own error comes back as it went through the decompressor.
fn gzip_error(at: usize, error: io::Error) -> WireError {
    error.downcast().unwrap_or_else(|error| WireError::malformed(at, format!("gzip: {error}")))
}

/// A buffer that refuses to grow beyond its bounds.
struct Output {
    bytes: Vec<u8>,
    bounds: Bounds,
    /// Bytes of input so far.
    arrived: usize,
}

impl Output {
    fn check(&self, len: usize) -> Result<(), WireError> {
        let Bounds { decoded_bytes_max: max, ratio_max } = self.bounds;
        if len > max {
            let text = format!("gzip: more than {max} bytes of output");
            return Err(WireError::too_large(self.arrived, text));
        }
        if len > RATIO_FREE_BYTES && len / ratio_max > self.arrived {
            let text =
                format!("gzip: {len} bytes of output, more than {ratio_max} times the input");
            return Err(WireError::too_large(self.arrived, text));
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check(self.bytes.len() + bytes.len()).map_err(io::Error::other)?;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
