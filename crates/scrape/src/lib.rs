//! Fetches targets on their grid and appends what they expose, staleness and health included.
//! Fed by `discovery` and `config`; appends through `model::Appender`; shown by `api`.
//! The core (`TargetCache`) is synchronous and knows no network; the loops decide nothing.

mod bodies;
mod cache;
mod counters;
mod fetch;
mod grid;
#[cfg(test)]
mod heard;
#[cfg(test)]
#[expect(dead_code, reason = "the integration tests use the rest")]
#[path = "../tests/it/memory.rs"]
mod memory;
mod page;
mod pool;
mod pools;
mod probing;
mod run;
mod shape;
mod source;
mod target;
mod view;

pub use cache::{Arrival, Page, ScrapeReport, SharedMetadata, TargetCache};
pub use grid::Grid;
pub use page::{PageFormat, accept_header, format_of};
pub use pools::{Options, Pools};
pub use probing::{OwnWaitingSource, Told, WaitingSource};
pub use shape::Shape;
pub use source::{OwnSource, Source, SourceError};
pub use target::{Populated, Target, populate};
pub use view::{DroppedTarget, DroppedTargets, Health, PoolsView, TargetMetadata, TargetView};
