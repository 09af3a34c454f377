//! Client certificates, versions, and configurations that cannot be used.

use super::{Authority, ask, client, listen, serve, write_config};
use crate::ErrorKind;
use crate::test_client::run;
use rustls::version::{TLS12, TLS13};

const FINE: &str = "HTTP/1.1 200 OK";

/// Asks with and without certificates; which of them were answered?
fn answered(more: &str) -> [bool; 4] {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let dir = tempfile::tempdir().unwrap();
    let path = write_config(&dir, &ours, more);
    let (good, other) = (ours.issue(&["agent.example"]), ours.issue(&["10.0.0.7"]));
    let foreign = theirs.issue(&["agent.example"]);
    run(async {
        let port = serve(&path).await;
        let mut answers = [false; 4];
        for (index, certificate) in
            [None, Some(&foreign), Some(&good), Some(&other)].into_iter().enumerate()
        {
            let answer = ask(port, client(&ours, certificate)).await;
            answers[index] = answer.is_ok_and(|line| line == FINE);
        }
        answers
    })
}

#[test]
fn without_client_authentication_everybody_is_served() {
    assert_eq!(answered(""), [true; 4]);
}

#[test]
fn requested_certificates_are_not_checked() {
    assert_eq!(answered("  client_auth_type: RequestClientCert\n"), [true; 4]);
}

#[test]
fn any_required_certificate_is_enough() {
    let more = "  client_auth_type: RequireAnyClientCert\n";
    assert_eq!(answered(more), [false, true, true, true]);
}

#[test]
fn given_certificates_are_verified() {
    let more = "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.pem\n";
    assert_eq!(answered(more), [true, false, true, true]);
}

#[test]
fn required_certificates_are_verified() {
    let more = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n";
    assert_eq!(answered(more), [false, false, true, true]);
}

#[test]
fn certificates_must_carry_an_allowed_name() {
    let more = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n  \
                client_allowed_sans: [agent.example, 192.0.2.1]\n";
    assert_eq!(answered(more), [false, false, true, false]);
    let more = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n  \
                client_allowed_sans: [10.0.0.7]\n";
    assert_eq!(answered(more), [false, false, false, true]);
}

#[test]
fn versions_are_those_configured() {
    for (more, speaks) in [
        ("", [true, true]),
        ("  min_version: TLS13\n", [false, true]),
        ("  max_version: TLS12\n", [true, false]),
    ] {
        let authority = Authority::new();
        let dir = tempfile::tempdir().unwrap();
        let path = write_config(&dir, &authority, more);
        run(async {
            let port = serve(&path).await;
            for (version, speaks) in [&TLS12, &TLS13].into_iter().zip(speaks) {
                let provider = rustls::crypto::ring::default_provider();
                let config = rustls::ClientConfig::builder_with_provider(provider.into())
                    .with_protocol_versions(&[version])
                    .unwrap()
                    .with_root_certificates(authority.roots())
                    .with_no_client_auth();
                let answer = ask(port, config).await;
                assert_eq!(answer.is_ok(), speaks, "{more} {version:?}");
            }
        });
    }
}

#[test]
fn chosen_suites_and_groups_work() {
    let more = "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n  \
                curve_preferences: [CurveP256]\n  max_version: TLS12\n";
    assert_eq!(answered(more), [true; 4]);
}

#[test]
fn unusable_configurations_are_refused_with_the_reason() {
    let authority = Authority::new();
    let refused = |prepare: &dyn Fn(&std::path::Path)| {
        let dir = tempfile::tempdir().unwrap();
        let path = write_config(&dir, &authority, "");
        prepare(dir.path());
        let error = run(listen(&path)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::WebConfig);
        error.to_string()
    };
    let write = |name: &'static str, text: &'static str| {
        move |dir: &std::path::Path| std::fs::write(dir.join(name), text).unwrap()
    };
    let missing = refused(&|dir| std::fs::remove_file(dir.join("key.pem")).unwrap());
    assert!(missing.starts_with("tls_server_config: cannot read key_file "), "{missing}");
    let empty = refused(&write("cert.pem", ""));
    assert!(empty.starts_with("tls_server_config: cert_file holds no certificate"), "{empty}");
    let garbage = refused(&write("key.pem", "not a key"));
    assert!(garbage.starts_with("tls_server_config: cannot read key_file: "), "{garbage}");
    let other_key = refused(&|dir| {
        let (_, key) = Authority::new().issue(&["localhost"]);
        std::fs::write(dir.join("key.pem"), key).unwrap();
    });
    assert!(other_key.starts_with("tls_server_config: certificate and key: "), "{other_key}");
    let typo = refused(&write("web-config.yml", "tls_server_confg: {}\n"));
    assert!(typo.contains("web-config.yml:1:1"), "{typo}");
    let gone = refused(&|dir| std::fs::remove_file(dir.join("web-config.yml")).unwrap());
    assert!(gone.starts_with("cannot read "), "{gone}");
}
