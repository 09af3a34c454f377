//! OTLP over gRPC: one message there, one back, without a library for gRPC. Limits, reasons and
//! partial success are those of HTTP; errors are statuses of gRPC (OTLP 1.7, "Failures": what a
//! retry may mend is `UNAVAILABLE`).

use super::{Form, OtlpReceiver, Shape, Told};
use crate::answer::Answer;
use crate::http::handle;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use http_body_util::{BodyExt as _, Full};
use std::convert::Infallible;
use std::sync::Arc;
use wire::otlp::response_protobuf;

/// Where SDKs send metrics by gRPC.
pub const OTLP_GRPC_PATH: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/// Flag and length in front of a message (gRPC over HTTP/2, "Length-Prefixed-Message").
const FRAME_BYTES: usize = 5;
const GRPC: &str = "application/grpc";

/// Codes of gRPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Ok = 0,
    InvalidArgument = 3,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
}

/// The handler of [`OTLP_GRPC_PATH`], with its state, for whoever owns the table of routes.
pub fn otlp_grpc_route(receiver: Arc<OtlpReceiver>) -> MethodRouter {
    post(move |request: Request| export(Arc::clone(&receiver), request))
}

async fn export(otlp: Arc<OtlpReceiver>, request: Request) -> Response {
    if let Err(text) = check(&request) {
        let answer = Answer::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
        otlp.receiver.count(&answer);
        return answer.into_response();
    }
    let encoding = encoding(request.headers());
    let worker = Arc::clone(&otlp);
    let receiver = Arc::clone(&otlp.receiver);
    let told = handle(receiver, request, move |_, body| {
        let (message, is_gzip) = match message(body, encoding) {
            Ok(found) => found,
            Err(answer) => {
                worker.receiver.count(&answer);
                return Told { form: Form::Protobuf, answer, rejected: 0 };
            }
        };
        worker.receive(message, Shape { form: Form::Protobuf, is_gzip })
    });
    let told = told.await;
    let early = |answer| Told { form: Form::Protobuf, answer, rejected: 0 };
    status(&told.unwrap_or_else(early))
}

/// What is no gRPC is answered by HTTP, so that who calls with another client can read it.
fn check(request: &Request) -> Result<(), String> {
    let content_type = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_grpc = content_type.is_some_and(|found| {
        let rest = found.strip_prefix(GRPC.as_bytes());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"+proto") || rest[0] == b';')
    });
    if !is_grpc {
        let found = content_type.unwrap_or_default().escape_ascii();
        return Err(format!("content type `{found}`, `{GRPC}` expected"));
    }
    if request.version() != Version::HTTP_2 {
        return Err("gRPC is spoken over HTTP/2 alone".to_owned());
    }
    Ok(())
}

/// How a message with the flag is compressed.
#[derive(Clone, Copy, Debug)]
enum Encoding {
    Identity,
    Gzip,
    Other,
}

fn encoding(headers: &HeaderMap) -> Encoding {
    match headers.get("grpc-encoding").map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Encoding::Identity,
        Some(b"gzip") => Encoding::Gzip,
        Some(_) => Encoding::Other,
    }
}

/// The one message of a request, and whether it is compressed by gzip.
fn message(body: &[u8], encoding: Encoding) -> Result<(&[u8], bool), Answer> {
    let bad = |text: String| Answer::new(StatusCode::BAD_REQUEST, text);
    let Some((frame, rest)) = body.split_first_chunk::<FRAME_BYTES>() else {
        return Err(bad(format!("a message of gRPC expected, {} bytes found", body.len())));
    };
    let [flag, length @ ..] = *frame;
    let declared = u32::from_be_bytes(length) as usize;
    if declared != rest.len() {
        let found = rest.len();
        return Err(bad(format!("one message of {declared} bytes expected, {found} bytes found")));
    }
    match (flag, encoding) {
        (0, _) => Ok((rest, false)),
        (1, Encoding::Gzip) => Ok((rest, true)),
        (1, Encoding::Other) => {
            let text = "compressed messages are read when `grpc-encoding` is gzip";
            Err(Answer::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text))
        }
        (1, Encoding::Identity) => Err(bad("a compressed message without its encoding".into())),
        (flag, _) => Err(bad(format!("flag {flag} of a message, 0 or 1 expected"))),
    }
}

fn code_of(status: StatusCode) -> Code {
    match status {
        status if status.is_success() => Code::Ok,
        StatusCode::PAYLOAD_TOO_LARGE => Code::ResourceExhausted,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::Unimplemented,
        StatusCode::INTERNAL_SERVER_ERROR => Code::Internal,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Code::Unavailable,
        status if status.is_server_error() => Code::Unavailable,
        _ => Code::InvalidArgument,
    }
}

/// A message and a status behind it, or the status alone.
fn status(told: &Told) -> Response {
    let code = code_of(told.answer.status);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(code as u16));
    let mut response = if code == Code::Ok {
        let message = response_protobuf(told.rejected as u64, &told.answer.text);
        let body = Full::new(framed(&message));
        let told = std::future::ready(Some(Ok::<_, Infallible>(trailers)));
        Response::new(Body::new(body.with_trailers(told)))
    } else {
        let text = HeaderValue::from_str(&percent_encoded(&told.answer.text));
        trailers.insert("grpc-message", text.expect("what is no printable ASCII is encoded"));
        let mut response = Response::new(Body::empty());
        *response.headers_mut() = trailers;
        response
    };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(GRPC));
    response
}

fn framed(message: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(FRAME_BYTES + message.len());
    out.push(0);
    let length = u32::try_from(message.len()).expect("a status and its reason are short");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(message);
    out.into()
}

/// gRPC over HTTP/2, "Status-Message": printable ASCII without `%` stays.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if matches!(byte, b' '..=b'~') && byte != b'%' {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
                out.push(digit.to_ascii_uppercase());
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Code, Encoding, code_of, message, percent_encoded};
    use axum::http::StatusCode;

    fn told(body: &[u8], encoding: Encoding) -> String {
        match message(body, encoding) {
            Ok((message, is_gzip)) => format!("{message:?} {is_gzip}"),
            Err(answer) => format!("{} {}", code_of(answer.status) as u16, answer.text),
        }
    }

    #[test]
    fn a_request_is_one_message() {
        assert_eq!(told(b"\0\0\0\0\x02ab", Encoding::Gzip), "[97, 98] false");
        assert_eq!(told(b"\x01\0\0\0\x02ab", Encoding::Gzip), "[97, 98] true");
        assert_eq!(told(b"\0\0\0\0\0", Encoding::Other), "[] false");
        let encoded = b"\x01\0\0\0\0";
        let identity = "3 a compressed message without its encoding";
        assert_eq!(told(encoded, Encoding::Identity), identity);
        assert!(told(encoded, Encoding::Other).starts_with("12 "));
        assert_eq!(told(b"\0\0", Encoding::Gzip), "3 a message of gRPC expected, 2 bytes found");
        let long = told(b"\0\xff\xff\xff\xffab", Encoding::Gzip);
        assert_eq!(long, "3 one message of 4294967295 bytes expected, 2 bytes found");
        assert!(told(b"\x02\0\0\0\0", Encoding::Gzip).starts_with("3 flag 2"));
    }

    #[test]
    fn statuses_tell_what_a_retry_may_mend() {
        for (status, code) in [
            (StatusCode::OK, Code::Ok),
            (StatusCode::NO_CONTENT, Code::Ok),
            (StatusCode::BAD_REQUEST, Code::InvalidArgument),
            (StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted),
            (StatusCode::TOO_MANY_REQUESTS, Code::Unavailable),
            (StatusCode::REQUEST_TIMEOUT, Code::Unavailable),
            (StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable),
            (StatusCode::INTERNAL_SERVER_ERROR, Code::Internal),
        ] {
            assert_eq!(code_of(status), code, "{status}");
        }
        assert_eq!(percent_encoded("50% über\n"), "50%25 %C3%BCber%0A");
    }
}
