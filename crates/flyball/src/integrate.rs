//! Builds what delivers notifications: the integrations of `notify`, and the log.

use crate::dispatch::{Deliver, Integrations};
use crate::load::{IntegrationSpec, Routing};
use crate::sources;
use alerts::{Delivery, Notification};
use net::AddressPolicy;
use notify::{Integration, Surroundings};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use sys::{Clock, Entropy, Vfs};

/// Makes integrations from their descriptions.
#[derive(Clone)]
pub(crate) struct Integrator {
    pub(crate) vfs: Arc<dyn Vfs>,
    pub(crate) policy: Arc<AddressPolicy>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) external_url: String,
    /// What deliveries count; outlives every reload.
    pub(crate) metrics: Arc<notify::Metrics>,
}

impl Integrator {
    /// Integrations of all receivers.
    pub(crate) fn build(&self, routing: &Routing) -> Integrations {
        let around = Arc::new(Surroundings {
            templates: routing.templates.clone(),
            vfs: Arc::clone(&self.vfs),
            policy: Arc::clone(&self.policy),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            external_url: self.external_url.clone(),
            host_name: sources::hostname(),
            metrics: Arc::clone(&self.metrics),
        });
        let of_receiver = |(name, specs): (&String, &Vec<IntegrationSpec>)| {
            let redaction = routing.redactions.get(name);
            let one = |spec: &IntegrationSpec| -> Arc<dyn Deliver> {
                match spec {
                    IntegrationSpec::Log => Arc::new(Log),
                    IntegrationSpec::Configured(config) => {
                        Arc::new(Configured(Integration::new(config, redaction.cloned(), &around)))
                    }
                }
            };
            (name.clone(), specs.iter().map(one).collect())
        };
        routing.integrations.iter().map(of_receiver).collect()
    }
}

/// Prints notifications to the log.
struct Log;

impl Deliver for Log {
    fn deliver(
        &self,
        notification: Notification,
        _timeout: Duration,
    ) -> Pin<Box<dyn Future<Output = (Delivery, String)> + Send + '_>> {
        for alert in &notification.alerts {
            let annotation = |name| alert.annotations.get(name).unwrap_or_default();
            let name = alert.labels.value("alertname");
            let (summary, remediation) = (annotation("summary"), annotation("remediation"));
            let labels = &alert.labels;
            if alert.firing {
                tracing::warn!(alert = name, %labels, summary, remediation, "alert fires");
            } else {
                tracing::info!(alert = name, %labels, summary, "alert resolved");
            }
        }
        let accepted = Delivery::Accepted { receiver_data: BTreeMap::new() };
        Box::pin(std::future::ready((accepted, String::new())))
    }
}

/// An integration that a configuration describes.
struct Configured(Integration);

impl Deliver for Configured {
    fn deliver(
        &self,
        notification: Notification,
        timeout: Duration,
    ) -> Pin<Box<dyn Future<Output = (Delivery, String)> + Send + '_>> {
        Box::pin(async move {
            match self.0.deliver(&notification, timeout).await {
                Ok(receiver_data) => (Delivery::Accepted { receiver_data }, String::new()),
                Err(error) => {
                    let (receiver, group) = (&notification.receiver, &notification.group_key);
                    let (integration, retried) = (self.0.name(), error.is_retryable());
                    let what = "a notification did not arrive";
                    tracing::warn!(receiver, integration, group, retried, %error, "{what}");
                    (error.delivery(), error.to_string())
                }
            }
        })
    }
}
