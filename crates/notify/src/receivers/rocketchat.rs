//! Rocket.Chat: `chat.postMessage` with a personal token.
//! Source: Alertmanager 0.34 `notify/rocketchat`.

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::post::{Deadline, Poster, join_path, parse_url, secret_header};
use crate::text::cut_chars;
use crate::view::View;
use config::RocketchatConfig;
use http::Method;
use http::header::HeaderMap;
use serde::{Deserialize, Serialize};

/// Longest title in characters.
const TITLE_CHARS_MAX: usize = 1024;

pub(crate) struct Rocketchat {
    pub(crate) config: RocketchatConfig,
    pub(crate) poster: Poster,
}

#[derive(Serialize)]
struct Message {
    #[serde(skip_serializing_if = "String::is_empty")]
    channel: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    emoji: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    avatar: String,
    attachments: [Attachment; 1],
}

#[derive(Serialize)]
struct Attachment {
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title_link: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    image_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    thumb_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    color: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Action>,
}

#[derive(Serialize)]
struct Field {
    short: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    value: String,
}

/// A button; upstream sends its type, text, URL and message only.
#[derive(Serialize)]
struct Action {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    url: String,
    is_webview: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    msg: String,
    msg_in_chat_window: bool,
}

#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    success: bool,
    #[serde(default)]
    error: String,
}

impl Rocketchat {
    fn message(&self, view: &View<'_>) -> Result<Message, DeliveryError> {
        let config = &self.config;
        Ok(Message {
            channel: view.address("channel", &config.channel)?,
            emoji: view.ornament("emoji", &config.emoji),
            avatar: view.ornament("icon_url", &config.icon_url),
            attachments: [self.attachment(view)],
        })
    }

    fn attachment(&self, view: &View<'_>) -> Attachment {
        let config = &self.config;
        let fields = config.fields.iter().map(|field| Field {
            short: field.short.unwrap_or(config.short_fields),
            title: view.text("fields.title", &field.title),
            value: view.text("fields.value", &field.value),
        });
        let actions = config.actions.iter().map(|action| Action {
            kind: "button",
            text: view.text("actions.text", &action.text),
            url: view.ornament("actions.url", &action.url),
            is_webview: false,
            msg: view.text("actions.msg", &action.msg),
            msg_in_chat_window: false,
        });
        Attachment {
            title: cut_chars(view.text("title", &config.title), TITLE_CHARS_MAX),
            title_link: view.ornament("title_link", &config.title_link),
            text: view.text("text", &config.text),
            image_url: view.ornament("image_url", &config.image_url),
            thumb_url: view.ornament("thumb_url", &config.thumb_url),
            color: view.ornament("color", &config.color),
            fields: fields.collect(),
            actions: actions.collect(),
        }
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let message = self.message(view)?;
        let token = self.poster.secret("Rocket.Chat's token", &self.config.token).await?;
        let user = self.poster.secret("Rocket.Chat's token_id", &self.config.token_id).await?;
        let mut headers = HeaderMap::new();
        headers.insert("X-Auth-Token", secret_header(token.reveal())?);
        headers.insert("X-User-Id", secret_header(user.reveal())?);
        let base = parse_url("Rocket.Chat's URL", &self.config.api_url)?;
        let url = join_path(&base, "api/v1/chat.postMessage");
        let sent = self.poster.send_json(Method::POST, url, headers, &message, deadline).await;
        let verdict =
            sent.and_then(|answer| answer.success(&[])).and_then(|answer| answer.json::<Verdict>());
        let channel = format!("channel {:?}", message.channel);
        let verdict = verdict.map_err(|error| error.while_doing(&channel))?;
        if verdict.success {
            return Ok(Stored::new());
        }
        let message = format!("{channel}: Rocket.Chat answered the error {:?}", verdict.error);
        Err(DeliveryError::rejected(message))
    }
}

impl Receive for Rocketchat {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.message(view).map(drop)
    }
}
