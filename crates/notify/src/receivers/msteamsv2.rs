//! Microsoft Teams, flows: an adaptive card. Source: Alertmanager 0.34 `notify/msteamsv2`.

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::post::{Deadline, Poster};
use crate::view::View;
use config::MsTeamsV2Config;
use serde_json::{Value, json};

pub(crate) struct MsTeamsV2 {
    pub(crate) config: MsTeamsV2Config,
    pub(crate) poster: Poster,
}

impl MsTeamsV2 {
    fn message(&self, view: &View<'_>) -> Value {
        let title = view.text("title", &self.config.title);
        let text = view.text("text", &self.config.text);
        let colour = if view.is_firing() { "Attention" } else { "Good" };
        json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.2",
                    "body": [
                        {
                            "type": "TextBlock",
                            "text": title,
                            "weight": "Bolder",
                            "size": "Medium",
                            "wrap": true,
                            "style": "heading",
                            "color": colour,
                        },
                        {"type": "TextBlock", "text": text, "wrap": true},
                    ],
                    "msteams": {"width": "full"},
                },
            }],
        })
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let message = self.message(view);
        let url = self.poster.url("the Teams URL", &self.config.webhook_url).await?;
        self.poster.post_json(url, &message, deadline).await?;
        Ok(Stored::new())
    }
}

impl Receive for MsTeamsV2 {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.message(view);
        Ok(())
    }
}
