//! Sections `remote_write` and `remote_read`: checked as upstream checks them, not acted on yet.

use super::{alerting, shared};
use crate::prometheus::GlobalConfig;
use crate::read::Section;
use crate::yaml::Node;
use crate::{HttpAuth, http, targets, urls};
use std::collections::HashMap;
use std::time::Duration;

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

pub(super) fn write(file: &Section<'_>, global: &GlobalConfig) {
    each(file, "remote_write", |section| {
        shared::rules(section, "write_relabel_configs", global.name_scheme);
        for key in ["send_exemplars", "send_native_histograms", "round_robin_dns"] {
            section.flag(key);
        }
        let messages = [("prometheus.WriteRequest", ()), ("io.prometheus.write.v2.Request", ())];
        section.choice("protobuf_message", &messages);
        if let Some(queue) = section.section("queue_config", "remote_write.queue_config") {
            queue_config(queue);
        }
        if let Some(metadata) = section.section("metadata_config", "remote_write.metadata_config") {
            metadata.flag("send");
            metadata.duration("send_interval");
            metadata.number::<i64>("max_samples_per_send");
            metadata.finish();
        }
        one_authentication(section);
    });
}

pub(super) fn read(file: &Section<'_>) {
    each(file, "remote_read", |section| {
        section.number::<u64>("chunked_read_limit");
        section.flag("read_recent");
        section.flag("filter_external_labels");
        http::client_fields(section);
        let matchers = section.section("required_matchers", "remote_read.required_matchers");
        matchers.map(|matchers| targets::label_set(&matchers));
    });
}

/// Reads what both kinds of endpoint share; names are unique within a kind.
fn each(file: &Section<'_>, key: &'static str, rest: impl Fn(&Section<'_>)) {
    let mut names = HashMap::new();
    let items = file.items(key);
    if !items.is_empty() {
        file.reader.unsupported(file.key_place(key), key);
    }
    for item in items {
        if item.is_null() {
            file.reader.problem(item.place, format!("this entry of `{key}` is empty"));
            continue;
        }
        let Some(section) = file.reader.section(item, key) else { continue };
        endpoint(&section, key);
        if let Some(name) = section.filled("name") {
            let place = section.place_of("name");
            if let Some(line) = names.insert(name.clone(), place.line) {
                let name = model::quote(&name).to_string();
                let message = format!("{name} is already the name of the endpoint in line {line}");
                section.problem("name", message);
            }
        }
        rest(&section);
        section.finish();
    }
}

fn endpoint(section: &Section<'_>, kind: &str) {
    section.duration("remote_timeout");
    match section.get("url").filter(|node| !node.is_null()) {
        None => section.problem_here(format!("`{kind}` needs a `url`")),
        Some(node) => {
            let text = node.scalar().map_or("", |scalar| scalar.text.as_str());
            if let Err(error) = urls::parse(text) {
                section.problem("url", format!("`url`: {error}"));
            }
        }
    }
    if let Some(headers) = section.section("headers", "headers") {
        check_headers(&headers);
    }
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

fn queue_config(section: Section<'_>) {
    let at_least_one = |key: &'static str, default: i64| {
        let value = section.number::<i64>(key).unwrap_or(default);
        if value <= 0 {
            section.problem(key, format!("`{key}` must be above 0"));
        }
        value
    };
    at_least_one("capacity", 10_000);
    let most = at_least_one("max_shards", 50);
    let least = at_least_one("min_shards", 1);
    at_least_one("max_samples_per_send", 2000);
    if least > most {
        section.problem("min_shards", "`min_shards` is above `max_shards`");
    }
    section.duration("batch_send_deadline");
    section.duration("sample_age_limit");
    section.flag("retry_on_http_429");
    let shortest = section.duration("min_backoff").unwrap_or(Duration::from_millis(30));
    let longest = section.duration("max_backoff").unwrap_or(Duration::from_secs(5));
    if shortest > longest {
        section.problem("max_backoff", "`max_backoff` is shorter than `min_backoff`");
    }
    section.finish();
}

fn one_authentication(section: &Section<'_>) {
    let http = http::client_fields(section);
    let cloud = ["azuread", "google_iam"];
    for key in cloud {
        section.get(key).map(hide_all(section));
    }
    let sigv4 = alerting::sigv4(section, "");
    let ways = usize::from(http.auth != HttpAuth::None)
        + usize::from(sigv4)
        + cloud.iter().filter(|key| section.is_filled(key)).count();
    if ways > 1 {
        let message = "at most one of `basic_auth`, `authorization`, `oauth2`, `sigv4`, `azuread` \
                       and `google_iam` may be set";
        section.problem_here(message);
    }
}

/// Sections that are not read at all are hidden as a whole: they hold credentials.
fn hide_all<'s>(section: &'s Section<'_>) -> impl Fn(&Node) + 's {
    |node| section.reader.hide(node)
}
