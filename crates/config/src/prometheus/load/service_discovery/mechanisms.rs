//! The service discovery mechanisms of Prometheus 3.14 besides static and file groups.
//! One row each: its keys by type, what must be there, a check of its own if it needs one, and
//! what its targets are found by; rows without the last are not acted on yet.

use super::{checks, take};
use crate::HttpClientConfig;
use crate::prometheus::RemoteSdConfig;
use crate::read::Section;

/// A check that a table row cannot express.
pub(super) type Check = fn(&Section<'_>, Option<&HttpClientConfig>);

/// Makes a configuration of an entry without mistakes; none if Flyball cannot act on it.
pub(super) type Take = fn(&Section<'_>, HttpClientConfig) -> Option<RemoteSdConfig>;

/// Keys of one mechanism; `refresh_interval` is known everywhere.
pub(super) struct Mechanism {
    /// Key of the list in a scrape configuration.
    pub(super) key: &'static str,
    /// Has all HTTP client keys inlined.
    pub(super) http: bool,
    /// Has `tls_config` without the other HTTP client keys.
    pub(super) tls: bool,
    pub(super) text: &'static [&'static str],
    pub(super) secret: &'static [&'static str],
    pub(super) number: &'static [&'static str],
    pub(super) flag: &'static [&'static str],
    pub(super) duration: &'static [&'static str],
    pub(super) texts: &'static [&'static str],
    pub(super) maps: &'static [&'static str],
    /// Keys whose values come from a list of words.
    pub(super) choices: &'static [(&'static str, &'static [&'static str])],
    /// Keys that must not be empty.
    pub(super) required: &'static [&'static str],
    pub(super) check: Option<Check>,
    pub(super) take: Option<Take>,
}

const BASE: Mechanism = Mechanism {
    key: "",
    http: true,
    tls: false,
    text: &[],
    secret: &[],
    number: &["port"],
    flag: &[],
    duration: &[],
    texts: &[],
    maps: &[],
    choices: &[],
    required: &[],
    check: None,
    take: None,
};

/// The part all Amazon mechanisms share.
const AWS: Mechanism = Mechanism {
    text: &["region", "endpoint", "access_key", "profile", "role_arn", "external_id"],
    secret: &["secret_key"],
    ..BASE
};

/// Amazon services that list clusters.
const AWS_CLUSTERS: Mechanism = Mechanism {
    texts: &["clusters", "instances"],
    number: &["port", "request_concurrency"],
    ..AWS
};

const K8S_ROLES: &[&str] = &["pod", "service", "endpoints", "endpointslice", "node", "ingress"];

/// All of them, by name.
pub(super) const MECHANISMS: &[Mechanism] = &[
    Mechanism {
        key: "aws_sd_configs",
        texts: &["clusters"],
        choices: &[("role", &["ec2", "ecs", "lightsail", "msk", "elasticache", "rds"])],
        required: &["role"],
        check: Some(checks::filters),
        ..AWS_CLUSTERS
    },
    Mechanism {
        key: "azure_sd_configs",
        text: &["environment", "subscription_id", "tenant_id", "client_id", "resource_group"],
        secret: &["client_secret"],
        choices: &[("authentication_method", &["OAuth", "ManagedIdentity", "SDK"])],
        required: &["subscription_id"],
        check: Some(checks::azure),
        ..BASE
    },
    Mechanism {
        key: "consul_sd_configs",
        text: &[
            "server",
            "path_prefix",
            "datacenter",
            "namespace",
            "partition",
            "tag_separator",
            "scheme",
            "username",
            "filter",
            "health_filter",
        ],
        secret: &["token", "password"],
        number: &[],
        flag: &["allow_stale"],
        texts: &["services", "tags"],
        maps: &["node_meta"],
        check: Some(checks::consul),
        take: Some(take::consul),
        ..BASE
    },
    Mechanism { key: "digitalocean_sd_configs", ..BASE },
    Mechanism {
        key: "dns_sd_configs",
        http: false,
        text: &["type"],
        texts: &["names"],
        check: Some(checks::dns),
        take: Some(take::dns),
        ..BASE
    },
    Mechanism {
        key: "docker_sd_configs",
        text: &["host", "host_networking_host"],
        flag: &["match_first_network"],
        required: &["host"],
        check: Some(checks::docker),
        take: Some(take::docker),
        ..BASE
    },
    Mechanism {
        key: "dockerswarm_sd_configs",
        text: &["host"],
        choices: &[("role", &["services", "nodes", "tasks"])],
        required: &["host", "role"],
        check: Some(checks::docker),
        ..BASE
    },
    Mechanism { key: "ec2_sd_configs", check: Some(checks::filters), ..AWS },
    Mechanism { key: "ecs_sd_configs", ..AWS_CLUSTERS },
    Mechanism { key: "elasticache_sd_configs", ..AWS_CLUSTERS },
    Mechanism {
        key: "eureka_sd_configs",
        text: &["server"],
        number: &[],
        required: &["server"],
        check: Some(checks::eureka),
        ..BASE
    },
    Mechanism {
        key: "gce_sd_configs",
        http: false,
        text: &["project", "zone", "filter", "tag_separator"],
        required: &["project", "zone"],
        ..BASE
    },
    Mechanism {
        key: "hetzner_sd_configs",
        text: &["label_selector"],
        choices: &[("role", &["robot", "hcloud"])],
        required: &["role"],
        ..BASE
    },
    Mechanism {
        key: "http_sd_configs",
        text: &["url"],
        number: &[],
        required: &["url"],
        check: Some(checks::http_url),
        take: Some(take::http),
        ..BASE
    },
    Mechanism {
        key: "ionos_sd_configs",
        text: &["datacenter_id"],
        required: &["datacenter_id"],
        ..BASE
    },
    Mechanism {
        key: "kubernetes_sd_configs",
        text: &["api_server", "kubeconfig_file"],
        number: &[],
        choices: &[("role", K8S_ROLES)],
        required: &["role"],
        check: Some(checks::kubernetes),
        take: Some(take::kubernetes),
        ..BASE
    },
    Mechanism {
        key: "kuma_sd_configs",
        text: &["server", "client_id"],
        number: &[],
        duration: &["fetch_timeout"],
        required: &["server"],
        check: Some(checks::server_url),
        ..BASE
    },
    Mechanism { key: "lightsail_sd_configs", ..AWS },
    Mechanism { key: "linode_sd_configs", text: &["tag_separator", "region"], ..BASE },
    Mechanism {
        key: "marathon_sd_configs",
        text: &["auth_token_file"],
        secret: &["auth_token"],
        number: &[],
        texts: &["servers"],
        check: Some(checks::marathon),
        ..BASE
    },
    Mechanism { key: "msk_sd_configs", ..AWS_CLUSTERS },
    Mechanism {
        key: "nerve_sd_configs",
        http: false,
        number: &[],
        duration: &["timeout"],
        texts: &["servers", "paths"],
        check: Some(checks::zookeeper),
        ..BASE
    },
    Mechanism {
        key: "nomad_sd_configs",
        text: &["namespace", "region", "server", "tag_separator"],
        number: &[],
        flag: &["allow_stale"],
        check: Some(checks::nomad),
        ..BASE
    },
    Mechanism {
        key: "oci_sd_configs",
        text: &["region", "tenancy", "user", "fingerprint", "key_file"],
        secret: &["key_passphrase"],
        texts: &["compartments"],
        choices: &[("auth", &["api_key", "instance_principal", "workload_identity"])],
        required: &["region"],
        ..BASE
    },
    Mechanism {
        key: "openstack_sd_configs",
        http: false,
        tls: true,
        text: &[
            "identity_endpoint",
            "username",
            "userid",
            "project_name",
            "project_id",
            "domain_name",
            "domain_id",
            "application_credential_name",
            "application_credential_id",
            "region",
        ],
        secret: &["password", "application_credential_secret"],
        flag: &["all_tenants"],
        choices: &[
            ("role", &["instance", "hypervisor", "loadbalancer"]),
            ("availability", &["public", "internal", "admin"]),
        ],
        required: &["role", "region"],
        ..BASE
    },
    Mechanism {
        key: "outscale_sd_configs",
        text: &["endpoint", "region", "access_key", "secret_key_file"],
        secret: &["secret_key"],
        required: &["access_key"],
        check: Some(checks::outscale),
        ..BASE
    },
    Mechanism {
        key: "ovhcloud_sd_configs",
        http: false,
        text: &["endpoint", "application_key"],
        secret: &["application_secret", "consumer_key"],
        number: &[],
        choices: &[("service", &["vps", "dedicated_server"])],
        required: &["endpoint", "application_key", "application_secret", "consumer_key", "service"],
        ..BASE
    },
    Mechanism {
        key: "puppetdb_sd_configs",
        text: &["url", "query"],
        flag: &["include_parameters"],
        required: &["url", "query"],
        check: Some(checks::http_url),
        ..BASE
    },
    Mechanism { key: "rds_sd_configs", ..AWS_CLUSTERS },
    Mechanism {
        key: "scaleway_sd_configs",
        text: &["project_id", "api_url", "zone", "access_key", "secret_key_file", "name_filter"],
        secret: &["secret_key"],
        texts: &["tags_filter"],
        choices: &[("role", &["instance", "baremetal"])],
        required: &["role", "project_id", "access_key"],
        check: Some(checks::secret_key),
        ..BASE
    },
    Mechanism {
        key: "serverset_sd_configs",
        http: false,
        number: &[],
        duration: &["timeout"],
        texts: &["servers", "paths"],
        check: Some(checks::zookeeper),
        ..BASE
    },
    Mechanism {
        key: "stackit_sd_configs",
        text: &[
            "project",
            "region",
            "endpoint",
            "service_account_key_path",
            "private_key_path",
            "credentials_file_path",
        ],
        secret: &["service_account_key", "private_key"],
        check: Some(checks::stackit),
        ..BASE
    },
    Mechanism {
        key: "triton_sd_configs",
        http: false,
        tls: true,
        text: &["account", "dns_suffix", "endpoint"],
        number: &["port", "version"],
        texts: &["groups"],
        choices: &[("role", &["container", "cn"])],
        required: &["account", "dns_suffix", "endpoint"],
        check: Some(checks::triton),
        ..BASE
    },
    Mechanism {
        key: "uyuni_sd_configs",
        text: &["server", "username", "entitlement", "separator"],
        secret: &["password"],
        number: &[],
        required: &["server", "username", "password"],
        ..BASE
    },
    Mechanism { key: "vultr_sd_configs", ..BASE },
];
