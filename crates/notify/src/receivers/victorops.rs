//! `VictorOps` (Splunk On-Call): the REST endpoint; the key is part of the path.
//! Source: Alertmanager 0.34 `notify/victorops`.

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::post::{Deadline, Poster, append_path, parse_url};
use crate::text::cut_chars;
use crate::view::View;
use config::VictorOpsConfig;
use std::collections::BTreeMap;

/// Longest long text in characters.
const STATE_MESSAGE_CHARS_MAX: usize = 20_480;
/// Types that a firing alert may have.
const FIRING_TYPES: [&str; 3] = ["INFO", "WARNING", "CRITICAL"];

pub(crate) struct VictorOps {
    pub(crate) config: VictorOpsConfig,
    pub(crate) poster: Poster,
}

impl VictorOps {
    fn message<'a>(&'a self, view: &View<'_>) -> BTreeMap<&'a str, String> {
        let config = &self.config;
        let wanted = view.ornament("message_type", &config.message_type);
        let message_type = if !view.is_firing() {
            "RECOVERY".to_owned()
        } else if FIRING_TYPES.contains(&wanted.as_str()) {
            wanted
        } else {
            "CRITICAL".to_owned()
        };
        let state_message = view.text("state_message", &config.state_message);
        let mut message = BTreeMap::from([
            ("message_type", message_type),
            ("entity_id", view.key_hash()),
            ("entity_display_name", view.text("entity_display_name", &config.entity_display_name)),
            ("state_message", cut_chars(state_message, STATE_MESSAGE_CHARS_MAX)),
            ("monitoring_tool", view.text("monitoring_tool", &config.monitoring_tool)),
        ]);
        for (name, template) in &config.custom_fields {
            message.insert(name, view.text("custom_fields", template));
        }
        message
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let message = self.message(view);
        let routing_key = view.address("routing_key", &self.config.routing_key)?;
        let key = self.poster.secret("the VictorOps key", &self.config.api_key).await?;
        let base = parse_url("VictorOps' URL", &self.config.api_url)?;
        let url = append_path(&base, &format!("{}/{routing_key}", key.reveal()));
        self.poster.post_json(url, &message, deadline).await?;
        Ok(Stored::new())
    }
}

impl Receive for VictorOps {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.message(view);
        view.address("routing_key", &self.config.routing_key).map(drop)
    }
}
