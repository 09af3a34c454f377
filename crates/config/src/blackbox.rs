//! blackbox.yml: modules of probes as `blackbox_exporter` 0.28 reads them.
//! Read by `load`; used by the probe shell. What upstream only finds out at the first probe (an
//! unknown prober, a record type that does not exist) is a problem of the file here.

mod databases;
mod dns_names;
mod read;

use crate::{HttpClientConfig, TlsConfig};
use regex::Regex;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

pub use databases::{DatabaseAccess, DatabaseRole, PostgresProbe, RedisProbe};
pub use dns_names::{CLASSES, RCODES, TYPES, code_of, name_of};
pub use read::load;

/// A whole blackbox.yml.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct BlackboxConfig {
    /// Modules by name.
    pub modules: BTreeMap<String, ProbeModule>,
}

/// How a probe is made and judged.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeModule {
    /// Longest time of a probe; absent: as long as the caller waits.
    pub timeout: Option<Duration>,
    /// What is spoken.
    pub prober: Prober,
    /// The module as YAML without its secrets.
    pub shown: String,
}

/// What is spoken with the target.
#[derive(Clone, Debug, PartialEq)]
pub enum Prober {
    /// HTTP
    Http(Box<HttpProbe>),
    /// TCP, with or without a conversation.
    Tcp(Box<TcpProbe>),
    /// ICMP echo.
    Icmp(IcmpProbe),
    /// A question to a DNS server.
    Dns(Box<DnsProbe>),
    /// gRPC's health service.
    Grpc(Box<GrpcProbe>),
    /// A conversation over a Unix socket.
    Unix(Box<ConversationProbe>),
    /// WebSocket, with or without messages.
    Websocket(Box<WebsocketProbe>),
    /// A PostgreSQL server: login, a query, replication.
    Postgres(Box<PostgresProbe>),
    /// A Redis server: login, PING, replication.
    Redis(Box<RedisProbe>),
}

impl Prober {
    /// Name in the file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Tcp(_) => "tcp",
            Self::Icmp(_) => "icmp",
            Self::Dns(_) => "dns",
            Self::Grpc(_) => "grpc",
            Self::Unix(_) => "unix",
            Self::Websocket(_) => "websocket",
            Self::Postgres(_) => "postgres",
            Self::Redis(_) => "redis",
        }
    }
}

/// Which addresses of a name are probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IpChoice {
    /// Prefer IPv4; the default is IPv6, as upstream.
    pub prefers_ip4: bool,
    /// Take the other family when the preferred one has no address; true by default.
    pub falls_back: bool,
}

impl Default for IpChoice {
    fn default() -> Self {
        Self { prefers_ip4: false, falls_back: true }
    }
}

/// A regular expression that may match anywhere in a text.
#[derive(Clone)]
pub struct SearchRegex {
    /// The expression as written.
    pub text: String,
    /// Compiled, with Go's meaning.
    pub regex: Regex,
}

impl PartialEq for SearchRegex {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for SearchRegex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.text)
    }
}

/// A request and what its answer must be like.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpProbe {
    /// Accepted status codes; empty: 200 to 299.
    pub valid_status_codes: Vec<u16>,
    /// Accepted versions such as `HTTP/2.0`; empty: all.
    pub valid_http_versions: Vec<String>,
    /// Which address is probed.
    pub ip: IpChoice,
    /// With a proxy, let it resolve the name.
    pub skip_resolve_phase_with_proxy: bool,
    /// Fail when the last answer came over TLS.
    pub fail_if_ssl: bool,
    /// Fail when the last answer did not come over TLS.
    pub fail_if_not_ssl: bool,
    /// Method.
    pub method: String,
    /// Headers of the request in the order of the file; `Host` names the virtual host.
    pub headers: Vec<(String, String)>,
    /// Fail when one of them matches the body.
    pub fail_if_body_matches: Vec<SearchRegex>,
    /// Fail when one of them does not match the body.
    pub fail_if_body_not_matches: Vec<SearchRegex>,
    /// Fail when a header matches.
    pub fail_if_header_matches: Vec<HeaderMatch>,
    /// Fail when no value of a header matches.
    pub fail_if_header_not_matches: Vec<HeaderMatch>,
    /// Body of the request.
    pub body: ProbeBody,
    /// How the answer's body is compressed, whatever its headers say.
    pub compression: Option<Compression>,
    /// Most bytes of the body after decompression; absent: as upstream none, here the server's.
    pub body_bytes_max: Option<u64>,
    /// Authentication, TLS, proxy, redirects.
    pub client: HttpClientConfig,
}

/// Body of a probe's request.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum ProbeBody {
    /// None.
    #[default]
    Empty,
    /// As written.
    Text(String),
    /// Path of a file that is read for each probe.
    File(String),
}

/// Compression of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// None.
    Identity,
    /// RFC 1952
    Gzip,
    /// RFC 1951, without the frame of RFC 1950, as upstream reads it.
    Deflate,
}

/// What a header must or must not be like.
#[derive(Clone, Debug, PartialEq)]
pub struct HeaderMatch {
    /// Name.
    pub header: String,
    /// Expression.
    pub regex: SearchRegex,
    /// Is a missing header right?
    pub allow_missing: bool,
}

/// A TCP connection and what is said over it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TcpProbe {
    /// Which address is probed.
    pub ip: IpChoice,
    /// Address of this host to speak from.
    pub source: Option<IpAddr>,
    /// What is said.
    pub talk: ConversationProbe,
}

/// What is said over a connection.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConversationProbe {
    /// Steps in their order.
    pub steps: Vec<TalkStep>,
    /// TLS from the beginning.
    pub tls: bool,
    /// TLS, from the beginning or after a step.
    pub tls_config: TlsConfig,
}

/// A step: wait for something, answer, perhaps go on encrypted.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TalkStep {
    /// A line that matches is waited for.
    pub expect: Option<SearchRegex>,
    /// These bytes are read next.
    pub expect_bytes: Option<String>,
    /// Labels of `probe_expect_info`, with `${1}` from the match.
    pub labels: Vec<(String, String)>,
    /// A line to send, with `${1}` from the match.
    pub send: Option<String>,
    /// Shake hands after that.
    pub starttls: bool,
}

/// ICMP echo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpProbe {
    /// Which address is probed.
    pub ip: IpChoice,
    /// Address of this host to speak from.
    pub source: Option<IpAddr>,
    /// Bytes behind the header; absent: a short text.
    pub payload_bytes: Option<u16>,
    /// Forbid routers to split the packet; needs a raw socket.
    pub dont_fragment: bool,
    /// Hops the request may take.
    pub ttl: u8,
}

/// A question to a DNS server and what its answer must be like.
#[derive(Clone, Debug, PartialEq)]
pub struct DnsProbe {
    /// Which address of the server is probed.
    pub ip: IpChoice,
    /// Address of this host to speak from.
    pub source: Option<IpAddr>,
    /// TCP instead of UDP.
    pub over_tcp: bool,
    /// DNS over TLS (RFC 7858).
    pub over_tls: bool,
    /// DNS over HTTPS (RFC 8484); then neither of the two above is set.
    pub over_https: Option<DnsOverHttps>,
    /// TLS of them.
    pub tls_config: TlsConfig,
    /// Name that is asked for.
    pub query_name: String,
    /// Number of the record type; 255 (`ANY`) by default.
    pub query_type: u16,
    /// Number of the class; 1 (`IN`) by default.
    pub query_class: u16,
    /// Ask the server to ask others; true by default.
    pub recursion_desired: bool,
    /// Accepted response codes; `NOERROR` by default.
    pub valid_rcodes: Vec<u16>,
    /// What the answers must be like.
    pub answer: RecordChecks,
    /// What the records of the authority section must be like.
    pub authority: RecordChecks,
    /// What the additional records must be like.
    pub additional: RecordChecks,
}

/// How a question travels by HTTPS.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DnsOverHttps {
    /// In the URL of a GET request; else as the body of a POST request.
    pub uses_get: bool,
    /// Path of the server's resource, with its slash.
    pub path: String,
}

/// Path that servers of DNS over HTTPS have by custom.
pub const DOH_PATH: &str = "/dns-query";

/// What the records of a section must be like, in the form of a zone file.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RecordChecks {
    /// Fail when a record matches.
    pub fail_if_matches: Vec<SearchRegex>,
    /// Fail unless all records match, as upstream does under this name.
    pub fail_if_all_match: Vec<SearchRegex>,
    /// Fail when a record does not match.
    pub fail_if_not_matches: Vec<SearchRegex>,
    /// Fail when no record matches.
    pub fail_if_none_matches: Vec<SearchRegex>,
}

/// gRPC's health service.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct GrpcProbe {
    /// Which address is probed.
    pub ip: IpChoice,
    /// Name of the service; empty: the server as a whole.
    pub service: String,
    /// Speak TLS.
    pub tls: bool,
    /// TLS of it.
    pub tls_config: TlsConfig,
}

/// WebSocket: the handshake, and messages in the place of lines.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct WebsocketProbe {
    /// Authentication and TLS.
    pub client: HttpClientConfig,
    /// Headers of the handshake.
    pub headers: Vec<(String, String)>,
    /// Messages; `expect_bytes` and `starttls` mean nothing here.
    pub steps: Vec<TalkStep>,
}

#[cfg(test)]
mod tests;
