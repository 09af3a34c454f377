//! `pagerduty_configs`, `opsgenie_configs`, `victorops_configs`, `incidentio_configs`

use super::fields;
use crate::alertmanager::read::global::Global;
use crate::alertmanager::receivers::{
    IncidentioConfig, IntegrationKind, OpsGenieConfig, OpsGenieResponder, PagerDutyConfig,
    PagerDutyImage, PagerDutyKey, PagerDutyLink, VictorOpsConfig,
};
use crate::read::Section;
use crate::yaml::Node;
use crate::{HttpAuth, TextSource};

pub(super) fn pager_duty(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = PagerDutyConfig::default();
    if let Some(key) = pager_duty_key(section) {
        config.key = key;
    }
    let url = fields::url(section, "url").or_else(|| global.urls.pagerduty.clone());
    if url.is_none() {
        section.problem_here("PagerDuty needs `url`, or `pagerduty_url` in `global`");
    }
    config.url = url.unwrap_or_default();
    config.source.clear();
    fields::texts(
        section,
        [
            ("client", &mut config.client),
            ("client_url", &mut config.client_url),
            ("description", &mut config.description),
            ("source", &mut config.source),
            ("severity", &mut config.severity),
            ("class", &mut config.class),
            ("component", &mut config.component),
            ("group", &mut config.group),
        ],
    );
    if config.source.is_empty() {
        config.source.clone_from(&config.client);
    }
    config.details.append(&mut fields::tree_map(section, "details"));
    config.images = section.items("images").iter().filter_map(|n| image(section, n)).collect();
    config.links = section.items("links").iter().filter_map(|n| link(section, n)).collect();
    config.timeout = fields::timeout(section);
    config.http = fields::client(section, &global.http);
    IntegrationKind::PagerDuty(Box::new(config))
}

fn pager_duty_key(section: &Section<'_>) -> Option<PagerDutyKey> {
    let routing = section.secret_or_file("routing_key", "routing_key_file");
    let service = section.secret_or_file("service_key", "service_key_file");
    if routing.is_none() && service.is_none() {
        section.problem_here(
            "PagerDuty needs `routing_key` (Events API v2) or `service_key` (v1), inline or as a \
             file",
        );
    }
    service.map(PagerDutyKey::Service).or(routing.map(PagerDutyKey::Routing))
}

fn image(parent: &Section<'_>, node: &Node) -> Option<PagerDutyImage> {
    let section = parent.reader.section(node, "images")?;
    let mut image = PagerDutyImage::default();
    fields::texts(
        &section,
        [("src", &mut image.src), ("alt", &mut image.alt), ("href", &mut image.href)],
    );
    section.finish();
    Some(image)
}

fn link(parent: &Section<'_>, node: &Node) -> Option<PagerDutyLink> {
    let section = parent.reader.section(node, "links")?;
    let mut link = PagerDutyLink::default();
    fields::texts(&section, [("href", &mut link.href), ("text", &mut link.text)]);
    section.finish();
    Some(link)
}

pub(super) fn ops_genie(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = OpsGenieConfig::default();
    let key = section.secret_or_file("api_key", "api_key_file");
    match key.or_else(|| global.secrets.opsgenie_api_key.clone()) {
        Some(key) => config.api_key = key,
        None => section.problem_here(
            "Opsgenie needs `api_key`, inline or as a file, here or in `global` \
             (`opsgenie_api_key`)",
        ),
    }
    let url = fields::url(section, "api_url").or_else(|| global.urls.opsgenie.clone());
    if url.is_none() {
        section.problem_here("Opsgenie needs `api_url`, or `opsgenie_api_url` in `global`");
    }
    config.api_url = fields::folder_url(url.unwrap_or_default());
    fields::texts(
        section,
        [
            ("message", &mut config.message),
            ("description", &mut config.description),
            ("source", &mut config.source),
            ("entity", &mut config.entity),
            ("actions", &mut config.actions),
            ("tags", &mut config.tags),
            ("note", &mut config.note),
            ("priority", &mut config.priority),
        ],
    );
    config.details = fields::text_map(section, "details");
    let responders = section.items("responders").iter();
    config.responders = responders.filter_map(|node| responder(section, node)).collect();
    config.update_alerts = section.flag("update_alerts").unwrap_or_default();
    config.http = fields::client(section, &global.http);
    IntegrationKind::OpsGenie(Box::new(config))
}

const RESPONDER_TYPES: [&str; 5] = ["team", "teams", "user", "escalation", "schedule"];

fn responder(parent: &Section<'_>, node: &Node) -> Option<OpsGenieResponder> {
    let section = parent.reader.section(node, "responders")?;
    let mut responder = OpsGenieResponder::default();
    fields::texts(
        &section,
        [
            ("id", &mut responder.id),
            ("name", &mut responder.name),
            ("username", &mut responder.username),
            ("type", &mut responder.kind),
        ],
    );
    if responder.id.is_empty() && responder.name.is_empty() && responder.username.is_empty() {
        section.problem_here("a responder needs `id`, `name` or `username`");
    }
    let lower = responder.kind.to_lowercase();
    if responder.kind.contains("{{") {
        fields::check_template(&section, "type", &responder.kind);
    } else if !RESPONDER_TYPES.contains(&lower.as_str()) {
        let types = RESPONDER_TYPES.into_iter();
        section.problem("type", crate::read::unknown_choice("type", &responder.kind, types));
    }
    section.finish();
    Some(responder)
}

/// Fields that the message has anyway.
const VICTOROPS_FIELDS: [&str; 7] = [
    "routing_key",
    "message_type",
    "state_message",
    "entity_display_name",
    "monitoring_tool",
    "entity_id",
    "entity_state",
];

pub(super) fn victor_ops(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = VictorOpsConfig::default();
    let key = section.secret_or_file("api_key", "api_key_file");
    match key.or_else(|| global.secrets.victorops_api_key.clone()) {
        Some(key) => config.api_key = key,
        None => section.problem_here(
            "VictorOps needs `api_key`, inline or as a file, here or in `global` \
             (`victorops_api_key`)",
        ),
    }
    let url = fields::url(section, "api_url").or_else(|| global.urls.victorops.clone());
    if url.is_none() {
        section.problem_here("VictorOps needs `api_url`, or `victorops_api_url` in `global`");
    }
    config.api_url = fields::folder_url(url.unwrap_or_default());
    fields::texts(
        section,
        [
            ("routing_key", &mut config.routing_key),
            ("message_type", &mut config.message_type),
            ("state_message", &mut config.state_message),
            ("entity_display_name", &mut config.entity_display_name),
            ("monitoring_tool", &mut config.monitoring_tool),
        ],
    );
    if config.routing_key.is_empty() {
        section.problem_here("VictorOps needs a `routing_key`");
    }
    config.custom_fields = fields::text_map(section, "custom_fields");
    for name in VICTOROPS_FIELDS {
        if config.custom_fields.contains_key(name) {
            let message =
                format!("`custom_fields` cannot have `{name}`: the message has it anyway");
            section.problem("custom_fields", message);
        }
    }
    config.http = fields::client(section, &global.http);
    IntegrationKind::VictorOps(Box::new(config))
}

pub(super) fn incidentio(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let own = fields::own_client(section);
    let token = section.secret_or_file("alert_source_token", "alert_source_token_file");
    let is_authorized =
        own.as_ref().map(|http| matches!(http.auth, HttpAuth::Authorization { .. }));
    if is_authorized == Some(true) && token.is_some() {
        let message = "at most one of `alert_source_token` and `http_config.authorization` may be \
                       set";
        section.problem_here(message);
    }
    // Without an `http_config` of its own upstream takes it without a token too.
    if is_authorized == Some(false) && token.is_none() {
        let message = "incident.io needs `alert_source_token`, inline or as a file, or \
                       `http_config.authorization`";
        section.problem_here(message);
    }
    let mut http = own.unwrap_or_else(|| global.http.clone());
    if token.is_some() {
        http.auth = HttpAuth::Authorization { kind: "Bearer".into(), credentials: token };
    }
    IntegrationKind::Incidentio(Box::new(IncidentioConfig {
        url: incidentio_url(section),
        alerts_max: section.limit("max_alerts"),
        timeout: fields::timeout(section),
        http,
    }))
}

fn incidentio_url(section: &Section<'_>) -> TextSource {
    let (url, file) = (fields::url(section, "url"), section.path("url_file"));
    if section.is_filled("url") && file.is_some() {
        section.problem("url_file", "at most one of `url` and `url_file` may be set");
    }
    match (url, file) {
        (Some(url), _) => TextSource::Inline(url),
        (None, Some(path)) => TextSource::File(path),
        (None, None) => {
            if !section.is_filled("url") {
                section.problem_here("incident.io needs `url` or `url_file`");
            }
            TextSource::default()
        }
    }
}
