//! Checks of single mechanisms that go beyond types and required keys.
//! Each does what the mechanism's `UnmarshalYAML` does upstream.

use crate::read::Section;
use crate::yaml::Node;
use crate::{HttpAuth, HttpClientConfig, urls};
use std::time::Duration;

type Client<'a> = Option<&'a HttpClientConfig>;

fn text<'s>(entry: &Section<'s>, key: &'static str) -> &'s str {
    entry.get(key).and_then(Node::scalar).map_or("", |scalar| scalar.text.as_str())
}

/// Does the client authenticate by itself?
fn authenticates(client: Client<'_>) -> bool {
    client.is_some_and(|client| client.auth != HttpAuth::None)
}

fn at_most_one(entry: &Section<'_>, first: &'static str, second: &'static str) {
    if entry.is_filled(first) && entry.is_filled(second) {
        entry.problem(second, format!("at most one of `{first}` and `{second}` may be set"));
    }
}

pub(super) fn azure(entry: &Section<'_>, _: Client<'_>) {
    if !matches!(text(entry, "authentication_method"), "" | "OAuth") {
        return;
    }
    for key in ["tenant_id", "client_id", "client_secret"] {
        if !entry.is_filled(key) {
            entry.problem_here(format!("`azure_sd_configs` with OAuth needs `{key}`"));
        }
    }
}

pub(super) fn consul(entry: &Section<'_>, client: Client<'_>) {
    if entry.has("server") && !entry.is_filled("server") {
        entry.problem("server", "`consul_sd_configs` needs `server`");
    }
    for key in ["username", "token"] {
        if entry.is_filled(key) && authenticates(client) {
            let message = format!("`{key}` excludes the authentication of the HTTP client");
            entry.problem(key, message);
        }
    }
}

pub(super) fn dns(entry: &Section<'_>, _: Client<'_>) {
    if entry.items("names").is_empty() {
        entry.problem_here("`dns_sd_configs` needs at least one name in `names`");
    }
    match text(entry, "type").to_ascii_uppercase().as_str() {
        "" | "SRV" => {}
        "A" | "AAAA" | "MX" | "NS" if entry.is_filled("port") => {}
        "A" | "AAAA" | "MX" | "NS" => entry.problem("type", "records other than SRV need `port`"),
        _ => entry.problem("type", "`type` is one of `SRV`, `A`, `AAAA`, `MX`, `NS`"),
    }
}

pub(super) fn docker(entry: &Section<'_>, client: Client<'_>) {
    filters(entry, client);
    url(entry, "host", |text| urls::parse(text).map(drop));
}

/// `filters: [{name: ..., values: [...]}]`; values cannot be empty.
pub(super) fn filters(entry: &Section<'_>, _: Client<'_>) {
    for item in entry.items("filters") {
        let Some(filter) = entry.reader.section(item, "filters") else { continue };
        filter.text("name");
        if filter.texts("values").unwrap_or_default().is_empty() {
            filter.problem_here("a filter needs at least one value in `values`");
        }
        filter.finish();
    }
}

pub(super) fn eureka(entry: &Section<'_>, _: Client<'_>) {
    url(entry, "server", |text| {
        let url = urls::parse(text)?;
        let complete = !url.scheme.is_empty() && !url.host.is_empty();
        if complete { Ok(()) } else { Err("the URL needs a scheme and a host".into()) }
    });
}

pub(super) fn http_url(entry: &Section<'_>, _: Client<'_>) {
    url(entry, "url", |text| urls::parse_http(text).map(drop));
}

pub(super) fn server_url(entry: &Section<'_>, _: Client<'_>) {
    url(entry, "server", |text| urls::parse(text).map(drop));
}

fn url(entry: &Section<'_>, key: &'static str, check: impl Fn(&str) -> Result<(), String>) {
    if !entry.is_filled(key) {
        return;
    }
    if let Err(error) = check(text(entry, key)) {
        entry.problem(key, format!("`{key}`: {error}"));
    }
}

pub(super) fn kubernetes(entry: &Section<'_>, client: Client<'_>) {
    let custom_client = client.is_some_and(|client| *client != HttpClientConfig::default());
    let own_namespace = kubernetes_namespaces(entry);
    if let Some(attach) = entry.section("attach_metadata", "kubernetes_sd_configs") {
        for key in ["node", "namespace", "deployment", "job", "cronjob"] {
            attach.flag(key);
        }
        attach.finish();
    }
    let (api_server, kubeconfig) =
        (entry.is_filled("api_server"), entry.is_filled("kubeconfig_file"));
    let rules = [
        (kubeconfig && api_server, "`kubeconfig_file` excludes `api_server`"),
        (kubeconfig && custom_client, "`kubeconfig_file` excludes settings of the HTTP client"),
        (kubeconfig && own_namespace, "`kubeconfig_file` excludes `namespaces.own_namespace`"),
        (api_server && own_namespace, "`api_server` excludes `namespaces.own_namespace`"),
        (
            !kubeconfig && !api_server && custom_client,
            "settings of the HTTP client need `api_server`",
        ),
    ];
    rules.into_iter().filter(|(broken, _)| *broken).for_each(|(_, why)| entry.problem_here(why));
    url(entry, "api_server", |text| urls::parse(text).map(drop));
    kubernetes_selectors(entry);
}

fn kubernetes_namespaces(entry: &Section<'_>) -> bool {
    let Some(namespaces) = entry.section("namespaces", "kubernetes_sd_configs") else {
        return false;
    };
    namespaces.texts("names");
    let own = namespaces.flag("own_namespace").unwrap_or_default();
    namespaces.finish();
    own
}

fn kubernetes_selectors(entry: &Section<'_>) {
    let allowed: &[&str] = match text(entry, "role") {
        "pod" => &["pod", "node"],
        "service" => &["service"],
        "endpointslice" => &["pod", "service", "endpointslice"],
        "endpoints" => &["pod", "service", "endpoints"],
        "node" => &["node"],
        "ingress" => &["ingress"],
        _ => return,
    };
    let mut seen = Vec::new();
    for item in entry.items("selectors") {
        let Some(selector) = entry.reader.section(item, "kubernetes_sd_configs") else { continue };
        let role = selector.text("role").unwrap_or_default();
        if seen.contains(&role) {
            selector.problem("role", format!("a selector for role `{role}` is already there"));
        } else if !allowed.contains(&role.as_str()) {
            let list = allowed.join(", ");
            selector.problem("role", format!("role cannot be `{role}`; allowed here: {list}"));
        }
        seen.push(role);
        let field = selector.text("field").unwrap_or_default();
        if field.split(',').any(|term| !term.is_empty() && !term.contains('=')) {
            selector.problem("field", "a field selector is a list of `field=value`");
        }
        let label = selector.text("label").unwrap_or_default();
        if !is_label_selector(&label) {
            selector.problem("label", "this is no Kubernetes label selector");
        }
        selector.finish();
    }
}

/// Rough form of the grammar: its characters, and parentheses that match and do not nest.
fn is_label_selector(text: &str) -> bool {
    let mut open = false;
    let balanced = text.chars().all(|c| match c {
        '(' => !std::mem::replace(&mut open, true),
        ')' => std::mem::replace(&mut open, false),
        c => c.is_ascii_alphanumeric() || "_./,!=<>- ".contains(c),
    });
    balanced && !open
}

pub(super) fn marathon(entry: &Section<'_>, client: Client<'_>) {
    if entry.items("servers").is_empty() {
        entry.problem_here("`marathon_sd_configs` needs at least one URL in `servers`");
    }
    at_most_one(entry, "auth_token", "auth_token_file");
    for key in ["auth_token", "auth_token_file"] {
        if entry.is_filled(key) && authenticates(client) {
            let message = format!("`{key}` excludes the authentication of the HTTP client");
            entry.problem(key, message);
        }
    }
}

pub(super) fn zookeeper(entry: &Section<'_>, _: Client<'_>) {
    if entry.items("servers").is_empty() || entry.items("paths").is_empty() {
        entry.problem_here("Zookeeper discovery needs `servers` and `paths`");
    }
    for path in entry.items("paths") {
        if path.scalar().is_none_or(|path| !path.text.starts_with('/')) {
            entry.reader.problem(path.place, "a Zookeeper path begins with `/`");
        }
    }
}

pub(super) fn nomad(entry: &Section<'_>, _: Client<'_>) {
    if entry.has("server") && !entry.is_filled("server") {
        entry.problem("server", "`nomad_sd_configs` needs `server`");
    }
}

pub(super) fn outscale(entry: &Section<'_>, client: Client<'_>) {
    if entry.has("region") && !entry.is_filled("region") {
        entry.problem("region", "`outscale_sd_configs` needs `region`");
    }
    secret_key(entry, client);
}

pub(super) fn secret_key(entry: &Section<'_>, _: Client<'_>) {
    at_most_one(entry, "secret_key", "secret_key_file");
    if !entry.is_filled("secret_key") && !entry.is_filled("secret_key_file") {
        entry.problem_here("one of `secret_key` and `secret_key_file` must be set");
    }
}

pub(super) fn stackit(entry: &Section<'_>, _: Client<'_>) {
    url(entry, "endpoint", |text| urls::parse(text).map(drop));
}

pub(super) fn triton(entry: &Section<'_>, _: Client<'_>) {
    if entry.has("refresh_interval") && entry.duration("refresh_interval") == Some(Duration::ZERO) {
        entry.problem("refresh_interval", "`refresh_interval` must be above 0");
    }
}
