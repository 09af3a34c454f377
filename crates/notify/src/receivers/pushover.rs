//! Pushover: everything is a parameter of the query.
//! Source: Alertmanager 0.34 `notify/pushover`.

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::post::{Deadline, Poster, parse_url};
use crate::text::cut_chars;
use crate::view::View;
use config::{PushoverConfig, PushoverFormat, SecretSource};
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use std::collections::BTreeMap;

/// The API.
pub(super) const URL: &str = "https://api.pushover.net/1/messages.json";
/// Longest title, text and link in characters.
const TITLE_CHARS_MAX: usize = 250;
const MESSAGE_CHARS_MAX: usize = 1024;
const URL_CHARS_MAX: usize = 512;
/// Pushover refuses empty texts.
const NO_TEXT: &str = "(no details)";

pub(crate) struct Pushover {
    pub(crate) config: PushoverConfig,
    pub(crate) poster: Poster,
    /// The API.
    pub(crate) url: String,
}

impl Pushover {
    /// Parameters by name, without the keys.
    fn parameters(&self, view: &View<'_>) -> Result<BTreeMap<&'static str, String>, DeliveryError> {
        let config = &self.config;
        let text = match config.format {
            PushoverFormat::Html => view.html("message", &config.message),
            PushoverFormat::Plain | PushoverFormat::Monospace => {
                view.text("message", &config.message)
            }
        };
        let text = cut_chars(text, MESSAGE_CHARS_MAX);
        let text = if text.trim().is_empty() { NO_TEXT } else { text.trim() };
        let mut parameters = BTreeMap::from([
            ("title", cut_chars(view.text("title", &config.title), TITLE_CHARS_MAX)),
            ("message", text.to_owned()),
            ("url", cut_chars(view.ornament("url", &config.url), URL_CHARS_MAX)),
            ("url_title", view.ornament("url_title", &config.url_title)),
            ("priority", view.ornament("priority", &config.priority)),
            ("retry", config.retry.as_secs().to_string()),
            ("expire", config.expire.as_secs().to_string()),
            ("device", view.address("device", &config.device)?),
            ("sound", view.ornament("sound", &config.sound)),
        ]);
        match config.format {
            PushoverFormat::Plain => None,
            PushoverFormat::Html => parameters.insert("html", "1".to_owned()),
            PushoverFormat::Monospace => parameters.insert("monospace", "1".to_owned()),
        };
        if config.ttl.as_secs() > 0 {
            parameters.insert("ttl", config.ttl.as_secs().to_string());
        }
        Ok(parameters)
    }

    async fn key(
        &self,
        view: &View<'_>,
        field: &str,
        source: &SecretSource,
    ) -> Result<String, DeliveryError> {
        let template = self.poster.secret(&format!("Pushover's {field}"), source).await?;
        view.address(field, template.reveal())
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let mut parameters = self.parameters(view)?;
        parameters.insert("token", self.key(view, "token", &self.config.token).await?);
        parameters.insert("user", self.key(view, "user_key", &self.config.user_key).await?);
        let mut url = parse_url("Pushover's URL", &self.url)?;
        url.query_pairs_mut().extend_pairs(&parameters);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        let body = bytes::Bytes::new();
        let answer = self.poster.send(Method::POST, url, headers, body, deadline).await?;
        answer.success(&[])?;
        Ok(Stored::new())
    }
}

impl Receive for Pushover {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        for (field, source) in [("token", &self.config.token), ("user_key", &self.config.user_key)]
        {
            if let SecretSource::Inline(key) = source {
                view.address(field, key.reveal())?;
            }
        }
        self.parameters(view).map(drop)
    }
}
