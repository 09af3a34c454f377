//! One request from head to answer: guards, prefix, route, compression, headers, counters.
//! A panic in a handler is answered with 500 and logged; the connection and the process live on.

use crate::app::Front;
use crate::reply::{ApiError, ErrorType};
use crate::routes::Handled;
use crate::{guard, gzip};
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Redirect, Response};
use http::uri::PathAndQuery;
use http::{Method, Request, Uri};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tower::ServiceExt;

/// Answers a request.
pub(crate) async fn answer(
    front: Arc<Front>,
    router: Router,
    mut request: Request<Body>,
) -> Response {
    let begun = front.clock.monotonic();
    let gzip = gzip::accepts(request.headers(), "gzip");
    let head = request.method() == Method::HEAD;
    let response = match guard::admit(&front, &mut request).await {
        Ok(()) => route(&front, router, request).await,
        Err(refusal) => *refusal,
    };
    let handler = response.extensions().get::<Handled>().map_or("(refused)", |handled| handled.0);
    let mut response = if gzip && !head { gzip::compress(response) } else { response };
    guard::add_security_headers(response.headers_mut(), &front.web.active().headers);
    let duration = front.clock.monotonic().saturating_sub(begun);
    front.http.observe(handler, response.status().as_u16(), duration);
    response
}

async fn route(front: &Front, router: Router, request: Request<Body>) -> Response {
    let request = match strip_prefix(&front.prefix, request) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    let mut answering = pin!(router.oneshot(request));
    let caught = poll_fn(|cx| {
        let poll = catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(cx)));
        match poll {
            Ok(Poll::Ready(answer)) => Poll::Ready(Some(answer)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_panic) => Poll::Ready(None),
        }
    });
    if let Some(answer) = caught.await {
        return answer.into_response();
    }
    tracing::error!("a request handler panicked");
    ApiError::new(ErrorType::Internal, "a bug in the server; see its log").into_response()
}

/// Takes the prefix off the path; `/` and the bare prefix lead to the page.
fn strip_prefix(prefix: &str, mut request: Request<Body>) -> Result<Request<Body>, Box<Response>> {
    if prefix.is_empty() {
        return Ok(request);
    }
    let path = request.uri().path();
    let Some(rest) = path.strip_prefix(prefix) else {
        let home = format!("{prefix}/");
        let response = if path == "/" {
            Redirect::temporary(&home).into_response()
        } else {
            let message = format!("no such page: everything is below {home}");
            ApiError::new(ErrorType::NotFound, message).into_response()
        };
        return Err(Box::new(response));
    };
    if rest.is_empty() {
        return Err(Box::new(Redirect::temporary(&format!("{prefix}/")).into_response()));
    }
    if !rest.starts_with('/') {
        let message = format!("no such page: everything is below {prefix}/");
        return Err(Box::new(ApiError::new(ErrorType::NotFound, message).into_response()));
    }
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let inner: PathAndQuery =
        format!("{rest}{query}").parse().expect("the end of a valid path is a valid path");
    *request.uri_mut() = Uri::from(inner);
    Ok(request)
}

#[cfg(test)]
mod tests;
