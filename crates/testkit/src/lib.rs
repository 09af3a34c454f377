//! What tests of several rooms share: conformance data, skipping, waiting, real peers, corpora of
//! fuzzers, counted memory, clients of other registries.
//! A dev-dependency only. Nothing here may decide a verdict: tests assert, this crate provides.

pub mod clients;
pub mod fuzz;
pub mod http;
mod memory;
mod page;
mod peer;
pub mod protobuf;
mod skip;
mod wait;

pub use memory::{Counting, peak_of};
pub use page::assert_page;
pub use peer::{Peer, find_program, free_port};
pub use skip::{conformance_dir, skip};
pub use wait::{DEADLINE, wait_for};
