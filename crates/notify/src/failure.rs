//! A notification that did not arrive, why, and whether trying again makes sense.
//! Unlike upstream, 429 and `Retry-After` are respected for every receiver.

use alerts::Delivery;
use http::{HeaderMap, StatusCode};
use std::time::Duration;

/// Longest part of a receiver's answer that is repeated in an error.
const ANSWER_CHARS_MAX: usize = 200;

/// What kind of trouble it was; the words are Alertmanager's, which counts by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureReason {
    /// The receiver refused the message.
    Client,
    /// The receiver is in trouble itself.
    Server,
    /// The receiver got too many messages.
    RateLimited,
    /// No answer came in time.
    Timeout,
    /// Anything else: no connection, an unreadable file, an impossible configuration.
    Other,
}

impl FailureReason {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Client, Self::Server, Self::RateLimited, Self::Timeout, Self::Other];

    /// The reason as the label `reason` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "clientError",
            Self::Server => "serverError",
            Self::RateLimited => "rateLimited",
            Self::Timeout => "contextDeadlineExceeded",
            Self::Other => "other",
        }
    }
}

/// Why a notification did not arrive. Of the receiver's URL, which may be a secret, it shows the
/// host at most.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeliveryError {
    delivery: Delivery,
    reason: FailureReason,
    message: String,
}

impl DeliveryError {
    /// Trying the same again cannot help.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        let reason = FailureReason::Other;
        Self { delivery: Delivery::Refused, reason, message: message.into() }
    }

    /// The receiver understood the request and said no.
    pub(crate) fn rejected(message: impl Into<String>) -> Self {
        Self { reason: FailureReason::Client, ..Self::refused(message) }
    }

    /// The same may work later.
    pub(crate) fn retryable(reason: FailureReason, message: impl Into<String>) -> Self {
        Self { delivery: Delivery::Retry { after: None }, reason, message: message.into() }
    }

    /// The same with another advice to the dispatcher.
    pub(crate) fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// What the dispatcher needs to know.
    pub fn delivery(&self) -> Delivery {
        self.delivery.clone()
    }

    /// What kind of trouble it was.
    pub fn reason(&self) -> FailureReason {
        self.reason
    }

    /// Will the same be tried again?
    pub fn is_retryable(&self) -> bool {
        matches!(self.delivery, Delivery::Retry { .. })
    }

    /// The same with words before it that say what was attempted.
    pub(crate) fn while_doing(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Judges the status of an answer; success is `None`. 5xx and 429 are tried again, and so are
    /// the statuses `also_retried`.
    pub(crate) fn of_status(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        also_retried: &[u16],
    ) -> Option<Self> {
        if status.is_success() {
            return None;
        }
        let text = String::from_utf8_lossy(body);
        let shown: String = text.chars().take(ANSWER_CHARS_MAX).collect();
        let message = format!("the receiver answered {status}: {shown:?}");
        let reason = match status {
            StatusCode::TOO_MANY_REQUESTS => FailureReason::RateLimited,
            status if status.is_server_error() => FailureReason::Server,
            status if status.is_client_error() => FailureReason::Client,
            _ => FailureReason::Other,
        };
        let passes = matches!(reason, FailureReason::RateLimited | FailureReason::Server);
        let delivery = if passes || also_retried.contains(&status.as_u16()) {
            Delivery::Retry { after: retry_after(headers) }
        } else {
            Delivery::Refused
        };
        Some(Self { delivery, reason, message })
    }
}

impl From<net::Error> for DeliveryError {
    fn from(error: net::Error) -> Self {
        let delivery = match error.kind() {
            net::ErrorKind::Config | net::ErrorKind::Forbidden | net::ErrorKind::Unsupported => {
                Delivery::Refused
            }
            _ => Delivery::Retry { after: None },
        };
        let reason = match error.kind() {
            net::ErrorKind::Timeout => FailureReason::Timeout,
            _ => FailureReason::Other,
        };
        Self { delivery, reason, message: error.describe() }
    }
}

/// `Retry-After` in seconds; the form with a date is rare and ignored.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}
