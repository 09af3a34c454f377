//! The web configuration in use: users, headers, TLS; read again when one of its files changes.
//! Format: Prometheus' web-config.yml (exporter-toolkit), parsed by `config`.

mod san;
mod tls;
mod watch;

pub(crate) use watch::{Active, WebWatch};

use http::{HeaderName, HeaderValue};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What web-config.yml says, checked and with paths resolved.
#[derive(Clone, Debug, Default)]
pub(crate) struct WebSettings {
    /// User names and bcrypt hashes.
    pub(crate) users: BTreeMap<String, String>,
    /// Headers for every answer.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// TLS, if configured.
    pub(crate) tls: Option<TlsSettings>,
}

/// TLS of the server.
#[derive(Clone, Debug)]
pub(crate) struct TlsSettings {
    /// Certificate chain.
    pub(crate) certificate: Pem,
    /// Private key.
    pub(crate) key: Pem,
    /// Authorities of client certificates.
    pub(crate) client_ca: Option<Pem>,
    /// What is asked of clients.
    pub(crate) client_auth: ClientAuth,
    /// DNS names or addresses of which a client certificate must carry one; empty: any.
    pub(crate) client_allowed_sans: Vec<String>,
    /// Protocol versions, at least one.
    pub(crate) versions: Vec<TlsVersion>,
    /// Names of cipher suites as Go and rustls spell them; empty: all.
    pub(crate) cipher_suites: Vec<String>,
}

/// A PEM text in the configuration or in a file.
#[derive(Clone, Debug)]
pub(crate) enum Pem {
    /// Written in the configuration.
    Inline(String),
    /// Path.
    File(PathBuf),
}

/// Protocol versions that rustls speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsVersion {
    /// TLS 1.2
    V12,
    /// TLS 1.3
    V13,
}

/// `client_auth_type`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum ClientAuth {
    /// `NoClientCert`
    #[default]
    None,
    /// `RequestClientCert`: asked for, not checked.
    Request,
    /// `RequireAnyClientCert`: must be there, not checked.
    RequireAny,
    /// `VerifyClientCertIfGiven`
    VerifyIfGiven,
    /// `RequireAndVerifyClientCert`
    RequireAndVerify,
}

impl WebSettings {
    /// Does somebody have to prove who he is before he gets anything?
    pub(crate) fn authenticates(&self) -> bool {
        let by_certificate =
            self.tls.as_ref().is_some_and(|tls| tls.client_auth == ClientAuth::RequireAndVerify);
        by_certificate || !self.users.is_empty()
    }
}
