//! Google Chat: an incoming webhook of a space, as plain text or as a card; messages of a group
//! answer its first one (Google's "Send messages with incoming webhooks").

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::post::{Deadline, Poster};
use crate::text::cut_bytes;
use crate::view::View;
use config::GoogleChatConfig;
use serde_json::{Value, json};

/// Longest text in bytes.
const TEXT_BYTES_MAX: usize = 4096;
/// What happens to an answer whose thread does not exist.
const REPLY_OPTION: &str = "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD";

pub(crate) struct GoogleChat {
    pub(crate) config: GoogleChatConfig,
    pub(crate) poster: Poster,
}

impl GoogleChat {
    fn message(&self, view: &View<'_>) -> Value {
        let text = cut_bytes(view.text("text", &self.config.text), TEXT_BYTES_MAX);
        let mut message = if self.config.card {
            let title = view.text("title", &self.config.title);
            let widget = json!({"textParagraph": {"text": text}});
            let card = json!({"header": {"title": title}, "sections": [{"widgets": [widget]}]});
            json!({"cardsV2": [{"cardId": view.key_hash(), "card": card}]})
        } else {
            json!({"text": text})
        };
        if self.config.threading {
            message["thread"] = json!({"threadKey": view.key_hash()});
        }
        message
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let message = self.message(view);
        let mut url = self.poster.url("the Google Chat URL", &self.config.webhook_url).await?;
        if self.config.threading {
            url.query_pairs_mut().append_pair("messageReplyOption", REPLY_OPTION);
        }
        self.poster.post_json(url, &message, deadline.within(self.config.timeout)).await?;
        Ok(Stored::new())
    }
}

impl Receive for GoogleChat {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.message(view);
        Ok(())
    }
}
