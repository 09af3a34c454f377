//! `webhook_configs`

use super::fields;
use crate::alertmanager::read::global::Global;
use crate::alertmanager::receivers::{IntegrationKind, WebhookConfig};
use crate::read::Section;
use crate::{REDACTED, REDACTED_URL, SecretSource, urls};

pub(super) fn read(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let default = WebhookConfig::default();
    let payload = section.get("payload").filter(|node| !node.is_null());
    IntegrationKind::Webhook(Box::new(WebhookConfig {
        url: url(section).unwrap_or(default.url),
        alerts_max: section.limit("max_alerts"),
        timeout: fields::timeout(section),
        payload: payload.map(fields::tree),
        http: fields::client(section, &global.http),
    }))
}

/// The URL may be a template, which is no URL until it is rendered.
fn url(section: &Section<'_>) -> Option<SecretSource> {
    let url = section.secret_or_file("url", "url_file");
    match &url {
        None => section.problem_here("a webhook needs `url` or `url_file`"),
        Some(SecretSource::Inline(url)) if url.reveal().contains("{{") => {
            fields::check_template(section, "url", url.reveal());
        }
        Some(SecretSource::Inline(url)) if url.reveal() == REDACTED => {}
        Some(SecretSource::Inline(url)) if url.reveal() == REDACTED_URL => {
            section.hide_as("url", REDACTED_URL);
        }
        Some(SecretSource::Inline(url)) => match urls::parse_http(url.reveal()) {
            Ok(_) => section.hide_as("url", REDACTED_URL),
            Err(error) => section.problem("url", format!("`url`: {error}")),
        },
        Some(SecretSource::File(_)) => {}
    }
    url
}
