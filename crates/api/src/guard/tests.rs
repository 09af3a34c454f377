//! Each guard refuses what it is for, through the whole service: taking a guard out of the list
//! breaks its test.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use super::{HostList, check_exposure};
use crate::test_client::{Client, run, text, wrapped};
use crate::{ErrorKind, ServerOptions};
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::{RateLimit, Secret, WebConfig};
use expect_test::expect;
use http::Request;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Body::empty()).unwrap()
}

fn status(client: &Client, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
    run(client.send(request(method, path, headers))).status().as_u16()
}

#[test]
fn foreign_hosts_are_refused() {
    let client = Client::new();
    let ask = |host: &str| status(&client, "GET", "/-/healthy", &[("host", host)]);
    for fine in [
        "localhost",
        "LOCALHOST:1788",
        "127.0.0.1:1788",
        "127.9.9.9",
        "[::1]:1788",
        "localhost.",
        "flyball.localhost:1788",
    ] {
        assert_eq!(ask(fine), 200, "{fine}");
    }
    for foreign in [
        "evil.example",
        "evil.example:1788",
        "localhost.evil.example",
        "evillocalhost",
        "10.0.0.1",
        "[fe80::1]",
        "127.0.0.1.evil.example",
        "",
        "localhost:x",
        "[::1",
    ] {
        assert_eq!(ask(foreign), 421, "{foreign}");
    }
    assert_eq!(status(&client, "GET", "/-/healthy", &[]), 421);
    let two = [("host", "localhost"), ("host", "evil.example")];
    assert_eq!(status(&client, "GET", "/-/healthy", &two), 421);
    let absolute = "http://evil.example/-/healthy";
    assert_eq!(status(&client, "GET", absolute, &[("host", "localhost")]), 421);
}

#[test]
fn foreign_host_gets_a_clear_message() {
    let client = Client::new();
    let refused = run(client.send(request("GET", "/", &[("host", "evil.example")])));
    expect![[r#"
        {"status":"error","errorType":"bad_data","error":"this server does not
        answer for the host \"evil.example\"; allow it with --web.allowed-host or
        set --web.external-url"}"#]]
    .assert_eq(&wrapped(&run(text(refused))));
}

#[test]
fn configured_hosts_are_accepted() {
    let options = ServerOptions {
        allowed_hosts: vec!["Metrics.Internal".into()],
        external_url: Some("https://fly.example:8443/x/".parse().unwrap()),
        route_prefix: Some("/".into()),
        listen: vec!["db1:1788".into(), "[fd00::7]:1788".into()],
        ..ServerOptions::default()
    };
    let client = Client::with(options);
    for host in ["metrics.internal:80", "fly.example", "db1:1788", "[fd00::7]:1788"] {
        assert_eq!(status(&client, "GET", "/-/healthy", &[("host", host)]), 200, "{host}");
    }
}

#[test]
fn listening_everywhere_accepts_addresses_but_no_names() {
    let everywhere: SocketAddr = "0.0.0.0:1788".parse().unwrap();
    let hosts = HostList::new(&ServerOptions::default(), &[everywhere]);
    let options = ServerOptions::default();
    let client = Client::with(options);
    assert_eq!(status(&client, "GET", "/-/healthy", &[("host", "192.0.2.7")]), 421);
    assert!(hosts.accepts("192.0.2.7:1788"));
    assert!(!hosts.accepts("evil.example"));
}

#[test]
fn cross_site_writes_are_refused() {
    let options = ServerOptions { enable_lifecycle: true, ..ServerOptions::default() };
    let client = Client::with(options);
    let reload = |headers: &[(&str, &str)]| {
        let mut all = vec![("host", "localhost:1788")];
        all.extend(headers);
        status(&client, "POST", "/-/reload", &all)
    };
    assert_eq!(reload(&[]), 200);
    assert_eq!(reload(&[("sec-fetch-site", "same-origin")]), 200);
    assert_eq!(reload(&[("sec-fetch-site", "none")]), 200);
    assert_eq!(reload(&[("origin", "http://localhost:1788")]), 200);
    assert_eq!(reload(&[("sec-fetch-site", "same-origin"), ("origin", "http://other")]), 200);
    assert_eq!(reload(&[("sec-fetch-site", "cross-site")]), 403);
    assert_eq!(reload(&[("sec-fetch-site", "same-site")]), 403);
    assert_eq!(
        reload(&[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:1788")]),
        403
    );
    for origin in ["http://localhost:3000", "http://evil.example", "null", "", "localhost:1788"] {
        assert_eq!(reload(&[("origin", origin)]), 403, "{origin}");
    }
    // Reading is not checked: a page cannot see the answer anyway.
    let read = [("host", "localhost"), ("origin", "http://evil.example")];
    assert_eq!(status(&client, "GET", "/api/v1/labels", &read), 200);
}

#[test]
fn external_origin_may_write() {
    let options = ServerOptions {
        enable_lifecycle: true,
        external_url: Some("https://fly.example/".parse().unwrap()),
        ..ServerOptions::default()
    };
    let client = Client::with(options);
    let headers = [("host", "127.0.0.1:1788"), ("origin", "https://fly.example")];
    assert_eq!(status(&client, "POST", "/-/reload", &headers), 200);
    let headers = [("host", "127.0.0.1:1788"), ("origin", "http://fly.example")];
    assert_eq!(status(&client, "POST", "/-/reload", &headers), 403);
}

#[test]
fn long_uris_are_refused() {
    let client = Client::new();
    let path = |length: usize| format!("/-/healthy?{}", "x".repeat(length - "/-/healthy?".len()));
    let limit = client.app.options.uri_bytes_max;
    let host = [("host", "localhost")];
    assert_eq!(status(&client, "GET", &path(limit), &host), 200);
    assert_eq!(status(&client, "GET", &path(limit + 1), &host), 414);
}

#[test]
fn long_forms_are_refused() {
    let options = ServerOptions { form_bytes_max: 100, ..ServerOptions::default() };
    let client = Client::with(options);
    let form = |length: usize| format!("POST /api/v1/query query=1&x={}", "y".repeat(length - 10));
    assert_eq!(run(client.ask(&form(100))).status(), 200);
    assert_eq!(run(client.ask(&form(101))).status(), 413);
}

/// Cost 4, the cheapest that bcrypt knows.
fn users(pairs: &[(&str, &str)]) -> WebConfig {
    let hash = |password: &str| bcrypt::hash(password, 4).unwrap();
    let users = pairs.iter().map(|(user, password)| ((*user).into(), Secret::new(hash(password))));
    WebConfig { users: users.collect(), ..WebConfig::default() }
}

fn hashes(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let users = users(pairs).users.into_iter();
    users.map(|(user, hash)| (user, hash.reveal().to_owned())).collect()
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn login(client: &Client, authorization: &str) -> u16 {
    let headers = [("host", "localhost"), ("authorization", authorization)];
    status(client, "GET", "/-/healthy", &headers)
}

#[test]
fn users_must_prove_themselves_on_every_path() {
    let client = Client::with_web(users(&[("ada", "pa:ss"), ("bob", "s3cret")]));
    for path in ["/", "/-/healthy", "/metrics", "/api/v1/query?query=1", "/no/such/path"] {
        let response = run(client.send(request("GET", path, &[("host", "localhost")])));
        assert_eq!(response.status(), 401, "{path}");
        let challenge = &response.headers()["www-authenticate"];
        assert_eq!(challenge, "Basic realm=\"flyball\", charset=\"UTF-8\"");
    }
    // The second time the answer comes from the cache.
    for _ in 0..2 {
        assert_eq!(login(&client, &basic("ada", "pa:ss")), 200);
        assert_eq!(login(&client, &basic("bob", "s3cret")), 200);
        assert_eq!(login(&client, &basic("bob", "pa:ss")), 401);
        assert_eq!(login(&client, &basic("eve", "s3cret")), 401);
    }
    assert_eq!(login(&client, "basic YWRhOnBhOnNz"), 200, "the scheme's case does not matter");
    let long = basic("ada", &"x".repeat(5000));
    for broken in ["Basic", "Basic !!!", "Bearer YWRhOnBhOnNz", "Basic YWRh", "", &long] {
        assert_eq!(login(&client, broken), 401, "{broken}");
    }
}

#[test]
fn authenticated_user_is_the_principal() {
    let client = Client::with_web(users(&[("ada", "x")]));
    let authorization = basic("ada", "x");
    let headers = [("host", "localhost"), ("authorization", &*authorization)];
    let response = run(client.send(request("GET", "/api/flyball/v1/status", &headers)));
    assert!(run(text(response)).contains("\"user\":\"ada\""));
}

#[test]
fn cache_entry_of_one_user_or_hash_helps_no_other() {
    let users = hashes(&[("ada", "same"), ("bob", "other")]);
    let authenticator = super::Authenticator::new(users.clone()).unwrap();
    let ada = &users["ada"];
    let key = authenticator.cache_key("ada", ada, b"same");
    assert_eq!(key, authenticator.cache_key("ada", ada, b"same"));
    assert_ne!(key, authenticator.cache_key("bob", ada, b"same"));
    assert_ne!(key, authenticator.cache_key("ada", &users["bob"], b"same"));
    assert_ne!(key, authenticator.cache_key("ada", ada, b"sam"));
    // Moving a byte from one part to the next gives another key.
    let (name, longer) = ("ad", format!("a{ada}"));
    assert_ne!(key, authenticator.cache_key(name, &longer, b"same"));
    // Another process has another secret.
    let other = super::Authenticator::new(users.clone()).unwrap();
    assert_ne!(key, other.cache_key("ada", ada, b"same"));
}

#[test]
fn unknown_users_cost_as_much_as_known_ones() {
    let authenticator = super::Authenticator::new(hashes(&[("ada", "x")])).unwrap();
    let known: bcrypt::HashParts = authenticator.users["ada"].parse().unwrap();
    let decoy: bcrypt::HashParts = authenticator.decoy.parse().unwrap();
    assert_eq!(known.get_cost(), decoy.get_cost());
    assert!(!bcrypt::verify("x", &authenticator.decoy).unwrap());
    let client = Client::with_web(users(&[("ada", "x")]));
    let computed = || client.app.web.active().authenticator.computed.load(Ordering::Relaxed);
    assert_eq!((login(&client, &basic("eve", "x")), computed()), (401, 1));
    assert_eq!((login(&client, &basic("eve", "x")), computed()), (401, 2));
    assert_eq!((login(&client, &basic("ada", "y")), computed()), (401, 3));
    // Only a proven password is remembered.
    assert_eq!((login(&client, &basic("ada", "x")), computed()), (200, 4));
    assert_eq!((login(&client, &basic("ada", "x")), computed()), (200, 4));
}

#[test]
fn malformed_hashes_are_refused_when_read() {
    let users = BTreeMap::from([("ada".to_owned(), "plain".to_owned())]);
    let error = super::Authenticator::new(users).err().unwrap();
    assert!(error.starts_with("basic_auth_users: hash of \"ada\": "), "{error}");
}

#[test]
fn exposure_needs_authentication_or_a_decision() {
    let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    };
    let anonymous = ServerOptions::default();
    let allowed = ServerOptions { allow_anonymous: true, ..ServerOptions::default() };
    for inside in ["127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        assert!(check_exposure(&anonymous, &addresses(&[inside]), false).is_ok(), "{inside}");
    }
    for outside in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[fd00::1]:1"] {
        let both = addresses(&["127.0.0.1:1", outside]);
        let error = check_exposure(&anonymous, &both, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exposure, "{outside}");
        assert!(check_exposure(&anonymous, &both, true).is_ok(), "{outside}");
        assert!(check_exposure(&allowed, &both, false).is_ok(), "{outside}");
    }
    let error = check_exposure(&anonymous, &addresses(&["0.0.0.0:1788"]), false).unwrap_err();
    expect![[r#"
        refusing to listen on 0.0.0.0:1788 without authentication: others could
        read all data; name users in --web.config.file, listen on 127.0.0.1, or
        pass --web.allow-anonymous"#]]
    .assert_eq(&wrapped(&error.to_string()));
}

#[test]
fn every_answer_has_security_headers() {
    let client = Client::new();
    for (path, policy) in [
        ("/api/v1/labels", "default-src 'none'; frame-ancestors 'none'"),
        ("/no/such/page", "default-src 'none'; frame-ancestors 'none'"),
        ("/", "default-src 'none'; script-src 'self'"),
        ("/page.js", "default-src 'none'; script-src 'self'"),
    ] {
        let response = run(client.ask(&format!("GET {path}")));
        let header = |name: &str| response.headers()[name].to_str().unwrap();
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "deny", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert!(header("content-security-policy").starts_with(policy), "{path}");
        assert!(!response.headers().contains_key("access-control-allow-origin"), "{path}");
    }
    let refused = run(client.send(request("GET", "/", &[("host", "evil.example")])));
    assert_eq!(refused.headers()["x-content-type-options"], "nosniff");
}

#[test]
fn configured_headers_win() {
    let headers = vec![("X-Frame-Options".to_owned(), "SAMEORIGIN".to_owned())];
    let client = Client::with_web(WebConfig { headers, ..WebConfig::default() });
    let response = run(client.ask("GET /"));
    assert_eq!(response.headers()["x-frame-options"], "SAMEORIGIN");
}

#[test]
fn inv_81_guards_come_before_everything() {
    // A request that offends against all of them gets the first guard's answer, and so on.
    let client = Client::with_web(users(&[("ada", "x")]));
    let long = format!("/nothing?{}", "x".repeat(client.app.options.uri_bytes_max));
    let foreign = [("host", "evil.example"), ("origin", "http://evil.example")];
    assert_eq!(status(&client, "POST", &long, &foreign), 414);
    assert_eq!(status(&client, "POST", "/nothing", &foreign), 421);
    let cross = [("host", "localhost"), ("origin", "http://evil.example")];
    assert_eq!(status(&client, "POST", "/nothing", &cross), 403);
    assert_eq!(status(&client, "POST", "/nothing", &[("host", "localhost")]), 401);
    let authorization = basic("ada", "x");
    let all = [("host", "localhost"), ("authorization", &*authorization)];
    assert_eq!(status(&client, "POST", "/nothing", &all), 404);
}

/// Tokens that come back once an hour: whoever comes behind the burst is refused before anything
/// else is looked at, also when the request is refused anyway.
#[test]
fn requests_beyond_the_rate_limit_are_refused_first() {
    let rate_limit = Some(RateLimit { interval: Duration::from_hours(1), burst: 3 });
    let client = Client::with_web(WebConfig { rate_limit, ..users(&[("ada", "x")]) });
    let authorization = basic("ada", "x");
    let all = [("host", "localhost"), ("authorization", &*authorization)];
    assert_eq!(status(&client, "GET", "/-/healthy", &all), 200);
    assert_eq!(status(&client, "GET", "/-/healthy", &[("host", "evil.example")]), 421);
    assert_eq!(status(&client, "GET", "/-/healthy", &[("host", "localhost")]), 401);
    let long = format!("/nothing?{}", "x".repeat(client.app.options.uri_bytes_max));
    for (path, headers) in [("/-/healthy", &all[..]), (&long, &[("host", "evil.example")])] {
        let refused = run(client.send(request("GET", path, headers)));
        assert_eq!(refused.status(), 429);
        let seconds = refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap();
        assert!((3000..=3600).contains(&seconds), "{seconds}");
        assert!(run(text(refused)).contains("`rate_limit` of the web configuration"));
    }
}
