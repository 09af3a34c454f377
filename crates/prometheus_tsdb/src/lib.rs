//! Reads data directories of Prometheus 2 and 3: blocks (`tsdb/docs/format` of its sources: index,
//! chunks, tombstones) and the write-ahead log of what is in no block yet. Only reads; every
//! length, offset and checksum is checked, and damage is named with its file and offset.
//! Floats and native histograms are read; exemplars and metadata are passed over.

mod bits;
mod block;
mod bytes;
mod chunk;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod histogram;
mod index;
mod wal;

pub use block::{Block, BlockMeta, BlockReader, BlockSeries, Blocks, blocks};
pub use chunk::decode_chunk;
pub use error::{Error, Result};
pub use wal::Wal;
