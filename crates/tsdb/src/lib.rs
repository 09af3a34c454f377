//! The metrics engine: head, journal, segments, compaction, retention.
pub mod encoding;
#[cfg(test)]
mod testing;
