//! InfluxDB's line protocol over HTTP, as its versions 1 and 2 take it: Telegraf and the clients of
//! either write here. A field is a series `measurement_field` (`measurement`, if the field is
//! `value`), tags are its labels, as in Prometheus' `influxdb_exporter`. Texts are no samples.
//! The good lines of a body are stored; the first bad one is told.

use crate::answer::Answer;
use crate::batch::{LabelBytes, RequestBatch};
use crate::cache::Lookup;
use crate::http::{handle, too_slow, unreadable};
use crate::intake::{Intake, Refusals, Stop, refuse_body};
use crate::receiver::{Receiver, ReceiverOptions};
use crate::stats::ReceiverStats;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http_body_util::{BodyExt, Limited};
use model::{Appender, METRIC_NAME, Row, Timestamp, Value};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use sys::Clock;
use tokio::time::timeout;
use wire::bounded::{Bounds, Gunzip};
use wire::influx::{Field, Line, Lines};
use wire::remote_write::put_label;

/// Where writers of version 1 and 2 write, bare and below `/influx`.
pub const INFLUX_WRITE_PATHS: [&str; 4] =
    ["/write", "/api/v2/write", "/influx/write", "/influx/api/v2/write"];
/// Where writers ask whether the server is there.
pub const INFLUX_PING_PATHS: [&str; 2] = ["/ping", "/influx/ping"];
/// Where writers of version 1 make their database.
pub const INFLUX_QUERY_PATHS: [&str; 2] = ["/query", "/influx/query"];

/// The version whose protocol is spoken: clients of version 1 look for it.
const VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-influxdb-version"), HeaderValue::from_static("1.8.10"));

/// Longest statement.
const STATEMENT_BYTES_MAX: usize = 64 << 10;
/// The field that is the measurement itself.
const VALUE_FIELD: &str = "value";

/// Takes line protocol and hands its samples to an appender.
pub struct InfluxReceiver {
    receiver: Arc<Receiver>,
    clock: Arc<dyn Clock>,
}

/// The handler of the paths to write to, with its state, for whoever owns the table of routes.
pub fn influx_write_route(influx: Arc<InfluxReceiver>) -> MethodRouter {
    post(move |request: Request| write(Arc::clone(&influx), request))
}

/// The handler of the paths to ask.
pub fn influx_ping_route() -> MethodRouter {
    get(|| async { ([VERSION], StatusCode::NO_CONTENT) })
}

/// The handler of the paths where databases are made. There is only one: making another succeeds
/// and does nothing, and any other statement is refused. GET belongs to the page.
pub fn influx_query_route(influx: Arc<InfluxReceiver>) -> MethodRouter {
    post(move |request: Request| query(Arc::clone(&influx), request))
}

async fn query(influx: Arc<InfluxReceiver>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let form = match statement_form(body, influx.receiver.options.body_timeout).await {
        Ok(form) => form,
        Err(answer) => {
            influx.receiver.count(&answer);
            return ([VERSION], told(answer, false)).into_response();
        }
    };
    let sources = [head.uri.query().unwrap_or_default().as_bytes(), &form];
    let mut pairs = sources.into_iter().flat_map(url::form_urlencoded::parse);
    let statement = pairs.find(|(name, _)| name == "q").map_or(Cow::Borrowed(""), |(_, q)| q);
    let (status, body) = statement_answer(&statement);
    ([VERSION], (status, Json(body))).into_response()
}

async fn statement_form(body: Body, wait_max: Duration) -> Result<Bytes, Answer> {
    match timeout(wait_max, Limited::new(body, STATEMENT_BYTES_MAX).collect()).await {
        Ok(Ok(form)) => Ok(form.to_bytes()),
        Ok(Err(error)) => Err(unreadable(error.as_ref(), STATEMENT_BYTES_MAX)),
        Err(_) => Err(too_slow(wait_max)),
    }
}

fn statement_answer(statement: &str) -> (StatusCode, serde_json::Value) {
    let words: Vec<String> =
        statement.split_whitespace().take(2).map(str::to_ascii_lowercase).collect();
    match [words.first(), words.get(1)].map(|word| word.map_or("", String::as_str)) {
        ["create", "database"] => {
            (StatusCode::OK, serde_json::json!({"results": [{"statement_id": 0}]}))
        }
        ["show", "databases"] => {
            let series =
                serde_json::json!({"name": "databases", "columns": ["name"], "values": []});
            (
                StatusCode::OK,
                serde_json::json!({"results": [{"statement_id": 0, "series": [series]}]}),
            )
        }
        _ => {
            let text = "of InfluxQL only CREATE DATABASE and SHOW DATABASES are answered; \
                        questions are asked in PromQL at /api/v1/query";
            (StatusCode::BAD_REQUEST, serde_json::json!({"error": text}))
        }
    }
}

async fn write(influx: Arc<InfluxReceiver>, request: Request) -> Response {
    let is_2 = request.uri().path().ends_with("/api/v2/write");
    let form = Precision::of(request.uri()).and_then(|precision| {
        is_gzip(request.headers()).map(|is_gzip| Form { precision, is_gzip })
    });
    let answer = match form {
        Err(text) => {
            let answer = Answer::new(StatusCode::BAD_REQUEST, text);
            influx.receiver.count(&answer);
            answer
        }
        Ok(form) => {
            let (receiver, worker) = (Arc::clone(&influx.receiver), Arc::clone(&influx));
            let worked = handle(receiver, request, move |_, body| worker.receive(body, form));
            worked.await.unwrap_or_else(|early| early)
        }
    };
    told(answer, is_2)
}

/// As InfluxDB tells errors: JSON, with a code in version 2.
fn told(answer: Answer, is_2: bool) -> Response {
    if answer.status.is_success() {
        return answer.into_response();
    }
    let body = if is_2 {
        let code = match answer.status {
            StatusCode::BAD_REQUEST => "invalid",
            StatusCode::PAYLOAD_TOO_LARGE => "request too large",
            StatusCode::TOO_MANY_REQUESTS => "too many requests",
            _ => "unavailable",
        };
        serde_json::json!({ "code": code, "message": answer.text })
    } else {
        serde_json::json!({ "error": answer.text })
    };
    let mut response = answer.into_response();
    *response.body_mut() = body.to_string().into();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.remove(header::CONTENT_LENGTH);
    response
}

/// What headers and address say of a body.
#[derive(Clone, Copy, Debug)]
struct Form {
    precision: Precision,
    is_gzip: bool,
}

/// Unit of timestamps, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Precision(i128);

impl Precision {
    /// By the parameter `precision`; nanoseconds when it is missing.
    fn of(uri: &Uri) -> Result<Self, String> {
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let found = query.into_iter().find(|(name, _)| name == "precision");
        let unit = found.map_or(Cow::Borrowed("ns"), |(_, value)| value);
        let nanoseconds = match unit.as_ref() {
            "" | "n" | "ns" => 1,
            "u" | "us" | "µ" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            other => {
                let expected = "one of ns, us, ms, s, m, h expected";
                return Err(format!("precision {other:?}, {expected}"));
            }
        };
        Ok(Self(nanoseconds))
    }

    fn to_ms(self, timestamp: i64) -> i64 {
        let ms = i128::from(timestamp) * self.0 / 1_000_000;
        i64::try_from(ms).unwrap_or(if ms < 0 { i64::MIN } else { i64::MAX })
    }
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, String> {
    let encoding = headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    match encoding {
        None | Some(b"" | b"identity") => Ok(false),
        Some(encoding) if encoding.eq_ignore_ascii_case(b"gzip") => Ok(true),
        Some(other) => {
            let other = other.escape_ascii();
            Err(format!("content encoding `{other}`, gzip or identity expected"))
        }
    }
}

impl InfluxReceiver {
    /// A receiver in front of a store; the clock dates lines without a timestamp.
    pub fn new(
        appender: Arc<dyn Appender>,
        options: ReceiverOptions,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { receiver: Arc::new(Receiver::new(appender, options)), clock }
    }

    /// Its counters.
    pub fn stats(&self) -> &Arc<ReceiverStats> {
        self.receiver.stats()
    }

    fn receive(&self, body: &[u8], form: Form) -> Answer {
        self.stats().bytes_received.add(body.len());
        let answer = self.answer(body, form);
        self.receiver.count(&answer);
        answer
    }

    fn answer(&self, body: &[u8], form: Form) -> Answer {
        let unpacked;
        let body = if form.is_gzip {
            let mut gunzip = Gunzip::new(Bounds::of(self.receiver.options.body_bytes_max), vec![]);
            match gunzip.push(body).and_then(|()| gunzip.finish()) {
                Ok(body) => unpacked = body,
                Err(error) => return refuse_body(&error),
            }
            &unpacked
        } else {
            body
        };
        self.stats().bytes_decoded.add(body.len());
        let text = match std::str::from_utf8(body) {
            Ok(text) => text,
            Err(error) => {
                let text = format!("the body is not UTF-8 at byte {}", error.valid_up_to());
                return Answer::new(StatusCode::BAD_REQUEST, text);
            }
        };
        let intake = &self.receiver.intake;
        let mut refusals = Refusals::default();
        let (batch, lookup) = (RequestBatch::default(), intake.lookup());
        let now_ms = self.clock.now().ms();
        let points = Points { intake, batch, lookup, refusals: &mut refusals, form, now_ms };
        match points.store(text) {
            Ok(()) => refusals.conclude(),
            Err(answer) => answer,
        }
    }
}

/// A body on its way into a batch.
struct Points<'t> {
    intake: &'t Intake,
    batch: RequestBatch<'static>,
    lookup: Lookup<'t, 'static>,
    refusals: &'t mut Refusals,
    form: Form,
    now_ms: i64,
}

impl Points<'_> {
    fn store(mut self, text: &str) -> Result<(), Answer> {
        let read = self.read(text);
        let Self { intake, refusals, batch, lookup, .. } = self;
        lookup.finish(&batch);
        match read {
            Ok(()) => intake.store(batch, refusals).map_err(|error| Answer::of_error(&error)),
            Err(stop) => Err(stop.answer()),
        }
    }

    fn read(&mut self, text: &str) -> Result<(), Stop> {
        let mut lines = Lines::of(text);
        while let Some(line) = lines.next_line() {
            match line {
                Ok(line) => self.line(&line)?,
                Err(error) => {
                    self.intake.check_room(&mut self.batch)?;
                    self.intake.stats.samples_malformed.add(1);
                    self.refusals.add(|| format!("partial write: {error}"));
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), Stop> {
        let at = line.timestamp.map_or(self.now_ms, |it| self.form.precision.to_ms(it));
        let measurement = metric_name(&line.measurement);
        let tags: Vec<(Cow<'_, str>, &str)> =
            line.tags.iter().map(|(name, value)| (label_name(name), value.as_ref())).collect();
        for (name, field) in &line.fields {
            let Field::Number(value) = field else { continue };
            self.intake.check_room(&mut self.batch)?;
            let name = match name.as_ref() {
                VALUE_FIELD => measurement.clone(),
                name => Cow::Owned(format!("{measurement}_{}", label_name(name))),
            };
            self.sample(&name, &tags, at, *value)?;
        }
        Ok(())
    }

    fn sample(
        &mut self,
        name: &str,
        tags: &[(Cow<'_, str>, &str)],
        at: i64,
        value: f64,
    ) -> Result<(), Stop> {
        let begin = self.batch.made.len();
        put_label(METRIC_NAME, name, &mut self.batch.made);
        for (name, value) in tags {
            put_label(name, value, &mut self.batch.made);
        }
        let max = self.intake.options.label_bytes_max;
        if self.batch.made.len() > max {
            return Err(Stop::TooMany(format!("more than {max} bytes of labels in one request")));
        }
        let place = LabelBytes::Made(begin..self.batch.made.len());
        match self.intake.resolve(place, false, &mut self.lookup, &mut self.batch)? {
            Ok(known) => {
                let (timestamp, value) = (Timestamp::from_ms(at), Value::Float(value));
                self.batch.push(Row { series: known.series, timestamp, value, start: None });
            }
            Err(refused) => {
                self.batch.made.truncate(begin);
                self.intake.refuse(&refused, self.refusals);
                Intake::note_unresolved(refused, self.refusals);
            }
        }
        Ok(())
    }
}

/// A measurement as a metric name: what such a name cannot hold becomes `_`.
fn metric_name(name: &str) -> Cow<'_, str> {
    escaped(name, |c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

/// A tag or field as (part of) a label name.
fn label_name(name: &str) -> Cow<'_, str> {
    escaped(name, |c| c.is_ascii_alphanumeric() || c == '_')
}

fn escaped(name: &str, is_fine: impl Fn(char) -> bool) -> Cow<'_, str> {
    let begins_well = !name.starts_with(|c: char| c.is_ascii_digit());
    if begins_well && name.chars().all(&is_fine) {
        return Cow::Borrowed(name);
    }
    let first = if begins_well { "" } else { "_" };
    Cow::Owned(
        first.chars().chain(name.chars().map(|c| if is_fine(c) { c } else { '_' })).collect(),
    )
}
