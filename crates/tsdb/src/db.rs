//! The database: one writer, many readers, maintenance beside them.
//! Opened by the binary, which calls `sync` every 200 ms and `maintain` every few seconds from its
//! own threads; everything here is synchronous.
//!
//! Locks, in the order in which they may be taken: `compactor` (one compaction or deletion at a
//! time), `maintenance` (the manifest; one flush at a time), `writer` (one commit at a time: first
//! form, one owner for all series), `state` (held for applying a batch or for finding series, never
//! while files are read or written).

use crate::cache::BlockCache;
use crate::changes::Changes;
use crate::checkpoint::Pages;
use crate::error::{DbError, DbErrorKind, DbResult};
use crate::flush::SeriesRanks;
use crate::head::Head;
use crate::layout::Layout;
use crate::manifest::Manifest;
use crate::options::{DbOptions, Durability};
use crate::segment::Segment;
use crate::stats::{Counter, Counters};
use crate::tail::Outbox;
use crate::tombstone::Tombstone;
use journal::{Journal, JournalErrorKind, Position, Syncer};
use model::{AppendError, AppendErrorKind, Timestamp};
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use sys::{Clock, DirLock, Vfs};

/// How often a refused writer may try again, and free space is looked at.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
/// What a refused sender is told to wait.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(5);

/// An open database.
pub struct Db {
    pub(crate) options: DbOptions,
    pub(crate) vfs: Arc<dyn Vfs>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) layout: Layout,
    pub(crate) cache: Arc<BlockCache>,
    pub(crate) compactor: Mutex<()>,
    pub(crate) maintenance: Mutex<Maintenance>,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) state: RwLock<State>,
    pub(crate) syncer: Syncer,
    /// What readers of the tail still need; taken last, held while files are linked or removed.
    pub(crate) outbox: Mutex<Outbox>,
    pub(crate) counters: Counters,
    /// Reads of damaged blocks, counted by selections that may outlive a borrow.
    pub(crate) damaged_reads: Arc<Counter>,
    /// Samples before this instant are refused as too old; ms since the epoch.
    pub(crate) horizon_ms: AtomicI64,
    /// How late a sample may be, ms; 0: no late sample is taken.
    pub(crate) late_window_ms: AtomicU64,
    /// Samples were refused because their series stands in the future: the clock went back.
    pub(crate) clock_went_back: AtomicBool,
    /// Memory of the head, readable without the lock.
    pub(crate) head_memory: AtomicUsize,
    pub(crate) _lock: Box<dyn DirLock>,
}

/// What queries see.
pub(crate) struct State {
    pub(crate) head: Head,
    /// Ordered by age: INV-11 gives the older one precedence.
    pub(crate) segments: Arc<Vec<Arc<Segment>>>,
    /// Deletions that may still hide something.
    pub(crate) tombstones: Arc<Vec<Tombstone>>,
    /// What of it changed when.
    pub(crate) changes: Changes,
}

/// The writing side.
pub(crate) struct Writer {
    pub(crate) journal: Journal,
    pub(crate) closed: bool,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) next_space_check: Duration,
    pub(crate) record: Vec<u8>,
    /// Bytes of records that no flush has frozen.
    pub(crate) unflushed_bytes: u64,
}

/// Why nothing is taken at present.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    pub(crate) reason: String,
    pub(crate) since: Duration,
    next_probe: Duration,
}

/// Flush and compaction.
pub(crate) struct Maintenance {
    pub(crate) manifest: Manifest,
    /// A flush that froze the head and did not finish; it is tried again before anything else.
    pub(crate) pending: Option<PendingFlush>,
    /// Order of the series at the last flush.
    pub(crate) ranks: SeriesRanks,
    /// Segments whose damage has a second name under `quarantine/` already.
    pub(crate) preserved: BTreeSet<u64>,
    /// Start of the window that was current at the last flush.
    pub(crate) flushed_window_ms: i64,
    /// Monotonic time of the last flush.
    pub(crate) flushed_at: Duration,
}

impl Maintenance {
    /// Of a database that was opened at `now`, monotonic.
    pub(crate) fn new(manifest: Manifest, now: Duration) -> Self {
        Self {
            manifest,
            pending: None,
            ranks: SeriesRanks::default(),
            preserved: BTreeSet::new(),
            flushed_window_ms: i64::MIN,
            flushed_at: now,
        }
    }
}

/// What a flush has to write.
pub(crate) struct PendingFlush {
    pub(crate) generation: u32,
    pub(crate) floor: Position,
    pub(crate) series_ids: std::ops::Range<u64>,
    /// Newest instant of its series, ms.
    pub(crate) newest_ms: i64,
    /// The checkpoint that goes with it.
    pub(crate) checkpoint: Pages,
}

impl Db {
    /// Makes everything acknowledged so far survive a power cut. Called every
    /// `options.sync_interval` in `window` mode.
    pub fn sync(&self) -> DbResult<()> {
        match self.syncer.sync() {
            Ok(_) => Ok(()),
            Err(error) => {
                self.counters.sync_failures.add(1);
                self.writer.lock().note_trouble(error.to_string(), self.clock.monotonic());
                Err(journal_error(&error))
            }
        }
    }

    /// Why samples are refused at present, if they are.
    pub fn read_only_reason(&self) -> Option<String> {
        self.writer.lock().trouble.as_ref().map(|trouble| trouble.reason.clone())
    }

    /// Takes samples that are up to `window` older than the newest sample of all series even when
    /// they come out of order; zero takes none. Late samples that are stored already stay.
    pub fn set_out_of_order_window(&self, window: Duration) {
        let ms = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        self.late_window_ms.store(ms, Ordering::Relaxed);
    }

    /// How late a sample may be; `None`: no late sample is taken.
    pub(crate) fn out_of_order_window(&self) -> Option<Duration> {
        let ms = self.late_window_ms.load(Ordering::Relaxed);
        (ms > 0).then(|| Duration::from_millis(ms))
    }

    /// Directory, mode and limits this database was opened with.
    pub fn options(&self) -> &DbOptions {
        &self.options
    }

    /// Notes that samples from this instant on may have changed: after they did, and before whoever
    /// changed them is told so.
    pub(crate) fn note_change(&self, oldest_ms: i64) {
        self.state.write().changes.note(oldest_ms);
    }

    /// Estimated memory of head and caches in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.head_memory.load(Ordering::Relaxed) + self.cache.bytes()
    }

    /// The latest instant of a sample that is taken now.
    pub(crate) fn future_limit(&self) -> Timestamp {
        self.clock.now().saturating_add(self.options.future_max)
    }

    pub(crate) fn durability(&self) -> Durability {
        self.options.durability
    }

    /// Tries to leave the refusing state without waiting for a sender.
    pub(crate) fn probe(&self) {
        let mut writer = self.writer.lock();
        if writer.trouble.is_none() {
            return;
        }
        let now = self.clock.monotonic();
        writer.next_space_check = Duration::ZERO;
        if self.check_space(&mut writer, now).is_err() {
            return;
        }
        match writer.journal.sync() {
            Ok(_) => writer.trouble = None,
            Err(error) => writer.note_trouble(error.to_string(), now),
        }
    }

    /// Refuses at once while trouble lasts, except for one probe a second.
    pub(crate) fn admit(&self, writer: &mut Writer) -> Result<(), AppendError> {
        if writer.closed {
            return Err(AppendError::new(AppendErrorKind::Closed, "the database is closed"));
        }
        let now = self.clock.monotonic();
        if let Some(trouble) = writer.trouble.as_ref().filter(|one| now < one.next_probe) {
            return Err(trouble.refusal());
        }
        self.check_space(writer, now)?;
        let (used, max) = (self.memory_bytes(), self.options.memory_bytes_max);
        if used > max + max / 10 {
            self.counters.overloaded.add(1);
            let text = format!("memory budget used up: {used} bytes, {max} allowed");
            let error = AppendError::new(AppendErrorKind::Overloaded, text);
            return Err(error.retry_after(RETRY_AFTER));
        }
        Ok(())
    }

    fn check_space(&self, writer: &mut Writer, now: Duration) -> Result<(), AppendError> {
        if now < writer.next_space_check {
            return Ok(());
        }
        writer.next_space_check = now + PROBE_INTERVAL;
        // A filesystem that cannot tell its space is left to its write errors.
        let Ok(space) = self.vfs.space(&self.layout.tenant) else { return Ok(()) };
        if space.available >= self.options.free_bytes_min {
            return Ok(());
        }
        let reason = format!(
            "disk of {} is full: {} bytes free, {} needed",
            self.options.dir.display(),
            space.available,
            self.options.free_bytes_min
        );
        writer.note_trouble(reason, now);
        Err(writer.refusal())
    }
}

impl Writer {
    pub(crate) fn note_trouble(&mut self, reason: String, now: Duration) {
        let since = self.trouble.as_ref().map_or(now, |trouble| trouble.since);
        self.trouble = Some(Trouble { reason, since, next_probe: now + PROBE_INTERVAL });
    }

    /// The refusal of the present trouble.
    pub(crate) fn refusal(&self) -> AppendError {
        let trouble = self.trouble.as_ref().expect("called when trouble was noted");
        trouble.refusal()
    }
}

impl Trouble {
    fn refusal(&self) -> AppendError {
        let text = format!("samples are refused for now: {}", self.reason);
        AppendError::new(AppendErrorKind::ReadOnly, text).retry_after(RETRY_AFTER)
    }
}

/// A journal error as one of the database.
pub(crate) fn journal_error(error: &journal::JournalError) -> DbError {
    let kind = match error.kind() {
        JournalErrorKind::NoSpace => DbErrorKind::DiskFull,
        // Replaying refuses nothing but records of a newer format.
        JournalErrorKind::Version | JournalErrorKind::Replay => DbErrorKind::WrongFormat,
        _ => DbErrorKind::Io,
    };
    DbError::new(kind, error.to_string())
}
