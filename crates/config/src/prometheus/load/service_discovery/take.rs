//! Entries that Flyball acts on, as values: the keys were checked before, so nothing is noted here.
//! Defaults are those of upstream's `Default*SDConfig`.

use crate::http::{HttpAuth, TextSource};
use crate::prometheus::{
    ConsulSdConfig, DnsRecordType, DnsSdConfig, DockerSdConfig, HttpSdConfig, KubernetesMetadata,
    KubernetesRole, KubernetesSdConfig, KubernetesSelector, RemoteSdConfig,
};
use crate::read::Section;
use crate::secret::SecretSource;
use crate::{HttpClientConfig, Secret};
use std::time::Duration;

/// Shortest time between two requests: a `refresh_interval` of 0 would never rest.
const REFRESH_MIN: Duration = Duration::from_millis(100);

fn refresh(entry: &Section<'_>, default: Duration) -> Duration {
    entry.duration("refresh_interval").unwrap_or(default).max(REFRESH_MIN)
}

fn text_or(entry: &Section<'_>, key: &'static str, default: &str) -> String {
    entry.text(key).unwrap_or_else(|| default.to_owned())
}

pub(super) fn http(entry: &Section<'_>, http: HttpClientConfig) -> Option<RemoteSdConfig> {
    let url = entry.text("url")?;
    let refresh_interval = refresh(entry, Duration::from_mins(1));
    Some(RemoteSdConfig::Http(Box::new(HttpSdConfig { url, refresh_interval, http })))
}

#[expect(clippy::unnecessary_wraps, reason = "the table of mechanisms has one type of functions")]
pub(super) fn consul(entry: &Section<'_>, mut http: HttpClientConfig) -> Option<RemoteSdConfig> {
    let password = entry.secret("password");
    if let Some(username) = entry.filled("username") {
        let (username, password) =
            (TextSource::Inline(username), password.map(SecretSource::Inline));
        http.auth = HttpAuth::Basic { username, password };
    }
    let token: Option<Secret> = entry.secret("token");
    Some(RemoteSdConfig::Consul(Box::new(ConsulSdConfig {
        server: text_or(entry, "server", "localhost:8500"),
        scheme: text_or(entry, "scheme", "http"),
        path_prefix: text_or(entry, "path_prefix", ""),
        token,
        datacenter: text_or(entry, "datacenter", ""),
        namespace: text_or(entry, "namespace", ""),
        partition: text_or(entry, "partition", ""),
        tag_separator: text_or(entry, "tag_separator", ","),
        services: entry.texts("services").unwrap_or_default(),
        tags: entry.texts("tags").unwrap_or_default(),
        node_meta: entry.text_map("node_meta", "consul_sd_configs"),
        filter: text_or(entry, "filter", ""),
        health_filter: text_or(entry, "health_filter", ""),
        allow_stale: entry.flag("allow_stale").unwrap_or(true),
        refresh_interval: refresh(entry, Duration::from_secs(30)),
        http,
    })))
}

pub(super) fn dns(entry: &Section<'_>, _: HttpClientConfig) -> Option<RemoteSdConfig> {
    let record_type = match text_or(entry, "type", "SRV").to_ascii_uppercase().as_str() {
        "A" => DnsRecordType::A,
        "AAAA" => DnsRecordType::Aaaa,
        "MX" => DnsRecordType::Mx,
        "NS" => DnsRecordType::Ns,
        _ => DnsRecordType::Srv,
    };
    Some(RemoteSdConfig::Dns(Box::new(DnsSdConfig {
        names: entry.texts("names")?,
        record_type,
        port: u16::try_from(entry.number::<i64>("port").unwrap_or(0)).unwrap_or(0),
        refresh_interval: refresh(entry, Duration::from_secs(30)),
    })))
}

pub(super) fn docker(entry: &Section<'_>, http: HttpClientConfig) -> Option<RemoteSdConfig> {
    let filters = entry.items("filters").iter().filter_map(|item| {
        let filter = entry.reader.section(item, "filters")?;
        Some((filter.text("name")?, filter.texts("values")?))
    });
    Some(RemoteSdConfig::Docker(Box::new(DockerSdConfig {
        host: entry.text("host")?,
        port: entry.number("port").unwrap_or(80),
        host_networking_host: text_or(entry, "host_networking_host", "localhost"),
        match_first_network: entry.flag("match_first_network").unwrap_or(true),
        filters: filters.collect(),
        refresh_interval: refresh(entry, Duration::from_mins(1)),
        http,
    })))
}

const ROLES: [(&str, KubernetesRole); 6] = [
    ("pod", KubernetesRole::Pod),
    ("service", KubernetesRole::Service),
    ("endpoints", KubernetesRole::Endpoints),
    ("endpointslice", KubernetesRole::EndpointSlice),
    ("node", KubernetesRole::Node),
    ("ingress", KubernetesRole::Ingress),
];

const METADATA: [(&str, KubernetesMetadata); 5] = [
    ("node", KubernetesMetadata::Node),
    ("namespace", KubernetesMetadata::Namespace),
    ("deployment", KubernetesMetadata::Deployment),
    ("job", KubernetesMetadata::Job),
    ("cronjob", KubernetesMetadata::CronJob),
];

pub(super) fn kubernetes(entry: &Section<'_>, http: HttpClientConfig) -> Option<RemoteSdConfig> {
    let role = |text: String| ROLES.iter().find(|(name, _)| *name == text).map(|(_, role)| *role);
    let selectors = entry.items("selectors").iter().filter_map(|item| {
        let selector = entry.reader.section(item, "kubernetes_sd_configs")?;
        Some(KubernetesSelector {
            role: role(selector.text("role")?)?,
            label: text_or(&selector, "label", ""),
            field: text_or(&selector, "field", ""),
        })
    });
    let namespaces = entry.section("namespaces", "kubernetes_sd_configs");
    let attach = entry.section("attach_metadata", "kubernetes_sd_configs");
    let attached = |(key, _): &&(&'static str, _)| {
        attach.as_ref().is_some_and(|attach| attach.flag(key) == Some(true))
    };
    Some(RemoteSdConfig::Kubernetes(Box::new(KubernetesSdConfig {
        role: role(entry.text("role")?)?,
        api_server: entry.filled("api_server"),
        kubeconfig_file: entry.filled("kubeconfig_file").map(|it| entry.reader.join_directory(&it)),
        namespaces: namespaces.as_ref().and_then(|all| all.texts("names")).unwrap_or_default(),
        own_namespace: namespaces.is_some_and(|all| all.flag("own_namespace") == Some(true)),
        selectors: selectors.collect(),
        attach: METADATA.iter().filter(attached).map(|(_, metadata)| *metadata).collect(),
        http,
    })))
}
