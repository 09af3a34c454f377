//! One request over a connection of its own, step by step, with the instant of each step: for
//! probes, which measure what other clients hide. INV-30 holds here too: each address is checked
//! when it is dialled, and who follows a redirect comes in through the same door.

use crate::client::authority;
use crate::connect::first_open;
use crate::oauth2::Tokens;
use crate::proxy::{Proxies, Proxy};
use crate::tls::{Offer, TlsFacts, TlsSteps};
use crate::{ClientOptions, Dialer, Error, ErrorKind, auth};
use bytes::Bytes;
use config::{HttpAuth, HttpClientConfig};
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode, Uri, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use url::Url;

#[cfg(test)]
mod tests;

/// Head of an answer at most: headers of 64 KiB are beyond any server's own limit.
const HEAD_BYTES_MAX: u32 = 64 << 10;

/// Makes requests as one section of the configuration says, each over a connection of its own.
pub struct StepClient {
    config: HttpClientConfig,
    options: ClientOptions,
    dialer: Dialer,
    tls: TlsSteps,
    tokens: Option<Box<Tokens>>,
}

/// A request. Redirects are not followed: the caller asks again.
#[derive(Clone, Debug)]
pub struct OneRequest {
    /// Method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// The address to dial instead of resolving the URL's host.
    pub address: Option<SocketAddr>,
    /// Name to verify; the URL's host where it is `None`.
    pub server_name: Option<String>,
    /// All headers, those of the configuration among them; `Host` as well if it is not the URL's.
    pub headers: HeaderMap,
    /// Body, empty for none.
    pub body: Bytes,
}

/// When the steps of a request ended; `None` as long as it did not get there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    /// It began.
    pub started: Option<Instant>,
    /// The address is known.
    pub resolved: Option<Instant>,
    /// TCP is connected.
    pub connected: Option<Instant>,
    /// The connection can carry the request: TLS has shaken hands, where there is TLS.
    pub ready: Option<Instant>,
    /// The head of the answer is there.
    pub answered: Option<Instant>,
    /// The TLS handshake took from `connected` to `ready`.
    pub is_tls: bool,
}

/// The head of an answer, and its body as it comes.
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Version of the protocol.
    pub version: Version,
    /// Headers.
    pub headers: HeaderMap,
    /// Bytes of the body, when its head says so.
    pub content_length: Option<u64>,
    /// What TLS agreed on, where there is TLS.
    pub tls: Option<TlsFacts>,
    body: Incoming,
    /// Ends with the answer.
    _connection: Abort,
}

/// The task of a connection; it ends when nobody reads any more.
struct Abort(JoinHandle<()>);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Answer {
    /// The next piece of the body, `None` at its end. The caller bounds how much is read.
    ///
    /// # Errors
    /// `Protocol` when the body breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| {
                Error::new(ErrorKind::Protocol, "cannot read body").caused_by(error)
            })?;
            if let Ok(bytes) = frame.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// Trailers behind a body that was read to its end, as gRPC has them.
    ///
    /// # Errors
    /// `Protocol` when the answer breaks off, `BodySize` when the body is longer than `bytes_max`.
    pub async fn into_body_and_trailers(
        mut self,
        bytes_max: usize,
    ) -> Result<(Vec<u8>, HeaderMap), Error> {
        let (mut bytes, mut trailers) = (Vec::new(), HeaderMap::new());
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| {
                Error::new(ErrorKind::Protocol, "cannot read body").caused_by(error)
            })?;
            match frame.into_data() {
                Ok(chunk) if bytes.len() + chunk.len() <= bytes_max => bytes.extend(&chunk),
                Ok(_) => {
                    let message = format!("body has more than {bytes_max} bytes");
                    return Err(Error::new(ErrorKind::BodySize, message));
                }
                Err(frame) => trailers.extend(frame.into_trailers().unwrap_or_default()),
            }
        }
        Ok((bytes, trailers))
    }
}

impl StepClient {
    /// A client; files are read for each request.
    pub fn new(config: HttpClientConfig, options: ClientOptions) -> Self {
        let offer = if config.enable_http2 { Offer::Http2OrHttp1 } else { Offer::Http1 };
        Self::with_offer(config, offer, options)
    }

    /// A client that speaks HTTP/2 without asking, as gRPC does.
    pub fn http2_only(config: HttpClientConfig, options: ClientOptions) -> Self {
        Self::with_offer(config, Offer::Http2, options)
    }

    fn with_offer(config: HttpClientConfig, offer: Offer, options: ClientOptions) -> Self {
        let tokens = match &config.auth {
            HttpAuth::OAuth2(oauth2) => Some(Box::new(Tokens::new(oauth2, &options))),
            HttpAuth::None | HttpAuth::Basic { .. } | HttpAuth::Authorization { .. } => None,
        };
        let dialer = Dialer::new(Arc::clone(&options.policy));
        let vfs = Arc::clone(&options.vfs);
        let tls = TlsSteps::new(config.tls.clone(), offer, vfs);
        Self { config, options, dialer, tls, tokens }
    }

    /// Finds addresses under the policy.
    pub fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    /// Does a proxy stand between this client and its servers, whatever they are?
    pub fn has_proxy(&self) -> bool {
        self.config.proxy.url.is_some() || self.config.proxy.from_environment
    }

    /// Headers of the configuration and of its authentication; secrets are marked as sensitive.
    ///
    /// # Errors
    /// `Config` when a file cannot be read, and whatever hinders the fetching of a token.
    pub async fn own_headers(&self) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        let plain = matches!(self.config.auth, HttpAuth::None | HttpAuth::OAuth2(_));
        if !plain || !self.config.headers.is_empty() {
            let (auth, own) = (self.config.auth.clone(), self.config.headers.clone());
            let vfs = Arc::clone(&self.options.vfs);
            let read = move || {
                auth::apply(vfs.as_ref(), &auth, &own, &mut headers)?;
                Ok(headers)
            };
            headers = reading(read).await?;
        }
        if let Some(tokens) = &self.tokens {
            headers.insert(header::AUTHORIZATION, tokens.header().await?);
        }
        Ok(headers)
    }

    /// Sends a request and reads the head of its answer; `marks` say how far it got, also when it
    /// fails. The caller sets the deadline.
    ///
    /// # Errors
    /// Any [`ErrorKind`]; a status that is no success is not an error here.
    pub async fn send(&self, request: OneRequest, marks: &mut Marks) -> Result<Answer, Error> {
        let url = request.url.clone();
        let is_tls = url.scheme() == "https";
        *marks = Marks { started: Some(Instant::now()), is_tls, ..Marks::default() };
        let Some(host) = url.host_str() else {
            return Err(Error::new(ErrorKind::Config, format!("URL {url} names no host")));
        };
        let port = url.port_or_known_default().unwrap_or(if is_tls { 443 } else { 80 });
        let proxies = self.proxies().await?;
        let through = proxies.choose(is_tls, host, port);
        let mut tcp = self.dial(&request, host, port, through, marks).await?;
        if let Some(proxy) = through.filter(|_| is_tls) {
            let target = request.address.map(|address| written(address.ip()));
            proxies.tunnel(proxy, &mut tcp, target.as_deref().unwrap_or(host), port).await?;
        }
        marks.connected = Some(Instant::now());
        if !is_tls {
            let is_http2 = self.tls.offer() == Offer::Http2;
            // Its state takes kilobytes, which who waits should not hold.
            return Box::pin(one_exchange(request, tcp, is_http2, through, marks)).await;
        }
        let name = request.server_name.as_deref().unwrap_or(host);
        let (stream, facts) = Box::pin(self.tls.shake(name, tcp)).await?;
        let exchange = one_exchange(request, stream, facts.is_http2, None, marks);
        let mut answer = Box::pin(exchange).await?;
        answer.tls = Some(facts);
        Ok(answer)
    }

    async fn dial(
        &self,
        request: &OneRequest,
        host: &str,
        port: u16,
        through: Option<&Proxy>,
        marks: &mut Marks,
    ) -> Result<TcpStream, Error> {
        if let Some(proxy) = through {
            self.dialer.check_literal(host)?;
            if let Some(address) = request.address {
                self.dialer.check(address.ip())?;
            }
            let addresses = self.dialer.addresses(&proxy.host, proxy.port).await?;
            marks.resolved = Some(Instant::now());
            return first_open(addresses).await;
        }
        if let Some(address) = request.address {
            marks.resolved = marks.started;
            return self.dialer.connect(address, None).await;
        }
        let addresses = self.dialer.addresses(host, port).await?;
        marks.resolved = Some(Instant::now());
        first_open(addresses).await
    }

    async fn proxies(&self) -> Result<Proxies, Error> {
        let proxy = &self.config.proxy;
        let mut headers = Vec::new();
        if !proxy.connect_headers.is_empty() {
            let (vfs, own) = (Arc::clone(&self.options.vfs), proxy.connect_headers.clone());
            headers = reading(move || auth::lines(vfs.as_ref(), &own)).await?;
        }
        Proxies::new(proxy, headers, |name| std::env::var(name).ok())
    }
}

/// Reads files where that holds up nobody.
async fn reading<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(read).await.map_err(|error| {
        Error::new(ErrorKind::Config, "reading files was interrupted").caused_by(error)
    })?
}

/// An address as it stands before a port.
fn written(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// Speaks HTTP over a connection that is used for nothing else.
async fn one_exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    request: OneRequest,
    stream: S,
    http2: bool,
    proxy: Option<&Proxy>,
    marks: &mut Marks,
) -> Result<Answer, Error> {
    let failed = |what: &str, error: hyper::Error| {
        Error::new(ErrorKind::Protocol, what.to_owned()).caused_by(error)
    };
    let shown = request.url.clone();
    let request = message(request, http2, proxy)?;
    let io = TokioIo::new(stream);
    let (response, connection) = if http2 {
        let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_header_list_size(HEAD_BYTES_MAX);
        let (mut sender, connection) =
            builder.handshake(io).await.map_err(|e| failed("cannot speak HTTP/2", e))?;
        let connection = Abort(tokio::spawn(async move { drop(connection.await) }));
        marks.ready = Some(Instant::now());
        (sender.send_request(request).await, connection)
    } else {
        let mut builder = hyper::client::conn::http1::Builder::new();
        builder.max_buf_size(HEAD_BYTES_MAX as usize).title_case_headers(true);
        let (mut sender, connection) =
            builder.handshake(io).await.map_err(|e| failed("cannot speak HTTP", e))?;
        let connection = Abort(tokio::spawn(async move { drop(connection.await) }));
        marks.ready = Some(Instant::now());
        (sender.send_request(request).await, connection)
    };
    let response = response.map_err(|error| failed(&format!("request to {shown}"), error))?;
    marks.answered = Some(Instant::now());
    let (parts, body) = response.into_parts();
    let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let content_length = length.and_then(|text| text.parse().ok()).or(body.size_hint().exact());
    Ok(Answer {
        status: parts.status,
        version: parts.version,
        headers: parts.headers,
        content_length,
        tls: None,
        body,
        _connection: connection,
    })
}

/// The request as it is written: HTTP/1.1 names a path and the host in a header, HTTP/2 and plain
/// proxies the whole URL.
fn message(
    request: OneRequest,
    http2: bool,
    proxy: Option<&Proxy>,
) -> Result<http::Request<Full<Bytes>>, Error> {
    let OneRequest { method, url, mut headers, body, .. } = request;
    let wrong = |what: &str| {
        let message = format!("cannot request {url}: {what}");
        Error::new(ErrorKind::Config, message)
    };
    let host = match headers.remove(header::HOST) {
        Some(host) => host,
        None => HeaderValue::from_str(&authority(&url))
            .map_err(|error| wrong("its host cannot stand in a header").caused_by(error))?,
    };
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let uri: Uri = if http2 || proxy.is_some() {
        let host = host.to_str().map_err(|error| wrong("host is no text").caused_by(error))?;
        format!("{}://{host}{path}", url.scheme()).parse()
    } else {
        path.parse()
    }
    .map_err(|error: http::uri::InvalidUri| wrong("no URI").caused_by(error))?;
    if !http2 {
        headers.insert(header::HOST, host);
        headers.entry(header::CONNECTION).or_insert(HeaderValue::from_static("close"));
    }
    if let Some(authorization) = proxy.and_then(|proxy| proxy.authorization.as_ref()) {
        let value = HeaderValue::from_str(authorization);
        let mut value = value.map_err(|error| {
            wrong("credentials of the proxy cannot stand in a header").caused_by(error)
        })?;
        value.set_sensitive(true);
        headers.insert(header::PROXY_AUTHORIZATION, value);
    }
    let mut message = http::Request::new(Full::new(body));
    *message.method_mut() = method;
    *message.uri_mut() = uri;
    *message.headers_mut() = headers;
    Ok(message)
}
