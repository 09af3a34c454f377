//! Bytes that others send, decoded within bounds: compression, protobuf, pages of targets,
//! remote write.
//! Used by `ingest` and `net` (and by senders, for encoding); meets the rest only through `model`.
//! Pure: no network, no clock. Nothing is allocated on the word of the sender alone.

pub mod bounded;
mod error;
pub mod families;
#[doc(hidden)]
pub mod fuzzing;
pub mod graphite;
pub mod influx;
pub mod otlp;
pub mod protobuf;
pub mod remote_read;
pub mod remote_write;
pub mod remote_write_2;
pub mod statsd;

pub use error::{WireError, WireErrorKind};
