//! The loop of one target: waits for its grid point, fetches, ingests, reports; no decisions.
//! It is driven by the latest command, so a reload reaches it without a gap and a target that
//! comes back before its end is written goes on with all it remembers.

use crate::cache::{Arrival, Page, ScrapeReport, TargetCache};
use crate::fetch::{FetchError, Job};
use crate::page::PageFormat;
use crate::pools::Context;
use crate::shape::Shape;
use crate::view::{Health, Shared};
use crate::{Grid, Target};
use model::{GroupKey, Timestamp};
use net::PrivateConnection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

#[cfg(test)]
mod tests;

/// What a loop should do.
#[derive(Clone)]
pub(crate) enum Command {
    /// Scrape.
    Run(Arc<Assignment>),
    /// The target is gone: mark its series as gone after the fact, then end.
    End,
    /// The server stops: end now and write nothing.
    Stop,
}

/// What to scrape and how.
pub(crate) struct Assignment {
    pub(crate) target: Target,
    pub(crate) job: Arc<Job>,
    /// Every scrape fails with this error (too many targets).
    pub(crate) forced_error: Option<String>,
}

/// Longer bodies are read on threads that may take their time; about 2 ms.
const BODY_AT_ONCE_BYTES: usize = 1 << 20;

/// A loop with its memory.
pub(crate) struct Runner {
    context: Arc<Context>,
    shared: Arc<Shared>,
    commands: watch::Receiver<Command>,
    cache: Option<TargetCache>,
    connection: PrivateConnection,
    grid: Grid,
    interval: Duration,
    /// When the next scrape is due; survives commands, so that a reload at the very moment of a
    /// scrape does not skip it.
    due: Option<Timestamp>,
}

/// Why a wait ended.
#[derive(PartialEq, Eq)]
enum Wake {
    Time,
    Command,
}

impl Runner {
    pub(crate) fn new(
        context: Arc<Context>,
        shared: Arc<Shared>,
        commands: watch::Receiver<Command>,
    ) -> Self {
        // Both are set by the first assignment, before anything waits for them.
        let interval = Duration::from_mins(1);
        let grid = Grid::new(interval, 0, 0);
        let connection = PrivateConnection::default();
        Self { context, shared, commands, cache: None, connection, grid, interval, due: None }
    }

    pub(crate) async fn run(mut self) {
        // Nobody can command a loop whose pool is gone; it ends as if stopped.
        while self.commands.has_changed().is_ok() {
            let command = self.commands.borrow_and_update().clone();
            match command {
                Command::Stop => return,
                Command::End => {
                    self.due = None;
                    if self.end().await {
                        return;
                    }
                }
                Command::Run(assignment) => {
                    self.adopt(&assignment);
                    let due = self.due();
                    if self.wait_until(due).await == Wake::Time {
                        self.due = None;
                        self.scrape(&assignment).await;
                    }
                }
            }
        }
    }

    /// Takes over what an assignment says about grid and labels.
    fn adopt(&mut self, assignment: &Assignment) {
        let target = &assignment.target;
        let grid = Grid::new(target.interval, target.identity, self.context.offset_seed);
        if grid != self.grid {
            (self.grid, self.interval, self.due) = (grid, target.interval, None);
        }
        let shape = Shape::new(&assignment.job.config, target.labels.clone(), target.timeout);
        if let Some(cache) = &mut self.cache {
            cache.reshape(shape);
            return;
        }
        let group = GroupKey::of(&(&assignment.job.config.job_name, target.identity));
        let cache = TargetCache::new(group, shape);
        self.shared.share_metadata(cache.metadata());
        self.cache = Some(cache);
    }

    /// The grid point to wait for. One that lies more than an interval ahead was set before the
    /// clock jumped back.
    fn due(&mut self) -> Timestamp {
        let now = self.context.clock.now();
        let kept = self.due.filter(|due| due.since(now) <= self.interval);
        *self.due.insert(kept.unwrap_or_else(|| self.grid.next(now)))
    }

    async fn wait_until(&mut self, at: Timestamp) -> Wake {
        let wait = at.since(self.context.clock.now());
        tokio::select! {
            biased;
            () = tokio::time::sleep(wait) => Wake::Time,
            // Also when the sender is gone; the loop looks at that itself.
            _ = self.commands.changed() => Wake::Command,
        }
    }

    async fn scrape(&mut self, assignment: &Assignment) {
        let at = self.grid.align(self.context.clock.now());
        let start = self.context.clock.monotonic();
        let mut stop = self.commands.clone();
        let mut body = self.context.bodies.lend();
        let fetched = tokio::select! {
            biased;
            _ = stop.wait_for(|command| matches!(command, Command::Stop)) => return,
            fetched = fetch(assignment, &mut self.connection, &mut body) => fetched,
        };
        if self.interval > net::IDLE_MAX {
            self.connection.close();
        }
        let Some(report) = self.ingest(at, start, fetched, body).await else { return };
        self.context.counters.count(&report);
        let before = self.shared.report(at, &report);
        log(assignment, before, &report);
    }

    /// Runs the core: here when that takes microseconds, otherwise on a thread that may wait.
    async fn ingest(
        &mut self,
        at: Timestamp,
        start: Duration,
        fetched: Result<PageFormat, FetchError>,
        body: Vec<u8>,
    ) -> Option<ScrapeReport> {
        let mut cache = self.cache.take()?;
        let context = Arc::clone(&self.context);
        let waits = context.storing_waits || body.len() > BODY_AT_ONCE_BYTES;
        let work = move || {
            let page = match &fetched {
                Ok(format) => Page::Body { format: *format, bytes: &body },
                Err(error) => {
                    Page::Failed { error: &error.message, body_too_large: error.body_too_large }
                }
            };
            let elapsed = || context.clock.monotonic().saturating_sub(start);
            let arrival = Arrival { at, page, elapsed: &elapsed };
            let report = cache.ingest(&arrival, context.appender.as_ref());
            (cache, body, report)
        };
        let ingested = if waits {
            tokio::task::spawn_blocking(work).await.ok()
        } else {
            catch_unwind(AssertUnwindSafe(work)).ok()
        };
        let Some((cache, body, report)) = ingested else {
            // The next round begins with an empty cache: nothing is lost but staleness.
            tracing::error!("ingesting a scrape panicked; the target's cache begins anew");
            return None;
        };
        self.cache = Some(cache);
        self.context.bodies.take_back(body);
        Some(report)
    }

    /// Writes the end of all series, over two intervals later and dated one interval later, as
    /// upstream does: by then a target that only moved is scraped by another loop. Answers false
    /// when a command came first.
    async fn end(&mut self) -> bool {
        let first = self.grid.next(self.context.clock.now());
        let second = self.grid.next(first);
        let safe = second.saturating_add(self.interval / 10);
        if self.wait_until(safe).await == Wake::Command {
            return false;
        }
        let Some(mut cache) = self.cache.take().filter(|cache| !cache.is_empty()) else {
            return true;
        };
        let context = Arc::clone(&self.context);
        let ended =
            tokio::task::spawn_blocking(move || cache.end(first, context.appender.as_ref())).await;
        match ended.map(|report| report.store_error) {
            Ok(None) => {}
            Ok(Some(error)) => tracing::warn!(error, "cannot mark the series of a target as gone"),
            Err(error) => tracing::error!(%error, "marking the series of a target as gone failed"),
        }
        true
    }
}

async fn fetch(
    assignment: &Assignment,
    connection: &mut PrivateConnection,
    body: &mut Vec<u8>,
) -> Result<PageFormat, FetchError> {
    if let Some(error) = &assignment.forced_error {
        return Err(error.clone().into());
    }
    let target = &assignment.target;
    assignment.job.fetch(connection, &target.url, target.timeout, body).await
}

/// Logs when a target goes down or comes up, and what the storage refused.
fn log(assignment: &Assignment, before: Health, report: &ScrapeReport) {
    let (job, target) = (&assignment.job.config.job_name, assignment.target.url.as_str());
    match (&report.error, before) {
        (Some(error), Health::Up | Health::Unknown) => {
            tracing::warn!(job, target, error, "target is down");
        }
        (Some(error), Health::Down) => tracing::debug!(job, target, error, "target is still down"),
        (None, Health::Down) => tracing::info!(job, target, "target is up again"),
        (None, Health::Up | Health::Unknown) => {}
    }
    let lost = report.out_of_order + report.duplicates + report.out_of_bounds + report.refused;
    if lost > 0 {
        tracing::warn!(
            job,
            target,
            out_of_order = report.out_of_order,
            duplicates = report.duplicates,
            out_of_bounds = report.out_of_bounds,
            beyond_limit = report.refused,
            "samples were not stored"
        );
    }
    if let Some(error) = &report.store_error {
        tracing::error!(job, target, error, "a scrape could not be stored");
    }
}
