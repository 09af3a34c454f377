//! Decompression that cannot be made to eat memory: every decoder of compressed bytes goes through
//! here. A declared length is checked against the bound and against what the input could possibly
//! hold before anything is allocated; undeclared lengths are followed as the output grows.

use crate::WireError;
use flate2::write::MultiGzDecoder;
use std::io::{self, Write};
use zstd::stream::raw::{DParameter, Decoder, Operation as _};

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
        let codec = "gzip";
        Self { decoder: MultiGzDecoder::new(Output { bytes: out, codec, bounds, arrived: 0 }) }
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

/// Largest window of a zstd frame: 8 MiB, which every decoder should take (RFC 8878, 3.1.1.1.2).
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// Bytes that one step of the zstd decoder gives at most.
const ZSTD_STEP_BYTES: usize = 64 << 10;

/// Decompresses zstd (RFC 8878, all frames) as it arrives. Needs the window of a frame besides the
/// output: at most 8 MiB.
pub struct Unzstd {
    decoder: Decoder<'static>,
    output: Output,
    step: Vec<u8>,
    /// What arrived ends with a frame.
    is_whole: bool,
}

impl Unzstd {
    /// Nothing has arrived yet; `out` gives its memory to the output.
    ///
    /// # Errors
    /// `TooLarge` when there is no memory for a decoder.
    pub fn new(bounds: Bounds, mut out: Vec<u8>) -> Result<Self, WireError> {
        out.clear();
        let begin = || {
            let mut decoder = Decoder::new()?;
            decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG_MAX))?;
            Ok(decoder)
        };
        let no_room = |error: io::Error| WireError::too_large(0, format!("zstd: {error}"));
        Ok(Self {
            decoder: begin().map_err(no_room)?,
            output: Output { bytes: out, codec: "zstd", bounds, arrived: 0 },
            step: vec![0; ZSTD_STEP_BYTES],
            is_whole: false,
        })
    }

    /// Takes the next bytes of input.
    ///
    /// # Errors
    /// `Malformed` when they are no zstd or want a larger window, `TooLarge` when a bound is
    /// exceeded; after either only [`Unzstd::into_output`] makes sense.
    pub fn push(&mut self, mut input: &[u8]) -> Result<(), WireError> {
        let begin = self.output.arrived;
        self.output.arrived += input.len();
        loop {
            let status = self.decoder.run_on_buffers(input, &mut self.step);
            let status =
                status.map_err(|error| WireError::malformed(begin, format!("zstd: {error}")))?;
            let (read, written) = (status.bytes_read, status.bytes_written);
            self.output.check(self.output.bytes.len() + written)?;
            self.output.bytes.extend_from_slice(&self.step[..written]);
            input = &input[read..];
            if read > 0 || written > 0 {
                self.is_whole = status.remaining == 0;
            }
            // A full step may hide more output; nothing in and nothing out is the end.
            if (input.is_empty() && written < self.step.len()) || read + written == 0 {
                return Ok(());
            }
        }
    }

    /// The whole output, once all input was pushed.
    ///
    /// # Errors
    /// `Malformed` when the input ends within a frame.
    pub fn finish(self) -> Result<Vec<u8>, WireError> {
        if self.is_whole {
            return Ok(self.into_output());
        }
        Err(WireError::malformed(self.output.arrived, "zstd: ends within a frame"))
    }

    /// What was decompressed so far, whatever happened then; at most `decoded_bytes_max` bytes.
    pub fn into_output(self) -> Vec<u8> {
        self.output.bytes
    }
}

/// Decompresses zstd that is there as a whole into `out`, replacing what it held; after an error
/// `out` is empty.
pub fn zstd_frames(input: &[u8], bounds: Bounds, out: &mut Vec<u8>) -> Result<(), WireError> {
    let mut decoder = Unzstd::new(bounds, std::mem::take(out))?;
    decoder.push(input)?;
    *out = decoder.finish()?;
    Ok(())
}

/// A buffer that refuses to grow beyond its bounds.
struct Output {
    bytes: Vec<u8>,
    /// For errors.
    codec: &'static str,
    bounds: Bounds,
    /// Bytes of input so far.
    arrived: usize,
}

impl Output {
    fn check(&self, len: usize) -> Result<(), WireError> {
        let Bounds { decoded_bytes_max: max, ratio_max } = self.bounds;
        if len > max {
            let text = format!("{}: more than {max} bytes of output", self.codec);
            return Err(WireError::too_large(self.arrived, text));
        }
        if len > RATIO_FREE_BYTES && len / ratio_max > self.arrived {
            let codec = self.codec;
            let text =
                format!("{codec}: {len} bytes of output, more than {ratio_max} times the input");
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
