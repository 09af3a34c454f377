//! The HTTP side: headers, body limits, turns. Work happens on blocking threads, never on the event
//! loop. A request takes a place, then its body takes bytes of a common budget as they arrive (a
//! slow sender holds what it sent, nothing more), then it gets a turn; what it makes in memory then
//! is bounded.

use crate::answer::Answer;
use crate::receiver::{BUDGET_UNIT, Receiver};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{MethodRouter, post};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

/// Where senders write.
pub const WRITE_PATH: &str = "/api/v1/write";

/// The handler of [`WRITE_PATH`], with its state, for whoever owns the table of routes.
pub fn write_route(receiver: Arc<Receiver>) -> MethodRouter {
    post(move |request: Request| write(Arc::clone(&receiver), request))
}

/// A router with the one route.
pub fn router(receiver: Arc<Receiver>) -> Router {
    Router::new().route(WRITE_PATH, write_route(receiver))
}

async fn write(receiver: Arc<Receiver>, request: Request) -> Answer {
    let (head, body) = request.into_parts();
    if asks_for_zstd(head.uri.query().unwrap_or_default()) {
        return Answer::new(StatusCode::OK, "1");
    }
    let version = match check_headers(&head.headers) {
        Ok(version) => version,
        Err(text) => {
            return early(&receiver, Answer::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
        }
    };
    let request = Request::from_parts(head, body);
    let worked = handle(receiver, request, move |receiver, bytes| match version {
        Version::One => receiver.receive(bytes),
        Version::Two => receiver.receive_2(bytes),
    });
    worked.await.unwrap_or_else(|early| early)
}

/// Gives a whole body to `work` on a blocking thread, within the limits of a receiver.
///
/// # Errors
/// What the sender is told when it does not come to that; counted already.
pub(crate) async fn handle<T: Send + 'static>(
    receiver: Arc<Receiver>,
    request: Request,
    work: impl FnOnce(&Receiver, &[u8]) -> T + Send + 'static,
) -> Result<T, Answer> {
    let (head, body) = request.into_parts();
    if let Err(answer) = check_declared_length(&head.headers, receiver.options.body_bytes_max) {
        return Err(early(&receiver, answer));
    }
    let Ok(place) = Arc::clone(&receiver.places).try_acquire_owned() else {
        return Err(early(&receiver, Answer::unavailable("too many requests are waiting")));
    };
    let body = match timeout(receiver.options.body_timeout, read_body(&receiver, body)).await {
        Ok(Ok(body)) => body,
        Ok(Err(answer)) => return Err(early(&receiver, answer)),
        Err(_) => return Err(early(&receiver, too_slow(receiver.options.body_timeout))),
    };
    let turn =
        timeout(receiver.options.wait_max, Arc::clone(&receiver.turns).acquire_owned()).await;
    let Ok(Ok(turn)) = turn else {
        return Err(early(&receiver, Answer::unavailable("no turn within the time to wait")));
    };
    let worker = Arc::clone(&receiver);
    let HeldBody { bytes, budget } = body;
    let work = tokio::task::spawn_blocking(move || {
        // All stay taken until the work is done, even if the sender has gone.
        let _held = (place, turn, budget);
        work(&worker, &bytes)
    });
    work.await.map_err(|_panicked| {
        let text = "the request could not be handled";
        early(&receiver, Answer::new(StatusCode::INTERNAL_SERVER_ERROR, text))
    })
}

fn early(receiver: &Receiver, answer: Answer) -> Answer {
    receiver.count(&answer);
    answer
}

/// What a body holds.
#[derive(Clone, Copy, Debug)]
enum Version {
    /// `prometheus.WriteRequest`.
    One,
    /// `io.prometheus.write.v2.Request`.
    Two,
}

/// Agents of VictoriaMetrics from 1.88 on ask before they send zstd; later ones try.
fn asks_for_zstd(query: &str) -> bool {
    query.split('&').any(|pair| pair.starts_with("get_vm_proto_version="))
}

/// As upstream's write handler: both headers may be missing (senders before 1.0), nothing else.
fn check_headers(headers: &HeaderMap) -> Result<Version, String> {
    let text = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let version = match text(header::CONTENT_TYPE).as_deref() {
        None | Some("") => Version::One,
        Some(content_type) => check_content_type(content_type)?,
    };
    match text(header::CONTENT_ENCODING).as_deref() {
        None | Some("") => Ok(version),
        Some(encoding) if encoding.eq_ignore_ascii_case("snappy") => Ok(version),
        // As VictoriaMetrics takes it; its agents try this first.
        Some("zstd") if matches!(version, Version::One) => Ok(version),
        Some(other) => Err(format!("content encoding {other:?}, \"snappy\" expected")),
    }
}

fn check_content_type(content_type: &str) -> Result<Version, String> {
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    if !media_type.eq_ignore_ascii_case("application/x-protobuf") {
        return Err(format!("content type {media_type:?}, \"application/x-protobuf\" expected"));
    }
    for parameter in parts {
        match parameter.split_once('=') {
            Some(("proto", "prometheus.WriteRequest")) => return Ok(Version::One),
            Some(("proto", "io.prometheus.write.v2.Request")) => return Ok(Version::Two),
            Some(("proto", other)) => {
                return Err(format!(
                    "message {other:?}, \"prometheus.WriteRequest\" or \
                     \"io.prometheus.write.v2.Request\" expected"
                ));
            }
            Some(_) => {}
            None => return Err(format!("content type parameter {parameter:?} without a value")),
        }
    }
    Ok(Version::One)
}

fn check_declared_length(headers: &HeaderMap, max: usize) -> Result<(), Answer> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    match declared.and_then(|text| text.parse::<usize>().ok()) {
        Some(declared) if declared > max => Err(too_large(max)),
        Some(_) | None => Ok(()),
    }
}

/// A body with the part of the budget that it holds.
struct HeldBody {
    bytes: Vec<u8>,
    budget: Option<OwnedSemaphorePermit>,
}

async fn read_body(receiver: &Receiver, body: Body) -> Result<HeldBody, Answer> {
    let max = receiver.options.body_bytes_max;
    let mut body = Limited::new(body, max);
    let mut held = HeldBody { bytes: Vec::new(), budget: None };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unreadable(error.as_ref(), max))?;
        let Ok(chunk) = frame.into_data() else { continue }; // trailers say nothing here
        let more = take_budget(receiver, chunk.len()).await?;
        match &mut held.budget {
            Some(budget) => budget.merge(more),
            None => held.budget = Some(more),
        }
        held.bytes.extend_from_slice(&chunk);
    }
    Ok(held)
}

async fn take_budget(receiver: &Receiver, len: usize) -> Result<OwnedSemaphorePermit, Answer> {
    let units = u32::try_from(len.div_ceil(BUDGET_UNIT)).unwrap_or(u32::MAX);
    let budget = Arc::clone(&receiver.budget).acquire_many_owned(units);
    match timeout(receiver.options.wait_max, budget).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_)) | Err(_) => Err(Answer::unavailable("too many bytes of requests are in memory")),
    }
}

/// What is told of a body that could not be read within its bound.
pub(crate) fn unreadable(error: &(dyn std::error::Error + 'static), bytes_max: usize) -> Answer {
    if error.is::<LengthLimitError>() {
        return too_large(bytes_max);
    }
    Answer::new(StatusCode::REQUEST_TIMEOUT, format!("cannot read the body: {error}"))
}

pub(crate) fn too_slow(limit: Duration) -> Answer {
    let text = format!("the body did not arrive within {} seconds", limit.as_secs());
    Answer::new(StatusCode::REQUEST_TIMEOUT, text)
}

fn too_large(max: usize) -> Answer {
    let text = format!("the body is longer than {max} bytes");
    Answer::new(StatusCode::PAYLOAD_TOO_LARGE, text)
}
