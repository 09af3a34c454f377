//! In-process sources (own telemetry, the host collector): the same walk as a target, without
//! the network. They get `up`, the scrape series and staleness from the same core.

use crate::cache::{Arrival, Page, TargetCache};
use crate::pools::Context;
use crate::shape::Shape;
use crate::view::{Shared, TargetView};
use crate::{Grid, ScrapeReport};
use exposition::Family;
use model::{GroupKey, INSTANCE_LABEL, JOB_LABEL, Labels, Timestamp};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Why a source has nothing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError(pub String);

/// Something in this process that exposes families.
pub trait Source: Send {
    /// Families as of now; called on a thread that may wait. A panic counts as an error.
    fn collect(&mut self, now: Timestamp) -> Result<&[Family], SourceError>;
}

/// A source with its place among the targets.
pub struct OwnSource {
    /// Label `job`, also the name of its pool.
    pub job: String,
    /// Label `instance`.
    pub instance: String,
    /// Time between two collections.
    pub interval: Duration,
    /// What is collected.
    pub source: Box<dyn Source>,
}

impl OwnSource {
    pub(crate) fn labels(&self) -> Labels {
        Labels::from_pairs([(JOB_LABEL, &self.job), (INSTANCE_LABEL, &self.instance)])
    }

    pub(crate) fn view(&self) -> TargetView {
        let labels = self.labels();
        TargetView {
            pool: self.job.clone(),
            discovered: labels.clone(),
            labels,
            url: format!("internal:{}", self.job),
            interval: self.interval,
            timeout: self.interval,
            ..TargetView::default()
        }
    }
}

/// What travels to the collecting thread and back.
struct Kit {
    source: Box<dyn Source>,
    cache: TargetCache,
}

/// Collects on the grid until told to stop.
pub(crate) async fn run(
    own: OwnSource,
    context: Arc<Context>,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) {
    let labels = own.labels();
    let OwnSource { job, interval, source, .. } = own;
    let empty_cache = || {
        let group = GroupKey::of(&(&job, &labels));
        let cache = TargetCache::new(group, Shape::own(labels.clone(), interval));
        shared.share_metadata(cache.metadata());
        cache
    };
    // Phase zero: whole seconds, as people expect of their own host.
    let grid = Grid::new(interval, 0, 0);
    let mut kit = Kit { source, cache: empty_cache() };
    loop {
        let now = context.clock.now();
        let wait = grid.next(now).since(now);
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(wait) => {}
        }
        let at = grid.align(context.clock.now());
        let world = Arc::clone(&context);
        let collected = tokio::task::spawn_blocking(move || {
            let report = catch_unwind(AssertUnwindSafe(|| kit.collect(at, &world)));
            (kit, report.ok())
        });
        let Ok((back, report)) = collected.await else {
            tracing::error!(job, "collecting was interrupted; the source is not collected again");
            return;
        };
        kit = back;
        let Some(report) = report else {
            tracing::error!(job, "storing a collection panicked; the source's cache begins anew");
            kit.cache = empty_cache();
            continue;
        };
        context.counters.count(&report);
        shared.report(at, &report);
    }
}

impl Kit {
    fn collect(&mut self, at: Timestamp, context: &Context) -> ScrapeReport {
        let start = context.clock.monotonic();
        let elapsed = || context.clock.monotonic().saturating_sub(start);
        // A panic costs one round of this source: it is asked again, and `up` says what happened.
        let mut source = Some(&mut self.source);
        let ask = || source.take().map(|source| source.collect(at));
        let collected = catch_unwind(AssertUnwindSafe(ask)).ok().flatten();
        let error;
        let page = match collected.unwrap_or_else(|| Err(SourceError("panicked".to_owned()))) {
            Ok(families) => Page::Families(families),
            Err(SourceError(message)) => {
                error = message;
                Page::Failed { error: &error, body_too_large: false }
            }
        };
        let arrival = Arrival { at, page, elapsed: &elapsed };
        self.cache.ingest(&arrival, context.appender.as_ref())
    }
}
