//! From the configuration's TLS section to a client configuration of rustls (with ring).
//! As upstream: a certificate named as authority is trusted itself, even when it is a self-signed
//! one marked as authority, which web PKI verifiers refuse as a server's own.

use crate::source::{secret, text};
use crate::{Error, ErrorKind, auth, roots};
use config::{HttpHeader, TlsConfig, TlsVersion};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    SupportedProtocolVersion,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use std::sync::Arc;
use sys::Vfs;
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

fn client_config(settings: &TlsSettings) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(&settings.config)?)
        .map_err(|error| failed("cannot set TLS versions", error))?;
    let builder =
        builder.dangerous().with_custom_certificate_verifier(verifier(settings, &provider)?);
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
    Ok(config)
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

fn verifier(
    settings: &TlsSettings,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    if settings.config.insecure_skip_verify {
        return Ok(Arc::new(AcceptAny { provider: Arc::clone(provider) }));
    }
    let (roots, named) = if let Some(pem) = &settings.material.ca {
        named_authorities(pem)?
    } else {
        let asked = std::env::var("SSL_CERT_FILE").ok();
        (roots::system(settings.vfs.as_ref(), asked.as_deref())?, Vec::new())
    };
    let web_pki =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map_err(|error| failed("cannot use authorities", error))?;
    Ok(Arc::new(TrustNamed { web_pki, named }))
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

/// Verifies as web PKI asks; a server that shows one of the named certificates itself only has to
/// be in its validity period and to have the right name.
#[derive(Debug)]
struct TrustNamed {
    web_pki: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for TrustNamed {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found = self.web_pki.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match found {
            Err(error) if is_authority(&error) && self.named.contains(end_entity) => {
                let parsed = rustls::server::ParsedCertificate::try_from(end_entity)?;
                rustls::client::verify_server_name(&parsed, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            found => found,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.web_pki.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.web_pki.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.web_pki.supported_verify_schemes()
    }
}

/// Was a certificate refused only because it is marked as authority? The verifier checks the
/// validity period before it looks at the mark.
fn is_authority(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else {
        return false;
    };
    matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// `insecure_skip_verify`: any certificate, but the handshake itself must be sound.
#[derive(Debug)]
struct AcceptAny {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let schemes = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, schemes)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let schemes = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, schemes)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
