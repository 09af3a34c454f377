//! What an answer means for a request: delivered, refused for good, or to be tried again.
//! Remote-Write 1.0 and 2.0: 5xx must be tried again, 4xx must not, 429 may.

use super::core::Outcome;
use super::counts::Kinds;
use config::RemoteWriteMessage;
use http::header::{HeaderMap, RETRY_AFTER};
use jiff::fmt::rfc2822;
use model::Timestamp;
use std::time::Duration;

/// Characters of a refusal that are shown.
const BODY_SHOWN: usize = 256;

/// What was asked and answered.
pub(crate) struct Answer<'a> {
    pub(crate) message: RemoteWriteMessage,
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    /// Samples of the request.
    pub(crate) asked: Kinds,
    /// Bytes of the request.
    pub(crate) bytes: u64,
    pub(crate) retries_429: bool,
    pub(crate) now: Timestamp,
}

impl Answer<'_> {
    pub(crate) fn outcome(&self) -> Outcome {
        match self.status {
            200..=299 => self.delivered(),
            429 if self.retries_429 => Outcome::Retry { after: self.retry_after() },
            500..=599 => Outcome::Retry { after: self.retry_after() },
            status => {
                let text = String::from_utf8_lossy(self.body);
                let line = text.lines().next().unwrap_or_default();
                let line: String = line.chars().take(BODY_SHOWN).collect();
                let reason = format!("status {status}: {line}");
                Outcome::Refused { reason, written: self.written() }
            }
        }
    }

    /// A receiver of version 2.0 says what it has written; one that does not may have understood
    /// version 1.0 only, to which the request is an empty one.
    fn delivered(&self) -> Outcome {
        match (self.message, self.written()) {
            (RemoteWriteMessage::V2, None) if self.asked.all() > 0 => {
                let reason = format!(
                    "status {} without X-Prometheus-Remote-Write-*-Written headers; does the \
                     receiver know version 2.0?",
                    self.status
                );
                Outcome::Refused { reason, written: None }
            }
            (_, written) => Outcome::Delivered { written, bytes: self.bytes },
        }
    }

    fn written(&self) -> Option<Kinds> {
        if self.message == RemoteWriteMessage::V1 {
            return None;
        }
        let number = |kind: &str| -> Option<u64> {
            let name = format!("x-prometheus-remote-write-{kind}-written");
            self.headers.get(name)?.to_str().ok()?.trim().parse().ok()
        };
        let all = ["samples", "histograms", "exemplars"].map(number);
        let [samples, histograms, exemplars] = all.map(Option::unwrap_or_default);
        all.iter().any(Option::is_some).then_some(Kinds { samples, exemplars, histograms })
    }

    /// Seconds or a date (RFC 9110, section 10.2.3).
    fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let then = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        let ms = then.as_millisecond().saturating_sub(self.now.ms());
        Some(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests;
