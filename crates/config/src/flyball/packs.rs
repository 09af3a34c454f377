//! Section `rule_packs` of flyball.yml: which packs of built-in rules are off, and the thresholds
//! of all of them in one place. The rules themselves are the binary's; they name thresholds.

use schemars::JsonSchema;
use serde::Deserialize;

/// A pack of built-in rules. It is on when its metrics are there, unless it is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RulePack {
    /// Processors, memory and disks of hosts.
    Host,
    /// Flyball itself and its targets.
    Flyball,
    /// HTTP services.
    Http,
    /// Queues of brokers and workers.
    Queues,
    /// Caches.
    Cache,
    /// Databases and connection pools.
    Database,
    /// Locks of databases.
    Locks,
    /// Redis.
    Redis,
    /// Certificates seen by probes.
    Certificates,
}

/// Packs that are switched off, and every threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct RulePacks {
    /// Packs that are switched off.
    pub off: Vec<RulePack>,
    /// Every threshold by its name, defaults included.
    pub thresholds: Vec<(&'static str, f64)>,
}

impl Default for RulePacks {
    fn default() -> Self {
        Self { off: Vec::new(), thresholds: Thresholds::default().resolve() }
    }
}

/// Packs of built-in rules; each is on when its metrics are there.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RulePacksFile {
    /// Packs to switch off.
    pub(super) off: Option<Vec<RulePack>>,
    /// When alerts of the packs fire.
    pub(super) thresholds: Option<Thresholds>,
}

macro_rules! thresholds {
    ($($(#[doc = $doc:literal])+ $name:ident = $default:literal;)*) => {
        /// When alerts of the packs fire.
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub(super) struct Thresholds {
            $($(#[doc = $doc])+ pub(super) $name: Option<f64>,)*
        }

        impl Thresholds {
            /// Every threshold with its name.
            pub(super) fn resolve(&self) -> Vec<(&'static str, f64)> {
                vec![$((stringify!($name), self.$name.unwrap_or($default)),)*]
            }
        }
    };
}

thresholds! {
    /// Processors busy, in percent, for 10 minutes; 80 by default.
    cpu_busy_percent = 80.0;
    /// Processors busy, in percent, for 5 minutes; 95 by default.
    cpu_high_percent = 95.0;
    /// Memory in use, in percent, for 10 minutes; 85 by default.
    memory_tight_percent = 85.0;
    /// Memory in use, in percent, for 2 minutes; 95 by default.
    memory_low_percent = 95.0;
    /// Free space of a filesystem, in percent; 5 by default.
    disk_free_percent = 5.0;
    /// 95th percentile of request durations, in seconds; 2 by default.
    http_p95_slow_seconds = 2.0;
    /// 95th percentile of request durations, in seconds, critical; 5 by default.
    http_p95_very_slow_seconds = 5.0;
    /// Requests that fail, in percent; 5 by default.
    http_errors_percent = 5.0;
    /// Requests that fail, in percent, critical; 10 by default.
    http_errors_many_percent = 10.0;
    /// Messages that wait in a queue; 50 by default.
    queue_long = 50.0;
    /// Messages that wait in a queue, severity high; 100 by default.
    queue_very_long = 100.0;
    /// Reads of a cache that find something, in percent, for 10 minutes; 70 by default.
    cache_hit_percent = 70.0;
    /// Connections of a pool in use, in percent; 70 by default.
    database_connections_percent = 70.0;
    /// Connections of a pool in use, in percent, critical; 90 by default.
    database_connections_critical_percent = 90.0;
    /// Longest transaction of a database, in seconds; 60 by default.
    slow_query_seconds = 60.0;
    /// Exclusive locks held in a database; 50 by default.
    exclusive_locks = 50.0;
    /// Row locks waited for, per second; 10 by default.
    row_lock_waits_per_second = 10.0;
    /// Memory of Redis in use, in percent of maxmemory; 85 by default.
    redis_memory_percent = 85.0;
    /// Memory of Redis in use, in percent of maxmemory, critical; 95 by default.
    redis_memory_critical_percent = 95.0;
    /// Seconds that a replica of Redis is behind; 10 by default.
    redis_lag_seconds = 10.0;
    /// Days until a certificate expires; 14 by default.
    certificate_days = 14.0;
    /// Days until a certificate expires, critical; 3 by default.
    certificate_critical_days = 3.0;
}
