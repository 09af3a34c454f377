//! A question to an engine: the text of a query and when it is evaluated.

/// When a query is evaluated; milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "start, end and step are what they say")]
pub enum Time {
    /// At one instant.
    Instant { at_ms: i64 },
    /// At `start`, `start + step`, ... up to `end`.
    Range { start_ms: i64, end_ms: i64, step_ms: i64 },
}

impl Time {
    /// All instants.
    pub fn instants(&self) -> Vec<i64> {
        match *self {
            Self::Instant { at_ms } => vec![at_ms],
            Self::Range { start_ms, end_ms, step_ms } => {
                let step = usize::try_from(step_ms.max(1)).unwrap_or(usize::MAX);
                (start_ms..=end_ms).step_by(step).collect()
            }
        }
    }
}

/// A query and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// PromQL.
    pub query: String,
    /// When.
    pub time: Time,
}
