use super::{canonical_header, client};
use crate::prometheus::unsupported_keys;
use crate::read::Reader;
use crate::{HttpAuth, HttpClientConfig, Outside, TlsVersion};
use expect_test::{Expect, expect};

fn read(text: &str) -> Result<HttpClientConfig, String> {
    let outside = Outside::nothing();
    let (reader, root) = Reader::open("/etc/f.yml", text, &outside, unsupported_keys()).unwrap();
    let config = reader.section(&root, "").map(client).unwrap();
    reader.finish(config, &root).map(|loaded| loaded.config).map_err(|error| {
        let lines = error.problems().iter().map(|p| format!("{}: {}", p.place, p.message));
        lines.collect::<Vec<_>>().join("\n")
    })
}

fn refuse(text: &str, expected: &Expect) {
    expected.assert_eq(&read(text).unwrap_err());
}

#[test]
fn nothing_is_the_default() {
    let config = read("").unwrap();
    assert_eq!(config, HttpClientConfig::default());
    assert!(config.follow_redirects && config.enable_http2 && config.auth == HttpAuth::None);
}

#[test]
fn every_way_to_authenticate_is_read() {
    let shown = |text: &str| format!("{:?}", read(text).unwrap().auth);
    expect![[r#"Basic { username: Inline("u"), password: Some(Inline(<secret>)) }"#]]
        .assert_eq(&shown("basic_auth: {username: u, password: hunter2}"));
    expect![[r#"Basic { username: File("/etc/u"), password: Some(File("/etc/p")) }"#]]
        .assert_eq(&shown("basic_auth: {username_file: u, password_file: p}"));
    expect![[r#"Authorization { kind: "Token", credentials: Some(Inline(<secret>)) }"#]]
        .assert_eq(&shown("authorization: {type: ' Token ', credentials: hunter2}"));
    expect![[r#"Authorization { kind: "Bearer", credentials: Some(File("/etc/c")) }"#]]
        .assert_eq(&shown("authorization: {credentials_file: c}"));
    expect![[r#"Authorization { kind: "Bearer", credentials: Some(Inline(<secret>)) }"#]]
        .assert_eq(&shown("bearer_token: hunter2"));
    expect![[r#"Authorization { kind: "Bearer", credentials: Some(File("/run/t")) }"#]]
        .assert_eq(&shown("bearer_token_file: /run/t"));
}

#[test]
fn credentials_are_given_once() {
    refuse(
        "basic_auth: {username: a, username_file: b, password: c, password_file: d}",
        &expect![[r"
            1:27: at most one of `username` and `username_file` may be set
            1:58: at most one of `password` and `password_file` may be set"]],
    );
    refuse(
        "authorization: {type: BASIC, credentials: a, credentials_file: b}",
        &expect![[r"
        1:23: authorization `type` cannot be `basic`; use `basic_auth`
        1:46: at most one of `credentials` and `credentials_file` may be set"]],
    );
    refuse(
        "oauth2: {client_secret: a, client_secret_file: b}",
        &expect![[r"
        1:9: `oauth2` needs `client_id`
        1:9: `oauth2` needs `token_url`
        1:28: at most one of `client_secret` and `client_secret_file` may be set"]],
    );
    refuse(
        "bearer_token: a\nbearer_token_file: b",
        &expect!["2:20: at most one of `bearer_token` and `bearer_token_file` may be set"],
    );
    refuse(
        "basic_auth: {usrname: a}\nauth: x",
        &expect![[r"
        1:14: unknown key `usrname`; did you mean `username`?
        2:1: unknown key `auth`; did you mean `oauth2`?"]],
    );
}

#[test]
fn tls_is_read_and_complete() {
    let text = "tls_config: {ca_file: ca, cert: PEM, key_file: k, server_name: s, insecure_skip_verify: yes, min_version: TLS12}";
    let tls = read(text).unwrap().tls;
    assert!(tls.insecure_skip_verify);
    assert_eq!(tls.min_version, Some(TlsVersion::Tls12));
    expect![[r#"Some(File("/etc/ca")) Some(Inline("PEM")) Some(File("/etc/k")) Some("s")"#]]
        .assert_eq(&format!("{:?} {:?} {:?} {:?}", tls.ca, tls.cert, tls.key, tls.server_name));
    refuse(
        "tls_config: {cert_file: a}",
        &expect!["1:13: `tls_config` has a certificate but no key; set `key_file`"],
    );
    refuse(
        "tls_config: {key: a}",
        &expect!["1:13: `tls_config` has a key but no certificate; set `cert_file`"],
    );
    refuse(
        "tls_config: {ca: a, ca_file: b, min_version: TLS1, insecure_skip_verify: 1}",
        &expect![[r#"
            1:21: at most one of `ca` and `ca_file` may be set
            1:46: `min_version` cannot be "TLS1"; expected one of `TLS10`, `TLS11`, `TLS12`, `TLS13`; did you mean `TLS10`?
            1:74: `insecure_skip_verify` is `true` or `false`, found a number"#]],
    );
}

#[test]
fn proxies_are_consistent() {
    let config = read("proxy_url: http://p:1\nno_proxy: a\nproxy_connect_header: {x-a: [s1, s2]}");
    let proxy = config.unwrap().proxy;
    assert_eq!(proxy.connect_headers[0].name, "X-A");
    assert_eq!(proxy.connect_headers[0].values.len(), 2);
    refuse("no_proxy: a", &expect!["1:11: `no_proxy` needs `proxy_url`"]);
    refuse(
        "proxy_connect_header: {a: [b]}",
        &expect!["1:23: `proxy_connect_header` needs `proxy_url` or `proxy_from_environment`"],
    );
    refuse(
        "proxy_from_environment: true\nproxy_url: http://p:1\nno_proxy: x",
        &expect![[r"
        1:25: `proxy_from_environment` excludes `proxy_url`
        1:25: `proxy_from_environment` excludes `no_proxy`"]],
    );
    refuse(
        "proxy_url: 'http://%zz/'",
        &expect!["1:12: `proxy_url`: the URL has a `%` without two hexadecimal digits"],
    );
}

#[test]
fn headers_are_read_in_order_and_reserved_ones_refused() {
    let text =
        "http_headers: {x-b: {values: [1], secrets: [hunter2], files: [f]}, X-A: {values: [2]}}";
    let config = read(text).unwrap();
    expect![[r#"[HttpHeader { name: "X-B", values: [Plain("1"), Secret(Inline(<secret>)), Secret(File("/etc/f"))] }, HttpHeader { name: "X-A", values: [Plain("2")] }]"#]].assert_eq(&format!("{:?}", config.headers));
    refuse(
        "http_headers: {host: {values: [a]}, 'a b': {values: [a]}, x: {value: a}}",
        &expect![[r#"
            1:16: header `Host` is reserved; it cannot be set here
            1:37: "a b" is no header name
            1:63: unknown key `value`; did you mean `values`?"#]],
    );
}

#[test]
fn header_names_are_canonical() {
    assert_eq!(canonical_header("x-scope-orgid"), "X-Scope-Orgid");
    assert_eq!(canonical_header("CONTENT-type"), "Content-Type");
    assert_eq!(canonical_header("no header"), "no header");
}
