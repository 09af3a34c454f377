//! The metrics engine: head, journal, segments, compaction, retention.
pub mod encoding;
pub mod record;
mod block;
mod cache;
mod checkpoint;
mod error;
mod head;
mod layout;
mod manifest;
mod options;
mod postings;
mod samples;
mod segment;
#[cfg(test)]
mod testing;
