//! What is scraped: active and dropped targets, pools, metadata.

use model::{Labels, MetricMetadata, Timestamp};
use relabel::Rule;
use std::collections::BTreeMap;
use std::time::Duration;

/// Result of a target's last scrape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum TargetHealth {
    /// Not scraped yet.
    #[default]
    Unknown,
    /// The last scrape succeeded.
    Up,
    /// The last scrape failed.
    Down,
}

/// A target that is scraped.
#[derive(Clone, Debug, Default)]
pub struct ActiveTarget {
    /// Labels before relabelling, `__address__` and friends among them.
    pub discovered_labels: Labels,
    /// Labels after relabelling.
    pub labels: Labels,
    /// Name of the scrape configuration.
    pub scrape_pool: String,
    /// What is fetched.
    pub scrape_url: String,
    /// The same with a loopback host replaced by this host's name.
    pub global_url: String,
    /// Error of the last scrape, empty after success.
    pub last_error: String,
    /// When it was scraped last.
    pub last_scrape: Option<Timestamp>,
    /// How long that took.
    pub last_scrape_duration: Duration,
    /// Result of the last scrape.
    pub health: TargetHealth,
    /// Time between scrapes.
    pub scrape_interval: Duration,
    /// Time allowed for a scrape.
    pub scrape_timeout: Duration,
}

/// A target that relabelling dropped.
#[derive(Clone, Debug, Default)]
pub struct DroppedTarget {
    /// Labels before relabelling.
    pub discovered_labels: Labels,
    /// Name of the scrape configuration.
    pub scrape_pool: String,
}

/// Dropped targets, as many as are kept, and how many there were.
#[derive(Clone, Debug, Default)]
pub struct DroppedTargets {
    /// Targets that are remembered (`keep_dropped_targets` limits them).
    pub targets: Vec<DroppedTarget>,
    /// Number of dropped targets per pool, remembered or not.
    pub counts: BTreeMap<String, u64>,
}

/// Metadata of one metric as one target exposes it.
#[derive(Clone, Debug, Default)]
pub struct TargetMetadata {
    /// Labels of the target.
    pub target: Labels,
    /// Metric family and what is known about it.
    pub metric: MetricMetadata,
}

/// A relabelling rule and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedRule {
    /// Line in which it begins, from 1.
    pub line: usize,
    /// What it does.
    pub rule: Rule,
}

/// The relabelling rules of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobRules {
    /// File that they are in.
    pub file: String,
    /// On targets.
    pub relabel: Vec<PlacedRule>,
    /// On samples.
    pub metric_relabel: Vec<PlacedRule>,
    /// Labels of the target's own samples win over those of the server.
    pub honor_labels: bool,
}

/// State of scraping.
pub trait TargetsProvider: Send + Sync {
    /// Targets being scraped, by pool in the order of the configuration.
    fn active(&self) -> Vec<ActiveTarget>;

    /// Targets that relabelling dropped.
    fn dropped(&self) -> DroppedTargets;

    /// Names of the scrape pools, sorted.
    fn scrape_pools(&self) -> Vec<String>;

    /// The rules of a job; `None` when there is no such scrape configuration.
    fn rules(&self, job: &str) -> Option<JobRules>;

    /// Metadata that active targets expose.
    fn metadata(&self) -> Vec<TargetMetadata>;
}
