//! The way to one Alertmanager: its queue, its counters, and the task that sends batch by batch.

use super::queue::Queue;
use super::{SenderOptions, SenderStats, lock, message};
use alerts::Alert;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use net::{BodyLimits, Client, Request};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use sys::Clock;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use url::Url;

/// As much of an answer as is read, for the error: 4 KiB.
const ANSWER_BYTES_MAX: u64 = 4 << 10;
/// Longest part of an answer that is repeated in an error.
const ANSWER_CHARS_MAX: usize = 200;

/// What owner and task share.
struct Shared {
    queue: Mutex<Queue>,
    /// Says that there is something in the queue.
    work: Notify,
    stats: Mutex<SenderStats>,
}

/// A running way to one Alertmanager.
pub(super) struct Lane {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Lane {
    pub(super) fn start(
        url: Url,
        client: Arc<Client>,
        timeout: Duration,
        options: &SenderOptions,
    ) -> Self {
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::new(options.queue_max)),
            work: Notify::new(),
            stats: Mutex::default(),
        });
        let (stop, stopped) = watch::channel(false);
        let sender = Sender {
            shared: Arc::clone(&shared),
            url,
            client,
            timeout,
            batch_max: options.batch_max,
            clock: Arc::clone(&options.clock),
            drains: options.drains,
        };
        Self { shared, stop, task: tokio::spawn(sender.run(stopped)) }
    }

    /// Queues alerts.
    pub(super) fn add(&self, url: &str, alerts: &[Arc<Alert>]) {
        let dropped = lock(&self.shared.queue).add(alerts);
        if dropped > 0 {
            tracing::warn!(alertmanager = url, dropped, "the queue is full, alerts were dropped");
            lock(&self.shared.stats).dropped += dropped as u64;
        }
        self.shared.work.notify_one();
    }

    pub(super) fn stats(&self) -> SenderStats {
        let queued = lock(&self.shared.queue).len();
        SenderStats { queued, ..*lock(&self.shared.stats) }
    }

    /// Ends the task; what waits is sent or dropped before.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        // A task that panicked has ended, too; the runtime has logged it.
        let _ended = self.task.await;
    }
}

/// The task of a lane.
struct Sender {
    shared: Arc<Shared>,
    url: Url,
    client: Arc<Client>,
    timeout: Duration,
    batch_max: usize,
    clock: Arc<dyn Clock>,
    drains: bool,
}

impl Sender {
    async fn run(self, mut stopped: watch::Receiver<bool>) {
        // To be told to stop comes before sending further alerts.
        while !*stopped.borrow() {
            if self.send_next().await {
                continue;
            }
            tokio::select! {
                () = self.shared.work.notified() => {}
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
        }
        while self.drains && self.send_next().await {}
        let left = lock(&self.shared.queue).take(usize::MAX).len();
        if left > 0 {
            let alertmanager = self.url.as_str();
            tracing::warn!(alertmanager, left, "alerts were dropped at the end");
        }
    }

    /// Sends a batch; false when nothing waits.
    async fn send_next(&self) -> bool {
        let batch = lock(&self.shared.queue).take(self.batch_max);
        if batch.is_empty() {
            return false;
        }
        let count = batch.len() as u64;
        let began = self.clock.monotonic();
        let outcome = self.post(message::render(&batch)).await;
        let took = self.clock.monotonic().saturating_sub(began);
        let mut stats = lock(&self.shared.stats);
        match outcome {
            Ok(()) => {
                stats.sent += count;
                stats.batches += 1;
                stats.took += took;
            }
            Err(error) => {
                stats.errors += count;
                stats.dropped += count;
                let alertmanager = self.url.as_str();
                tracing::error!(alertmanager, count, error, "cannot send alerts");
            }
        }
        true
    }

    async fn post(&self, body: Vec<u8>) -> Result<(), String> {
        let mut request = Request::get(self.url.clone(), self.timeout);
        request.method = http::Method::POST;
        request.limits = BodyLimits::beginning(ANSWER_BYTES_MAX);
        request.headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        request.body = body.into();
        let mut answer = Vec::new();
        let exchange = self.client.send(request, &mut answer).await;
        let status = exchange.map_err(|error| error.describe())?.status;
        if status.is_success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&answer);
        let shown: String = text.chars().take(ANSWER_CHARS_MAX).collect();
        Err(format!("bad response status {status}: {shown:?}"))
    }
}
