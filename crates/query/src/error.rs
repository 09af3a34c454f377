//! Why a query gave no answer. Texts that clients compare are those of Prometheus.
//! Kinds let the shell choose a status; the sentence is for people.

use std::time::Duration;

/// What stopped a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryErrorKind {
    /// The asker went away or asked to stop.
    Cancelled,
    /// The deadline passed.
    Timeout,
    /// More samples than `samples_max` would be held at once.
    TooManySamples,
    /// More series than `series_max` would be held at once.
    TooManySeries,
    /// The query cannot be evaluated over these data (or at all).
    Execution,
    /// The store failed.
    Storage,
}

/// A query that gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    kind: QueryErrorKind,
    message: String,
    source: Option<model::QuerierError>,
}

impl QueryError {
    /// Kind, for callers that decide.
    pub fn kind(&self) -> QueryErrorKind {
        self.kind
    }

    pub(crate) fn execution(message: impl Into<String>) -> Self {
        Self { kind: QueryErrorKind::Execution, message: message.into(), source: None }
    }

    /// Two samples of one step whose label sets became equal.
    pub(crate) fn same_labels() -> Self {
        Self::execution("vector cannot contain metrics with the same labelset")
    }

    pub(crate) fn cancelled() -> Self {
        let message = "query was canceled in query execution".into();
        Self { kind: QueryErrorKind::Cancelled, message, source: None }
    }

    pub(crate) fn timeout(limit: Duration) -> Self {
        let message = format!("query timed out in query execution (limit {limit:?})");
        Self { kind: QueryErrorKind::Timeout, message, source: None }
    }

    pub(crate) fn too_many_samples() -> Self {
        let message =
            "query processing would load too many samples into memory in query execution".into();
        Self { kind: QueryErrorKind::TooManySamples, message, source: None }
    }

    pub(crate) fn too_many_series(selector: &str, found: usize, limit: usize) -> Self {
        let message =
            format!("selector {selector} matches {found} series, more than the limit of {limit}");
        Self { kind: QueryErrorKind::TooManySeries, message, source: None }
    }
}

impl From<model::QuerierError> for QueryError {
    fn from(source: model::QuerierError) -> Self {
        let kind = match source.kind() {
            model::QuerierErrorKind::TooMuch => QueryErrorKind::TooManySeries,
            _ => QueryErrorKind::Storage,
        };
        let message = format!("expanding series: {source}");
        Self { kind, message, source: Some(source) }
    }
}
