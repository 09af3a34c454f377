//! `discord_configs`, `webex_configs`, `msteams_configs`, `msteamsv2_configs`, `telegram_configs`,
//! `wechat_configs`, `googlechat_configs`

use super::fields;
use crate::alertmanager::read::global::Global;
use crate::alertmanager::receivers::{
    DiscordConfig, GoogleChatConfig, IntegrationKind, MsTeamsConfig, MsTeamsV2Config,
    TelegramConfig, TelegramParseMode, WebexConfig, WechatConfig, WechatMessageType,
};
use crate::read::Section;
use crate::{HttpAuth, SecretSource, TextSource};

fn webhook_url(section: &Section<'_>, default: SecretSource) -> SecretSource {
    fields::needed_secret_url(section, "webhook_url", "webhook_url_file").unwrap_or(default)
}

pub(super) fn discord(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = DiscordConfig::default();
    config.webhook_url = webhook_url(section, config.webhook_url);
    config.http = fields::client(section, &global.http);
    fields::texts(
        section,
        [
            ("content", &mut config.content),
            ("title", &mut config.title),
            ("message", &mut config.message),
            ("username", &mut config.username),
            ("avatar_url", &mut config.avatar_url),
        ],
    );
    IntegrationKind::Discord(Box::new(config))
}

pub(super) fn ms_teams(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = MsTeamsConfig::default();
    config.webhook_url = webhook_url(section, config.webhook_url);
    config.http = fields::client(section, &global.http);
    fields::texts(
        section,
        [
            ("title", &mut config.title),
            ("summary", &mut config.summary),
            ("text", &mut config.text),
        ],
    );
    IntegrationKind::MsTeams(Box::new(config))
}

pub(super) fn ms_teams_v2(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = MsTeamsV2Config::default();
    config.webhook_url = webhook_url(section, config.webhook_url);
    config.http = fields::client(section, &global.http);
    fields::texts(section, [("title", &mut config.title), ("text", &mut config.text)]);
    IntegrationKind::MsTeamsV2(Box::new(config))
}

pub(super) fn google_chat(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = GoogleChatConfig::default();
    config.webhook_url = webhook_url(section, config.webhook_url);
    config.card = section.flag("card").unwrap_or(config.card);
    config.threading = section.flag("threading").unwrap_or(config.threading);
    config.timeout = fields::timeout(section);
    config.http = fields::client(section, &global.http);
    fields::texts(section, [("title", &mut config.title), ("text", &mut config.text)]);
    IntegrationKind::GoogleChat(Box::new(config))
}

/// The authorization must be the section's own: upstream does not look at the global one.
pub(super) fn webex(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = WebexConfig::default();
    let own = fields::own_client(section);
    let api_url = fields::url(section, "api_url").or_else(|| global.urls.webex.clone());
    if api_url.is_none() {
        section.problem_here("Webex needs `api_url`, or `webex_api_url` in `global`");
    }
    config.api_url = api_url.unwrap_or_default();
    fields::texts(section, [("message", &mut config.message), ("room_id", &mut config.room_id)]);
    if config.room_id.is_empty() {
        section.problem_here("Webex needs a `room_id`");
    }
    match own {
        Some(http) if matches!(http.auth, HttpAuth::Authorization { .. }) => config.http = http,
        Some(_) | None => {
            section.problem_here("Webex needs `authorization` in its own `http_config`");
        }
    }
    IntegrationKind::Webex(Box::new(config))
}

pub(super) fn telegram(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = TelegramConfig::default();
    let own_token = section.secret_or_file("bot_token", "bot_token_file");
    match own_token.or_else(|| global.secrets.telegram_bot_token.clone()) {
        Some(token) => config.bot_token = token,
        None => section.problem_here(
            "Telegram needs `bot_token`, inline or as a file, here or in `global` \
             (`telegram_bot_token`)",
        ),
    }
    let api_url = fields::url(section, "api_url").or_else(|| global.urls.telegram.clone());
    config.api_url = api_url.unwrap_or_default();
    config.chat_id = chat_id(section);
    config.message_thread_id = section.number("message_thread_id").filter(|&id| id != 0);
    config.disable_notifications = section.flag("disable_notifications").unwrap_or_default();
    let modes = [
        ("", TelegramParseMode::Plain),
        ("Markdown", TelegramParseMode::Markdown),
        ("MarkdownV2", TelegramParseMode::MarkdownV2),
        ("HTML", TelegramParseMode::Html),
    ];
    config.parse_mode = section.choice("parse_mode", &modes).unwrap_or_default();
    config.timeout = fields::timeout(section);
    config.http = fields::client(section, &global.http);
    fields::texts(section, [("message", &mut config.message)]);
    IntegrationKind::Telegram(Box::new(config))
}

fn chat_id(section: &Section<'_>) -> TextSource {
    let id = section.number::<i64>("chat_id").filter(|&id| id != 0);
    let file = section.path("chat_id_file");
    match (id, file) {
        (Some(_), Some(_)) => {
            let message = "at most one of `chat_id` and `chat_id_file` may be set";
            section.problem("chat_id_file", message);
        }
        (Some(id), None) => return TextSource::Inline(id.to_string()),
        (None, Some(path)) => return TextSource::File(path),
        (None, None) => section.problem_here("Telegram needs `chat_id` or `chat_id_file`"),
    }
    TextSource::default()
}

pub(super) fn wechat(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = WechatConfig::default();
    let secret = section.secret_or_file("api_secret", "api_secret_file");
    match secret.or_else(|| global.secrets.wechat_api_secret.clone()) {
        Some(secret) => config.api_secret = secret,
        None => section.problem_here(
            "WeChat needs `api_secret`, inline or as a file, here or in `global` \
             (`wechat_api_secret`)",
        ),
    }
    let api_url = fields::url(section, "api_url").or_else(|| global.urls.wechat.clone());
    if api_url.is_none() {
        section.problem_here("WeChat needs `api_url`, or `wechat_api_url` in `global`");
    }
    config.api_url = fields::folder_url(api_url.unwrap_or_default());
    let corp_id = section.filled("corp_id").or_else(|| global.wechat_corp_id.clone());
    if corp_id.is_none() {
        section.problem_here("WeChat needs `corp_id`, or `wechat_api_corp_id` in `global`");
    }
    config.corp_id = corp_id.unwrap_or_default();
    let types = [
        ("", WechatMessageType::Text),
        ("text", WechatMessageType::Text),
        ("markdown", WechatMessageType::Markdown),
    ];
    config.message_type = section.choice("message_type", &types).unwrap_or_default();
    config.http = fields::client(section, &global.http);
    fields::texts(
        section,
        [
            ("message", &mut config.message),
            ("agent_id", &mut config.agent_id),
            ("to_user", &mut config.to_user),
            ("to_party", &mut config.to_party),
            ("to_tag", &mut config.to_tag),
        ],
    );
    IntegrationKind::Wechat(Box::new(config))
}
