//! The keys of prometheus.yml that are checked but not acted on: one table, from which the
//! warnings of the loader and the list in docs/compat.md are made.

use crate::read::{UnsupportedKey, later, never};

/// Keys of prometheus.yml that Flyball accepts and checks but does not act on.
pub fn unsupported_keys() -> &'static [UnsupportedKey] {
    UNSUPPORTED
}

pub(super) const UNSUPPORTED: &[UnsupportedKey] = &[
    never("alerting.alertmanagers.sigv4", "requests are not signed"),
    never("aws_sd_configs", "no targets come from Amazon Web Services"),
    never("azure_sd_configs", "no targets come from Azure"),
    never("digitalocean_sd_configs", "no targets come from DigitalOcean"),
    never("dockerswarm_sd_configs", "no targets come from Docker Swarm"),
    never("ec2_sd_configs", "no targets come from Amazon EC2"),
    never("ecs_sd_configs", "no targets come from Amazon ECS"),
    never("elasticache_sd_configs", "no targets come from Amazon ElastiCache"),
    never("eureka_sd_configs", "no targets come from Eureka"),
    never("gce_sd_configs", "no targets come from Google Compute Engine"),
    never("hetzner_sd_configs", "no targets come from Hetzner"),
    never("http.*_ref", "there is no secret manager; use the `*_file` key"),
    never("http.oauth2.client_certificate_key", "tokens are asked for with `client_secret`"),
    never("http.proxy_url", "of SOCKS proxies; requests through one fail"),
    never("ionos_sd_configs", "no targets come from IONOS Cloud"),
    never("kuma_sd_configs", "no targets come from Kuma"),
    never("lightsail_sd_configs", "no targets come from Amazon Lightsail"),
    never("linode_sd_configs", "no targets come from Linode"),
    never("marathon_sd_configs", "no targets come from Marathon"),
    never("msk_sd_configs", "no targets come from Amazon MSK"),
    never("nerve_sd_configs", "no targets come from Nerve"),
    never("nomad_sd_configs", "no targets come from Nomad"),
    never("oci_sd_configs", "no targets come from Oracle Cloud Infrastructure"),
    never("openstack_sd_configs", "no targets come from OpenStack"),
    never("outscale_sd_configs", "no targets come from Outscale"),
    never("ovhcloud_sd_configs", "no targets come from OVHcloud"),
    never("puppetdb_sd_configs", "no targets come from PuppetDB"),
    never("rds_sd_configs", "no targets come from Amazon RDS"),
    never("remote_read", "queries are answered from local samples only"),
    never("remote_write.azuread", "requests carry no token of Azure"),
    never("remote_write.google_iam", "requests carry no token of Google Cloud"),
    never("remote_write.round_robin_dns", "connections go to the address that answers first"),
    never("remote_write.sigv4", "requests are not signed"),
    never("runtime", "settings of the Go runtime have no counterpart"),
    never("scaleway_sd_configs", "no targets come from Scaleway"),
    never("scrape_failure_log_file", "failed scrapes are not logged to a file"),
    never("serverset_sd_configs", "no targets come from Serverset"),
    never("stackit_sd_configs", "no targets come from STACKIT"),
    never("storage.tsdb.chunk_encoding", "samples are stored in Flyball's own encoding"),
    never("storage.tsdb.stale_series_compaction_threshold", "compaction follows its own schedule"),
    later("tracing", "Flyball's own traces are not exported"),
    never("triton_sd_configs", "no targets come from Triton"),
    never("uyuni_sd_configs", "no targets come from Uyuni"),
    never("vultr_sd_configs", "no targets come from Vultr"),
];

#[cfg(test)]
mod tests;
