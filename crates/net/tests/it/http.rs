//! Requests, redirects, authentication, bounds.

use crate::server::{Reply, Server};
use crate::{client, client_under, fetch, get};
use config::{
    HeaderValue, HttpAuth, HttpClientConfig, HttpHeader, OAuth2Config, ProxyConfig, Secret,
    SecretSource, TextSource,
};
use net::{AddressPolicy, AddressRule, BodyLimits, Cidr, ErrorKind, UrlSecrecy, Verdict};
use std::time::Duration;

fn with_auth(auth: HttpAuth) -> HttpClientConfig {
    HttpClientConfig { auth, ..HttpClientConfig::default() }
}

fn inline(text: &str) -> SecretSource {
    SecretSource::Inline(Secret::new(text))
}

#[tokio::test]
async fn a_plain_request_carries_host_and_user_agent() {
    let server = Server::start(|_| Reply::ok("up 1\n")).await;
    let (exchange, body) =
        fetch(&client(HttpClientConfig::default()), get(&server.url("/m?a=b"))).await.unwrap();
    assert_eq!((exchange.status.as_u16(), body.as_str()), (200, "up 1\n"));
    let asked = server.asked().remove(0).to_lowercase();
    assert!(asked.starts_with("get /m?a=b http/1.1\r\n"), "{asked}");
    assert!(asked.contains(&format!("host: {}\r\n", server.address)), "{asked}");
    assert!(asked.contains(&format!("user-agent: {}\r\n", net::USER_AGENT.to_lowercase())));
}

fn oauth2(token_url: String) -> HttpClientConfig {
    with_auth(HttpAuth::OAuth2(Box::new(OAuth2Config {
        client_id: "me:1".into(),
        client_secret: Some(inline("s e")),
        scopes: vec!["a".into(), "b".into()],
        token_url,
        endpoint_params: vec![("audience".into(), "x".into())],
        tls: config::TlsConfig::default(),
        proxy: ProxyConfig::default(),
    })))
}

#[tokio::test]
async fn a_token_is_fetched_once_and_again_when_nobody_takes_it() {
    let tokens = Server::start(|_| {
        Reply::ok(r#"{"access_token":"t1","token_type":"bearer","expires_in":3600}"#)
    })
    .await;
    let server = Server::start(|asked| match asked {
        asked if asked.contains("/closed") => Reply::head("401 Unauthorized"),
        _ => Reply::ok(""),
    })
    .await;
    let client = client(oauth2(tokens.url("/token")));
    for path in ["/1", "/2", "/closed", "/3"] {
        fetch(&client, get(&server.url(path))).await.unwrap();
        let asked = server.asked().pop().unwrap();
        assert!(asked.contains("authorization: Bearer t1\r\n"), "{asked}");
    }
    let asked = tokens.asked();
    assert_eq!(asked.len(), 2, "once, and once more after the refusal");
    // me%3A1:s+e
    assert!(asked[0].contains("authorization: Basic bWUlM0ExOnMrZQ==\r\n"), "{}", asked[0]);
    assert!(asked[0].starts_with("POST /token "), "{}", asked[0]);
}

#[tokio::test]
async fn a_token_server_that_wants_the_secret_in_the_body_gets_it_there() {
    let tokens = Server::start(|asked| match asked {
        asked if asked.contains("authorization: Basic") => Reply::head("401 Unauthorized"),
        _ => Reply::ok(r#"{"access_token":"t2"}"#),
    })
    .await;
    let server = Server::start(|_| Reply::ok("")).await;
    fetch(&client(oauth2(tokens.url("/token"))), get(&server.url("/"))).await.unwrap();
    assert!(server.asked().pop().unwrap().contains("authorization: Bearer t2\r\n"));
    assert_eq!(tokens.asked().len(), 2);
    let broken = Server::start(|_| Reply::head("500 Internal Server Error")).await;
    let error = fetch(&client(oauth2(broken.url("/token"))), get(&server.url("/"))).await;
    let error = error.unwrap_err().describe();
    assert!(error.contains("the token server 127.0.0.1 answered 500"), "{error}");
    assert!(!error.contains("s e"), "{error}");
}

#[tokio::test]
async fn authentication_of_every_kind() {
    let server = Server::start(|_| Reply::ok("")).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token").to_str().unwrap().to_owned();
    std::fs::write(&path, " from-file \n").unwrap();
    let bearer = |credentials| HttpAuth::Authorization { kind: "Bearer".into(), credentials };
    let table = [
        (
            HttpAuth::Basic {
                username: TextSource::Inline("user".into()),
                password: Some(inline("p:w")),
            },
            "Basic dXNlcjpwOnc=",
        ),
        (bearer(Some(inline("token"))), "Bearer token"),
        (bearer(Some(SecretSource::File(path.clone()))), "Bearer from-file"),
    ];
    for (auth, expected) in table {
        fetch(&client(with_auth(auth)), get(&server.url("/"))).await.unwrap();
        let asked = server.asked().pop().unwrap();
        assert!(asked.contains(&format!("authorization: {expected}\r\n")), "{asked}");
    }
    let rotating = client(with_auth(bearer(Some(SecretSource::File(path.clone())))));
    for token in ["one", "two"] {
        std::fs::write(&path, token).unwrap();
        fetch(&rotating, get(&server.url("/"))).await.unwrap();
        assert!(server.asked().pop().unwrap().contains(&format!("Bearer {token}\r\n")));
    }
    std::fs::remove_file(&path).unwrap();
    let error = fetch(&rotating, get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.describe().starts_with("cannot read credentials from"), "{}", error.describe());
}

#[tokio::test]
async fn a_user_name_in_the_url_becomes_basic_authentication() {
    let server = Server::start(|_| Reply::ok("")).await;
    let url = format!("http://us%20er:p%3Aw@{}/", server.address);
    fetch(&client(HttpClientConfig::default()), get(&url)).await.unwrap();
    let asked = server.asked().remove(0);
    assert!(asked.contains("authorization: Basic dXMgZXI6cDp3\r\n"), "{asked}");
    assert!(!asked.contains('@'), "{asked}");
}

#[tokio::test]
async fn configured_headers_are_added_and_win() {
    let server = Server::start(|_| Reply::ok("")).await;
    let headers = vec![HttpHeader {
        name: "X-Scope-Orgid".into(),
        values: vec![HeaderValue::Plain("a".into()), HeaderValue::Secret(inline("b"))],
    }];
    let client = client(HttpClientConfig { headers, ..HttpClientConfig::default() });
    let mut request = get(&server.url("/"));
    request.headers.insert("x-scope-orgid", http::HeaderValue::from_static("mine"));
    fetch(&client, request).await.unwrap();
    let asked = server.asked().remove(0);
    assert!(asked.contains("x-scope-orgid: a\r\nx-scope-orgid: b\r\n"), "{asked}");
    assert!(!asked.contains("mine"));
}

#[tokio::test]
async fn a_secret_that_would_break_the_head_is_refused_unshown() {
    let server = Server::start(|_| Reply::ok("")).await;
    let split = Some(inline("hidden\r\nX-Injected: 1"));
    let auth = HttpAuth::Authorization { kind: "Bearer".into(), credentials: split };
    let error = fetch(&client(with_auth(auth)), get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(error.describe(), "value of authorization holds bytes that no header may carry");
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn redirects_are_followed_with_a_bound_and_turn_post_into_get() {
    let server = Server::start(|head| match head.split(' ').nth(1).unwrap() {
        "/a" => Reply::head("302 Found\r\nLocation: /b"),
        "/b" => Reply::ok("end"),
        "/keep" => Reply::head("307 Temporary Redirect\r\nLocation: b"),
        _ => Reply::head("301 Moved\r\nLocation: /loop"),
    })
    .await;
    let client_on = client(HttpClientConfig::default());
    let mut request = get(&server.url("/a"));
    request.method = http::Method::POST;
    request.body = "x".into();
    let (exchange, body) = fetch(&client_on, request.clone()).await.unwrap();
    assert_eq!((exchange.url.path(), body.as_str()), ("/b", "end"));
    assert!(server.asked()[1].starts_with("GET /b "));
    request.url = server.url("/keep").parse().unwrap();
    fetch(&client_on, request).await.unwrap();
    assert!(server.asked()[3].starts_with("POST /b "));
    let before = server.asked().len();
    let error = fetch(&client_on, get(&server.url("/loop"))).await.unwrap_err();
    assert_eq!(error.to_string(), "stopped after 10 redirects");
    assert_eq!(server.asked().len() - before, 10, "requests, the first among them, as in Go");
    let off = HttpClientConfig { follow_redirects: false, ..HttpClientConfig::default() };
    let (exchange, _) = fetch(&client(off), get(&server.url("/a"))).await.unwrap();
    assert_eq!(exchange.status.as_u16(), 302);
}

#[tokio::test]
async fn credentials_stay_with_their_host_across_redirects() {
    let other = Server::start(|_| Reply::ok("")).await;
    let location = other.url("/");
    let first =
        Server::start(move |_| Reply::head(&format!("302 Found\r\nLocation: {location}"))).await;
    let auth =
        HttpAuth::Authorization { kind: "Bearer".into(), credentials: Some(inline("secret")) };
    fetch(&client(with_auth(auth)), get(&first.url("/"))).await.unwrap();
    assert!(first.asked()[0].contains("Bearer secret"));
    assert!(!other.asked()[0].contains("secret"));
}

#[tokio::test]
async fn inv_30_the_policy_holds_for_literals_names_and_redirects() {
    let rule = AddressRule { block: Cidr::parse("127.0.0.0/8").unwrap(), verdict: Verdict::Deny };
    let v6 = AddressRule { block: Cidr::parse("::1").unwrap(), verdict: Verdict::Deny };
    let closed = client_under(AddressPolicy::with_rules([rule, v6]), HttpClientConfig::default());
    let server = Server::start(|_| Reply::ok("")).await;
    let port = server.address.port();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"] {
        let url = format!("http://{host}:{port}/");
        let error = fetch(&closed, get(&url)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forbidden, "{url}: {}", error.describe());
    }
    assert!(server.asked().is_empty());
    let redirecting =
        Server::start(|_| Reply::head("302 Found\r\nLocation: http://169.254.169.254/latest"))
            .await;
    let open = client(HttpClientConfig::default());
    let error = fetch(&open, get(&redirecting.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(
        error.describe(),
        "request to http://169.254.169.254/latest: address 169.254.169.254 of \
         \"169.254.169.254\" is forbidden by the policy"
    );
}

#[tokio::test]
async fn a_silent_server_and_an_endless_head_meet_the_deadline() {
    let endless = Reply::Forever(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".to_vec());
    for reply in [Reply::Silence, endless] {
        let server = Server::start(move |_| reply.clone()).await;
        let mut request = get(&server.url("/"));
        request.timeout = Duration::from_millis(50);
        match fetch(&client(HttpClientConfig::default()), request).await {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Timeout, "{}", error.describe()),
            Ok((_, body)) => assert_eq!(body.len(), 100, "bytes behind the body are not ours"),
        }
    }
}

#[tokio::test]
async fn an_infinite_body_ends_at_its_bound() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let server = Server::start(move |_| {
        let mut bytes = head.clone();
        for _ in 0..64 {
            bytes.extend_from_slice(b"400\r\n");
            bytes.extend_from_slice(&[b'x'; 0x400]);
            bytes.extend_from_slice(b"\r\n");
        }
        Reply::Bytes(bytes)
    })
    .await;
    let mut request = get(&server.url("/"));
    request.limits = BodyLimits::whole(10_000);
    let error = fetch(&client(HttpClientConfig::default()), request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BodySize);
}

#[tokio::test]
async fn broken_answers_are_protocol_errors() {
    for bytes in ["", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"] {
        let server = Server::start(move |_| Reply::Bytes(bytes.into())).await;
        let error =
            fetch(&client(HttpClientConfig::default()), get(&server.url("/"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{bytes:?}: {}", error.describe());
    }
}

#[tokio::test]
async fn nobody_listens_and_names_without_address() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = client(HttpClientConfig::default());
    let error = fetch(&client, get(&format!("http://u:hidden@{address}/x"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.describe().starts_with(&format!("request to http://{address}/x: dial tcp")));
    assert!(!error.describe().contains("hidden"));
    let error = fetch(&client, get("http://no-such-name.invalid/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Resolve, "{}", error.describe());
}

#[tokio::test]
async fn a_url_that_is_a_key_is_not_shown() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let silent = Server::start(|_| Reply::Silence).await;
    let away = Server::start(|_| Reply::head("302 Found\r\nLocation: gopher://x/")).await;
    for (address, timeout) in [(address, 30_000), (silent.address, 50), (away.address, 30_000)] {
        let mut request = get(&format!("http://u:hidden@{address}/hidden/hook?token=hidden"));
        request.secrecy = UrlSecrecy::Key;
        request.timeout = Duration::from_millis(timeout);
        let error = fetch(&client(HttpClientConfig::default()), request).await.unwrap_err();
        let text = error.describe();
        assert!(text.contains(&format!("{address}/<secret>")), "{text}");
        assert!(!text.contains("hidden"), "{text}");
    }
}

#[tokio::test]
async fn what_is_not_supported_says_so_instead_of_going_without() {
    let proxied = through("socks5://p", None);
    let error = fetch(&client(proxied), get("http://127.0.0.1:1/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let error =
        fetch(&client(HttpClientConfig::default()), get("ftp://127.0.0.1/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

fn through(url: &str, no_proxy: Option<&str>) -> HttpClientConfig {
    let proxy = ProxyConfig {
        url: Some(Secret::new(url)),
        no_proxy: no_proxy.map(str::to_owned),
        connect_headers: vec![HttpHeader {
            name: "X-Way".into(),
            values: vec![HeaderValue::Plain("out".into())],
        }],
        ..ProxyConfig::default()
    };
    HttpClientConfig { proxy, ..HttpClientConfig::default() }
}

#[tokio::test]
async fn a_proxy_gets_whole_urls_and_its_credentials() {
    let proxy = Server::start(|_| Reply::ok("proxied")).await;
    let url = format!("http://user:word@{}", proxy.address);
    let (_, body) =
        fetch(&client(through(&url, None)), get("http://inside.invalid:81/x")).await.unwrap();
    assert_eq!(body, "proxied");
    let asked = proxy.asked().remove(0);
    assert!(asked.starts_with("GET http://inside.invalid:81/x HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("proxy-authorization: Basic dXNlcjp3b3Jk\r\n"), "{asked}");
    let direct = Server::start(|_| Reply::ok("direct")).await;
    let around = client(through(&url, Some("nobody")));
    assert_eq!(fetch(&around, get(&direct.url("/"))).await.unwrap().1, "direct", "loopback");
}

#[tokio::test]
async fn a_proxy_is_asked_for_tunnels_and_may_refuse() {
    let proxy = Server::start(|_| Reply::head("407 Proxy Authentication Required")).await;
    let client = client(through(&format!("http://{}", proxy.address), None));
    let error = fetch(&client, get("https://inside.invalid/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(
        error.describe().ends_with("proxy answers `HTTP/1.1 407 Proxy Authentication Required`"),
        "{}",
        error.describe()
    );
    let asked = proxy.asked().remove(0);
    assert!(
        asked.starts_with("CONNECT inside.invalid:443 HTTP/1.1\r\nHost: inside.invalid:443\r\n")
    );
    assert!(asked.contains("x-way: out\r\n"), "{asked}");
}

#[tokio::test]
async fn inv_30_forbidden_literals_do_not_pass_through_a_proxy() {
    let proxy = Server::start(|_| Reply::ok("proxied")).await;
    let client = client(through(&format!("http://{}", proxy.address), None));
    let error = fetch(&client, get("http://169.254.169.254/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(proxy.asked().is_empty());
}
