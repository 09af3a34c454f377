//! What the server says about itself: configuration, flags, versions, storage figures, components.

use super::ProviderError;
use model::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// `/api/v1/status/runtimeinfo`. Fields about Go's runtime are rendered with neutral values.
#[derive(Clone, Debug, Default)]
pub struct RuntimeInfo {
    /// When the process started.
    pub start_time: Timestamp,
    /// Working directory.
    pub working_directory: String,
    /// Name of this host.
    pub hostname: String,
    /// Did the last reload succeed?
    pub reload_config_success: bool,
    /// When the configuration was last loaded successfully.
    pub last_config_time: Timestamp,
    /// Damaged places found in the journal.
    pub corruption_count: u64,
    /// Threads of the process.
    pub threads: u64,
    /// Processors the process may use.
    pub processors: u64,
    /// Memory budget in bytes.
    pub memory_limit_bytes: u64,
    /// Retention, e.g. `30d` or `30d or 10GiB`.
    pub storage_retention: String,
}

/// `/api/v1/status/buildinfo`. The Prometheus version that clients see is the API's own constant.
#[derive(Clone, Debug, Default)]
pub struct BuildInfo {
    /// Flyball's version.
    pub version: String,
    /// Commit it was built from.
    pub revision: String,
    /// Branch it was built from.
    pub branch: String,
    /// When it was built.
    pub build_date: String,
    /// Compiler, e.g. `rustc 1.95.0`.
    pub compiler: String,
}

/// Figures of what is in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeadStats {
    /// Series.
    pub series: u64,
    /// Distinct pairs of label name and value.
    pub label_pairs: u64,
    /// Blocks of samples.
    pub chunks: u64,
    /// Earliest sample.
    pub min_time: Timestamp,
    /// Latest sample.
    pub max_time: Timestamp,
}

/// A name with a count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedCount {
    /// Metric, label name, or `name=value`.
    pub name: String,
    /// How many, or how many bytes.
    pub value: u64,
}

/// `/api/v1/status/tsdb`: where the cardinality is. Lists are sorted by falling value.
#[derive(Clone, Debug, Default)]
pub struct TsdbStatus {
    /// Figures of what is in memory.
    pub head: HeadStats,
    /// Series per metric name.
    pub series_by_metric: Vec<NamedCount>,
    /// Distinct values per label name.
    pub values_by_label: Vec<NamedCount>,
    /// Bytes of the values per label name.
    pub bytes_by_label: Vec<NamedCount>,
    /// Series per `name=value`.
    pub series_by_pair: Vec<NamedCount>,
}

/// `/api/v1/status/walreplay`: progress of the journal's replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayStatus {
    /// First journal segment.
    pub min: u64,
    /// Last journal segment.
    pub max: u64,
    /// Segment being replayed.
    pub current: u64,
}

/// A supervised part of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// Name, e.g. `storage`, `scrape`, `rules`.
    pub name: String,
    /// Does it work?
    pub healthy: bool,
    /// What it does or why it does not work; one line.
    pub message: String,
    /// Times it was restarted after a panic.
    pub restarts: u64,
}

/// `/api/flyball/v1/status`.
#[derive(Clone, Debug, Default)]
pub struct ServerStatus {
    /// Data directory.
    pub data_dir: String,
    /// Configuration file, if one is used.
    pub config_file: Option<String>,
    /// Time since the start.
    pub uptime: Duration,
    /// `ok`, `read-only: disk full`, ...
    pub storage_state: String,
    /// Bytes on disk.
    pub storage_bytes: u64,
    /// Bytes the filesystem still has.
    pub disk_free_bytes: u64,
    /// Series in memory.
    pub series: u64,
    /// Samples accepted since the start.
    pub samples_accepted: u64,
}

/// What the server says about itself.
pub trait StatusProvider: Send + Sync {
    /// Loaded configuration as YAML, secrets replaced by `<secret>`.
    fn config_yaml(&self) -> String;

    /// Flags and their values, secrets replaced.
    fn flags(&self) -> BTreeMap<String, String>;

    /// Figures of the process.
    fn runtime(&self) -> RuntimeInfo;

    /// Version and origin.
    fn build(&self) -> BuildInfo;

    /// Where the cardinality is, at most `limit` names per list; may read the index.
    fn tsdb(&self, limit: usize) -> Result<TsdbStatus, ProviderError>;

    /// Progress of the journal's replay.
    fn replay(&self) -> ReplayStatus;

    /// Switchable features by category, for `/api/v1/features`.
    fn features(&self) -> BTreeMap<String, BTreeMap<String, bool>>;

    /// Supervised parts and how they are.
    fn components(&self) -> Vec<Component>;

    /// What the server watches and how that is; it does not decide whether the server is well.
    fn watched(&self) -> Vec<Component>;

    /// The own status page.
    fn server(&self) -> ServerStatus;
}
