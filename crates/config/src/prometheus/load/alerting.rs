//! Section `alerting`: rules on alerts, and the Alertmanagers that get them.

use super::{service_discovery, shared};
use crate::prometheus::{AlertingConfig, AlertmanagerConfig, GlobalConfig};
use crate::read::{Reader, Section};
use crate::yaml::Node;
use crate::{HttpAuth, http, targets};
use relabel::NameScheme;
use std::time::Duration;

pub(super) fn read(section: Section<'_>, global: &GlobalConfig) -> AlertingConfig {
    let scheme = global.name_scheme;
    let managers = section.items("alertmanagers").iter();
    let config = AlertingConfig {
        alert_relabel_configs: shared::rules(&section, "alert_relabel_configs", scheme),
        alertmanagers: managers.filter_map(|node| manager(section.reader, node, scheme)).collect(),
    };
    section.finish();
    config
}

fn manager(reader: &Reader<'_>, node: &Node, scheme: NameScheme) -> Option<AlertmanagerConfig> {
    if node.is_null() {
        reader.problem(node.place, "this entry of `alertmanagers` is empty");
        return None;
    }
    let section = reader.section(node, "alerting.alertmanagers")?;
    section.choice("api_version", &[("v2", ())]);
    let http = http::client_fields(&section);
    if sigv4(&section, "alerting.alertmanagers.sigv4") && http.auth != HttpAuth::None {
        section.problem("sigv4", "`sigv4` excludes every other authentication");
    }
    let config = AlertmanagerConfig {
        scheme: section.text("scheme").unwrap_or_else(|| "http".into()),
        path_prefix: section.text("path_prefix").unwrap_or_default(),
        timeout: section.duration("timeout").unwrap_or(Duration::from_secs(10)),
        http,
        discovery: service_discovery::read(&section),
        relabel_configs: shared::rules(&section, "relabel_configs", scheme),
        alert_relabel_configs: shared::rules(&section, "alert_relabel_configs", scheme),
    };
    if section.items("relabel_configs").is_empty() {
        targets::check_addresses(&section);
    }
    section.finish();
    Some(config)
}

/// Key `sigv4`; true when it is set.
pub(super) fn sigv4(section: &Section<'_>, unsupported: &'static str) -> bool {
    let Some(sigv4) = section.section("sigv4", "sigv4") else { return false };
    sigv4.secret("secret_key");
    for key in ["region", "access_key", "profile", "role_arn", "external_id", "service_name"] {
        sigv4.text(key);
    }
    sigv4.flag("use_fips_sts_endpoint");
    if sigv4.is_filled("access_key") != sigv4.is_filled("secret_key") {
        sigv4.problem_here("`sigv4` needs both `access_key` and `secret_key`, or neither");
    }
    sigv4.finish();
    if !unsupported.is_empty() {
        section.reader.unsupported(section.key_place("sigv4"), unsupported);
    }
    true
}
