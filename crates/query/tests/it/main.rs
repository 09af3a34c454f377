//! Tests of the engine from outside: upstream's scripts, limits, cancellation, odd inputs.

#![expect(clippy::unwrap_used, reason = "a failed helper is a failed test")]
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod answers;
mod explain;
mod lanes;
mod limits;
mod memory;
mod metamorphic;
mod model;
mod promqltest;
mod store;
mod witness;
