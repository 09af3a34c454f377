//! The page at `/`, its views and assets, and the paths that users of Prometheus have in their
//! fingers. Files come from [`PageFiles`]; this module knows caching, the security policy and 404.

use crate::reply::{ApiError, ErrorType, text};
use crate::routes::Route;
use crate::{App, Permission, alertmanager, gzip};
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};

/// A file of the page.
#[derive(Clone, Debug, Default)]
pub struct PageAsset {
    /// Content.
    pub bytes: Bytes,
    /// The same, compressed by gzip.
    pub gzip: Option<Bytes>,
    /// The same, compressed by brotli.
    pub brotli: Option<Bytes>,
    /// Media type.
    pub content_type: &'static str,
    /// Strong validator without quotes; changes with the content.
    pub etag: String,
    /// Does its name change with its content, so that it never needs to be asked for again?
    pub is_immutable: bool,
}

/// Where the files of the page are.
pub trait PageFiles: Send + Sync {
    /// Finds a file by its path without leading slash; `index.html` is the page itself.
    fn find(&self, path: &str) -> Option<PageAsset>;

    /// Does the page show each view at a path of its own? Otherwise it has the path `/` alone and
    /// shows its parts by fragment.
    fn is_application(&self) -> bool;
}

/// The page runs its own files only and talks to its own origin only. Styles set by scripts on
/// elements are no inline styles for this policy. `<base>` names the prefix of the routes.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// Nothing asks again for what can never change.
const FOREVER: &str = "max-age=31536000, immutable";

/// The element of `index.html` that becomes the prefix of the routes.
const BASE: &str = "<base href=\"/\"";

/// Views of the page, in axum's notation, each with the fragment that shows it on a page of one
/// path.
pub(crate) const VIEWS: &[(&str, &str)] = &[
    ("/graph", "query"),
    ("/query", "query"),
    ("/explore", "query"),
    ("/dashboards", "host"),
    ("/dashboards/{id}", "host"),
    ("/d/{id}", "host"),
    ("/d/{id}/{name}", "host"),
    ("/alerts", "alerts"),
    ("/silences", "alerts"),
    ("/silences/{id}", "alerts"),
    ("/silences/{id}/edit", "alerts"),
    ("/routes", "alerts"),
    ("/receivers", "alerts"),
    ("/rules", "rules"),
    ("/targets", "targets"),
    ("/discovery", "targets"),
    ("/cardinality", "status"),
    ("/queries", "status"),
    ("/storage", "status"),
    ("/limits", "status"),
    ("/profile", "status"),
    ("/config", "status"),
    ("/flags", "status"),
    ("/status", "status"),
];

/// Mounts that answer programs with data, and a browser that goes there with the page.
const SHARED: &[&str] = &["/health"];

/// Answers with the page where a browser goes to an address that it shares with data.
pub(crate) async fn instead_of_data(
    State((app, path)): State<(App, &'static str)>,
    request: Request<Body>,
    next: Next,
) -> Response {
    if !SHARED.contains(&path) {
        return next.run(request).await;
    }
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let is_page = request.method() == Method::GET
        && accepts.is_some_and(|accepts| accepts.contains("text/html"))
        && app.state.page.is_application();
    let mut response =
        if is_page { index(&app, request.headers()) } else { next.run(request).await };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    response
}

pub(crate) fn routes() -> Vec<Route> {
    let read = |path, methods| Route::new(path, Permission::ReadMetrics, methods).always();
    let views = VIEWS.iter().map(|(path, _)| read(path, get(view)));
    std::iter::once(read("/", get(home))).chain(views).collect()
}

/// The page.
#[utoipa::path(get, path = "/", tag = "page",
    responses((status = 200, description = "The page", content_type = "text/html")))]
pub(crate) async fn home(State(app): State<App>, headers: HeaderMap) -> Response {
    index(&app, &headers)
}

/// A view of the page. A page of one path is asked for the part that comes nearest, with the
/// parameters of the address (`g0.expr` and friends).
async fn view(
    State(app): State<App>,
    uri: Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if app.state.page.is_application() {
        return index(&app, &headers);
    }
    let first = |path: &str| path.split('/').nth(1).map(str::to_owned);
    let asked = first(uri.path());
    let part = VIEWS.iter().find(|(path, _)| first(path) == asked).map_or("host", |(_, part)| part);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Redirect::temporary(&format!("{}/{query}#{part}", app.prefix)).into_response()
}

fn index(app: &App, headers: &HeaderMap) -> Response {
    let Some(mut asset) = app.state.page.find("index.html") else { return not_found("/") };
    if !app.prefix.is_empty() {
        let html = String::from_utf8_lossy(&asset.bytes);
        let base = format!("<base href=\"{}/\"", attribute(&app.prefix));
        asset.bytes = html.replacen(BASE, &base, 1).into_bytes().into();
        (asset.gzip, asset.brotli) = (None, None);
        asset.etag.push_str(&app.prefix);
    }
    file(asset, headers)
}

/// Text as the value of an attribute between double quotes.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// Everything outside the table: a file of the page, or 404.
pub(crate) async fn asset_or_404(State(app): State<App>, request: Request<Body>) -> Response {
    let path = request.uri().path();
    if [Method::GET, Method::HEAD].contains(request.method())
        && let Some(asset) = app.state.page.find(path.trim_start_matches('/'))
    {
        return file(asset, request.headers());
    }
    not_found(path)
}

fn not_found(path: &str) -> Response {
    if path == "/api/v2" || path.starts_with("/api/v2/") {
        return alertmanager::not_found(path);
    }
    if path == "/api" || path.starts_with("/api/") {
        let message = format!("there is no {path}; /api/openapi.json lists what is there");
        return ApiError::new(ErrorType::NotFound, message).into_response();
    }
    text(StatusCode::NOT_FOUND, "404 page not found\n")
}

/// A form of a file: its bytes, how they are encoded, its own validator (RFC 9110, 8.8.3: strong
/// validators tell encodings apart).
struct Form {
    bytes: Bytes,
    encoding: Option<&'static str>,
    etag: String,
}

impl Form {
    /// The smallest form that the client takes.
    fn choose(asset: PageAsset, request: &HeaderMap) -> Self {
        let PageAsset { bytes, gzip, brotli, etag, .. } = asset;
        let taken = |coding, bytes: Option<Bytes>| bytes.filter(|_| gzip::accepts(request, coding));
        let encoded = taken("br", brotli).map(|bytes| (bytes, "br"));
        let encoded = encoded.or_else(|| taken("gzip", gzip).map(|bytes| (bytes, "gzip")));
        match encoded {
            Some((bytes, coding)) => {
                Self { bytes, encoding: Some(coding), etag: format!("\"{etag}-{coding}\"") }
            }
            None => Self { bytes, encoding: None, etag: format!("\"{etag}\"") },
        }
    }
}

fn file(asset: PageAsset, request: &HeaderMap) -> Response {
    let (content_type, is_immutable) = (asset.content_type, asset.is_immutable);
    let Form { bytes, encoding, etag } = Form::choose(asset, request);
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh = known.is_some_and(|known| known.split(',').any(|tag| tag.trim() == etag));
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type)], bytes).into_response()
    };
    let headers = response.headers_mut();
    if let Some(encoding) = encoding.filter(|_| !fresh) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    // Others are revalidated each time: a new binary shows its new page at once.
    let caching = if is_immutable { FOREVER } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    headers.extend(HeaderValue::from_str(&etag).ok().map(|etag| (header::ETAG, etag)));
    response
}

#[cfg(test)]
mod tests;
