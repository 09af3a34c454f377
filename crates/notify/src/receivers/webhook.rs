//! Webhooks: Alertmanager's JSON message, version 4, or a payload of the user's own.
//! Source: Alertmanager 0.34 `notify/webhook`.

use super::{Delivering, Receive, Stored};
use crate::payload::{Message, VERSION, with_alerts_max};
use crate::post::{Deadline, Poster, parse_url};
use crate::view::View;
use crate::{DeliveryError, tree};
use alerts::Notification;
use config::WebhookConfig;
use url::Url;

pub(crate) struct Webhook {
    pub(crate) config: WebhookConfig,
    pub(crate) poster: Poster,
}

impl Webhook {
    /// The notification as far as it is told, and how many alerts are not.
    fn part<'a>(&self, view: &'a View<'a>) -> (std::borrow::Cow<'a, Notification>, usize) {
        let alerts_max = self.config.alerts_max.unwrap_or(0);
        with_alerts_max(view.notification, usize::try_from(alerts_max).unwrap_or(usize::MAX))
    }

    async fn url(&self, view: &View<'_>) -> Result<Url, DeliveryError> {
        let template = self.poster.secret("the webhook's URL", &self.config.url).await?;
        let url = view.address("url", template.reveal())?;
        if url.is_empty() {
            return Err(DeliveryError::refused("the webhook's URL is empty after templating"));
        }
        parse_url("the webhook's URL", &url)
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let (part, truncated) = self.part(view);
        let view_of_part = view.of_part(&part);
        let payload = self.config.payload.as_ref();
        let payload = payload.map(|payload| tree::render(&view_of_part, "payload", payload));
        view.adopt(&view_of_part);
        let url = self.url(&view_of_part).await?;
        let deadline = deadline.within(self.config.timeout);
        if let Some(payload) = payload {
            self.poster.post_json(url, &payload, deadline).await?;
        } else {
            let message = Message::new(&part, view.external_url, VERSION, truncated);
            self.poster.post_json(url, &message, deadline).await?;
        }
        Ok(Stored::new())
    }
}

impl Receive for Webhook {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        if let Some(payload) = &self.config.payload {
            tree::render(view, "payload", payload);
        }
        if let config::SecretSource::Inline(url) = &self.config.url {
            view.address("url", url.reveal())?;
        }
        Ok(())
    }
}
