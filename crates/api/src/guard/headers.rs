//! Headers that tell browsers how little they may do with an answer, and those the operator adds.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Headers of every answer; a handler or the web configuration may set its own value.
const DEFAULTS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "deny"),
    ("referrer-policy", "no-referrer"),
    // Answers of the API are data: nothing in them may run. The page brings its own policy.
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
];

/// Adds the defaults where nothing is set, then the operator's headers over everything.
pub(crate) fn add_security_headers(
    headers: &mut HeaderMap,
    configured: &[(HeaderName, HeaderValue)],
) {
    for (name, value) in DEFAULTS {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    for (name, value) in configured {
        headers.insert(name, value.clone());
    }
}
