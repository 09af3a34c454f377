//! incident.io: the webhook's message in version 1, with the token of an alert source.
//! Source: Alertmanager 0.34 `notify/incidentio`.

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::payload::{Message, with_alerts_max};
use crate::post::{Deadline, Poster, json};
use crate::view::View;
use config::{IncidentioConfig, Secret, SecretSource, TextSource};
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

/// Largest message in bytes; a larger one tells only the first alert.
const MESSAGE_BYTES_MAX: usize = 512 * 1024;

pub(crate) struct Incidentio {
    pub(crate) config: IncidentioConfig,
    pub(crate) poster: Poster,
}

impl Incidentio {
    fn body(&self, view: &View<'_>) -> Result<Vec<u8>, DeliveryError> {
        let alerts_max = self.config.alerts_max.unwrap_or(0);
        let alerts_max = usize::try_from(alerts_max).unwrap_or(usize::MAX);
        let (part, truncated) = with_alerts_max(view.notification, alerts_max);
        let mut message = Message::new(&part, view.external_url, "1", truncated);
        let body = json(&message)?;
        if body.len() <= MESSAGE_BYTES_MAX {
            return Ok(body);
        }
        message.keep_first_alert();
        json(&message)
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let body = self.body(view)?.into();
        let source = match &self.config.url {
            TextSource::Inline(url) => SecretSource::Inline(Secret::new(url)),
            TextSource::File(path) => SecretSource::File(path.clone()),
        };
        let url = self.poster.url("the incident.io URL", &source).await?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let deadline = deadline.within(self.config.timeout);
        let answer = self.poster.send(Method::POST, url, headers, body, deadline).await?;
        answer.success(&[])?;
        Ok(Stored::new())
    }
}

impl Receive for Incidentio {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.body(view).map(drop)
    }
}
