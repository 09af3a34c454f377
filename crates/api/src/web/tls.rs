//! TLS of the server: rustls with ring, from PEM texts, with the client checks of web-config.yml.
//! HTTP/1.1 only is offered by ALPN; clients that would like HTTP/2 fall back.

use super::{ClientAuth, Pem, TlsSettings, TlsVersion};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
    SupportedProtocolVersion, version,
};
use std::fmt;
use std::fs;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// Longest accepted PEM file; a chain with a bundle of authorities stays far below.
const PEM_BYTES_MAX: u64 = 4 << 20;

/// Builds what wraps accepted connections.
pub(super) fn build_acceptor(tls: &TlsSettings) -> Result<TlsAcceptor, String> {
    let provider = Arc::new(provider(&tls.cipher_suites)?);
    let chain = certificates(&tls.certificate, "cert_file")?;
    let key = PrivateKeyDer::from_pem_slice(&read(&tls.key, "key_file")?)
        .map_err(|error| format!("tls_server_config: cannot read key_file: {error}"))?;
    let versions: Vec<&SupportedProtocolVersion> =
        tls.versions.iter().copied().map(supported).collect();
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions)
        .map_err(|error| format!("tls_server_config: protocol versions: {error}"))?;
    let builder = match client_verifier(tls, &provider)? {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|error| format!("tls_server_config: certificate and key: {error}"))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn supported(version: TlsVersion) -> &'static SupportedProtocolVersion {
    match version {
        TlsVersion::V12 => &version::TLS12,
        TlsVersion::V13 => &version::TLS13,
    }
}

/// Suites by their IANA names; Go writes TLS 1.2 suites the same way (`TLS_ECDHE_...`), rustls
/// prefixes those of TLS 1.3 with `TLS13_`. As in Go, those of TLS 1.3 cannot be chosen.
fn provider(names: &[String]) -> Result<CryptoProvider, String> {
    let mut provider = ring::default_provider();
    if names.is_empty() {
        return Ok(provider);
    }
    let name_of = |suite: &rustls::SupportedCipherSuite| format!("{:?}", suite.suite());
    let unusable = names.iter().find(|wanted| {
        let base = wanted.trim_end_matches("_SHA256");
        !provider.cipher_suites.iter().any(|suite| {
            let name = name_of(suite);
            name == **wanted || name.trim_end_matches("_SHA256") == base
        })
    });
    if let Some(name) = unusable {
        let known: Vec<String> = provider.cipher_suites.iter().map(name_of).collect();
        return Err(format!(
            "tls_server_config: cipher suite {name:?} is not supported, expected one of {}",
            known.join(", ")
        ));
    }
    provider.cipher_suites.retain(|suite| {
        let name = name_of(suite);
        name.starts_with("TLS13_")
            || names.iter().any(|wanted| {
                name.trim_end_matches("_SHA256") == wanted.trim_end_matches("_SHA256")
            })
    });
    Ok(provider)
}

fn client_verifier(
    tls: &TlsSettings,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, String> {
    let algorithms = provider.signature_verification_algorithms;
    let any = |mandatory| -> Arc<dyn ClientCertVerifier> {
        Arc::new(AnyCertificate { mandatory, algorithms })
    };
    let inner = match tls.client_auth {
        ClientAuth::None => return Ok(None),
        ClientAuth::Request => any(false),
        ClientAuth::RequireAny => any(true),
        ClientAuth::VerifyIfGiven | ClientAuth::RequireAndVerify => verifying(tls, provider)?,
    };
    if tls.client_allowed_sans.is_empty() {
        return Ok(Some(inner));
    }
    Ok(Some(Arc::new(super::san::AllowedSans::new(inner, &tls.client_allowed_sans)?)))
}

fn verifying(
    tls: &TlsSettings,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let Some(authorities) = &tls.client_ca else {
        return Err("tls_server_config: client_ca_file is needed to verify clients".into());
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authorities, "client_ca_file")? {
        roots
            .add(certificate)
            .map_err(|error| format!("tls_server_config: client_ca_file: {error}"))?;
    }
    let builder =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let builder = match tls.client_auth {
        ClientAuth::VerifyIfGiven => builder.allow_unauthenticated(),
        ClientAuth::None
        | ClientAuth::Request
        | ClientAuth::RequireAny
        | ClientAuth::RequireAndVerify => builder,
    };
    let verifier = builder.build();
    match verifier {
        Ok(verifier) => Ok(verifier),
        Err(error) => Err(format!("tls_server_config: client_ca_file: {error}")),
    }
}

fn certificates(pem: &Pem, key: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = read(pem, key)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("tls_server_config: cannot read {key}: {error}"))?;
    if chain.is_empty() {
        return Err(format!("tls_server_config: {key} holds no certificate"));
    }
    Ok(chain)
}

fn read(pem: &Pem, key: &str) -> Result<Vec<u8>, String> {
    let path = match pem {
        Pem::Inline(text) => return Ok(text.clone().into_bytes()),
        Pem::File(path) => path,
    };
    let fail = |reason: &dyn fmt::Display| {
        format!("tls_server_config: cannot read {key} {}: {reason}", path.display())
    };
    let length = fs::metadata(path).map_err(|error| fail(&error))?.len();
    if length > PEM_BYTES_MAX {
        return Err(fail(&format!("{length} bytes long, at most {PEM_BYTES_MAX}")));
    }
    fs::read(path).map_err(|error| fail(&error))
}

/// Takes every certificate; only the proof that the client owns its key is checked
/// (`RequestClientCert`, `RequireAnyClientCert`).
#[derive(Debug)]
struct AnyCertificate {
    mandatory: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
