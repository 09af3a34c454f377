//! Schema of the sections about services, as the file has them.

use crate::flyball::schema::{DurationText, SecretText};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A section about a service: its own keys, and those that all of them have.
/// `#[serde(flatten)]` would say the same, but then serde collects the keys itself, and unknown
/// ones and wrong values lose their places and hints.
macro_rules! service {
    ($(#[$about:meta])* struct $name:ident { $($(#[$doc:meta])* $key:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub(in crate::flyball) struct $name {
            $($(#[$doc])* pub(in crate::flyball) $key: $type,)*
            /// Label `instance` of its series; by default where the service listens.
            pub(in crate::flyball) instance: Option<String>,
            /// Path of a file with the password; it is read when it is needed.
            pub(in crate::flyball) password_file: Option<String>,
            /// Time between two collections; 15 seconds by default.
            pub(in crate::flyball) interval: Option<DurationText>,
            /// How long a collection may take; 5 seconds by default, at most the interval.
            pub(in crate::flyball) timeout: Option<DurationText>,
            /// Most samples of a collection; 10,000 by default. A part beyond it is left out.
            pub(in crate::flyball) series_max: Option<u64>,
        }

        impl $name {
            /// Takes the keys out that say how often, how long and how much is collected.
            pub(super) fn take_pace(&mut self) -> Pace {
                let instance = self.instance.take().filter(|name| !name.is_empty());
                let (interval, timeout) = (self.interval.take(), self.timeout.take());
                Pace { instance, interval, timeout, series_max: self.series_max }
            }
        }
    };
}

/// Keys that all services have.
pub(super) struct Pace {
    pub(super) instance: Option<String>,
    pub(super) interval: Option<DurationText>,
    pub(super) timeout: Option<DurationText>,
    pub(super) series_max: Option<u64>,
}

/// Containers and pods of this host, under the names of cAdvisor.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::flyball) struct ContainersCollect {
    /// Watch containers; by default when there are any at the start or at a reload.
    pub(in crate::flyball) enabled: Option<bool>,
    /// Label `instance` of their series; the name of the host by default.
    pub(in crate::flyball) instance: Option<String>,
    /// Docker's socket as `unix:///var/run/docker.sock`, or `tcp://HOST:PORT`: asked for names,
    /// images and labels. It is never asked unless it stands here.
    pub(in crate::flyball) docker: Option<String>,
    /// Labels of Docker's containers to keep as `container_label_NAME`; all by default.
    pub(in crate::flyball) labels: Option<Vec<String>>,
    /// Watch services and slices of systemd, too; false by default.
    pub(in crate::flyball) units: Option<bool>,
    /// Most containers, pods and units with series; 500 by default.
    pub(in crate::flyball) containers_max: Option<u64>,
    /// Directory where the files of the host are; `/` by default. Where Flyball runs in a container
    /// itself, the place where it has them mounted.
    pub(in crate::flyball) root: Option<String>,
    /// Time between two collections; 15 seconds by default.
    pub(in crate::flyball) interval: Option<DurationText>,
    /// How long a collection may take; 5 seconds by default, at most the interval.
    pub(in crate::flyball) timeout: Option<DurationText>,
    /// Most samples of a collection; 50,000 by default.
    pub(in crate::flyball) series_max: Option<u64>,
}

service! {
    /// A Redis server, Sentinel or cluster node, under the names of `redis_exporter`.
    struct RedisCollect {
        /// `host:port`, or the path of a Unix socket.
        address: Option<String>,
        /// User of an access list; the default user by default.
        username: Option<String>,
        /// Password. A secret: it is never shown.
        password: Option<SecretText>,
        /// TLS towards the server; none by default.
        tls: Option<Tls>,
        /// Parts to switch off: config, cluster, sentinel, latency, `latency_histogram`, slowlog.
        collectors: Option<BTreeMap<String, bool>>,
        /// Groups of keys to count: patterns by name, `*` and `?` stand for others. A key counts
        /// for the first group it fits, in the order of the names.
        key_groups: Option<BTreeMap<String, String>>,
        /// Shortest time between two counts; 1 minute by default.
        key_groups_interval: Option<DurationText>,
        /// Most keys of a database to count; 100,000 by default. Above it there is no count.
        keys_max: Option<u64>,
    }
}

service! {
    /// A PostgreSQL server through one of its databases, under the names of `postgres_exporter`.
    struct PostgresCollect {
        /// URL or `name=value` pairs as libpq reads them. A secret: it is never shown.
        dsn: Option<SecretText>,
        /// Path of a file with the DSN; it is read at each connection. Needs `instance`.
        dsn_file: Option<String>,
        /// Parts to switch on or off; `stat_statements` and bloat are off by default.
        collectors: Option<BTreeMap<String, bool>>,
        /// Also give names that `postgres_exporter` had until this version.
        compat_names: Option<OldNames>,
    }
}

service! {
    /// An nginx server, under the names of `nginx-prometheus-exporter`.
    struct NginxCollect {
        /// URL of the page of `stub_status`.
        url: Option<String>,
        /// User of basic authentication.
        username: Option<String>,
        /// Password. A secret: it is never shown.
        password: Option<SecretText>,
        /// TLS of `https` URLs.
        tls: Option<Tls>,
        /// Access log to count requests from, by route, method and status.
        access_log: Option<AccessLogCollect>,
    }
}

/// An access log.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::flyball) struct AccessLogCollect {
    /// Path of the file; rotated and truncated files are followed.
    pub(in crate::flyball) path: Option<String>,
    /// `log_format` as nginx.conf has it; `combined` by default. Times need `$request_time`.
    pub(in crate::flyball) format: Option<String>,
    /// Routes to tell apart first: paths, with `*` at the end for any. Other paths are told apart
    /// with what varies replaced by `:id`.
    pub(in crate::flyball) routes: Option<Vec<String>>,
    /// Most routes; 50 by default. Paths beyond them are `other`.
    pub(in crate::flyball) routes_max: Option<u64>,
}

/// Versions of `postgres_exporter` whose names are known.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
pub(in crate::flyball) enum OldNames {
    /// As Debian 12 has it.
    #[serde(rename = "0.11")]
    V0_11,
}

/// TLS towards a service.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::flyball) struct Tls {
    /// Path of a file with the authorities to trust; the system's by default.
    pub(in crate::flyball) ca_file: Option<String>,
    /// Path of a file with the certificate to show.
    pub(in crate::flyball) cert_file: Option<String>,
    /// Path of a file with the private key of the certificate.
    pub(in crate::flyball) key_file: Option<String>,
    /// Name to verify instead of the host.
    pub(in crate::flyball) server_name: Option<String>,
    /// Accept any certificate.
    pub(in crate::flyball) insecure_skip_verify: Option<bool>,
}
