//! TLS as web-config.yml asks for it, with certificates made for each test, on real sockets.

mod handshake;
mod rotation;

use crate::testing::{Rooms, state};
use crate::{Listening, Server, ServerOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A certificate authority and the files it wrote.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    /// A certificate for these names with its key, both PEM.
    fn issue(&self, names: &[&str]) -> (String, String) {
        let names: Vec<String> = names.iter().map(|name| (*name).into()).collect();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn pem(&self) -> String {
        self.issuer.pem()
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        roots
    }
}

/// Writes certificate and key of `localhost` and a web-config.yml with `more` below TLS.
fn write_config(dir: &TempDir, authority: &Authority, more: &str) -> std::path::PathBuf {
    write_certificate(dir.path(), authority);
    std::fs::write(dir.path().join("ca.pem"), authority.pem()).unwrap();
    let path = dir.path().join("web-config.yml");
    let text = format!("tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n{more}");
    std::fs::write(&path, text).unwrap();
    path
}

fn write_certificate(dir: &Path, authority: &Authority) {
    let (certificate, key) = authority.issue(&["localhost"]);
    std::fs::write(dir.join("cert.pem"), certificate).unwrap();
    std::fs::write(dir.join("key.pem"), key).unwrap();
}

async fn listen(path: &Path) -> Result<Listening, crate::Error> {
    let options = ServerOptions {
        listen: vec!["127.0.0.1:0".into()],
        web_config: Some(path.into()),
        ..ServerOptions::default()
    };
    Server::listen(options).await
}

/// Starts the server of a configuration; it ends with the runtime.
async fn serve(path: &Path) -> u16 {
    let listening = listen(path).await.unwrap();
    assert!(listening.urls()[0].starts_with("https://127.0.0.1:"));
    let port = listening.addresses()[0].port();
    let bound = listening.open(state(&Arc::new(Rooms::default())), Vec::new());
    tokio::spawn(bound.serve(std::future::pending()));
    port
}

fn client(authority: &Authority, certificate: Option<&(String, String)>) -> ClientConfig {
    use rustls::pki_types::pem::PemObject;
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(authority.roots());
    match certificate {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    }
}

/// Asks `/-/healthy`; the answer's first line, or why there was none.
async fn ask(port: u16, config: ClientConfig) -> Result<String, std::io::Error> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let head = b"GET /-/healthy HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(head).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let text = String::from_utf8_lossy(&answer);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
