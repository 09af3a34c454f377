//! Chat services whose messages are a title and a text.

use super::{built_in, no_secret};
use crate::{HttpClientConfig, SecretSource, TextSource};
use std::time::Duration;

/// A message to a Discord webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct DiscordConfig {
    /// The webhook. Not a template.
    pub webhook_url: SecretSource,
    /// Text above the embed.
    pub content: String,
    /// Title of the embed.
    pub title: String,
    /// Text of the embed.
    pub message: String,
    /// Name of the sender; empty: the webhook's.
    pub username: String,
    /// The sender's picture; empty: the webhook's.
    pub avatar_url: String,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for DiscordConfig {
    fn default() -> Self {
        Self {
            webhook_url: no_secret(),
            content: String::new(),
            title: built_in("discord.default.title"),
            message: built_in("discord.default.message"),
            username: String::new(),
            avatar_url: String::new(),
            http: HttpClientConfig::default(),
        }
    }
}

/// A message to a Cisco Webex room.
#[derive(Clone, Debug, PartialEq)]
pub struct WebexConfig {
    /// The API. Not a template.
    pub api_url: String,
    /// Text of the message.
    pub message: String,
    /// The room.
    pub room_id: String,
    /// How requests are made; always with an `Authorization`.
    pub http: HttpClientConfig,
}

impl Default for WebexConfig {
    fn default() -> Self {
        Self {
            api_url: String::new(),
            message: built_in("webex.default.message"),
            room_id: String::new(),
            http: HttpClientConfig::default(),
        }
    }
}

/// A message to a Microsoft Teams connector (the old kind, `MessageCard`).
#[derive(Clone, Debug, PartialEq)]
pub struct MsTeamsConfig {
    /// The webhook. Not a template.
    pub webhook_url: SecretSource,
    /// Title of the card.
    pub title: String,
    /// Summary for notifications.
    pub summary: String,
    /// Text of the card.
    pub text: String,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for MsTeamsConfig {
    fn default() -> Self {
        Self {
            webhook_url: no_secret(),
            title: built_in("msteams.default.title"),
            summary: built_in("msteams.default.summary"),
            text: built_in("msteams.default.text"),
            http: HttpClientConfig::default(),
        }
    }
}

/// A message to a Microsoft Teams flow (an adaptive card).
#[derive(Clone, Debug, PartialEq)]
pub struct MsTeamsV2Config {
    /// The webhook of the flow. Not a template.
    pub webhook_url: SecretSource,
    /// Title of the card.
    pub title: String,
    /// Text of the card.
    pub text: String,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for MsTeamsV2Config {
    fn default() -> Self {
        Self {
            webhook_url: no_secret(),
            title: built_in("msteamsv2.default.title"),
            text: built_in("msteamsv2.default.text"),
            http: HttpClientConfig::default(),
        }
    }
}

/// A message by a Telegram bot.
#[derive(Clone, Debug, PartialEq)]
pub struct TelegramConfig {
    /// The API. Not a template.
    pub api_url: String,
    /// Token of the bot.
    pub bot_token: SecretSource,
    /// The chat: a whole number, which may be negative, or a file that holds it.
    pub chat_id: TextSource,
    /// Topic within the chat.
    pub message_thread_id: Option<i64>,
    /// Text of the message.
    pub message: String,
    /// Deliver without a sound.
    pub disable_notifications: bool,
    /// How the text is marked up.
    pub parse_mode: TelegramParseMode,
    /// Longest time of a call; absent: the group's.
    pub timeout: Option<Duration>,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for TelegramConfig {
    fn default() -> Self {
        Self {
            api_url: String::new(),
            bot_token: no_secret(),
            chat_id: TextSource::default(),
            message_thread_id: None,
            message: built_in("telegram.default.message"),
            disable_notifications: false,
            parse_mode: TelegramParseMode::default(),
            timeout: None,
            http: HttpClientConfig::default(),
        }
    }
}

/// How a text for Telegram is marked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum TelegramParseMode {
    /// Not at all (an empty `parse_mode`).
    Plain,
    /// The old Markdown.
    Markdown,
    /// The new Markdown.
    MarkdownV2,
    /// HTML; values in the template are escaped.
    #[default]
    Html,
}

impl TelegramParseMode {
    /// Name in the API; empty for plain text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Markdown => "Markdown",
            Self::MarkdownV2 => "MarkdownV2",
            Self::Html => "HTML",
        }
    }
}

/// A message to a `WeCom` (`WeChat` Work) application.
#[derive(Clone, Debug, PartialEq)]
pub struct WechatConfig {
    /// The API, ending in a slash. Not a template.
    pub api_url: String,
    /// Secret of the application; a template when it is written in place.
    pub api_secret: SecretSource,
    /// Identifier of the company.
    pub corp_id: String,
    /// Text of the message.
    pub message: String,
    /// Markup of the message.
    pub message_type: WechatMessageType,
    /// Identifier of the application.
    pub agent_id: String,
    /// Users, separated by `|`.
    pub to_user: String,
    /// Departments, separated by `|`.
    pub to_party: String,
    /// Tags, separated by `|`.
    pub to_tag: String,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for WechatConfig {
    fn default() -> Self {
        Self {
            api_url: String::new(),
            api_secret: no_secret(),
            corp_id: String::new(),
            message: built_in("wechat.default.message"),
            message_type: WechatMessageType::default(),
            agent_id: built_in("wechat.default.agent_id"),
            to_user: built_in("wechat.default.to_user"),
            to_party: built_in("wechat.default.to_party"),
            to_tag: built_in("wechat.default.to_tag"),
            http: HttpClientConfig::default(),
        }
    }
}

/// Markup of a message to `WeCom`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum WechatMessageType {
    /// `text`
    #[default]
    Text,
    /// `markdown`
    Markdown,
}

impl WechatMessageType {
    /// Name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
        }
    }
}

/// A message to a Google Chat space.
#[derive(Clone, Debug, PartialEq)]
pub struct GoogleChatConfig {
    /// Webhook of the space, with its key and token. Not a template.
    pub webhook_url: SecretSource,
    /// Title of the card; not used without one.
    pub title: String,
    /// Text of the message or card; Google's own markup (`*bold*`, `<url|text>`).
    pub text: String,
    /// Send a card with the title as its header instead of a plain text; false by default.
    pub card: bool,
    /// Messages of a group answer its first one; true by default.
    pub threading: bool,
    /// Longest time of a call; absent: the group's.
    pub timeout: Option<Duration>,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for GoogleChatConfig {
    fn default() -> Self {
        Self {
            webhook_url: no_secret(),
            title: built_in("googlechat.default.title"),
            text: built_in("googlechat.default.text"),
            card: false,
            threading: true,
            timeout: None,
            http: HttpClientConfig::default(),
        }
    }
}
