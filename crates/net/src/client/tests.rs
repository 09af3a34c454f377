use super::{Client, ClientOptions, Hop, Request};
use crate::{AddressPolicy, ErrorKind, auth};
use config::{
    HeaderValue as ConfigValue, HttpAuth, HttpClientConfig, HttpHeader, ProxyConfig, Secret,
    SecretSource,
};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, LOCATION};
use http::{HeaderValue, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use sys::OsVfs;
use url::Url;

/// A hop to a URL with credentials and with a secret and an open header.
fn hop(url: &str) -> Hop {
    let secret = |text: &str| SecretSource::Inline(Secret::new(text));
    let credentials = Some(secret("key"));
    let bearer = HttpAuth::Authorization { kind: "Bearer".into(), credentials };
    let header = |name: &str, value| HttpHeader { name: name.into(), values: vec![value] };
    let configured = [
        header("x-key", ConfigValue::Secret(secret("key"))),
        header("x-tenant", ConfigValue::Plain("blue".into())),
    ];
    let mut own = HeaderMap::new();
    auth::apply(&OsVfs, &bearer, &configured, &mut own).unwrap();
    let request = Request::get(Url::parse(url).unwrap(), Duration::from_secs(1));
    Hop::new(request, &own).unwrap()
}

fn redirected(from: &Hop, location: &str) -> Result<Hop, ErrorKind> {
    let location = HeaderValue::from_str(location).unwrap();
    let answer = HeaderMap::from_iter([(LOCATION, location)]);
    let next = from.redirect(StatusCode::FOUND, &answer).map_err(|error| error.kind())?;
    Ok(next.unwrap())
}

/// Names of the secrets that a redirect takes along.
fn taken_along(from: &Hop, location: &str) -> Vec<&'static str> {
    let next = redirected(from, location).unwrap();
    assert!(next.headers.contains_key("x-tenant"), "what is no secret goes everywhere");
    ["authorization", "x-key"].into_iter().filter(|name| next.headers.contains_key(*name)).collect()
}

#[test]
fn secrets_follow_a_redirect_only_to_the_same_scheme_host_and_port() {
    let from = hop("https://metrics.example:8443/a");
    for location in ["/b", "https://metrics.example:8443/b"] {
        assert_eq!(taken_along(&from, location), ["authorization", "x-key"], "{location}");
    }
    for location in [
        "http://metrics.example:8443/b",
        "https://metrics.example/b",
        "https://other.example:8443/b",
        "https://sub.metrics.example:8443/b",
        "//other.example:8443/b",
    ] {
        assert_eq!(taken_along(&from, location), [""; 0], "{location}");
    }
    let named = Request::get("http://user:key@a.example/".parse().unwrap(), Duration::ZERO);
    let named = Hop::new(named, &HeaderMap::new()).unwrap();
    assert!(named.headers.contains_key(AUTHORIZATION));
    let next = redirected(&named, "http://b.example/").unwrap();
    assert!(!next.headers.contains_key(AUTHORIZATION), "those of the URL neither");
}

#[test]
fn a_redirect_leads_to_http_and_https_only() {
    let from = hop("http://a.example/");
    for location in ["ftp://a.example/", "file:///etc/passwd", "gopher://a.example/", "data:,x"] {
        assert_eq!(redirected(&from, location).err(), Some(ErrorKind::Redirect), "{location}");
    }
    assert_eq!(redirected(&from, "http://[").err(), Some(ErrorKind::Redirect));
    assert_eq!(redirected(&from, "https://a.example/").unwrap().url.scheme(), "https");
}

#[test]
fn a_redirect_repeats_the_request_or_asks_anew() {
    let from = |method: http::Method| {
        let mut from = hop("http://a.example/");
        (from.method, from.body) = (method, "body".into());
        from.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        from
    };
    let after = |from: &Hop, status: StatusCode| {
        let answer = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static("/next"))]);
        let next = from.redirect(status, &answer).unwrap().unwrap();
        let has_type = next.headers.contains_key(CONTENT_TYPE);
        format!("{} {:?} {has_type}", next.method, next.body)
    };
    let post = from(http::Method::POST);
    for status in [StatusCode::MOVED_PERMANENTLY, StatusCode::FOUND, StatusCode::SEE_OTHER] {
        assert_eq!(after(&post, status), r#"GET b"" false"#, "{status}");
        assert!(after(&from(http::Method::HEAD), status).starts_with("HEAD"), "{status}");
    }
    for status in [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT] {
        assert_eq!(after(&post, status), r#"POST b"body" true"#, "{status}");
    }
}

#[test]
fn credentials_of_a_redirect_leave_its_url() {
    let named = Request::get("http://a.example/".parse().unwrap(), Duration::ZERO);
    let from = Hop::new(named, &HeaderMap::new()).unwrap();
    let next = redirected(&from, "http://user:key@b.example/").unwrap();
    assert_eq!(next.url.as_str(), "http://b.example/");
    assert_eq!(next.headers[AUTHORIZATION], "Basic dXNlcjprZXk=");
}

#[test]
fn credentials_of_a_url_are_for_who_has_no_others() {
    let configured = hop("http://user:key@a.example/");
    assert_eq!(configured.headers[AUTHORIZATION], "Bearer key");
    assert_eq!(configured.url.as_str(), "http://a.example/", "they leave it in any case");
    for (url, text) in
        [("http://user@a.example/", "Basic dXNlcjo="), ("http://:key@a.example/", "Basic OmtleQ==")]
    {
        let request = Request::get(url.parse().unwrap(), Duration::ZERO);
        let hop = Hop::new(request, &HeaderMap::new()).unwrap();
        assert_eq!(hop.headers[AUTHORIZATION], text, "{url}");
    }
}

#[test]
fn the_last_of_several_configured_headers_counts() {
    let header = |text: &str| HttpHeader {
        name: "x-tenant".into(),
        values: vec![ConfigValue::Plain(text.into())],
    };
    let mut headers = HeaderMap::new();
    auth::apply(&OsVfs, &HttpAuth::None, &[header("one"), header("two")], &mut headers).unwrap();
    let values: Vec<_> = headers.get_all("x-tenant").iter().collect();
    assert_eq!(values, ["two"]);
}

/// A tunnel has had them already, and who is behind it must not get them.
#[tokio::test]
async fn credentials_of_a_proxy_go_with_plain_requests_only() {
    let url = Some(Secret::new("http://user:key@proxy:3128"));
    let proxy = ProxyConfig { url, ..ProxyConfig::default() };
    let config = HttpClientConfig { proxy, ..HttpClientConfig::default() };
    let options =
        ClientOptions { policy: Arc::new(AddressPolicy::default()), vfs: Arc::new(OsVfs) };
    let (pool, _) = Client::new(config, options).prepare().await.unwrap();
    let value = hop("http://a.example/").proxy_authorization(&pool).unwrap();
    assert_eq!(value, "Basic dXNlcjprZXk=");
    assert!(value.is_sensitive());
    assert_eq!(hop("https://a.example/").proxy_authorization(&pool), None);
}
