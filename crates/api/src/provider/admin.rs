//! Work on the storage that an administrator orders and waits for.

use super::ProviderError;
use model::{Matcher, Timestamp};

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

    /// Deletes the samples from `start` to `end`, both included, of all series that satisfy all
    /// matchers of any selector.
    fn delete_series(
        &self,
        selectors: &[Vec<Matcher>],
        start: Timestamp,
        end: Timestamp,
    ) -> Result<(), ProviderError>;

    /// Removes everything that is deleted from the files.
    fn clean_tombstones(&self) -> Result<(), ProviderError>;
}
