//! Slack: incoming webhooks, and bots with `chat.postMessage`.

use super::{built_in, no_secret};
use crate::{HttpClientConfig, SecretSource};
use std::time::Duration;

/// A message to Slack.
#[derive(Clone, Debug, PartialEq)]
pub struct SlackConfig {
    /// Incoming webhook, or the API of a bot whose token is in `http.auth`. Not a template.
    pub api_url: SecretSource,
    /// Channel or user, overriding that of the webhook.
    pub channel: String,
    /// Name of the sender.
    pub username: String,
    /// Colour of the attachment.
    pub color: String,
    /// Title of the attachment.
    pub title: String,
    /// Where the title leads.
    pub title_link: String,
    /// Text above the attachment.
    pub pretext: String,
    /// Text of the attachment.
    pub text: String,
    /// Text of the message itself.
    pub message_text: String,
    /// Fields of the attachment.
    pub fields: Vec<SlackField>,
    /// Fields are short unless they say otherwise.
    pub short_fields: bool,
    /// Footer of the attachment.
    pub footer: String,
    /// Text for clients without attachments.
    pub fallback: String,
    /// Identifier for actions.
    pub callback_id: String,
    /// Emoji shown as the sender's picture.
    pub icon_emoji: String,
    /// The sender's picture.
    pub icon_url: String,
    /// Picture in the attachment.
    pub image_url: String,
    /// Small picture in the attachment.
    pub thumb_url: String,
    /// Channel and user names in texts become links.
    pub link_names: bool,
    /// Fields whose text is Markdown; empty: Slack's fallback, pretext and text. Not templates.
    pub mrkdwn_in: Vec<String>,
    /// Buttons.
    pub actions: Vec<SlackAction>,
    /// Edit the first message of a group instead of sending another; only with a bot.
    pub update_message: bool,
    /// Longest time of a call; absent: the group's.
    pub timeout: Option<Duration>,
    /// How requests are made; an app token is its `Authorization`.
    pub http: HttpClientConfig,
}

impl SlackConfig {
    /// API of bots: the only one that can edit messages.
    pub const POST_MESSAGE_URL: &'static str = "https://slack.com/api/chat.postMessage";
}

impl Default for SlackConfig {
    fn default() -> Self {
        Self {
            api_url: no_secret(),
            channel: String::new(),
            username: built_in("slack.default.username"),
            color: built_in("slack.default.color"),
            title: built_in("slack.default.title"),
            title_link: built_in("slack.default.titlelink"),
            pretext: built_in("slack.default.pretext"),
            text: built_in("slack.default.text"),
            message_text: String::new(),
            fields: Vec::new(),
            short_fields: false,
            footer: built_in("slack.default.footer"),
            fallback: built_in("slack.default.fallback"),
            callback_id: built_in("slack.default.callbackid"),
            icon_emoji: built_in("slack.default.iconemoji"),
            icon_url: built_in("slack.default.iconurl"),
            image_url: String::new(),
            thumb_url: String::new(),
            link_names: false,
            mrkdwn_in: Vec::new(),
            actions: Vec::new(),
            update_message: false,
            timeout: None,
            http: HttpClientConfig::default(),
        }
    }
}

/// A field of an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SlackField {
    /// Title, not empty.
    pub title: String,
    /// Text, not empty.
    pub value: String,
    /// Is it short enough to stand beside another? Absent: as `short_fields` says.
    pub short: Option<bool>,
}

/// A button; it has a URL or a name.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SlackAction {
    /// Type, not empty (`button`).
    pub kind: String,
    /// Label, not empty.
    pub text: String,
    /// Where a click leads; a button with a URL has no name, value and confirmation.
    pub url: String,
    /// Style: `primary`, `danger`, ...
    pub style: String,
    /// Name that the app gets.
    pub name: String,
    /// Value that the app gets.
    pub value: String,
    /// Question before the click counts.
    pub confirm: Option<SlackConfirmation>,
}

/// Question before a click counts.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SlackConfirmation {
    /// The question, not empty.
    pub text: String,
    /// Title of the dialogue.
    pub title: String,
    /// Label of the button that agrees.
    pub ok_text: String,
    /// Label of the button that declines.
    pub dismiss_text: String,
}
