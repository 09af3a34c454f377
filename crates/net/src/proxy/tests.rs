use super::{Proxies, Proxy, matches_exception};
use crate::ErrorKind;
use config::{ProxyConfig, Secret};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Far more than a bounded answer takes.
const PATIENCE: Duration = Duration::from_secs(30);

fn named(url: &str, no_proxy: Option<&str>) -> Proxies {
    let config = ProxyConfig {
        url: Some(Secret::new(url)),
        no_proxy: no_proxy.map(str::to_owned),
        ..ProxyConfig::default()
    };
    Proxies::new(&config, Vec::new(), |_| None).unwrap()
}

#[test]
fn exceptions_as_go_reads_them() {
    for (rule, host, expected) in [
        ("*", "any", true),
        ("example.org", "example.org", true),
        ("example.org", "a.example.org", true),
        ("example.org", "notexample.org", false),
        (".example.org", "example.org", false),
        (".example.org", "a.example.org", true),
        ("*.example.org", "a.example.org", true),
        ("example.org:80", "example.org", true),
        ("example.org:81", "example.org", false),
        ("10.0.0.0/8", "10.1.2.3", true),
        ("10.0.0.0/8", "11.1.2.3", false),
        ("10.0.0.1", "10.0.0.1", true),
        ("fd00::/8", "fd00::1", true),
        ("fd00::/8", "any", false),
        ("[fd00::1]", "fd00::1", true),
        ("[fd00::1]:80", "fd00::1", true),
        ("[fd00::1]:81", "fd00::1", false),
        ("[fd00::1]:80", "fd00::2", false),
        ("fd00::1", "fd00::1", true),
        ("FD00:0::1", "fd00::1", true),
        ("10.0.0.1:80", "10.0.0.1", true),
        ("10.0.0.1:81", "10.0.0.1", false),
        ("example.org:http", "example.org", false),
        ("[", "any", false),
        ("[]:80", "any", false),
        ("", "any", false),
        ("", "any.", false),
        (":80", "any.", false),
        ("EXAMPLE.org", "example.org", true),
    ] {
        assert_eq!(matches_exception(rule, host, 80), expected, "{rule:?} {host:?}");
    }
}

#[test]
fn one_named_proxy_serves_everything_but_its_exceptions() {
    let all = named("http://p:3128", None);
    assert!(all.choose(false, "localhost", 80).is_some(), "as upstream: no exceptions at all");
    assert!(named("http://p:3128", Some("")).choose(false, "localhost", 80).is_some());
    let some = named("http://p:3128", Some("db, 10.0.0.0/8"));
    assert!(some.choose(true, "web", 443).is_some());
    assert!(some.choose(true, "192.0.2.1", 443).is_some(), "an address that is no loopback");
    for host in ["db", "10.1.1.1", "localhost", "127.0.0.1", "[::1]"] {
        assert!(some.choose(true, host, 443).is_none(), "{host}");
    }
}

#[test]
fn the_environment_names_proxies_by_scheme() {
    let env = |name: &str| match name {
        "http_proxy" => Some("plain:1".to_owned()),
        "HTTPS_PROXY" => Some("http://secure".to_owned()),
        "NO_PROXY" => Some("internal".to_owned()),
        _ => None,
    };
    let config = ProxyConfig { from_environment: true, ..ProxyConfig::default() };
    let proxies = Proxies::new(&config, Vec::new(), env).unwrap();
    let chosen = |is_tls, host| proxies.choose(is_tls, host, 80).map(|p| (p.host.as_str(), p.port));
    assert_eq!(chosen(false, "web"), Some(("plain", 1)));
    assert_eq!(chosen(true, "web"), Some(("secure", 80)));
    for spared in ["a.internal", "localhost", "127.0.0.1", "[::1]"] {
        assert_eq!(chosen(false, spared), None, "{spared}");
    }
    let nothing = Proxies::new(&config, Vec::new(), |_| None).unwrap();
    assert_eq!(nothing.choose(false, "web", 80), None);
}

#[test]
fn bad_proxies_are_refused_without_showing_their_password() {
    for (url, kind) in [
        ("socks5://u:hidden@p:1", ErrorKind::Unsupported),
        ("https://u:hidden@p:1", ErrorKind::Unsupported),
        ("http://u:hidden@p:99999", ErrorKind::Config),
        ("http://", ErrorKind::Config),
    ] {
        let error = Proxy::parse(url).unwrap_err();
        assert_eq!(error.kind(), kind, "{url}");
        assert!(!error.describe().contains("hidden"), "{}", error.describe());
    }
    let with_user = Proxy::parse("http://u:p@host").unwrap();
    assert_eq!(with_user.authorization.as_deref(), Some("Basic dTpw"));
    let escaped = Proxy::parse("http://us%20er:p%3Aw@host").unwrap();
    assert_eq!(escaped.authorization.as_deref(), Some("Basic dXMgZXI6cDp3"), "as it is meant");
}

#[tokio::test]
async fn an_endless_answer_of_a_proxy_is_not_read_to_its_end() {
    let (mut ours, mut theirs) = tokio::io::duplex(1 << 10);
    let endless = tokio::spawn(async move { while theirs.write_all(b"x").await.is_ok() {} });
    let proxies = named("http://p:3128", None);
    let proxy = proxies.choose(true, "web", 443).unwrap();
    let tunnel = proxies.tunnel(proxy, &mut ours, "web", 443);
    let error = tokio::time::timeout(PATIENCE, tunnel).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert_eq!(error.describe(), "tunnel to web:443 through p:3128: answer too long");
    drop(ours);
    endless.await.unwrap();
}

#[test]
fn an_empty_variable_names_no_proxy() {
    let config = ProxyConfig { from_environment: true, ..ProxyConfig::default() };
    let proxies = Proxies::new(&config, Vec::new(), |_| Some(String::new())).unwrap();
    assert!(proxies.choose(true, "web", 443).is_none());
}

/// What the proxy is asked, and how the tunnel ends after its answer.
async fn tunnel(url: &str, answer: &[u8]) -> (String, Result<(), ErrorKind>) {
    let (mut ours, mut theirs) = tokio::io::duplex(1 << 10);
    theirs.write_all(answer).await.unwrap();
    let proxies = named(url, None);
    let proxy = proxies.choose(true, "web", 443).unwrap();
    let outcome = proxies.tunnel(proxy, &mut ours, "web", 443).await;
    drop(ours);
    let mut asked = String::new();
    theirs.read_to_string(&mut asked).await.unwrap();
    (asked, outcome.map_err(|error| error.kind()))
}

#[tokio::test]
async fn a_tunnel_carries_the_credentials_of_its_proxy() {
    let good = b"HTTP/1.1 200 OK\r\n\r\n";
    let (asked, outcome) = tunnel("http://u:p@proxy:3128", good).await;
    let head = "CONNECT web:443 HTTP/1.1\r\nHost: web:443\r\n";
    assert_eq!(asked, format!("{head}Proxy-Authorization: Basic dTpw\r\n\r\n"));
    assert_eq!(outcome, Ok(()));
    assert_eq!(tunnel("http://proxy:3128", good).await.0, format!("{head}\r\n"));
}

#[tokio::test]
async fn only_a_success_of_http_1_opens_a_tunnel() {
    for (answer, opens) in [
        ("HTTP/1.0 200 OK", true),
        ("HTTP/1.1 204 Fine", true),
        ("HTTP/1.1 407 Who are you", false),
        ("ABCDEFGH 200 OK", false),
        ("HTTP/1.1", false),
    ] {
        let answer = format!("{answer}\r\n\r\n");
        let (_, outcome) = tunnel("http://proxy:3128", answer.as_bytes()).await;
        assert_eq!(outcome.is_ok(), opens, "{answer:?}");
    }
}
