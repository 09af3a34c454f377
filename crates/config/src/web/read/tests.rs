use super::load;
use expect_test::{Expect, expect};
use std::fmt::Write;

const HASH: &str = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

fn check(text: &str, expected: &Expect) {
    let mut out = String::new();
    match load("/etc/web.yml", text) {
        Ok(loaded) => {
            writeln!(out, "{:?}", loaded.config).unwrap();
            loaded.warnings.iter().for_each(|warning| writeln!(out, "{warning}").unwrap());
            out.push_str(&loaded.redacted);
        }
        Err(error) => {
            for problem in error.problems() {
                writeln!(out, "{}: {}", problem.place, problem.message).unwrap();
            }
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn an_empty_file_is_plain_http() {
    check(
        "",
        &expect![[r"
            WebConfig { tls: None, http2: true, headers: [], users: [], rate_limit: None }
            {}
        "]],
    );
    check(
        "tls_server_config: {}",
        &expect![[r"
            WebConfig { tls: None, http2: true, headers: [], users: [], rate_limit: None }
            tls_server_config: {}
        "]],
    );
}

#[test]
fn everything_the_toolkit_knows_is_read() {
    let text = format!(
        "tls_server_config:
  cert_file: tls/server.crt
  key_file: /keys/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  client_allowed_sans: [prometheus.example.com]
  min_version: TLS10
  max_version: TLS13
  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP521]
http_server_config:
  http2: false
  headers:
    X-Frame-Options: deny
    Strict-Transport-Security: max-age=1
rate_limit: {{interval: 100ms, burst: 5}}
basic_auth_users:
  alice: {HASH}
"
    );
    check(
        &text,
        &expect![[r#"
            WebConfig { tls: Some(TlsServerConfig { cert: File("/etc/tls/server.crt"), key: File("/keys/server.key"), client_auth: RequireAndVerify, client_ca: Some(File("/etc/ca.crt")), client_allowed_sans: ["prometheus.example.com"], min_version: Tls12, max_version: Tls13, cipher_suites: [TLS_AES_128_GCM_SHA256], curves: [X25519], prefer_server_cipher_suites: false }), http2: false, headers: [("X-Frame-Options", "deny"), ("Strict-Transport-Security", "max-age=1")], users: [("alice", <secret>)], rate_limit: Some(RateLimit { interval: 100ms, burst: 5 }) }
            /etc/web.yml:7:16: TLS below 1.2 is never spoken; the oldest version is TLS 1.2
            /etc/web.yml:9:43: `TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA` is not available; it is left out
            /etc/web.yml:11:31: `CurveP521` is not available; it is left out
            tls_server_config:
              cert_file: tls/server.crt
              key_file: /keys/server.key
              client_auth_type: RequireAndVerifyClientCert
              client_ca_file: ca.crt
              client_allowed_sans:
              - prometheus.example.com
              min_version: TLS10
              max_version: TLS13
              cipher_suites:
              - TLS_AES_128_GCM_SHA256
              - TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
              prefer_server_cipher_suites: false
              curve_preferences:
              - X25519
              - CurveP521
            http_server_config:
              http2: false
              headers:
                X-Frame-Options: deny
                Strict-Transport-Security: max-age=1
            rate_limit:
              interval: 100ms
              burst: 5
            basic_auth_users:
              alice: <secret>
        "#]],
    );
}

#[test]
fn a_rate_limit_that_refuses_everything_is_said() {
    check(
        "rate_limit: {interval: 1s}",
        &expect![[r"
            WebConfig { tls: None, http2: true, headers: [], users: [], rate_limit: Some(RateLimit { interval: 1s, burst: 0 }) }
            /etc/web.yml:1:13: `burst` is 0, so every request is refused
            rate_limit:
              interval: 1s
        "]],
    );
    check(
        "rate_limit: {burst: 5}",
        &expect![[r"
            WebConfig { tls: None, http2: true, headers: [], users: [], rate_limit: None }
            rate_limit:
              burst: 5
        "]],
    );
}

#[test]
fn inline_certificates_and_keys_are_read_and_keys_hidden() {
    check(
        "tls_server_config:\n  cert: |\n    CERT\n  key: |\n    PRIVATE\n  client_ca: CA\n  client_auth_type: RequireClientCert\n",
        &expect![[r#"
            WebConfig { tls: Some(TlsServerConfig { cert: Inline("CERT\n"), key: Inline(<secret>), client_auth: RequireAny, client_ca: Some(Inline("CA")), client_allowed_sans: [], min_version: Tls12, max_version: Tls13, cipher_suites: [], curves: [], prefer_server_cipher_suites: true }), http2: true, headers: [], users: [], rate_limit: None }
            tls_server_config:
              cert: "CERT\n"
              key: <secret>
              client_ca: CA
              client_auth_type: RequireClientCert
        "#]],
    );
}

#[test]
fn what_the_toolkit_refuses_is_refused() {
    check(
        "tls_server_config: {cert_file: a}",
        &expect![[r"
        1:20: `tls_server_config` needs `key_file`
    "]],
    );
    check(
        "tls_server_config: {key_file: a}",
        &expect![[r"
        1:20: `tls_server_config` needs `cert_file`
    "]],
    );
    check(
        "tls_server_config: {client_auth_type: NoClientCert}",
        &expect![[r"
        1:20: `tls_server_config` needs `cert_file`
    "]],
    );
    check(
        "tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}",
        &expect![[r"
        1:20: authorities for client certificates are of no use without `client_auth_type`
    "]],
    );
    check(
        "tls_server_config: {cert_file: a, key_file: b, client_allowed_sans: [x], client_auth_type: VerifyClientCertIfGiven}",
        &expect![[r"
            1:69: `client_allowed_sans` needs a `client_auth_type` that requires a certificate
        "]],
    );
    check(
        "tls_server_config: {cert_file: a, key_file: b, client_auth_type: Sometimes, min_version: TLS14, curve_preferences: [X448], cipher_suites: [TLS_AES_128_GCM_SHA25]}",
        &expect![[r#"
            1:66: `client_auth_type` cannot be "Sometimes"; expected one of `NoClientCert`, `RequestClientCert`, `RequireAnyClientCert`, `RequireClientCert`, `VerifyClientCertIfGiven`, `RequireAndVerifyClientCert`
            1:90: `min_version` cannot be "TLS14"; expected one of `TLS10`, `TLS11`, `TLS12`, `TLS13`; did you mean `TLS10`?
            1:117: `curve_preferences`: "X448" is unknown
            1:140: `cipher_suites`: "TLS_AES_128_GCM_SHA25" is unknown; did you mean `TLS_AES_128_GCM_SHA256`?
        "#]],
    );
    check(
        "tls_server_config: {cert_file: a, key_file: b, max_version: TLS11, cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]}",
        &expect![[r"
            1:61: TLS below 1.2 is not supported
            1:83: nothing in `cipher_suites` is available
        "]],
    );
    check(
        "tls_server_config: {cert_file: a, key_file: b, min_version: TLS13, max_version: TLS12}",
        &expect![[r"
            1:81: `max_version` is older than `min_version`
        "]],
    );
}

#[test]
fn headers_and_users_are_checked() {
    check(
        "http_server_config:\n  headers:\n    X-Frame-Options: maybe\n    X-Other: x\n    X-Frame-Option: x\n",
        &expect![[r#"
            3:22: `X-Frame-Options` is `deny` or `sameorigin`, found "maybe"
            4:5: header "X-Other" cannot be set here
            5:5: header "X-Frame-Option" cannot be set here; did you mean `X-Frame-Options`?
        "#]],
    );
    check(
        "basic_auth_users: {alice: secret, bob: $2y$10$short}",
        &expect![[r#"
        1:27: the password of user "alice" is no bcrypt hash
        1:40: the password of user "bob" is no bcrypt hash
    "#]],
    );
    check(
        "tls_config: {}",
        &expect![[r"
        1:1: unknown key `tls_config`
    "]],
    );
}
