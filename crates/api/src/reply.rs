//! Answers in Prometheus' envelope: `{"status":"success","data":...}` or an error with its type.
//! Statuses follow upstream's `respondError`; the texts are for people and for `promtool`.

use crate::provider::{ProviderError, ProviderErrorKind};
use crate::queries::{Outcome, Refusal};
use crate::render::ResultStream;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use http_body::{Body as HttpBody, Frame};
use query::{AnswerMemory, QueryError, QueryErrorKind};
use serde::Serialize;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use utoipa::ToSchema;

/// What clients are told to wait when queries are too many or too large.
const BUSY_RETRY_AFTER_SECONDS: u32 = 5;

/// Error types of Prometheus' API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ErrorType {
    /// The client left or cancelled.
    Canceled,
    /// The deadline passed.
    Timeout,
    /// The question cannot be answered over these data.
    Execution,
    /// The question is wrong.
    BadData,
    /// We are wrong, or the storage failed.
    Internal,
    /// Not now: starting, stopping, overloaded, switched off.
    Unavailable,
    /// There is no such thing.
    NotFound,
    /// Not allowed (an addition; Prometheus answers such requests with plain text).
    Forbidden,
}

impl ErrorType {
    /// nginx's number for a client that closed the request, used by upstream too.
    const CLIENT_CLOSED: u16 = 499;

    fn status(self) -> StatusCode {
        match self {
            Self::Canceled => {
                StatusCode::from_u16(Self::CLIENT_CLOSED).expect("499 is within 100..=999")
            }
            Self::Timeout | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Execution => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BadData => StatusCode::BAD_REQUEST,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden => StatusCode::FORBIDDEN,
        }
    }
}

/// The error envelope.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// Always `error`.
    status: &'static str,
    #[serde(rename = "errorType")]
    error_type: ErrorType,
    /// What is wrong, one line.
    error: String,
}

/// A request that got no data.
#[derive(Debug)]
pub(crate) struct ApiError {
    error_type: ErrorType,
    message: String,
    status: StatusCode,
    retry_after_seconds: Option<u32>,
    /// The limit that a query ran into.
    refusal: Option<Refusal>,
}

impl ApiError {
    pub(crate) fn new(error_type: ErrorType, message: impl Into<String>) -> Self {
        let status = error_type.status();
        let message = message.into();
        Self { error_type, message, status, retry_after_seconds: None, refusal: None }
    }

    pub(crate) fn bad_data(message: impl Into<String>) -> Self {
        Self::new(ErrorType::BadData, message)
    }

    /// `invalid parameter "step": ...`, upstream's sentence.
    pub(crate) fn invalid_parameter(name: &str, reason: impl std::fmt::Display) -> Self {
        Self::bad_data(format!("invalid parameter {}: {reason}", model::quote(name)))
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorType::Unavailable, message)
    }

    /// Not now, because others hold what is needed.
    pub(crate) fn busy(refusal: Refusal, message: impl Into<String>) -> Self {
        Self::unavailable(message).retry_after(BUSY_RETRY_AFTER_SECONDS).refused(Some(refusal))
    }

    fn refused(self, refusal: Option<Refusal>) -> Self {
        Self { refusal, ..self }
    }

    /// How the query ended, for the counters.
    pub(crate) fn outcome(&self) -> Outcome {
        match (self.refusal, self.error_type) {
            (Some(refusal), _) => Outcome::Refused(refusal),
            (None, ErrorType::Canceled) => Outcome::Left,
            (None, ErrorType::Timeout) => Outcome::TimedOut,
            (None, ErrorType::BadData | ErrorType::NotFound | ErrorType::Forbidden) => {
                Outcome::Invalid
            }
            (None, ErrorType::Execution | ErrorType::Internal | ErrorType::Unavailable) => {
                Outcome::Failed
            }
        }
    }

    /// Upstream's sentence (`promql.ErrQueryTimeout`); the place is a stage of the query.
    pub(crate) fn timed_out(place: &str) -> Self {
        Self::new(ErrorType::Timeout, format!("query timed out in {place}"))
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The sentence for people.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Type and sentence, to be told inside of another answer.
    pub(crate) fn into_parts(self) -> (ErrorType, String) {
        (self.error_type, self.message)
    }

    /// Answers with another status than the type's usual one.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Tells the client when to come again.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody { status: "error", error_type: self.error_type, error: self.message };
        let mut response = json(self.status, &body);
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        let error_type = match error.kind() {
            QueryErrorKind::Cancelled => ErrorType::Canceled,
            QueryErrorKind::Timeout => ErrorType::Timeout,
            QueryErrorKind::TooManySamples
            | QueryErrorKind::TooManySeries
            | QueryErrorKind::TooMuchMemory
            | QueryErrorKind::Execution => ErrorType::Execution,
            QueryErrorKind::Storage => ErrorType::Internal,
            QueryErrorKind::Unavailable => {
                return Self::busy(Refusal::SharedMemory, error.to_string());
            }
        };
        let refusal = match Outcome::from(&error) {
            Outcome::Refused(refusal) => Some(refusal),
            _ => None,
        };
        Self::new(error_type, error.to_string()).refused(refusal)
    }
}

/// Reads about labels and series fail as `execution` upstream, whatever the cause; an unavailable
/// store is worth its own answer, because clients may come again.
impl From<model::QuerierError> for ApiError {
    fn from(error: model::QuerierError) -> Self {
        let error_type = match error.kind() {
            model::QuerierErrorKind::Unavailable => {
                return Self::busy(Refusal::SharedMemory, error.to_string());
            }
            model::QuerierErrorKind::TooMuch => {
                return Self::new(ErrorType::Execution, error.to_string())
                    .refused(Some(Refusal::Memory));
            }
            model::QuerierErrorKind::Storage => ErrorType::Internal,
            model::QuerierErrorKind::Cancelled => ErrorType::Canceled,
            model::QuerierErrorKind::Timeout => ErrorType::Timeout,
            _ => ErrorType::Execution,
        };
        Self::new(error_type, error.to_string())
    }
}

impl From<ProviderError> for ApiError {
    fn from(error: ProviderError) -> Self {
        let error_type = match error.kind() {
            ProviderErrorKind::Unavailable => ErrorType::Unavailable,
            ProviderErrorKind::Failed => ErrorType::Internal,
            ProviderErrorKind::Refused => ErrorType::BadData,
        };
        Self::new(error_type, error.to_string())
    }
}

/// The success envelope of small answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Success<T> {
    status: &'static str,
    data: T,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// Answers with data.
pub(crate) fn success<T: Serialize>(data: T) -> Response {
    json(StatusCode::OK, &Success { status: "success", data, warnings: Vec::new() })
}

/// Answers with a JSON document.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(body).expect("own types have text keys and finite floats");
    (status, [(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}

/// Answers with a text.
pub(crate) fn text(status: StatusCode, body: impl Into<String>) -> Response {
    let content_type = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (status, content_type, body.into()).into_response()
}

/// Answers with data written while they are sent, inside the envelope; `memory` is theirs.
pub(crate) fn stream(
    data: Box<dyn crate::render::Elements>,
    warnings: &[String],
    memory: AnswerMemory,
) -> Response {
    let head = b"{\"status\":\"success\",\"data\":".to_vec();
    streamed((head, annotations(warnings, &[])), data, memory)
}

/// What follows the data: `,"warnings":[..],"infos":[..]}`; empty lists are left out.
pub(crate) fn annotations(warnings: &[String], infos: &[String]) -> Vec<u8> {
    let mut tail = Vec::new();
    for (name, texts) in [("warnings", warnings), ("infos", infos)] {
        if !texts.is_empty() {
            tail.extend_from_slice(format!(",\"{name}\":").as_bytes());
            serde_json::to_writer(&mut tail, texts).expect("a Vec takes every byte");
        }
    }
    tail.push(b'}');
    tail
}

/// Answers with `head`, elements, `tail`; `memory` is that of the elements.
pub(crate) fn streamed(
    (head, tail): (Vec<u8>, Vec<u8>),
    data: Box<dyn crate::render::Elements>,
    memory: AnswerMemory,
) -> Response {
    let body = Body::new(StreamBody { stream: ResultStream::new(head, data, tail), _held: memory });
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Answers with elements alone; what is `held` is let go when the client has everything.
pub(crate) fn elements(
    data: Box<dyn crate::render::Elements>,
    held: impl Send + Unpin + 'static,
) -> Response {
    let stream = ResultStream::new(Vec::new(), data, Vec::new());
    let body = Body::new(StreamBody { stream, _held: held });
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// A result stream as a body; the connection pulls one chunk at a time.
struct StreamBody<H> {
    stream: ResultStream,
    /// Reserved until the client has taken everything, or has left.
    _held: H,
}

impl<H: Unpin> HttpBody for StreamBody<H> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.stream.next_chunk().map(|chunk| Ok(Frame::data(Bytes::from(chunk)))))
    }
}
