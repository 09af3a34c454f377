//! `docker_sd_configs`: ports of the containers of a Docker engine, over its Unix socket or TCP.

use super::get_json;
use super::labels::{host_port, set_all};
use crate::group::{ADDRESS_LABEL, Group};
use ::http::HeaderMap;
use config::{DockerSdConfig, HttpClientConfig};
use model::{Labels, LabelsBuilder};
use net::{Client, ClientOptions};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use url::Url;

const PREFIX: &str = "__meta_docker_";
/// Containers that share the network of another one, which shares it with another one...
const SHARED_DEPTH_MAX: usize = 16;

/// A Docker engine: the way to it, and what it tells of its containers.
pub struct DockerEngine {
    client: Client,
    base: String,
}

impl DockerEngine {
    /// An engine at `unix:///PATH`, `tcp://HOST:PORT` or a URL.
    pub fn new(host: &str, http: &HttpClientConfig, options: &ClientOptions) -> Self {
        let remote = || Client::new(http.clone(), options.clone());
        let (client, base) = match host.split_once("://") {
            Some(("unix", path)) => {
                let client = Client::of_socket(Path::new(path), options.clone());
                (client, "http://docker/".to_owned())
            }
            Some(("tcp", rest)) => (remote(), format!("http://{rest}/")),
            _ => (remote(), format!("{}/", host.trim_end_matches('/'))),
        };
        Self { client, base }
    }

    /// Containers that run, or those that `filters` of Docker's API select.
    ///
    /// # Errors
    /// A sentence that says what was asked and what came back.
    pub async fn containers(
        &self,
        filters: &BTreeMap<&str, &[String]>,
        timeout: Duration,
    ) -> Result<Vec<DockerContainer>, String> {
        let mut parameters = Vec::new();
        if !filters.is_empty() {
            let filters = serde_json::to_string(filters).expect("texts become JSON");
            parameters.push(("filters", filters));
        }
        self.get("containers/json", &parameters, timeout).await
    }

    async fn get<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, String)],
        timeout: Duration,
    ) -> Result<T, String> {
        let text = format!("{}{path}", self.base);
        let mut url = Url::parse(&text).map_err(|error| format!("{text} is no URL: {error}"))?;
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        Ok(get_json(&self.client, url, HeaderMap::new(), timeout).await?.0)
    }
}

pub(super) struct Source {
    engine: DockerEngine,
    config: DockerSdConfig,
}

impl Source {
    pub(super) fn new(config: &DockerSdConfig, options: &ClientOptions) -> Self {
        let engine = DockerEngine::new(&config.host, &config.http, options);
        Self { engine, config: config.clone() }
    }
}

impl super::Source for Source {
    async fn ask(&mut self) -> Result<Vec<Group>, String> {
        let timeout = self.config.refresh_interval;
        let filters: BTreeMap<&str, &[String]> =
            self.config.filters.iter().map(|(name, all)| (name.as_str(), &**all)).collect();
        let containers = self.engine.containers(&filters, timeout).await?;
        let networks: Vec<Network> = self.engine.get("networks", &[], timeout).await?;
        Ok(vec![group(&self.config, &containers, &networks)])
    }
}

/// A container as an engine lists it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DockerContainer {
    /// Identifier, 64 hexadecimal digits.
    pub id: String,
    /// Name of the image it was made from.
    pub image: String,
    names: Option<Vec<String>>,
    labels: Option<BTreeMap<String, String>>,
    ports: Option<Vec<Port>>,
    host_config: HostConfig,
    network_settings: NetworkSettings,
}

impl DockerContainer {
    /// Its first name, without the slash that Docker puts before it.
    pub fn name(&self) -> Option<&str> {
        let name = self.names.as_ref()?.first()?;
        Some(name.strip_prefix('/').unwrap_or(name))
    }

    /// Its labels, by name.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.labels.iter().flatten();
        all.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Port {
    #[serde(rename = "IP")]
    ip: String,
    #[serde(rename = "PrivatePort")]
    inside: u16,
    #[serde(rename = "PublicPort")]
    outside: u16,
    r#type: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HostConfig {
    network_mode: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NetworkSettings {
    networks: Option<BTreeMap<String, Option<Endpoint>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Endpoint {
    #[serde(rename = "NetworkID")]
    network: String,
    #[serde(rename = "IPAddress")]
    ipv4: String,
    #[serde(rename = "GlobalIPv6Address")]
    ipv6: String,
}

impl Endpoint {
    fn address(&self) -> &str {
        if self.ipv4.is_empty() { &self.ipv6 } else { &self.ipv4 }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Network {
    id: String,
    name: String,
    scope: String,
    internal: bool,
    ingress: bool,
    labels: Option<BTreeMap<String, String>>,
}

/// The group of an engine.
pub(super) fn group(
    config: &DockerSdConfig,
    containers: &[DockerContainer],
    networks: &[Network],
) -> Group {
    let by_id: BTreeMap<&str, &DockerContainer> =
        containers.iter().map(|container| (container.id.as_str(), container)).collect();
    let networks: BTreeMap<&str, &Network> =
        networks.iter().map(|network| (network.id.as_str(), network)).collect();
    let mut targets = Vec::new();
    for container in containers {
        let Some(common) = common_labels(container) else { continue };
        let mut endpoints = endpoints(container, &by_id);
        if config.match_first_network {
            endpoints.truncate(1);
        }
        for endpoint in endpoints {
            let mut labels = common.clone();
            labels.set(&format!("{PREFIX}network_ip"), endpoint.address());
            if let Some(network) = networks.get(endpoint.network.as_str()) {
                set_network(&mut labels, network);
            }
            add_targets(config, container, endpoint, &labels, &mut targets);
        }
    }
    Group { source: "Docker".to_owned(), targets, labels: Labels::empty() }
}

/// What all targets of a container have; `None` for one without name.
fn common_labels(container: &DockerContainer) -> Option<LabelsBuilder> {
    let name = container.names.as_ref()?.first()?;
    let mut labels = LabelsBuilder::default();
    labels.set(&format!("{PREFIX}container_id"), &container.id);
    labels.set(&format!("{PREFIX}container_name"), name);
    let mode = &container.host_config.network_mode;
    labels.set(&format!("{PREFIX}container_network_mode"), mode);
    set_all(&mut labels, &format!("{PREFIX}container_label_"), container.labels.iter().flatten());
    Some(labels)
}

fn set_network(labels: &mut LabelsBuilder, network: &Network) {
    for (part, value) in [
        ("id", network.id.as_str()),
        ("name", &network.name),
        ("scope", &network.scope),
        ("internal", if network.internal { "true" } else { "false" }),
        ("ingress", if network.ingress { "true" } else { "false" }),
    ] {
        labels.set(&format!("{PREFIX}network_{part}"), value);
    }
    set_all(labels, &format!("{PREFIX}network_label_"), network.labels.iter().flatten());
}

/// The networks of a container by name; one that shares the network of another has that one's.
fn endpoints<'a>(
    mut container: &'a DockerContainer,
    by_id: &BTreeMap<&str, &'a DockerContainer>,
) -> Vec<&'a Endpoint> {
    for _ in 0..SHARED_DEPTH_MAX {
        let networks = container.network_settings.networks.as_ref();
        if let Some(networks) = networks.filter(|networks| !networks.is_empty()) {
            return networks.values().flatten().collect();
        }
        let mode = &container.host_config.network_mode;
        let Some(other) = mode.strip_prefix("container:").and_then(|id| by_id.get(id)) else {
            break;
        };
        container = other;
    }
    Vec::new()
}

/// One target for each TCP port, or one with the default port.
fn add_targets(
    config: &DockerSdConfig,
    container: &DockerContainer,
    endpoint: &Endpoint,
    common: &LabelsBuilder,
    targets: &mut Vec<Labels>,
) {
    let before = targets.len();
    for port in container.ports.iter().flatten().filter(|port| port.r#type == "tcp") {
        let mut labels = common.clone();
        labels.set(ADDRESS_LABEL, &host_port(endpoint.address(), port.inside));
        labels.set(&format!("{PREFIX}port_private"), &port.inside.to_string());
        if port.outside > 0 {
            labels.set(&format!("{PREFIX}port_public"), &port.outside.to_string());
            labels.set(&format!("{PREFIX}port_public_ip"), &port.ip);
        }
        targets.push(labels.build());
    }
    if targets.len() == before {
        let mut labels = common.clone();
        let address = match container.host_config.network_mode.as_str() {
            "host" => config.host_networking_host.clone(),
            _ => host_port(endpoint.address(), config.port),
        };
        labels.set(ADDRESS_LABEL, &address);
        targets.push(labels.build());
    }
}
