//! What a query answers: one of PromQL's four kinds of value, with warnings, infos and counts.
//! Plain data for `api`, `rules` and tests; rendering is theirs.

use crate::AnswerMemory;
use model::{Labels, Timestamp, Value};

/// Answer of a query.
#[derive(Clone, Debug)]
pub struct QueryOutput {
    /// The value.
    pub value: QueryValue,
    /// Annotations that say the result may be wrong, `PromQL warning: ... (line:col)`.
    pub warnings: Vec<String>,
    /// Annotations that say the query may not mean what it says, `PromQL info: ... (line:col)`.
    pub infos: Vec<String>,
    /// What the query cost.
    pub stats: QueryStats,
    /// Samples that selectors and windows looked at, one count per step, as upstream counts them;
    /// empty unless [`crate::EngineOptions::count_queryable`].
    pub queryable: Vec<u64>,
    /// Keeps the memory of the value reserved: to be dropped when the value is.
    pub memory: AnswerMemory,
}

/// One of PromQL's kinds of value.
#[derive(Clone, Debug)]
pub enum QueryValue {
    /// A number at an instant.
    Scalar {
        /// When.
        timestamp: Timestamp,
        /// The number.
        value: f64,
    },
    /// A text at an instant.
    String {
        /// When.
        timestamp: Timestamp,
        /// The text.
        text: String,
    },
    /// One sample per series, in evaluation order (`sort` and friends choose it).
    Vector(Vec<VectorSample>),
    /// Samples over time per series, sorted by labels; also a range vector at an instant.
    Matrix(Vec<MatrixSeries>),
}

/// One sample of an instant vector.
#[derive(Clone, Debug)]
pub struct VectorSample {
    /// Identity of the result.
    pub labels: Labels,
    /// Instant of evaluation.
    pub timestamp: Timestamp,
    /// Float or histogram.
    pub value: Value,
}

/// Samples of one series of a matrix.
#[derive(Clone, Debug)]
pub struct MatrixSeries {
    /// Identity of the result.
    pub labels: Labels,
    /// Samples by increasing time.
    pub points: Vec<(Timestamp, Value)>,
}

/// What a query cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueryStats {
    /// Series read from the store, counted per selector.
    pub series_read: usize,
    /// Samples read from the store, counted per selector.
    pub samples_read: u64,
    /// Most samples held at one time.
    pub samples_peak: usize,
}
