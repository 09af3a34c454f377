//! From the configuration's TLS section to a client configuration of rustls (with ring).
//! Whom to trust is decided in `trust`; files are read through `source`.

use crate::certificate::{Anchor, Certificate, last_chain_expiry};
use crate::source::{secret, text};
use crate::trust::ServerCheck;
use crate::{Error, ErrorKind, auth, roots};
use config::{HttpHeader, TlsConfig, TlsVersion};
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::sync::{Arc, Mutex, PoisonError};
use sys::Vfs;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;

/// All that a client is made of as read from its files; equal material needs no new client.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Material {
    /// Headers of CONNECT requests to a proxy.
    pub(crate) connect_headers: Vec<(String, String)>,
    ca: Option<Vec<u8>>,
    cert: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
}

impl Material {
    pub(crate) fn read(
        vfs: &dyn Vfs,
        tls: &TlsConfig,
        connect_headers: &[HttpHeader],
    ) -> Result<Self, Error> {
        Ok(Self {
            connect_headers: auth::lines(vfs, connect_headers)?,
            ca: tls.ca.as_ref().map(|source| text(vfs, source, "authorities")).transpose()?,
            cert: tls.cert.as_ref().map(|source| text(vfs, source, "certificate")).transpose()?,
            key: tls.key.as_ref().map(|source| secret(vfs, source, "private key")).transpose()?,
        })
    }
}

/// Everything that makes a client's TLS.
pub(crate) struct TlsSettings {
    pub(crate) config: TlsConfig,
    pub(crate) material: Material,
    pub(crate) http2: bool,
    pub(crate) vfs: Arc<dyn Vfs>,
}

/// TLS of one client, made at its first encrypted connection: most targets are plain HTTP, and
/// the system's bundle takes milliseconds to read.
pub(crate) struct LazyTls {
    settings: Arc<TlsSettings>,
    connector: OnceCell<TlsConnector>,
}

impl LazyTls {
    pub(crate) fn new(settings: TlsSettings) -> Self {
        Self { settings: Arc::new(settings), connector: OnceCell::new() }
    }

    /// Name to ask for and to verify instead of the host.
    pub(crate) fn server_name(&self) -> Option<&str> {
        self.settings.config.server_name.as_deref()
    }

    pub(crate) async fn connector(&self) -> Result<&TlsConnector, Error> {
        let make = || async {
            let settings = Arc::clone(&self.settings);
            let made = tokio::task::spawn_blocking(move || client_config(&settings)).await;
            let config = made.map_err(|error| failed("reading files was interrupted", error))??;
            Ok(TlsConnector::from(Arc::new(config)))
        };
        self.connector.get_or_try_init(make).await
    }
}

/// An encrypted connection.
pub type TlsStream = tokio_rustls::client::TlsStream<TcpStream>;

/// Encrypts connections that a [`Dialer`](crate::Dialer) opened, for protocols other than HTTP.
pub struct TlsClient {
    config: TlsConfig,
    vfs: Arc<dyn Vfs>,
}

impl TlsClient {
    /// A client as a TLS section says; its files are read for each connection.
    pub fn new(config: TlsConfig, vfs: Arc<dyn Vfs>) -> Self {
        Self { config, vfs }
    }

    /// Shakes hands with a server. `host` is verified unless the section names another server.
    /// The caller sets the deadline.
    ///
    /// # Errors
    /// `Config` for files and settings that cannot be used, `Unsupported` for old versions, `Tls`
    /// when the handshake fails.
    pub async fn encrypt(&self, host: &str, stream: TcpStream) -> Result<TlsStream, Error> {
        let (config, vfs) = (self.config.clone(), Arc::clone(&self.vfs));
        let read = move || {
            let material = Material::read(vfs.as_ref(), &config, &[])?;
            let mut made = client_config(&TlsSettings { config, material, http2: false, vfs })?;
            made.alpn_protocols.clear();
            Ok(made)
        };
        let made = tokio::task::spawn_blocking(read).await;
        let made = made.map_err(|error| failed("reading files was interrupted", error))??;
        let name = self.config.server_name.as_deref().unwrap_or(host);
        shake_hands(made, name, stream).await
    }
}

async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    config: impl Into<Arc<ClientConfig>>,
    name: &str,
    stream: S,
) -> Result<tokio_rustls::client::TlsStream<S>, Error> {
    let name = name.trim_start_matches('[').trim_end_matches(']').to_owned();
    let server_name = ServerName::try_from(name.clone()).map_err(|error| {
        Error::new(ErrorKind::Tls, format!("{name:?} is no server name")).caused_by(error)
    })?;
    TlsConnector::from(config.into()).connect(server_name, stream).await.map_err(|error| {
        Error::new(ErrorKind::Tls, format!("tls handshake with {name}")).caused_by(error)
    })
}

/// Which protocols a handshake offers (ALPN).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Offer {
    /// None: the port says what is spoken.
    Nothing,
    /// HTTP/1.1
    Http1,
    /// HTTP/2, else HTTP/1.1.
    Http2OrHttp1,
    /// HTTP/2 alone.
    Http2,
}

impl Offer {
    fn protocols(self) -> Vec<Vec<u8>> {
        let (h2, http1) = (b"h2".to_vec(), b"http/1.1".to_vec());
        match self {
            Self::Nothing => Vec::new(),
            Self::Http1 => vec![http1],
            Self::Http2OrHttp1 => vec![h2, http1],
            Self::Http2 => vec![h2],
        }
    }
}

/// What a handshake agreed on, and what the server showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLS 1.2` or `TLS 1.3`.
    pub version: &'static str,
    /// Name of the cipher suite in the IANA registry.
    pub cipher: String,
    /// HTTP/2 was agreed on.
    pub is_http2: bool,
    /// Certificates in the order in which the server showed them, its own first.
    pub certificates: Vec<Certificate>,
    /// End of the verified chain that ends last, in seconds since 1970; `None` when certificates
    /// are not verified.
    pub last_chain_expiry: Option<i64>,
}

/// TLS of probes: each connection shakes hands in full and tells what was agreed on. What is made
/// of the files stays until they change.
pub struct TlsSteps {
    config: TlsConfig,
    offer: Offer,
    vfs: Arc<dyn Vfs>,
    /// Held only to compare and to clone; never over an await.
    made: Mutex<Option<(Material, Arc<Made>)>>,
}

struct Made {
    config: Arc<ClientConfig>,
    /// Authorities that are trusted; `None` when anybody is.
    anchors: Option<Vec<Anchor>>,
}

impl TlsSteps {
    /// TLS as a section says.
    pub fn new(config: TlsConfig, offer: Offer, vfs: Arc<dyn Vfs>) -> Self {
        Self { config, offer, vfs, made: Mutex::default() }
    }

    /// Name to ask for and to verify instead of the host.
    pub fn server_name(&self) -> Option<&str> {
        self.config.server_name.as_deref()
    }

    pub(crate) fn offer(&self) -> Offer {
        self.offer
    }

    /// Shakes hands with a server that must have the name. The caller sets the deadline.
    ///
    /// # Errors
    /// `Config` for files and settings that cannot be used, `Unsupported` for old versions, `Tls`
    /// when the handshake fails.
    pub async fn shake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        name: &str,
        stream: S,
    ) -> Result<(tokio_rustls::client::TlsStream<S>, TlsFacts), Error> {
        let made = self.made().await?;
        let stream = shake_hands(Arc::clone(&made.config), name, stream).await?;
        let facts = facts(stream.get_ref().1, made.anchors.as_deref());
        Ok((stream, facts))
    }

    async fn made(&self) -> Result<Arc<Made>, Error> {
        let reads = [self.config.ca.is_some(), self.config.cert.is_some()].contains(&true);
        if let Some((_, made)) = self.known().as_ref().filter(|_| !reads) {
            return Ok(Arc::clone(made));
        }
        let (config, vfs) = (self.config.clone(), Arc::clone(&self.vfs));
        let (offer, known) = (self.offer, self.known());
        let read = move || {
            let material = Material::read(vfs.as_ref(), &config, &[])?;
            if let Some((former, made)) = known.filter(|(former, _)| *former == material) {
                return Ok((former, made));
            }
            let settings = TlsSettings { config, material, http2: false, vfs };
            let (mut config, anchors) = client_config_with_anchors(&settings)?;
            config.alpn_protocols = offer.protocols();
            config.resumption = Resumption::disabled();
            Ok((settings.material, Arc::new(Made { config: Arc::new(config), anchors })))
        };
        let read = tokio::task::spawn_blocking(read).await;
        let (material, made) = read.map_err(|e| failed("reading files was interrupted", e))??;
        let mut known = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((material, Arc::clone(&made)));
        Ok(made)
    }

    fn known(&self) -> Option<(Material, Arc<Made>)> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn facts(connection: &rustls::ClientConnection, anchors: Option<&[Anchor]>) -> TlsFacts {
    let version = match connection.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
        _ => "unknown",
    };
    let cipher = connection.negotiated_cipher_suite();
    let cipher = cipher.map(|suite| format!("{:?}", suite.suite())).unwrap_or_default();
    let shown = connection.peer_certificates().unwrap_or_default().iter();
    let certificates: Vec<Certificate> = shown.filter_map(|der| Certificate::parse(der)).collect();
    TlsFacts {
        version,
        cipher: cipher.replacen("TLS13_", "TLS_", 1),
        is_http2: connection.alpn_protocol() == Some(b"h2"),
        last_chain_expiry: anchors.and_then(|anchors| last_chain_expiry(&certificates, anchors)),
        certificates,
    }
}

fn client_config(settings: &TlsSettings) -> Result<ClientConfig, Error> {
    client_config_with_anchors(settings).map(|(config, _)| config)
}

fn client_config_with_anchors(
    settings: &TlsSettings,
) -> Result<(ClientConfig, Option<Vec<Anchor>>), Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(&settings.config)?)
        .map_err(|error| failed("cannot set TLS versions", error))?;
    let (check, anchors) = server_check(settings, &provider)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(check));
    let mut config = match (&settings.material.cert, &settings.material.key) {
        (Some(cert), Some(key)) => builder
            .with_client_auth_cert(certificates(cert, "certificate")?, private_key(key)?)
            .map_err(|error| failed("cannot use certificate and private key", error))?,
        (None, None) => builder.with_no_client_auth(),
        (Some(_), None) | (None, Some(_)) => {
            let message = "certificate and private key go together; one is missing";
            return Err(Error::new(ErrorKind::Config, message));
        }
    };
    if settings.http2 {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok((config, anchors))
}

/// Versions between the bounds; there is nothing below 1.2.
fn versions(tls: &TlsConfig) -> Result<Vec<&'static SupportedProtocolVersion>, Error> {
    let spoken = [
        (TlsVersion::Tls12, &rustls::version::TLS12),
        (TlsVersion::Tls13, &rustls::version::TLS13),
    ];
    let min = tls.min_version.unwrap_or(TlsVersion::Tls12);
    let max = tls.max_version.unwrap_or(TlsVersion::Tls13);
    let wanted = |version: TlsVersion| min <= version && version <= max;
    let versions: Vec<_> =
        spoken.into_iter().filter(|(version, _)| wanted(*version)).map(|(_, v)| v).collect();
    if versions.is_empty() {
        let message = "no TLS version is left: 1.2 and 1.3 are spoken, the bounds exclude both";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    Ok(versions)
}

fn server_check(
    settings: &TlsSettings,
    provider: &Arc<CryptoProvider>,
) -> Result<(ServerCheck, Option<Vec<Anchor>>), Error> {
    if settings.config.insecure_skip_verify {
        return Ok((ServerCheck::anybody(provider), None));
    }
    let (roots, named, anchors) = if let Some(pem) = &settings.material.ca {
        let (roots, named) = named_authorities(pem)?;
        let anchors = named.iter().filter_map(|der| Anchor::of(der)).collect();
        (roots, named, anchors)
    } else {
        let asked = std::env::var("SSL_CERT_FILE").ok();
        let (roots, anchors) = roots::system(settings.vfs.as_ref(), asked.as_deref())?;
        (roots, Vec::new(), anchors)
    };
    let check = ServerCheck::authorities(roots, named, provider)
        .map_err(|error| failed("cannot use authorities", error))?;
    Ok((check, Some(anchors)))
}

type Authorities = (RootCertStore, Vec<CertificateDer<'static>>);

fn named_authorities(pem: &[u8]) -> Result<Authorities, Error> {
    let named = certificates(pem, "authorities")?;
    if named.is_empty() {
        return Err(Error::new(ErrorKind::Config, "authorities hold no certificate in PEM form"));
    }
    let mut roots = RootCertStore::empty();
    for certificate in &named {
        let added = roots.add(certificate.clone());
        added.map_err(|error| failed("cannot use a certificate as authority", error))?;
    }
    Ok((roots, named))
}

pub(crate) fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| failed(&format!("cannot read {what} as PEM"), error))
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_slice(pem)
        .map_err(|error| failed("cannot read private key as PEM", error))
}

fn failed(what: &str, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Config, what).caused_by(cause)
}
