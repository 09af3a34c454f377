use super::{Hop, Request};
use crate::{ErrorKind, auth};
use config::{HeaderValue as ConfigValue, HttpAuth, HttpHeader, Secret, SecretSource};
use http::header::{AUTHORIZATION, HeaderMap, LOCATION};
use http::{HeaderValue, StatusCode};
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
