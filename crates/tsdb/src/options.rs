//! What an operator may choose about storage; defaults are for one machine.
//! Sizes in bytes, durations as `Duration`; every limit of the crate that can be set stands here.

use std::path::PathBuf;
use std::time::Duration;

/// When a batch is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Durability {
    /// After write(2), synced within 200 ms: a kill loses nothing, a power cut at most 200 ms.
    #[default]
    Window,
    /// After fdatasync, shared by all batches that wait for it.
    Sync,
}

/// Limits on series and labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most series in memory.
    pub series_max: usize,
    /// Most series of one group (target) in memory.
    pub series_per_group_max: usize,
    /// Most labels of a series.
    pub labels_max: usize,
    /// Longest label name in bytes.
    pub label_name_bytes_max: usize,
    /// Longest label value in bytes.
    pub label_value_bytes_max: usize,
    /// Most metrics with metadata.
    pub metadata_max: usize,
    /// Most exemplars in memory, over all series; the oldest go first.
    pub exemplars_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            series_max: 5_000_000,
            series_per_group_max: 1_000_000,
            labels_max: 64,
            label_name_bytes_max: 1 << 10,
            label_value_bytes_max: 4 << 10,
            metadata_max: 100_000,
            exemplars_max: 100_000,
        }
    }
}

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Samples older than this go, segment by segment.
    pub time: Option<Duration>,
    /// When segments exceed this many bytes, the oldest go.
    pub size_bytes: Option<u64>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { time: Some(Duration::from_hours(30 * 24)), size_bytes: None }
    }
}

/// Everything that can be chosen when a database is opened.
#[derive(Clone, Debug)]
pub struct DbOptions {
    /// Data directory.
    pub dir: PathBuf,
    /// When a batch is acknowledged.
    pub durability: Durability,
    /// Longest time between syncs in `window` mode.
    pub sync_interval: Duration,
    /// Journal bytes after which the head is flushed into segments; three eighths of them are
    /// enough while there are few series.
    pub journal_bytes_max: u64,
    /// Memory of head and caches above which new series, and at 110 % commits, are refused.
    pub memory_bytes_max: usize,
    /// Memory of cached segment pages and indexes.
    pub cache_bytes_max: usize,
    /// Free disk below which samples are refused, so that flushes and deletions have room.
    pub free_bytes_min: u64,
    /// How far ahead of the clock a sample may lie.
    pub future_max: Duration,
    /// How much older than the newest sample of all series one may be that comes out of order;
    /// zero: none is taken. The value at the start, see [`crate::Db::set_out_of_order_window`].
    pub out_of_order_window: Duration,
    /// Limits on series and labels.
    pub limits: Limits,
    /// How much is kept.
    pub retention: Retention,
}

impl DbOptions {
    /// Defaults for a data directory.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            durability: Durability::Window,
            sync_interval: Duration::from_millis(200),
            journal_bytes_max: 64 << 20,
            memory_bytes_max: 2 << 30,
            cache_bytes_max: 128 << 20,
            free_bytes_min: 16 << 20,
            future_max: Duration::from_mins(10),
            out_of_order_window: Duration::ZERO,
            limits: Limits::default(),
            retention: Retention::default(),
        }
    }
}
