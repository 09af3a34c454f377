//! The thread of one remote endpoint: makes the requests that `remote` wants, on a runtime of its
//! own, so that reading and packing hold up nobody else.

use super::answer::Answer;
use super::core::{Now, Outcome, Send, kinds};
use super::counts::Counts;
use super::remote::Remote;
use super::request::{self, Families};
use config::{RemoteWriteConfig, RemoteWriteMessage};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use journal::Position;
use model::{MetricMetadata, Querier as _};
use net::{BodyLimits, Client, ClientOptions, ErrorKind, Request, UrlSecrecy};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use sys::Clock;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tsdb::Db;
use url::Url;

type Error = Box<dyn std::error::Error + std::marker::Send + Sync>;

/// How often the journal is looked at.
const POLL: Duration = Duration::from_millis(200);
/// How long what waits may take to be sent at the end; the rest is sent by the next process.
const FLUSH_MAX: Duration = Duration::from_secs(2);
/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 4096;
/// Metadata is tried so often each time.
const METADATA_TRIES: u32 = 3;
/// Reasons of refusals that are logged; more are counted.
const REASONS_LOGGED_MAX: usize = 100;

/// What a running endpoint shows.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) counts: Mutex<Counts>,
    /// Nothing before is needed.
    pub(crate) floor: Mutex<Position>,
}

/// Everything one endpoint needs.
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) config: RemoteWriteConfig,
    pub(crate) db: Arc<Db>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: ClientOptions,
    pub(crate) shown: Arc<Shown>,
    /// Called when the floor has moved.
    pub(crate) moved: Arc<dyn Fn() + std::marker::Send + Sync>,
}

struct Ended {
    shard: usize,
    outcome: Outcome,
    took: Duration,
}

impl Endpoint {
    pub(crate) fn now(&self) -> Now {
        Now { monotonic: self.clock.monotonic(), wall_ms: self.clock.now().ms() }
    }

    /// Sends until told to stop, then what waits for a short while.
    pub(crate) async fn run(
        self: &Arc<Self>,
        mut remote: Remote,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), Error> {
        let requester = Arc::new(Requester::new(Arc::clone(self))?);
        let mut requests: JoinSet<Ended> = JoinSet::new();
        let mut metadata: JoinSet<[u64; 3]> = JoinSet::new();
        let mut next_metadata = Duration::ZERO;
        let mut deadline = None;
        loop {
            let now = self.now();
            if deadline.is_none() && *stop.borrow() {
                remote.stop();
                deadline = Some(now.monotonic + FLUSH_MAX);
            }
            if now.monotonic >= next_metadata && deadline.is_none() {
                next_metadata = now.monotonic + self.config.metadata.send_interval.max(POLL);
                requester.metadata(&mut metadata);
            }
            for send in remote.step(now)? {
                requests.spawn(Arc::clone(&requester).send(send));
            }
            self.show(&remote);
            if deadline.is_some_and(|end| remote.is_quiet() || now.monotonic >= end) {
                break;
            }
            let until_wake = remote.wake().saturating_sub(self.clock.monotonic());
            tokio::select! {
                Some(ended) = requests.join_next() => {
                    self.note(&mut remote, ended?, &mut requests);
                }
                Some(sent) = metadata.join_next() => {
                    let counts = &mut remote.counts_mut().metadata;
                    counts.iter_mut().zip(sent?).for_each(|(count, more)| *count += more);
                }
                () = tokio::time::sleep(until_wake.clamp(Duration::from_millis(1), POLL)) => {}
                changed = stop.changed(), if deadline.is_none() => changed?,
            }
        }
        remote.close()?;
        self.show(&remote);
        Ok(())
    }

    /// Takes an answer and all others that are there.
    fn note(&self, remote: &mut Remote, first: Ended, others: &mut JoinSet<Ended>) {
        let mut next = Some(first);
        while let Some(ended) = next {
            if let Outcome::Refused { reason, .. } = &ended.outcome {
                self.tell(remote, reason);
            }
            remote.answered(self.now(), ended.shard, ended.outcome, ended.took);
            next = others.try_join_next().and_then(Result::ok);
        }
    }

    /// Logs a reason once.
    fn tell(&self, remote: &Remote, reason: &str) {
        let known = &remote.counts().refusals;
        if !known.contains_key(reason) && known.len() < REASONS_LOGGED_MAX {
            let name = &self.name;
            tracing::error!(name, reason, "remote write: samples were refused and are not sent");
        }
    }

    fn show(&self, remote: &Remote) {
        *self.shown.counts.lock() = remote.counts().clone();
        let floor = remote.floor();
        let before = std::mem::replace(&mut *self.shown.floor.lock(), floor);
        if before.segment != floor.segment {
            (self.moved)();
        }
    }
}

/// Makes requests.
struct Requester {
    endpoint: Arc<Endpoint>,
    client: Client,
    url: Url,
    families: Mutex<Arc<Families>>,
    /// Kinds of errors that are being had; logged when they begin.
    failing: Mutex<BTreeSet<String>>,
}

impl Requester {
    fn new(endpoint: Arc<Endpoint>) -> Result<Self, Error> {
        let url = Url::parse(&endpoint.config.url)
            .map_err(|error| format!("url of remote write {:?}: {error}", endpoint.name))?;
        let client = Client::new(endpoint.config.http.clone(), endpoint.options.clone());
        let (families, failing) = (Mutex::default(), Mutex::default());
        Ok(Self { endpoint, client, url, families, failing })
    }

    async fn send(self: Arc<Self>, send: Send) -> Ended {
        let message = self.endpoint.config.message;
        let shard = send.shard;
        let families = Arc::clone(&self.families.lock());
        let encoded = request::encode(message, &send.samples, &families);
        let (outcome, took) = match encoded {
            Ok(body) => self.ask(message, body, &send).await,
            Err(error) => {
                let reason = format!("cannot be encoded: {error}");
                (Outcome::Refused { reason, written: None }, Duration::ZERO)
            }
        };
        Ended { shard, outcome, took }
    }

    async fn ask(
        &self,
        message: RemoteWriteMessage,
        body: Vec<u8>,
        send: &Send,
    ) -> (Outcome, Duration) {
        let bytes = body.len() as u64;
        let began = self.endpoint.clock.monotonic();
        let mut text = Vec::new();
        let answer = self.client.send(self.request(message, body, send.attempt), &mut text).await;
        let took = self.endpoint.clock.monotonic().saturating_sub(began);
        let outcome = match answer {
            Ok(exchange) => Answer {
                message,
                status: exchange.status.as_u16(),
                headers: &exchange.headers,
                body: &text,
                asked: kinds(&send.samples),
                bytes,
                retries_429: self.endpoint.config.queue.retry_on_http_429,
                now: self.endpoint.clock.now(),
            }
            .outcome(),
            Err(error) => self.failure(&error),
        };
        match &outcome {
            Outcome::Retry { .. } => {}
            Outcome::Delivered { .. } | Outcome::Refused { .. } => self.failing.lock().clear(),
        }
        (outcome, took)
    }

    /// What keeps a request from being answered may pass, a file of secrets come back: only what
    /// the file says wrongly is for good, and even that is tried again, because samples wait.
    fn failure(&self, error: &net::Error) -> Outcome {
        let kind = format!("{:?}", error.kind());
        if self.failing.lock().insert(kind) {
            let (name, error) = (&self.endpoint.name, error.describe());
            tracing::warn!(name, error, "remote write: no answer; samples wait");
        }
        let after = match error.kind() {
            ErrorKind::Config | ErrorKind::Forbidden | ErrorKind::Unsupported => {
                Some(self.endpoint.config.queue.backoff_max)
            }
            _ => None,
        };
        Outcome::Retry { after }
    }

    fn request(&self, message: RemoteWriteMessage, body: Vec<u8>, attempt: u32) -> Request {
        let mut headers = HeaderMap::new();
        let (media, version) = match message {
            RemoteWriteMessage::V1 => ("application/x-protobuf", "0.1.0"),
            RemoteWriteMessage::V2 => {
                ("application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0")
            }
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("snappy"));
        let name = HeaderName::from_static("x-prometheus-remote-write-version");
        headers.insert(name, HeaderValue::from_static(version));
        if attempt > 0 {
            headers.insert(HeaderName::from_static("retry-attempt"), HeaderValue::from(attempt));
        }
        Request {
            method: http::Method::POST,
            url: self.url.clone(),
            secrecy: UrlSecrecy::Public,
            headers,
            body: body.into(),
            timeout: self.endpoint.config.timeout,
            limits: BodyLimits::beginning(ANSWER_BYTES_MAX),
        }
    }

    /// Learns the metadata of now; with version 1.0 it is sent, too.
    fn metadata(self: &Arc<Self>, rounds: &mut JoinSet<[u64; 3]>) {
        let Ok(all) = self.endpoint.db.metadata(None, None) else { return };
        match self.endpoint.config.message {
            RemoteWriteMessage::V2 => {
                let one = |entry: MetricMetadata| (entry.metric, entry.metadata);
                *self.families.lock() = Arc::new(all.into_iter().map(one).collect());
            }
            // A round that lasts longer than the interval takes the place of the next.
            RemoteWriteMessage::V1 if self.endpoint.config.metadata.send && rounds.is_empty() => {
                rounds.spawn(Arc::clone(self).send_metadata(all));
            }
            RemoteWriteMessage::V1 => {}
        }
    }

    /// Entries that were accepted, refused, and sent again.
    async fn send_metadata(self: Arc<Self>, all: Vec<MetricMetadata>) -> [u64; 3] {
        let mut counts = [0; 3];
        for entries in all.chunks(self.endpoint.config.metadata.samples_per_send_max) {
            let Ok(body) = request::encode_metadata(entries) else { continue };
            let count = entries.len() as u64;
            for attempt in 0..METADATA_TRIES {
                let request = self.request(RemoteWriteMessage::V1, body.clone(), attempt);
                let answer = self.client.send(request, &mut Vec::new()).await;
                match answer.map(|exchange| exchange.status.as_u16()) {
                    Ok(200..=299) => {
                        counts[0] += count;
                        break;
                    }
                    Ok(400..=499) => {
                        counts[1] += count;
                        break;
                    }
                    Ok(_) | Err(_) if attempt + 1 == METADATA_TRIES => counts[1] += count,
                    Ok(_) | Err(_) => {
                        counts[2] += count;
                        tokio::time::sleep(self.endpoint.config.queue.backoff_max).await;
                    }
                }
            }
        }
        counts
    }
}
