//! `email_configs`

use super::fields;
use crate::SecretSource;
use crate::alertmanager::read::global::{Global, Smtp};
use crate::alertmanager::receivers::{EmailConfig, EmailThreading, HostPort, IntegrationKind};
use crate::http::{self, canonical_header};
use crate::read::Section;
use std::collections::BTreeMap;

pub(super) fn read(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let smtp = &global.smtp;
    let or = |key, global: &str| section.filled(key).unwrap_or_else(|| global.to_owned());
    let mut config = EmailConfig {
        to: section.filled("to").unwrap_or_default(),
        from: or("from", smtp.from.as_deref().unwrap_or_default()),
        hello: or("hello", &smtp.hello),
        smarthost: smarthost(section, smtp),
        auth_username: or("auth_username", &smtp.auth_username),
        auth_password: secret(section, "auth_password", "auth_password_file")
            .or_else(|| smtp.auth_password.clone()),
        auth_secret: secret(section, "auth_secret", "auth_secret_file")
            .or_else(|| smtp.auth_secret.clone()),
        auth_identity: or("auth_identity", &smtp.auth_identity),
        require_tls: fields::own_flag(section, "require_tls").unwrap_or(smtp.require_tls),
        force_implicit_tls: fields::own_flag(section, "force_implicit_tls")
            .or(smtp.force_implicit_tls),
        tls: section
            .section("tls_config", "http.tls_config")
            .map_or_else(|| smtp.tls.clone(), http::tls),
        ..EmailConfig::default()
    };
    fields::texts(section, [("html", &mut config.html), ("text", &mut config.text)]);
    if config.to.is_empty() {
        section.problem_here("a mail needs an address in `to`");
    }
    if config.from.is_empty() {
        section.problem_here("a mail needs `from`, or `smtp_from` in `global`");
    }
    let own = headers(section);
    config.threading = threading(section, &own);
    config.headers = with_defaults(own, &config);
    IntegrationKind::Email(Box::new(config))
}

fn smarthost(section: &Section<'_>, smtp: &Smtp) -> HostPort {
    let own = fields::host_port(section, "smarthost");
    let host = own.or_else(|| smtp.smarthost.clone());
    // An address that is no address has its problem already.
    if host.is_none() && !section.is_filled("smarthost") {
        section.problem_here("a mail needs `smarthost`, or `smtp_smarthost` in `global`");
    }
    host.unwrap_or_default()
}

/// Upstream takes both a secret and its file, and uses the file.
fn secret(
    section: &Section<'_>,
    key: &'static str,
    file_key: &'static str,
) -> Option<SecretSource> {
    let (inline, file) = (section.secret(key), section.path(file_key));
    if inline.is_some() && file.is_some() {
        let message = format!("`{key}` is not used, because `{file_key}` is set too");
        section.reader.warn(section.key_place(key), key, message);
    }
    file.map(SecretSource::File).or(inline.map(SecretSource::Inline))
}

/// Headers by their canonical names, which must differ.
fn headers(section: &Section<'_>) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    let Some(map) = section.section("headers", "headers") else { return headers };
    for (key, value) in map.entries() {
        let name = canonical_header(key.scalar().map_or("", |name| name.text.as_str()));
        let Some(text) = section.reader.text(value, "headers") else { continue };
        if headers.insert(name.clone(), text).is_some() {
            section.reader.problem(key.place, format!("header `{name}` is there twice"));
        }
    }
    headers
}

fn with_defaults(
    mut headers: BTreeMap<String, String>,
    config: &EmailConfig,
) -> Vec<(String, String)> {
    let mut default = |name: &str, text: String| {
        headers.entry(name.to_owned()).or_insert(text);
    };
    default("Subject", EmailConfig::default_subject());
    default("To", config.to.clone());
    default("From", config.from.clone());
    headers.into_iter().collect()
}

fn threading(section: &Section<'_>, headers: &BTreeMap<String, String>) -> Option<EmailThreading> {
    let threading = section.section("threading", "threading")?;
    let enabled = threading.flag("enabled").unwrap_or_default();
    let by_date = threading.text("thread_by_date").unwrap_or_default();
    let found = match by_date.as_str() {
        "none" => Some(EmailThreading::Forever),
        "daily" => Some(EmailThreading::Daily),
        _ => None,
    };
    if enabled {
        if found.is_none() {
            let message = "`thread_by_date` of mails with `threading` is `none` or `daily`";
            threading.problem("thread_by_date", message);
        }
        for name in ["References", "In-Reply-To"] {
            if headers.contains_key(name) {
                let message = format!("`threading` writes header `{name}`; it cannot be set too");
                section.problem("headers", message);
            }
        }
    }
    threading.finish();
    found.filter(|_| enabled)
}
