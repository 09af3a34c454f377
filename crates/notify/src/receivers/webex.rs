//! Webex: a Markdown message to a room. Source: Alertmanager 0.34 `notify/webex`.

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::post::{Deadline, Poster, parse_url};
use crate::text::cut_bytes;
use crate::view::View;
use config::WebexConfig;
use serde::Serialize;

/// Longest message in bytes.
const MESSAGE_BYTES_MAX: usize = 7439;

pub(crate) struct Webex {
    pub(crate) config: WebexConfig,
    pub(crate) poster: Poster,
}

#[derive(Serialize)]
struct Message {
    markdown: String,
    #[serde(rename = "roomId", skip_serializing_if = "String::is_empty")]
    room_id: String,
}

impl Webex {
    fn message(&self, view: &View<'_>) -> Result<Message, DeliveryError> {
        Ok(Message {
            markdown: cut_bytes(view.text("message", &self.config.message), MESSAGE_BYTES_MAX),
            room_id: view.address("room_id", &self.config.room_id)?,
        })
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let message = self.message(view)?;
        let url = parse_url("Webex' URL", &self.config.api_url)?;
        self.poster.post_json(url, &message, deadline).await?;
        Ok(Stored::new())
    }
}

impl Receive for Webex {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.message(view).map(drop)
    }
}
