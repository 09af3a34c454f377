//! `PagerDuty`: the Events API version 2, and version 1 for old integrations.
//! Source: Alertmanager 0.34 `notify/pagerduty`.

use super::{Delivering, Receive, Stored};
use crate::post::{Deadline, Poster, json, parse_url};
use crate::text::cut_chars;
use crate::view::View;
use crate::{DeliveryError, tree};
use config::{PagerDutyConfig, PagerDutyKey, SecretSource};
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Serialize;
use serde_json::{Map, Value};

/// Longest summary or description in characters.
const SUMMARY_CHARS_MAX: usize = 1024;
/// Largest event in bytes; the details of a larger one are left out.
const EVENT_BYTES_MAX: usize = 512_000;
/// What stands in the place of details that are too large; people search for it.
const DETAILS_TOO_LARGE: &str =
    "Custom details have been removed because the original event exceeds the maximum size of 512KB";
/// Version 1 has one address for everybody.
pub(super) const V1_URL: &str = "https://events.pagerduty.com/generic/2010-04-15/create_event.json";
/// How version 1 says that events come too often.
const V1_RATE_LIMITED: u16 = 403;

pub(crate) struct PagerDuty {
    pub(crate) config: PagerDutyConfig,
    pub(crate) poster: Poster,
    /// Address of version 1.
    pub(crate) v1_url: String,
}

/// An event of either version; fields of the other one are absent.
#[derive(Default, Serialize)]
struct Event {
    #[serde(skip_serializing_if = "String::is_empty")]
    routing_key: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    service_key: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    dedup_key: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    incident_key: String,
    #[serde(rename = "event_type", skip_serializing_if = "str::is_empty")]
    v1_action: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(rename = "event_action")]
    action: &'static str,
    payload: Option<Payload>,
    #[serde(skip_serializing_if = "String::is_empty")]
    client: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    client_url: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    details: Map<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Image>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
}

#[derive(Serialize)]
struct Payload {
    summary: String,
    source: String,
    severity: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    class: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    component: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    group: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    custom_details: Map<String, Value>,
}

#[derive(Serialize)]
struct Image {
    src: String,
    alt: String,
    href: String,
}

#[derive(Serialize)]
struct Link {
    href: String,
    text: String,
}

impl PagerDuty {
    fn is_v1(&self) -> bool {
        matches!(self.config.key, PagerDutyKey::Service(_))
    }

    /// The event without its key.
    fn event(&self, view: &View<'_>) -> Event {
        let config = &self.config;
        let action = if view.is_firing() { "trigger" } else { "resolve" };
        let summary = cut_chars(view.text("description", &config.description), SUMMARY_CHARS_MAX);
        let details = tree::render_values(view, "details", &config.details);
        if self.is_v1() {
            let mut event = Event {
                incident_key: view.key_hash(),
                v1_action: action,
                description: summary,
                details,
                ..Event::default()
            };
            if view.is_firing() {
                event.client = view.ornament("client", &config.client);
                event.client_url = view.ornament("client_url", &config.client_url);
            }
            return event;
        }
        Event {
            dedup_key: view.key_hash(),
            action,
            client: view.ornament("client", &config.client),
            client_url: view.ornament("client_url", &config.client_url),
            images: self.images(view),
            links: self.links(view),
            payload: Some(self.payload(view, summary, details)),
            ..Event::default()
        }
    }

    fn payload(&self, view: &View<'_>, summary: String, details: Map<String, Value>) -> Payload {
        let config = &self.config;
        let severity = if config.severity.is_empty() { "error" } else { &config.severity };
        Payload {
            summary,
            source: view.text("source", &config.source),
            severity: view.ornament("severity", severity),
            class: view.ornament("class", &config.class),
            component: view.ornament("component", &config.component),
            group: view.ornament("group", &config.group),
            custom_details: details,
        }
    }

    /// Images that have a source.
    fn images(&self, view: &View<'_>) -> Vec<Image> {
        let images = self.config.images.iter().map(|image| Image {
            src: view.ornament("images.src", &image.src),
            alt: view.ornament("images.alt", &image.alt),
            href: view.ornament("images.href", &image.href),
        });
        images.filter(|image| !image.src.is_empty()).collect()
    }

    /// Links that lead somewhere.
    fn links(&self, view: &View<'_>) -> Vec<Link> {
        let links = self.config.links.iter().map(|link| Link {
            href: view.ornament("links.href", &link.href),
            text: view.ornament("links.text", &link.text),
        });
        links.filter(|link| !link.href.is_empty()).collect()
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let mut event = self.event(view);
        let (name, source) = key_of(&self.config.key);
        let template = self.poster.secret(&format!("the {name}"), source).await?;
        let key = view.address(name, template.reveal())?;
        if key.is_empty() {
            return Err(DeliveryError::refused(format!("the {name} is empty after templating")));
        }
        let (url, also_retried) = if self.is_v1() {
            event.service_key = key;
            (self.v1_url.as_str(), &[V1_RATE_LIMITED][..])
        } else {
            event.routing_key = key;
            (self.config.url.as_str(), &[][..])
        };
        let url = parse_url("PagerDuty's URL", url)?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let deadline = deadline.within(self.config.timeout);
        let body = encode(event)?.into();
        let answer = self.poster.send(Method::POST, url, headers, body, deadline).await?;
        answer.success(also_retried)?;
        Ok(Stored::new())
    }
}

fn key_of(key: &PagerDutyKey) -> (&'static str, &SecretSource) {
    match key {
        PagerDutyKey::Routing(source) => ("routing_key", source),
        PagerDutyKey::Service(source) => ("service_key", source),
    }
}

/// The event as JSON, without its details when it would be too large with them.
fn encode(mut event: Event) -> Result<Vec<u8>, DeliveryError> {
    let body = json(&event)?;
    if body.len() <= EVENT_BYTES_MAX {
        return Ok(body);
    }
    let instead = Map::from_iter([("error".to_owned(), Value::from(DETAILS_TOO_LARGE))]);
    match &mut event.payload {
        Some(payload) => payload.custom_details = instead,
        None => event.details = instead,
    }
    json(&event)
}

impl Receive for PagerDuty {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.event(view);
        if let (name, SecretSource::Inline(key)) = key_of(&self.config.key) {
            view.address(name, key.reveal())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_of_a_large_event_are_left_out() {
        let details = Map::from_iter([("firing".to_owned(), Value::from("a".repeat(513_000)))]);
        let event = Event { v1_action: "trigger", details, ..Event::default() };
        let body = String::from_utf8(encode(event).unwrap()).unwrap();
        let expected = format!(r#""details":{{"error":"{DETAILS_TOO_LARGE}"}}"#);
        assert!(body.contains(&expected), "{body}");
        assert!(body.contains(r#""payload":null"#), "{body}");
    }
}
