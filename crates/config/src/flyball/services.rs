//! Sections `collect.redis`, `collect.nginx` and `collect.postgres` of flyball.yml: the types in
//! use. Each instance has its own pace, time and budget; read by `read`, used by `services`.

mod dsn;
pub(super) mod read;
pub(super) mod schema;

use crate::{SecretSource, TlsConfig};
pub use dsn::{Dsn, SslMode};
use std::fmt;
use std::time::Duration;

/// Parts of the Redis collector that can be switched off.
pub const REDIS_COLLECTORS: [&str; 6] =
    ["config", "cluster", "sentinel", "latency", "latency_histogram", "slowlog"];

/// Parts of the PostgreSQL collector that can be switched on or off.
pub const POSTGRES_COLLECTORS: [&str; 23] = [
    "database",
    "locks",
    "postmaster",
    "replication",
    "replication_slots",
    "stat_replication",
    "stat_wal_receiver",
    "stat_activity",
    "long_running_transactions",
    "stat_archiver",
    "bgwriter",
    "checkpointer",
    "wraparound",
    "stat_database",
    "stat_database_conflicts",
    "roles",
    "wal",
    "stat_user_tables",
    "statio_user_tables",
    "stat_user_indexes",
    "stat_statements",
    "bloat",
    "settings",
];

/// Services that are watched.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ServiceSettings {
    /// Redis servers, Sentinels and cluster nodes.
    pub redis: Vec<RedisInstance>,
    /// PostgreSQL servers.
    pub postgres: Vec<PostgresInstance>,
    /// nginx servers.
    pub nginx: Vec<NginxInstance>,
    /// Containers of this host.
    pub containers: ContainersSettings,
}

/// Containers and pods of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainersSettings {
    /// Are they watched? When nothing is said: if there are any.
    pub enabled: Option<bool>,
    /// Pace, time and budget; the name is empty when nothing is said.
    pub common: InstanceSettings,
    /// Where Docker is asked for names: `unix:///PATH`, `tcp://HOST:PORT` or a URL.
    pub docker: Option<String>,
    /// Labels of Docker that become labels of series; `None` keeps all.
    pub labels: Option<Vec<String>>,
    /// Are services and slices of systemd watched, too?
    pub units: bool,
    /// Most containers, pods and units with series.
    pub containers_max: usize,
    /// Directory where the files of the host are.
    pub root: String,
}

/// What all instances have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceSettings {
    /// Label `instance` of its series.
    pub name: String,
    /// Time between two collections.
    pub interval: Duration,
    /// How long a collection may take; at most the interval.
    pub timeout: Duration,
    /// Most samples of a collection.
    pub series_max: usize,
    /// Parts switched on or off by name.
    pub collectors: Vec<(String, bool)>,
}

impl InstanceSettings {
    /// Does the part run? Yes unless it is switched off.
    pub fn is_on(&self, part: &str) -> bool {
        self.is_on_or(part, true)
    }

    /// Does the part run? `default` where nothing is said of it.
    pub fn is_on_or(&self, part: &str, default: bool) -> bool {
        self.collectors.iter().find(|(name, _)| name == part).map_or(default, |(_, on)| *on)
    }
}

/// Where a service listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceAddress {
    /// A host and a port.
    Tcp {
        /// Name or address, without brackets.
        host: String,
        /// Port.
        port: u16,
    },
    /// Path of a Unix socket.
    Unix(String),
}

impl fmt::Display for ServiceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => f.write_str(path),
        }
    }
}

/// A Redis server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisInstance {
    /// Pace, time and budget.
    pub common: InstanceSettings,
    /// Where it listens.
    pub address: ServiceAddress,
    /// User of an access list; `None`: the default user.
    pub username: Option<String>,
    /// Password.
    pub password: Option<SecretSource>,
    /// TLS towards the server; `None`: none.
    pub tls: Option<TlsConfig>,
    /// Groups of keys that are counted, by name.
    pub key_groups: Vec<KeyGroup>,
    /// Shortest time between two counts.
    pub key_groups_interval: Duration,
    /// Most keys of a database that are counted; above it there is no count.
    pub keys_max: u64,
}

/// A PostgreSQL server, through one of its databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresInstance {
    /// Pace, time and budget.
    pub common: InstanceSettings,
    /// Where it is and who asks.
    pub dsn: PostgresDsn,
    /// Password; stands above that of the DSN.
    pub password: Option<SecretSource>,
    /// Are names that `postgres_exporter` had until 0.11 given, too?
    pub old_names: bool,
}

/// A DSN that was read, or the file that is read at each connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostgresDsn {
    /// As it stood in the configuration.
    Inline(Box<Dsn>),
    /// Path of a file.
    File(String),
}

/// An nginx server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NginxInstance {
    /// Pace, time and budget.
    pub common: InstanceSettings,
    /// Page of its module `stub_status`.
    pub url: String,
    /// User of basic authentication.
    pub username: Option<String>,
    /// Password of basic authentication.
    pub password: Option<SecretSource>,
    /// TLS towards the server.
    pub tls: TlsConfig,
    /// Access log that is followed.
    pub access_log: Option<AccessLog>,
}

/// An access log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLog {
    /// Path of the file.
    pub path: String,
    /// Format as nginx.conf has it, or `combined`.
    pub format: String,
    /// Routes that are told apart first: paths, with `*` at the end for any.
    pub routes: Vec<String>,
    /// Most routes.
    pub routes_max: usize,
}

/// Keys that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyGroup {
    /// Label `key_group`.
    pub name: String,
    /// Pattern of the keys; `*` stands for any text, `?` for one byte.
    pub pattern: String,
}

#[cfg(test)]
mod tests;
