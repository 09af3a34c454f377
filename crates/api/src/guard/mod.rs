//! Checks in front of every route, in this order: rate, length of the URI, Host, origin of
//! writes, authentication; then, per route, permission and readiness.
//! Each check is one function in one file; the list below is the only place that applies them.

mod auth;
mod exposure;
mod headers;
mod host;
mod origin;
mod rate;
mod uri;

pub(crate) use auth::Authenticator;
#[cfg(any(test, fuzzing))]
pub(crate) use auth::parse_credentials;
pub(crate) use exposure::check_exposure;
pub(crate) use headers::add_security_headers;
pub(crate) use host::HostList;

use crate::app::Front;
use axum::body::Body;
use axum::response::Response;
use http::Request;

/// A check: lets the request pass (perhaps with an extension added) or answers it.
type Guard = fn(&Front, &mut Request<Body>) -> Result<(), Box<Response>>;

/// INV-81: every request to every path, known or not, passes all of these before anything else
/// looks at it.
const GUARDS: [Guard; 4] = [rate::check, uri::check, host::check, origin::check];

/// Applies all guards; the principal is left in the request's extensions.
pub(crate) async fn admit(front: &Front, request: &mut Request<Body>) -> Result<(), Box<Response>> {
    for guard in GUARDS {
        guard(front, request)?;
    }
    auth::check(front, request).await
}

#[cfg(test)]
mod tests;
