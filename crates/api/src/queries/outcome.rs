//! How a question ended, in the words of the counters.

use query::{QueryError, QueryErrorKind};

/// How a question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has an answer.
    Answered,
    /// It makes no sense.
    Invalid,
    /// It could not be answered over these data, or the storage failed, or we did.
    Failed,
    /// It ran into a limit.
    Refused(Refusal),
    /// Its time was over.
    TimedOut,
    /// Its client left.
    Left,
    /// Somebody stopped it.
    Cancelled,
}

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Too many wait already.
    QueueFull,
    /// `--query.max-samples`.
    Samples,
    /// `--query.max-series`.
    Series,
    /// `--query.max-memory`.
    Memory,
    /// What all queries together may hold.
    SharedMemory,
}

impl Outcome {
    /// Name in metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Invalid => "invalid",
            Self::Failed => "failed",
            Self::Refused(_) => "refused",
            Self::TimedOut => "timed_out",
            Self::Left | Self::Cancelled => "cancelled",
        }
    }
}

impl Refusal {
    /// All of them, so that every counter is there from the start.
    pub(crate) const ALL: [Self; 5] =
        [Self::QueueFull, Self::Samples, Self::Series, Self::Memory, Self::SharedMemory];

    /// Name in metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Samples => "samples",
            Self::Series => "series",
            Self::Memory => "memory",
            Self::SharedMemory => "shared_memory",
        }
    }
}

impl From<&QueryError> for Outcome {
    fn from(error: &QueryError) -> Self {
        match error.kind() {
            QueryErrorKind::Cancelled => Self::Left,
            QueryErrorKind::Timeout => Self::TimedOut,
            QueryErrorKind::TooManySamples => Self::Refused(Refusal::Samples),
            QueryErrorKind::TooManySeries => Self::Refused(Refusal::Series),
            QueryErrorKind::TooMuchMemory => Self::Refused(Refusal::Memory),
            QueryErrorKind::Unavailable => Self::Refused(Refusal::SharedMemory),
            QueryErrorKind::Execution | QueryErrorKind::Storage => Self::Failed,
        }
    }
}
