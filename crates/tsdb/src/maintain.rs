//! What must happen now and then: probe a full disk, flush, compact, delete; snapshots and closing.
//! Called by a thread of the binary every few seconds; each step is bounded, failures are counted
//! and tried again with the next call.

use crate::db::{Db, Maintenance, journal_error};
use crate::error::{DbError, DbResult};
use crate::flush::{WINDOW_MS, span_start};
use crate::layout::{Layout, check_format, link_or_copy};
use crate::manifest::Manifest;
use journal::Position;
use model::Timestamp;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A window is flushed this long after its end, so that late rows of a scrape are with it.
const FLUSH_DELAY_MS: i64 = 5 * 60 * 1000;
/// Longest time between flushes, whatever the wall clock says.
const FLUSH_INTERVAL_MAX: Duration = Duration::from_hours(3);
/// Bytes of the journal for which a flush is worth its while, a series: about 60 samples and, in
/// the first one, its labels.
const JOURNAL_BYTES_PER_SERIES: u64 = 192;
/// Journal bytes below which closing does not flush: replay takes milliseconds.
const CLOSE_REPLAY_BYTES: u64 = 1 << 20;

/// What a round of maintenance did.
#[derive(Debug, Default)]
pub struct MaintenanceReport {
    /// The head was written into segments.
    pub flushed: bool,
    /// Segments were merged.
    pub compacted: bool,
    /// Segments that retention deleted.
    pub deleted: usize,
    /// What failed; it is tried again with the next round.
    pub errors: Vec<DbError>,
}

impl Db {
    /// One round: at most one flush, one compaction and one retention pass.
    pub fn maintain(&self, now: Timestamp) -> MaintenanceReport {
        let mut report = MaintenanceReport::default();
        self.probe();
        let flushed = {
            let mut maintenance = self.maintenance.lock();
            self.flush_if_due(&mut maintenance, now)
        };
        keep(flushed, &mut report.errors, |done| report.flushed = done);
        self.update_horizon();
        keep(self.apply_retention(now), &mut report.errors, |count| report.deleted = count);
        keep(self.compact_step(now), &mut report.errors, |done| report.compacted = done);
        report
    }

    fn flush_if_due(&self, maintenance: &mut Maintenance, now: Timestamp) -> DbResult<bool> {
        let window = span_start(now.ms().saturating_sub(FLUSH_DELAY_MS), WINDOW_MS);
        let waited = self.clock.monotonic().saturating_sub(maintenance.flushed_at);
        let due = maintenance.pending.is_some()
            || self.is_journal_long()
            || self.is_short_of_memory()
            || self.clock_went_back.load(Ordering::Relaxed)
            || waited >= FLUSH_INTERVAL_MAX
            || (window > maintenance.flushed_window_ms && self.has_samples_before(window));
        if !due {
            return Ok(false);
        }
        let done = self.flush_with(maintenance)?;
        maintenance.flushed_window_ms = window;
        Ok(done)
    }

    /// What a flush costs depends on the number of series, what waiting for it costs in memory and
    /// at a restart on the journal: up to 130,000 series flush at three eighths of the budget,
    /// 350,000 at all of it.
    fn is_journal_long(&self) -> bool {
        let max = self.options.journal_bytes_max;
        let live = self.state.read().head.len() as u64;
        let worth = live.saturating_mul(JOURNAL_BYTES_PER_SERIES).clamp(max / 8 * 3, max);
        self.writer.lock().unflushed_bytes >= worth
    }

    /// Would a flush free memory that is needed? Not when the series themselves take it.
    fn is_short_of_memory(&self) -> bool {
        let max = self.options.memory_bytes_max;
        let worth = (self.options.journal_bytes_max / 64).min(max as u64 / 16);
        self.memory_bytes() > max / 10 * 8 && self.writer.lock().unflushed_bytes >= worth
    }

    fn has_samples_before(&self, window: i64) -> bool {
        self.state.read().head.span().is_some_and(|(first, _)| first < window)
    }

    /// Writes a copy of everything acknowledged so far into a new directory that can be opened as
    /// a data directory; segments are hard links where the filesystem allows.
    pub fn snapshot(&self, dir: &Path) -> DbResult<()> {
        let _compactor = self.compactor.lock();
        let mut maintenance = self.maintenance.lock();
        self.flush_with(&mut maintenance)?;
        let target = Layout::new(dir);
        target.create(&*self.vfs)?;
        let manifest = &maintenance.manifest;
        for segment in &manifest.segments {
            let (from, to) = (self.layout.segment(segment.id), target.segment(segment.id));
            link_or_copy(&*self.vfs, &from, &to)?;
        }
        if let Some(id) = manifest.checkpoint {
            let (from, to) = (self.layout.checkpoint(id), target.checkpoint(id));
            link_or_copy(&*self.vfs, &from, &to)?;
        }
        let sync = self.vfs.sync_dir(&target.segments());
        sync.map_err(|error| DbError::io("sync directory", &target.segments(), error))?;
        check_format(&*self.vfs, dir, true)?;
        // The snapshot's journal begins anew.
        let manifest = Manifest {
            floor: Position::START,
            fallback: None,
            obsolete: Vec::new(),
            ..manifest.clone()
        };
        manifest.store(&*self.vfs, &target.manifest())
    }

    /// Refuses further samples and leaves the directory so that the next start is fast. Queries
    /// go on until the value is dropped.
    pub fn close(&self) -> DbResult<()> {
        let unflushed = {
            let mut writer = self.writer.lock();
            writer.closed = true;
            writer.unflushed_bytes
        };
        if unflushed > CLOSE_REPLAY_BYTES && self.flush().is_ok() {
            return Ok(());
        }
        // Without room for segments the journal alone brings everything back.
        self.syncer.sync().map(drop).map_err(|error| journal_error(&error))
    }
}

fn keep<T>(outcome: DbResult<T>, errors: &mut Vec<DbError>, then: impl FnOnce(T)) {
    match outcome {
        Ok(value) => then(value),
        Err(error) => errors.push(error),
    }
}
