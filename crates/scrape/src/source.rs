//! In-process sources (own telemetry, the host collector): the same walk as a target, without
//! the network. They get `up`, the scrape series and staleness from the same core.

use crate::cache::{Arrival, Page, TargetCache};
use crate::pools::Context;
use crate::shape::Shape;
use crate::view::{Shared, TargetView};
use crate::{Grid, ScrapeReport};
use exposition::Family;
use model::{GroupKey, INSTANCE_LABEL, JOB_LABEL, Labels, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Why a source has nothing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError(pub String);

/// Something in this process that exposes families.
pub trait Source: Send {
    /// Families as of now; called on a thread that may wait.
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
    let cache =
        TargetCache::new(GroupKey::of(&(&own.job, &labels)), Shape::own(labels, own.interval));
    shared.share_metadata(cache.metadata());
    // Phase zero: whole seconds, as people expect of their own host.
    let grid = Grid::new(own.interval, 0, 0);
    let mut kit = Kit { source: own.source, cache };
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
            let report = kit.collect(at, &world);
            (kit, report)
        });
        let Ok((back, report)) = collected.await else {
            tracing::error!(job = own.job, "in-process source panicked; it is not collected again");
            return;
        };
        kit = back;
        context.counters.count(&report);
        shared.report(at, &report);
    }
}

impl Kit {
    fn collect(&mut self, at: Timestamp, context: &Context) -> ScrapeReport {
        let start = context.clock.monotonic();
        let elapsed = || context.clock.monotonic().saturating_sub(start);
        let error;
        let page = match self.source.collect(at) {
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
