//! Work on the storage that an administrator orders and waits for.

use super::ProviderError;

/// What a compaction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompactReport {
    /// Segments read and replaced.
    pub segments_before: u64,
    /// Segments written in their place.
    pub segments_after: u64,
    /// Bytes of the replaced segments.
    pub bytes_before: u64,
    /// Bytes of the new ones.
    pub bytes_after: u64,
}

/// Orders to the storage; calls block until the work is done.
pub trait AdminProvider: Send + Sync {
    /// Writes a snapshot and returns the name of its directory below `snapshots/`.
    /// `skip_head` leaves out what is only in memory.
    fn snapshot(&self, skip_head: bool) -> Result<String, ProviderError>;

    /// Compacts what can be compacted; `cold` also packs days that no longer change.
    fn compact(&self, cold: bool) -> Result<CompactReport, ProviderError>;
}
