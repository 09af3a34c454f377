//! One HTTP client: pooled connections through the guarded connector, authentication, redirects,
//! bounded bodies, one deadline for everything.
//! Files of secrets are read for each request; when TLS files change, new connections use them.

use crate::body::{self, BodyLimits, Encoding};
use crate::connect::{Connector, Dialer};
use crate::error::own_cause;
use crate::oauth2::Tokens;
use crate::proxy::Proxies;
use crate::tls::{LazyTls, Material, TlsSettings};
use crate::{AddressPolicy, Error, ErrorKind, auth, kept};
use bytes::Bytes;
use config::{HttpAuth, HttpClientConfig};
use http::header::{self, HeaderMap, HeaderValue};
use http::response::Parts;
use http::{Method, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use sys::Vfs;
use url::Url;

mod private;

pub use private::PrivateConnection;

#[cfg(test)]
mod tests;

/// What we call ourselves.
pub const USER_AGENT: &str = concat!("Flyball/", env!("CARGO_PKG_VERSION"));
/// Most requests of one chain of redirects, the first among them, as in Go's client.
pub const REDIRECTS_MAX: usize = 10;
/// Idle connections are closed after this time; most targets are scraped more often than that.
pub const IDLE_MAX: Duration = Duration::from_mins(5);
/// Idle connections kept to one host.
const IDLE_PER_HOST_MAX: usize = 8;

/// What a client needs besides its configuration.
#[derive(Clone)]
pub struct ClientOptions {
    /// Which addresses may be dialled.
    pub policy: Arc<AddressPolicy>,
    /// Where files of secrets and certificates are.
    pub vfs: Arc<dyn Vfs>,
}

/// What errors may show of a request's URL; its password never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlSecrecy {
    /// All of it.
    Public,
    /// Scheme, host and port: the path or the query is a key, as with most webhooks.
    Key,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Where to; a user name in it becomes basic authentication.
    pub url: Url,
    /// What errors may show of it.
    pub secrecy: UrlSecrecy,
    /// Headers besides those of the configuration, which win.
    pub headers: HeaderMap,
    /// Body, empty for GET.
    pub body: Bytes,
    /// Time for everything: dialling, TLS, redirects and the whole body.
    pub timeout: Duration,
    /// How much of the answer's body is wanted.
    pub limits: BodyLimits,
}

impl Request {
    /// A GET request.
    pub fn get(url: Url, timeout: Duration) -> Self {
        Self {
            method: Method::GET,
            url,
            secrecy: UrlSecrecy::Public,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            timeout,
            limits: BodyLimits::default(),
        }
    }
}

/// An answer; its body is in the buffer that was given.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Where the answer came from after redirects.
    pub url: Url,
}

/// An answer whose body is read as it comes.
#[derive(Debug)]
pub struct Stream {
    /// Status.
    pub status: StatusCode,
    incoming: Incoming,
}

impl Stream {
    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// `Protocol` when the connection breaks.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while let Some(frame) = self.incoming.frame().await {
            let frame = frame.map_err(|error| {
                Error::new(ErrorKind::Protocol, "cannot read body").caused_by(error)
            })?;
            if let Ok(piece) = frame.into_data() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }
}

/// Makes requests as one section of the configuration says.
pub struct Client {
    config: HttpClientConfig,
    options: ClientOptions,
    socket: Option<Arc<Path>>,
    tokens: Option<Box<Tokens>>,
    /// Does the configuration name files or anything else that each request asks for anew?
    reads_files: bool,
    /// Held only to compare and to clone; never over an await.
    pool: Mutex<Option<(Material, Arc<HttpPool>)>>,
}

/// Pooled connections and the way to them.
struct HttpPool {
    client: Pool<Connector, Full<Bytes>>,
    /// Keeps no connection: what failed on a kept one is sent again over a new one.
    fresh: Pool<Connector, Full<Bytes>>,
    connector: Connector,
    proxies: Arc<Proxies>,
}

impl Client {
    /// A client; files are read at the first request, so a missing one fails requests, not this.
    pub fn new(config: HttpClientConfig, options: ClientOptions) -> Self {
        let tokens = match &config.auth {
            HttpAuth::OAuth2(oauth2) => Some(Box::new(Tokens::new(oauth2, &options))),
            HttpAuth::None | HttpAuth::Basic { .. } | HttpAuth::Authorization { .. } => None,
        };
        let reads_files = reads_files(&config);
        Self { config, options, socket: None, tokens, reads_files, pool: Mutex::new(None) }
    }

    /// A client of a server behind a Unix socket; the hosts of its URLs mean nothing.
    pub fn of_socket(socket: &Path, options: ClientOptions) -> Self {
        let socket = Some(Arc::from(socket));
        Self { socket, ..Self::new(HttpClientConfig::default(), options) }
    }

    /// The configuration it was made from.
    pub fn config(&self) -> &HttpClientConfig {
        &self.config
    }

    /// Sends a request, follows redirects and reads the whole (decompressed) body into `body`.
    ///
    /// # Errors
    /// Any [`ErrorKind`]; a status that is no success is not an error here.
    pub async fn send(&self, request: Request, body: &mut Vec<u8>) -> Result<Exchange, Error> {
        let deadline = Deadline::of(&request);
        deadline.hold(self.exchange(request, body)).await
    }

    /// As [`Client::send`], over a connection of the caller's own where that is possible: plain
    /// HTTP/1.1 without a proxy, as far as nobody redirects. Everything else goes through the pool.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn send_over(
        &self,
        own: &mut PrivateConnection,
        request: Request,
        body: &mut Vec<u8>,
    ) -> Result<Exchange, Error> {
        let deadline = Deadline::of(&request);
        deadline.hold(self.exchange_over(own, request, body)).await
    }

    /// Sends a request, follows redirects and gives the head of the answer; its body is read
    /// piece by piece, without a bound in time or size. The request's timeout is for the head.
    ///
    /// # Errors
    /// As [`Client::send`]; `Decode` when the body is compressed.
    pub async fn stream(&self, request: Request) -> Result<Stream, Error> {
        let timeout = request.timeout;
        let url = shown(&request.url, request.secrecy);
        let answer = tokio::time::timeout(timeout, self.answer(request)).await;
        let (parts, incoming, _) = answer.unwrap_or_else(|elapsed| {
            let message = format!("no answer from {url} within {timeout:?}");
            Err(Error::new(ErrorKind::Timeout, message).caused_by(elapsed))
        })?;
        match Encoding::of(parts.headers.get(header::CONTENT_ENCODING))? {
            Encoding::Identity => Ok(Stream { status: parts.status, incoming }),
            Encoding::Gzip | Encoding::Zstd => {
                Err(Error::new(ErrorKind::Decode, "a stream is not compressed"))
            }
        }
    }

    async fn exchange(&self, request: Request, body: &mut Vec<u8>) -> Result<Exchange, Error> {
        let limits = request.limits;
        finish(self.answer(request).await?, limits, body).await
    }

    async fn exchange_over(
        &self,
        own: &mut PrivateConnection,
        request: Request,
        body: &mut Vec<u8>,
    ) -> Result<Exchange, Error> {
        let limits = request.limits;
        let (pool, hop) = self.first_hop(request).await?;
        if !private::may_carry(&pool, &hop, limits) {
            return finish(self.follow(&pool, hop, REDIRECTS_MAX).await?, limits, body).await;
        }
        let exchange = own.exchange(&pool, &hop, limits, body).await?;
        if let Some(next) = self.redirect(&hop, exchange.status, &exchange.headers)? {
            return finish(self.follow(&pool, next, REDIRECTS_MAX - 1).await?, limits, body).await;
        }
        self.note_refusal(exchange.status).await;
        Ok(exchange)
    }

    /// The answer behind all redirects, and where it came from.
    async fn answer(&self, request: Request) -> Result<(Parts, Incoming, Url), Error> {
        let (pool, hop) = self.first_hop(request).await?;
        self.follow(&pool, hop, REDIRECTS_MAX).await
    }

    async fn first_hop(&self, request: Request) -> Result<(Arc<HttpPool>, Hop), Error> {
        let (pool, mut own_headers) = self.prepare().await?;
        if let Some(tokens) = &self.tokens {
            own_headers.insert(header::AUTHORIZATION, tokens.header().await?);
        }
        Ok((pool, Hop::new(request, &own_headers)?))
    }

    /// Sends at most so many requests.
    async fn follow(
        &self,
        pool: &HttpPool,
        mut hop: Hop,
        hops: usize,
    ) -> Result<(Parts, Incoming, Url), Error> {
        for _ in 0..hops {
            let response = hop.send(pool).await?;
            if let Some(next) = self.redirect(&hop, response.status(), response.headers())? {
                hop = next;
                continue;
            }
            let (parts, incoming) = response.into_parts();
            self.note_refusal(parts.status).await;
            return Ok((parts, incoming, hop.url));
        }
        let message = format!("stopped after {REDIRECTS_MAX} redirects");
        Err(Error::new(ErrorKind::Redirect, message))
    }

    fn redirect(
        &self,
        hop: &Hop,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Option<Hop>, Error> {
        if self.config.follow_redirects { hop.redirect(status, headers) } else { Ok(None) }
    }

    /// A token that is refused is not used again.
    async fn note_refusal(&self, status: StatusCode) {
        if let (StatusCode::UNAUTHORIZED, Some(tokens)) = (status, &self.tokens) {
            tokens.forget().await;
        }
    }

    /// Reads the files of the configuration on a thread that may wait, and finds the pool.
    async fn prepare(&self) -> Result<(Arc<HttpPool>, HeaderMap), Error> {
        if !self.reads_files
            && let Some((_, pool)) = &*self.current()
        {
            return Ok((Arc::clone(pool), HeaderMap::new()));
        }
        let (config, vfs) = (self.config.clone(), Arc::clone(&self.options.vfs));
        let read = move || {
            let mut headers = HeaderMap::new();
            auth::apply(vfs.as_ref(), &config.auth, &config.headers, &mut headers)?;
            let connect_headers = &config.proxy.connect_headers;
            Ok((Material::read(vfs.as_ref(), &config.tls, connect_headers)?, headers))
        };
        let (material, headers) = if self.reads_files {
            let waited = tokio::task::spawn_blocking(read).await;
            waited.map_err(|error| {
                Error::new(ErrorKind::Config, "reading files was interrupted").caused_by(error)
            })??
        } else {
            read()?
        };
        Ok((self.pool(material)?, headers))
    }

    fn current(&self) -> MutexGuard<'_, Option<(Material, Arc<HttpPool>)>> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pool(&self, material: Material) -> Result<Arc<HttpPool>, Error> {
        let mut current = self.current();
        if let Some((known, pool)) = current.as_ref()
            && *known == material
        {
            return Ok(Arc::clone(pool));
        }
        let pool = Arc::new(self.build(material.clone())?);
        *current = Some((material, Arc::clone(&pool)));
        Ok(pool)
    }

    fn build(&self, material: Material) -> Result<HttpPool, Error> {
        let headers = material.connect_headers.clone();
        let env = |name: &str| std::env::var(name).ok();
        let proxies = Arc::new(Proxies::new(&self.config.proxy, headers, env)?);
        let connector = Connector {
            dialer: Dialer::new(Arc::clone(&self.options.policy)),
            proxies: Arc::clone(&proxies),
            tls: Arc::new(LazyTls::new(TlsSettings {
                config: self.config.tls.clone(),
                material,
                http2: self.config.enable_http2,
                vfs: Arc::clone(&self.options.vfs),
            })),
            socket: self.socket.clone(),
        };
        let client = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
            .build(connector.clone());
        let fresh =
            Pool::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector.clone());
        Ok(HttpPool { client, fresh, connector, proxies })
    }
}

/// Reads the whole (decompressed) body of an answer.
async fn finish(
    (parts, incoming, url): (Parts, Incoming, Url),
    limits: BodyLimits,
    into: &mut Vec<u8>,
) -> Result<Exchange, Error> {
    let encoding = Encoding::of(parts.headers.get(header::CONTENT_ENCODING))?;
    body::read(incoming, encoding, limits, into).await?;
    Ok(Exchange { status: parts.status, headers: parts.headers, url })
}

/// When a request is given up, and what is said then.
struct Deadline {
    timeout: Duration,
    url: Url,
    secrecy: UrlSecrecy,
}

impl Deadline {
    fn of(request: &Request) -> Self {
        let url = request.url.clone();
        Self { timeout: request.timeout, url, secrecy: request.secrecy }
    }

    async fn hold<T>(self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let Self { timeout, url, secrecy } = self;
        tokio::time::timeout(timeout, work).await.unwrap_or_else(|elapsed| {
            let url = shown(&url, secrecy);
            let message = format!("no complete answer from {url} within {timeout:?}");
            Err(Error::new(ErrorKind::Timeout, message).caused_by(elapsed))
        })
    }
}

fn reads_files(config: &HttpClientConfig) -> bool {
    // Without a named authority the system's bundle is read, but only when the pool is built.
    let is_plain = HttpClientConfig {
        follow_redirects: config.follow_redirects,
        enable_http2: config.enable_http2,
        ..HttpClientConfig::default()
    };
    *config != is_plain
}

/// One request of a chain of redirects.
struct Hop {
    method: Method,
    url: Url,
    secrecy: UrlSecrecy,
    headers: HeaderMap,
    body: Bytes,
}

impl Hop {
    fn new(request: Request, own: &HeaderMap) -> Result<Self, Error> {
        let mut headers = request.headers;
        for name in own.keys() {
            headers.remove(name);
        }
        for (name, value) in own {
            headers.append(name, value.clone());
        }
        let mut url = request.url;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            let shown = shown(&url, request.secrecy);
            let message = format!("cannot request {shown}: expected http or https");
            return Err(Error::new(ErrorKind::Config, message));
        }
        auth::from_url(&mut url, &mut headers)?;
        headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static(USER_AGENT));
        let Request { method, secrecy, body, .. } = request;
        Ok(Self { method, url, secrecy, headers, body })
    }

    /// Sends the request; once more over a new connection if the peer closed a kept one.
    async fn send(&self, pool: &HttpPool) -> Result<http::Response<Incoming>, Error> {
        let mut answer = pool.client.request(self.request(pool)?).await;
        if answer.as_ref().is_err_and(kept::was_hung_up)
            && kept::may_arrive_twice(&self.method, &self.headers)
        {
            answer = pool.fresh.request(self.request(pool)?).await;
        }
        answer.map_err(|error| {
            let message = format!("request to {}", self.shown());
            match own_cause(Box::new(error)) {
                Ok(own) => Error::new(own.kind(), format!("{message}: {own}")),
                Err(foreign) => Error::new(ErrorKind::Protocol, message).caused_by(foreign),
            }
        })
    }

    fn request(&self, pool: &HttpPool) -> Result<http::Request<Full<Bytes>>, Error> {
        let mut request = http::Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri()?;
        *request.headers_mut() = self.headers.clone();
        if let Some(authorization) = self.proxy_authorization(pool) {
            request.headers_mut().insert(header::PROXY_AUTHORIZATION, authorization);
        }
        Ok(request)
    }

    fn uri(&self) -> Result<Uri, Error> {
        self.url.as_str().parse().map_err(|error: http::uri::InvalidUri| {
            let message = format!("cannot request {}", self.shown());
            Error::new(ErrorKind::Config, message).caused_by(error)
        })
    }

    /// A plain request carries the proxy's credentials itself; a tunnel has had them already.
    fn proxy_authorization(&self, pool: &HttpPool) -> Option<HeaderValue> {
        let port = self.url.port_or_known_default()?;
        let plain = self.url.scheme() == "http";
        let host = self.url.host_str().filter(|_| plain)?;
        let authorization = pool.proxies.choose(false, host, port)?.authorization.as_ref()?;
        let mut value = HeaderValue::from_str(authorization).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The next hop of a redirect, `None` when the answer is none.
    ///
    /// RFC 9110, 15.4: 301, 302 and 303 turn into GET, 307 and 308 repeat the request.
    fn redirect(&self, status: StatusCode, answer: &HeaderMap) -> Result<Option<Self>, Error> {
        let repeats = match status.as_u16() {
            301..=303 => false,
            307 | 308 => true,
            _ => return Ok(None),
        };
        let Some(location) = answer.get(header::LOCATION) else { return Ok(None) };
        let text = String::from_utf8_lossy(location.as_bytes());
        let mut url = self.url.join(&text).map_err(|error| {
            let message = format!("{} redirects to what is no URL", self.shown());
            Error::new(ErrorKind::Redirect, message).caused_by(error)
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            let message = format!("{} redirects to scheme {:?}", self.shown(), url.scheme());
            return Err(Error::new(ErrorKind::Redirect, message));
        }
        let mut headers = self.headers.clone();
        // Credentials are for the host they were configured for.
        if url.origin() != self.url.origin() {
            headers = public(&headers);
        }
        auth::from_url(&mut url, &mut headers)?;
        let keeps_method = repeats || self.method == Method::HEAD;
        let method = if keeps_method { self.method.clone() } else { Method::GET };
        let body = if repeats { self.body.clone() } else { Bytes::new() };
        if !repeats {
            headers.remove(header::CONTENT_TYPE);
        }
        Ok(Some(Self { method, url, secrecy: self.secrecy, headers, body }))
    }

    fn shown(&self) -> String {
        shown(&self.url, self.secrecy)
    }
}

/// The headers that may go to any host: values that came from secrets are marked as sensitive.
fn public(headers: &HeaderMap) -> HeaderMap {
    let mut public = HeaderMap::new();
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_sensitive()) {
        public.append(name, value.clone());
    }
    public
}

/// A URL as errors may show it: never with its password.
fn shown(url: &Url, secrecy: UrlSecrecy) -> String {
    let mut url = url.clone();
    if url.password().is_some() {
        // Fails only for URLs without host, which have no password.
        let _no_host = url.set_password(Some("xxxxx"));
    }
    match secrecy {
        UrlSecrecy::Public => url.to_string(),
        UrlSecrecy::Key => {
            url.set_query(None);
            url.set_path("");
            format!("{url}<secret>")
        }
    }
}

/// Host and, where it is not the scheme's own, port.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
