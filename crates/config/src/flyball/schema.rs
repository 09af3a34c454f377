//! The schema of flyball.yml, version 1: raw types that are read by serde and described by
//! schemars. Doc comments here are what users and editors see.

use super::health::Health;
use super::packs::RulePacksFile;
use super::receive::Receive;
use super::services::schema::{
    ContainersCollect, NginxCollect, PostgresCollect, RedisCollect, Tls,
};
use model::units;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// JSON Schema (2020-12) of flyball.yml, for editors and validators.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(FlyballFile).to_value()
}

/// Configuration of Flyball. All keys are optional; relative paths start in the directory of this
/// file. Values may contain `${NAME}`, `${NAME:-default}` and `${file:/path}`; `$${` is a plain
/// `${`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "flyball.yml")]
pub(super) struct FlyballFile {
    /// Version of this schema; 1.
    pub(super) version: Option<SchemaVersion>,
    /// Path of a prometheus.yml, which is used as it is.
    pub(super) prometheus: Option<String>,
    /// Path of an alertmanager.yml, which is used as it is.
    pub(super) alertmanager: Option<String>,
    /// Path of a blackbox.yml, which is used as it is; `/probe` serves its modules.
    pub(super) blackbox: Option<String>,
    /// Targets that are probed on a schedule.
    pub(super) probes: Option<Vec<Probe>>,
    /// Workers (`flyball probe worker`) elsewhere, for probes that name them in `locations`.
    pub(super) probe_locations: Option<Vec<ProbeLocation>>,
    /// Paths of Prometheus rule files; the last part of a path may be a glob.
    pub(super) rule_files: Option<Vec<String>>,
    /// Let the built-in rules watch this host and Flyball itself; true by default.
    pub(super) default_rules: Option<bool>,
    /// Packs of built-in rules; each is on when its metrics are there.
    pub(super) rule_packs: Option<RulePacksFile>,
    /// Folders with dashboards of Grafana as JSON files; they are read again when files change.
    pub(super) dashboards: Option<Vec<String>>,
    /// Where and how samples are kept.
    pub(super) storage: Option<Storage>,
    /// The memory budget.
    pub(super) memory: Option<Memory>,
    /// How the server listens.
    pub(super) web: Option<Web>,
    /// Limits of queries.
    pub(super) query: Option<Query>,
    /// Collectors that run inside of Flyball.
    pub(super) collect: Option<Collect>,
    /// Receivers of lines that others push: StatsD and Graphite.
    pub(super) receive: Option<Receive>,
    /// What is healthy: components, what they depend on, limits.
    pub(super) health: Option<Health>,
    /// Limits that protect the server from its sources.
    pub(super) limits: Option<Limits>,
    /// Where alerts go when no alertmanager.yml routes them.
    pub(super) notify: Option<Notify>,
    /// What is logged.
    pub(super) log: Option<Log>,
}

/// Where and how samples are kept.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Storage {
    /// Data directory; `flyball-data` in the working directory by default.
    pub(super) path: Option<String>,
    /// When a sample counts as stored: `window` (written, on disk within 200 ms; the default) or
    /// `sync` (on disk).
    pub(super) durability: Option<DurabilityName>,
    /// When samples are deleted.
    pub(super) retention: Option<Retention>,
    /// What may wait for endpoints of `remote_write` besides the journal, on disk; when there is
    /// more, the oldest is given up. 4GB by default.
    pub(super) remote_write_backlog: Option<SizeText>,
}

/// When a sample counts as stored.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum DurabilityName {
    /// When written; a power cut may cost the last 200 ms.
    Window,
    /// When on disk.
    Sync,
}

/// When samples are deleted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Retention {
    /// Samples older than this are deleted; 30 days by default.
    pub(super) time: Option<DurationText>,
    /// The oldest samples are deleted above this size; 20 % of the free disk by default.
    pub(super) size: Option<SizeText>,
}

/// The memory budget.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Memory {
    /// Memory for head, caches and queries; half of what the process may use by default.
    pub(super) limit: Option<SizeText>,
}

/// How the server listens.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Web {
    /// Address `host:port` of the page and of all HTTP interfaces, or a list of them;
    /// `127.0.0.1:1788` by default.
    pub(super) listen_address: Option<OneOrMany>,
    /// URL under which users reach the server, e.g. behind a proxy.
    pub(super) external_url: Option<String>,
    /// Path prefix of all routes; the path of `external_url` by default.
    pub(super) route_prefix: Option<String>,
    /// Path of a web-config.yml (TLS, users, headers) as Prometheus' exporters read it.
    pub(super) config_file: Option<String>,
    /// Further accepted names in the Host header, without port.
    pub(super) allowed_hosts: Option<Vec<String>>,
    /// Listen on other addresses than loopback without authentication.
    pub(super) allow_anonymous: Option<bool>,
    /// Allow reload and shutdown by HTTP.
    pub(super) enable_lifecycle: Option<bool>,
    /// Allow snapshot and compaction by HTTP.
    pub(super) enable_admin_api: Option<bool>,
}

/// Limits of queries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Query {
    /// Longest time from arrival to answer; 2 minutes by default.
    pub(super) timeout: Option<DurationText>,
    /// Most samples a query may load; 50 million by default.
    pub(super) max_samples: Option<u64>,
    /// Most series a query may read; 2 million by default.
    pub(super) max_series: Option<u64>,
    /// Most memory a query may hold; an eighth of `memory.limit` by default.
    pub(super) max_memory: Option<SizeText>,
    /// Queries that run at the same time; 20 by default.
    pub(super) max_concurrency: Option<u64>,
    /// How far back an instant selector looks; 5 minutes by default.
    pub(super) lookback_delta: Option<DurationText>,
    /// Evaluations that take this long or longer are logged; 10 s by default, 0: none.
    pub(super) slow_threshold: Option<DurationText>,
}

/// Collectors that run inside of Flyball.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Collect {
    /// This host, under the names of `node_exporter`.
    pub(super) host: Option<HostCollect>,
    /// Redis servers, Sentinels and cluster nodes.
    pub(super) redis: Option<Vec<RedisCollect>>,
    /// PostgreSQL servers, each through one of its databases.
    pub(super) postgres: Option<Vec<PostgresCollect>>,
    /// nginx servers.
    pub(super) nginx: Option<Vec<NginxCollect>>,
    /// Containers and pods of this host.
    pub(super) containers: Option<ContainersCollect>,
}

/// The host collector.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HostCollect {
    /// Collect this host; true by default.
    pub(super) enabled: Option<bool>,
    /// Time between two collections; 1 second by default.
    pub(super) interval: Option<DurationText>,
    /// Collectors to switch on or off, by the names of `node_exporter`.
    pub(super) collectors: Option<BTreeMap<String, bool>>,
    /// Shortest time between two runs of a collector; those that change slowly or are costly have
    /// 15 seconds by default, the others run each time.
    pub(super) intervals: Option<BTreeMap<String, DurationText>>,
    /// How long a run of a collector may take; one that hangs costs its own series alone.
    pub(super) timeouts: Option<BTreeMap<String, DurationText>>,
    /// How long a run of any other collector may take; 2 seconds by default.
    pub(super) timeout: Option<DurationText>,
    /// Flags of `node_exporter` without `--collector.`, as text: `netdev.device-exclude: ^veth`.
    /// A flag that may be given several times takes a list.
    pub(super) flags: Option<BTreeMap<String, OneOrMany>>,
}

/// Targets that are probed on a schedule with one module.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Probe {
    /// Label `job` of the series; each name once.
    pub(super) name: Option<String>,
    /// Module of the file that `blackbox` names; without one, of the built-in modules. `http_2xx`
    /// by default; with `conditions`, targets are URLs that need none.
    pub(super) module: Option<String>,
    /// What is probed, as the module needs it written; label `instance` of the series.
    pub(super) targets: Option<Vec<String>>,
    /// From where it is probed: names of `probe_locations`, and `here` for this server. The series
    /// have the label `location` then. Without it this server probes, and there is no label.
    pub(super) locations: Option<Vec<String>>,
    /// What must hold of the answer, e.g. `[STATUS] == 200`.
    pub(super) conditions: Option<Vec<String>>,
    /// Steps of a suite, made one after another, in the place of targets.
    pub(super) steps: Option<Vec<ProbeStep>>,
    /// Values that steps know from the beginning, as `[CONTEXT].NAME`.
    pub(super) context: Option<BTreeMap<String, String>>,
    /// How often by default: `normal` every 30 seconds with 2 outcomes in a row that decide,
    /// `low_noise` every 5 minutes with 3.
    pub(super) profile: Option<ProbeProfile>,
    /// Time between two probes of a target; the profile's by default.
    pub(super) interval: Option<DurationText>,
    /// Longest time of a probe; 10 seconds or the interval by default, whichever is shorter.
    pub(super) timeout: Option<DurationText>,
    /// Further labels of the series.
    pub(super) labels: Option<BTreeMap<String, String>>,
    /// Successes in a row until a target is healthy; the profile's by default.
    pub(super) healthy: Option<u32>,
    /// Failures in a row until it is not; the profile's by default.
    pub(super) unhealthy: Option<u32>,
}

/// A worker that probes from another place.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ProbeLocation {
    /// Label `location` of the series; each name once, not `here`.
    pub(super) name: Option<String>,
    /// URL of the worker, e.g. `https://worker.example:1789`.
    pub(super) url: Option<String>,
    /// User of basic authentication.
    pub(super) username: Option<String>,
    /// Password. A secret: it is never shown.
    pub(super) password: Option<SecretText>,
    /// Path of a file with the password; it is read at each request.
    pub(super) password_file: Option<String>,
    /// TLS of an `https` URL.
    pub(super) tls: Option<Tls>,
}

/// Defaults of how often a target is probed, and of how many outcomes decide.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ProbeProfile {
    #[default]
    Normal,
    LowNoise,
}

/// A step of a suite; `[CONTEXT].NAME` in URL, headers and body stands for a value of the context.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ProbeStep {
    /// Label `step` of the series; each name once.
    pub(super) name: Option<String>,
    /// What is probed.
    pub(super) url: Option<String>,
    /// Module that probes; by default the scheme of the URL says how.
    pub(super) module: Option<String>,
    /// Method of HTTP.
    pub(super) method: Option<String>,
    /// Headers of HTTP.
    pub(super) headers: Option<BTreeMap<String, String>>,
    /// Body of HTTP.
    pub(super) body: Option<String>,
    /// What must hold of the answer.
    pub(super) conditions: Option<Vec<String>>,
    /// Values for the steps behind it, also when it fails: `{id: "[BODY].id"}`.
    pub(super) store: Option<BTreeMap<String, String>>,
    /// Make it also when a step before it failed.
    pub(super) always_run: Option<bool>,
}

/// Limits that protect the server from its sources.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Limits {
    /// Most series in memory; above it new series are refused.
    pub(super) series_max: Option<u64>,
    /// Most series of one target; above it new series of the target are refused.
    pub(super) series_per_target_max: Option<u64>,
}

/// Where alerts go when no alertmanager.yml routes them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Notify {
    /// Webhooks that get every alert, in Alertmanager's format.
    pub(super) webhooks: Option<Vec<Webhook>>,
    /// Whose behaviour counts where Alertmanager's has hurt its users; `improved` by default.
    pub(super) compat: Option<CompatName>,
    /// What receivers may know of labels and annotations, by the receivers' names.
    pub(super) redact: Option<BTreeMap<String, Redact>>,
}

/// Whose behaviour counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum CompatName {
    /// Nobody misses a page or an end.
    Improved,
    /// Exactly Alertmanager's.
    Strict,
}

/// What a receiver may know; a name is hashed, else masked, else shown if it is allowed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Redact {
    /// Names of labels and annotations that are shown; all by default. `generatorURL` stands for
    /// the link to the alert's expression.
    pub(super) allow: Option<Vec<String>>,
    /// Names whose values are replaced by asterisks.
    pub(super) mask: Option<Vec<String>>,
    /// Names whose values are replaced by a keyed hash, so that equal values stay equal.
    pub(super) hash: Option<Vec<String>>,
    /// Path of a file with the key of the hashes.
    pub(super) hash_key_file: Option<String>,
}

/// A webhook.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Webhook {
    /// Where to send alerts. A secret: it is never shown.
    pub(super) url: Option<SecretText>,
    /// Path of a file with the URL; instead of `url`.
    pub(super) url_file: Option<String>,
    /// Also tell when alerts end; true by default.
    pub(super) send_resolved: Option<bool>,
    /// Most alerts in a message; all by default.
    pub(super) max_alerts: Option<u64>,
    /// Longest time of a call.
    pub(super) timeout: Option<DurationText>,
}

/// What is logged.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Log {
    /// Least severe messages to log; `info` by default.
    pub(super) level: Option<LevelName>,
    /// How messages are written; `logfmt` by default.
    pub(super) format: Option<FormatName>,
}

/// Severity of a message.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum LevelName {
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
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FormatName {
    /// `key=value` pairs.
    Logfmt,
    /// One JSON object per line.
    Json,
}

/// The one version there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SchemaVersion;

impl<'de> Deserialize<'de> for SchemaVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            1 => Ok(Self),
            other => {
                Err(D::Error::custom(format!("schema version {other} is unknown; expected 1")))
            }
        }
    }
}

impl JsonSchema for SchemaVersion {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"const": 1, "description": "Version of the schema."})
    }
}

/// A duration such as `1h30m`.
#[derive(Clone, Copy, Debug)]
pub(super) struct DurationText(pub(super) Duration);

impl<'de> Deserialize<'de> for DurationText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        units::parse_duration(&text).map(Self).map_err(D::Error::custom)
    }
}

impl JsonSchema for DurationText {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Numbers with the units y, w, d, h, m, s, ms, from large to small.",
            "pattern": concat!(
                "^(0|([0-9]+y)?([0-9]+w)?([0-9]+d)?",
                "([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$"
            ),
            "examples": ["30s", "5m", "1h30m", "30d"],
        })
    }
}

/// A size such as `512MB`, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct SizeText(pub(super) u64);

impl<'de> Deserialize<'de> for SizeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = units::parse_size(&text).map_err(D::Error::custom)?;
        let negative = |_| D::Error::custom("a size cannot be negative");
        u64::try_from(bytes).map(Self).map_err(negative)
    }
}

impl JsonSchema for SizeText {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A number with a unit; KB and KiB are both 1024 bytes.",
            "pattern": "^(0|([0-9.]+([KMGTPE]i?)?B)+)$",
            "examples": ["512MB", "2GiB"],
        })
    }
}

/// One text or a list of texts.
#[derive(Clone, Debug, JsonSchema)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All texts.
    pub(super) fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(text.to_owned()))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut items: A,
            ) -> Result<OneOrMany, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push(item);
                }
                Ok(OneOrMany::Many(all))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A text that is never shown; its place is hidden by the deserializer, which knows its name.
#[derive(Clone, Deserialize)]
#[serde(rename = "SecretText")]
pub(super) struct SecretText(pub(super) String);

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(crate::REDACTED)
    }
}

impl JsonSchema for SecretText {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "Never shown.", "writeOnly": true})
    }
}

#[cfg(test)]
mod tests;
