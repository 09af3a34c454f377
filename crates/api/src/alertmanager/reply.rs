//! Answers as go-swagger gives them: a JSON value without envelope; complaints as a JSON text, or
//! as an object with a code where the request itself is wrong.

use crate::body::BodyTrouble;
use crate::provider::{ProviderError, ProviderErrorKind, SilenceFailure};
use crate::render::Elements;
use crate::reply::{elements, json};
use alerts::SilenceError;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::json;

/// go-openapi's code for a value of a wrong form.
const CODE_FORMAT: u16 = 601;
/// The same for one that is not there.
const CODE_REQUIRED: u16 = 602;
/// The same for a list that is too short.
const CODE_TOO_FEW: u16 = 612;

/// Answers with a value.
pub(super) fn answer(value: &impl Serialize) -> Response {
    uncached(json(StatusCode::OK, value))
}

/// Answers with a list that is written while it is sent; what is `held` is let go then.
pub(super) fn list(data: Box<dyn Elements>, held: impl Send + Unpin + 'static) -> Response {
    uncached(elements(data, held))
}

/// The same with a link to the next page, a query of the same path (RFC 8288).
pub(super) fn page(
    data: Box<dyn Elements>,
    held: impl Send + Unpin + 'static,
    next: Option<&str>,
) -> Response {
    let mut response = list(data, held);
    let link = next.and_then(|query| format!("<?{query}>; rel=\"next\"").parse().ok());
    response.headers_mut().extend(link.map(|link: HeaderValue| (header::LINK, link)));
    response
}

/// Answers that it is done.
pub(super) fn done() -> Response {
    uncached(StatusCode::OK.into_response())
}

/// State of the moment: nobody may keep it.
fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Why a request is not answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Complaint {
    /// A sentence.
    Sentence(StatusCode, String),
    /// What is wrong with the request, with go-openapi's code.
    Coded(StatusCode, u16, String),
    /// There is no such thing; no more is said.
    NotFound,
}

impl Complaint {
    pub(super) fn bad(sentence: impl Into<String>) -> Self {
        Self::Sentence(StatusCode::BAD_REQUEST, sentence.into())
    }

    pub(super) fn internal(sentence: impl Into<String>) -> Self {
        Self::Sentence(StatusCode::INTERNAL_SERVER_ERROR, sentence.into())
    }

    /// A value of the request is missing: `labels in body is required`.
    pub(super) fn required(what: &str) -> Self {
        Self::invalid(CODE_REQUIRED, format!("{what} is required"))
    }

    /// A value of the request is not of a type: `silenceID in path must be of type uuid: "x"`.
    pub(super) fn not_of_type(what: &str, kind: &str, value: &str) -> Self {
        let value = model::quote(value);
        Self::invalid(CODE_FORMAT, format!("{what} must be of type {kind}: {value}"))
    }

    pub(super) fn empty_list(what: &str) -> Self {
        Self::invalid(CODE_TOO_FEW, format!("{what} should have at least 1 items"))
    }

    fn invalid(code: u16, message: String) -> Self {
        Self::Coded(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// The body is no JSON of the right shape; `name` is upstream's for it.
    pub(super) fn unreadable(name: &str, reason: impl std::fmt::Display) -> Self {
        let status = StatusCode::BAD_REQUEST;
        let message = format!("parsing {name} body from \"\" failed, because {reason}");
        Self::Coded(status, status.as_u16(), message)
    }

    pub(super) fn wrong_media_type(found: &str) -> Self {
        let (status, found) = (StatusCode::UNSUPPORTED_MEDIA_TYPE, model::quote(found));
        let message =
            format!("unsupported media type {found}, only [application/json] are allowed");
        Self::Coded(status, status.as_u16(), message)
    }
}

impl From<BodyTrouble> for Complaint {
    fn from(trouble: BodyTrouble) -> Self {
        let (status, sentence) = match trouble {
            BodyTrouble::NoRoom => {
                (StatusCode::SERVICE_UNAVAILABLE, "too many large bodies at a time".to_owned())
            }
            BodyTrouble::TooLong(limit) => {
                (StatusCode::PAYLOAD_TOO_LARGE, format!("body is longer than {limit} bytes"))
            }
            BodyTrouble::TooSlow => {
                (StatusCode::REQUEST_TIMEOUT, "body came too slowly".to_owned())
            }
            BodyTrouble::Broken(reason) => (StatusCode::BAD_REQUEST, reason),
        };
        Self::Coded(status, status.as_u16(), sentence)
    }
}

impl From<ProviderError> for Complaint {
    fn from(error: ProviderError) -> Self {
        let status = match error.kind() {
            ProviderErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ProviderErrorKind::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            ProviderErrorKind::Refused => StatusCode::BAD_REQUEST,
        };
        Self::Sentence(status, error.to_string())
    }
}

impl From<SilenceFailure> for Complaint {
    fn from(failure: SilenceFailure) -> Self {
        let sentence = failure.to_string();
        match failure {
            SilenceFailure::Refused(SilenceError::NotFound) => {
                Self::Sentence(StatusCode::NOT_FOUND, sentence)
            }
            SilenceFailure::Refused(_) => Self::bad(sentence),
            SilenceFailure::Failed(error) => error.into(),
        }
    }
}

impl IntoResponse for Complaint {
    fn into_response(self) -> Response {
        uncached(match self {
            Self::Sentence(status, sentence) => json(status, &sentence),
            Self::Coded(status, code, message) => {
                json(status, &json!({"code": code, "message": message}))
            }
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
        })
    }
}
