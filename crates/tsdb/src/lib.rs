//! The metrics engine: head, journal, segments, compaction, retention.
