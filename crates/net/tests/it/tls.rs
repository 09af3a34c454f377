//! TLS: whom we trust, whom we show ourselves to, which versions, and files that change.

use crate::server::{Reply, serve};
use crate::{client, fetch, get};
use bytes::Bytes;
use config::{
    HttpClientConfig, ProxyConfig, Secret, SecretSource, TextSource, TlsConfig, TlsVersion,
};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use net::ErrorKind;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

type Authority = CertifiedIssuer<'static, KeyPair>;

struct Identity {
    certificate: CertificateDer<'static>,
    pem: String,
    key: KeyPair,
}

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn identity(authority: &Authority, name: &str) -> Identity {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    Identity { pem: certificate.pem(), certificate: certificate.der().clone(), key }
}

/// As `openssl req -x509` makes them: self-signed and marked as authority.
fn self_signed_authority(name: &str) -> Identity {
    self_signed_authority_until(name, 4096)
}

fn self_signed_authority_until(name: &str, year: i32) -> Identity {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_after = rcgen::date_time_ymd(year, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Identity { pem: certificate.pem(), certificate: certificate.der().clone(), key }
}

fn server_config(identity: &Identity, clients: Option<&Authority>) -> rustls::ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
    builder.with_single_cert(vec![identity.certificate.clone()], key).unwrap()
}

async fn start(identity: &Identity, clients: Option<&Authority>) -> SocketAddr {
    let acceptor = TlsAcceptor::from(Arc::new(server_config(identity, clients)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                tokio::spawn(serve(stream, Arc::new(|_: &str| Reply::ok("tls")), Arc::default()));
            }
        }
    });
    address
}

fn with_tls(tls: TlsConfig) -> HttpClientConfig {
    HttpClientConfig { tls, ..HttpClientConfig::default() }
}

fn inline(pem: &str) -> TextSource {
    TextSource::Inline(pem.to_owned())
}

async fn outcome(address: SocketAddr, tls: TlsConfig) -> Result<String, ErrorKind> {
    let url = format!("https://{address}/");
    let result = fetch(&client(with_tls(tls)), get(&url)).await;
    result.map(|(_, body)| body).map_err(|error| error.kind())
}

#[tokio::test]
async fn a_server_is_trusted_through_its_authority_and_its_name() {
    let ours = authority();
    let address = start(&identity(&ours, "127.0.0.1"), None).await;
    let named = start(&identity(&ours, "db.internal"), None).await;
    let trusting = TlsConfig { ca: Some(inline(&ours.pem())), ..TlsConfig::default() };
    assert_eq!(outcome(address, trusting.clone()).await.as_deref(), Ok("tls"));
    assert_eq!(outcome(address, TlsConfig::default()).await, Err(ErrorKind::Tls));
    let foreign = TlsConfig { ca: Some(inline(&authority().pem())), ..TlsConfig::default() };
    assert_eq!(outcome(address, foreign).await, Err(ErrorKind::Tls));
    assert_eq!(outcome(named, trusting.clone()).await, Err(ErrorKind::Tls), "other name");
    let renamed = TlsConfig { server_name: Some("db.internal".into()), ..trusting };
    assert_eq!(outcome(named, renamed.clone()).await.as_deref(), Ok("tls"));
    assert_eq!(outcome(address, renamed).await, Err(ErrorKind::Tls));
    let blind = TlsConfig { insecure_skip_verify: true, ..TlsConfig::default() };
    assert_eq!(outcome(named, blind).await.as_deref(), Ok("tls"));
}

#[tokio::test]
async fn a_self_signed_authority_may_be_the_server_itself() {
    let server = self_signed_authority("127.0.0.1");
    let address = start(&server, None).await;
    let trusting = TlsConfig { ca: Some(inline(&server.pem)), ..TlsConfig::default() };
    assert_eq!(outcome(address, trusting.clone()).await.as_deref(), Ok("tls"));
    let other_name = TlsConfig { server_name: Some("other".into()), ..trusting };
    assert_eq!(outcome(address, other_name).await, Err(ErrorKind::Tls));
    let twin = self_signed_authority("127.0.0.1");
    let foreign = TlsConfig { ca: Some(inline(&twin.pem)), ..TlsConfig::default() };
    assert_eq!(outcome(address, foreign).await, Err(ErrorKind::Tls));
}

#[tokio::test]
async fn a_self_signed_authority_is_trusted_in_its_validity_period_only() {
    for (year, expected) in [(4096, Ok("tls".to_owned())), (2020, Err(ErrorKind::Tls))] {
        let itself = self_signed_authority_until("127.0.0.1", year);
        let tls = TlsConfig { ca: Some(inline(&itself.pem)), ..TlsConfig::default() };
        assert_eq!(outcome(start(&itself, None).await, tls).await, expected, "until {year}");
    }
}

#[tokio::test]
async fn client_certificates_come_from_files_that_may_change() {
    let (ours, theirs) = (authority(), authority());
    let address = start(&identity(&ours, "127.0.0.1"), Some(&theirs)).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name| folder.path().join(name).to_str().unwrap().to_owned();
    let store = |identity: &Identity| {
        std::fs::write(path("cert"), &identity.pem).unwrap();
        std::fs::write(path("key"), identity.key.serialize_pem()).unwrap();
    };
    let tls = TlsConfig {
        ca: Some(inline(&ours.pem())),
        cert: Some(TextSource::File(path("cert"))),
        key: Some(SecretSource::File(path("key"))),
        ..TlsConfig::default()
    };
    let client = client(with_tls(tls.clone()));
    let url = format!("https://{address}/");
    store(&identity(&ours, "wrong authority"));
    assert!(fetch(&client, get(&url)).await.is_err());
    store(&identity(&theirs, "right authority"));
    assert_eq!(fetch(&client, get(&url)).await.unwrap().1, "tls", "changed files are read again");
    std::fs::remove_file(path("key")).unwrap();
    assert_eq!(fetch(&client, get(&url)).await.unwrap_err().kind(), ErrorKind::Config);
    let without = TlsConfig { cert: None, key: None, ..tls };
    assert!(outcome(address, without).await.is_err());
}

#[tokio::test]
async fn versions_below_1_2_do_not_exist_here() {
    let ours = authority();
    let address = start(&identity(&ours, "127.0.0.1"), None).await;
    let between = |min, max| TlsConfig {
        ca: Some(inline(&ours.pem())),
        min_version: min,
        max_version: max,
        ..TlsConfig::default()
    };
    let table = [
        (Some(TlsVersion::Tls10), None, Ok("tls")),
        (Some(TlsVersion::Tls13), None, Ok("tls")),
        (None, Some(TlsVersion::Tls12), Ok("tls")),
        (None, Some(TlsVersion::Tls11), Err(ErrorKind::Unsupported)),
        (Some(TlsVersion::Tls13), Some(TlsVersion::Tls12), Err(ErrorKind::Unsupported)),
    ];
    for (min, max, expected) in table {
        let found = outcome(address, between(min, max)).await;
        assert_eq!(found.as_deref().map_err(|kind| *kind), expected, "{min:?}..{max:?}");
    }
}

#[tokio::test]
async fn bad_material_is_named_and_never_shown() {
    let own = identity(&authority(), "x");
    let key = SecretSource::Inline(Secret::new("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n"));
    let table = [
        (
            TlsConfig { ca: Some(inline("no pem")), ..TlsConfig::default() },
            "authorities hold no certificate",
        ),
        (TlsConfig { cert: Some(inline(&own.pem)), ..TlsConfig::default() }, "go together"),
        (
            TlsConfig { cert: Some(inline(&own.pem)), key: Some(key), ..TlsConfig::default() },
            "cannot read private key as PEM",
        ),
    ];
    let address = start(&own, None).await;
    for (tls, expected) in table {
        let url = format!("https://{address}/");
        let error = fetch(&client(with_tls(tls)), get(&url)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{}", error.describe());
        assert!(error.describe().contains(expected), "{}", error.describe());
        assert!(!error.describe().contains("c2VjcmV0"));
    }
}

#[tokio::test]
async fn http2_is_spoken_when_both_sides_want_it() {
    let ours = authority();
    let identity = identity(&ours, "127.0.0.1");
    let mut config = server_config(&identity, None);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let answer = |request: hyper::Request<hyper::body::Incoming>| async move {
        let version = format!("{:?}", request.version());
        Ok::<_, std::convert::Infallible>(hyper::Response::new(Full::new(Bytes::from(version))))
    };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            tokio::spawn(async move {
                let service = hyper::service::service_fn(answer);
                let _gone = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    for (enable_http2, expected) in [(true, "HTTP/2.0"), (false, "HTTP/1.1")] {
        let tls = TlsConfig { ca: Some(inline(&ours.pem())), ..TlsConfig::default() };
        let client = client(HttpClientConfig { enable_http2, ..with_tls(tls) });
        for _ in 0..2 {
            assert_eq!(fetch(&client, get(&url)).await.unwrap().1, expected);
        }
    }
}

/// A mail server that speaks its own protocol only would refuse one that is offered HTTP's.
#[tokio::test]
async fn protocols_other_than_http_offer_none() {
    let ours = authority();
    let mut config = server_config(&identity(&ours, "mail.invalid"), None);
    config.alpn_protocols = vec![b"smtp".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            stream.write_all(b"220").await.unwrap();
        }
    });
    let vfs: Arc<dyn sys::Vfs> = Arc::new(sys::OsVfs);
    let trusting = TlsConfig { ca: Some(inline(&ours.pem())), ..TlsConfig::default() };
    let named = TlsConfig { server_name: Some("mail.invalid".to_owned()), ..trusting.clone() };
    for (tls, host) in [(&trusting, "mail.invalid"), (&named, "10.0.0.1")] {
        let client = net::TlsClient::new(tls.clone(), Arc::clone(&vfs));
        let tcp = TcpStream::connect(address).await.unwrap();
        let mut greeting = [0; 3];
        client.encrypt(host, tcp).await.unwrap().read_exact(&mut greeting).await.unwrap();
        assert_eq!(&greeting, b"220", "{host}");
    }
    let client = net::TlsClient::new(trusting, vfs);
    let tcp = TcpStream::connect(address).await.unwrap();
    let refused = client.encrypt("other.invalid", tcp).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Tls, "{}", refused.describe());
}

#[tokio::test]
async fn a_tunnel_through_a_proxy_is_encrypted_end_to_end() {
    let ours = authority();
    let target = start(&identity(&ours, "inside.invalid"), None).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"CONNECT inside.invalid:443 "));
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
        let mut server = TcpStream::connect(target).await.unwrap();
        // Ends when either side hangs up.
        let _ended = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    });
    let tls = TlsConfig { ca: Some(inline(&ours.pem())), ..TlsConfig::default() };
    let proxy = ProxyConfig { url: Some(Secret::new(proxy)), ..ProxyConfig::default() };
    let client = client(HttpClientConfig { proxy, ..with_tls(tls) });
    assert_eq!(fetch(&client, get("https://inside.invalid/")).await.unwrap().1, "tls");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_end_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let mut request = get(&url);
    // The client would wait; what opens the connection does not.
    request.timeout = Duration::from_hours(1);
    let tls = TlsConfig { insecure_skip_verify: true, ..TlsConfig::default() };
    let error = fetch(&client(with_tls(tls)), request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{}", error.describe());
    let expected = format!("request to {url}: no connection to 127.0.0.1 within 30s");
    assert!(error.describe().starts_with(&expected), "{}", error.describe());
    drop(listener);
}
