//! Fetches targets on their grid and appends what they expose, staleness and health included.
//! Fed by `discovery` and `config`; appends through `model::Appender`; shown by `api`.
//! The core (`TargetCache`) is synchronous and knows no network; the loops around it decide nothing.

mod cache;
mod grid;
#[cfg(test)]
#[path = "../tests/it/memory.rs"]
mod memory;
mod shape;
mod target;

pub use cache::{Arrival, Page, ScrapeReport, SharedMetadata, TargetCache};
pub use grid::Grid;
pub use shape::Shape;
pub use target::{Populated, Target, populate};
