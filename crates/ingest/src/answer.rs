//! What a sender is told: status, text, when to come back.
//! Senders (remote write 1.0, "Retries & Backoff") retry 5xx, may retry 429, and never other 4xx:
//! so what a retry cannot mend is a 400, and what it can is a 503 or 429 with Retry-After.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{AppendError, AppendErrorKind, RowFault, Value};
use std::time::Duration;

/// When nobody knows better: long enough to free something, short enough to lose nothing.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// New series are refused until old ones leave memory; that takes minutes.
const RETRY_AFTER_LIMIT: Duration = Duration::from_mins(1);

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// One sentence for the sender's log; empty when all is well.
    pub text: String,
    /// When a retry makes sense.
    pub retry_after: Option<Duration>,
    /// What was stored, for senders of remote write 2.0, who must be told.
    pub written: Option<Written>,
}

/// What of a request is stored now, also what was stored before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Written {
    /// Floats.
    pub samples: usize,
    /// Native histograms.
    pub histograms: usize,
    /// Exemplars, handed to the storage.
    pub exemplars: usize,
}

impl Written {
    pub(crate) fn count_of(&mut self, value: &Value) -> &mut usize {
        match value {
            Value::Float(_) => &mut self.samples,
            Value::Histogram(_) => &mut self.histograms,
        }
    }

    /// Remote write 2.0, "Required Written Response Headers".
    fn headers(self) -> [(&'static str, usize); 3] {
        [
            ("x-prometheus-remote-write-samples-written", self.samples),
            ("x-prometheus-remote-write-histograms-written", self.histograms),
            ("x-prometheus-remote-write-exemplars-written", self.exemplars),
        ]
    }
}

impl Answer {
    pub(crate) fn stored() -> Self {
        Self::new(StatusCode::NO_CONTENT, "")
    }

    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), retry_after: None, written: None }
    }

    pub(crate) fn unavailable(text: impl Into<String>) -> Self {
        let refused = Self::new(StatusCode::SERVICE_UNAVAILABLE, text);
        Self { retry_after: Some(RETRY_AFTER), ..refused }
    }

    pub(crate) fn of_error(error: &AppendError) -> Self {
        let (status, delay) = match error.kind() {
            AppendErrorKind::SeriesLimit => {
                (StatusCode::TOO_MANY_REQUESTS, Some(RETRY_AFTER_LIMIT))
            }
            AppendErrorKind::InvalidLabels => (StatusCode::BAD_REQUEST, None),
            // Kinds to come are trouble of the storage: a retry may help and loses nothing.
            _ => (StatusCode::SERVICE_UNAVAILABLE, Some(RETRY_AFTER)),
        };
        let refused = Self::new(status, error.to_string());
        Self { retry_after: error.retry_delay().or(delay), ..refused }
    }
}

/// Upstream's words for a refused sample (`storage/interface.go`), which senders' operators know.
pub(crate) fn fault_text(fault: RowFault) -> &'static str {
    match fault {
        RowFault::OutOfOrder => "out of order sample",
        RowFault::TooOld => "too old sample",
        RowFault::DuplicateTimestamp => "duplicate sample for timestamp",
        RowFault::TooFarInFuture => "out of bounds",
        RowFault::InvalidHistogram => "invalid histogram",
        RowFault::UnknownSeries => "series vanished while the request was handled",
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.text).into_response();
        if let Some(delay) = self.retry_after {
            // Whole seconds, at least one (RFC 9110, 10.2.3).
            let seconds = delay.as_millis().div_ceil(1000).max(1);
            let value = HeaderValue::from_str(&seconds.to_string());
            let value = value.expect("digits are a header value");
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        for (name, count) in self.written.into_iter().flat_map(Written::headers) {
            response.headers_mut().insert(name, HeaderValue::from(count));
        }
        response
    }
}
