//! One request of a chain of redirects, and which one comes next (RFC 9110, 15.4, as Go's client
//! reads it). Pure.

use super::cookies::Jar;
use bytes::Bytes;
use http::header::{self, HeaderMap};
use http::{Method, StatusCode};
use net::OneRequest;
use std::net::SocketAddr;
use url::Url;

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Hop {
    pub(super) url: Url,
    /// The address that was chosen for the target; redirects elsewhere have none.
    address: Option<SocketAddr>,
    /// Name to verify instead of the URL's host.
    server_name: Option<String>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
}

/// What comes after an answer.
pub(super) enum Next {
    /// The answer is the last one.
    Stay,
    /// Another request.
    Go(Box<Hop>),
    /// A redirect that leads nowhere.
    Nowhere(String),
}

impl Hop {
    pub(super) fn first(
        mut url: Url,
        address: Option<SocketAddr>,
        server_name: Option<String>,
        method: &str,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<Self, String> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?;
        net::move_credentials(&mut url, &mut headers).map_err(|error| error.to_string())?;
        Ok(Self { url, address, server_name, method, headers, body })
    }

    pub(super) fn request(&self, jar: &Jar) -> OneRequest {
        let mut headers = self.headers.clone();
        if let Some(cookies) = jar.header(&self.cookie_host(), self.url.path()) {
            headers.append(header::COOKIE, cookies);
        }
        OneRequest {
            method: self.method.clone(),
            url: self.url.clone(),
            address: self.address,
            server_name: self.server_name.clone(),
            headers,
            body: self.body.clone(),
        }
    }

    /// Under which name cookies of this request are kept.
    pub(super) fn cookie_host(&self) -> String {
        self.url.host_str().unwrap_or_default().to_ascii_lowercase()
    }

    /// What comes after an answer. A relative redirect stays with the address and the virtual
    /// host; an absolute one begins anew, without what is for the first host alone.
    pub(super) fn redirect(&self, status: StatusCode, answer: &HeaderMap) -> Next {
        let repeats = match status.as_u16() {
            301..=303 => false,
            307 | 308 => true,
            _ => return Next::Stay,
        };
        let Some(location) = answer.get(header::LOCATION) else { return Next::Stay };
        let text = String::from_utf8_lossy(location.as_bytes());
        let mut url = match self.url.join(&text) {
            Ok(url) => url,
            Err(error) => return Next::Nowhere(format!("redirect to {text:?}: {error}")),
        };
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Next::Nowhere(format!("redirect to {text:?}: neither http nor https"));
        }
        let is_relative = Url::parse(&text).is_err() && !text.starts_with("//");
        let mut headers = self.headers.clone();
        if !is_relative {
            headers.remove(header::HOST);
            if url.origin() != self.url.origin() {
                headers = public(&headers);
            }
        }
        if let Err(error) = net::move_credentials(&mut url, &mut headers) {
            return Next::Nowhere(error.to_string());
        }
        if !repeats {
            headers.remove(header::CONTENT_TYPE);
        }
        let keeps_method = repeats || self.method == Method::HEAD;
        Next::Go(Box::new(Self {
            url,
            address: self.address.filter(|_| is_relative),
            server_name: self.server_name.clone().filter(|_| is_relative),
            method: if keeps_method { self.method.clone() } else { Method::GET },
            headers,
            body: if repeats { self.body.clone() } else { Bytes::new() },
        }))
    }
}

/// The headers that may go to any host.
fn public(headers: &HeaderMap) -> HeaderMap {
    let public = headers.iter().filter(|(_, value)| !value.is_sensitive());
    public.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(url: &str) -> Hop {
        let mut headers = HeaderMap::new();
        let mut secret = header::HeaderValue::from_static("Bearer x");
        secret.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, secret);
        headers.insert(header::HOST, header::HeaderValue::from_static("virtual.example"));
        let address = Some(SocketAddr::from(([127, 0, 0, 1], 80)));
        let name = Some("virtual.example".to_owned());
        Hop::first(Url::parse(url).unwrap(), address, name, "POST", headers, "b".into()).unwrap()
    }

    fn after(status: u16, location: &str) -> Hop {
        let mut answer = HeaderMap::new();
        answer.insert(header::LOCATION, location.parse().unwrap());
        let status = StatusCode::from_u16(status).unwrap();
        match first("http://a.example/x/y").redirect(status, &answer) {
            Next::Go(hop) => *hop,
            Next::Stay | Next::Nowhere(_) => panic!("{status} {location} is a redirect"),
        }
    }

    #[test]
    fn a_relative_redirect_stays_with_address_and_virtual_host() {
        let hop = after(302, "../z");
        assert_eq!(hop.url.as_str(), "http://a.example/z");
        assert!(hop.address.is_some() && hop.server_name.is_some());
        assert!(hop.headers.contains_key(header::HOST));
        assert!(hop.headers.contains_key(header::AUTHORIZATION));
        assert_eq!((hop.method, hop.body.len()), (Method::GET, 0));
    }

    #[test]
    fn an_absolute_redirect_is_resolved_anew_and_takes_no_credentials_elsewhere() {
        for location in ["https://b.example/", "//b.example/", "http://a.example:81/"] {
            let hop = after(307, location);
            assert!(hop.address.is_none() && hop.server_name.is_none(), "{location}");
            assert!(!hop.headers.contains_key(header::AUTHORIZATION), "{location}");
            assert!(!hop.headers.contains_key(header::HOST), "{location}");
            assert_eq!((&hop.method, hop.body.len()), (&Method::POST, 1), "{location}");
        }
        let same = after(301, "http://a.example/z");
        assert!(same.headers.contains_key(header::AUTHORIZATION));
        assert!(same.address.is_none());
    }

    #[test]
    fn what_is_no_redirect_stays_and_what_leads_nowhere_fails() {
        let hop = first("http://a.example/");
        let mut answer = HeaderMap::new();
        assert!(matches!(hop.redirect(StatusCode::FOUND, &answer), Next::Stay));
        answer.insert(header::LOCATION, "ftp://a.example".parse().unwrap());
        assert!(matches!(hop.redirect(StatusCode::FOUND, &answer), Next::Nowhere(_)));
        assert!(matches!(hop.redirect(StatusCode::NOT_MODIFIED, &answer), Next::Stay));
        answer.insert(header::LOCATION, "http://[::1".parse().unwrap());
        assert!(matches!(hop.redirect(StatusCode::FOUND, &answer), Next::Nowhere(_)));
    }
}
