//! Limits all requests together, as `rate_limit` of the web configuration says. It stands in front
//! of the other checks: a request beyond the limit costs next to nothing, no password least of all.

use crate::app::Front;
use crate::reply::ApiError;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};

pub(super) fn check(front: &Front, _request: &mut Request<Body>) -> Result<(), Box<Response>> {
    let active = front.web.active();
    let Some(Err(wait)) = active.limiter.as_ref().map(crate::web::Limiter::take) else {
        return Ok(());
    };
    let seconds = u32::try_from(wait.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u32::MAX);
    let message = "too many requests: `rate_limit` of the web configuration is reached";
    let refusal = ApiError::unavailable(message).with_status(StatusCode::TOO_MANY_REQUESTS);
    Err(Box::new(refusal.retry_after(seconds).into_response()))
}
