//! How messages leave: requests through the guarded client, secrets read at the last moment, one
//! deadline for all requests of a delivery.

use crate::DeliveryError;
use bytes::Bytes;
use config::{HttpClientConfig, Secret, SecretSource};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use net::{AddressPolicy, BodyLimits, Client, ClientOptions, Request, UrlSecrecy};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use sys::Vfs;
use tokio::time::Instant;
use url::Url;

/// Longest file with a secret: 16 KiB.
const SECRET_BYTES_MAX: u64 = 16 << 10;
/// As much of a receiver's answer as is read: 1 MiB.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// Until when a delivery may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(timeout: Duration) -> Self {
        Self(Instant::now() + timeout)
    }

    /// The earlier of this one and a receiver's own timeout.
    pub(crate) fn within(self, own: Option<Duration>) -> Self {
        own.map_or(self, |own| Self(self.0.min(Instant::now() + own)))
    }

    /// Time that is left.
    pub(crate) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// Sends the messages of one receiver.
pub(crate) struct Poster {
    client: Client,
    vfs: Arc<dyn Vfs>,
}

/// A receiver's answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Poster {
    pub(crate) fn new(
        http: &HttpClientConfig,
        policy: &Arc<AddressPolicy>,
        vfs: &Arc<dyn Vfs>,
    ) -> Self {
        let options = ClientOptions { policy: Arc::clone(policy), vfs: Arc::clone(vfs) };
        Self { client: Client::new(http.clone(), options), vfs: Arc::clone(vfs) }
    }

    /// Sends JSON and judges the status of the answer.
    pub(crate) async fn post_json<T: Serialize + ?Sized>(
        &self,
        url: Url,
        message: &T,
        deadline: Deadline,
    ) -> Result<Answer, DeliveryError> {
        let headers = HeaderMap::new();
        self.send_json(Method::POST, url, headers, message, deadline).await?.success(&[])
    }

    /// Sends JSON with further headers; any answer is good.
    pub(crate) async fn send_json<T: Serialize + ?Sized>(
        &self,
        method: Method,
        url: Url,
        mut headers: HeaderMap,
        message: &T,
        deadline: Deadline,
    ) -> Result<Answer, DeliveryError> {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.send(method, url, headers, json(message)?.into(), deadline).await
    }

    /// Sends a request; any answer is good.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
        deadline: Deadline,
    ) -> Result<Answer, DeliveryError> {
        let mut request = Request::get(url, deadline.left());
        request.method = method;
        request.secrecy = UrlSecrecy::Key;
        request.limits = BodyLimits::beginning(ANSWER_BYTES_MAX);
        request.headers = headers;
        request.body = body;
        let mut body = Vec::new();
        let exchange = self.client.send(request, &mut body).await?;
        Ok(Answer { status: exchange.status, headers: exchange.headers, body })
    }

    /// A secret, read from its file if it has one; `what` names it in errors.
    pub(crate) async fn secret(
        &self,
        what: &str,
        source: &SecretSource,
    ) -> Result<Secret, DeliveryError> {
        read_secret(&self.vfs, what, source).await
    }

    /// A URL that is a secret.
    pub(crate) async fn url(
        &self,
        what: &str,
        source: &SecretSource,
    ) -> Result<Url, DeliveryError> {
        parse_url(what, self.secret(what, source).await?.reveal())
    }
}

impl Answer {
    /// The answer if its status says success; 5xx, 429 and `also_retried` are tried again.
    pub(crate) fn success(self, also_retried: &[u16]) -> Result<Self, DeliveryError> {
        match DeliveryError::of_status(self.status, &self.headers, &self.body, also_retried) {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// Is the body JSON by its content type?
    pub(crate) fn is_json(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        kind.is_some_and(|kind| kind.starts_with(b"application/json"))
    }

    /// The body as JSON; what cannot be read may be a proxy's doing and is tried again.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, DeliveryError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let shown: String = String::from_utf8_lossy(&self.body).chars().take(200).collect();
            let message = format!("cannot read the receiver's answer {shown:?}: {error}");
            DeliveryError::retryable(crate::FailureReason::Other, message)
        })
    }
}

/// A message as JSON.
pub(crate) fn json<T: Serialize + ?Sized>(message: &T) -> Result<Vec<u8>, DeliveryError> {
    serde_json::to_vec(message)
        .map_err(|error| DeliveryError::refused(format!("cannot write the message: {error}")))
}

/// A secret, read from its file if it has one, without white space around it.
pub(crate) async fn read_secret(
    vfs: &Arc<dyn Vfs>,
    what: &str,
    source: &SecretSource,
) -> Result<Secret, DeliveryError> {
    let path = match source {
        SecretSource::Inline(secret) => return Ok(secret.clone()),
        SecretSource::File(path) => path,
    };
    let name = format!("{what} from the file {path}");
    let (vfs, path) = (Arc::clone(vfs), PathBuf::from(path));
    let read = move || vfs.read(&path, SECRET_BYTES_MAX);
    let bytes = tokio::task::spawn_blocking(read).await;
    let bytes = bytes.map_err(|error| unusable(&name, &error))?;
    let bytes = bytes.map_err(|error| unusable(&name, &error))?;
    // The cause would show the bytes.
    let text = String::from_utf8(bytes).ok();
    let text = text.ok_or_else(|| unusable(&name, &"it is not UTF-8"))?;
    Ok(Secret::new(text.trim()))
}

/// Reads a URL; the error does not repeat it.
pub(crate) fn parse_url(what: &str, text: &str) -> Result<Url, DeliveryError> {
    Url::parse(text).map_err(|error| unusable(what, &error))
}

/// `Authorization: KIND SECRET`.
pub(crate) fn authorization(kind: &str, secret: &str) -> Result<HeaderMap, DeliveryError> {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, secret_header(&format!("{kind} {secret}"))?);
    Ok(headers)
}

/// A header that is not shown and not sent to another host after a redirect.
pub(crate) fn secret_header(text: &str) -> Result<HeaderValue, DeliveryError> {
    // The cause names no byte, but a key that is no header value is best not repeated either.
    let value = HeaderValue::from_str(text).ok();
    let refuse = || DeliveryError::refused("the key has characters that no header can carry");
    let mut value = value.ok_or_else(refuse)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The URL with segments added to its path, as Go's `URL.JoinPath`.
pub(crate) fn join_path(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let joined = format!("{}/{}", base.path().trim_end_matches('/'), path.trim_start_matches('/'));
    url.set_path(&joined);
    url
}

/// The URL with a text right behind its path, as upstream appends to it.
pub(crate) fn append_path(base: &Url, text: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{text}", base.path()));
    url
}

fn unusable(name: &str, why: &dyn std::fmt::Display) -> DeliveryError {
    DeliveryError::refused(format!("cannot use {name}: {why}"))
}
