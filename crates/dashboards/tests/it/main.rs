//! Dashboards of others, and of nobody: real ones with what becomes of them, and mutants.
#![expect(
    clippy::unwrap_used,
    reason = "tests stop at the first thing that is not as it should be"
)]

mod compat;
mod conformance;
mod exporters;
mod fuzz;
