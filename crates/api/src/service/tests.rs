//! The prefix is taken off exactly.

use super::strip_prefix;
use axum::body::Body;
use http::Request;

fn strip(prefix: &str, uri: &str) -> Result<String, u16> {
    let request = Request::get(uri).body(Body::empty()).unwrap();
    match strip_prefix(prefix, request) {
        Ok(request) => Ok(request.uri().to_string()),
        Err(response) => Err(response.status().as_u16()),
    }
}

#[test]
fn prefix_is_taken_off() {
    assert_eq!(strip("", "/a?b"), Ok("/a?b".into()));
    assert_eq!(strip("/p", "/p/a?b=c"), Ok("/a?b=c".into()));
    assert_eq!(strip("/p", "/p/"), Ok("/".into()));
    assert_eq!(strip("/p", "http://host/p/a"), Ok("/a".into()));
    assert_eq!(strip("/p", "/p/p/a"), Ok("/p/a".into()));
}

#[test]
fn other_paths_lead_home_or_nowhere() {
    assert_eq!(strip("/p", "/"), Err(307));
    assert_eq!(strip("/p", "/p"), Err(307));
    assert_eq!(strip("/p", "/pa"), Err(404));
    assert_eq!(strip("/p", "/a"), Err(404));
    assert_eq!(strip("/p", "//p/a"), Err(404));
}
