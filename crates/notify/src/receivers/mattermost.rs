//! Mattermost: an incoming webhook with a text and attachments.
//! Source: Alertmanager 0.34 `notify/mattermost`, which sends the listed attachments only.

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::post::{Deadline, Poster};
use crate::text::cut_chars;
use crate::view::View;
use config::{MattermostAttachment, MattermostConfig, MattermostPriority};
use serde::Serialize;

/// Longest text in characters.
const TEXT_CHARS_MAX: usize = 16_383;

pub(crate) struct Mattermost {
    pub(crate) config: MattermostConfig,
    pub(crate) poster: Poster,
}

#[derive(Serialize)]
struct Message {
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    channel: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    username: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    icon_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    icon_emoji: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment>,
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    props: Option<Props>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<Priority>,
}

#[derive(Serialize)]
struct Props {
    card: String,
}

#[derive(Serialize)]
struct Priority {
    #[serde(rename = "priority")]
    degree: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    requested_ack: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    persistent_notifications: bool,
}

#[derive(Serialize)]
struct Attachment {
    #[serde(skip_serializing_if = "String::is_empty")]
    fallback: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    color: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pretext: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    author_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    author_link: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    author_icon: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title_link: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field>,
    #[serde(skip_serializing_if = "String::is_empty")]
    thumb_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    footer: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    footer_icon: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    image_url: String,
}

#[derive(Serialize)]
struct Field {
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    short: Option<bool>,
}

impl Mattermost {
    fn message(&self, view: &View<'_>) -> Result<Message, DeliveryError> {
        let config = &self.config;
        let card = config.card.as_deref().filter(|card| !card.is_empty());
        let priority = config.priority.as_ref().filter(|one| !one.priority.is_empty());
        Ok(Message {
            text: cut_chars(view.text("text", &config.attachment.text), TEXT_CHARS_MAX),
            channel: view.address("channel", &config.channel)?,
            username: view.ornament("username", &config.username),
            icon_url: view.ornament("icon_url", &config.icon_url),
            icon_emoji: view.ornament("icon_emoji", &config.icon_emoji),
            attachments: config.attachments.iter().map(|one| attachment(view, one)).collect(),
            kind: view.ornament("type", &config.kind),
            props: card.map(|card| Props { card: view.text("props.card", card) }),
            priority: priority.map(|one| render_priority(view, one)),
        })
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let message = self.message(view)?;
        let url = self.poster.url("the Mattermost URL", &self.config.webhook_url).await?;
        let sent = self.poster.post_json(url, &message, deadline).await;
        sent.map_err(|error| error.while_doing(&format!("channel {:?}", message.channel)))?;
        Ok(Stored::new())
    }
}

fn attachment(view: &View<'_>, config: &MattermostAttachment) -> Attachment {
    let ornament =
        |name: &str, template: &str| view.ornament(&format!("attachments.{name}"), template);
    let text = |name: &str, template: &str| view.text(&format!("attachments.{name}"), template);
    let fields = config.fields.iter().map(|field| Field {
        title: text("fields.title", &field.title),
        value: text("fields.value", &field.value),
        short: field.short,
    });
    Attachment {
        fallback: text("fallback", &config.fallback),
        color: ornament("color", &config.color),
        pretext: text("pretext", &config.pretext),
        text: text("text", &config.text),
        author_name: ornament("author_name", &config.author_name),
        author_link: ornament("author_link", &config.author_link),
        author_icon: ornament("author_icon", &config.author_icon),
        title: text("title", &config.title),
        title_link: ornament("title_link", &config.title_link),
        fields: fields.collect(),
        thumb_url: ornament("thumb_url", &config.thumb_url),
        footer: text("footer", &config.footer),
        footer_icon: ornament("footer_icon", &config.footer_icon),
        image_url: ornament("image_url", &config.image_url),
    }
}

/// Only urgent posts may be repeated, and standard ones need no acknowledgement.
fn render_priority(view: &View<'_>, config: &MattermostPriority) -> Priority {
    let wanted = view.ornament("priority.priority", &config.priority).to_lowercase();
    let degree = match wanted.as_str() {
        "urgent" => "urgent",
        "important" => "important",
        _ => "standard",
    };
    Priority {
        degree,
        requested_ack: config.requested_ack && degree != "standard",
        persistent_notifications: config.persistent_notifications && degree == "urgent",
    }
}

impl Receive for Mattermost {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.message(view).map(drop)
    }
}
