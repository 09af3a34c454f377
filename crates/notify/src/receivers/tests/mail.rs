//! Mail through a real server (Debian's aiosmtpd), decoded by Python's own mail parser.

use super::*;
use config::{EmailConfig, EmailThreading, HostPort, TextSource, TlsConfig};
use expect_test::expect;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use testkit::{Peer, wait_for};

struct MailServer {
    _peer: Peer,
    dir: TempDir,
    authority: String,
    port: u16,
}

/// A Python that has the server, if there is one.
fn python() -> Option<PathBuf> {
    let found = testkit::find_program("python3").into_iter();
    let mut all = found.chain([PathBuf::from("/usr/bin/python3")]).filter(|path| path.is_file());
    all.find(|python| {
        let asked = Command::new(python).args(["-c", "import aiosmtpd"]).output();
        asked.is_ok_and(|output| output.status.success())
    })
}

impl MailServer {
    fn start(mode: &str, excluded: &str) -> Option<Self> {
        let Some(python) = python() else {
            testkit::skip("mail", "python3 has no aiosmtpd");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let authority = certificates(dir.path());
        let script = dir.path().join("server.py");
        std::fs::write(&script, include_str!("smtp_server.py")).unwrap();
        let log = dir.path().join("mails");
        let mut command = Command::new(python);
        command.arg(script).arg(&log).arg(dir.path().join("cert.pem"));
        command.arg(dir.path().join("key.pem")).args([mode, excluded]);
        let peer = Peer::start(&mut command, &dir.path().join("output")).unwrap();
        let port = wait_for("the mail server", || peer.output().trim().parse().ok());
        Some(Self { _peer: peer, dir, authority, port })
    }

    fn mails(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.dir.path().join("mails")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn config(&self) -> EmailConfig {
        let headers = [
            ("From", "Flyball <flyball@example.org>"),
            ("Subject", "{{ template \"email.default.subject\" . }} – größer"),
            ("To", "ops@example.org, Team <team@example.org>"),
        ];
        EmailConfig {
            to: "ops@example.org, Team <team@example.org>".into(),
            from: "Flyball <flyball@example.org>".into(),
            hello: "flyball.example".into(),
            smarthost: HostPort { host: "127.0.0.1".into(), port: self.port },
            headers: headers.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(),
            html: "<p>{{ (index .Alerts 0).Annotations.summary }} &amp; ä</p>".into(),
            text: ".{{ .Status }}\n..{{ len .Alerts }} = größer ".into(),
            tls: TlsConfig {
                ca: Some(TextSource::Inline(self.authority.clone())),
                server_name: Some("mail.test".into()),
                ..TlsConfig::default()
            },
            auth_username: "alice".into(),
            auth_password: Some(secret("pa ss")),
            threading: Some(EmailThreading::Daily),
            ..EmailConfig::default()
        }
    }
}

/// Writes the server's certificate and key, gives back its authority.
fn certificates(dir: &Path) -> String {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["mail.test".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    std::fs::write(dir.join("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(dir.join("key.pem"), key.serialize_pem()).unwrap();
    authority.pem()
}

async fn send(config: EmailConfig, notification: &Notification) -> Result<Stored, DeliveryError> {
    let around = around(Templates::default());
    let receive = build(&IntegrationKind::Email(Box::new(config)), &around);
    tell(receive.as_ref(), &around, notification).await
}

#[tokio::test]
async fn a_mail_arrives_encrypted_and_authenticated_with_both_bodies() {
    let Some(server) = MailServer::start("starttls", "") else { return };
    send(server.config(), &firing()).await.unwrap();
    let mails = server.mails();
    expect![[r#"
        [
          {
            "authenticated": "LOGIN",
            "encrypted": true,
            "from": "flyball@example.org",
            "headers": {
              "Date": "Sun, 22 Nov 2026 01:02:03 +0000",
              "From": "Flyball <flyball@example.org>",
              "In-Reply-To": "<alert-1f016a4e0ffa3ecc-2026-11-22@alertmanager>",
              "MIME-Version": "1.0",
              "Message-Id": "<1795309323000000000.7@box>",
              "References": "<alert-1f016a4e0ffa3ecc-2026-11-22@alertmanager>",
              "Subject": "[FIRING:1] HostDown (critical) – größer",
              "To": "ops@example.org, Team <team@example.org>"
            },
            "hello": "flyball.example",
            "number in session": 1,
            "parts": [
              [
                "text/plain",
                "quoted-printable",
                ".firing\r\n..2 = größer "
              ],
              [
                "text/html",
                "quoted-printable",
                "<p>web-1 is &lt;down&gt; &amp; ä</p>"
              ]
            ],
            "to": [
              "ops@example.org",
              "team@example.org"
            ],
            "type": "multipart/alternative"
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&mails).unwrap());
}

#[tokio::test]
async fn mails_that_follow_each_other_share_a_session() {
    let Some(server) = MailServer::start("starttls", "") else { return };
    let around = around(Templates::default());
    let receive = build(&IntegrationKind::Email(Box::new(server.config())), &around);
    for notification in [firing(), resolved(), firing()] {
        tell(receive.as_ref(), &around, &notification).await.unwrap();
    }
    let mails = server.mails();
    let numbers: Vec<_> = mails.iter().map(|mail| &mail["number in session"]).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert!(mails.iter().all(|mail| mail["authenticated"] == "LOGIN"), "{mails:?}");
}

#[tokio::test]
async fn mails_of_a_group_are_one_thread() {
    let Some(server) = MailServer::start("starttls", "") else { return };
    let config = EmailConfig { threading: Some(EmailThreading::Forever), ..server.config() };
    for notification in [firing(), resolved()] {
        send(config.clone(), &notification).await.unwrap();
    }
    let mails = server.mails();
    let threads = mails.iter().map(|mail| mail["headers"]["In-Reply-To"].as_str().unwrap());
    let threads: Vec<&str> = threads.collect();
    assert_eq!(threads[0], threads[1]);
    assert!(threads[0].ends_with("-@alertmanager>"), "{threads:?}");
}

#[tokio::test]
async fn every_way_to_authenticate_works() {
    for (excluded, mode, expected) in [
        ("LOGIN,PLAIN", "starttls", "CRAM-MD5"),
        ("CRAM-MD5,LOGIN", "starttls", "PLAIN"),
        ("CRAM-MD5,PLAIN", "starttls", "LOGIN"),
        ("CRAM-MD5,LOGIN", "implicit", "PLAIN"),
    ] {
        let Some(server) = MailServer::start(mode, excluded) else { return };
        let config = EmailConfig {
            auth_secret: Some(secret("shared")),
            force_implicit_tls: Some(mode == "implicit"),
            ..server.config()
        };
        send(config, &firing()).await.unwrap();
        let mails = server.mails();
        assert_eq!(mails[0]["authenticated"], expected, "{mails:?}");
        assert_eq!(mails[0]["encrypted"], true);
    }
}

#[tokio::test]
async fn a_server_without_tls_gets_nothing_unless_that_is_allowed() {
    let Some(server) = MailServer::start("plain", "CRAM-MD5,LOGIN") else { return };
    let error = send(server.config(), &firing()).await.unwrap_err();
    assert!(error.to_string().contains("does not offer STARTTLS"), "{error}");
    assert!(server.mails().is_empty());
    let config = EmailConfig { require_tls: false, ..server.config() };
    send(config, &firing()).await.unwrap();
    assert_eq!(server.mails()[0]["encrypted"], false);
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let Some(server) = MailServer::start("starttls", "") else { return };
    for (to, retryable) in [("nobody@x", false), ("later@x", true)] {
        let config = EmailConfig { to: to.into(), ..server.config() };
        let error = send(config, &firing()).await.unwrap_err();
        assert_eq!(error.is_retryable(), retryable, "{error}");
    }
    let config = EmailConfig { auth_password: Some(secret("wr0ng!")), ..server.config() };
    let error = send(config, &firing()).await.unwrap_err();
    assert!(!error.is_retryable() && !error.to_string().contains("wr0ng!"), "{error}");
    let stranger = TlsConfig { ca: None, ..server.config().tls };
    let config = EmailConfig { tls: stranger, ..server.config() };
    let error = send(config, &firing()).await.unwrap_err();
    assert!(error.to_string().contains("tls handshake"), "{error}");
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = EmailConfig {
        to: "a@b".into(),
        from: "c@d".into(),
        smarthost: HostPort { host: "127.0.0.1".into(), port },
        ..EmailConfig::default()
    };
    let around = around(Templates::default());
    let receive = build(&IntegrationKind::Email(Box::new(config)), &around);
    let told = firing();
    let view = View::new(&told, &around.templates, "");
    let deadline = Deadline::after(Duration::from_millis(200));
    let error = receive.deliver(&view, deadline).await.unwrap_err();
    assert_eq!(error.reason(), crate::FailureReason::Timeout, "{error}");
}
