//! OAuth 2.0 client credentials (RFC 6749, 4.4): fetches a token and keeps it until shortly before
//! its end. As Go's client: the credentials go into the authorization header, and into the body
//! when the token server does not take them there.

use crate::body::BodyLimits;
use crate::client::{Client, ClientOptions, Request};
use crate::source::secret_line;
use crate::{Error, ErrorKind, auth};
use config::{HttpClientConfig, OAuth2Config};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use serde::Deserialize;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::{Url, form_urlencoded};

/// A token is not used in the last seconds of its life.
const MARGIN: Duration = Duration::from_secs(10);
/// Longest wait for a token.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest answer of a token server.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// Where tokens come from, and the one in use.
pub(crate) struct Tokens {
    config: OAuth2Config,
    client: Client,
    options: ClientOptions,
    /// Held over a request, so that many requests ask for one token.
    current: Mutex<Option<Token>>,
}

struct Token {
    header: HeaderValue,
    /// `None`: it has no end.
    usable_until: Option<Instant>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    token_type: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Tokens {
    pub(crate) fn new(config: &OAuth2Config, options: &ClientOptions) -> Self {
        let own = HttpClientConfig {
            tls: config.tls.clone(),
            proxy: config.proxy.clone(),
            ..HttpClientConfig::default()
        };
        let (options, current) = (options.clone(), Mutex::new(None));
        let client = Client::new(own, options.clone());
        Self { config: config.clone(), client, options, current }
    }

    /// Value of the authorization header. Boxed, because a client has tokens and tokens a client.
    pub(crate) fn header(
        &self,
    ) -> Pin<Box<dyn Future<Output = Result<HeaderValue, Error>> + Send + '_>> {
        Box::pin(async move {
            let mut current = self.current.lock().await;
            if let Some(token) = current.as_ref()
                && token.usable_until.is_none_or(|until| Instant::now() < until)
            {
                return Ok(token.header.clone());
            }
            let token = self.fetch().await?;
            let header = token.header.clone();
            *current = Some(token);
            Ok(header)
        })
    }

    /// Forgets the token: somebody did not take it.
    pub(crate) async fn forget(&self) {
        *self.current.lock().await = None;
    }

    async fn fetch(&self) -> Result<Token, Error> {
        let secret = self.secret().await?;
        let (status, body) = self.ask(&secret, true).await?;
        let is_unwanted = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED);
        let (status, body) =
            if is_unwanted { self.ask(&secret, false).await? } else { (status, body) };
        if !status.is_success() {
            let message = format!("the token server {} answered {status}", self.shown());
            return Err(Error::new(ErrorKind::Protocol, message));
        }
        // The cause could show the token.
        let answer: Option<Answer> = serde_json::from_slice(&body).ok();
        let answer = answer.filter(|answer| !answer.access_token.is_empty()).ok_or_else(|| {
            let message = format!("the token server {} gave no access token", self.shown());
            Error::new(ErrorKind::Protocol, message)
        })?;
        let life = answer.expires_in.filter(|seconds| *seconds > 0).map(Duration::from_secs);
        let kind = match answer.token_type.to_ascii_lowercase().as_str() {
            "" | "bearer" => "Bearer",
            "mac" => "MAC",
            "basic" => "Basic",
            _ => &answer.token_type,
        };
        let text = format!("{kind} {}", answer.access_token);
        let header = auth::header_value(&text, "authorization", true)?;
        let usable_until = life.map(|life| Instant::now() + life.saturating_sub(MARGIN));
        Ok(Token { header, usable_until })
    }

    async fn secret(&self) -> Result<String, Error> {
        let Some(source) = self.config.client_secret.clone() else { return Ok(String::new()) };
        let vfs = self.options.vfs.clone();
        let read = move || secret_line(vfs.as_ref(), &source, "client secret");
        let waited = tokio::task::spawn_blocking(read).await;
        waited.map_err(|error| {
            Error::new(ErrorKind::Config, "reading the client secret was interrupted")
                .caused_by(error)
        })?
    }

    /// Asks once, with the credentials in the header or in the body.
    async fn ask(&self, secret: &str, in_header: bool) -> Result<(StatusCode, Vec<u8>), Error> {
        let url = Url::parse(&self.config.token_url).map_err(|error| {
            Error::new(ErrorKind::Config, "cannot read `token_url`").caused_by(error)
        })?;
        let mut request = Request::get(url, TIMEOUT);
        request.method = Method::POST;
        request.limits = BodyLimits::beginning(ANSWER_BYTES_MAX);
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers.insert(CONTENT_TYPE, kind);
        if in_header {
            // RFC 6749, 2.3.1: both are form-encoded first.
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect();
            let (id, secret): (String, String) = (encoded(&self.config.client_id), encoded(secret));
            let text = auth::basic(&id, &secret);
            let value = auth::header_value(&text, "client credentials", true)?;
            request.headers.insert(AUTHORIZATION, value);
        }
        request.body = self.form(secret, in_header).into();
        let mut body = Vec::new();
        let exchange = self.client.send(request, &mut body).await?;
        Ok((exchange.status, body))
    }

    fn form(&self, secret: &str, in_header: bool) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if !self.config.scopes.is_empty() {
            form.append_pair("scope", &self.config.scopes.join(" "));
        }
        form.extend_pairs(&self.config.endpoint_params);
        if !in_header {
            form.append_pair("client_id", &self.config.client_id);
            form.append_pair("client_secret", secret);
        }
        form.finish()
    }

    /// The host at most: the rest of the address may hold keys.
    fn shown(&self) -> String {
        let host = Url::parse(&self.config.token_url).ok();
        host.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }
}
