//! What the other side has, kept over restarts: for each shard everything before a place, and the
//! request that was under way.
//! INV-110: a request is on record before it is sent, and after a restart it is repeated with the
//! same samples; so a receiver sees a sample twice only where it must have expected that.
//!
//! A record is the whole state: version 1, number of shards (4 bytes), for each two marks of 20
//! bytes (segment, offset, row), little endian; the second mark is the end of the request under
//! way, zero when there is none. The last record counts.

use super::mark::Mark;
use journal::{Journal, JournalError, JournalOptions, Position, Replayed};
use std::path::Path;
use std::sync::Arc;
use sys::Vfs;

const VERSION: u8 = 1;
const MARK_LEN: usize = 20;
/// More shards than anybody configures.
const SHARDS_MAX: usize = 10_000;
/// The log is begun anew beyond this; 50 shards fill it with 500 requests.
const LOG_BYTES_MAX: u64 = 1 << 20;

/// How far one shard came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct ShardProgress {
    /// Everything of this shard before is done.
    pub(crate) done: Mark,
    /// End of the request that is under way.
    pub(crate) flight: Option<Mark>,
}

/// How far all shards came.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Progress {
    pub(crate) shards: Vec<ShardProgress>,
}

impl Progress {
    /// One shard that begins at a place.
    pub(crate) fn new(from: Position) -> Self {
        let done = Mark::begin(from);
        Self { shards: vec![ShardProgress { done, flight: None }] }
    }

    /// Where reading must begin again.
    pub(crate) fn floor(&self) -> Position {
        self.shards.iter().map(|shard| shard.done.at).min().unwrap_or_default()
    }

    fn encode(&self) -> Vec<u8> {
        let count = u32::try_from(self.shards.len()).unwrap_or(u32::MAX);
        let mut bytes = vec![VERSION];
        bytes.extend(count.to_le_bytes());
        for shard in &self.shards {
            for mark in [shard.done, shard.flight.unwrap_or_default()] {
                bytes.extend(mark.at.segment.to_le_bytes());
                bytes.extend(mark.at.offset.to_le_bytes());
                bytes.extend(mark.row.to_le_bytes());
            }
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(5)?;
        let count = u32::from_le_bytes(head[1..].try_into().ok()?) as usize;
        if head[0] != VERSION || count > SHARDS_MAX || rest.len() != count * 2 * MARK_LEN {
            return None;
        }
        let shards = rest.chunks_exact(2 * MARK_LEN).map(|both| {
            let (done, flight) = both.split_at(MARK_LEN);
            let flight = decode_mark(flight)?;
            let flight = (flight != Mark::default()).then_some(flight);
            Some(ShardProgress { done: decode_mark(done)?, flight })
        });
        Some(Self { shards: shards.collect::<Option<_>>()? })
    }
}

fn decode_mark(bytes: &[u8]) -> Option<Mark> {
    let segment = u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?);
    let offset = u64::from_le_bytes(bytes.get(8..16)?.try_into().ok()?);
    let row = u32::from_le_bytes(bytes.get(16..20)?.try_into().ok()?);
    Some(Mark { at: Position { segment, offset }, row })
}

/// The progress on disk.
pub(crate) struct ProgressLog {
    journal: Journal,
}

impl ProgressLog {
    /// Opens the log of a directory, and what it says.
    pub(crate) fn open(
        vfs: Arc<dyn Vfs>,
        dir: &Path,
    ) -> Result<(Self, Option<Progress>), JournalError> {
        let mut last = None;
        let (journal, _) = Journal::open(vfs, dir, JournalOptions::default(), &mut |_, bytes| {
            let progress = Progress::decode(bytes);
            let replayed = if progress.is_some() { Replayed::Taken } else { Replayed::Unusable };
            last = progress.or_else(|| last.take());
            Ok(replayed)
        })?;
        Ok((Self { journal }, last))
    }

    /// Keeps the progress: it survives a killed process when this returns, a power cut after
    /// [`ProgressLog::sync`].
    pub(crate) fn store(&mut self, progress: &Progress) -> Result<(), JournalError> {
        let bytes = progress.encode();
        if self.journal.len_bytes() > LOG_BYTES_MAX {
            return self.journal.replace_with(&bytes);
        }
        self.journal.append(&bytes).map(drop)
    }

    pub(crate) fn sync(&self) -> Result<(), JournalError> {
        self.journal.sync().map(drop)
    }
}
