//! The remote write receiver: over HTTP in process, and behind a real Prometheus.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod hostile;
mod http;
mod influx;
mod otlp;
mod prometheus;
mod pushgateway;
mod remote_write_2;
mod samples;
mod store;
