//! Receivers for pushed samples: over HTTP remote write 1.0 and 2.0, OTLP metrics, line protocol of
//! InfluxDB and the Pushgateway's API; over UDP and TCP StatsD and Graphite.
//! Bytes come in through `wire`, samples go out through `model::Appender`; `api` mounts the route.
//! A shell: it decides nothing about samples, only about requests (limits, status codes, waiting).

mod answer;
mod batch;
mod cache;
mod http;
mod influx;
mod intake;
mod labels;
mod lines;
mod otlp;
mod pushgateway;
mod receiver;
mod remote_write;
mod stats;

pub use answer::{Answer, Written};
pub use http::{WRITE_PATH, router, write_route};
pub use influx::{
    INFLUX_PING_PATHS, INFLUX_QUERY_PATHS, INFLUX_WRITE_PATHS, InfluxReceiver, influx_ping_route,
    influx_query_route, influx_write_route,
};
pub use lines::{GraphiteReceiver, LineLimits, LineListeners, LineOptions, StatsdReceiver};
pub use otlp::{
    OTLP_GRPC_PATH, OTLP_METRICS_PATH, OTLP_PROMETHEUS_PATH, OtlpReceiver, otlp_grpc_route,
    otlp_route,
};
pub use pushgateway::{PUSH_INTERVAL, PUSH_PATHS, PushGateway, push_route};
pub use receiver::{Receiver, ReceiverOptions};
pub use stats::{Counter, ReceiverStats};
