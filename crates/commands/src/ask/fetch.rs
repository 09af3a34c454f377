//! The request: a POST form, and a GET where a server does not know POST; as promtool's client.

use super::Refusal;
use super::answer::Shape;
use crate::console::io_words;
use crate::files;
use config::HttpClientConfig;
use net::{AddressPolicy, Client, ClientOptions, ErrorKind, Request};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sys::OsVfs;
use url::Url;

/// Longest wait for an answer; promtool's.
const TIMEOUT: Duration = Duration::from_mins(2);

/// What is asked.
#[derive(Debug)]
pub(super) struct Question {
    /// Parts of the path below the server's URL.
    path: Vec<String>,
    params: Vec<(&'static str, String)>,
    method: Verb,
    pub(super) shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Get,
    Post,
}

impl Question {
    fn new(path: &str, params: Vec<(&'static str, String)>, method: Verb, shape: Shape) -> Self {
        let path = path.trim_matches('/').split('/').map(str::to_owned).collect();
        Self { path, params, method, shape }
    }

    pub(super) fn value(path: &str, params: Vec<(&'static str, String)>) -> Self {
        Self::new(path, params, Verb::Post, Shape::Value)
    }

    pub(super) fn explanation(path: &str, params: Vec<(&'static str, String)>) -> Self {
        Self::new(path, params, Verb::Post, Shape::Explanation)
    }

    pub(super) fn series(path: &str, params: Vec<(&'static str, String)>) -> Self {
        Self::new(path, params, Verb::Post, Shape::Series)
    }

    pub(super) fn labels(name: &str, params: Vec<(&'static str, String)>) -> Self {
        let mut question = Self::new("/api/v1/label", params, Verb::Get, Shape::Names);
        question.path.push(name.to_owned());
        question.path.push("values".to_owned());
        question
    }

    fn form(&self) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(&self.params);
        form.finish()
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) url: String,
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// A server and how to talk to it.
pub(super) struct Asker {
    server: Url,
    client: Client,
    headers: http::HeaderMap,
}

impl Asker {
    pub(super) fn new(
        server: &str,
        http_config: Option<&Path>,
        headers: &[String],
    ) -> Result<Self, Refusal> {
        let http = http_config.map(http_client).transpose()?.unwrap_or_default();
        let options =
            ClientOptions { policy: Arc::new(AddressPolicy::default()), vfs: Arc::new(OsVfs) };
        Ok(Self {
            server: server_url(server)?,
            client: Client::new(http, options),
            headers: header_map(headers)?,
        })
    }

    pub(super) fn ask(&self, question: &Question) -> Result<Reply, Refusal> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("cannot ask: {}", io_words(&error)))?;
        runtime.block_on(async {
            let reply = self.send(question, question.method).await?;
            // client_golang asks again with GET when POST is not known there.
            let is_unknown = matches!(reply.status, 405 | 501);
            if is_unknown && question.method == Verb::Post {
                return self.send(question, Verb::Get).await;
            }
            Ok(reply)
        })
    }

    async fn send(&self, question: &Question, method: Verb) -> Result<Reply, Refusal> {
        let mut url = self.server.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(&question.path);
        }
        let shown = url.to_string();
        let mut request = Request::get(url, TIMEOUT);
        request.headers = self.headers.clone();
        match method {
            Verb::Get => request.url.set_query(Some(&question.form())),
            Verb::Post => {
                request.method = http::Method::POST;
                request.body = question.form().into();
                let form = http::HeaderValue::from_static("application/x-www-form-urlencoded");
                request.headers.insert(http::header::CONTENT_TYPE, form);
            }
        }
        let mut body = Vec::new();
        match self.client.send(request, &mut body).await {
            Ok(exchange) => Ok(Reply { url: shown, status: exchange.status.as_u16(), body }),
            Err(error) => Err(refusal(&error)),
        }
    }
}

/// The error with a hint where the cause is nearly always the same.
fn refusal(error: &net::Error) -> Refusal {
    let text = error.describe();
    let hint = match error.kind() {
        ErrorKind::Connect => "; is a server listening there?",
        ErrorKind::Tls => {
            "; does that port speak plain http? Certificates are set with --http.config.file"
        }
        ErrorKind::Protocol => "; does that port speak plain HTTP, or https only?",
        _ => "",
    };
    format!("query error: {text}{hint}")
}

/// A URL without scheme is HTTP, as for promtool; `host:port` alone works too.
pub(crate) fn server_url(text: &str) -> Result<Url, Refusal> {
    let wrong = |why: &str| {
        format!("error: server `{text}` {why}, expected a URL like {}", super::SERVER_DEFAULT)
    };
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let mut url = Url::parse(&full).map_err(|error| wrong(&format!("is no URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("has neither scheme http nor https"));
    }
    // People copy the address of the page or of an endpoint.
    let path = url.path().trim_end_matches('/');
    let base = path.find("/api/v1").map_or(path, |at| &path[..at]).to_owned();
    url.set_path(&base);
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

pub(crate) fn http_client(path: &Path) -> Result<HttpClientConfig, Refusal> {
    let name = path.display().to_string();
    let text = files::read_text(path).map_err(|error| format!("error: {error}"))?;
    let loaded = config::load_http_client(&name, &text);
    loaded.map(|loaded| loaded.config).map_err(|error| format!("error: {error}"))
}

fn header_map(headers: &[String]) -> Result<http::HeaderMap, Refusal> {
    let mut map = http::HeaderMap::new();
    for text in headers {
        let parsed = text.split_once(['=', ':']).and_then(|(name, value)| {
            let name = name.trim().parse::<http::HeaderName>().ok()?;
            Some((name, value.trim().parse::<http::HeaderValue>().ok()?))
        });
        let Some((name, value)) = parsed else {
            return Err(format!("error: --header={text}: expected NAME=VALUE"));
        };
        map.append(name, value);
    }
    Ok(map)
}

#[cfg(test)]
mod tests;
