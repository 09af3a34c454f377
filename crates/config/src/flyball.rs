//! flyball.yml, schema version 1: the types in use, with paths joined and variables filled in.
//! Read by `load`; used by the binary, which lays flags over it. All keys are optional: what is
//! absent here is decided by flags or by the room that uses it.

mod expand;
mod health;
mod load;
mod packs;
mod probes;
mod receive;
mod schema;
mod services;

use crate::alertmanager::receivers::Integration;
use crate::{Place, SecretSource, TlsConfig};
use std::time::Duration;

pub use health::{HealthCheck, HealthComponent, HealthCriticality, HealthSettings};
pub use load::{ConfigFile, load, load_any};
pub use packs::{RulePack, RulePacks};
pub use receive::{LineListen, ReceiveSettings};
pub use schema::json_schema;
pub use services::{
    AccessLog, ContainersSettings, Dsn, InstanceSettings, KeyGroup, NginxInstance,
    POSTGRES_COLLECTORS, PostgresDsn, PostgresInstance, REDIS_COLLECTORS, RedisInstance,
    ServiceAddress, ServiceSettings, SslMode,
};

/// A whole flyball.yml.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FlyballConfig {
    /// Path of a prometheus.yml.
    pub prometheus: Option<String>,
    /// Path of an alertmanager.yml.
    pub alertmanager: Option<String>,
    /// Path of a blackbox.yml.
    pub blackbox: Option<String>,
    /// Targets that are probed on a schedule.
    pub probes: Vec<ScheduledProbe>,
    /// Workers that probe from elsewhere.
    pub probe_locations: Vec<ProbeLocation>,
    /// Paths of rule files; the last part may be a glob.
    pub rule_files: Vec<String>,
    /// Do the built-in rules watch this host and Flyball itself? Yes unless told otherwise.
    pub default_rules: Option<bool>,
    /// Packs of built-in rules that are off, and their thresholds.
    pub rule_packs: RulePacks,
    /// Folders with dashboards as files.
    pub dashboards: Vec<String>,
    /// Where and how samples are kept.
    pub storage: StorageSettings,
    /// Memory for head, caches and queries, in bytes.
    pub memory_limit_bytes: Option<u64>,
    /// How the server listens.
    pub web: WebSettings,
    /// Limits of queries.
    pub query: QuerySettings,
    /// The host collector.
    pub host: HostSettings,
    /// Services that are watched.
    pub services: ServiceSettings,
    /// Receivers of pushed lines.
    pub receive: ReceiveSettings,
    /// What is healthy.
    pub health: HealthSettings,
    /// Limits of series.
    pub limits: SeriesLimits,
    /// Bytes that may wait for endpoints of `remote_write` besides the journal.
    pub remote_write_backlog_bytes_max: Option<u64>,
    /// Webhooks that get every alert when no alertmanager.yml routes them.
    pub webhooks: Vec<Integration>,
    /// Do alerts go out exactly as Alertmanager sends them, with what has hurt its users?
    pub strict_notifications: bool,
    /// What receivers may know, where that is not everything; by receiver, each named once.
    pub redact: Vec<Redact>,
    /// What is logged.
    pub log: LogSettings,
}

/// Targets that are probed on a schedule with one module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledProbe {
    /// Label `job` of the series; each name once.
    pub name: String,
    /// Module of blackbox.yml, or a built-in one; without one, targets are URLs.
    pub module: Option<String>,
    /// Targets; label `instance` of the series. Empty for a suite.
    pub targets: Vec<String>,
    /// Names of workers that probe, or [`HERE`]; empty: this server, without a label.
    pub locations: Vec<String>,
    /// What must hold of the answer, and where it stands.
    pub conditions: Vec<(String, Place)>,
    /// Steps of a suite.
    pub steps: Vec<ProbeStep>,
    /// Values that steps know from the beginning, sorted by name.
    pub context: Vec<(String, String)>,
    /// Time between two probes of a target, above 0.
    pub interval: Duration,
    /// Longest time of a probe, at most the interval.
    pub timeout: Duration,
    /// Further labels of the series, sorted by name.
    pub labels: Vec<(String, String)>,
    /// Successes in a row until a target is healthy, at least 1.
    pub healthy: u32,
    /// Failures in a row until it is not, at least 1.
    pub unhealthy: u32,
}

/// Location of the server itself.
pub const HERE: &str = "here";

/// A worker that probes from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeLocation {
    /// Label `location` of the series; each name once.
    pub name: String,
    /// Where the worker is, with `http` or `https`.
    pub url: String,
    /// User of basic authentication.
    pub username: Option<String>,
    /// Password of basic authentication.
    pub password: Option<SecretSource>,
    /// TLS towards the worker.
    pub tls: TlsConfig,
}

/// A step of a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeStep {
    /// Its name, once in the suite.
    pub name: String,
    /// What is probed.
    pub url: String,
    /// Where it stands in the file.
    pub place: Place,
    /// Module; without one the scheme of the URL says how it is probed.
    pub module: Option<String>,
    /// Method of HTTP.
    pub method: Option<String>,
    /// Headers of HTTP, sorted by name.
    pub headers: Vec<(String, String)>,
    /// Body of HTTP.
    pub body: Option<String>,
    /// What must hold of the answer, and where it stands.
    pub conditions: Vec<(String, Place)>,
    /// Values to keep: name and placeholder, sorted by name.
    pub store: Vec<(String, String)>,
    /// Is it made also when a step before it failed?
    pub always_run: bool,
}

/// What a receiver may know of labels and annotations.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Redact {
    /// Name of the receiver.
    pub receiver: String,
    /// Names that are shown; absent: all but those of the other lists.
    pub allow: Option<Vec<String>>,
    /// Names whose values are replaced by asterisks.
    pub mask: Vec<String>,
    /// Names whose values are replaced by a keyed hash.
    pub hash: Vec<String>,
    /// File with the key of the hashes; set when `hash` is not empty.
    pub hash_key_file: Option<String>,
}

/// Where and how samples are kept.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StorageSettings {
    /// Data directory.
    pub path: Option<String>,
    /// When a sample counts as stored.
    pub durability: Option<Durability>,
    /// How long samples stay.
    pub retention_time: Option<Duration>,
    /// How many bytes samples may take on disk.
    pub retention_size_bytes: Option<u64>,
}

/// When a sample counts as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Durability {
    /// When written; at most 200 ms until it is on disk.
    Window,
    /// When on disk.
    Sync,
}

/// How the server listens.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct WebSettings {
    /// Addresses `host:port`.
    pub listen_addresses: Vec<String>,
    /// Where users reach the server.
    pub external_url: Option<String>,
    /// Prefix of all routes.
    pub route_prefix: Option<String>,
    /// Path of a web-config.yml.
    pub config_file: Option<String>,
    /// Further accepted names in the Host header.
    pub allowed_hosts: Vec<String>,
    /// Listen beyond loopback without authentication.
    pub allow_anonymous: Option<bool>,
    /// Serve reload and shutdown by HTTP.
    pub enable_lifecycle: Option<bool>,
    /// Serve snapshot and compaction by HTTP.
    pub enable_admin_api: Option<bool>,
}

/// Limits of queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QuerySettings {
    /// Longest time from arrival to answer.
    pub timeout: Option<Duration>,
    /// Most samples a query may load.
    pub samples_max: Option<u64>,
    /// Most series a query may read.
    pub series_max: Option<u64>,
    /// Most bytes a query may hold.
    pub memory_bytes_max: Option<u64>,
    /// Queries that run at the same time.
    pub concurrency_max: Option<u64>,
    /// How far back an instant selector looks.
    pub lookback_delta: Option<Duration>,
    /// Evaluations that take this long or longer are logged; 0: none.
    pub slow_threshold: Option<Duration>,
}

/// The host collector.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct HostSettings {
    /// Does it run? Yes unless told otherwise.
    pub enabled: Option<bool>,
    /// Time between two collections; 1 second by default.
    pub interval: Option<Duration>,
    /// Collectors switched on or off by name.
    pub collectors: Vec<(String, bool)>,
    /// Shortest time between two runs, by collector.
    pub intervals: Vec<(String, Duration)>,
    /// How long a run may take, by collector.
    pub timeouts: Vec<(String, Duration)>,
    /// How long a run of any other collector may take.
    pub timeout: Option<Duration>,
    /// Flags of `node_exporter` without `--collector.`, and their values.
    pub flags: Vec<(String, Vec<String>)>,
}

/// Limits of series; above one only new series are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SeriesLimits {
    /// Series in memory, in total.
    pub series_max: Option<u64>,
    /// Series of one target.
    pub series_per_target_max: Option<u64>,
}

/// What is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LogSettings {
    /// Least severe messages to log.
    pub level: Option<LogLevel>,
    /// How messages are written.
    pub format: Option<LogFormat>,
}

/// Severity of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LogLevel {
    /// Something does not work.
    Error,
    /// Something may not work soon.
    Warn,
    /// What an operator wants to know.
    Info,
    /// What a developer wants to know.
    Debug,
    /// Everything.
    Trace,
}

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogFormat {
    /// `key=value` pairs.
    Logfmt,
    /// One JSON object per line.
    Json,
}
