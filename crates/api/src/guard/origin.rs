//! Refuses requests that a foreign web page makes a browser send (cross-site request forgery).
//! Only methods that may change something are checked. Browsers say where a request comes from
//! (`Sec-Fetch-Site`, else `Origin`); programs say neither and pass.

use super::host::requested_host;
use crate::app::Front;
use crate::reply::{ApiError, ErrorType};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, Request, header};
use url::Url;

pub(super) fn check(front: &Front, request: &mut Request<Body>) -> Result<(), Box<Response>> {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
        return Ok(());
    }
    let host = requested_host(request).unwrap_or_default();
    let Some(found) = foreign(request.headers(), host, front.options.external_url.as_ref()) else {
        return Ok(());
    };
    let message = format!("cross-origin request refused: {found}, expected the origin of {host}");
    Err(Box::new(ApiError::new(ErrorType::Forbidden, message).into_response()))
}

/// What shows that the request comes from another site, if anything does.
fn foreign(headers: &HeaderMap, host: &str, external_url: Option<&Url>) -> Option<String> {
    if let Some(site) = headers.get("sec-fetch-site") {
        // The browser itself writes this header; scripts cannot.
        let same = site == "same-origin" || site == "none";
        return (!same).then(|| format!("Sec-Fetch-Site is {}", printable(site)));
    }
    let origin = headers.get(header::ORIGIN)?;
    let parsed = origin.to_str().ok().and_then(|text| Url::parse(text).ok());
    let same = parsed.as_ref().is_some_and(|origin| {
        same_authority(origin, host) || external_url.is_some_and(|u| u.origin() == origin.origin())
    });
    (!same).then(|| format!("Origin is {}", printable(origin)))
}

/// Does an origin have the host and port that the request was sent to? The scheme is left out: a
/// proxy may have taken TLS away.
fn same_authority(origin: &Url, host: &str) -> bool {
    let Ok(requested) = Url::parse(&format!("{}://{host}", origin.scheme())) else { return false };
    matches!(origin.scheme(), "http" | "https") && requested.origin() == origin.origin()
}

fn printable(value: &http::HeaderValue) -> String {
    model::quote(&String::from_utf8_lossy(value.as_bytes())).to_string()
}
