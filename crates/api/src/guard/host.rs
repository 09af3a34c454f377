//! Accepts only Host headers that mean this server, against DNS rebinding: a page of a foreign
//! name whose address was switched to ours still sends its own name.
//! Accepted: loopback names and addresses, the listen addresses, the external URL's host, extra
//! names of the operator, and any IP address when listening on all interfaces (an address cannot be
//! rebound).

use crate::ServerOptions;
use crate::app::Front;
use crate::reply::ApiError;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode, header};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

/// Names that mean this server, in lower case, without ports.
#[derive(Clone, Debug)]
pub(crate) struct HostList {
    names: BTreeSet<String>,
    any_address: bool,
}

impl HostList {
    /// Names from the options and the addresses that are really bound.
    pub(crate) fn new(options: &ServerOptions, bound: &[SocketAddr]) -> Self {
        let mut names = BTreeSet::from(["localhost".to_owned()]);
        for listen in &options.listen {
            let host = listen.rsplit_once(':').map_or(listen.as_str(), |(host, _)| host);
            names.insert(host.trim_matches(['[', ']']).to_ascii_lowercase());
        }
        names.extend(bound.iter().map(|address| address.ip().to_string()));
        names.extend(options.external_url.iter().filter_map(|url| url.host_str()).map(bare));
        names.extend(options.allowed_hosts.iter().map(|name| bare(name)));
        names.remove("");
        Self { names, any_address: bound.iter().any(|address| address.ip().is_unspecified()) }
    }

    pub(crate) fn accepts(&self, host: &str) -> bool {
        let name = bare(host_without_port(host));
        let Ok(address) = name.parse::<IpAddr>() else {
            return self.names.contains(name.trim_end_matches('.')) || is_localhost(&name);
        };
        self.any_address || address.is_loopback() || self.names.contains(&address.to_string())
    }
}

/// RFC 6761: names below `localhost` always mean the loopback interface.
fn is_localhost(name: &str) -> bool {
    name.trim_end_matches('.').ends_with(".localhost")
}

fn bare(host: &str) -> String {
    host.trim_matches(['[', ']']).to_ascii_lowercase()
}

/// `name:1788` -> `name`, `[::1]:1788` -> `[::1]`.
fn host_without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            if name.starts_with('[') || !name.contains(':') { name } else { host }
        }
        _ => host,
    }
}

/// The host a request names: in its target (absolute form) or in its Host header.
pub(super) fn requested_host(request: &Request<Body>) -> Option<&str> {
    let in_target = request.uri().authority().map(http::uri::Authority::as_str);
    let mut in_header = request.headers().get_all(header::HOST).iter();
    let header = in_header.next().and_then(|value| value.to_str().ok());
    if in_header.next().is_some() {
        return None;
    }
    in_target.or(header)
}

pub(super) fn check(front: &Front, request: &mut Request<Body>) -> Result<(), Box<Response>> {
    let host = requested_host(request).unwrap_or_default();
    if front.hosts.accepts(host) {
        return Ok(());
    }
    let message = format!(
        "this server does not answer for the host {}; \
         allow it with --web.allowed-host or set --web.external-url",
        model::quote(host)
    );
    let refusal = ApiError::bad_data(message).with_status(StatusCode::MISDIRECTED_REQUEST);
    Err(Box::new(refusal.into_response()))
}
