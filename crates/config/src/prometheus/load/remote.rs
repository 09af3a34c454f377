//! Sections `remote_write` and `remote_read`; the latter is checked as upstream checks it and not
//! acted on.

use super::{alerting, shared};
use crate::prometheus::{
    GlobalConfig, MetadataConfig, QueueConfig, RemoteWriteConfig, RemoteWriteMessage,
};
use crate::read::Section;
use crate::yaml::Node;
use crate::{
    HeaderValue, HttpAuth, HttpClientConfig, HttpHeader, REDACTED_URL, http, targets, urls,
};
use std::collections::HashMap;
use std::time::Duration;

/// Upstream's `remote_timeout`.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Headers that the protocol sets itself; `authorization` has its own message.
const RESERVED_HEADERS: [&str; 17] = [
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
    "x-prometheus-remote-write-version",
    "x-prometheus-remote-read-version",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
    "authorization",
];

pub(super) fn write(file: &Section<'_>, global: &GlobalConfig) -> Vec<RemoteWriteConfig> {
    each(file, "remote_write", |section, url| {
        let rules = shared::rules(section, "write_relabel_configs", global.name_scheme);
        let messages = [RemoteWriteMessage::V1, RemoteWriteMessage::V2];
        let messages = messages.map(|message| (message.as_str(), message));
        let queue = section.section("queue_config", "remote_write.queue_config");
        let metadata = section.section("metadata_config", "remote_write.metadata_config");
        if section.flag("round_robin_dns") == Some(true) {
            let place = section.key_place("round_robin_dns");
            section.reader.unsupported(place, "remote_write.round_robin_dns");
        }
        let mut http = one_authentication(section);
        // As upstream since 3.0: one connection a shard is faster than one for all.
        http.enable_http2 = section.flag("enable_http2").unwrap_or(false);
        http.headers.extend(own_headers(section));
        let config = RemoteWriteConfig {
            url: url?,
            name: section.filled("name"),
            timeout: section.duration("remote_timeout").unwrap_or(TIMEOUT),
            message: section.choice("protobuf_message", &messages).unwrap_or_default(),
            relabel_configs: rules,
            send_exemplars: section.flag("send_exemplars").unwrap_or(false),
            send_native_histograms: section.flag("send_native_histograms").unwrap_or(false),
            queue: queue.map(queue_config).unwrap_or_default(),
            metadata: metadata.map(metadata_config).unwrap_or_default(),
            http,
        };
        Some(config)
    })
}

fn metadata_config(section: Section<'_>) -> MetadataConfig {
    let default = MetadataConfig::default();
    let most = section.number::<i64>("max_samples_per_send");
    let config = MetadataConfig {
        send: section.flag("send").unwrap_or(default.send),
        send_interval: section.duration("send_interval").unwrap_or(default.send_interval),
        samples_per_send_max: most
            .and_then(|most| usize::try_from(most).ok())
            .filter(|most| *most > 0)
            .unwrap_or(default.samples_per_send_max),
    };
    section.finish();
    config
}

/// Headers of key `headers`, each with one value.
fn own_headers(section: &Section<'_>) -> Vec<HttpHeader> {
    let Some(headers) = section.section("headers", "headers") else { return Vec::new() };
    let one = |(name, value): &(Node, Node)| {
        let (name, value) = (&name.scalar()?.text, &value.scalar()?.text);
        let values = vec![HeaderValue::Plain(value.clone())];
        Some(HttpHeader { name: http::canonical_header(name), values })
    };
    headers.entries().iter().filter_map(one).collect()
}

pub(super) fn read(file: &Section<'_>) {
    if !file.items("remote_read").is_empty() {
        file.reader.unsupported(file.key_place("remote_read"), "remote_read");
    }
    each(file, "remote_read", |section, _| {
        section.number::<u64>("chunked_read_limit");
        section.flag("read_recent");
        section.flag("filter_external_labels");
        http::client_fields(section);
        let matchers = section.section("required_matchers", "remote_read.required_matchers");
        matchers.map(|matchers| targets::label_set(&matchers));
        None::<()>
    });
}

/// Reads what both kinds of endpoint share; names are unique within a kind.
fn each<T>(
    file: &Section<'_>,
    key: &'static str,
    rest: impl Fn(&Section<'_>, Option<String>) -> Option<T>,
) -> Vec<T> {
    let mut names = HashMap::new();
    let mut endpoints = Vec::new();
    for item in file.items(key) {
        if item.is_null() {
            file.reader.problem(item.place, format!("this entry of `{key}` is empty"));
            continue;
        }
        let Some(section) = file.reader.section(item, key) else { continue };
        let url = endpoint(&section, key);
        if let Some(name) = section.filled("name") {
            let place = section.place_of("name");
            if let Some(line) = names.insert(name.clone(), place.line) {
                let name = model::quote(&name).to_string();
                let message = format!("{name} is already the name of the endpoint in line {line}");
                section.problem("name", message);
            }
        }
        endpoints.extend(rest(&section, url));
        section.finish();
    }
    endpoints
}

fn endpoint(section: &Section<'_>, kind: &str) -> Option<String> {
    section.duration("remote_timeout");
    if let Some(headers) = section.section("headers", "headers") {
        check_headers(&headers);
    }
    let Some(node) = section.get("url").filter(|node| !node.is_null()) else {
        section.problem_here(format!("`{kind}` needs a `url`"));
        return None;
    };
    let text = node.scalar().map_or("", |scalar| scalar.text.as_str());
    if text.contains('@') {
        section.reader.hide_as(node, REDACTED_URL);
    }
    let checked = urls::parse(text).map(|_| text.to_owned());
    checked.map_err(|error| section.problem("url", format!("`url`: {error}"))).ok()
}

/// Names of headers must not be those that the client sets itself.
pub(super) fn check_headers(headers: &Section<'_>) {
    for (name, value) in headers.entries() {
        headers.reader.text(value, "headers");
        let lower = name.scalar().map_or("", |name| name.text.as_str()).to_ascii_lowercase();
        if lower == "authorization" {
            let message = "header `authorization` cannot be set here; use `basic_auth`, \
                           `authorization`, `oauth2` or `sigv4`";
            headers.reader.problem(name.place, message);
        } else if RESERVED_HEADERS.contains(&lower.as_str()) {
            let message = format!("header `{lower}` is reserved; it cannot be set here");
            headers.reader.problem(name.place, message);
        }
    }
}

fn queue_config(section: Section<'_>) -> QueueConfig {
    let default = QueueConfig::default();
    let at_least_one = |key: &'static str, default: usize| {
        let value = section.number::<i64>(key);
        if value.is_some_and(|value| value <= 0) {
            section.problem(key, format!("`{key}` must be above 0"));
        }
        value.and_then(|value| usize::try_from(value).ok()).unwrap_or(default)
    };
    let duration = |key, default| section.duration(key).unwrap_or(default);
    let config = QueueConfig {
        capacity: at_least_one("capacity", default.capacity),
        shards_max: at_least_one("max_shards", default.shards_max),
        shards_min: at_least_one("min_shards", default.shards_min),
        samples_per_send_max: at_least_one("max_samples_per_send", default.samples_per_send_max),
        batch_send_deadline: duration("batch_send_deadline", default.batch_send_deadline),
        backoff_min: duration("min_backoff", default.backoff_min),
        backoff_max: duration("max_backoff", default.backoff_max),
        retry_on_http_429: section.flag("retry_on_http_429").unwrap_or(false),
        sample_age_limit: duration("sample_age_limit", default.sample_age_limit),
    };
    if config.shards_min > config.shards_max {
        section.problem("min_shards", "`min_shards` is above `max_shards`");
    }
    if config.backoff_min > config.backoff_max {
        section.problem("max_backoff", "`max_backoff` is shorter than `min_backoff`");
    }
    section.finish();
    config
}

fn one_authentication(section: &Section<'_>) -> HttpClientConfig {
    let http = http::client_fields(section);
    let cloud = [("azuread", "remote_write.azuread"), ("google_iam", "remote_write.google_iam")];
    for (key, unsupported) in cloud {
        if let Some(node) = section.get(key) {
            section.reader.hide(node);
            section.reader.unsupported(section.key_place(key), unsupported);
        }
    }
    let sigv4 = alerting::sigv4(section, "remote_write.sigv4");
    let ways = usize::from(http.auth != HttpAuth::None)
        + usize::from(sigv4)
        + cloud.iter().filter(|(key, _)| section.is_filled(key)).count();
    if ways > 1 {
        let message = "at most one of `basic_auth`, `authorization`, `oauth2`, `sigv4`, `azuread` \
                       and `google_iam` may be set";
        section.problem_here(message);
    }
    http
}
