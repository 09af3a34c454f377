//! The server's side: a worker and how it is asked. Every question has a deadline, every answer a
//! bound; what went wrong on the way is one of a few words.

use super::wire::{Answers, Batch, Question};
use crate::Outcome;
use config::{HttpAuth, HttpClientConfig, ProbeLocation, TextSource};
use exposition::Family;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use model::Labels;
use net::{BodyLimits, Client, ClientOptions, ErrorKind, Request, UrlSecrecy};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use url::Url;

/// Time beyond that of the probe for the way there and back.
const WAY: Duration = Duration::from_secs(2);
/// Bytes of an answer at most.
const ANSWER_BYTES_MAX: u64 = 4 << 20;
/// Characters of a worker's own words that are kept.
const WORDS_CHARS_MAX: usize = 300;

/// Why nobody knows how a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unknown {
    /// The worker's URL, password or certificate cannot be used.
    Config,
    /// The worker's name has no address.
    Resolve,
    /// The policy forbids the worker's address.
    Forbidden,
    /// No connection to the worker.
    Connect,
    /// The TLS handshake with the worker failed.
    Tls,
    /// The worker did not answer in time.
    Timeout,
    /// The worker wants other credentials.
    Auth,
    /// The worker has too much to do.
    Busy,
    /// The worker cannot make this probe; most often it lacks the module.
    Refused,
    /// What the worker says is no answer.
    Protocol,
}

impl Unknown {
    /// All reasons.
    pub const ALL: [Self; 10] = [
        Self::Config,
        Self::Resolve,
        Self::Forbidden,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Auth,
        Self::Busy,
        Self::Refused,
        Self::Protocol,
    ];

    /// Value of the label `reason`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Resolve => "resolve",
            Self::Forbidden => "forbidden",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Auth => "auth",
            Self::Busy => "busy",
            Self::Refused => "refused",
            Self::Protocol => "protocol",
        }
    }

    fn of(error: &net::Error) -> Self {
        match error.kind() {
            ErrorKind::Forbidden => Self::Forbidden,
            ErrorKind::Resolve => Self::Resolve,
            ErrorKind::Connect => Self::Connect,
            ErrorKind::Tls => Self::Tls,
            ErrorKind::Timeout => Self::Timeout,
            ErrorKind::Config | ErrorKind::Unsupported => Self::Config,
            _ => Self::Protocol,
        }
    }
}

/// A worker gave no outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// Why, for a label.
    pub reason: Unknown,
    /// Why, for people.
    pub why: String,
}

/// A worker.
pub struct Location {
    name: String,
    /// Where it takes questions; or why its URL cannot be used.
    url: Result<Url, String>,
    client: Client,
    answered: AtomicU64,
    unanswered: [AtomicU64; Unknown::ALL.len()],
    /// Of the last question: 0 not asked yet, 1 unanswered, 2 answered.
    last: AtomicU8,
}

impl Location {
    /// A worker as the configuration names it; nothing is dialled yet.
    pub fn new(config: &ProbeLocation, options: &ClientOptions) -> Self {
        let auth = match &config.username {
            Some(user) => HttpAuth::Basic {
                username: TextSource::Inline(user.clone()),
                password: config.password.clone(),
            },
            None => HttpAuth::None,
        };
        // A redirect would carry targets and credentials elsewhere.
        let client = HttpClientConfig {
            auth,
            tls: config.tls.clone(),
            follow_redirects: false,
            ..HttpClientConfig::default()
        };
        let text = format!("{}/probe", config.url.trim_end_matches('/'));
        Self {
            name: config.name.clone(),
            url: Url::parse(&text).map_err(|error| format!("`{text}`: {error}")),
            client: Client::new(client, options.clone()),
            answered: AtomicU64::new(0),
            unanswered: Default::default(),
            last: AtomicU8::new(0),
        }
    }

    /// Value of the label `location`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Has the worker probe; takes at most the probe's time and two seconds.
    ///
    /// # Errors
    /// Why there is no outcome; then nothing is known of the target.
    pub async fn ask(&self, question: &Question) -> Result<Outcome, Unanswered> {
        let asked = self.exchange(question).await;
        match &asked {
            Ok(_) => self.answered.fetch_add(1, Ordering::Relaxed),
            Err(unanswered) => {
                let index = Unknown::ALL.iter().position(|reason| *reason == unanswered.reason);
                let counter = &self.unanswered[index.unwrap_or_default()];
                counter.fetch_add(1, Ordering::Relaxed)
            }
        };
        self.note(asked.as_ref().err());
        asked
    }

    /// Says once that the worker is gone, and once that it is back; a worker that refuses one probe
    /// is there.
    fn note(&self, unanswered: Option<&Unanswered>) {
        let gone = unanswered.filter(|one| one.reason != Unknown::Refused);
        let before = self.last.swap(if gone.is_none() { 2 } else { 1 }, Ordering::Relaxed);
        let location = self.name.as_str();
        match gone {
            Some(Unanswered { reason, why }) if before != 1 => {
                let reason = reason.name();
                let what = "a worker of probes does not answer: its targets are unknown";
                tracing::warn!(location, reason, why, "{what}");
            }
            None if before == 1 => tracing::info!(location, "a worker of probes answers again"),
            Some(_) | None => {}
        }
    }

    async fn exchange(&self, question: &Question) -> Result<Outcome, Unanswered> {
        let silent = |reason, why: String| Unanswered { reason, why };
        let url = self.url.clone().map_err(|why| silent(Unknown::Config, why))?;
        let batch = Batch { probes: vec![question.clone()] };
        let body = serde_json::to_vec(&batch);
        let body = body.map_err(|error| silent(Unknown::Config, error.to_string()))?;
        let kind = HeaderValue::from_static("application/json");
        let request = Request {
            method: Method::POST,
            url,
            secrecy: UrlSecrecy::Public,
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]),
            body: body.into(),
            timeout: question.timeout().saturating_add(WAY),
            limits: BodyLimits::whole(ANSWER_BYTES_MAX),
        };
        let mut bytes = Vec::new();
        let sent = self.client.send(request, &mut bytes).await;
        let exchange = sent.map_err(|error| silent(Unknown::of(&error), error.describe()))?;
        if exchange.status != StatusCode::OK {
            return Err(refusal(exchange.status, &bytes));
        }
        let answers: Answers = serde_json::from_slice(&bytes).map_err(|error| {
            silent(Unknown::Protocol, format!("the answer is not a worker's: {error}"))
        })?;
        let [answered] = <[_; 1]>::try_from(answers.results).map_err(|results| {
            let why = format!("the answer has {} results, expected 1", results.len());
            silent(Unknown::Protocol, why)
        })?;
        if let Some(error) = answered.error {
            return Err(silent(Unknown::Refused, words(&error)));
        }
        let told = answered.outcome.unwrap_or_default();
        told.into_outcome().map_err(|why| silent(Unknown::Protocol, why))
    }

    /// What was asked of the worker so far, for the server's own metrics.
    pub fn families<'l>(locations: impl Iterator<Item = &'l Self>) -> Vec<Family> {
        let help = "Whether the worker of a location answered the last question.";
        let mut up = Family::gauge("flyball_probe_location_up", help);
        let help = "Probes asked of workers, by what became of the question.";
        let mut asked = Family::counter("flyball_probe_location_requests_total", help);
        for location in locations {
            let name = location.name.as_str();
            let last = location.last.load(Ordering::Relaxed);
            if last > 0 {
                let is_up = f64::from(u8::from(last == 2));
                up.push(Labels::from_pairs([("location", name)]), is_up);
            }
            let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
            let of = |result| Labels::from_pairs([("location", name), ("result", result)]);
            asked.push(of("answered"), count(&location.answered));
            for (reason, counter) in Unknown::ALL.iter().zip(&location.unanswered) {
                if count(counter) > 0.0 {
                    asked.push(of(reason.name()), count(counter));
                }
            }
        }
        [up, asked].into_iter().filter(|family| !family.points.is_empty()).collect()
    }
}

/// An answer that is no success.
fn refusal(status: StatusCode, body: &[u8]) -> Unanswered {
    let reason = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Unknown::Auth,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Unknown::Busy,
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => Unknown::Refused,
        _ => Unknown::Protocol,
    };
    let why = format!("the worker answers {}: {}", status.as_u16(), {
        words(&String::from_utf8_lossy(body))
    });
    Unanswered { reason, why }
}

/// The beginning of what a worker says, on one line.
fn words(text: &str) -> String {
    let line = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    line.take(WORDS_CHARS_MAX).collect()
}
