//! Federation and remote read over a store in memory.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod federate;
mod read;
mod store;

#[global_allocator]
static MEMORY: testkit::Counting = testkit::Counting;
