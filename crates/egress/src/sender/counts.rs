//! What a remote endpoint counts; plain numbers, copied out after each step.

use std::collections::BTreeMap;
use std::time::Duration;

/// Upper bounds of the durations of requests, seconds: those of upstream.
pub(crate) const BATCH_BOUNDS: [f64; 15] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 120.0, 300.0];

/// Samples, exemplars and histograms apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kinds {
    /// Floats.
    pub(crate) samples: u64,
    /// Exemplars.
    pub(crate) exemplars: u64,
    /// Native histograms.
    pub(crate) histograms: u64,
}

impl Kinds {
    pub(crate) fn add(&mut self, other: Self) {
        self.samples += other.samples;
        self.exemplars += other.exemplars;
        self.histograms += other.histograms;
    }

    /// All of them.
    pub(crate) fn all(&self) -> u64 {
        self.samples + self.exemplars + self.histograms
    }
}

/// Numbers of one endpoint since its sender began.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    /// Taken from the journal.
    pub(crate) taken: Kinds,
    /// Sent and accepted.
    pub(crate) sent: Kinds,
    /// Refused for good.
    pub(crate) failed: Kinds,
    /// Sent again.
    pub(crate) retried: Kinds,
    /// Not sent, by reason.
    pub(crate) dropped: BTreeMap<&'static str, Kinds>,
    /// Waiting in memory.
    pub(crate) pending: Kinds,
    /// Requests that were refused for good, by status or kind of error.
    pub(crate) refusals: BTreeMap<String, u64>,
    /// Bytes of requests that were accepted, compressed.
    pub(crate) bytes: u64,
    /// Entries of metadata sent, refused, and sent again.
    pub(crate) metadata: [u64; 3],
    /// How often reading waited because a shard was full.
    pub(crate) waits: u64,
    /// Newest instant accepted by the other side, ms.
    pub(crate) newest_sent: Option<i64>,
    /// Newest instant taken from the journal, ms.
    pub(crate) newest_taken: Option<i64>,
    /// Shards now, and as many as the calculation wants.
    pub(crate) shards: usize,
    /// As many shards as the calculation wants.
    pub(crate) desired_shards: f64,
    /// Requests by duration (see [`BATCH_BOUNDS`]), not cumulated; the last one is beyond all.
    pub(crate) durations: [u64; BATCH_BOUNDS.len() + 1],
    /// Seconds of all requests.
    pub(crate) duration_sum: f64,
    /// Segment of the journal that is read.
    pub(crate) segment: u64,
    /// Bytes of the journal that could not be read.
    pub(crate) damaged_bytes: u64,
}

impl Counts {
    pub(crate) fn note_duration(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = BATCH_BOUNDS.iter().position(|bound| seconds <= *bound);
        self.durations[bucket.unwrap_or(BATCH_BOUNDS.len())] += 1;
        self.duration_sum += seconds;
    }

    pub(crate) fn note_dropped(&mut self, reason: &'static str, kinds: Kinds) {
        self.dropped.entry(reason).or_default().add(kinds);
    }
}
