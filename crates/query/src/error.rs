//! Why a query gave no answer. Texts that clients compare are those of Prometheus.
//! Kinds let the shell choose a status; the sentence is for people.

/// What stopped a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryErrorKind {
    /// The asker went away or asked to stop.
    Cancelled,
    /// The deadline passed.
    Timeout,
    /// More samples than `samples_max` would be held at once.
    TooManySamples,
    /// More series than `series_max` would be read.
    TooManySeries,
    /// More bytes than a query may hold.
    TooMuchMemory,
    /// The query cannot be evaluated over these data (or at all).
    Execution,
    /// The store failed.
    Storage,
    /// Not now: queries together hold all memory there is for them, or the store closes.
    Unavailable,
}

/// A query that gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    kind: QueryErrorKind,
    message: String,
    /// The message names the part of the query that asks for too much.
    blames: bool,
    source: Option<model::QuerierError>,
}

impl QueryError {
    /// Kind, for callers that decide.
    pub fn kind(&self) -> QueryErrorKind {
        self.kind
    }

    fn new(kind: QueryErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), blames: false, source: None }
    }

    pub(crate) fn execution(message: impl Into<String>) -> Self {
        Self::new(QueryErrorKind::Execution, message)
    }

    /// Two samples of one step whose label sets became equal.
    pub(crate) fn same_labels() -> Self {
        Self::execution("vector cannot contain metrics with the same labelset")
    }

    /// Upstream's `ErrQueryCanceled`.
    pub(crate) fn cancelled() -> Self {
        Self::new(QueryErrorKind::Cancelled, "query was canceled in expression evaluation")
    }

    /// Upstream's `ErrQueryTimeout`.
    pub(crate) fn timeout() -> Self {
        Self::new(QueryErrorKind::Timeout, "query timed out in expression evaluation")
    }

    /// A helper ended within a series.
    pub(crate) fn panicked() -> Self {
        let message = "cannot read series: a thread that helped panicked, which is a bug";
        Self::new(QueryErrorKind::Storage, message)
    }

    /// Upstream's `ErrTooManySamples`.
    pub(crate) fn too_many_samples(limit: usize) -> Self {
        let sentence =
            "query processing would load too many samples into memory in query execution";
        Self::new(QueryErrorKind::TooManySamples, format!("{sentence}: more than {limit}"))
    }

    pub(crate) fn too_many_series(limit: usize) -> Self {
        let message = format!("query would read too many series: more than {limit}");
        Self::new(QueryErrorKind::TooManySeries, message)
    }

    pub(crate) fn too_much_memory(limit: usize) -> Self {
        let message = format!("query would hold too much memory: more than {}", shown(limit));
        Self::new(QueryErrorKind::TooMuchMemory, message)
    }

    pub(crate) fn no_memory_left(limit: usize) -> Self {
        let message =
            format!("queries together hold all {} they may; come again later", shown(limit));
        Self::new(QueryErrorKind::Unavailable, message)
    }

    /// Names the part of the query that asks for too much; the innermost one counts.
    pub(crate) fn blame(mut self, part: impl FnOnce() -> String) -> Self {
        let asks_for_too_much = match self.kind {
            QueryErrorKind::TooManySamples
            | QueryErrorKind::TooManySeries
            | QueryErrorKind::TooMuchMemory => true,
            QueryErrorKind::Cancelled
            | QueryErrorKind::Timeout
            | QueryErrorKind::Execution
            | QueryErrorKind::Storage
            | QueryErrorKind::Unavailable => false,
        };
        if asks_for_too_much && !self.blames {
            self.message = format!("{}, at {}", self.message, part());
            self.blames = true;
        }
        self
    }
}

/// `512 MiB`; a number that is no whole number of them in bytes.
fn shown(bytes: usize) -> String {
    const MIB: usize = 1 << 20;
    if bytes.is_multiple_of(MIB) {
        format!("{} MiB", bytes / MIB)
    } else {
        format!("{bytes} bytes")
    }
}

impl From<model::QuerierError> for QueryError {
    fn from(source: model::QuerierError) -> Self {
        let kind = match source.kind() {
            // Refusals of the query's own meter: their sentence says it all.
            model::QuerierErrorKind::Cancelled => return Self::cancelled(),
            model::QuerierErrorKind::Timeout => return Self::timeout(),
            model::QuerierErrorKind::TooMuch => {
                return Self::new(QueryErrorKind::TooMuchMemory, source.to_string());
            }
            model::QuerierErrorKind::Unavailable => QueryErrorKind::Unavailable,
            _ => QueryErrorKind::Storage,
        };
        let message = format!("expanding series: {source}");
        Self { source: Some(source), ..Self::new(kind, message) }
    }
}
