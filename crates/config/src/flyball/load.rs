//! Reads flyball.yml, and tells it apart from a prometheus.yml that is given in its place.

use super::packs::RulePacksFile;
use super::schema::{
    self, CompatName, DurabilityName, DurationText, FlyballFile, FormatName, HostCollect,
    LevelName, OneOrMany, Storage, Web, Webhook,
};
use super::{
    Durability, FlyballConfig, HostSettings, LogFormat, LogLevel, LogSettings, QuerySettings,
    Redact, RulePacks, SeriesLimits, StorageSettings, WebSettings, expand, health, probes, receive,
    services,
};
use crate::alertmanager::receivers::{Integration, IntegrationKind, WebhookConfig};
use crate::prometheus::{self, PrometheusConfig};
use crate::read::{Reader, from_node};
use crate::yaml::{self, Content, Node};
use crate::{Error, HttpClientConfig, Loaded, Outside, Place, Secret, SecretSource, urls};
use std::collections::BTreeMap;
use std::time::Duration;

/// Keys at the top of prometheus.yml that flyball.yml does not have.
const PROMETHEUS_KEYS: [&str; 9] = [
    "global",
    "scrape_configs",
    "scrape_config_files",
    "alerting",
    "remote_write",
    "remote_read",
    "tracing",
    "otlp",
    "runtime",
];
/// Keys at the top of flyball.yml that prometheus.yml does not have.
const FLYBALL_KEYS: [&str; 18] = [
    "version",
    "prometheus",
    "alertmanager",
    "blackbox",
    "probes",
    "probe_locations",
    "default_rules",
    "rule_packs",
    "dashboards",
    "memory",
    "web",
    "query",
    "collect",
    "receive",
    "health",
    "limits",
    "notify",
    "log",
];

/// What a configuration file turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum ConfigFile {
    /// A flyball.yml.
    Flyball(Box<FlyballConfig>),
    /// A prometheus.yml.
    Prometheus(Box<PrometheusConfig>),
}

/// Reads a flyball.yml or a prometheus.yml, told apart by their keys.
///
/// A file that has keys of both is a flyball.yml with mistakes; one that has keys of neither
/// (an empty one) is a flyball.yml too.
pub fn load_any(
    path: &str,
    text: &str,
    outside: &Outside<'_>,
) -> Result<Loaded<ConfigFile>, Error> {
    let root = yaml::first_document(path, text)?.root;
    if is_prometheus(&root) {
        let loaded = prometheus::load(path, text, outside)?;
        return Ok(loaded.map(|config| ConfigFile::Prometheus(Box::new(config))));
    }
    let loaded = load(path, text, outside)?;
    Ok(loaded.map(|config| ConfigFile::Flyball(Box::new(config))))
}

/// Reads a flyball.yml.
pub fn load(path: &str, text: &str, outside: &Outside<'_>) -> Result<Loaded<FlyballConfig>, Error> {
    let (reader, root) = Reader::open(path, text, outside, &[])?;
    let expanded = expand::expand(&without_foreign_keys(&root, &reader), &reader);
    let file: Option<FlyballFile> = from_node(&expanded, &reader);
    let config = file.map(|file| resolve(file, &expanded, &reader)).unwrap_or_default();
    reader.finish(config, &root)
}

/// Keys of prometheus.yml get a message of their own instead of being merely unknown.
fn without_foreign_keys(root: &Node, reader: &Reader<'_>) -> Node {
    let Content::Map(entries) = &root.content else { return root.clone() };
    let is_foreign = |key: &Node| {
        let name = key.scalar().map_or("", |key| key.text.as_str());
        let foreign = PROMETHEUS_KEYS.contains(&name);
        if foreign {
            let message =
                format!("`{name}` belongs in prometheus.yml; name that file with `prometheus`");
            reader.problem(key.place, message);
        }
        foreign
    };
    let own = entries.iter().filter(|(key, _)| !is_foreign(key)).cloned();
    root.with_content(Content::Map(own.collect()))
}

fn top_keys(root: &Node) -> impl Iterator<Item = &str> {
    let entries = match &root.content {
        Content::Map(entries) => entries.as_ref(),
        Content::Scalar(_) | Content::List(_) => &[],
    };
    entries.iter().filter_map(|(key, _)| key.scalar()).map(|key| key.text.as_str())
}

fn is_prometheus(root: &Node) -> bool {
    if top_keys(root).any(|key| FLYBALL_KEYS.contains(&key)) {
        return false;
    }
    let storage_of_prometheus = || {
        let storage = root.value("storage");
        storage.is_some_and(|storage| top_keys(storage).any(|k| k == "tsdb" || k == "exemplars"))
    };
    top_keys(root).any(|key| PROMETHEUS_KEYS.contains(&key)) || storage_of_prometheus()
}

fn resolve(file: FlyballFile, root: &Node, reader: &Reader<'_>) -> FlyballConfig {
    let path = |path: Option<String>| path.map(|path| reader.join_directory(&path));
    let paths = |paths: Option<Vec<String>>| {
        paths.unwrap_or_default().iter().map(|path| reader.join_directory(path)).collect()
    };
    let backlog = file.storage.as_ref().and_then(|it| it.remote_write_backlog.as_ref());
    let backlog = backlog.map(|size| size.0);
    let query = file.query.unwrap_or_default();
    let limits = file.limits.unwrap_or_default();
    let log = file.log.unwrap_or_default();
    let notify = file.notify.unwrap_or_default();
    let collect = file.collect.unwrap_or_default();
    let host = collect.host.unwrap_or_default();
    let lists = services::read::Lists {
        redis: collect.redis.unwrap_or_default(),
        postgres: collect.postgres.unwrap_or_default(),
        nginx: collect.nginx.unwrap_or_default(),
        containers: collect.containers.unwrap_or_default(),
    };
    let probe_locations = probes::locations(file.probe_locations, root, reader);
    let probes = probes::resolve(file.probes.unwrap_or_default(), &probe_locations, root, reader);
    FlyballConfig {
        prometheus: path(file.prometheus),
        alertmanager: path(file.alertmanager),
        blackbox: path(file.blackbox),
        probes,
        probe_locations,
        rule_files: paths(file.rule_files),
        default_rules: file.default_rules,
        rule_packs: rule_packs(file.rule_packs.unwrap_or_default(), root, reader),
        dashboards: paths(file.dashboards),
        storage: storage(file.storage.unwrap_or_default(), reader),
        memory_limit_bytes: file.memory.unwrap_or_default().limit.map(|limit| limit.0),
        web: web(file.web.unwrap_or_default(), root, reader),
        query: QuerySettings {
            timeout: query.timeout.map(|timeout| timeout.0),
            samples_max: query.max_samples,
            series_max: query.max_series,
            memory_bytes_max: query.max_memory.map(|size| size.0),
            concurrency_max: query.max_concurrency,
            lookback_delta: query.lookback_delta.map(|delta| delta.0),
            slow_threshold: query.slow_threshold.map(|threshold| threshold.0),
        },
        host: self::host(host, root, reader),
        services: services::read::resolve(lists, root, reader),
        receive: receive::resolve(file.receive.unwrap_or_default(), root, reader),
        health: health::resolve(file.health.unwrap_or_default(), root, reader),
        limits: SeriesLimits {
            series_max: limits.series_max,
            series_per_target_max: limits.series_per_target_max,
        },
        remote_write_backlog_bytes_max: backlog,
        strict_notifications: notify.compat == Some(CompatName::Strict),
        webhooks: webhooks(notify.webhooks, root, reader),
        redact: redact(notify.redact.unwrap_or_default(), root, reader),
        log: LogSettings {
            level: log.level.map(|level| match level {
                LevelName::Error => LogLevel::Error,
                LevelName::Warn => LogLevel::Warn,
                LevelName::Info => LogLevel::Info,
                LevelName::Debug => LogLevel::Debug,
                LevelName::Trace => LogLevel::Trace,
            }),
            format: log.format.map(|format| match format {
                FormatName::Logfmt => LogFormat::Logfmt,
                FormatName::Json => LogFormat::Json,
            }),
        },
    }
}

/// Where the values of a list of maps stand, by index and key; as far as there are any.
pub(super) fn key_places<'n>(node: &'n Node, list: &str) -> impl Fn(usize, &str) -> Place + 'n {
    let list = node.value(list);
    move |index, key| {
        let item = list.and_then(|list| list.items().get(index));
        item.map_or(node.place, |item| item.place_below(&[key]))
    }
}

fn storage(storage: Storage, reader: &Reader<'_>) -> StorageSettings {
    let retention = storage.retention.unwrap_or_default();
    StorageSettings {
        path: storage.path.map(|path| reader.join_directory(&path)),
        durability: storage.durability.map(|durability| match durability {
            DurabilityName::Window => Durability::Window,
            DurabilityName::Sync => Durability::Sync,
        }),
        retention_time: retention.time.map(|time| time.0),
        retention_size_bytes: retention.size.map(|size| size.0),
    }
}

fn web(web: Web, root: &Node, reader: &Reader<'_>) -> WebSettings {
    let listen_addresses = match web.listen_address {
        None => Vec::new(),
        Some(OneOrMany::One(address)) => vec![address],
        Some(OneOrMany::Many(addresses)) => addresses,
    };
    let place = |key| root.place_below(&["web", key]);
    for address in &listen_addresses {
        let port = address.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(_))) {
            let quoted = model::quote(address).to_string();
            let message = format!("{quoted} is no address; expected `host:port`");
            reader.problem(place("listen_address"), message);
        }
    }
    if let Some(Err(error)) = web.external_url.as_deref().map(urls::parse_http) {
        reader.problem(place("external_url"), format!("`external_url`: {error}"));
    }
    if web.route_prefix.as_ref().is_some_and(|prefix| !prefix.starts_with('/')) {
        reader.problem(place("route_prefix"), "`route_prefix` begins with `/`");
    }
    WebSettings {
        listen_addresses,
        external_url: web.external_url,
        route_prefix: web.route_prefix,
        config_file: web.config_file.map(|path| reader.join_directory(&path)),
        allowed_hosts: web.allowed_hosts.unwrap_or_default(),
        allow_anonymous: web.allow_anonymous,
        enable_lifecycle: web.enable_lifecycle,
        enable_admin_api: web.enable_admin_api,
    }
}

fn host(host: HostCollect, root: &Node, reader: &Reader<'_>) -> HostSettings {
    let above_zero = |keys: &[&str], time: Option<Duration>| {
        if time.is_some_and(|time| time.is_zero()) {
            let place = root.place_below(&[&["collect", "host"], keys].concat());
            let key = keys.last().copied().unwrap_or_default();
            reader.problem(place, format!("`{key}` must be above 0"));
        }
        time
    };
    let times = |key: &str, times: Option<BTreeMap<String, DurationText>>| {
        let checked = |(name, time): (String, DurationText)| {
            above_zero(&[key, &name], Some(time.0));
            (name, time.0)
        };
        times.unwrap_or_default().into_iter().map(checked).collect()
    };
    HostSettings {
        enabled: host.enabled,
        interval: above_zero(&["interval"], host.interval.map(|interval| interval.0)),
        collectors: host.collectors.unwrap_or_default().into_iter().collect(),
        intervals: times("intervals", host.intervals),
        timeouts: times("timeouts", host.timeouts),
        timeout: above_zero(&["timeout"], host.timeout.map(|timeout| timeout.0)),
        flags: host.flags.unwrap_or_default().into_iter().map(|(n, v)| (n, v.into_vec())).collect(),
    }
}

fn rule_packs(file: RulePacksFile, root: &Node, reader: &Reader<'_>) -> RulePacks {
    let thresholds = file.thresholds.unwrap_or_default().resolve();
    for (name, value) in &thresholds {
        if !value.is_finite() || *value < 0.0 {
            let place = root.place_below(&["rule_packs", "thresholds", name]);
            reader.problem(place, format!("`{name}` must be a number from 0"));
        }
    }
    RulePacks { off: file.off.unwrap_or_default(), thresholds }
}

fn redact(
    rules: BTreeMap<String, schema::Redact>,
    root: &Node,
    reader: &Reader<'_>,
) -> Vec<Redact> {
    let rule = |(receiver, rule): (String, schema::Redact)| {
        let hash = rule.hash.unwrap_or_default();
        if !hash.is_empty() && rule.hash_key_file.is_none() {
            let place = root.place_below(&["notify", "redact", &receiver]);
            reader.problem(place, "`hash` needs `hash_key_file`");
        }
        Redact {
            receiver,
            allow: rule.allow,
            mask: rule.mask.unwrap_or_default(),
            hash,
            hash_key_file: rule.hash_key_file.map(|path| reader.join_directory(&path)),
        }
    };
    rules.into_iter().map(rule).collect()
}

fn webhooks(webhooks: Option<Vec<Webhook>>, root: &Node, reader: &Reader<'_>) -> Vec<Integration> {
    let place = root.place_below(&["notify", "webhooks"]);
    let webhooks = webhooks.unwrap_or_default().into_iter().enumerate();
    webhooks
        .filter_map(|(index, webhook)| {
            let url = match (webhook.url, webhook.url_file) {
                (Some(url), None) => {
                    if let Err(error) = urls::parse_http(&url.0) {
                        reader.problem(place, format!("`url` of a webhook: {error}"));
                    }
                    SecretSource::Inline(Secret::new(url.0))
                }
                (None, Some(path)) => SecretSource::File(reader.join_directory(&path)),
                (Some(_), Some(_)) | (None, None) => {
                    reader.problem(place, "a webhook needs one of `url` and `url_file`");
                    return None;
                }
            };
            let config = WebhookConfig {
                url,
                alerts_max: webhook.max_alerts.filter(|&max| max > 0),
                timeout: webhook
                    .timeout
                    .map(|timeout| timeout.0)
                    .filter(|timeout| !timeout.is_zero()),
                payload: None,
                http: HttpClientConfig::default(),
            };
            Some(Integration {
                send_resolved: webhook.send_resolved.unwrap_or(true),
                index,
                kind: IntegrationKind::Webhook(Box::new(config)),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
