//! `consul_sd_configs`: instances of the services of a Consul catalogue. The catalogue is looked at
//! once per `refresh_interval`; upstream waits in blocking queries besides.

use super::get_json;
use super::labels::{host_port, set_all};
use crate::group::{ADDRESS_LABEL, Group};
use ::http::header::{HeaderMap, HeaderName, HeaderValue};
use config::ConsulSdConfig;
use model::{Labels, LabelsBuilder};
use net::{Client, ClientOptions};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

const PREFIX: &str = "__meta_consul_";
const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-consul-token");
/// Longest wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time for a whole look at the catalogue, whose services are asked for one by one.
const LOOK_MAX: Duration = Duration::from_mins(5);
/// Most services of a catalogue that are asked for.
const SERVICES_MAX: usize = 10_000;

pub(super) struct Source {
    client: Client,
    config: ConsulSdConfig,
    /// The one of the agent, when the configuration names none.
    datacenter: String,
    /// Longest time for a whole look.
    pub(super) look_max: Duration,
}

impl Source {
    pub(super) fn new(config: &ConsulSdConfig, options: &ClientOptions) -> Self {
        let client = Client::new(config.http.clone(), options.clone());
        let (config, datacenter) = (config.clone(), config.datacenter.clone());
        Self { client, config, datacenter, look_max: LOOK_MAX }
    }

    /// A path below `/v1` with the parameters that every question has.
    fn url(&self, path: &[&str]) -> Result<Url, String> {
        let ConsulSdConfig { scheme, server, path_prefix, .. } = &self.config;
        let base = format!("{scheme}://{server}/");
        let mut url = Url::parse(&base).map_err(|error| format!("{base} is no URL: {error}"))?;
        if let Ok(mut segments) = url.path_segments_mut() {
            let prefix = path_prefix.split('/').filter(|segment| !segment.is_empty());
            segments.clear().extend(prefix).push("v1").extend(path);
        }
        let mut query = url.query_pairs_mut();
        let own = [
            ("dc", &self.config.datacenter),
            ("ns", &self.config.namespace),
            ("partition", &self.config.partition),
        ];
        for (name, value) in own.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        if self.config.allow_stale {
            query.append_key_only("stale");
        }
        for (name, value) in &self.config.node_meta {
            query.append_pair("node-meta", &format!("{name}:{value}"));
        }
        drop(query);
        Ok(url)
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, url: Url) -> Result<T, String> {
        let mut headers = HeaderMap::new();
        if let Some(token) = &self.config.token {
            let token = HeaderValue::from_str(token.reveal());
            let mut token = token.map_err(|error| format!("`token`: {error}"))?;
            token.set_sensitive(true);
            headers.insert(TOKEN_HEADER, token);
        }
        Ok(get_json(&self.client, url, headers, TIMEOUT).await?.0)
    }

    /// Names of the services to look at.
    async fn services(&self) -> Result<Vec<String>, String> {
        let ConsulSdConfig { services, tags, filter, .. } = &self.config;
        if !services.is_empty() && tags.is_empty() {
            return Ok(services.clone());
        }
        let mut url = self.url(&["catalog", "services"])?;
        if !filter.is_empty() {
            url.query_pairs_mut().append_pair("filter", filter);
        }
        let catalogue: BTreeMap<String, Option<Vec<String>>> = self.get(url).await?;
        let wanted = |(name, has): (String, Option<Vec<String>>)| {
            let has = has.unwrap_or_default();
            let named = services.is_empty() || services.contains(&name);
            (named && tags.iter().all(|tag| has.contains(tag))).then_some(name)
        };
        let names: Vec<String> = catalogue.into_iter().filter_map(wanted).collect();
        if names.len() > SERVICES_MAX {
            return Err(format!("{} services, at most {SERVICES_MAX} are asked for", names.len()));
        }
        Ok(names)
    }

    async fn instances(&self, service: &str) -> Result<Vec<Instance>, String> {
        let mut url = self.url(&["health", "service", service])?;
        for tag in &self.config.tags {
            url.query_pairs_mut().append_pair("tag", tag);
        }
        if !self.config.health_filter.is_empty() {
            url.query_pairs_mut().append_pair("filter", &self.config.health_filter);
        }
        self.get(url).await
    }

    async fn look(&mut self) -> Result<Vec<Group>, String> {
        if self.datacenter.is_empty() {
            let agent: Agent = self.get(self.url(&["agent", "self"])?).await?;
            self.datacenter = agent.config.datacenter;
        }
        let mut groups = Vec::new();
        for service in self.services().await? {
            let instances = self.instances(&service).await?;
            groups.push(group(&service, &self.datacenter, &self.config.tag_separator, &instances));
        }
        Ok(groups)
    }
}

impl super::Source for Source {
    async fn ask(&mut self) -> Result<Vec<Group>, String> {
        let look_max = self.look_max;
        let looked = tokio::time::timeout(look_max, self.look()).await;
        looked.unwrap_or_else(|_elapsed| {
            Err(format!("the services did not all answer within {look_max:?}"))
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Agent {
    config: AgentConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AgentConfig {
    datacenter: String,
}

/// One instance of a service, as `/v1/health/service` tells it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Instance {
    node: Node,
    service: Service,
    checks: Vec<Check>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Node {
    #[serde(rename = "Node")]
    name: String,
    address: String,
    tagged_addresses: Option<BTreeMap<String, String>>,
    meta: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Service {
    #[serde(rename = "ID")]
    id: String,
    address: String,
    port: u32,
    tags: Option<Vec<String>>,
    meta: Option<BTreeMap<String, String>>,
    namespace: String,
    partition: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Check {
    #[serde(rename = "CheckID")]
    id: String,
    status: String,
}

/// The group of a service.
pub(super) fn group(
    service: &str,
    datacenter: &str,
    tag_separator: &str,
    instances: &[Instance],
) -> Group {
    let name = |part: &str| format!("{PREFIX}{part}");
    let labels = [(name("service"), service), (name("dc"), datacenter)];
    let targets = instances.iter().map(|instance| target(instance, tag_separator));
    Group {
        source: service.to_owned(),
        targets: targets.collect(),
        labels: Labels::from_pairs(labels),
    }
}

fn target(Instance { node, service, checks }: &Instance, separator: &str) -> Labels {
    let host = if service.address.is_empty() { &node.address } else { &service.address };
    let tags = service.tags.as_deref().unwrap_or_default().join(separator);
    let mut labels = LabelsBuilder::default();
    labels.set(ADDRESS_LABEL, &host_port(host, service.port));
    for (part, value) in [
        ("address", node.address.as_str()),
        ("node", &node.name),
        ("namespace", &service.namespace),
        ("partition", &service.partition),
        ("tags", &format!("{separator}{tags}{separator}")),
        ("service_address", &service.address),
        ("service_port", &service.port.to_string()),
        ("service_id", &service.id),
        ("health", health(checks)),
    ] {
        labels.set(&format!("{PREFIX}{part}"), value);
    }
    for (part, pairs) in [
        ("metadata_", &node.meta),
        ("service_metadata_", &service.meta),
        ("tagged_address_", &node.tagged_addresses),
    ] {
        set_all(&mut labels, &format!("{PREFIX}{part}"), pairs.iter().flatten());
    }
    labels.build()
}

/// The worst of all checks (Consul: `HealthChecks.AggregatedStatus`).
fn health(checks: &[Check]) -> &'static str {
    let is_maintenance = |check: &Check| {
        check.id == "_node_maintenance" || check.id.starts_with("_service_maintenance")
    };
    let any = |status: &str| checks.iter().any(|check| check.status == status);
    if checks.iter().any(is_maintenance) {
        return "maintenance";
    }
    ["critical", "warning"].into_iter().find(|status| any(status)).unwrap_or("passing")
}
