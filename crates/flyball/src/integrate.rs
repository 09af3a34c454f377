//! Builds what delivers notifications: webhooks through the guarded client, and the log.

use crate::dispatch::{Deliver, Integrations};
use crate::load::{IntegrationSpec, Routing};
use alerts::{Delivery, Notification};
use config::WebhookConfig;
use net::{AddressPolicy, Client, ClientOptions};
use notify::webhook::Webhook;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use sys::Vfs;

/// Makes integrations from their descriptions.
#[derive(Clone)]
pub(crate) struct Integrator {
    pub(crate) vfs: Arc<dyn Vfs>,
    pub(crate) policy: Arc<AddressPolicy>,
    pub(crate) external_url: String,
}

impl Integrator {
    /// Integrations of all receivers.
    pub(crate) fn build(&self, routing: &Routing) -> Integrations {
        let one = |spec: &IntegrationSpec| -> Arc<dyn Deliver> {
            match spec {
                IntegrationSpec::Log => Arc::new(Log),
                IntegrationSpec::Webhook { config, .. } => {
                    Arc::new(WebhookDelivery(self.webhook(config)))
                }
            }
        };
        let integrations = routing.integrations.iter();
        integrations.map(|(name, specs)| (name.clone(), specs.iter().map(one).collect())).collect()
    }

    fn webhook(&self, config: &WebhookConfig) -> Webhook {
        let options =
            ClientOptions { policy: Arc::clone(&self.policy), vfs: Arc::clone(&self.vfs) };
        Webhook {
            url: config.url.clone(),
            client: Client::new(config.http.clone(), options),
            vfs: Arc::clone(&self.vfs),
            alerts_max: config.alerts_max.and_then(|max| usize::try_from(max).ok()).unwrap_or(0),
            timeout: config.timeout,
            external_url: self.external_url.clone(),
        }
    }
}

/// Prints notifications to the log.
struct Log;

impl Deliver for Log {
    fn deliver(
        &self,
        notification: Notification,
        _timeout: Duration,
    ) -> Pin<Box<dyn Future<Output = Delivery> + Send + '_>> {
        for alert in &notification.alerts {
            let annotation = |wanted: &str| {
                let found = alert.annotations.iter().find(|(name, _)| name == wanted);
                found.map_or("", |(_, text)| text.as_str())
            };
            let name = alert.labels.value("alertname");
            let (summary, remediation) = (annotation("summary"), annotation("remediation"));
            let labels = &alert.labels;
            if alert.firing {
                tracing::warn!(alert = name, %labels, summary, remediation, "alert fires");
            } else {
                tracing::info!(alert = name, %labels, summary, "alert resolved");
            }
        }
        Box::pin(std::future::ready(Delivery::Accepted { receiver_data: BTreeMap::new() }))
    }
}

struct WebhookDelivery(Webhook);

impl Deliver for WebhookDelivery {
    fn deliver(
        &self,
        notification: Notification,
        timeout: Duration,
    ) -> Pin<Box<dyn Future<Output = Delivery> + Send + '_>> {
        Box::pin(async move {
            match self.0.deliver(&notification, timeout).await {
                Ok(()) => Delivery::Accepted { receiver_data: BTreeMap::new() },
                Err(error) => {
                    let (receiver, group) = (&notification.receiver, &notification.group_key);
                    tracing::warn!(receiver, group, %error, "a webhook refused a notification");
                    error.delivery()
                }
            }
        })
    }
}
