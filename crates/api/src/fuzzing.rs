//! The parsers of this crate behind one door, for `fuzz/fuzz_targets/api_request.rs`; not an API.

use crate::guard::{HostList, parse_credentials};
use crate::params::{Params, parse_duration, parse_selectors, parse_time};
use crate::{ServerOptions, gzip, prom};
use http::{HeaderMap, HeaderValue, header};

/// Feeds bytes to everything that reads parts of a request; must return for any input.
pub fn request(data: &[u8]) {
    let params = Params::parse(data);
    drop((params.limit(), params.timeout(), params.truth("x")));
    drop(params.selector_texts().map(|texts| parse_selectors(&texts)));
    let text = String::from_utf8_lossy(data);
    drop((parse_time(&text), parse_duration(&text), prom::labels::unescape(&text)));
    let hosts = HostList::new(&ServerOptions::default(), &[]);
    assert!(!hosts.accepts(&format!("{text}.evil.example")), "a foreign name is never accepted");
    if let Ok(value) = HeaderValue::from_bytes(data) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, value.clone());
        headers.insert(header::AUTHORIZATION, value);
        drop((gzip::accepts(&headers, "gzip"), parse_credentials(&headers)));
    }
}

#[cfg(test)]
mod tests;
