//! The keys of prometheus.yml that are checked but not acted on: one table, from which the
//! warnings of the loader and the list in docs/compat.md are made.

use crate::read::UnsupportedKey;

const fn key(key: &'static str, effect: &'static str) -> UnsupportedKey {
    UnsupportedKey { key, effect }
}

/// Keys of prometheus.yml that Flyball accepts and checks but does not act on yet.
pub fn unsupported_keys() -> &'static [UnsupportedKey] {
    UNSUPPORTED
}

pub(super) const UNSUPPORTED: &[UnsupportedKey] = &[
    key("alerting.alertmanagers.sigv4", "requests are not signed"),
    key("aws_sd_configs", "no targets come from Amazon Web Services"),
    key("azure_sd_configs", "no targets come from Azure"),
    key("digitalocean_sd_configs", "no targets come from DigitalOcean"),
    key("dns_sd_configs", "no targets come from DNS"),
    key("dockerswarm_sd_configs", "no targets come from Docker Swarm"),
    key("ec2_sd_configs", "no targets come from Amazon EC2"),
    key("ecs_sd_configs", "no targets come from Amazon ECS"),
    key("elasticache_sd_configs", "no targets come from Amazon ElastiCache"),
    key("eureka_sd_configs", "no targets come from Eureka"),
    key("gce_sd_configs", "no targets come from Google Compute Engine"),
    key("hetzner_sd_configs", "no targets come from Hetzner"),
    key("http.*_ref", "there is no secret manager; use the `*_file` key"),
    key("http.oauth2.client_certificate_key", "tokens are asked for with `client_secret`"),
    key("http.proxy_url", "of SOCKS proxies; requests through one fail"),
    key("ionos_sd_configs", "no targets come from IONOS Cloud"),
    key("kubernetes_sd_configs.kubeconfig_file", "no targets come from this cluster"),
    key("kuma_sd_configs", "no targets come from Kuma"),
    key("lightsail_sd_configs", "no targets come from Amazon Lightsail"),
    key("linode_sd_configs", "no targets come from Linode"),
    key("marathon_sd_configs", "no targets come from Marathon"),
    key("msk_sd_configs", "no targets come from Amazon MSK"),
    key("nerve_sd_configs", "no targets come from Nerve"),
    key("nomad_sd_configs", "no targets come from Nomad"),
    key("oci_sd_configs", "no targets come from Oracle Cloud Infrastructure"),
    key("openstack_sd_configs", "no targets come from OpenStack"),
    key("outscale_sd_configs", "no targets come from Outscale"),
    key("ovhcloud_sd_configs", "no targets come from OVHcloud"),
    key("puppetdb_sd_configs", "no targets come from PuppetDB"),
    key("rds_sd_configs", "no targets come from Amazon RDS"),
    key("remote_read", "queries are answered from local samples only"),
    key("remote_write", "samples are not sent to other systems"),
    key("runtime", "settings of the Go runtime have no counterpart"),
    key("scaleway_sd_configs", "no targets come from Scaleway"),
    key("scrape_failure_log_file", "failed scrapes are not logged to a file"),
    key("serverset_sd_configs", "no targets come from Serverset"),
    key("stackit_sd_configs", "no targets come from STACKIT"),
    key("storage.tsdb.chunk_encoding", "samples are stored in Flyball's own encoding"),
    key("storage.tsdb.stale_series_compaction_threshold", "compaction follows its own schedule"),
    key("tracing", "Flyball's own traces are not exported"),
    key("triton_sd_configs", "no targets come from Triton"),
    key("uyuni_sd_configs", "no targets come from Uyuni"),
    key("vultr_sd_configs", "no targets come from Vultr"),
];

#[cfg(test)]
mod tests;
