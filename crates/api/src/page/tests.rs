//! What browsers get: the page at every view, its files in the form they take, and for how long.

use super::VIEWS;
use crate::test_client::{Client, run, text};
use crate::testing::rooms::Page;
use crate::testing::{Rooms, state};
use crate::{AppState, ServerOptions};
use axum::body::Body;
use axum::response::Response;
use config::WebConfig;
use http::Request;
use std::sync::Arc;

/// A server whose page has one path only.
fn small() -> Client {
    let rooms = Arc::new(Rooms::default());
    let page = Arc::new(Page { is_application: false });
    let state = AppState { page, ..state(&rooms) };
    let options = ServerOptions { route_prefix: Some("/fly".into()), ..ServerOptions::default() };
    Client::build(options, state, rooms, WebConfig::default(), Vec::new())
}

fn ask(client: &Client, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = Request::builder().uri(path).header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    run(client.send(request.body(Body::empty()).unwrap()))
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// The path of a view with something in the place of its parameters.
fn visited(view: &str) -> String {
    view.replace("{id}", "a%20b").replace("{name}", "node.exporter")
}

#[test]
fn every_view_is_the_page() {
    let client = Client::new();
    for (view, _) in VIEWS.iter().chain(&[("/", "")]) {
        let shown = run(client.show(&format!("GET {}?from=now-6h", visited(view))));
        assert!(shown.starts_with("200 <!doctype html><base href=\"/\">"), "{view}: {shown}");
    }
    for absent in ["/explorer", "/d", "/d/a/b/c", "/alerts/", "/assets", "/assets/app-2.js"] {
        assert_eq!(ask(&client, absent, &[]).status(), 404, "{absent}");
    }
    assert_eq!(run(client.ask("POST /alerts")).status(), 405);
    assert_eq!(run(client.ask("POST /page.js")).status(), 404);
}

#[test]
fn the_base_is_the_prefix_and_so_is_the_validator() {
    let prefix = |prefix: &str| {
        let route_prefix = Some(prefix.to_owned());
        Client::with(ServerOptions { route_prefix, ..ServerOptions::default() })
    };
    let client = prefix("/a&b/\"c");
    let response = ask(&client, "/a&b/\"c/alerts", &[]);
    assert!(run(text(response)).contains("<base href=\"/a&amp;b/&quot;c/\">"));
    let tag = |client: &Client, path| header(&ask(client, path, &[]), "etag").to_owned();
    assert_ne!(tag(&prefix("/x"), "/x/"), tag(&prefix("/y"), "/y/"));
    assert_eq!(tag(&prefix("/x"), "/x/"), tag(&prefix("/x"), "/x/targets"));
}

#[test]
fn a_page_of_one_path_is_asked_for_the_part_that_comes_nearest() {
    let client = small();
    let lead = |path: &str| {
        let response = ask(&client, path, &[]);
        assert_eq!(response.status(), 307, "{path}");
        header(&response, "location").to_owned()
    };
    assert_eq!(lead("/fly/graph?g0.expr=up"), "/fly/?g0.expr=up#query");
    assert_eq!(lead("/fly/targets"), "/fly/#targets");
    assert_eq!(lead("/fly/silences/new"), "/fly/#alerts");
    assert_eq!(lead("/fly/d/uid/slug?from=now-6h"), "/fly/?from=now-6h#host");
    assert_eq!(ask(&client, "/fly/", &[]).status(), 200);
}

#[test]
fn files_come_in_the_smallest_form_that_the_browser_takes() {
    let client = Client::new();
    let form = |path: &str, accepted: &str| {
        let response = ask(&client, path, &[("accept-encoding", accepted)]);
        assert_eq!(header(&response, "vary"), "Accept-Encoding");
        let (coding, etag) = (header(&response, "content-encoding"), header(&response, "etag"));
        let known = format!("{coding} {etag}");
        format!("{known} {}", run(text(response)))
    };
    assert_eq!(form("/assets/app-1.js", "gzip, deflate, br"), "br \"v6-br\" let a;br");
    assert_eq!(form("/assets/app-1.js", "gzip, br;q=0"), "gzip \"v6-gzip\" let a;gz");
    assert_eq!(form("/assets/app-1.js", "identity"), " \"v6\" let a;");
    assert_eq!(form("/page.js", "gzip, br"), " \"v10\" export {};");
}

#[test]
fn what_is_named_after_its_content_is_never_asked_for_again() {
    let client = Client::new();
    let caching = |path| header(&ask(&client, path, &[]), "cache-control").to_owned();
    assert_eq!(caching("/assets/app-1.js"), "max-age=31536000, immutable");
    assert_eq!(caching("/page.js"), "no-cache");
    assert_eq!(caching("/explore"), "no-cache");
    let again = |path, tag| ask(&client, path, &[("if-none-match", tag)]);
    assert_eq!(again("/page.js", "\"v10\"").status(), 304);
    assert_eq!(again("/page.js", "\"v9\", \"v10\"").status(), 304);
    assert_eq!(again("/page.js", "\"v9\"").status(), 200);
    let tag = header(&ask(&client, "/rules", &[]), "etag").to_owned();
    assert_eq!(again("/rules", tag.as_str()).status(), 304);
}

#[test]
fn the_policy_allows_the_own_origin_alone() {
    let response = ask(&Client::new(), "/explore", &[]);
    let policy = header(&response, "content-security-policy").to_owned();
    for directive in ["default-src 'none'", "script-src 'self'", "style-src 'self'"] {
        assert!(policy.contains(directive), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
}
