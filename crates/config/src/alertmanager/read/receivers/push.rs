//! `pushover_configs`, `sns_configs`, `ntfy_configs`

use super::fields;
use crate::alertmanager::read::global::Global;
use crate::alertmanager::receivers::{
    IntegrationKind, NtfyConfig, PushoverConfig, PushoverFormat, SigV4Config, SnsConfig, SnsTarget,
};
use crate::read::Section;
use crate::{HttpAuth, SecretSource};

pub(super) fn pushover(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = PushoverConfig::default();
    let needed =
        |key, file_key, into: &mut SecretSource| match section.secret_or_file(key, file_key) {
            Some(secret) => *into = secret,
            None => section.problem_here(format!("Pushover needs `{key}` or `{file_key}`")),
        };
    needed("user_key", "user_key_file", &mut config.user_key);
    needed("token", "token_file", &mut config.token);
    for (key, into) in
        [("retry", &mut config.retry), ("expire", &mut config.expire), ("ttl", &mut config.ttl)]
    {
        if let Some(duration) = fields::go_duration(section, key) {
            *into = duration;
        }
    }
    let (html, monospace) = (section.flag("html"), section.flag("monospace"));
    config.format = match (html.unwrap_or_default(), monospace.unwrap_or_default()) {
        (true, true) => {
            section.problem("monospace", "at most one of `html` and `monospace` may be set");
            PushoverFormat::Plain
        }
        (true, false) => PushoverFormat::Html,
        (false, true) => PushoverFormat::Monospace,
        (false, false) => PushoverFormat::Plain,
    };
    config.http = fields::client(section, &global.http);
    fields::texts(
        section,
        [
            ("title", &mut config.title),
            ("message", &mut config.message),
            ("url", &mut config.url),
            ("url_title", &mut config.url_title),
            ("device", &mut config.device),
            ("sound", &mut config.sound),
            ("priority", &mut config.priority),
        ],
    );
    IntegrationKind::Pushover(Box::new(config))
}

pub(super) fn sns(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = SnsConfig {
        sigv4: section.section("sigv4", "sigv4").map(sigv4).unwrap_or_default(),
        target: sns_target(section),
        attributes: fields::text_map(section, "attributes"),
        http: fields::client(section, &global.http),
        ..SnsConfig::default()
    };
    fields::texts(
        section,
        [
            ("api_url", &mut config.api_url),
            ("subject", &mut config.subject),
            ("message", &mut config.message),
        ],
    );
    if section.flag("use_aws_http_client") == Some(true) {
        let place = section.key_place("use_aws_http_client");
        section.reader.unsupported(place, "sns_configs.use_aws_http_client");
    }
    IntegrationKind::Sns(Box::new(config))
}

/// Exactly one target; upstream also takes all three, which Amazon then refuses.
fn sns_target(section: &Section<'_>) -> SnsTarget {
    let target = |key, make: fn(String) -> SnsTarget| (key, section.filled(key).map(make));
    let found = [
        target("topic_arn", SnsTarget::Topic),
        target("target_arn", SnsTarget::Target),
        target("phone_number", SnsTarget::PhoneNumber),
    ];
    let mut found = found.into_iter().filter_map(|(key, target)| Some((key, target?)));
    let (first, second) = (found.next(), found.next());
    match (first, second) {
        (Some((_, target)), None) => return target,
        (Some((first, target)), Some((second, _))) => {
            section.problem(second, format!("at most one of `{first}` and `{second}` may be set"));
            return target;
        }
        (None, _) => {
            section.problem_here("SNS needs `topic_arn`, `target_arn` or `phone_number`");
        }
    }
    SnsTarget::Topic(String::new())
}

fn sigv4(section: Section<'_>) -> SigV4Config {
    let mut config = SigV4Config {
        secret_key: section.secret("secret_key").map(SecretSource::Inline),
        use_fips_sts_endpoint: section.flag("use_fips_sts_endpoint").unwrap_or_default(),
        ..SigV4Config::default()
    };
    fields::texts(
        &section,
        [
            ("region", &mut config.region),
            ("access_key", &mut config.access_key),
            ("profile", &mut config.profile),
            ("role_arn", &mut config.role_arn),
            ("external_id", &mut config.external_id),
            ("service_name", &mut config.service_name),
        ],
    );
    for (key, name, value) in [
        ("sns_configs.sigv4.profile", "profile", &config.profile),
        ("sns_configs.sigv4.role_arn", "role_arn", &config.role_arn),
    ] {
        if !value.is_empty() {
            section.reader.unsupported(section.key_place(name), key);
        }
    }
    if config.access_key.is_empty() != config.secret_key.is_none() {
        section.problem_here("`sigv4` needs both `access_key` and `secret_key`, or neither");
    }
    section.finish();
    config
}

pub(super) fn ntfy(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = NtfyConfig::default();
    if let Some(url) = fields::url(section, "url") {
        config.url = url;
    }
    config.markdown = section.flag("markdown").unwrap_or_default();
    config.timeout = fields::timeout(section);
    if let Some(tags) = section.texts("tags") {
        config.tags = tags;
    }
    fields::texts(
        section,
        [
            ("topic", &mut config.topic),
            ("title", &mut config.title),
            ("message", &mut config.message),
            ("priority", &mut config.priority),
            ("click", &mut config.click),
            ("icon", &mut config.icon),
        ],
    );
    if config.topic.is_empty() {
        section.problem_here("ntfy needs a `topic`");
    }
    config.http = fields::client(section, &global.http);
    if let Some(token) = section.secret_or_file("token", "token_file") {
        if config.http.auth != HttpAuth::None {
            let message = "at most one of `token` and a way to authenticate in `http_config` may \
                           be set";
            section.problem_here(message);
        }
        config.http.auth =
            HttpAuth::Authorization { kind: "Bearer".into(), credentials: Some(token) };
    }
    IntegrationKind::Ntfy(Box::new(config))
}
