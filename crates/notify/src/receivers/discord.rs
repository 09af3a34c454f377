//! Discord: a webhook with one embed. Source: Alertmanager 0.34 `notify/discord`.

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::post::{Deadline, Poster};
use crate::text::cut_chars;
use crate::view::View;
use config::DiscordConfig;
use serde::Serialize;

/// Longest title and text of an embed and text above it, in characters.
const TITLE_CHARS_MAX: usize = 256;
const DESCRIPTION_CHARS_MAX: usize = 4096;
const CONTENT_CHARS_MAX: usize = 2000;
/// Red and green.
const COLOUR_FIRING: u32 = 0x0099_2d22;
const COLOUR_RESOLVED: u32 = 0x002e_cc71;

pub(crate) struct Discord {
    pub(crate) config: DiscordConfig,
    pub(crate) poster: Poster,
}

#[derive(Serialize)]
struct Message<'a> {
    content: String,
    embeds: [Embed; 1],
    #[serde(skip_serializing_if = "str::is_empty")]
    username: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    avatar_url: &'a str,
}

#[derive(Serialize)]
struct Embed {
    title: String,
    description: String,
    color: u32,
}

impl Discord {
    fn message(&self, view: &View<'_>) -> Message<'_> {
        let config = &self.config;
        let description = view.text("message", &config.message);
        Message {
            content: cut_chars(view.text("content", &config.content), CONTENT_CHARS_MAX),
            embeds: [Embed {
                title: cut_chars(view.text("title", &config.title), TITLE_CHARS_MAX),
                description: cut_chars(description, DESCRIPTION_CHARS_MAX),
                color: if view.is_firing() { COLOUR_FIRING } else { COLOUR_RESOLVED },
            }],
            username: &config.username,
            avatar_url: &config.avatar_url,
        }
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let message = self.message(view);
        let url = self.poster.url("the Discord URL", &self.config.webhook_url).await?;
        self.poster.post_json(url, &message, deadline).await?;
        Ok(Stored::new())
    }
}

impl Receive for Discord {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.message(view);
        Ok(())
    }
}
