//! Sends requests through the whole service without a socket.

use crate::app::{App, AppInner};
use crate::routes::{Mount, router};
use crate::testing::{Rooms, state};
use crate::web::WebWatch;
use crate::{AppState, ServerOptions, service};
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use config::WebConfig;
use http::Request;
use http_body_util::BodyExt;
use std::sync::Arc;

/// A server in memory.
pub(crate) struct Client {
    pub(crate) app: App,
    pub(crate) rooms: Arc<Rooms>,
    router: Router,
}

impl Client {
    /// Default options over the sample series.
    pub(crate) fn new() -> Self {
        Self::with(ServerOptions::default())
    }

    pub(crate) fn with(options: ServerOptions) -> Self {
        let rooms = Arc::new(Rooms::default());
        let state = state(&rooms);
        Self::build(options, state, rooms, WebConfig::default(), Vec::new())
    }

    pub(crate) fn with_web(settings: WebConfig) -> Self {
        let rooms = Arc::new(Rooms::default());
        let state = state(&rooms);
        Self::build(ServerOptions::default(), state, rooms, settings, Vec::new())
    }

    pub(crate) fn build(
        options: ServerOptions,
        state: AppState,
        rooms: Arc<Rooms>,
        settings: WebConfig,
        mounts: Vec<Mount>,
    ) -> Self {
        let web = WebWatch::fixed(settings).unwrap();
        let addresses = ["127.0.0.1:1788".parse().unwrap()];
        let app = AppInner::build(Arc::new(options), Arc::new(web), state, &mounts, &addresses);
        let router = router(&app, mounts);
        Self { app, rooms, router }
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response {
        service::answer(Arc::clone(&self.app.front), self.router.clone(), request).await
    }

    /// Sends `METHOD path` or `METHOD path body` (a form) with a Host header that is accepted.
    pub(crate) async fn ask(&self, line: &str) -> Response {
        let mut words = line.splitn(3, ' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if method != "GET" {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let body = words.next().unwrap_or_default().to_owned();
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Status and body of an answer as text.
    pub(crate) async fn show(&self, line: &str) -> String {
        let response = self.ask(line).await;
        let status = response.status().as_u16();
        format!("{status} {}", text(response).await)
    }
}

/// Breaks a long text behind commas and spaces, for golden texts that people can read.
pub(crate) fn wrapped(text: &str) -> String {
    const WIDTH: usize = 76;
    let mut out = String::new();
    let mut rest = text;
    while rest.len() > WIDTH && !rest[..rest.len().min(WIDTH)].contains('\n') {
        let Some(at) = rest[..WIDTH].rfind([',', ' ']) else { break };
        out.push_str(rest[..=at].trim_end());
        out.push('\n');
        rest = &rest[at + 1..];
    }
    out + rest
}

/// The whole body.
pub(crate) async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs a future on a small runtime.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
