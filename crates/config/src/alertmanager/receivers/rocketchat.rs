//! Rocket.Chat: `chat.postMessage` with a personal token.

use super::{built_in, no_secret};
use crate::{HttpClientConfig, SecretSource};

/// A message to Rocket.Chat.
#[derive(Clone, Debug, PartialEq)]
pub struct RocketchatConfig {
    /// The server. Not a template.
    pub api_url: String,
    /// Identifier of the user that the token belongs to (`X-User-Id`).
    pub token_id: SecretSource,
    /// Personal token (`X-Auth-Token`).
    pub token: SecretSource,
    /// Channel or user.
    pub channel: String,
    /// Colour of the attachment.
    pub color: String,
    /// Title of the attachment.
    pub title: String,
    /// Where the title leads.
    pub title_link: String,
    /// Text of the attachment.
    pub text: String,
    /// Fields of the attachment.
    pub fields: Vec<RocketchatField>,
    /// Fields are short unless they say otherwise.
    pub short_fields: bool,
    /// Emoji shown as the sender's picture.
    pub emoji: String,
    /// The sender's picture.
    pub icon_url: String,
    /// Picture in the attachment.
    pub image_url: String,
    /// Small picture in the attachment.
    pub thumb_url: String,
    /// Channel and user names in texts become links.
    pub link_names: bool,
    /// Buttons.
    pub actions: Vec<RocketchatAction>,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for RocketchatConfig {
    fn default() -> Self {
        Self {
            api_url: String::new(),
            token_id: no_secret(),
            token: no_secret(),
            channel: String::new(),
            color: r#"{{ if eq .Status "firing" }}red{{ else }}green{{ end }}"#.to_owned(),
            title: built_in("rocketchat.default.title"),
            title_link: built_in("rocketchat.default.titlelink"),
            text: built_in("rocketchat.default.text"),
            fields: Vec::new(),
            short_fields: false,
            emoji: built_in("rocketchat.default.emoji"),
            icon_url: built_in("rocketchat.default.iconurl"),
            image_url: String::new(),
            thumb_url: String::new(),
            link_names: false,
            actions: Vec::new(),
            http: HttpClientConfig::default(),
        }
    }
}

/// A field of an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RocketchatField {
    /// Title.
    pub title: String,
    /// Text.
    pub value: String,
    /// Is it short enough to stand beside another? Absent: as `short_fields` says.
    pub short: Option<bool>,
}

/// A button. In the file its keys are written in one word (`imageurl`), as upstream reads them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RocketchatAction {
    /// Type (`button`).
    pub kind: String,
    /// Label.
    pub text: String,
    /// Where a click leads.
    pub url: String,
    /// Picture in place of the label.
    pub image_url: String,
    /// Open the URL inside the client.
    pub is_webview: bool,
    /// Height of that view: `compact`, `tall` or `full`.
    pub webview_height_ratio: String,
    /// Message that a click sends.
    pub msg: String,
    /// The message goes to the window instead of the channel.
    pub msg_in_chat_window: bool,
    /// `sendMessage` or `respondWithMessage`.
    pub msg_processing_type: String,
}
