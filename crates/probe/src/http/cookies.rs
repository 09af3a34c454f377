//! Cookies within one probe: what one answer sets, the next request of the chain carries.
//! A small part of RFC 6265: hosts, domains and paths; nothing outlives the probe. Pure.

use http::header::{self, HeaderMap, HeaderValue};

/// Cookies that are kept at most.
const COOKIES_MAX: usize = 50;
/// Longest cookie that is kept, in bytes, as browsers do.
const COOKIE_BYTES_MAX: usize = 4096;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Cookie {
    name: String,
    value: String,
    host: String,
    /// Subdomains of the host get it as well.
    is_for_domain: bool,
    path: String,
}

/// The cookies of one probe.
#[derive(Clone, Debug, Default)]
pub(super) struct Jar(Vec<Cookie>);

impl Jar {
    /// Keeps what an answer of a host sets.
    pub(super) fn take(&mut self, host: &str, answer: &HeaderMap) {
        for value in answer.get_all(header::SET_COOKIE) {
            let Ok(text) = value.to_str() else { continue };
            let Some(cookie) = read(host, text) else { continue };
            self.0.retain(|known| (&known.name, &known.host) != (&cookie.name, &cookie.host));
            if self.0.len() < COOKIES_MAX {
                self.0.push(cookie);
            }
        }
    }

    /// Value of the header for a request to a host.
    pub(super) fn header(&self, host: &str, path: &str) -> Option<HeaderValue> {
        let fits = |cookie: &&Cookie| {
            let below = || host.strip_suffix(&cookie.host).is_some_and(|head| head.ends_with('.'));
            (host == cookie.host || cookie.is_for_domain && below())
                && path.starts_with(&cookie.path)
        };
        let pair = |cookie: &Cookie| format!("{}={}", cookie.name, cookie.value);
        let pairs: Vec<String> = self.0.iter().filter(fits).map(pair).collect();
        (!pairs.is_empty()).then(|| HeaderValue::from_str(&pairs.join("; ")).ok()).flatten()
    }
}

fn read(host: &str, text: &str) -> Option<Cookie> {
    if text.len() > COOKIE_BYTES_MAX {
        return None;
    }
    let mut parts = text.split(';').map(str::trim);
    let (name, value) = parts.next()?.split_once('=')?;
    let mut cookie = Cookie {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
        host: host.to_owned(),
        is_for_domain: false,
        path: "/".to_owned(),
    };
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let domain = value.trim_start_matches('.').to_ascii_lowercase();
        if key.eq_ignore_ascii_case("domain") && !domain.is_empty() {
            // Of a whole top-level domain nobody may set cookies.
            let is_above = host.strip_suffix(&domain).is_some_and(|head| head.ends_with('.'));
            if host != domain && !(is_above && domain.contains('.')) {
                return None;
            }
            (cookie.host, cookie.is_for_domain) = (domain, true);
        } else if key.eq_ignore_ascii_case("path") && value.starts_with('/') {
            value.clone_into(&mut cookie.path);
        } else if key.eq_ignore_ascii_case("max-age") && value.trim() == "0" {
            return None;
        }
    }
    (!cookie.name.is_empty()).then_some(cookie)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(host: &str, cookies: &[&'static str]) -> Jar {
        let mut answer = HeaderMap::new();
        for cookie in cookies {
            answer.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
        }
        let mut jar = Jar::default();
        jar.take(host, &answer);
        jar
    }

    #[test]
    fn cookies_go_back_to_where_they_came_from() {
        let jar = jar("a.example", &["s=1; Path=/; HttpOnly", "t=2; Path=/x", "s=3"]);
        assert_eq!(jar.header("a.example", "/x/y").unwrap(), "t=2; s=3");
        assert_eq!(jar.header("a.example", "/").unwrap(), "s=3");
        assert!(jar.header("b.a.example", "/").is_none());
    }

    #[test]
    fn a_domain_reaches_subdomains_but_no_strangers() {
        let jar = jar("b.a.example", &["s=1; Domain=.a.example", "t=2; Domain=c.example"]);
        assert_eq!(jar.header("c.a.example", "/").unwrap(), "s=1");
        assert!(jar.header("xa.example", "/").is_none());
    }

    #[test]
    fn the_jar_is_bounded() {
        let mut jar = Jar::default();
        for n in 0..1000 {
            let mut answer = HeaderMap::new();
            answer.insert(header::SET_COOKIE, format!("c{n}=1").parse().unwrap());
            jar.take("a", &answer);
        }
        assert_eq!(jar.0.len(), COOKIES_MAX);
    }
}
