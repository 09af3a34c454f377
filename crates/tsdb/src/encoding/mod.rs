//! Encodings of columns: pure bytes in and out, bit-exact for every pattern; see
//! docs/formats/block.md. Used by sealing, segments and the journal. No clock, no files, no labels.
//! INV-10: decoding gives back every bit that was encoded; damaged bytes are an error, never a
//! panic.
//!
//! Measured with `cargo run -p tsdb --release --example encodings` (blocks of 120 and 480 samples):
//! the table stands in docs/formats/block.md.

pub mod bits;
pub mod bytes;
mod entropy;
pub mod floats;
pub mod histograms;
pub mod ints;
pub mod presence;
mod split;

#[cfg(test)]
pub(crate) mod tests;

/// Most samples of one block; bounds what a decoder allocates (64 Ki x 8 bytes = 512 KiB).
pub const BLOCK_SAMPLES_MAX: usize = 1 << 16;

/// How much encoding may cost; decoders take both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// What samples on their way pay: about 30 ns each.
    Quick,
    /// What data at rest is worth: residuals are entropy-coded where that helps.
    Cold,
}

/// Bytes that are not what an encoder wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct Damage {
    /// What is wrong, and what was expected.
    pub what: &'static str,
    /// Offset from the start of the decoded bytes.
    pub at: usize,
}

/// Result of decoding.
pub type Decoded<T> = Result<T, Damage>;
