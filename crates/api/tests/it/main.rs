//! The server on real sockets: life of connections, promtool as a client, Prometheus as a model.

#[path = "../../src/testing/mod.rs"]
mod testing;

mod prometheus;
mod promtool;
mod server;
mod support;
