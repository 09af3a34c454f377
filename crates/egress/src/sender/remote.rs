//! One remote endpoint without its network: reads, queues, remembers. `run` makes the requests.
//! Synchronous, with files through `sys` and the time as an argument, so that tests can crash it
//! at any operation.

use super::core::{Core, Now, Outcome, Send};
use super::counts::Counts;
use super::feed::Feed;
use super::mark::{Mark, Sample};
use super::progress::{Progress, ProgressLog};
use config::RemoteWriteConfig;
use journal::Position;
use model::Labels;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sys::Vfs;
use tsdb::Db;

type Error = Box<dyn std::error::Error + std::marker::Send + Sync>;

/// Bytes of the journal that are read at once: some ten thousand samples.
const READ_BYTES: u64 = 128 << 10;
/// The progress survives a power cut after this time.
const SYNC_INTERVAL: Duration = Duration::from_secs(2);

/// A remote endpoint.
pub(crate) struct Remote {
    db: Arc<Db>,
    feed: Feed,
    core: Core,
    log: ProgressLog,
    /// Read and not yet offered.
    read: VecDeque<Sample>,
    read_to: Position,
    /// Nothing was there when it was last looked.
    is_caught_up: bool,
    stored: Progress,
    next_sync: Duration,
}

impl Remote {
    /// Goes on where the former process ended; an endpoint that is new begins with what is stored
    /// from now on.
    ///
    /// # Errors
    /// When the progress cannot be read or kept.
    pub(crate) fn open(
        db: &Arc<Db>,
        vfs: &Arc<dyn Vfs>,
        dir: &Path,
        config: &RemoteWriteConfig,
        external: &Labels,
        now: Now,
    ) -> Result<Self, Error> {
        let (mut log, known) = ProgressLog::open(Arc::clone(vfs), dir)?;
        let is_known = known.is_some();
        let progress = known.unwrap_or_else(|| Progress::new(db.tail_end()));
        if !is_known {
            log.store(&progress)?;
            log.sync()?;
        }
        let from = progress.floor();
        Ok(Self {
            db: Arc::clone(db),
            feed: Feed::new(Arc::clone(db), from, config, external),
            core: Core::new(config.queue, &progress, now),
            log,
            read: VecDeque::new(),
            read_to: from,
            is_caught_up: false,
            stored: progress,
            next_sync: now.monotonic + SYNC_INTERVAL,
        })
    }

    /// Nothing before this place is needed any more.
    pub(crate) fn floor(&self) -> Position {
        self.stored.floor()
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.core.counts
    }

    pub(crate) fn counts_mut(&mut self) -> &mut Counts {
        &mut self.core.counts
    }

    /// When [`Remote::step`] has something to do although nothing came; monotonic.
    pub(crate) fn wake(&self) -> Duration {
        self.core.wake()
    }

    /// Is everything that was read delivered, and nothing more to read?
    #[cfg(test)]
    pub(crate) fn is_idle(&self) -> bool {
        self.core.is_idle() && self.read.is_empty() && self.is_caught_up
    }

    /// Is nothing under way?
    pub(crate) fn is_quiet(&self) -> bool {
        self.core.is_idle()
    }

    /// From now on nothing more is read, and what waits goes at once.
    pub(crate) fn stop(&mut self) {
        self.core.stop();
    }

    pub(crate) fn answered(&mut self, now: Now, shard: usize, outcome: Outcome, took: Duration) {
        self.core.answered(now, shard, outcome, took);
    }

    /// Reads as much as there is room for; the requests given back are on record already.
    ///
    /// # Errors
    /// When the journal cannot be read or the progress not be kept; then nothing may be sent, and
    /// the endpoint must be opened anew.
    pub(crate) fn step(&mut self, now: Now) -> Result<Vec<Send>, Error> {
        let mut sends = Vec::new();
        loop {
            let is_full = !self.offer(now);
            sends.extend(self.core.step(now, self.delay_seconds()));
            if is_full || !self.read_more()? {
                break;
            }
        }
        self.store(now, !sends.is_empty())?;
        Ok(sends)
    }

    /// Hands on what was read; `false`: there was not room for all.
    fn offer(&mut self, now: Now) -> bool {
        while let Some(sample) = self.read.pop_front() {
            if !self.core.has_room(&sample) {
                self.core.counts.waits += 1;
                self.read.push_front(sample);
                return false;
            }
            self.core.offer(now, sample);
        }
        self.core.offered_to(Mark::begin(self.read_to));
        true
    }

    fn read_more(&mut self) -> Result<bool, Error> {
        self.is_caught_up = self.read_to >= self.db.tail_end();
        if self.is_caught_up {
            return Ok(false);
        }
        let fed = self.feed.read(READ_BYTES)?;
        let is_new = fed.next > self.read_to;
        self.is_caught_up = !is_new;
        self.read_to = fed.next;
        self.read.extend(fed.samples);
        for (reason, kinds) in fed.dropped {
            self.core.note_dropped(reason, kinds);
        }
        self.core.counts.damaged_bytes += fed.damaged_bytes;
        self.core.counts.segment = fed.next.segment;
        Ok(is_new)
    }

    /// Seconds between the newest sample stored and the newest sent.
    fn delay_seconds(&self) -> f64 {
        match (self.db.newest(), self.core.counts.newest_sent) {
            (Some(stored), Some(sent)) => stored.ms().saturating_sub(sent).max(0) as f64 / 1e3,
            _ => 0.0,
        }
    }

    /// INV-110: what is sent is on record before. Other progress is kept when something was done.
    fn store(&mut self, now: Now, sends: bool) -> Result<(), Error> {
        let progress = self.core.progress();
        if progress != self.stored || sends {
            self.log.store(&progress)?;
            self.stored = progress;
        }
        if now.monotonic >= self.next_sync {
            self.next_sync = now.monotonic + SYNC_INTERVAL;
            self.log.sync()?;
        }
        Ok(())
    }

    /// Makes the progress survive a power cut.
    ///
    /// # Errors
    /// When it cannot be synced.
    pub(crate) fn close(&mut self) -> Result<(), Error> {
        self.log.store(&self.core.progress())?;
        Ok(self.log.sync()?)
    }
}
