//! What the operator chooses about the server: addresses, prefixes, limits, switches.
//! Names follow Prometheus' flags; every limit names its default.

use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// Limits of queries.
#[derive(Clone, Debug)]
pub struct QueryLimits {
    /// Queries that run at the same time (`--query.max-concurrency`); 20.
    pub concurrency: usize,
    /// Queries that may wait for a slot; the next one is refused with 503. 200.
    pub queue: usize,
    /// Longest time from arrival to answer (`--query.timeout`); 2 minutes.
    pub timeout: Duration,
    /// Evaluations that take this long or longer are logged (`--query.slow-threshold`); 10 s.
    /// `None`: none is.
    pub slow: Option<Duration>,
}

impl Default for QueryLimits {
    fn default() -> Self {
        let (timeout, slow) = (Duration::from_mins(2), Some(Duration::from_secs(10)));
        Self { concurrency: 20, queue: 200, timeout, slow }
    }
}

/// Where OTLP by gRPC is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrpcListen {
    /// `host:port`.
    pub address: String,
    /// A taken address is a warning, not an error.
    pub if_free: bool,
}

/// How the server listens and what it allows.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Addresses `host:port` (`--web.listen-address`); port 0 takes a free one. `127.0.0.1:1788`.
    pub listen: Vec<String>,
    /// Further address, taken only when it is free (`127.0.0.1:4318`, where SDKs send OTLP).
    pub listen_if_free: Option<String>,
    /// Address that speaks HTTP/2 alone, for OTLP by gRPC.
    pub grpc_listen: Option<GrpcListen>,
    /// Prefix of all routes (`--web.route-prefix`); by default the path of `external_url`, or `/`.
    pub route_prefix: Option<String>,
    /// Where users reach the server (`--web.external-url`), e.g. behind a proxy.
    pub external_url: Option<Url>,
    /// Further accepted names in the Host header (`--web.allowed-host`), without port.
    pub allowed_hosts: Vec<String>,
    /// Listen beyond loopback without authentication (`--web.allow-anonymous`).
    pub allow_anonymous: bool,
    /// Serve `/-/reload` and `/-/quit` (`--web.enable-lifecycle`).
    pub enable_lifecycle: bool,
    /// Serve `/api/v1/admin/...` (`--web.enable-admin-api`).
    pub enable_admin_api: bool,
    /// Web configuration: TLS, users, headers (`--web.config.file`).
    pub web_config: Option<PathBuf>,
    /// Limits of queries.
    pub query: QueryLimits,
    /// Connections served at the same time (`--web.max-connections`); one more is answered 503 and
    /// closed (with TLS: closed). 512.
    pub connections_max: usize,
    /// Time for a request's head, and for an idle connection to send the next one; 30 s.
    pub header_timeout: Duration,
    /// Time for a request's body (`--web.read-timeout`); 5 minutes.
    pub body_timeout: Duration,
    /// Time in which a client must take at least some bytes of an answer; 2 minutes.
    pub write_timeout: Duration,
    /// Bytes of a request's head; 32 KiB.
    pub header_bytes_max: usize,
    /// Bytes of a request's path and query; 16 KiB (longer questions go into a POST form).
    pub uri_bytes_max: usize,
    /// Bytes of a form body; 10 MiB, as Go's `ParseForm`.
    pub form_bytes_max: usize,
    /// Time for requests in flight after the shutdown signal; 8 s.
    pub drain_timeout: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            listen: vec!["127.0.0.1:1788".into()],
            listen_if_free: None,
            grpc_listen: None,
            route_prefix: None,
            external_url: None,
            allowed_hosts: Vec::new(),
            allow_anonymous: false,
            enable_lifecycle: false,
            enable_admin_api: false,
            web_config: None,
            query: QueryLimits::default(),
            connections_max: 512,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_mins(5),
            write_timeout: Duration::from_mins(2),
            header_bytes_max: 32 << 10,
            uri_bytes_max: 16 << 10,
            form_bytes_max: 10 << 20,
            drain_timeout: Duration::from_secs(8),
        }
    }
}

impl ServerOptions {
    /// Prefix of all routes without a slash at its end: empty, or `/flyball`.
    pub fn prefix(&self) -> String {
        let prefix = match (&self.route_prefix, &self.external_url) {
            (Some(prefix), _) => prefix.as_str(),
            (None, Some(url)) => url.path(),
            (None, None) => "",
        };
        let inner = prefix.trim_matches('/');
        if inner.is_empty() { String::new() } else { format!("/{inner}") }
    }
}
