//! ntfy: a message to a topic, published as JSON (ntfy's `docs/publish`, "Publish as JSON").

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::post::{Deadline, Poster, parse_url};
use crate::text::cut_bytes;
use crate::view::View;
use config::NtfyConfig;
use serde::Serialize;

/// Longest text in bytes; the server turns a longer one into a file.
const MESSAGE_BYTES_MAX: usize = 4096;
/// Longest title in bytes that every client shows.
const TITLE_BYTES_MAX: usize = 250;

pub(crate) struct Ntfy {
    pub(crate) config: NtfyConfig,
    pub(crate) poster: Poster,
}

#[derive(Serialize)]
struct Message {
    topic: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(rename = "message")]
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<u8>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    click: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    icon: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    markdown: bool,
}

impl Ntfy {
    fn message(&self, view: &View<'_>) -> Result<Message, DeliveryError> {
        let config = &self.config;
        let topic = view.address("topic", &config.topic)?;
        if topic.is_empty() {
            return Err(DeliveryError::refused("the ntfy topic is empty after templating"));
        }
        let text = view.text("message", &config.message);
        let tags = config.tags.iter().map(|tag| view.ornament("tags", tag));
        let parts = tags
            .flat_map(|tag| tag.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>());
        Ok(Message {
            topic,
            title: cut_bytes(view.text("title", &config.title), TITLE_BYTES_MAX),
            text: cut_bytes(text.trim().to_owned(), MESSAGE_BYTES_MAX),
            priority: priority(&view.ornament("priority", &config.priority)),
            tags: parts.filter(|tag| !tag.is_empty()).collect(),
            click: view.ornament("click", &config.click),
            icon: view.ornament("icon", &config.icon),
            markdown: config.markdown,
        })
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let message = self.message(view)?;
        let url = parse_url("ntfy's URL", &self.config.url)?;
        self.poster.post_json(url, &message, deadline.within(self.config.timeout)).await?;
        Ok(Stored::new())
    }
}

/// A priority by number or name; the server's default for anything else.
fn priority(text: &str) -> Option<u8> {
    match text.trim() {
        "1" | "min" => Some(1),
        "2" | "low" => Some(2),
        "3" | "default" => Some(3),
        "4" | "high" => Some(4),
        "5" | "max" | "urgent" => Some(5),
        _ => None,
    }
}

impl Receive for Ntfy {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.message(view).map(drop)
    }
}
