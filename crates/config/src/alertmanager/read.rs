//! Reads alertmanager.yml and checks what Alertmanager checks when it loads one.
//! Routes inherit from their parents while they are read, so the result is complete.

use super::{AlertmanagerFile, GroupBy, Receiver, Route, WebhookConfig, parse_matchers};
use crate::hint::did_you_mean;
use crate::http;
use crate::prometheus::unsupported_keys;
use crate::read::{Reader, Section};
use crate::yaml::Node;
use crate::{Error, HttpClientConfig, Loaded, Outside, Secret, SecretSource, urls};
use model::{MatchOp, Matcher};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Deepest routing tree.
const ROUTE_DEPTH_MAX: usize = 32;

/// Keys of Alertmanager 0.34 that cannot be used yet, by section.
const LATER_TOP: [&str; 6] =
    ["templates", "inhibit_rules", "mute_time_intervals", "time_intervals", "tracing", "storage"];
const LATER_GLOBAL: [&str; 40] = [
    "rocketchat_token_id",
    "rocketchat_token_id_file",
    "jira_api_url",
    "smtp_from",
    "smtp_hello",
    "smtp_smarthost",
    "smtp_auth_username",
    "smtp_auth_password",
    "smtp_auth_password_file",
    "smtp_auth_secret",
    "smtp_auth_secret_file",
    "smtp_auth_identity",
    "smtp_require_tls",
    "smtp_force_implicit_tls",
    "smtp_tls_config",
    "slack_api_url",
    "slack_api_url_file",
    "slack_app_token",
    "slack_app_token_file",
    "slack_app_url",
    "pagerduty_url",
    "opsgenie_api_url",
    "opsgenie_api_key",
    "opsgenie_api_key_file",
    "wechat_api_url",
    "wechat_api_secret",
    "wechat_api_secret_file",
    "wechat_api_corp_id",
    "victorops_api_url",
    "victorops_api_key",
    "victorops_api_key_file",
    "telegram_api_url",
    "telegram_bot_token",
    "telegram_bot_token_file",
    "webex_api_url",
    "rocketchat_api_url",
    "rocketchat_token",
    "rocketchat_token_file",
    "mattermost_webhook_url",
    "mattermost_webhook_url_file",
];
const LATER_ROUTE: [&str; 2] = ["mute_time_intervals", "active_time_intervals"];
const LATER_RECEIVER: [&str; 17] = [
    "discord_configs",
    "email_configs",
    "pagerduty_configs",
    "slack_configs",
    "opsgenie_configs",
    "wechat_configs",
    "pushover_configs",
    "victorops_configs",
    "sns_configs",
    "telegram_configs",
    "webex_configs",
    "msteams_configs",
    "msteamsv2_configs",
    "jira_configs",
    "rocketchat_configs",
    "mattermost_configs",
    "incidentio_configs",
];

/// Reads a whole alertmanager.yml.
pub fn load(path: &str, text: &str) -> Result<Loaded<AlertmanagerFile>, Error> {
    let outside = Outside::nothing();
    let (reader, root) = Reader::open(path, text, &outside, unsupported_keys())?;
    let file = reader.section(&root, "").map(read_file);
    reader.finish(file.unwrap_or_else(AlertmanagerFile::nothing), &root)
}

impl AlertmanagerFile {
    /// Stands in for a file whose problems are noted already.
    fn nothing() -> Self {
        let route = Route::root();
        Self { resolve_timeout: DEFAULT_RESOLVE_TIMEOUT, route, receivers: Vec::new() }
    }
}

const DEFAULT_RESOLVE_TIMEOUT: Duration = Duration::from_mins(5);

impl Route {
    /// What the root inherits.
    fn root() -> Self {
        Self {
            receiver: String::new(),
            group_by: GroupBy::Labels(Vec::new()),
            group_wait: Duration::from_secs(30),
            group_interval: Duration::from_mins(5),
            repeat_interval: Duration::from_hours(4),
            matchers: Vec::new(),
            continue_matching: false,
            routes: Vec::new(),
        }
    }
}

fn read_file(file: Section<'_>) -> AlertmanagerFile {
    file.refuse(&LATER_TOP);
    let mut resolve_timeout = DEFAULT_RESOLVE_TIMEOUT;
    let mut client = HttpClientConfig::default();
    if let Some(global) = file.section("global", "global") {
        global.refuse(&LATER_GLOBAL);
        resolve_timeout = global.duration("resolve_timeout").unwrap_or(resolve_timeout);
        client = global.section("http_config", "http").map_or(client, http::client);
        global.finish();
    }
    let receivers = receivers(&file, &client);
    let route = if let Some(node) = file.get("route").filter(|node| !node.is_null()) {
        root_route(file.reader, node, &receivers)
    } else {
        file.problem_here("the file needs a `route`");
        Route::root()
    };
    file.finish();
    AlertmanagerFile { resolve_timeout, route, receivers }
}

fn root_route(reader: &Reader<'_>, node: &Node, receivers: &[Receiver]) -> Route {
    let names: HashSet<&str> = receivers.iter().map(|receiver| receiver.name.as_str()).collect();
    let root = reader.section(node, "route");
    if let Some(root) = &root {
        if !root.is_filled("receiver") {
            root.problem_here("the root route needs a `receiver`");
        }
        for key in ["match", "match_re", "matchers", "continue"] {
            if root.get(key).is_some_and(|node| !node.is_null() && key != "continue")
                || (key == "continue" && root.flag(key) == Some(true))
            {
                let message = format!("the root route matches every alert; it has no `{key}`");
                reader.problem(root.key_place(key), message);
            }
        }
    }
    let routes = Routes { reader, names: &names };
    routes.read(node, &Route::root(), 0).unwrap_or_else(Route::root)
}

struct Routes<'r> {
    reader: &'r Reader<'r>,
    names: &'r HashSet<&'r str>,
}

impl Routes<'_> {
    fn read(&self, node: &Node, parent: &Route, depth: usize) -> Option<Route> {
        if depth > ROUTE_DEPTH_MAX {
            let message = format!("routes are nested deeper than {ROUTE_DEPTH_MAX} levels");
            self.reader.problem(node.place, message);
            return None;
        }
        let section = self.reader.section(node, "route")?;
        section.refuse(&LATER_ROUTE);
        let positive = |key, inherited| match section.duration(key) {
            Some(Duration::ZERO) if section.is_filled(key) => {
                section.problem(key, format!("`{key}` cannot be zero"));
                inherited
            }
            Some(Duration::ZERO) | None => inherited,
            Some(duration) => duration,
        };
        let mut route = Route {
            receiver: self.receiver(&section).unwrap_or_else(|| parent.receiver.clone()),
            group_by: group_by(&section).unwrap_or_else(|| parent.group_by.clone()),
            group_wait: section.duration("group_wait").unwrap_or(parent.group_wait),
            group_interval: positive("group_interval", parent.group_interval),
            repeat_interval: positive("repeat_interval", parent.repeat_interval),
            matchers: route_matchers(&section),
            continue_matching: section.flag("continue").unwrap_or_default(),
            routes: Vec::new(),
        };
        for child in section.items("routes") {
            route.routes.extend(self.read(child, &route, depth + 1));
        }
        section.finish();
        Some(route)
    }

    fn receiver(&self, section: &Section<'_>) -> Option<String> {
        let name = section.filled("receiver")?;
        if !self.names.contains(name.as_str()) {
            let hint = did_you_mean(&name, self.names.iter().copied());
            let message = format!("receiver {} is not defined{hint}", model::quote(&name));
            section.problem("receiver", message);
        }
        Some(name)
    }
}

fn group_by(section: &Section<'_>) -> Option<GroupBy> {
    let names = section.texts("group_by").filter(|names| !names.is_empty())?;
    let all = names.iter().any(|name| name == "...");
    if all && names.len() > 1 {
        let message = "`group_by` has `...`, which stands for all labels; name no other";
        section.problem("group_by", message);
    }
    let mut seen = HashSet::new();
    for (index, name) in names.iter().enumerate() {
        let place = section.items("group_by").get(index).map_or(section.place, |node| node.place);
        if name.is_empty() {
            section.reader.problem(place, "a label name cannot be empty");
        } else if !seen.insert(name) {
            section.reader.problem(place, format!("`group_by` has label `{name}` twice"));
        }
    }
    Some(if all { GroupBy::AllLabels } else { GroupBy::Labels(names) })
}

fn route_matchers(section: &Section<'_>) -> Vec<Matcher> {
    let reader = section.reader;
    let mut matchers = Vec::new();
    for (key, op) in [("match", MatchOp::Equal), ("match_re", MatchOp::Regex)] {
        let Some(map) = section.section(key, "route.match") else { continue };
        for (name, value) in map.entries() {
            let label = name.scalar().map_or("", |name| name.text.as_str());
            let Some(text) = reader.text(value, label) else { continue };
            if !model::is_legacy_label_name(label) {
                let message = format!("{} is no valid label name", model::quote(label));
                reader.problem(name.place, message);
            } else if op == MatchOp::Regex && value.is_null() {
                reader.problem(value.place, format!("`match_re` has no expression for `{label}`"));
            } else {
                match Matcher::new(op, label, &text) {
                    Ok(matcher) => matchers.push(matcher),
                    Err(error) => reader.problem(value.place, error.to_string()),
                }
            }
        }
    }
    for item in section.items("matchers") {
        let Some(text) = reader.text(item, "matchers") else { continue };
        match parse_matchers(&text) {
            Ok(found) => matchers.extend(found),
            Err(error) => reader.problem(item.place, error),
        }
    }
    matchers
}

fn receivers(file: &Section<'_>, client: &HttpClientConfig) -> Vec<Receiver> {
    let mut lines = HashMap::new();
    let mut receivers = Vec::new();
    for item in file.items("receivers") {
        let Some(section) = file.reader.section(item, "receivers") else { continue };
        section.refuse(&LATER_RECEIVER);
        let name = section.text("name").unwrap_or_default();
        let place = section.place_of("name");
        if name.is_empty() {
            section.problem("name", "a receiver needs a `name`");
        } else if let Some(line) = lines.insert(name.clone(), place.line) {
            let quoted = model::quote(&name).to_string();
            section.problem("name", format!("receiver {quoted} is already defined in line {line}"));
        }
        let webhooks = section.items("webhook_configs").iter();
        let webhooks = webhooks.filter_map(|node| webhook(file.reader, node, client)).collect();
        section.finish();
        receivers.push(Receiver { name, webhooks });
    }
    receivers
}

fn webhook(reader: &Reader<'_>, node: &Node, client: &HttpClientConfig) -> Option<WebhookConfig> {
    if node.is_null() {
        reader.problem(node.place, "this entry of `webhook_configs` is empty");
        return None;
    }
    let section = reader.section(node, "receivers.webhook_configs")?;
    section.refuse(&["payload"]);
    let url = webhook_url(&section);
    let http = section.section("http_config", "http").map(http::client);
    let config = WebhookConfig {
        url: url.unwrap_or(SecretSource::Inline(Secret::default())),
        send_resolved: section.flag("send_resolved").unwrap_or(true),
        alerts_max: section.limit("max_alerts"),
        timeout: section.duration("timeout").filter(|timeout| !timeout.is_zero()),
        http: http.unwrap_or_else(|| client.clone()),
    };
    section.finish();
    Some(config)
}

fn webhook_url(section: &Section<'_>) -> Option<SecretSource> {
    let url = section.secret_or_file("url", "url_file");
    match &url {
        None => section.problem_here("a webhook needs `url` or `url_file`"),
        Some(SecretSource::Inline(url)) => {
            if let Err(error) = urls::parse_http(url.reveal()) {
                section.problem("url", format!("`url`: {error}"));
            }
        }
        Some(SecretSource::File(_)) => {}
    }
    url
}

#[cfg(test)]
mod tests;
