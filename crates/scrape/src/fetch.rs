//! Fetches one page: request headers, status, content type, bounds. Knows nothing of samples.

use crate::page::{PageFormat, accept_header, format_of};
use config::ScrapeConfig;
use exposition::Format;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use net::{BODY_BYTES_DEFAULT_MAX, BodyLimits, Client, ErrorKind, PrivateConnection, Request};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Tells the target how long we wait, so that it can give up in time itself.
const TIMEOUT_HEADER: HeaderName = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");

/// Compressions that are understood: zstd costs both sides less. Upstream asks for gzip alone.
const COMPRESSIONS: &str = "zstd,gzip;q=0.9";

/// A job's settings together with its client.
pub(crate) struct Job {
    pub(crate) config: Arc<ScrapeConfig>,
    pub(crate) client: Arc<Client>,
    /// Headers of every request, without the timeout's.
    headers: HeaderMap,
}

/// A fetch that did not give a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FetchError {
    pub(crate) message: String,
    pub(crate) body_too_large: bool,
}

impl From<String> for FetchError {
    fn from(message: String) -> Self {
        Self { message, body_too_large: false }
    }
}

impl Job {
    pub(crate) fn new(config: Arc<ScrapeConfig>, client: Arc<Client>) -> Self {
        let accept = accept_header(&config.scrape_protocols, config.escaping);
        let accept = HeaderValue::from_str(&accept).expect("media types are ASCII");
        let encoding = if config.enable_compression { COMPRESSIONS } else { "identity" };
        let encoding = HeaderValue::from_static(encoding);
        let headers = HeaderMap::from_iter([(ACCEPT, accept), (ACCEPT_ENCODING, encoding)]);
        Self { config, client, headers }
    }

    /// Fetches a page into `body`, over the target's connection; gives its format.
    pub(crate) async fn fetch(
        &self,
        connection: &mut PrivateConnection,
        url: &Url,
        timeout: Duration,
        body: &mut Vec<u8>,
    ) -> Result<PageFormat, FetchError> {
        body.clear();
        let mut request = Request::get(url.clone(), timeout);
        request.headers = self.headers(timeout);
        // As upstream, a body as long as the limit is too long already.
        let limit = self.config.limits.body_size_bytes_max.map(|limit| limit.saturating_sub(1));
        request.limits = BodyLimits::whole(limit.unwrap_or(BODY_BYTES_DEFAULT_MAX));
        let exchange = self.client.send_over(connection, request, body).await;
        let exchange = exchange.map_err(|error| {
            let body_too_large = error.kind() == ErrorKind::BodySize;
            FetchError { message: error.describe(), body_too_large }
        })?;
        if exchange.status != http::StatusCode::OK {
            let message = format!("server returned HTTP status {}", exchange.status);
            return Err(message.into());
        }
        if body.is_empty() {
            // Nothing to parse, so nothing to know about it (as upstream).
            return Ok(PageFormat::Lines(Format::Text));
        }
        let content_type = exchange.headers.get(CONTENT_TYPE);
        let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()));
        format_of(content_type.as_deref(), self.config.fallback_scrape_protocol)
            .map_err(FetchError::from)
    }

    fn headers(&self, timeout: Duration) -> HeaderMap {
        let seconds = timeout.as_secs_f64().to_string();
        let seconds = HeaderValue::from_str(&seconds).expect("digits and a point are ASCII");
        let mut headers = self.headers.clone();
        headers.insert(TIMEOUT_HEADER, seconds);
        headers
    }
}
