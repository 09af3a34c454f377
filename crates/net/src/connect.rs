//! The guarded connector: resolves, asks the policy about each address, dials, speaks TLS.
//! INV-30: the address that the policy allowed is the one that is dialled; nothing resolves again.

use crate::kept::Traffic;
use crate::proxy::Proxies;
use crate::tls::LazyTls;
use crate::{AddressPolicy, Error, ErrorKind};
use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio_rustls::client::TlsStream;

#[cfg(test)]
mod tests;

/// Longest wait for one address before the next one is tried.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);
/// Longest time for a whole connection: name, addresses, tunnel, handshake. A pool goes on opening
/// a connection when the request that wanted it was given up, so no caller's deadline ends it.
const CONNECT_MAX: Duration = Duration::from_secs(30);

/// Which addresses of a name are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Families {
    /// IPv4 rather than IPv6.
    pub prefers_ip4: bool,
    /// Take the other family when the preferred one has no address.
    pub falls_back: bool,
}

/// Opens TCP connections to addresses that the policy allows; for probes that speak no HTTP.
#[derive(Clone, Debug)]
pub struct Dialer {
    policy: Arc<AddressPolicy>,
}

impl Dialer {
    /// A dialer under a policy.
    pub fn new(policy: Arc<AddressPolicy>) -> Self {
        Self { policy }
    }

    /// Connects to the first address of a host that answers. The caller sets the deadline.
    ///
    /// # Errors
    /// `Resolve`, `Forbidden` when the policy leaves no address, `Connect`.
    pub async fn dial(&self, host: &str, port: u16) -> Result<TcpStream, Error> {
        first_open(self.addresses(host, port).await?).await
    }

    /// Finds the address of a host that a probe goes to; it is checked again when it is dialled.
    ///
    /// # Errors
    /// `Resolve` when the name has no address of an allowed family, `Forbidden` when the policy
    /// leaves none.
    pub async fn choose(&self, host: &str, families: Families) -> Result<IpAddr, Error> {
        let addresses = self.addresses(host, 0).await?;
        let mut found = addresses.iter().map(SocketAddr::ip);
        let preferred = found.clone().find(|ip| ip.is_ipv4() == families.prefers_ip4);
        preferred.or_else(|| found.next().filter(|_| families.falls_back)).ok_or_else(|| {
            let family = if families.prefers_ip4 { "IPv4" } else { "IPv6" };
            let message = format!("lookup {host}: no {family} address, and no other is allowed");
            Error::new(ErrorKind::Resolve, message)
        })
    }

    /// Refuses an address that may not be spoken to, for protocols that are not TCP. INV-30: call
    /// it at the moment of sending.
    ///
    /// # Errors
    /// `Forbidden`
    pub fn check(&self, address: IpAddr) -> Result<(), Error> {
        self.policy.check(&address.to_string(), address)
    }

    /// Connects to one address, from an address of this host if one is given. The caller sets the
    /// deadline.
    ///
    /// # Errors
    /// `Forbidden`, `Connect`.
    pub async fn connect(
        &self,
        address: SocketAddr,
        source: Option<IpAddr>,
    ) -> Result<TcpStream, Error> {
        self.check(address.ip())?;
        let connected = async {
            let Some(source) = source else { return TcpStream::connect(address).await };
            let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            socket.bind(SocketAddr::new(source, 0))?;
            socket.connect(address).await
        };
        let stream = connected.await.map_err(|error| {
            Error::new(ErrorKind::Connect, format!("dial tcp {address}")).caused_by(error)
        })?;
        // Small requests wait for nothing; failure to say so costs only latency.
        let _latency_only = stream.set_nodelay(true);
        Ok(stream)
    }

    /// Refuses a host that is written as a forbidden address; gives the address if it is one.
    pub(crate) fn check_literal(&self, host: &str) -> Result<Option<IpAddr>, Error> {
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        let Ok(address) = literal.parse::<IpAddr>() else { return Ok(None) };
        self.policy.check(host, address)?;
        Ok(Some(address))
    }

    /// Addresses of a host that may be dialled, at least one.
    pub(crate) async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        if let Some(address) = self.check_literal(host)? {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let found = tokio::net::lookup_host((host, port)).await.map_err(|error| {
            Error::new(ErrorKind::Resolve, format!("lookup {host}")).caused_by(error)
        })?;
        self.allowed(host, found.collect())
    }

    /// What the policy leaves of the addresses of a name, at least one.
    fn allowed(&self, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Error> {
        let Some(first) = found.first().copied() else {
            return Err(Error::new(ErrorKind::Resolve, format!("lookup {host}: no address")));
        };
        let verdicts = found.into_iter().filter(|a| self.policy.check(host, a.ip()).is_ok());
        let allowed: Vec<SocketAddr> = verdicts.collect();
        if allowed.is_empty() {
            self.policy.check(host, first.ip())?;
        }
        Ok(allowed)
    }
}

/// The first TCP connection that opens; it delays no small requests.
pub(crate) async fn first_open(addresses: Vec<SocketAddr>) -> Result<TcpStream, Error> {
    let stream = first_answer(addresses, TcpStream::connect).await?;
    // Small requests wait for nothing; failure to say so costs only latency.
    let _latency_only = stream.set_nodelay(true);
    Ok(stream)
}

/// The first connection that opens; each address is waited for at most [`ATTEMPT_MAX`].
async fn first_answer<T, F: Future<Output = io::Result<T>>>(
    addresses: Vec<SocketAddr>,
    connect: impl Fn(SocketAddr) -> F,
) -> Result<T, Error> {
    let mut last = None;
    for address in addresses {
        match tokio::time::timeout(ATTEMPT_MAX, connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = Some((address, error)),
            Err(_) => last = Some((address, io::ErrorKind::TimedOut.into())),
        }
    }
    let (address, error) = last.expect("`addresses` fails rather than return none");
    Err(Error::new(ErrorKind::Connect, format!("dial tcp {address}")).caused_by(error))
}

/// The connector of one client: dialer, proxy, TLS.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) dialer: Dialer,
    pub(crate) proxies: Arc<Proxies>,
    pub(crate) tls: Arc<LazyTls>,
    /// Every request goes to this socket, whatever host its URL names.
    pub(crate) socket: Option<Arc<Path>>,
}

impl Connector {
    /// Opens a connection for a URL, within [`CONNECT_MAX`].
    pub(crate) async fn open(self, uri: Uri) -> Result<Stream, Error> {
        let host = uri.host().unwrap_or_default().to_owned();
        let connecting = tokio::time::timeout(CONNECT_MAX, self.connect(uri));
        let way = connecting.await.unwrap_or_else(|elapsed| {
            let message = format!("no connection to {host} within {CONNECT_MAX:?}");
            Err(Error::new(ErrorKind::Timeout, message).caused_by(elapsed))
        })?;
        Ok(Stream { way, traffic: Traffic::new() })
    }

    async fn connect(self, uri: Uri) -> Result<Way, Error> {
        if let Some(socket) = &self.socket {
            let stream = UnixStream::connect(socket).await.map_err(|error| {
                let message = format!("dial unix {}", socket.display());
                Error::new(ErrorKind::Connect, message).caused_by(error)
            })?;
            return Ok(Way::Unix(stream));
        }
        let host = uri.host().unwrap_or_default();
        let is_tls = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let tcp = match self.proxies.choose(is_tls, host, port) {
            None => self.dialer.dial(host, port).await?,
            Some(proxy) => {
                self.dialer.check_literal(host)?;
                let mut tcp = self.dialer.dial(&proxy.host, proxy.port).await?;
                if !is_tls {
                    return Ok(Way::Proxied(tcp));
                }
                self.proxies.tunnel(proxy, &mut tcp, host, port).await?;
                tcp
            }
        };
        if !is_tls {
            return Ok(Way::Plain(tcp));
        }
        let name = self.tls.server_name().unwrap_or(host);
        let name = name.trim_start_matches('[').trim_end_matches(']').to_owned();
        let server_name = ServerName::try_from(name.clone()).map_err(|error| {
            Error::new(ErrorKind::Tls, format!("{name:?} is no server name")).caused_by(error)
        })?;
        let stream = self.tls.connector().await?.connect(server_name, tcp).await;
        let stream = stream.map_err(|error| {
            Error::new(ErrorKind::Tls, format!("tls handshake with {name}")).caused_by(error)
        })?;
        Ok(Way::Tls(Box::new(stream)))
    }
}

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Stream>, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let opening = self.clone().open(uri);
        Box::pin(async move { opening.await.map(TokioIo::new) })
    }
}

/// A connection that remembers its traffic.
pub(crate) struct Stream {
    way: Way,
    traffic: Traffic,
}

impl Stream {
    /// What was last done on it.
    pub(crate) fn traffic(&self) -> Traffic {
        self.traffic.clone()
    }
}

/// What a connection leads over: plain, to a proxy, encrypted, or to a socket of this host.
enum Way {
    Plain(TcpStream),
    Unix(UnixStream),
    /// To a proxy that reads whole URLs.
    Proxied(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Calls a method of what a connection leads over.
macro_rules! over {
    ($stream:ident.$method:ident($($argument:expr),*)) => {
        match &mut $stream.way {
            Way::Plain(tcp) | Way::Proxied(tcp) => Pin::new(tcp).$method($($argument),*),
            Way::Unix(unix) => Pin::new(unix).$method($($argument),*),
            Way::Tls(tls) => Pin::new(tls.as_mut()).$method($($argument),*),
        }
    };
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new().extra(self.traffic.clone());
        match &self.way {
            Way::Plain(_) | Way::Unix(_) => connected,
            Way::Proxied(_) => connected.proxy(true),
            Way::Tls(stream) => match stream.get_ref().1.alpn_protocol() {
                Some(b"h2") => connected.negotiated_h2(),
                Some(_) | None => connected,
            },
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = over!(self.poll_read(cx, buf));
        if buf.filled().len() > before {
            self.traffic.read();
        }
        polled
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.traffic.write();
        over!(self.poll_write(cx, buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        over!(self.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        over!(self.poll_shutdown(cx))
    }
}
