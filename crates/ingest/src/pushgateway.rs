//! The API of Prometheus' Pushgateway (1.11): jobs that end before anybody scrapes them leave their
//! metrics here. `PUT` replaces a group, `POST` its families of the same names, `DELETE` removes
//! it.
//! What is pushed is stored at once and again at every tick, as scrapes of a gateway would; what is
//! gone becomes stale. Groups are kept in a file, so that they go on after a restart.

mod groups;
mod kept;
mod key;
mod page;

use crate::answer::Answer;
use crate::batch::{LabelBytes, RequestBatch};
use crate::http::handle;
use crate::intake::{Intake, Refusals, Stop, refuse_body};
use crate::receiver::{Receiver, ReceiverOptions};
use crate::stats::ReceiverStats;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::MethodRouter;
use groups::{Change, Groups};
use model::{Appender, Labels, MetricMetadata, Row, Timestamp, Value, stale_marker};
use parking_lot::Mutex;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use sys::{Clock, Vfs};
use wire::bounded::{Bounds, Gunzip};
use wire::remote_write::put_label;

/// Where jobs push: the job, then further labels of the group, in pairs.
pub const PUSH_PATHS: [&str; 2] = ["/metrics/job/{*rest}", "/metrics/job@base64/{*rest}"];
/// Time between two ticks: shorter than any lookback.
pub const PUSH_INTERVAL: Duration = Duration::from_secs(15);

/// How far samples may run ahead of the clock.
const CLOCK_STEP_MAX: Duration = Duration::from_mins(1);

/// Takes pushed metrics and hands their samples to an appender.
pub struct PushGateway {
    receiver: Arc<Receiver>,
    clock: Arc<dyn Clock>,
    vfs: Arc<dyn Vfs>,
    /// Where the groups are kept.
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    groups: Groups,
    /// Of the latest samples: the next ones are later.
    last: Timestamp,
    /// The file does not say what the groups are.
    is_dirty: bool,
}

/// The handler of [`PUSH_PATHS`], for whoever owns the table of routes.
pub fn push_route(gateway: &Arc<PushGateway>) -> MethodRouter {
    let handler = |gateway: Arc<PushGateway>| {
        move |request: Request| async move { push(gateway, request).await.into_response() }
    };
    axum::routing::put(handler(Arc::clone(gateway)))
        .post(handler(Arc::clone(gateway)))
        .delete(handler(Arc::clone(gateway)))
}

async fn push(gateway: Arc<PushGateway>, request: Request) -> Answer {
    let key = key::of_path(request.uri().path());
    let form = page::Form::of(request.headers());
    let is_gzip = is_gzip(request.headers());
    let method = request.method().clone();
    let (receiver, worker) = (Arc::clone(&gateway.receiver), Arc::clone(&gateway));
    let work = move |_: &Receiver, body: &[u8]| {
        let answer = match (key, form, is_gzip) {
            (Ok(key), Ok(form), Ok(is_gzip)) => {
                worker.receive(&method, &key, Encoded { body, form, is_gzip })
            }
            (Err(text), ..) | (_, Err(text), _) | (.., Err(text)) => {
                Answer::new(StatusCode::BAD_REQUEST, text)
            }
        };
        worker.receiver.count(&answer);
        answer
    };
    handle(receiver, request, work).await.unwrap_or_else(|early| early)
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, String> {
    match headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"" | b"identity") => Ok(false),
        Some(encoding) if encoding.eq_ignore_ascii_case(b"gzip") => Ok(true),
        Some(other) => {
            let other = other.escape_ascii();
            Err(format!("content encoding `{other}`, gzip or identity expected"))
        }
    }
}

/// A body and how it is to be read.
#[derive(Clone, Copy)]
struct Encoded<'b> {
    body: &'b [u8],
    form: page::Form,
    is_gzip: bool,
}

impl PushGateway {
    /// A gateway in front of a store, with the groups that the file keeps. A damaged file is moved
    /// to `quarantine/` beside it and told of; the gateway begins without groups.
    ///
    /// # Errors
    /// When the file is there and cannot be read, or is damaged and cannot be moved.
    pub fn open(
        appender: Arc<dyn Appender>,
        options: ReceiverOptions,
        clock: Arc<dyn Clock>,
        vfs: Arc<dyn Vfs>,
        file: PathBuf,
    ) -> io::Result<Self> {
        let groups = kept::open(vfs.as_ref(), &file)?;
        let state = State { groups, ..State::default() };
        let receiver = Arc::new(Receiver::new(appender, options));
        Ok(Self { receiver, clock, vfs, file, state: Mutex::new(state) })
    }

    /// Its counters.
    pub fn stats(&self) -> &Arc<ReceiverStats> {
        self.receiver.stats()
    }

    /// Stores what is pushed again and keeps the groups if they changed. Blocks.
    ///
    /// # Errors
    /// When the file cannot be written; it is tried again at the next tick.
    pub fn tick(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        let at = self.advance(&mut state);
        let answer = self.store(state.groups.rows(), Vec::new(), at);
        if !answer.status.is_success() {
            tracing::warn!(error = answer.text, "pushed metrics could not be stored again");
        }
        self.keep(&mut state)
    }

    /// Keeps the groups, if they changed. Blocks.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn close(&self) -> io::Result<()> {
        self.keep(&mut self.state.lock())
    }

    fn keep(&self, state: &mut State) -> io::Result<()> {
        if !state.is_dirty {
            return Ok(());
        }
        if let Some(folder) = self.file.parent() {
            self.vfs.create_dir_durable(folder)?;
        }
        self.vfs.replace(&self.file, &kept::write(&state.groups))?;
        state.is_dirty = false;
        Ok(())
    }

    fn advance(&self, state: &mut State) -> Timestamp {
        let now = self.clock.now();
        let next = Timestamp::from_ms(state.last.ms().saturating_add(1));
        // A last one far ahead was set before the clock jumped back.
        let is_jump = next.since(now) > CLOCK_STEP_MAX;
        state.last = if is_jump { now } else { now.max(next) };
        state.last
    }

    fn receive(&self, method: &Method, key: &Labels, sent: Encoded<'_>) -> Answer {
        self.stats().bytes_received.add(sent.body.len());
        let pushed = self.pushed(method, &sent);
        let mut state = self.state.lock();
        let at = self.advance(&mut state);
        state.is_dirty = true;
        let change = match pushed {
            Ok(Pushed::Gone) => Ok(state.groups.remove(key)),
            Ok(Pushed::Group(families)) => state.groups.replace(key, families, at, true),
            Ok(Pushed::Families(families)) => state.groups.replace(key, families, at, false),
            Err(answer) => {
                if answer.status == StatusCode::BAD_REQUEST {
                    state.groups.note_failure(key, at);
                }
                return answer;
            }
        };
        let Change { rows, gone, metadata } = match change {
            Ok(change) => change,
            Err(text) => return Answer::new(StatusCode::BAD_REQUEST, text),
        };
        let gone = gone.into_iter().map(|labels| (labels, stale_marker()));
        let answer = self.store(rows.into_iter().chain(gone), metadata, at);
        if !answer.status.is_success() {
            return answer;
        }
        let is_delete = *method == Method::DELETE;
        Answer::new(if is_delete { StatusCode::ACCEPTED } else { StatusCode::OK }, "")
    }

    fn pushed(&self, method: &Method, sent: &Encoded<'_>) -> Result<Pushed, Answer> {
        if *method == Method::DELETE {
            return Ok(Pushed::Gone);
        }
        let unpacked;
        let body = if sent.is_gzip {
            let mut gunzip = Gunzip::new(Bounds::of(self.receiver.options.body_bytes_max), vec![]);
            let whole = gunzip.push(sent.body).and_then(|()| gunzip.finish());
            unpacked = whole.map_err(|error| refuse_body(&error))?;
            &unpacked
        } else {
            sent.body
        };
        self.stats().bytes_decoded.add(body.len());
        let families = page::read(body, sent.form)
            .map_err(|text| Answer::new(StatusCode::BAD_REQUEST, text))?;
        let all = *method == Method::PUT;
        Ok(if all { Pushed::Group(families) } else { Pushed::Families(families) })
    }

    fn store(
        &self,
        rows: impl IntoIterator<Item = (Labels, f64)>,
        metadata: Vec<MetricMetadata>,
        at: Timestamp,
    ) -> Answer {
        let intake = &self.receiver.intake;
        let mut refusals = Refusals::default();
        let batch = read_rows(intake, rows, at, &mut refusals).map(|mut batch| {
            batch.batch.metadata = metadata;
            batch
        });
        match batch {
            Ok(batch) => match intake.store(batch, &mut refusals) {
                Ok(()) => refusals.conclude(),
                Err(error) => Answer::of_error(&error),
            },
            Err(stop) => stop.answer(),
        }
    }
}

/// What a request wants.
enum Pushed {
    Gone,
    Group(page::Families),
    Families(page::Families),
}

fn read_rows(
    intake: &Intake,
    rows: impl IntoIterator<Item = (Labels, f64)>,
    timestamp: Timestamp,
    refusals: &mut Refusals,
) -> Result<RequestBatch<'static>, Stop> {
    let (mut batch, mut lookup) = (RequestBatch::default(), intake.lookup());
    for (labels, value) in rows {
        intake.check_room(&mut batch)?;
        let begin = batch.made.len();
        for (name, value) in labels.iter() {
            put_label(name, value, &mut batch.made);
        }
        let max = intake.options.label_bytes_max;
        if batch.made.len() > max {
            return Err(Stop::TooMany(format!("more than {max} bytes of labels in one request")));
        }
        let place = LabelBytes::Made(begin..batch.made.len());
        match intake.resolve(place, false, &mut lookup, &mut batch)? {
            Ok(known) => {
                let (series, value) = (known.series, Value::Float(value));
                batch.push(Row { series, timestamp, value, start: None });
            }
            Err(refused) => {
                batch.made.truncate(begin);
                intake.refuse(&refused, refusals);
                Intake::note_unresolved(refused, refusals);
            }
        }
    }
    lookup.finish(&batch);
    Ok(batch)
}
