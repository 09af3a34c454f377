//! The server on real sockets: life of connections, promtool as a client, Prometheus as a model.

#![expect(clippy::unwrap_used, reason = "tests say what failed by panicking")]
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

#[path = "../../src/testing/mod.rs"]
mod testing;

mod leaving;
mod prometheus;
mod promtool;
mod server;
mod starting;
mod support;
mod typed;
