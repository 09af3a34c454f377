//! What fields of several kinds of receivers have in common.

use crate::alertmanager::receivers::HostPort;
use crate::read::Section;
use crate::yaml::{Content, Node};
use crate::{HttpClientConfig, REDACTED, SecretSource, http, urls};
use model::units;
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// Overrides defaults with what the file says; a null is an empty text.
pub(super) fn texts<const N: usize>(
    section: &Section<'_>,
    fields: [(&'static str, &mut String); N],
) {
    for (key, field) in fields {
        if let Some(text) = section.text(key) {
            *field = text;
        }
    }
}

/// The section's own HTTP client, else the global one.
pub(super) fn client(section: &Section<'_>, global: &HttpClientConfig) -> HttpClientConfig {
    own_client(section).unwrap_or_else(|| global.clone())
}

/// The section's own HTTP client.
pub(super) fn own_client(section: &Section<'_>) -> Option<HttpClientConfig> {
    section.section("http_config", "http").map(http::client)
}

/// A flag that is not said when it is absent or null.
pub(in super::super) fn own_flag(section: &Section<'_>, key: &'static str) -> Option<bool> {
    section.get(key).filter(|node| !node.is_null())?;
    section.flag(key)
}

/// An address that a client can dial.
pub(in super::super) fn url(section: &Section<'_>, key: &'static str) -> Option<String> {
    let parse = |text: &str| urls::parse_http(text).map(|_| Some(text.to_owned()));
    section.parsed(key, "a URL", None, parse).flatten()
}

/// The same, ending in a slash as upstream needs it to append paths.
pub(super) fn folder_url(url: String) -> String {
    if url.ends_with('/') { url } else { url + "/" }
}

/// An address that is a secret, or the file that holds it. `<secret>` is taken as it is, so that
/// what is shown of a file reads back.
pub(in super::super) fn secret_url(
    section: &Section<'_>,
    key: &'static str,
    file_key: &'static str,
) -> Option<SecretSource> {
    let source = section.secret_or_file(key, file_key);
    let empty = section.get(key).is_some_and(|node| !node.is_null()) && !section.is_filled(key);
    let text = match &source {
        Some(SecretSource::Inline(url)) if url.reveal() != REDACTED => url.reveal(),
        None if empty => "",
        Some(SecretSource::Inline(_) | SecretSource::File(_)) | None => return source,
    };
    if let Err(error) = urls::parse_http(text) {
        section.problem(key, format!("`{key}`: {error}"));
    }
    source
}

/// The same for a key that must be there.
pub(super) fn needed_secret_url(
    section: &Section<'_>,
    key: &'static str,
    file_key: &'static str,
) -> Option<SecretSource> {
    let source = secret_url(section, key, file_key);
    if source.is_none() && !section.has(key) {
        section.problem_here(format!("one of `{key}` and `{file_key}` is needed"));
    }
    source
}

/// A time limit in Go's notation (`1.5s`); a bare number is nanoseconds, as upstream has it.
pub(super) fn timeout(section: &Section<'_>) -> Option<Duration> {
    let node = section.get("timeout")?;
    let nanoseconds = node.scalar().and_then(crate::yaml::Scalar::integer);
    if let Some(nanoseconds) = nanoseconds.and_then(|number| u64::try_from(number).ok()) {
        if nanoseconds > 0 {
            let message = format!(
                "`timeout` without a unit is in nanoseconds; write `{nanoseconds}s` for seconds"
            );
            section.reader.warn(node.place, "timeout", message);
        }
        return Some(Duration::from_nanos(nanoseconds)).filter(|timeout| !timeout.is_zero());
    }
    go_duration(section, "timeout").filter(|timeout| !timeout.is_zero())
}

/// A duration in Go's notation.
pub(super) fn go_duration(section: &Section<'_>, key: &'static str) -> Option<Duration> {
    section.parsed(key, "a duration like `1.5s`", Duration::ZERO, units::parse_go_duration)
}

/// `host:port`; an empty text is absent.
pub(in super::super) fn host_port(section: &Section<'_>, key: &'static str) -> Option<HostPort> {
    section.filled(key)?;
    section
        .parsed(key, "a host with a port", None, |text| parse_host_port(text).map(Some))
        .flatten()
}

fn parse_host_port(text: &str) -> Result<HostPort, String> {
    let wrong = |what: &str| format!("{} {what}; expected `host:port`", model::quote(text));
    let (host, port) = text.rsplit_once(':').ok_or_else(|| wrong("has no port"))?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or_else(|| wrong("has a `[` without `]`"))?,
        None if host.contains([':', ']']) => return Err(wrong("has too many colons")),
        None => host,
    };
    // Names of RFC 6409 and RFC 8314, which Go looks up in the system's list of services.
    let port = match port {
        "smtp" => Some(25),
        "submission" => Some(587),
        "smtps" | "submissions" => Some(465),
        _ => port.parse().ok().filter(|&port| port > 0),
    };
    let port = port.ok_or_else(|| wrong("has no valid port"))?;
    Ok(HostPort { host: host.to_owned(), port })
}

/// Any tree of values; only the texts in it are templates.
pub(super) fn tree(node: &Node) -> Value {
    match &node.content {
        Content::List(items) => Value::Array(items.iter().map(tree).collect()),
        Content::Map(entries) => Value::Object(tree_entries(entries)),
        Content::Scalar(_) if node.is_null() => Value::Null,
        Content::Scalar(scalar) => {
            if let Some(flag) = scalar.bool() {
                return Value::Bool(flag);
            }
            let integer = scalar.integer().and_then(|integer| i64::try_from(integer).ok());
            let number = integer.map(Number::from);
            let number = number.or_else(|| scalar.float().and_then(Number::from_f64));
            number.map_or_else(|| Value::String(scalar.text.clone()), Value::Number)
        }
    }
}

fn tree_entries(entries: &[(Node, Node)]) -> Map<String, Value> {
    let name = |node: &Node| node.scalar().map_or_else(String::new, |name| name.text.clone());
    entries.iter().map(|(key, value)| (name(key), tree(value))).collect()
}

/// A map of such trees.
pub(super) fn tree_map(section: &Section<'_>, key: &'static str) -> Map<String, Value> {
    let map = section.section(key, key);
    map.map_or_else(Map::new, |map| tree_entries(map.entries()))
}

/// A map of texts.
pub(super) fn text_map(section: &Section<'_>, key: &'static str) -> BTreeMap<String, String> {
    section.text_map(key, key).into_iter().collect()
}

/// Does every `{{` have its `}}`? What stands between them is checked where templates are parsed.
pub(super) fn check_template(section: &Section<'_>, key: &'static str, text: &str) {
    let mut rest = text;
    while let Some((_, inside)) = rest.split_once("{{") {
        let Some((_, after)) = inside.split_once("}}") else {
            section.problem(key, format!("`{key}`: the template has a `{{{{` without `}}}}`"));
            return;
        };
        rest = after;
    }
}
