//! Limits the length of a request's path and query; long questions belong into a POST form.

use crate::app::Front;
use crate::reply::ApiError;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};

pub(super) fn check(front: &Front, request: &mut Request<Body>) -> Result<(), Box<Response>> {
    let length = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    let limit = front.options.uri_bytes_max;
    if length <= limit {
        return Ok(());
    }
    let message = format!(
        "the request's path and query have {length} bytes, at most {limit} are accepted; \
         send the parameters as a POST form"
    );
    Err(Box::new(ApiError::bad_data(message).with_status(StatusCode::URI_TOO_LONG).into_response()))
}
