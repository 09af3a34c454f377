//! `slack_configs`

use super::fields;
use crate::alertmanager::read::global::Global;
use crate::alertmanager::receivers::{
    IntegrationKind, SlackAction, SlackConfig, SlackConfirmation, SlackField,
};
use crate::read::Section;
use crate::yaml::Node;
use crate::{HttpAuth, HttpClientConfig, REDACTED, Secret, SecretSource};

pub(super) fn read(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = SlackConfig { ..SlackConfig::default() };
    (config.api_url, config.http) = endpoint(section, global);
    let c = &mut config;
    fields::texts(
        section,
        [
            ("channel", &mut c.channel),
            ("username", &mut c.username),
            ("color", &mut c.color),
            ("title", &mut c.title),
            ("title_link", &mut c.title_link),
            ("pretext", &mut c.pretext),
            ("text", &mut c.text),
            ("message_text", &mut c.message_text),
            ("footer", &mut c.footer),
            ("fallback", &mut c.fallback),
            ("callback_id", &mut c.callback_id),
            ("icon_emoji", &mut c.icon_emoji),
            ("icon_url", &mut c.icon_url),
            ("image_url", &mut c.image_url),
            ("thumb_url", &mut c.thumb_url),
        ],
    );
    config.short_fields = section.flag("short_fields").unwrap_or_default();
    config.link_names = section.flag("link_names").unwrap_or_default();
    config.mrkdwn_in = section.texts("mrkdwn_in").unwrap_or_default();
    config.timeout = fields::timeout(section);
    config.update_message = update_message(section);
    config.fields = section.items("fields").iter().filter_map(|n| field(section, n)).collect();
    config.actions = section.items("actions").iter().filter_map(|n| action(section, n)).collect();
    IntegrationKind::Slack(Box::new(config))
}

/// Where messages go and how requests are made: a webhook, or the API of bots with a token.
fn endpoint(section: &Section<'_>, global: &Global) -> (SecretSource, HttpClientConfig) {
    let own_url = fields::secret_url(section, "api_url", "api_url_file");
    let own_token = section.secret_or_file("app_token", "app_token_file");
    let app_url = fields::url(section, "app_url").or_else(|| global.urls.slack_app.clone());
    let own_http = fields::own_client(section);
    if own_url.is_some() && own_token.is_some() {
        let message = "at most one of `api_url` and `app_token` may be set, inline or as a file";
        section.problem_here(message);
    }
    if app_url.is_none() {
        section.problem_here("Slack needs `app_url`, or `slack_app_url` in `global`");
    }
    let is_authorized = own_http.as_ref().is_some_and(is_authorized_client);
    let takes_global_token = own_url.is_none() && !is_authorized;
    let secrets = &global.secrets;
    let global_token = secrets.slack_app_token.clone().filter(|_| takes_global_token);
    let token = own_token.or(global_token);
    let url = own_url.or_else(|| secrets.slack_api_url.clone());
    let mut http = own_http.unwrap_or_else(|| global.http.clone());
    let nothing = SecretSource::Inline(Secret::default());
    let Some(token) = token else {
        if url.is_none() && !section.is_filled("api_url") && !section.has("api_url") {
            let message = "Slack needs `api_url` or `app_token`, inline or as a file, here or in \
                           `global` (`slack_api_url`, `slack_app_token`)";
            section.problem_here(message);
        }
        return (url.unwrap_or(nothing), http);
    };
    if is_authorized_client(&http) {
        let message = "an app token is the authorization; `http_config` cannot have another";
        section.problem_here(message);
    }
    http.auth = HttpAuth::Authorization { kind: "Bearer".into(), credentials: Some(token) };
    (SecretSource::Inline(Secret::new(app_url.unwrap_or_default())), http)
}

fn is_authorized_client(http: &HttpClientConfig) -> bool {
    matches!(http.auth, HttpAuth::Authorization { .. })
}

/// Only the API of bots can change a message, and only when the section itself names it.
fn update_message(section: &Section<'_>) -> bool {
    let wanted = section.flag("update_message").unwrap_or_default();
    let url = section.secret("api_url");
    let is_bots_api =
        |url: Secret| [SlackConfig::POST_MESSAGE_URL, REDACTED].contains(&url.reveal());
    if wanted && !url.is_some_and(is_bots_api) {
        let message = format!(
            "`update_message` needs a bot: `api_url` must be `{}`, with the bot's token in \
             `http_config.authorization`",
            SlackConfig::POST_MESSAGE_URL
        );
        section.problem("update_message", message);
    }
    wanted
}

fn field(parent: &Section<'_>, node: &Node) -> Option<SlackField> {
    let section = parent.reader.section(node, "fields")?;
    let (title, value) = (needed(&section, "title"), needed(&section, "value"));
    let short = fields::own_flag(&section, "short");
    section.finish();
    Some(SlackField { title, value, short })
}

/// A text that must not be empty.
pub(super) fn needed(section: &Section<'_>, key: &'static str) -> String {
    let text = section.filled(key);
    if text.is_none() {
        section.problem_here(format!("`{key}` is missing"));
    }
    text.unwrap_or_default()
}

fn action(parent: &Section<'_>, node: &Node) -> Option<SlackAction> {
    let section = parent.reader.section(node, "actions")?;
    let mut action = SlackAction {
        kind: needed(&section, "type"),
        text: needed(&section, "text"),
        ..SlackAction::default()
    };
    fields::texts(
        &section,
        [
            ("url", &mut action.url),
            ("style", &mut action.style),
            ("name", &mut action.name),
            ("value", &mut action.value),
        ],
    );
    action.confirm = section.section("confirm", "confirm").map(confirmation);
    section.finish();
    if action.url.is_empty() && action.name.is_empty() {
        parent.reader.problem(node.place, "an action needs `url` or `name`");
    }
    if !action.url.is_empty() {
        action.name.clear();
        action.value.clear();
        action.confirm = None;
    }
    Some(action)
}

fn confirmation(section: Section<'_>) -> SlackConfirmation {
    let mut confirmation =
        SlackConfirmation { text: needed(&section, "text"), ..SlackConfirmation::default() };
    fields::texts(
        &section,
        [
            ("title", &mut confirmation.title),
            ("ok_text", &mut confirmation.ok_text),
            ("dismiss_text", &mut confirmation.dismiss_text),
        ],
    );
    section.finish();
    confirmation
}
