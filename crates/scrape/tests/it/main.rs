//! Pools against real servers on loopback, most of them badly behaved.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod hostile;
#[expect(dead_code, reason = "the unit tests of the core use the rest")]
mod memory;
mod peers;
mod reload;
mod server;
mod sources;
mod world;
