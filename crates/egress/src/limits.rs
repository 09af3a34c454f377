//! What all readers share: the store, the labels they are shown, turns, time and memory.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{Labels, Querier, QuerierError, QuerierErrorKind, Watch};
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use sys::Clock;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bounds of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EgressOptions {
    /// How old the latest sample of a federated series may be.
    pub lookback: Duration,
    /// Requests answered at the same time; upstream's `--storage.remote.read-concurrent-limit`.
    pub concurrency_max: usize,
    /// Longest wait for a turn; then 503.
    pub wait_max: Duration,
    /// Longest work on a request.
    pub timeout: Duration,
    /// Bytes of an answer that is not streamed, and of what the store holds for it.
    pub bytes_max: usize,
    /// Samples of an answer that is not streamed; upstream's `--storage.remote.read-sample-limit`.
    pub samples_max: usize,
    /// Bytes of a frame; upstream's `--storage.remote.read-max-bytes-in-frame`.
    pub frame_bytes_max: usize,
    /// Longest request, as sent and after decompression, bytes.
    pub request_bytes_max: usize,
}

impl Default for EgressOptions {
    fn default() -> Self {
        Self {
            lookback: Duration::from_mins(5),
            concurrency_max: 10,
            wait_max: Duration::from_secs(10),
            timeout: Duration::from_mins(2),
            bytes_max: 256 << 20,
            samples_max: 50_000_000,
            frame_bytes_max: 1 << 20,
            request_bytes_max: 1 << 20,
        }
    }
}

/// The store as other servers see it.
pub struct Egress {
    pub(crate) querier: Arc<dyn Querier>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: EgressOptions,
    external: RwLock<Labels>,
    turns: Arc<Semaphore>,
}

impl Egress {
    /// Without external labels.
    pub fn new(querier: Arc<dyn Querier>, clock: Arc<dyn Clock>, options: EgressOptions) -> Self {
        let turns = Arc::new(Semaphore::new(options.concurrency_max));
        Self { querier, clock, options, external: RwLock::default(), turns }
    }

    /// From now on others see these labels on everything that does not have them.
    pub fn set_external_labels(&self, labels: Labels) {
        *self.external.write() = labels;
    }

    pub(crate) fn external_labels(&self) -> Labels {
        self.external.read().clone()
    }

    pub(crate) async fn turn(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        let waited = tokio::time::timeout(self.options.wait_max, turn).await;
        waited.ok().and_then(Result::ok).ok_or_else(|| {
            let text = format!("{} requests are being answered", self.options.concurrency_max);
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text)
        })
    }

    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            deadline: Instant::now() + self.options.timeout,
            room: AtomicUsize::new(self.options.bytes_max),
            left: Arc::default(),
        }
    }
}

/// Time and memory of one request.
#[derive(Debug)]
pub(crate) struct Bounds {
    pub(crate) deadline: Instant,
    pub(crate) room: AtomicUsize,
    /// The asker has left.
    pub(crate) left: Arc<AtomicBool>,
}

impl Watch for Bounds {
    fn tick(&self, _entries: usize) -> Result<(), QuerierError> {
        if self.left.load(Ordering::Relaxed) {
            return Err(QuerierError::new(QuerierErrorKind::Cancelled, "the asker has left"));
        }
        if Instant::now() >= self.deadline {
            return Err(QuerierError::new(QuerierErrorKind::Timeout, "the time is over"));
        }
        Ok(())
    }

    fn hold(&self, bytes: usize) -> Result<(), QuerierError> {
        let less = |room: usize| room.checked_sub(bytes);
        let taken = self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        taken.map(drop).map_err(|_room| {
            QuerierError::new(QuerierErrorKind::TooMuch, "the answer takes too much memory")
        })
    }
}

/// Why a request gets no answer.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }
}

impl From<QuerierError> for Refusal {
    fn from(error: QuerierError) -> Self {
        let status = match error.kind() {
            QuerierErrorKind::TooMuch => StatusCode::UNPROCESSABLE_ENTITY,
            QuerierErrorKind::Timeout | QuerierErrorKind::Unavailable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let head = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        (self.status, head, self.text + "\n").into_response()
    }
}
