//! Microsoft Teams, the old connectors: a `MessageCard`.
//! Source: Alertmanager 0.34 `notify/msteams`.

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::post::{Deadline, Poster};
use crate::view::View;
use config::MsTeamsConfig;
use serde::Serialize;

/// Red and green.
const COLOUR_FIRING: &str = "8C1A1A";
const COLOUR_RESOLVED: &str = "2DC72D";

pub(crate) struct MsTeams {
    pub(crate) config: MsTeamsConfig,
    pub(crate) poster: Poster,
}

#[derive(Serialize)]
struct Card {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    summary: String,
    text: String,
    #[serde(rename = "themeColor")]
    theme_color: &'static str,
}

impl MsTeams {
    fn card(&self, view: &View<'_>) -> Card {
        Card {
            context: "http://schema.org/extensions",
            kind: "MessageCard",
            title: view.text("title", &self.config.title),
            summary: view.text("summary", &self.config.summary),
            text: view.text("text", &self.config.text),
            theme_color: if view.is_firing() { COLOUR_FIRING } else { COLOUR_RESOLVED },
        }
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let card = self.card(view);
        let url = self.poster.url("the Teams URL", &self.config.webhook_url).await?;
        self.poster.post_json(url, &card, deadline).await?;
        Ok(Stored::new())
    }
}

impl Receive for MsTeams {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.card(view);
        Ok(())
    }
}
