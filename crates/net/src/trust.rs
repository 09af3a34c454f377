//! Whether a server is who it says: web PKI, or anybody where the configuration wants that.
//! As upstream: a certificate named as authority is trusted itself, even when it is a self-signed
//! one marked as authority, which web PKI verifiers refuse as a server's own.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::sync::Arc;

/// Checks certificates of servers; the handshake itself must be sound in any case.
#[derive(Debug)]
pub(crate) struct ServerCheck {
    trust: Trust,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
enum Trust {
    /// `insecure_skip_verify`
    Anybody,
    /// Whom the authorities vouch for; a server that shows one of the named certificates itself
    /// only has to be in its validity period and to have the right name.
    Authorities { web_pki: Arc<WebPkiServerVerifier>, named: Vec<CertificateDer<'static>> },
}

impl ServerCheck {
    /// Trusts every certificate.
    pub(crate) fn anybody(provider: &CryptoProvider) -> Self {
        Self { trust: Trust::Anybody, algorithms: provider.signature_verification_algorithms }
    }

    /// Trusts whom `roots` vouch for, and the `named` certificates themselves.
    pub(crate) fn authorities(
        roots: RootCertStore,
        named: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, VerifierBuilderError> {
        let builder =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        let trust = Trust::Authorities { web_pki: builder.build()?, named };
        Ok(Self { trust, algorithms: provider.signature_verification_algorithms })
    }
}

impl ServerCertVerifier for ServerCheck {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Trust::Authorities { web_pki, named } = &self.trust else {
            return Ok(ServerCertVerified::assertion());
        };
        let found =
            web_pki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match found {
            Err(error) if is_authority(&error) && named.contains(end_entity) => {
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
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
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
