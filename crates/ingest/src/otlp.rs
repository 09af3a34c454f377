//! Metrics by OTLP over HTTP, as protobuf or JSON, and over gRPC, bare or gzip. What a request
//! holds is stored as one batch; what is refused is told as partial success with the first reason.

mod deltas;
mod grpc;
mod labels;
mod names;
mod native;
mod translate;

use crate::answer::Answer;
use crate::http::handle;
use crate::intake::{Refusals, refuse_body};
use crate::receiver::{Receiver, ReceiverOptions};
use crate::stats::ReceiverStats;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use config::OtlpConfig;
use deltas::Deltas;
pub use grpc::{OTLP_GRPC_PATH, otlp_grpc_route};
use model::Appender;
use parking_lot::{Mutex, RwLock};
use std::borrow::Cow;
use std::sync::Arc;
use translate::Translation;
use wire::WireError;
use wire::bounded::{Bounds, Gunzip};
use wire::otlp::{
    protobuf_of_json, response_json, response_protobuf, status_json, status_protobuf,
};

/// Where SDKs send metrics when they are given the address of a collector.
pub const OTLP_METRICS_PATH: &str = "/v1/metrics";
/// Where upstream takes them.
pub const OTLP_PROMETHEUS_PATH: &str = "/api/v1/otlp/v1/metrics";

/// JSON becomes a tree of up to 40 times its length.
const JSON_BYTES_MAX: usize = 8 << 20;
/// `google.rpc.Code`: the request is wrong, or the server cannot take it now.
const INVALID_ARGUMENT: u64 = 3;
const UNAVAILABLE: u64 = 14;

/// Takes OTLP metrics and hands their samples to an appender.
pub struct OtlpReceiver {
    receiver: Arc<Receiver>,
    config: RwLock<Arc<OtlpConfig>>,
    deltas: Mutex<Deltas>,
}

/// How a body is written, and its answer with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Protobuf,
    Json,
}

/// What headers say of a body.
#[derive(Clone, Copy, Debug)]
struct Shape {
    form: Form,
    is_gzip: bool,
}

/// What a sender is told.
struct Told {
    form: Form,
    answer: Answer,
    /// Samples refused although the request is well.
    rejected: usize,
}

/// The handler of both paths, with its state, for whoever owns the table of routes.
pub fn otlp_route(receiver: Arc<OtlpReceiver>) -> MethodRouter {
    post(move |request: Request| write(Arc::clone(&receiver), request))
}

async fn write(otlp: Arc<OtlpReceiver>, request: Request) -> Response {
    let shape = match shape_of(request.headers()) {
        Ok(shape) => shape,
        Err(text) => {
            let answer = Answer::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
            otlp.receiver.count(&answer);
            return answer.into_response();
        }
    };
    let form = shape.form;
    let worker = Arc::clone(&otlp);
    let receiver = Arc::clone(&otlp.receiver);
    let told = handle(receiver, request, move |_, body| worker.receive(body, shape)).await;
    told.unwrap_or_else(|answer| Told { form, answer, rejected: 0 }).into_response()
}

impl OtlpReceiver {
    /// A receiver in front of a store.
    pub fn new(appender: Arc<dyn Appender>, options: ReceiverOptions) -> Self {
        let receiver = Arc::new(Receiver::new(appender, options));
        Self { receiver, config: RwLock::default(), deltas: Mutex::default() }
    }

    /// Goes on under other rules.
    pub fn configure(&self, config: OtlpConfig) {
        *self.config.write() = Arc::new(config);
    }

    /// Its counters.
    pub fn stats(&self) -> &Arc<ReceiverStats> {
        self.receiver.stats()
    }

    fn receive(&self, body: &[u8], shape: Shape) -> Told {
        self.stats().bytes_received.add(body.len());
        let form = shape.form;
        let told = match self.decode(body, shape) {
            Ok(body) => self.store(&body, form),
            Err(error) => Told { form, answer: refuse_body(&error), rejected: 0 },
        };
        self.receiver.count(&told.answer);
        told
    }

    fn decode<'b>(&self, body: &'b [u8], shape: Shape) -> Result<Cow<'b, [u8]>, WireError> {
        let whole = self.receiver.options.body_bytes_max;
        let max = if shape.form == Form::Json { whole.min(JSON_BYTES_MAX) } else { whole };
        let plain = if shape.is_gzip {
            let mut gunzip = Gunzip::new(Bounds::of(max), Vec::new());
            gunzip.push(body)?;
            Cow::Owned(gunzip.finish()?)
        } else {
            Cow::Borrowed(body)
        };
        self.stats().bytes_decoded.add(plain.len());
        match shape.form {
            Form::Protobuf => Ok(plain),
            Form::Json => protobuf_of_json(&plain, max).map(Cow::Owned),
        }
    }

    fn store(&self, body: &[u8], form: Form) -> Told {
        let config = Arc::clone(&self.config.read());
        let intake = &self.receiver.intake;
        let mut refusals = Refusals::default();
        let translation = Translation::new(intake, &config, &self.deltas, &mut refusals);
        let stored = translation.store(body);
        let answer = stored.err().unwrap_or_else(|| refusals.conclude());
        // A bad part of a request is told beside the good one (OTLP, "Partial Success").
        let is_partial = answer.status == StatusCode::BAD_REQUEST && refusals.count > 0;
        let rejected = if is_partial { refusals.count } else { 0 };
        let answer = if is_partial { Answer { status: StatusCode::OK, ..answer } } else { answer };
        Told { form, answer, rejected }
    }
}

/// By `Content-Type` and `Content-Encoding`; parameters do not matter.
fn shape_of(headers: &HeaderMap) -> Result<Shape, String> {
    let text = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let content_type = text(header::CONTENT_TYPE).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let form = match media_type.to_ascii_lowercase().as_str() {
        "application/x-protobuf" => Form::Protobuf,
        "application/json" => Form::Json,
        other => {
            let expected = "\"application/x-protobuf\" or \"application/json\" expected";
            return Err(format!("content type {other:?}, {expected}"));
        }
    };
    let is_gzip = match text(header::CONTENT_ENCODING).as_deref() {
        None | Some("" | "identity") => false,
        Some(encoding) if encoding.eq_ignore_ascii_case("gzip") => true,
        Some(other) => return Err(format!("content encoding {other:?}, \"gzip\" expected")),
    };
    Ok(Shape { form, is_gzip })
}

impl IntoResponse for Told {
    fn into_response(self) -> Response {
        let Self { form, answer, rejected } = self;
        let is_well = answer.status.is_success();
        let text = answer.text.as_str();
        let code = if answer.status.is_server_error() { UNAVAILABLE } else { INVALID_ARGUMENT };
        let (content_type, body) = match (form, is_well) {
            (Form::Protobuf, true) => (PROTOBUF, response_protobuf(rejected as u64, text)),
            (Form::Protobuf, false) => (PROTOBUF, status_protobuf(code, text)),
            (Form::Json, true) => (JSON, response_json(rejected as u64, text).into_bytes()),
            (Form::Json, false) => (JSON, status_json(code, text).into_bytes()),
        };
        let mut response = answer.into_response();
        *response.body_mut() = body.into();
        if is_well {
            *response.status_mut() = StatusCode::OK;
        }
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response
    }
}

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";
