//! Integration tests of `promql`: upstream's scripts and tables, round trips, hostile texts.
//! Data that belongs to others stays outside of the project; its absence is said, never hidden.

mod compliance;
mod conformance;
mod corpus;
mod depth;
mod generate;
mod promqltest;
mod round_trip;
mod upstream_expressions;
mod upstream_series;
