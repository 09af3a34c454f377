//! What others may see of scraping: targets by pool, their health, what was dropped.
//! Snapshots are copied out under short locks; order: the list of pools, then one target.

use crate::cache::{ScrapeReport, SharedMetadata};
use crate::counters::Counters;
use exposition::Family;
use model::{Labels, MetricMetadata, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[cfg(test)]
mod tests;

/// Result of a target's last scrape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Health {
    /// Not scraped yet.
    #[default]
    Unknown,
    /// The last scrape succeeded.
    Up,
    /// The last scrape failed.
    Down,
}

/// A target that is scraped, as of now.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TargetView {
    /// Name of the job in the configuration.
    pub pool: String,
    /// Labels before relabelling.
    pub discovered: Labels,
    /// Labels of the target's samples.
    pub labels: Labels,
    /// What is fetched; `internal:JOB` for in-process sources.
    pub url: String,
    /// Error of the last scrape, empty after success.
    pub last_error: String,
    /// When it was scraped last.
    pub last_scrape: Option<Timestamp>,
    /// How long that took.
    pub last_duration: Duration,
    /// Result of the last scrape.
    pub health: Health,
    /// Samples of the last scrape.
    pub samples: usize,
    /// Time between scrapes.
    pub interval: Duration,
    /// Time allowed for a scrape.
    pub timeout: Duration,
}

/// A target that relabelling dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedTarget {
    /// Name of the job in the configuration.
    pub pool: String,
    /// Labels before relabelling.
    pub discovered: Labels,
}

/// Dropped targets, as many as are kept, and how many there were.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DroppedTargets {
    /// Targets that are remembered.
    pub targets: Vec<DroppedTarget>,
    /// Number of dropped targets per pool, remembered or not.
    pub counts: BTreeMap<String, u64>,
}

/// Metadata of one metric as one target exposes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetMetadata {
    /// Labels of the target.
    pub target: Labels,
    /// Metric family and what is known about it.
    pub metric: MetricMetadata,
}

/// One target as its loop and the viewers share it.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    view: Mutex<TargetView>,
    metadata: Mutex<SharedMetadata>,
}

impl Shared {
    pub(crate) fn new(view: TargetView) -> Self {
        Self { view: Mutex::new(view), ..Self::default() }
    }

    /// Changes what is fixed about the target; its history stays.
    pub(crate) fn describe(&self, change: impl FnOnce(&mut TargetView)) {
        change(&mut locked(&self.view));
    }

    pub(crate) fn share_metadata(&self, metadata: SharedMetadata) {
        *locked(&self.metadata) = metadata;
    }

    /// Targets are shown sorted by URL and labels.
    pub(crate) fn sort_key(&self) -> (String, Labels) {
        let view = locked(&self.view);
        (view.url.clone(), view.labels.clone())
    }

    /// Files a scrape; answers the health before it.
    pub(crate) fn report(&self, at: Timestamp, report: &ScrapeReport) -> Health {
        let mut view = locked(&self.view);
        let error = report.error.as_ref().or(report.store_error.as_ref());
        view.last_error = error.cloned().unwrap_or_default();
        view.last_scrape = Some(at);
        view.last_duration = report.duration;
        view.samples = report.scraped;
        let health = if error.is_some() { Health::Down } else { Health::Up };
        std::mem::replace(&mut view.health, health)
    }
}

/// One pool as its task and the viewers share it.
#[derive(Debug, Default)]
pub(crate) struct PoolState {
    pub(crate) targets: Vec<Arc<Shared>>,
    pub(crate) dropped: Vec<Labels>,
    pub(crate) dropped_count: u64,
}

#[derive(Debug)]
pub(crate) struct PoolEntry {
    pub(crate) name: String,
    pub(crate) state: Mutex<PoolState>,
}

impl PoolEntry {
    pub(crate) fn new(name: &str) -> Arc<Self> {
        Arc::new(Self { name: name.to_owned(), state: Mutex::default() })
    }

    pub(crate) fn set(&self, state: PoolState) {
        *locked(&self.state) = state;
    }
}

/// A window on all pools; cheap to clone, always current.
#[derive(Clone, Debug, Default)]
pub struct PoolsView {
    pub(crate) pools: Arc<Mutex<Vec<Arc<PoolEntry>>>>,
    pub(crate) counters: Arc<Counters>,
}

impl PoolsView {
    /// Targets being scraped, by pool in the order of the configuration.
    pub fn active(&self) -> Vec<TargetView> {
        self.targets().iter().map(|shared| locked(&shared.view).clone()).collect()
    }

    /// Targets that relabelling dropped.
    pub fn dropped(&self) -> DroppedTargets {
        let mut all = DroppedTargets::default();
        for pool in self.entries() {
            let state = locked(&pool.state);
            all.counts.insert(pool.name.clone(), state.dropped_count);
            all.targets.extend(state.dropped.iter().map(|discovered| DroppedTarget {
                pool: pool.name.clone(),
                discovered: discovered.clone(),
            }));
        }
        all
    }

    /// Names of the pools, sorted.
    pub fn pools(&self) -> Vec<String> {
        let mut names: Vec<String> = self.entries().iter().map(|p| p.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Metadata that active targets expose.
    pub fn metadata(&self) -> Vec<TargetMetadata> {
        let mut all = Vec::new();
        for shared in self.targets() {
            let target = locked(&shared.view).labels.clone();
            let metadata = locked(&shared.metadata).clone();
            let list = metadata.list().into_iter();
            all.extend(list.map(|metric| TargetMetadata { target: target.clone(), metric }));
        }
        all
    }

    /// Own telemetry of scraping.
    pub fn families(&self) -> Vec<Family> {
        let mut targets = Family::gauge("flyball_scrape_targets", "Targets by health.");
        let mut counts = BTreeMap::from([("up", 0), ("down", 0), ("unknown", 0)]);
        for target in self.active() {
            let health = match target.health {
                Health::Unknown => "unknown",
                Health::Up => "up",
                Health::Down => "down",
            };
            *counts.entry(health).or_insert(0) += 1;
        }
        for (health, count) in counts {
            targets.push(Labels::from_pairs([("health", health)]), f64::from(count));
        }
        let mut families = self.counters.families();
        families.push(targets);
        families
    }

    fn entries(&self) -> Vec<Arc<PoolEntry>> {
        locked(&self.pools).clone()
    }

    fn targets(&self) -> Vec<Arc<Shared>> {
        self.entries().iter().flat_map(|pool| locked(&pool.state).targets.clone()).collect()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves plain values behind, which are as good as any.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
