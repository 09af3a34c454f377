//! Tests of the engine from outside: upstream's scripts, limits, cancellation, odd inputs.

#![expect(clippy::unwrap_used, reason = "a failed helper is a failed test")]

mod promqltest;
