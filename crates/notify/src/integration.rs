//! One integration of a receiver: redacts, renders, delivers and counts.
//! Built from its configuration at load; the dispatcher's shell calls it for each try.

use crate::metrics::{Counts, Metrics};
use crate::post::Deadline;
use crate::receivers::{self, Receive, Stored};
use crate::view::View;
use crate::{DeliveryError, FailureReason, Redaction, Templates};
use alerts::Notification;
use net::AddressPolicy;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use sys::{Clock, Entropy, Vfs};
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Messages of an integration that are under way at once: more would overrun small servers, whose
/// queues of connections are short, and then each of them takes seconds.
const DELIVERIES_MAX: usize = 8;

/// What all integrations of a configuration share.
pub struct Surroundings {
    /// The texts that receivers may call.
    pub templates: Templates,
    /// Where files of secrets and certificates are.
    pub vfs: Arc<dyn Vfs>,
    /// Which addresses may be dialled.
    pub policy: Arc<AddressPolicy>,
    /// Tells the time that messages and signatures carry.
    pub clock: Arc<dyn Clock>,
    /// Makes identifiers of messages.
    pub entropy: Arc<dyn Entropy>,
    /// Where users reach this server.
    pub external_url: String,
    /// Name of this host, for identifiers of mails.
    pub host_name: String,
    /// Counts deliveries; outlives a reload.
    pub metrics: Arc<Metrics>,
}

/// One integration of a receiver.
pub struct Integration {
    name: &'static str,
    receive: Box<dyn Receive>,
    redaction: Option<Redaction>,
    around: Arc<Surroundings>,
    counts: Arc<Counts>,
    /// A hundred groups may be due at once: their messages take turns.
    turns: Semaphore,
}

impl Integration {
    /// The integration that a configuration describes; `redaction` is its receiver's.
    pub fn new(
        config: &config::Integration,
        redaction: Option<Redaction>,
        around: &Arc<Surroundings>,
    ) -> Self {
        let name = config.kind.name();
        Self {
            name,
            receive: receivers::build(&config.kind, around),
            redaction,
            around: Arc::clone(around),
            counts: around.metrics.counts(name),
            turns: Semaphore::new(DELIVERIES_MAX),
        }
    }

    /// Name of its kind: `webhook`, `slack`, ...
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Delivers a notification within `timeout`, the wait for its turn included; gives back what to
    /// remember about its group.
    ///
    /// A template that fails is logged; a plain text with the error stands in where that cannot
    /// send the message to somebody else.
    ///
    /// # Errors
    /// When the message did not arrive; the error knows whether trying again makes sense.
    pub async fn deliver(
        &self,
        notification: &Notification,
        timeout: Duration,
    ) -> Result<Stored, DeliveryError> {
        let started = Instant::now();
        let deadline = Deadline::after(timeout);
        let outcome = match tokio::time::timeout(timeout, self.turns.acquire()).await {
            Ok(_turn) => self.try_once(notification, deadline).await,
            Err(_elapsed) => Err(self.too_busy(timeout)),
        };
        self.counts.note(started.elapsed(), outcome.as_ref().err());
        outcome
    }

    fn too_busy(&self, timeout: Duration) -> DeliveryError {
        let (name, seconds) = (self.name, timeout.as_secs_f64());
        let message = format!(
            "{DELIVERIES_MAX} messages to this {name} are under way, \
             and none of them ended within {seconds} s"
        );
        DeliveryError::retryable(FailureReason::Timeout, message)
    }

    async fn try_once(
        &self,
        notification: &Notification,
        deadline: Deadline,
    ) -> Result<Stored, DeliveryError> {
        let mut shown = match &self.redaction {
            Some(redaction) => Cow::Owned(redaction.apply(notification, &self.around.vfs).await?),
            None => Cow::Borrowed(notification),
        };
        let (templates, external_url) = (&self.around.templates, &self.around.external_url);
        let route_labels = View::new(&shown, templates, external_url).rendered_route_labels();
        if route_labels != shown.route_labels {
            shown.to_mut().route_labels = route_labels;
        }
        let view = View::new(&shown, templates, external_url);
        let outcome = self.receive.deliver(&view, deadline).await;
        for problem in view.problems() {
            let (receiver, integration) = (&notification.receiver, self.name);
            let (field, error) = (problem.field, problem.message);
            tracing::warn!(receiver, integration, field, error, "a template failed");
        }
        outcome
    }
}
