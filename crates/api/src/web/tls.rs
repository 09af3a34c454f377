//! TLS of the server: rustls with ring, from PEM texts; clients are checked in `clients`.
//! HTTP/1.1 only is offered by ALPN; clients that would like HTTP/2 fall back.

use super::clients::ClientCheck;
use config::{
    CipherSuite, ClientAuth, Curve, SecretSource, TextSource, TlsServerConfig, TlsVersion,
};
use rustls::crypto::{CryptoProvider, SupportedKxGroup, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{
    RootCertStore, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion, version,
};
use std::path::Path;
use std::sync::Arc;
use sys::{OsVfs, Vfs};
use tokio_rustls::TlsAcceptor;

/// Longest accepted PEM file; a chain with a bundle of authorities stays far below.
const PEM_BYTES_MAX: u64 = 4 << 20;

/// Builds what wraps accepted connections.
pub(super) fn build_acceptor(tls: &TlsServerConfig) -> Result<TlsAcceptor, String> {
    let provider = Arc::new(provider(tls));
    let chain = certificates(&tls.cert, "cert_file")?;
    let key = PrivateKeyDer::from_pem_slice(&key_text(&tls.key)?)
        .map_err(|error| format!("tls_server_config: cannot read key_file: {error}"))?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(tls))
        .map_err(|error| format!("tls_server_config: protocol versions: {error}"))?;
    let builder = match client_check(tls, &provider)? {
        Some(check) => builder.with_client_cert_verifier(Arc::new(check)),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|error| format!("tls_server_config: certificate and key: {error}"))?;
    config.ignore_client_order = tls.prefer_server_cipher_suites;
    // Who knows both gets the first one; clients of gRPC know the second one alone.
    config.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Versions between the borders; `config` has refused what would leave none.
fn versions(tls: &TlsServerConfig) -> Vec<&'static SupportedProtocolVersion> {
    let between = |version| (tls.min_version..=tls.max_version).contains(&version);
    let known = [(TlsVersion::Tls12, &version::TLS12), (TlsVersion::Tls13, &version::TLS13)];
    known.into_iter().filter(|(version, _)| between(*version)).map(|(_, known)| known).collect()
}

/// The library's provider, narrowed to the configured suites and groups.
///
/// As in Go, suites of TLS 1.3 cannot be chosen: they stay.
fn provider(tls: &TlsServerConfig) -> CryptoProvider {
    let mut provider = ring::default_provider();
    if !tls.cipher_suites.is_empty() {
        let chosen: Vec<_> = tls.cipher_suites.iter().map(|suite| supported(*suite)).collect();
        let first_choice: Vec<_> = chosen.iter().copied().filter(|s| s.tls13().is_none()).collect();
        provider.cipher_suites.retain(|suite| suite.tls13().is_some());
        provider.cipher_suites.extend(first_choice);
    }
    if !tls.curves.is_empty() {
        provider.kx_groups = tls.curves.iter().map(|curve| group(*curve)).collect();
    }
    provider
}

fn supported(suite: CipherSuite) -> SupportedCipherSuite {
    use rustls::crypto::ring::cipher_suite as known;
    match suite {
        CipherSuite::TLS_AES_128_GCM_SHA256 => known::TLS13_AES_128_GCM_SHA256,
        CipherSuite::TLS_AES_256_GCM_SHA384 => known::TLS13_AES_256_GCM_SHA384,
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256 => known::TLS13_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => {
            known::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        }
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => {
            known::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        }
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => {
            known::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        }
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => {
            known::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        }
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => {
            known::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
        }
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => {
            known::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
        }
    }
}

fn group(curve: Curve) -> &'static dyn SupportedKxGroup {
    use rustls::crypto::ring::kx_group;
    match curve {
        Curve::P256 => kx_group::SECP256R1,
        Curve::P384 => kx_group::SECP384R1,
        Curve::X25519 => kx_group::X25519,
    }
}

fn client_check(
    tls: &TlsServerConfig,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<ClientCheck>, String> {
    let check = match tls.client_auth {
        ClientAuth::None => return Ok(None),
        ClientAuth::Request => ClientCheck::any(false, provider),
        ClientAuth::RequireAny => ClientCheck::any(true, provider),
        ClientAuth::VerifyIfGiven => verifying(false, tls, provider)?,
        ClientAuth::RequireAndVerify => verifying(true, tls, provider)?,
    };
    check.with_names(&tls.client_allowed_sans).map(Some)
}

fn verifying(
    mandatory: bool,
    tls: &TlsServerConfig,
    provider: &Arc<CryptoProvider>,
) -> Result<ClientCheck, String> {
    let Some(authorities) = &tls.client_ca else {
        return Err("tls_server_config: client_ca_file is needed to verify clients".into());
    };
    let unusable = |error: &dyn std::error::Error| {
        format!("tls_server_config: cannot use client_ca_file: {error}")
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authorities, "client_ca_file")? {
        roots.add(certificate).map_err(|error| unusable(&error))?;
    }
    ClientCheck::authorities(mandatory, roots, provider).map_err(|error| unusable(&error))
}

fn certificates(pem: &TextSource, key: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = match pem {
        TextSource::Inline(text) => text.clone().into_bytes(),
        TextSource::File(path) => read(path, key)?,
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("tls_server_config: cannot read {key}: {error}"))?;
    if chain.is_empty() {
        return Err(format!("tls_server_config: {key} holds no certificate"));
    }
    Ok(chain)
}

fn key_text(key: &SecretSource) -> Result<Vec<u8>, String> {
    match key {
        SecretSource::Inline(secret) => Ok(secret.reveal().as_bytes().to_vec()),
        SecretSource::File(path) => read(path, "key_file"),
    }
}

fn read(path: &str, key: &str) -> Result<Vec<u8>, String> {
    OsVfs.read(Path::new(path), PEM_BYTES_MAX).map_err(|error| {
        format!(
            "tls_server_config: cannot read {key} {path} (at most {PEM_BYTES_MAX} bytes): {error}"
        )
    })
}
