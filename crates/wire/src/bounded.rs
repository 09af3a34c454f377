//! Decompression that cannot be made to eat memory: every decoder of compressed bytes goes through
//! here. A declared length is checked against the bound and against what the input could possibly
//! hold before anything is allocated; undeclared lengths are followed chunk by chunk.

use crate::WireError;
use std::io::Read;

/// How much a decompressor may produce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Most bytes of output.
    pub decoded_bytes_max: usize,
    /// Most bytes of output per byte of input, once the output exceeds 1 MiB. Deflate can reach
    /// 1032; text expositions stay below 100.
    pub ratio_max: usize,
}

impl Bounds {
    /// A bound on the output alone, with the usual ratio of 200.
    pub const fn of(decoded_bytes_max: usize) -> Self {
        Self { decoded_bytes_max, ratio_max: 200 }
    }
}

/// Output up to this size is not suspicious, whatever the ratio.
const RATIO_FREE_BYTES: usize = 1 << 20;
/// A snappy copy of three bytes gives at most 64: no honest block declares more than 22 times its
/// length (google/snappy, `format_description.txt`, 2.2).
const SNAPPY_RATIO_MAX: usize = 22;
const GZIP_CHUNK: usize = 64 * 1024;

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
    if input.is_empty() {
        return Err(WireError::malformed(0, "snappy: empty input, a length expected"));
    }
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

/// Decompresses gzip (all members) into `out`, replacing what it held.
pub fn gzip(input: &[u8], bounds: Bounds, out: &mut Vec<u8>) -> Result<(), WireError> {
    out.clear();
    let mut reader = flate2::bufread::MultiGzDecoder::new(input);
    loop {
        let filled = out.len();
        out.resize(filled + GZIP_CHUNK.min(bounds.decoded_bytes_max - filled + 1), 0);
        let read = reader.read(&mut out[filled..]);
        let at = input.len() - reader.get_ref().len();
        let count = read.map_err(|source| WireError::malformed(at, format!("gzip: {source}")))?;
        out.truncate(filled + count);
        if count == 0 {
            return Ok(());
        }
        check_growth(out.len(), at, bounds)?;
    }
}

fn check_growth(produced: usize, consumed: usize, bounds: Bounds) -> Result<(), WireError> {
    let max = bounds.decoded_bytes_max;
    if produced > max {
        let text = format!("gzip: more than {max} bytes of output");
        return Err(WireError::too_large(consumed, text));
    }
    let ratio_max = bounds.ratio_max;
    if produced > RATIO_FREE_BYTES && produced / consumed.max(1) > ratio_max {
        let text =
            format!("gzip: {produced} bytes of output, more than {ratio_max} times the input");
        return Err(WireError::too_large(consumed, text));
    }
    Ok(())
}
