//! Which requests go through a proxy, and how a tunnel through it is opened (RFC 9110, CONNECT).
//! Rules for exceptions: Go's `httpproxy`, which `HTTP_PROXY` and `NO_PROXY` users know.
//! INV-30 with a proxy: the proxy's address is the one dialled; addresses written in URLs are
//! checked as well, but names are resolved by the proxy, whose operator has a policy of his own.

use crate::auth::{basic, percent_decode};
use crate::{Cidr, Error, ErrorKind};
use config::ProxyConfig;
use std::net::IpAddr;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use url::Url;

#[cfg(test)]
mod tests;

/// Longest answer to CONNECT that is read.
const ANSWER_BYTES_MAX: usize = 8 << 10;

/// A proxy to go through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Value of `Proxy-Authorization`.
    pub(crate) authorization: Option<String>,
}

/// Rules that choose a proxy for each request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    except: Option<String>,
    /// Loopback is never reached through a proxy, unless one proxy was named for everything.
    spares_loopback: bool,
    /// Headers of the CONNECT request.
    headers: Vec<(String, String)>,
}

impl Proxies {
    /// Rules of a configuration; `env` reads environment variables.
    pub(crate) fn new(
        config: &ProxyConfig,
        headers: Vec<(String, String)>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let either = |upper: &str, lower: &str| {
            env(upper).or_else(|| env(lower)).filter(|text| !text.is_empty())
        };
        if config.from_environment {
            let named = |text: Option<String>| text.as_deref().map(Proxy::parse).transpose();
            return Ok(Self {
                http: named(either("HTTP_PROXY", "http_proxy"))?,
                https: named(either("HTTPS_PROXY", "https_proxy"))?,
                except: either("NO_PROXY", "no_proxy"),
                spares_loopback: true,
                headers,
            });
        }
        let proxy = config.url.as_ref().map(|url| Proxy::parse(url.reveal())).transpose()?;
        let except = config.no_proxy.clone().filter(|list| !list.is_empty());
        let spares_loopback = except.is_some();
        Ok(Self { http: proxy.clone(), https: proxy, except, spares_loopback, headers })
    }

    /// The proxy for a request, if it goes through one.
    pub(crate) fn choose(&self, is_tls: bool, host: &str, port: u16) -> Option<&Proxy> {
        let proxy = if is_tls { self.https.as_ref() } else { self.http.as_ref() }?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_lowercase();
        let is_loopback =
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if self.spares_loopback && is_loopback {
            return None;
        }
        let mut exceptions = self.except.iter().flat_map(|list| list.split(','));
        let spared = exceptions.any(|rule| matches_exception(rule.trim(), &host, port));
        (!spared).then_some(proxy)
    }

    /// Opens a tunnel to `host:port` over a connection to the proxy.
    pub(crate) async fn tunnel<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        proxy: &Proxy,
        stream: &mut S,
        host: &str,
        port: u16,
    ) -> Result<(), Error> {
        let mut lines =
            vec![format!("CONNECT {host}:{port} HTTP/1.1"), format!("Host: {host}:{port}")];
        lines.extend(proxy.authorization.iter().map(|text| format!("Proxy-Authorization: {text}")));
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let request = lines.join("\r\n") + "\r\n\r\n";
        let what = format!("tunnel to {host}:{port} through {}:{}", proxy.host, proxy.port);
        let failed = |error| Error::new(ErrorKind::Connect, what.clone()).caused_by(error);
        stream.write_all(request.as_bytes()).await.map_err(failed)?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() == ANSWER_BYTES_MAX {
                return Err(Error::new(ErrorKind::Connect, format!("{what}: answer too long")));
            }
            // Byte by byte: what follows the head belongs to the tunnel.
            answer.push(stream.read_u8().await.map_err(failed)?);
        }
        let line = answer.split(|&byte| byte == b'\r').next().unwrap_or_default();
        let accepted = line.starts_with(b"HTTP/1.") && line.get(8..10) == Some(b" 2");
        if accepted {
            return Ok(());
        }
        let message = format!("{what}: proxy answers `{}`", line.escape_ascii());
        Err(Error::new(ErrorKind::Connect, message))
    }
}

impl Proxy {
    /// Reads `http://user:password@host:port`, or `host:port`.
    fn parse(text: &str) -> Result<Self, Error> {
        // The text may hold a password, so it stays out of errors.
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&whole).map_err(|error| {
            Error::new(ErrorKind::Config, "cannot read proxy URL").caused_by(error)
        })?;
        if url.scheme() != "http" {
            let scheme = url.scheme();
            let message = format!("proxy of kind {scheme:?} is not supported, expected http");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let Some(host) = url.host_str() else {
            return Err(Error::new(ErrorKind::Config, "proxy URL names no host"));
        };
        let password = percent_decode(url.password().unwrap_or_default());
        let has_user = !url.username().is_empty();
        let authorization = has_user.then(|| basic(&percent_decode(url.username()), &password));
        let port = url.port_or_known_default().unwrap_or(80);
        Ok(Self { host: host.to_owned(), port, authorization })
    }
}

/// One entry of a `NO_PROXY` list: `*`, an address or block, `host`, `.domain`; all but blocks with
/// `:port` if need be, addresses of IPv6 then in brackets.
fn matches_exception(rule: &str, host: &str, port: u16) -> bool {
    let rule = rule.to_lowercase();
    if rule == "*" {
        return true;
    }
    let address = host.parse::<IpAddr>().ok();
    if let (Some(address), Ok(block)) = (address, Cidr::parse(&rule)) {
        return block.contains(address);
    }
    let (name, wanted) = split_port(&rule);
    if name.is_empty() || wanted.is_some_and(|wanted| wanted != port.to_string()) {
        return false;
    }
    if let (Some(address), Ok(named)) = (address, name.parse::<IpAddr>()) {
        return address == named;
    }
    // `*.example.org` is `.example.org`: subdomains only.
    let name = name.strip_prefix('*').unwrap_or(name);
    match name.strip_prefix('.') {
        Some(domain) => host.strip_suffix(domain).is_some_and(|head| head.ends_with('.')),
        None => host == name || host.strip_suffix(name).is_some_and(|head| head.ends_with('.')),
    }
}

/// `name:port`, `[address]:port` or either without a port; a bare address of IPv6 has none.
fn split_port(rule: &str) -> (&str, Option<&str>) {
    if let Some((address, rest)) = rule.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (address, rest.strip_prefix(':'));
    }
    match rule.split_once(':') {
        Some((name, port)) if !port.contains(':') => (name, Some(port)),
        _ => (rule, None),
    }
}
