//! From a compressed body to stored samples and an answer; synchronous, called off the event loop.
//! Malformed bytes refuse the whole request before anything is stored; refused samples cost only
//! themselves: the good rows of the request are stored as one batch.

use crate::answer::{Answer, Written};
use crate::batch::RequestBatch;
use crate::intake::{Intake, Refusals, Stop, refuse_body};
use crate::remote_write::{read_1, read_2};
use crate::stats::ReceiverStats;
use axum::http::StatusCode;
use model::Appender;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use wire::WireError;
use wire::bounded::{Bounds, snappy_block, zstd_frames};

/// Limits of a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverOptions {
    /// Longest body, as sent and after decompression, bytes.
    pub body_bytes_max: usize,
    /// Most samples, histograms, exemplars and metadata entries of a request together (a row takes
    /// about 60 bytes, two bytes of a body can make one).
    pub samples_max: usize,
    /// Most histogram buckets of a request (8 bytes each).
    pub buckets_max: usize,
    /// Most labels of a series.
    pub labels_max: usize,
    /// Longest label name, bytes.
    pub label_name_bytes_max: usize,
    /// Longest label value, bytes.
    pub label_value_bytes_max: usize,
    /// Most bytes of label sets of a request whose body does not hold them as they are.
    pub label_bytes_max: usize,
    /// Bound of the cache from label bytes to series, bytes.
    pub cache_bytes_max: usize,
    /// Bodies in memory at the same time, bytes, as sent.
    pub budget_bytes: usize,
    /// Requests decoded and stored at the same time; each may hold `body_bytes_max` decoded bytes,
    /// its rows and buckets.
    pub concurrency_max: usize,
    /// Longest wait of a request for its turn or for budget; then 503.
    pub wait_max: Duration,
    /// Requests that may wait or be on their way; beyond it 503 at once.
    pub waiting_max: usize,
    /// Longest time for a body to arrive; then 408.
    pub body_timeout: Duration,
}

impl Default for ReceiverOptions {
    fn default() -> Self {
        Self {
            body_bytes_max: 32 << 20,
            samples_max: 1_000_000,
            buckets_max: 4_000_000,
            labels_max: 64,
            label_name_bytes_max: 1024,
            label_value_bytes_max: 64 << 10,
            label_bytes_max: 64 << 20,
            cache_bytes_max: 64 << 20,
            budget_bytes: 128 << 20,
            concurrency_max: 4,
            wait_max: Duration::from_secs(5),
            waiting_max: 1000,
            body_timeout: Duration::from_secs(30),
        }
    }
}

/// How a frame of zstd begins (RFC 8878, 3.1.1). A snappy block cannot: the second byte would copy
/// from before its beginning.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Bytes of a body per permit of the budget.
pub(crate) const BUDGET_UNIT: usize = 256;

/// Larger buffers are given back: one huge request must not hold memory for ever.
const BUFFER_BYTES_KEPT: usize = 4 << 20;

/// Takes remote write requests and hands their samples to an appender.
pub struct Receiver {
    pub(crate) intake: Intake,
    pub(crate) options: ReceiverOptions,
    /// Requests being handled.
    pub(crate) turns: Arc<Semaphore>,
    /// Buffers of finished requests, at most `concurrency_max` of at most 4 MiB.
    buffers: Mutex<Vec<Vec<u8>>>,
    /// Bytes of bodies in memory, in units.
    pub(crate) budget: Arc<Semaphore>,
    /// Requests that wait or are being handled.
    pub(crate) places: Arc<Semaphore>,
}

impl Receiver {
    /// A receiver in front of a store.
    pub fn new(appender: Arc<dyn Appender>, options: ReceiverOptions) -> Self {
        Self {
            intake: Intake::new(appender, options),
            options,
            buffers: Mutex::default(),
            budget: Arc::new(Semaphore::new(options.budget_bytes / BUDGET_UNIT)),
            turns: Arc::new(Semaphore::new(options.concurrency_max)),
            places: Arc::new(Semaphore::new(options.concurrency_max + options.waiting_max)),
        }
    }

    /// Its counters.
    pub fn stats(&self) -> &Arc<ReceiverStats> {
        &self.intake.stats
    }

    /// Handles a body of remote write 1.0, compressed by snappy or, as agents of VictoriaMetrics
    /// send it, by zstd. Blocks while the store writes.
    pub fn receive(&self, compressed: &[u8]) -> Answer {
        // What waited in an agent's queue may be compressed otherwise than its header says.
        let unpack = if compressed.starts_with(&ZSTD_MAGIC) { zstd_frames } else { snappy_block };
        self.receive_block(compressed, unpack, |body| self.answer(body, read_1).0)
    }

    /// Handles a snappy-compressed body of remote write 2.0; the answer says what was written.
    pub fn receive_2(&self, compressed: &[u8]) -> Answer {
        let answer = self.receive_block(compressed, snappy_block, |body| {
            let (answer, written) = self.answer(body, read_2);
            Answer { written: Some(written), ..answer }
        });
        Answer { written: answer.written.or(Some(Written::default())), ..answer }
    }

    fn receive_block(
        &self,
        compressed: &[u8],
        unpack: Unpack,
        handle: impl FnOnce(&[u8]) -> Answer,
    ) -> Answer {
        let stats = self.stats();
        stats.bytes_received.add(compressed.len());
        let mut body = self.buffers.lock().pop().unwrap_or_default();
        let bounds = Bounds::of(self.options.body_bytes_max);
        let answer = match unpack(compressed, bounds, &mut body) {
            Ok(()) => {
                stats.bytes_decoded.add(body.len());
                handle(&body)
            }
            Err(error) => refuse_body(&error),
        };
        self.keep_buffer(body);
        self.count(&answer);
        answer
    }

    /// Fresh memory costs a page fault every 4 KiB: a third of the work of an ordinary request.
    fn keep_buffer(&self, body: Vec<u8>) {
        let mut buffers = self.buffers.lock();
        if body.capacity() <= BUFFER_BYTES_KEPT && buffers.len() < self.options.concurrency_max {
            buffers.push(body);
        }
    }

    fn answer<'a>(&self, body: &'a [u8], read: Read<'a>) -> (Answer, Written) {
        let mut refusals = Refusals::default();
        let request = match read(&self.intake, body, &mut refusals) {
            Ok(request) => request,
            Err(stop) => return (stop.answer(), Written::default()),
        };
        let answer = match self.intake.store(request, &mut refusals) {
            Ok(()) => refusals.conclude(),
            Err(error) => Answer::of_error(&error),
        };
        (answer, refusals.written)
    }

    /// Counts an answer; those given before the body was read come from `http`.
    pub(crate) fn count(&self, answer: &Answer) {
        let stats = self.stats();
        let counter = match answer.status {
            status if status.is_success() => &stats.requests_stored,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => &stats.requests_unsupported,
            StatusCode::PAYLOAD_TOO_LARGE => &stats.requests_too_large,
            StatusCode::REQUEST_TIMEOUT => &stats.requests_unfinished,
            StatusCode::TOO_MANY_REQUESTS => &stats.requests_limited,
            status if status.is_server_error() => &stats.requests_unavailable,
            _ => &stats.requests_bad,
        };
        counter.add(1);
    }
}

/// Decompresses a body within its bounds.
type Unpack = fn(&[u8], Bounds, &mut Vec<u8>) -> Result<(), WireError>;

/// Reads a body of one version.
type Read<'a> = fn(&Intake, &'a [u8], &mut Refusals) -> Result<RequestBatch<'a>, Stop>;

#[cfg(test)]
mod tests;
