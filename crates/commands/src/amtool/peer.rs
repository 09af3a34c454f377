//! The server that is asked: requests through `net`, answers read as JSON, refusals in its words.

use crate::ask;
use crate::cli::PeerArgs;
use crate::console::io_words;
use http::{HeaderValue, Method, StatusCode, header};
use net::{AddressPolicy, Client, ClientOptions, ErrorKind, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use sys::OsVfs;
use tokio::runtime::{Builder, Runtime};
use url::Url;

/// Where Flyball listens unless told otherwise.
const SERVER_DEFAULT: &str = "http://127.0.0.1:1788";

/// One request.
#[derive(Debug)]
pub(super) struct Call {
    method: Method,
    /// Parts of the path of the API.
    api: &'static [&'static str],
    /// Parts of the path below that.
    path: Vec<String>,
    params: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Call {
    pub(super) fn get(path: &[&str], params: Vec<(&'static str, String)>) -> Self {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        Self { method: Method::GET, api: &["api", "v2"], path, params, body: Vec::new() }
    }

    /// A question of Flyball's own API.
    pub(super) fn own(path: &[&str], params: Vec<(&'static str, String)>) -> Self {
        Self { api: &["api", "flyball", "v1"], ..Self::get(path, params) }
    }

    /// An order to Flyball's own API that needs no words.
    pub(super) fn own_post(path: &[&str]) -> Self {
        Self { method: Method::POST, ..Self::own(path, Vec::new()) }
    }

    pub(super) fn own_delete(path: &[&str]) -> Self {
        Self { method: Method::DELETE, ..Self::own(path, Vec::new()) }
    }

    pub(super) fn delete(path: &[&str]) -> Self {
        Self { method: Method::DELETE, ..Self::get(path, Vec::new()) }
    }

    pub(super) fn post(path: &[&str], body: &impl Serialize) -> Result<Self, String> {
        let body = serde_json::to_vec(body).map_err(|error| format!("cannot send: {error}"))?;
        Ok(Self { method: Method::POST, body, ..Self::get(path, Vec::new()) })
    }
}

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// There is no such thing.
    pub(super) not_found: bool,
    sentence: String,
}

/// A refusal of our own.
impl From<String> for Refusal {
    fn from(sentence: String) -> Self {
        Self { not_found: false, sentence }
    }
}

impl From<Refusal> for String {
    fn from(refusal: Refusal) -> Self {
        refusal.sentence
    }
}

impl From<Refusal> for super::Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.sentence)
    }
}

/// A server and how to talk to it.
#[derive(Clone)]
pub(super) struct Peer {
    base: Url,
    client: Arc<Client>,
    timeout: Duration,
}

impl Peer {
    pub(super) fn new(args: &PeerArgs) -> Result<Self, String> {
        let http = args.http_config_file.as_deref().map(ask::http_client).transpose();
        let http = http.map_err(|error| error.trim_start_matches("error: ").to_owned())?;
        let options =
            ClientOptions { policy: Arc::new(AddressPolicy::default()), vfs: Arc::new(OsVfs) };
        Ok(Self {
            base: base_url(args.url.as_deref().unwrap_or(SERVER_DEFAULT))?,
            client: Arc::new(Client::new(http.unwrap_or_default(), options)),
            timeout: args.timeout,
        })
    }

    /// Asks once and waits for the answer.
    pub(super) fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<T, Refusal> {
        runtime()?.block_on(self.read(call))
    }

    /// Sends a request whose answer says nothing.
    pub(super) fn tell(&self, call: Call) -> Result<(), Refusal> {
        runtime()?.block_on(self.send(call)).map(|_empty| ())
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, call: Call) -> Result<T, Refusal> {
        let what = format!("{} {}", call.method, self.url(&call));
        let body = self.send(call).await?;
        serde_json::from_slice(&body).map_err(|error| {
            format!("{what}: cannot read the answer: {error}; is this an Alertmanager?").into()
        })
    }

    async fn send(&self, call: Call) -> Result<Vec<u8>, Refusal> {
        let shown = format!("{} {}", call.method, self.url(&call));
        let mut request = Request::get(self.url(&call), self.timeout);
        if !call.params.is_empty() {
            request.url.query_pairs_mut().extend_pairs(&call.params);
        }
        if call.method == Method::POST {
            let json = HeaderValue::from_static("application/json");
            request.headers.insert(header::CONTENT_TYPE, json);
        }
        request.method = call.method;
        request.body = call.body.into();
        let mut body = Vec::new();
        let sent = self.client.send(request, &mut body).await;
        let exchange = sent.map_err(|error| describe(&error))?;
        if exchange.status == StatusCode::OK {
            return Ok(body);
        }
        let not_found = exchange.status == StatusCode::NOT_FOUND;
        let said = said(&body);
        let said = if said.is_empty() { said } else { format!(": {said}") };
        let status = exchange.status.as_u16();
        Err(Refusal {
            not_found,
            sentence: format!("{shown} is answered with status {status}{said}"),
        })
    }

    fn url(&self, call: &Call) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(call.api).extend(&call.path);
        }
        url
    }
}

pub(super) fn runtime() -> Result<Runtime, String> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("cannot ask: {}", io_words(&error)))
}

fn describe(error: &net::Error) -> String {
    let hint = match error.kind() {
        ErrorKind::Connect => "; is a server listening there?",
        ErrorKind::Tls | ErrorKind::Protocol => "; does that port speak http, or https?",
        _ => "",
    };
    format!("{}{hint}", error.describe())
}

/// What a refusal says: a JSON text, an object with `message` or `error`, or plain text.
fn said(body: &[u8]) -> String {
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(serde_json::Value::Object(fields)) => {
            let text = fields.get("message").or_else(|| fields.get("error"));
            text.and_then(|text| text.as_str()).unwrap_or_default().to_owned()
        }
        _ => String::from_utf8_lossy(body).trim().to_owned(),
    }
}

/// A URL without scheme is HTTP; `host:port` alone works too.
fn base_url(text: &str) -> Result<Url, String> {
    let wrong = |why: &str| format!("server `{text}` {why}, expected a URL like {SERVER_DEFAULT}");
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let mut url = Url::parse(&full).map_err(|error| wrong(&format!("is no URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("has neither scheme http nor https"));
    }
    // People copy the address of the page or of an endpoint.
    let path = url.path().trim_end_matches('/');
    let base = path.find("/api/v2").map_or(path, |at| &path[..at]).to_owned();
    url.set_path(&base);
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests;
