//! Files that change while the server runs.

use super::{Authority, ask, client, serve, write_certificate, write_config};
use crate::test_client::run;
use crate::web::WebWatch;
use crate::{ErrorKind, Server, ServerOptions};
use std::fs;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[test]
fn new_certificate_is_used_for_the_next_connection() {
    let (old, new) = (Authority::new(), Authority::new());
    let dir = tempfile::tempdir().unwrap();
    let path = write_config(&dir, &old, "");
    run(async {
        let port = serve(&path).await;
        assert!(ask(port, client(&old, None)).await.is_ok());
        assert!(ask(port, client(&new, None)).await.is_err());
        write_certificate(dir.path(), &new);
        assert!(ask(port, client(&new, None)).await.is_ok());
        assert!(ask(port, client(&old, None)).await.is_err());
    });
}

#[test]
fn broken_files_leave_the_old_form_in_use() {
    let authority = Authority::new();
    let dir = tempfile::tempdir().unwrap();
    let path = write_config(&dir, &authority, "");
    run(async {
        let port = serve(&path).await;
        fs::write(dir.path().join("cert.pem"), "half written").unwrap();
        assert!(ask(port, client(&authority, None)).await.is_ok());
        fs::write(&path, "tls_server_config: [\n").unwrap();
        assert!(ask(port, client(&authority, None)).await.is_ok());
        fs::remove_file(&path).unwrap();
        assert!(ask(port, client(&authority, None)).await.is_ok());
    });
}

#[test]
fn users_are_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("web-config.yml");
    fs::write(&path, "").unwrap();
    let watch = WebWatch::file(path.clone()).unwrap();
    let before = watch.active();
    assert!(!before.authenticates);
    assert!(Arc::ptr_eq(&before, &watch.active()), "unchanged files are not read again");
    let hash = bcrypt::hash("x", 4).unwrap();
    fs::write(&path, format!("basic_auth_users: {{ada: {hash}}}\n")).unwrap();
    assert!(watch.active().authenticates);
}

#[test]
fn required_certificates_or_users_allow_exposure() {
    let authority = Authority::new();
    let bind_everywhere = |more: &str| {
        let dir = tempfile::tempdir().unwrap();
        let options = ServerOptions {
            listen: vec!["0.0.0.0:0".into()],
            web_config: Some(write_config(&dir, &authority, more)),
            ..ServerOptions::default()
        };
        run(Server::listen(options)).map(|_| ())
    };
    assert_eq!(bind_everywhere("").unwrap_err().kind(), ErrorKind::Exposure);
    let optional = "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.pem\n";
    assert_eq!(bind_everywhere(optional).unwrap_err().kind(), ErrorKind::Exposure);
    let required = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n";
    assert!(bind_everywhere(required).is_ok());
    let hash = bcrypt::hash("x", 4).unwrap();
    assert!(bind_everywhere(&format!("basic_auth_users: {{ada: {hash}}}\n")).is_ok());
}

#[test]
fn an_exposed_server_keeps_its_users_when_the_new_form_names_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("web-config.yml");
    let hash = bcrypt::hash("x", 4).unwrap();
    fs::write(&path, format!("basic_auth_users: {{ada: {hash}}}\n")).unwrap();
    let options = ServerOptions {
        listen: vec!["0.0.0.0:0".into()],
        web_config: Some(path.clone()),
        ..ServerOptions::default()
    };
    let state = crate::testing::state(&Arc::new(crate::testing::Rooms::default()));
    run(async {
        let listening = Server::listen(options).await.unwrap();
        let port = listening.addresses()[0].port();
        let bound = listening.open(state, Vec::new());
        tokio::spawn(bound.serve(std::future::pending()));
        assert_eq!(plain_status(port).await, "HTTP/1.1 401 Unauthorized");
        fs::write(&path, "http_server_config: {headers: {X-Frame-Options: DENY}}\n").unwrap();
        assert_eq!(plain_status(port).await, "HTTP/1.1 401 Unauthorized");
    });
}

/// First line of the answer to `GET /` without credentials and without TLS.
async fn plain_status(port: u16) -> String {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let ask = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(ask).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn plain_http_on_a_tls_port_is_closed() {
    let authority = Authority::new();
    let dir = tempfile::tempdir().unwrap();
    let path = write_config(&dir, &authority, "");
    run(async {
        let port = serve(&path).await;
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let ask = b"GET /-/healthy HTTP/1.1\r\nhost: localhost\r\n\r\n";
        stream.write_all(ask).await.unwrap();
        let mut answer = Vec::new();
        // A TLS alert, then the end; a reset is fine too.
        drop(stream.read_to_end(&mut answer).await);
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    });
}
