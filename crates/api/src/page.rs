//! The page at `/`, its assets, and the paths that users of Prometheus have in their fingers.
//! Files come from a [`PageSource`]; this module knows caching, the security policy and 404.

use crate::reply::{ApiError, ErrorType, text};
use crate::routes::Route;
use crate::{App, Permission};
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};

/// A file of the page.
#[derive(Clone, Debug)]
pub struct PageAsset {
    /// Content.
    pub bytes: &'static [u8],
    /// Media type.
    pub content_type: &'static str,
    /// Strong validator without quotes; changes with the content.
    pub etag: String,
}

/// Finds a file of the page by its path without leading slash; `index.html` is the page itself.
pub type PageSource = fn(&str) -> Option<PageAsset>;

/// The page runs its own files only and talks to its own origin only. Styles set by scripts on
/// elements are no inline styles for this policy.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub(crate) fn routes() -> Vec<Route> {
    let read = |path, methods| Route::new(path, Permission::ReadMetrics, methods).always();
    vec![
        read("/", get(home)),
        read("/graph", get(graph)),
        read("/query", get(query)),
        read("/targets", get(targets)),
        read("/alerts", get(alerts)),
        read("/rules", get(rules)),
    ]
}

/// The page.
#[utoipa::path(get, path = "/", tag = "page",
    responses((status = 200, description = "The page", content_type = "text/html")))]
pub(crate) async fn home(State(app): State<App>, headers: HeaderMap) -> Response {
    match (app.state.page)("index.html") {
        Some(asset) => file(&asset, &headers),
        None => not_found("/"),
    }
}

/// Prometheus' old graph page: leads to the page with the same expressions.
#[utoipa::path(get, path = "/graph", tag = "page",
    responses((status = 307, description = "To the page, with its expressions")))]
pub(crate) async fn graph(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    lead(&app, query, "query")
}

/// Prometheus' query page: leads to the page with the same expressions.
#[utoipa::path(get, path = "/query", tag = "page",
    responses((status = 307, description = "To the page, with its expressions")))]
pub(crate) async fn query(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    lead(&app, query, "query")
}

/// Prometheus' target page.
#[utoipa::path(get, path = "/targets", tag = "page",
    responses((status = 307, description = "To the page, showing targets")))]
pub(crate) async fn targets(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    lead(&app, query, "targets")
}

/// Prometheus' alert page.
#[utoipa::path(get, path = "/alerts", tag = "page",
    responses((status = 307, description = "To the page, showing alerts")))]
pub(crate) async fn alerts(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    lead(&app, query, "alerts")
}

/// Prometheus' rule page.
#[utoipa::path(get, path = "/rules", tag = "page",
    responses((status = 307, description = "To the page, showing rules")))]
pub(crate) async fn rules(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    lead(&app, query, "rules")
}

/// Keeps the parameters (`g0.expr` and friends) and names the part of the page in the fragment.
fn lead(app: &App, query: Option<String>, part: &str) -> Response {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Redirect::temporary(&format!("{}/{query}#{part}", app.prefix)).into_response()
}

/// Everything outside the table: a file of the page, or 404.
pub(crate) async fn asset_or_404(State(app): State<App>, request: Request<Body>) -> Response {
    let path = request.uri().path();
    if [Method::GET, Method::HEAD].contains(request.method())
        && let Some(asset) = (app.state.page)(path.trim_start_matches('/'))
    {
        return file(&asset, request.headers());
    }
    not_found(path)
}

fn not_found(path: &str) -> Response {
    if path == "/api" || path.starts_with("/api/") {
        let message = format!("there is no {path}; /api/openapi.json lists what is there");
        return ApiError::new(ErrorType::NotFound, message).into_response();
    }
    text(StatusCode::NOT_FOUND, "404 page not found\n")
}

fn file(asset: &PageAsset, request: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", asset.etag);
    let validator = HeaderValue::from_str(&etag).ok();
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh = known.is_some_and(|known| known.split(',').any(|tag| tag.trim() == etag));
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, asset.content_type)], asset.bytes).into_response()
    };
    let headers = response.headers_mut();
    // Revalidated each time: a new binary shows its new page at once.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    headers.extend(validator.map(|validator| (header::ETAG, validator)));
    response
}
