//! Mattermost: incoming webhooks with attachments.

use super::{built_in, no_secret};
use crate::{HttpClientConfig, SecretSource};

/// A message to Mattermost.
#[derive(Clone, Debug, PartialEq)]
pub struct MattermostConfig {
    /// Incoming webhook. Not a template.
    pub webhook_url: SecretSource,
    /// Channel, overriding that of the webhook.
    pub channel: String,
    /// Name of the sender.
    pub username: String,
    /// The sender's picture.
    pub icon_url: String,
    /// Emoji shown as the sender's picture.
    pub icon_emoji: String,
    /// Keys that stand beside `channel` and look like an attachment's: of them only `text` is sent,
    /// as the text of the message, as upstream does.
    pub attachment: MattermostAttachment,
    /// Attachments in place of that one, when there are any.
    pub attachments: Vec<MattermostAttachment>,
    /// Type of the post; must begin with `custom_`, empty: an ordinary post.
    pub kind: String,
    /// Text of the card beside the post (`props.card`).
    pub card: Option<String>,
    /// Priority of the post.
    pub priority: Option<MattermostPriority>,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for MattermostConfig {
    fn default() -> Self {
        Self {
            webhook_url: no_secret(),
            channel: String::new(),
            username: built_in("mattermost.default.username"),
            icon_url: String::new(),
            icon_emoji: String::new(),
            attachment: MattermostAttachment {
                fallback: built_in("mattermost.default.fallback"),
                color: built_in("mattermost.default.color"),
                text: built_in("mattermost.default.text"),
                title: built_in("mattermost.default.title"),
                title_link: built_in("mattermost.default.titlelink"),
                ..MattermostAttachment::default()
            },
            attachments: Vec::new(),
            kind: String::new(),
            card: None,
            priority: None,
            http: HttpClientConfig::default(),
        }
    }
}

/// An attachment.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MattermostAttachment {
    /// Text for clients without attachments.
    pub fallback: String,
    /// Colour of the bar at the left.
    pub color: String,
    /// Text above the attachment.
    pub pretext: String,
    /// Text of the attachment.
    pub text: String,
    /// Author's name.
    pub author_name: String,
    /// Where the author's name leads.
    pub author_link: String,
    /// The author's picture.
    pub author_icon: String,
    /// Title.
    pub title: String,
    /// Where the title leads.
    pub title_link: String,
    /// Fields.
    pub fields: Vec<MattermostField>,
    /// Small picture.
    pub thumb_url: String,
    /// Footer.
    pub footer: String,
    /// Picture beside the footer.
    pub footer_icon: String,
    /// Picture.
    pub image_url: String,
}

/// A field of an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MattermostField {
    /// Title, not empty.
    pub title: String,
    /// Text, not empty.
    pub value: String,
    /// Is it short enough to stand beside another? Absent: not said.
    pub short: Option<bool>,
}

/// Priority of a post.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MattermostPriority {
    /// `standard`, `important` or `urgent`.
    pub priority: String,
    /// Ask readers to acknowledge.
    pub requested_ack: bool,
    /// Notify again until somebody does.
    pub persistent_notifications: bool,
}
