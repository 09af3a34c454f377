//! The metrics engine: head, journal, segments, compaction, retention.
pub mod encoding;
mod block;
mod error;
mod head;
mod options;
mod postings;
pub mod record;
mod samples;
#[cfg(test)]
mod testing;
