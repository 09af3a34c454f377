//! PromQL evaluation: syntax trees of `promql` over any `model::Querier`, as Prometheus 3.14.
//! Works on columns of steps: per series one row of values over the steps of the query; an instant
//! query is a range query with one step. Pure: no clock, no files; helpers of queries with very
//! many series are its only threads, and no answer depends on them.

mod account;
mod aggregate;
mod annotation;
mod binary;
mod budget;
mod cancel;
mod classic;
mod column;
mod duration;
mod engine;
mod error;
mod evaluate;
mod explain;
mod functions;
mod histogram;
mod invariant;
mod memory;
mod meter;
mod number;
mod output;
mod queryable;
mod range;
mod range_cache;
mod scan;
pub mod script;
mod select;
mod signature;
mod threads;
mod timeline;
mod trace;
mod xxhash;

pub use budget::{Budget, Reservation};
pub use cancel::{Cancel, Progress};
pub use engine::{Engine, EngineOptions, Query, StepRange, When};
pub use error::{QueryError, QueryErrorKind};
pub use explain::{Explanation, Measured, PlanNode, PlanRead, PlanSteps};
pub use memory::MemoryQuerier;
pub use meter::{AnswerMemory, MemoryLimits, Meter};
pub use output::{MatrixSeries, QueryOutput, QueryStats, QueryValue, VectorSample};
pub use range_cache::{Asked, History, RangeCache, RangeCacheStats};
pub use threads::Helpers;
pub use xxhash::label_hash;
