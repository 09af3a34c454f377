//! Which client certificates web-config.yml lets in: any, those an authority vouches for, and of
//! these only those with an allowed name (`client_auth_type`, `client_allowed_sans`).
//! Names are DNS names and IP addresses; other kinds are refused when the configuration is read.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::verify_server_name;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, VerifierBuilderError, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme,
};
use std::sync::Arc;

/// Checks certificates of clients. That a client owns its key is proven in any case.
#[derive(Debug)]
pub(super) struct ClientCheck {
    /// Must a client show a certificate?
    mandatory: bool,
    /// Asks the authorities; without it every certificate is taken.
    chain: Option<Arc<dyn ClientCertVerifier>>,
    /// When there are any, a certificate must carry one of these.
    names: Vec<ServerName<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCheck {
    /// Takes every certificate (`RequestClientCert`, `RequireAnyClientCert`).
    pub(super) fn any(mandatory: bool, provider: &CryptoProvider) -> Self {
        let algorithms = provider.signature_verification_algorithms;
        Self { mandatory, chain: None, names: Vec::new(), algorithms }
    }

    /// Takes certificates that one of the authorities vouches for.
    pub(super) fn authorities(
        mandatory: bool,
        roots: RootCertStore,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, VerifierBuilderError> {
        let builder =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        Ok(Self { chain: Some(builder.build()?), ..Self::any(mandatory, provider) })
    }

    /// The same, but a certificate must carry one of these names; none: any will do.
    pub(super) fn with_names(self, sans: &[String]) -> Result<Self, String> {
        let parse = |san: &String| {
            ServerName::try_from(san.clone()).map_err(|error| {
                format!("client_allowed_sans: {san:?} is no DNS name and no IP address: {error}")
            })
        };
        Ok(Self { names: sans.iter().map(parse).collect::<Result<_, _>>()?, ..self })
    }

    fn allows_name(&self, certificate: &CertificateDer<'_>) -> Result<bool, rustls::Error> {
        let certificate = ParsedCertificate::try_from(certificate)?;
        Ok(self.names.iter().any(|name| verify_server_name(&certificate, name).is_ok()))
    }
}

impl ClientCertVerifier for ClientCheck {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.as_ref().map_or(&[], |chain| chain.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if let Some(chain) = &self.chain {
            chain.verify_client_cert(end_entity, intermediates, now)?;
        }
        if self.names.is_empty() || self.allows_name(end_entity)? {
            return Ok(ClientCertVerified::assertion());
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
