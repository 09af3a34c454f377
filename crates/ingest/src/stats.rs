//! What the receiver counts about itself; the binary renders it as `flyball_PROTOCOL_*` series.
//! Plain atomics: read at any time, each on its own.

use model::RowFault;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// The present value.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }
}

/// Counters of a receiver since it was made.
#[derive(Debug, Default)]
pub struct ReceiverStats {
    /// Requests whose samples were all stored (204).
    pub requests_stored: Counter,
    /// Requests with a malformed body or with refused samples (400).
    pub requests_bad: Counter,
    /// Requests of another content type or encoding (415).
    pub requests_unsupported: Counter,
    /// Requests above a size limit (413).
    pub requests_too_large: Counter,
    /// Requests whose body did not arrive in time or broke off (408).
    pub requests_unfinished: Counter,
    /// Requests with series beyond a limit (429).
    pub requests_limited: Counter,
    /// Requests refused because the storage or the receiver was busy or read-only (503).
    pub requests_unavailable: Counter,
    /// Bytes of bodies as they came.
    pub bytes_received: Counter,
    /// Bytes of bodies after decompression.
    pub bytes_decoded: Counter,
    /// Samples stored, histograms among them.
    pub samples_stored: Counter,
    /// Samples that were there already, equal in every bit.
    pub samples_repeated: Counter,
    /// Samples refused: older than the newest of their series.
    pub samples_out_of_order: Counter,
    /// Samples refused: older than anything the storage takes.
    pub samples_too_old: Counter,
    /// Samples refused: their timestamp is taken by another value.
    pub samples_duplicate: Counter,
    /// Samples refused: too far ahead of the clock.
    pub samples_too_far_ahead: Counter,
    /// Samples refused: their series died twice while the request was handled.
    pub samples_unresolved: Counter,
    /// Samples refused: their label set is not valid.
    pub samples_invalid_labels: Counter,
    /// Samples refused: what they stand in does not follow the protocol. A line of line protocol
    /// counts once; all points of an OTLP metric without usable name, kind or temporality count,
    /// and all of a remote write 2.0 series of both floats and histograms.
    pub samples_malformed: Counter,
    /// Histograms refused: they break a rule of native histograms.
    pub samples_invalid_histogram: Counter,
    /// Samples refused: their series is new and a limit is reached.
    pub samples_beyond_limit: Counter,
    /// Exemplars handed to the storage.
    pub exemplars: Counter,
    /// Exemplars refused: their labels are too long.
    pub exemplars_refused: Counter,
    /// Metadata entries handed to the storage.
    pub metadata: Counter,
    /// Series recognised by their label bytes.
    pub series_recognised: Counter,
    /// Series whose labels had to be parsed.
    pub series_parsed: Counter,
}

impl ReceiverStats {
    pub(crate) fn of_fault(&self, fault: RowFault) -> &Counter {
        match fault {
            RowFault::OutOfOrder => &self.samples_out_of_order,
            RowFault::TooOld => &self.samples_too_old,
            RowFault::DuplicateTimestamp => &self.samples_duplicate,
            RowFault::TooFarInFuture => &self.samples_too_far_ahead,
            RowFault::InvalidHistogram => &self.samples_invalid_histogram,
            RowFault::UnknownSeries => &self.samples_unresolved,
        }
    }
}
