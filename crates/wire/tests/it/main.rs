//! Decoders against honest and hostile bytes.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod compression;
mod fuzz;
mod histograms;
mod otlp;
mod requests;
mod requests_2;

#[global_allocator]
static COUNTING: testkit::Counting = testkit::Counting;
