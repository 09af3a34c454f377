//! web-config.yml of the Prometheus exporter toolkit: TLS, HTTP headers and users of the server.
//! Read by `load`; used by the API's listener. Everything the toolkit accepts is accepted; what
//! the TLS library cannot do is named in a warning, or refused when nothing else would be left.

mod read;

use crate::{Secret, SecretSource, TextSource, TlsVersion};
use std::time::Duration;

pub use read::load;

/// A whole web-config.yml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebConfig {
    /// TLS of the server; absent: plain HTTP.
    pub tls: Option<TlsServerConfig>,
    /// Offer HTTP/2 over TLS; true by default.
    pub http2: bool,
    /// Headers added to every answer, in the order of the file.
    pub headers: Vec<(String, String)>,
    /// Names with their bcrypt hashes; empty: everybody may enter.
    pub users: Vec<(String, Secret)>,
    /// Most requests; absent: no limit.
    pub rate_limit: Option<RateLimit>,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self { tls: None, http2: true, headers: Vec::new(), users: Vec::new(), rate_limit: None }
    }
}

/// TLS of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsServerConfig {
    /// Certificate chain (PEM); a file is read again for new connections.
    pub cert: TextSource,
    /// Private key of the certificate (PEM).
    pub key: SecretSource,
    /// What is asked of clients.
    pub client_auth: ClientAuth,
    /// Authorities that client certificates are verified with.
    pub client_ca: Option<TextSource>,
    /// Alternative names of which a client certificate must have one; empty: any.
    pub client_allowed_sans: Vec<String>,
    /// Oldest version to speak, at least TLS 1.2.
    pub min_version: TlsVersion,
    /// Newest version to speak.
    pub max_version: TlsVersion,
    /// Cipher suites to use; empty: those of the library.
    pub cipher_suites: Vec<CipherSuite>,
    /// Key exchange groups to use; empty: those of the library.
    pub curves: Vec<Curve>,
    /// The server's order of cipher suites wins.
    pub prefer_server_cipher_suites: bool,
}

/// What the server asks of clients; the names are those of Go's crypto/tls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ClientAuth {
    /// Nothing.
    #[default]
    None,
    /// A certificate if there is one; it is not verified.
    Request,
    /// Any certificate; it is not verified.
    RequireAny,
    /// A certificate if there is one; it is verified.
    VerifyIfGiven,
    /// A certificate; it is verified.
    RequireAndVerify,
}

/// Cipher suites of TLS 1.2 and 1.3 that can be used; named as in the IANA registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(non_camel_case_types, reason = "the names of the IANA registry")]
#[expect(missing_docs, reason = "the names of the IANA registry say it all")]
pub enum CipherSuite {
    TLS_AES_128_GCM_SHA256,
    TLS_AES_256_GCM_SHA384,
    TLS_CHACHA20_POLY1305_SHA256,
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

/// Key exchange groups that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// secp256r1
    P256,
    /// secp384r1
    P384,
    /// Curve25519
    X25519,
}

/// A token bucket for all requests together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Time until one more request is allowed.
    pub interval: Duration,
    /// Requests that may come at once.
    pub burst: u64,
}
