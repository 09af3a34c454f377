//! Opsgenie: alerts are created, closed and, if wanted, changed, under the group's hash as alias.
//! Source: Alertmanager 0.34 `notify/opsgenie`.

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::post::{Deadline, Poster, append_path, authorization, json, parse_url};
use crate::text::{comma_separated, cut_chars};
use crate::view::View;
use config::{OpsGenieConfig, SecretSource};
use http::Method;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use std::collections::BTreeMap;
use url::Url;

/// Longest message in characters.
const MESSAGE_CHARS_MAX: usize = 130;

pub(crate) struct OpsGenie {
    pub(crate) config: OpsGenieConfig,
    pub(crate) poster: Poster,
}

#[derive(Serialize)]
struct Create {
    alias: String,
    message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    details: BTreeMap<String, String>,
    source: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    responders: Vec<Responder>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    priority: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    entity: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<String>,
}

#[derive(Default, PartialEq, Eq, Serialize)]
struct Responder {
    #[serde(skip_serializing_if = "String::is_empty")]
    id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    username: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Serialize)]
struct Close {
    source: String,
}

#[derive(Serialize)]
struct ChangeMessage<'a> {
    message: &'a str,
}

#[derive(Serialize)]
struct ChangeDescription<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
}

/// A request without its key.
struct Call {
    method: Method,
    url: Url,
    body: Vec<u8>,
}

impl OpsGenie {
    /// What is asked of the API, in order.
    fn calls(&self, view: &View<'_>) -> Result<Vec<Call>, DeliveryError> {
        let base = parse_url("Opsgenie's URL", &self.config.api_url)?;
        let alias = view.key_hash();
        let of_alias = |what: &str| {
            let mut url = append_path(&base, &format!("v2/alerts/{alias}/{what}"));
            url.set_query(Some("identifierType=alias"));
            url
        };
        if !view.is_firing() {
            let source = view.text("source", &self.config.source);
            let body = json(&Close { source })?;
            return Ok(vec![Call { method: Method::POST, url: of_alias("close"), body }]);
        }
        let create = self.create(view, &alias);
        let url = append_path(&base, "v2/alerts");
        let mut calls = vec![Call { method: Method::POST, url, body: json(&create)? }];
        if self.config.update_alerts {
            let message = json(&ChangeMessage { message: &create.message })?;
            let description = json(&ChangeDescription { description: &create.description })?;
            for (what, body) in [("message", message), ("description", description)] {
                calls.push(Call { method: Method::PUT, url: of_alias(what), body });
            }
        }
        Ok(calls)
    }

    fn create(&self, view: &View<'_>, alias: &str) -> Create {
        let config = &self.config;
        let common = view.notification.common_labels();
        let mut details: BTreeMap<String, String> =
            common.iter().map(|(n, v)| (n.into(), v.into())).collect();
        for (name, template) in &config.details {
            details.insert(name.clone(), view.text("details", template));
        }
        Create {
            alias: alias.to_owned(),
            message: cut_chars(view.text("message", &config.message), MESSAGE_CHARS_MAX),
            description: view.text("description", &config.description),
            details,
            source: view.text("source", &config.source),
            responders: self.responders(view),
            tags: comma_separated(&view.ornament("tags", &config.tags)),
            note: view.text("note", &config.note),
            priority: view.ornament("priority", &config.priority),
            entity: view.ornament("entity", &config.entity),
            actions: comma_separated(&view.ornament("actions", &config.actions)),
        }
    }

    /// Those that rendered to something; `teams` stands for several of type `team`.
    fn responders(&self, view: &View<'_>) -> Vec<Responder> {
        let mut all = Vec::new();
        for responder in &self.config.responders {
            let one = Responder {
                id: view.ornament("responders.id", &responder.id),
                name: view.ornament("responders.name", &responder.name),
                username: view.ornament("responders.username", &responder.username),
                kind: view.ornament("responders.type", &responder.kind),
            };
            if one.kind == "teams" {
                all.extend(comma_separated(&one.name).into_iter().map(|name| Responder {
                    name,
                    kind: "team".to_owned(),
                    ..Responder::default()
                }));
            } else if one != Responder::default() {
                all.push(one);
            }
        }
        all
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let calls = self.calls(view)?;
        let template = self.poster.secret("the Opsgenie key", &self.config.api_key).await?;
        let key = view.address("api_key", template.reveal())?;
        let mut headers = authorization("GenieKey", key.trim())?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for Call { method, url, body } in calls {
            let headers = headers.clone();
            let answer = self.poster.send(method, url, headers, body.into(), deadline).await?;
            answer.success(&[])?;
        }
        Ok(Stored::new())
    }
}

impl Receive for OpsGenie {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.calls(view)?;
        if let SecretSource::Inline(key) = &self.config.api_key {
            view.address("api_key", key.reveal())?;
        }
        Ok(())
    }
}
