//! Sources in this process that wait for others, as probes do: each has its own phase within the
//! interval, and a reload leaves those alone that did not change. Otherwise like any source.

use crate::cache::{Arrival, Page, TargetCache};
use crate::pools::Context;
use crate::shape::Shape;
use crate::source::SourceError;
use crate::view::{Shared, TargetView};
use crate::{Grid, ScrapeReport};
use exposition::Family;
use model::{GroupKey, INSTANCE_LABEL, JOB_LABEL, Labels, Timestamp};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// What a waiting source will say.
pub type Told<'a> = Pin<Box<dyn Future<Output = Result<Vec<Family>, SourceError>> + Send + 'a>>;

/// Something in this process that exposes families after waiting for others.
pub trait WaitingSource: Send {
    /// Families as of now. It sets its own deadline, below the interval.
    fn collect(&mut self, now: Timestamp) -> Told<'_>;
}

/// A waiting source with its place among the targets.
pub struct OwnWaitingSource {
    /// Label `job`, also the name of its pool.
    pub job: String,
    /// Label `instance`.
    pub instance: String,
    /// Further labels.
    pub labels: Labels,
    /// Time between two collections.
    pub interval: Duration,
    /// Time that a collection takes at most, for display.
    pub timeout: Duration,
    /// What is shown as its URL; those of probes begin with `probe:`.
    pub url: String,
    /// All that makes it what it is: one with the same text goes on after a reload.
    pub identity: String,
    /// What is collected.
    pub source: Box<dyn WaitingSource>,
}

/// What a loop is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Collect.
    Run,
    /// It is gone from the configuration: mark its series as gone.
    End,
    /// The server stops: write nothing.
    Stop,
}

impl OwnWaitingSource {
    /// What one must have in common with another to be the same.
    pub(crate) fn key(&self) -> String {
        let labels = self.target_labels();
        format!("{labels} {:?} {:?} {}", self.interval, self.timeout, self.identity)
    }

    fn target_labels(&self) -> Labels {
        let mut labels = self.labels.to_builder();
        labels.set(JOB_LABEL, &self.job).set(INSTANCE_LABEL, &self.instance).build()
    }

    pub(crate) fn view(&self) -> TargetView {
        let labels = self.target_labels();
        TargetView {
            pool: self.job.clone(),
            discovered: labels.clone(),
            labels,
            url: self.url.clone(),
            interval: self.interval,
            timeout: self.timeout,
            ..TargetView::default()
        }
    }
}

/// Collects on the grid until told otherwise.
pub(crate) async fn run(
    own: OwnWaitingSource,
    context: Arc<Context>,
    shared: Arc<Shared>,
    mut orders: watch::Receiver<Order>,
) {
    let labels = own.target_labels();
    let OwnWaitingSource { job, interval, timeout, identity, mut source, .. } = own;
    let group = GroupKey::of(&(&job, &labels));
    let grid =
        Grid::new(interval, GroupKey::of(&(&job, &labels, &identity)).0, context.offset_seed);
    let mut cache = TargetCache::new(group, Shape::own(labels, timeout));
    shared.share_metadata(cache.metadata());
    loop {
        let now = context.clock.now();
        let wait = grid.next(now).since(now);
        tokio::select! {
            _ = orders.changed() => break,
            () = tokio::time::sleep(wait) => {}
        }
        let at = grid.align(context.clock.now());
        let start = context.clock.monotonic();
        let told = tokio::select! {
            _ = orders.changed() => break,
            told = source.collect(at) => told,
        };
        let world = Arc::clone(&context);
        let stored = tokio::task::spawn_blocking(move || {
            let report = ingest(&mut cache, at, start, &told, &world);
            (cache, report)
        });
        let Ok((back, report)) = stored.await else {
            tracing::error!(job, "storing a probe panicked; it is not probed again");
            return;
        };
        cache = back;
        context.counters.count(&report);
        shared.report(at, &report);
    }
    if *orders.borrow() == Order::End && !cache.is_empty() {
        let at = context.clock.now();
        let ended = tokio::task::spawn_blocking(move || cache.end(at, context.appender.as_ref()));
        match ended.await.map(|report| report.store_error) {
            Ok(None) => {}
            Ok(Some(error)) => tracing::warn!(error, "cannot mark the series of a probe as gone"),
            Err(error) => tracing::error!(%error, "marking the series of a probe as gone failed"),
        }
    }
}

fn ingest(
    cache: &mut TargetCache,
    at: Timestamp,
    start: Duration,
    told: &Result<Vec<Family>, SourceError>,
    context: &Context,
) -> ScrapeReport {
    let elapsed = || context.clock.monotonic().saturating_sub(start);
    let page = match told {
        Ok(families) => Page::Families(families),
        Err(SourceError(error)) => Page::Failed { error, body_too_large: false },
    };
    cache.ingest(&Arrival { at, page, elapsed: &elapsed }, context.appender.as_ref())
}
