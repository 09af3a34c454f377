//! Where targets come from: the service discovery sections that Flyball acts on, with every
//! default resolved. Read by `load::service_discovery`; used by the `discovery` crate.

use crate::{HttpClientConfig, Secret, TargetGroup};
use std::collections::BTreeSet;
use std::time::Duration;

/// Sources of targets that Flyball acts on.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DiscoveryConfig {
    /// Targets written in the file itself.
    pub static_configs: Vec<TargetGroup>,
    /// Targets read from other files.
    pub file_sd_configs: Vec<FileSdConfig>,
    /// Targets that other servers name, by mechanism and in the order of the file.
    pub remote: Vec<RemoteSdConfig>,
}

/// Targets from files, re-read when they change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSdConfig {
    /// Paths, joined with the directory of the file; the last part may be a glob.
    pub files: Vec<String>,
    /// Longest time until a change is seen; 5 minutes by default.
    pub refresh_interval: Duration,
}

/// A server that names targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteSdConfig {
    /// `consul_sd_configs`
    Consul(Box<ConsulSdConfig>),
    /// `dns_sd_configs`
    Dns(Box<DnsSdConfig>),
    /// `docker_sd_configs`
    Docker(Box<DockerSdConfig>),
    /// `http_sd_configs`
    Http(Box<HttpSdConfig>),
    /// `kubernetes_sd_configs`
    Kubernetes(Box<KubernetesSdConfig>),
}

impl RemoteSdConfig {
    /// The key it stands under.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Consul(_) => "consul_sd_configs",
            Self::Dns(_) => "dns_sd_configs",
            Self::Docker(_) => "docker_sd_configs",
            Self::Http(_) => "http_sd_configs",
            Self::Kubernetes(_) => "kubernetes_sd_configs",
        }
    }
}

/// Target groups as JSON behind a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSdConfig {
    /// Where they are.
    pub url: String,
    /// Time between two requests and limit of one; a minute by default.
    pub refresh_interval: Duration,
    /// How requests are made.
    pub http: HttpClientConfig,
}

/// Services of a Consul catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsulSdConfig {
    /// Host and port; `localhost:8500` by default.
    pub server: String,
    /// `http` or `https`.
    pub scheme: String,
    /// Put in front of `/v1`.
    pub path_prefix: String,
    /// Access token.
    pub token: Option<Secret>,
    /// Data centre; empty: the one of the agent.
    pub datacenter: String,
    /// Namespace (Consul Enterprise); may be empty.
    pub namespace: String,
    /// Administrative partition (Consul Enterprise); may be empty.
    pub partition: String,
    /// Stands between and around the tags in their label; a comma by default.
    pub tag_separator: String,
    /// Services to look at; empty: all.
    pub services: Vec<String>,
    /// Tags that an instance must have, all of them.
    pub tags: Vec<String>,
    /// Metadata that a node must have.
    pub node_meta: Vec<(String, String)>,
    /// Filter expression for the catalogue.
    pub filter: String,
    /// Filter expression for the instances of a service.
    pub health_filter: String,
    /// May followers answer? True by default.
    pub allow_stale: bool,
    /// Time between two looks; 30 seconds by default.
    pub refresh_interval: Duration,
    /// How requests are made.
    pub http: HttpClientConfig,
}

/// Records of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsSdConfig {
    /// Names to ask for, not empty.
    pub names: Vec<String>,
    /// Type of records; `SRV` by default.
    pub record_type: DnsRecordType,
    /// Port of targets whose records name none.
    pub port: u16,
    /// Time between two questions; 30 seconds by default.
    pub refresh_interval: Duration,
}

/// Key `type` of `dns_sd_configs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DnsRecordType {
    /// Host and port of a service.
    #[default]
    Srv,
    /// Addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Hosts that mail goes to.
    Mx,
    /// Name servers.
    Ns,
}

/// Containers of a Docker engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DockerSdConfig {
    /// Address of the engine: `unix:///var/run/docker.sock`, `tcp://...` or `http(s)://...`.
    pub host: String,
    /// Port of containers that expose none; 80 by default.
    pub port: i64,
    /// Address of containers in the network of the host; `localhost` by default.
    pub host_networking_host: String,
    /// One target set of the first network only; true by default.
    pub match_first_network: bool,
    /// The engine's own filters: names and values.
    pub filters: Vec<(String, Vec<String>)>,
    /// Time between two requests and limit of one; a minute by default.
    pub refresh_interval: Duration,
    /// How requests are made to an engine that speaks HTTP over TCP.
    pub http: HttpClientConfig,
}

/// What of a Kubernetes cluster becomes targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KubernetesRole {
    /// Each port of each container.
    Pod,
    /// Each port of each service.
    Service,
    /// Each address and port behind a service, and the other ports of its pods.
    Endpoints,
    /// The same from the newer objects.
    EndpointSlice,
    /// Each node's kubelet.
    Node,
    /// Each path of each rule of an ingress.
    Ingress,
}

/// What targets can be told of other objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KubernetesMetadata {
    /// The labels of the node they run on.
    Node,
    /// The labels of their namespace.
    Namespace,
    /// The deployment behind a pod's replica set.
    Deployment,
    /// The job of a pod.
    Job,
    /// The cron job behind a pod's job.
    CronJob,
}

/// Restricts which objects are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesSelector {
    /// The kind of object.
    pub role: KubernetesRole,
    /// Label selector of Kubernetes; may be empty.
    pub label: String,
    /// Field selector of Kubernetes; may be empty.
    pub field: String,
}

/// Objects of a Kubernetes cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesSdConfig {
    /// What becomes targets.
    pub role: KubernetesRole,
    /// URL of the API server; absent: the cluster this process runs in.
    pub api_server: Option<String>,
    /// A file of kubectl that says how the API server is reached; excludes `api_server`.
    pub kubeconfig_file: Option<String>,
    /// Namespaces to look at; empty: all.
    pub namespaces: Vec<String>,
    /// Look at the namespace of this process as well.
    pub own_namespace: bool,
    /// At most one for each kind of object.
    pub selectors: Vec<KubernetesSelector>,
    /// What else targets are told (`attach_metadata`).
    pub attach: BTreeSet<KubernetesMetadata>,
    /// How requests are made to a given `api_server`.
    pub http: HttpClientConfig,
}
