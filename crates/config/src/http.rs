//! How an HTTP client behaves: authentication, TLS, proxy, redirects, headers.
//! The same section appears in scrape configurations, Alertmanagers, remote endpoints, receivers.
//! Semantics: prometheus/common `HTTPClientConfig` as Prometheus 3.14 uses it.

mod read;

use crate::{Secret, SecretSource};
pub use read::load_http_client;
pub(crate) use read::{canonical_header, client, client_fields, is_header_name, tls};

/// Settings of an HTTP client; the defaults are those of a section that is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpClientConfig {
    /// How requests authenticate.
    pub auth: HttpAuth,
    /// TLS towards the server.
    pub tls: TlsConfig,
    /// Follow 3xx answers; true by default.
    pub follow_redirects: bool,
    /// Offer HTTP/2; true by default.
    pub enable_http2: bool,
    /// Proxy between client and server.
    pub proxy: ProxyConfig,
    /// Headers added to every request, in the order of the file.
    pub headers: Vec<HttpHeader>,
}

impl Default for HttpClientConfig {
    fn default() -> Self {
        Self {
            auth: HttpAuth::None,
            tls: TlsConfig::default(),
            follow_redirects: true,
            enable_http2: true,
            proxy: ProxyConfig::default(),
            headers: Vec::new(),
        }
    }
}

/// How requests authenticate; the file may name at most one way.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum HttpAuth {
    /// Not at all.
    #[default]
    None,
    /// `Authorization: Basic ...`
    Basic {
        /// User name; may come from a file like the password.
        username: TextSource,
        /// Password; absent means empty.
        password: Option<SecretSource>,
    },
    /// `Authorization: KIND CREDENTIALS`; also what `bearer_token` becomes.
    Authorization {
        /// Scheme, `Bearer` by default, never `basic`.
        kind: String,
        /// Credentials; absent means the header carries only the scheme.
        credentials: Option<SecretSource>,
    },
    /// Client credentials grant.
    OAuth2(Box<OAuth2Config>),
}

/// A text written in place or kept in a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextSource {
    /// The text itself.
    Inline(String),
    /// Path of a file that is read at each use.
    File(String),
}

impl Default for TextSource {
    fn default() -> Self {
        Self::Inline(String::new())
    }
}

/// OAuth 2.0 client credentials grant.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OAuth2Config {
    /// Client identifier.
    pub client_id: String,
    /// Client secret.
    pub client_secret: Option<SecretSource>,
    /// Requested scopes.
    pub scopes: Vec<String>,
    /// Where tokens are fetched.
    pub token_url: String,
    /// Further parameters of the token request.
    pub endpoint_params: Vec<(String, String)>,
    /// TLS towards the token server.
    pub tls: TlsConfig,
    /// Proxy towards the token server.
    pub proxy: ProxyConfig,
}

/// TLS of a client.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TlsConfig {
    /// Authorities to trust instead of the system's.
    pub ca: Option<TextSource>,
    /// Certificate shown to the server (PEM); set exactly when `key` is.
    pub cert: Option<TextSource>,
    /// Private key of `cert` (PEM).
    pub key: Option<SecretSource>,
    /// Name to verify instead of the host in the URL.
    pub server_name: Option<String>,
    /// Accept any certificate; only ever true when the file says so.
    pub insecure_skip_verify: bool,
    /// Oldest version to speak.
    pub min_version: Option<TlsVersion>,
    /// Newest version to speak.
    pub max_version: Option<TlsVersion>,
}

/// Versions of TLS; 1.0 and 1.1 are read but no connection is ever made with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.0
    Tls10,
    /// TLS 1.1
    Tls11,
    /// TLS 1.2
    Tls12,
    /// TLS 1.3
    Tls13,
}

impl TlsVersion {
    /// Version of a name like `TLS12`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "TLS10" => Some(Self::Tls10),
            "TLS11" => Some(Self::Tls11),
            "TLS12" => Some(Self::Tls12),
            "TLS13" => Some(Self::Tls13),
            _ => None,
        }
    }
}

/// Proxy between client and server.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ProxyConfig {
    /// Proxy to use for every request; a password in it is a secret.
    pub url: Option<Secret>,
    /// Hosts that are reached directly, comma separated.
    pub no_proxy: Option<String>,
    /// Take the proxy from `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.
    pub from_environment: bool,
    /// Headers for the CONNECT request.
    pub connect_headers: Vec<HttpHeader>,
}

/// A header with all its values; each value is sent as a header line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpHeader {
    /// Name in its canonical form (`X-Scope-Orgid`).
    pub name: String,
    /// Values in the order `values`, `secrets`, `files`.
    pub values: Vec<HeaderValue>,
}

/// One value of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderValue {
    /// A value that may be shown.
    Plain(String),
    /// A value that may not be shown.
    Secret(SecretSource),
}
