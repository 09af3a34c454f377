//! Integration tests of `promql`: upstream's scripts and tables, round trips, hostile texts.
//! Data that belongs to others stays outside of the project; its absence is said, never hidden.

#![expect(clippy::unwrap_used, reason = "a failed helper is a failed test")]

mod compliance;
mod depth;
mod fuzz;
mod generate;

mod promqltest;
mod round_trip;
mod upstream_expressions;
mod upstream_series;
