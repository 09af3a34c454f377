//! Webhooks: Alertmanager's own message, or a payload of one's own.

use super::no_secret;
use crate::{HttpClientConfig, SecretSource};
use std::time::Duration;

/// A webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookConfig {
    /// Where to send; a template (0.31). The URL may carry a token, so it is a secret.
    pub url: SecretSource,
    /// Most alerts in a message; absent: all.
    pub alerts_max: Option<u64>,
    /// Longest time of a call; absent: the group's.
    pub timeout: Option<Duration>,
    /// Body in place of the usual message (0.32): every text in it, keys too, is a template.
    pub payload: Option<serde_json::Value>,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self {
            url: no_secret(),
            alerts_max: None,
            timeout: None,
            payload: None,
            http: HttpClientConfig::default(),
        }
    }
}
