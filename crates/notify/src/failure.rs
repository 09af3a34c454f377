//! A notification that did not arrive, and whether trying again makes sense.
//! Unlike upstream, 429 and `Retry-After` are respected for every receiver.

use alerts::Delivery;
use http::{HeaderMap, StatusCode};
use std::time::Duration;

/// Longest part of a receiver's answer that is repeated in an error.
const ANSWER_CHARS_MAX: usize = 200;

/// Why a notification did not arrive. Of the receiver's URL, which may be a secret, it shows the
/// host at most.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeliveryError {
    delivery: Delivery,
    message: String,
}

impl DeliveryError {
    /// Trying the same again cannot help.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self { delivery: Delivery::Refused, message: message.into() }
    }

    /// What the dispatcher needs to know.
    pub fn delivery(&self) -> Delivery {
        self.delivery.clone()
    }

    /// Judges the status of an answer; success is `None`.
    pub(crate) fn of_status(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        if status.is_success() {
            return None;
        }
        let text = String::from_utf8_lossy(body);
        let shown: String = text.chars().take(ANSWER_CHARS_MAX).collect();
        let message = format!("the receiver answered {status}: {shown:?}");
        let again = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let after = retry_after(headers);
        let delivery = if again { Delivery::Retry { after } } else { Delivery::Refused };
        Some(Self { delivery, message })
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
        Self { delivery, message: error.describe() }
    }
}

/// `Retry-After` in seconds; the form with a date is rare and ignored.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}
