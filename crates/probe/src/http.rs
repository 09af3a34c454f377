//! The HTTP prober: a request over a connection of its own, redirects, the whole body, phases.
//! What the answer is worth is decided in `judge`.

mod body;
mod cookies;
mod hop;
pub(crate) mod judge;

use crate::run::{Run, Step};
use crate::tls::{Cipher, tell};
use crate::{Reason, Span, Variation, World, names};
use body::Reading;
use bytes::Bytes;
use config::blackbox::{HttpProbe, ProbeBody};
use cookies::Jar;
use hop::{Hop, Next};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use judge::Facts;
use net::{Answer, Marks, StepClient, TlsFacts, USER_AGENT};
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// Redirects that are followed, as upstream.
const REDIRECTS_MAX: u32 = 10;
/// Largest body of a request that is read from a file: 4 MiB.
const BODY_FILE_BYTES_MAX: u64 = 4 << 20;
const PHASES: [&str; 5] = ["resolve", "connect", "tls", "processing", "transfer"];

/// Probes over HTTP.
pub(crate) struct HttpProber {
    config: HttpProbe,
    client: StepClient,
    vfs: Arc<dyn sys::Vfs>,
}

/// What is known when the probe ends, however far it got.
#[derive(Default)]
struct Seen {
    lookup: Duration,
    hops: Vec<Marks>,
    ended: Option<Instant>,
    redirects: u32,
    status: u16,
    version: f64,
    content_length: f64,
    body_bytes: u64,
    last_modified: Option<f64>,
    regex_failed: bool,
    tls: Option<TlsFacts>,
    urls: Vec<String>,
}

impl HttpProber {
    pub(crate) fn new(config: &HttpProbe, world: &World) -> Self {
        Self {
            client: StepClient::new(config.client.clone(), world.options.clone()),
            config: config.clone(),
            vfs: Arc::clone(&world.options.vfs),
        }
    }

    pub(crate) async fn probe(
        &self,
        target: &str,
        variation: &Variation,
        run: &mut Run,
    ) -> Step<()> {
        let mut seen = Seen::default();
        let result = self.attempt(target, variation, run, &mut seen).await;
        report(run, &seen);
        if seen.urls.len() > 1 {
            run.findings.urls = seen.urls;
        }
        result
    }

    async fn attempt(
        &self,
        target: &str,
        variation: &Variation,
        run: &mut Run,
        seen: &mut Seen,
    ) -> Step<()> {
        let first = self.first_hop(target, variation, run, seen).await?;
        let (mut answer, followed) = self.fetch(first, run, seen).await?;
        let details: [(&str, &(dyn Display + Sync)); 1] =
            [("status_code", &answer.status.as_u16())];
        run.info("Received HTTP response", &details);
        note_head(&answer, seen);
        run.findings.status = Some(answer.status.as_u16());
        run.findings.version = Some(version_name(answer.version));
        let keeps = self.keeps_body() || variation.keeps_answer;
        // Upstream closes an answer whose redirect it does not follow.
        let read = if followed { self.read(&mut answer, keeps, run, seen).await } else { Ok(None) };
        seen.ended = Some(Instant::now());
        let facts = Facts {
            status: answer.status.as_u16(),
            version: version_name(answer.version),
            headers: &answer.headers,
            is_tls: seen.tls.is_some(),
            body: match &read {
                Ok(Some(text)) => Some(text),
                Ok(None) | Err(_) => None,
            },
            body_is_whole: followed && read.is_ok(),
        };
        let verdict = judge::judge(&self.config, &facts);
        seen.regex_failed = verdict.regex_failed;
        let failed = match &read {
            Ok(_) => None,
            Err(failed) => Some(*failed),
        };
        if variation.keeps_answer {
            run.findings.body = read.unwrap_or_default();
            run.findings.headers = answer.headers;
        }
        match (verdict.failure, failed) {
            (Some((reason, message)), _) => Err(run.fail(reason, &message, &[])),
            (None, Some(failed)) => Err(failed),
            (None, None) => Ok(()),
        }
    }

    async fn first_hop(
        &self,
        target: &str,
        variation: &Variation,
        run: &mut Run,
        seen: &mut Seen,
    ) -> Step<Hop> {
        let whole = if target.starts_with("http://") || target.starts_with("https://") {
            target.to_owned()
        } else {
            format!("http://{target}")
        };
        let wrong = |run: &mut Run, why: &(dyn Display + Sync)| {
            run.fail(Reason::Config, "Could not parse target URL", &[("err", why)])
        };
        let url = Url::parse(&whole).map_err(|error| wrong(run, &error))?;
        let Some(host) = url.host_str() else { return Err(wrong(run, &"no host")) };
        let host = host.to_owned();
        let mut address = None;
        if !self.config.skip_resolve_phase_with_proxy || !self.client.has_proxy() {
            let (ip, took) =
                run.choose_address(self.client.dialer(), &host, self.config.ip).await?;
            seen.lookup = took;
            address = Some(SocketAddr::new(ip, url.port_or_known_default().unwrap_or(80)));
        }
        let headers = self.headers(variation, run).await?;
        let host_header = headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let named = self.config.client.tls.server_name.clone();
        let named = named.or_else(|| host_header.map(|host| without_port(host).to_owned()));
        let asked = &variation.ask;
        let body = match &asked.body {
            Some(body) => Bytes::from(body.clone()),
            None => self.body(run).await?,
        };
        let method = asked.method.as_deref().unwrap_or(&self.config.method);
        Hop::first(url, address, named, method, headers, body).map_err(|why| wrong(run, &why))
    }

    /// Headers of the module, of its authentication, and our name.
    async fn headers(&self, variation: &Variation, run: &mut Run) -> Step<HeaderMap> {
        let own = run.in_time(self.client.own_headers()).await?;
        let mut headers =
            own.map_err(|error| run.fail_by("Error generating HTTP client", &error))?;
        let hostname = variation.hostname.as_ref().map(|host| ("Host", host));
        let configured = self.config.headers.iter().map(|(name, value)| (name.as_str(), value));
        let asked = variation.ask.headers.iter().map(|(name, value)| (name.as_str(), value));
        for (name, value) in configured.chain(asked).chain(hostname) {
            let read = HeaderName::from_bytes(name.as_bytes()).ok();
            let Some((name, mut value)) = read.zip(HeaderValue::from_str(value).ok()) else {
                let message = "Error creating request";
                return Err(run.fail(Reason::Config, message, &[("header", &name)]));
            };
            value.set_sensitive(matches!(name.as_str(), "authorization" | "cookie"));
            headers.insert(name, value);
        }
        headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static(USER_AGENT));
        Ok(headers)
    }

    async fn body(&self, run: &mut Run) -> Step<Bytes> {
        let path = match &self.config.body {
            ProbeBody::Empty => return Ok(Bytes::new()),
            ProbeBody::Text(text) => return Ok(Bytes::from(text.clone())),
            ProbeBody::File(path) => path.clone(),
        };
        let vfs = Arc::clone(&self.vfs);
        let read = move || vfs.read(Path::new(&path), BODY_FILE_BYTES_MAX);
        let read = run.in_time(tokio::task::spawn_blocking(read)).await?;
        let why = match read {
            Ok(Ok(bytes)) => return Ok(Bytes::from(bytes)),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        Err(run.fail(Reason::Config, "Error creating request", &[("err", &why)]))
    }

    /// Asks, and follows redirects; the answer, and whether all of its redirects were followed.
    async fn fetch(&self, first: Hop, run: &mut Run, seen: &mut Seen) -> Step<(Answer, bool)> {
        let mut jar = Jar::default();
        let mut hop = first;
        loop {
            let details: [(&str, &(dyn Display + Sync)); 1] = [("url", &hop.url)];
            run.info("Making HTTP request", &details);
            seen.urls.push(hop.url.to_string());
            seen.hops.push(Marks::default());
            let marks = seen.hops.last_mut().expect("one was pushed");
            let request = hop.request(&jar);
            let answer = match run.in_time(self.client.send(request, marks)).await? {
                Ok(answer) => answer,
                Err(error) => return Err(run.fail_by("Error for HTTP request", &error)),
            };
            jar.take(&hop.cookie_host(), &answer.headers);
            let next = hop.redirect(answer.status, &answer.headers);
            seen.tls.clone_from(&answer.tls);
            hop = match next {
                Next::Stay => return Ok((answer, true)),
                Next::Nowhere(why) => {
                    seen.tls = None;
                    let message = "Error for HTTP request";
                    return Err(run.fail(Reason::Redirect, message, &[("err", &why)]));
                }
                Next::Go(next) => {
                    seen.redirects += 1;
                    run.info("Received redirect", &[("location", &next.url)]);
                    if seen.redirects > REDIRECTS_MAX || !self.config.client.follow_redirects {
                        run.info("Not following redirect", &[]);
                        return Ok((answer, false));
                    }
                    *next
                }
            };
        }
    }

    /// Does an expression look at the body?
    fn keeps_body(&self) -> bool {
        !self.config.fail_if_body_matches.is_empty()
            || !self.config.fail_if_body_not_matches.is_empty()
    }

    /// Reads the body to its end; gives it as text when it is to be kept.
    async fn read(
        &self,
        answer: &mut Answer,
        keeps: bool,
        run: &mut Run,
        seen: &mut Seen,
    ) -> Step<Option<String>> {
        let mut reading = Reading::new(self.config.compression, self.config.body_bytes_max, keeps);
        let read = async {
            while let Some(chunk) = answer.chunk().await.map_err(|error| error.describe())? {
                reading.push(&chunk).map_err(|error| error.to_string())?;
            }
            reading.end().map_err(|error| error.to_string())
        };
        let read = run.in_time(read).await;
        seen.body_bytes = reading.count();
        match read? {
            Ok(()) => Ok(keeps.then(|| reading.into_text())),
            Err(why) => {
                let message = "Failed to read HTTP response body";
                Err(run.fail(Reason::Body, message, &[("err", &why)]))
            }
        }
    }
}

fn note_head(answer: &Answer, seen: &mut Seen) {
    seen.status = answer.status.as_u16();
    seen.content_length = answer.content_length.map_or(-1.0, |length| length as f64);
    seen.version = match answer.version {
        http::Version::HTTP_09 => 0.9,
        http::Version::HTTP_10 => 1.0,
        http::Version::HTTP_2 => 2.0,
        http::Version::HTTP_3 => 3.0,
        _ => 1.1,
    };
    let modified = answer.headers.get(header::LAST_MODIFIED).and_then(|value| value.to_str().ok());
    seen.last_modified = modified.and_then(judge::http_date).map(|seconds| seconds as f64);
}

/// As Go writes it.
fn version_name(version: http::Version) -> &'static str {
    match version {
        http::Version::HTTP_09 => "HTTP/0.9",
        http::Version::HTTP_10 => "HTTP/1.0",
        http::Version::HTTP_2 => "HTTP/2.0",
        http::Version::HTTP_3 => "HTTP/3.0",
        _ => "HTTP/1.1",
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.contains(':') => {
            name
        }
        Some(_) | None => host,
    }
}

/// Tells what was seen; what was not is 0.
fn report(run: &mut Run, seen: &Seen) {
    let mut sums = [Duration::ZERO; PHASES.len()];
    sums[0] = seen.lookup;
    for (number, marks) in seen.hops.iter().enumerate() {
        let last = number + 1 == seen.hops.len();
        let ended = seen.ended.filter(|_| last);
        for (sum, phase) in sums.iter_mut().zip(phases(marks, number > 0, ended)) {
            *sum += phase;
        }
        spans(marks, number, ended, run);
    }
    for (phase, sum) in PHASES.into_iter().zip(sums) {
        run.phase(names::HTTP_DURATION, phase, sum);
    }
    run.flag(names::FAILED_REGEX, seen.regex_failed);
    run.flag(names::HTTP_SSL, seen.tls.is_some());
    run.set(names::HTTP_STATUS, f64::from(seen.status));
    run.set(names::HTTP_VERSION, seen.version);
    run.set(names::HTTP_LENGTH, seen.content_length);
    run.set(names::HTTP_BODY, seen.body_bytes as f64);
    run.set(names::HTTP_REDIRECTS, f64::from(seen.redirects));
    if let Some(seconds) = seen.last_modified {
        run.set(names::HTTP_LAST_MODIFIED, seconds);
    }
    if let Some(facts) = &seen.tls {
        tell(run, facts, Cipher::Told);
    }
}

/// Remembers the phases of one request; the one in which it was cut off goes until now.
pub(crate) fn spans(marks: &Marks, hop: usize, ended: Option<Instant>, run: &mut Run) {
    run.findings.connected |= marks.connected.is_some();
    let steps = [
        ("resolve", marks.resolved.filter(|at| hop > 0 || Some(*at) != marks.started)),
        ("connect", marks.connected),
        ("tls", marks.ready.filter(|_| marks.is_tls)),
        ("processing", marks.answered),
        ("transfer", ended),
    ];
    let reached = [marks.resolved, marks.connected, marks.ready, marks.answered, ended];
    let Some(mut from) = marks.started else { return };
    for ((phase, at), reached) in steps.into_iter().zip(reached) {
        let is_cut = reached.is_none();
        if is_cut && phase == "transfer" {
            return;
        }
        // Without TLS the connection is ready at once.
        let is_cut_here = is_cut && (phase != "tls" || marks.is_tls);
        let to = if is_cut_here { Some(Instant::now()) } else { at };
        if let Some(to) = to {
            let start = run.since_begin(from);
            let length = to.saturating_duration_since(from);
            run.findings.span(Span { phase, hop, start, length, is_cut: is_cut_here });
            from = to;
        }
        if is_cut_here {
            return;
        }
    }
}

/// Times of the phases of one request: a phase that did not end counts nothing, and a connection
/// that carried no request has no phases, as upstream.
fn phases(marks: &Marks, resolved_here: bool, ended: Option<Instant>) -> [Duration; 5] {
    let between = |from: Option<Instant>, to: Option<Instant>| match (from, to) {
        (Some(from), Some(to)) => to.saturating_duration_since(from),
        (Some(_) | None, Some(_) | None) => Duration::ZERO,
    };
    let resolve =
        if resolved_here { between(marks.started, marks.resolved) } else { Duration::ZERO };
    if marks.ready.is_none() {
        return [resolve, Duration::ZERO, Duration::ZERO, Duration::ZERO, Duration::ZERO];
    }
    let tls = if marks.is_tls { between(marks.connected, marks.ready) } else { Duration::ZERO };
    let connected = if marks.is_tls { marks.connected } else { marks.ready };
    let connect = between(marks.resolved, connected);
    let processing = between(marks.ready, marks.answered);
    [resolve, connect, tls, processing, between(marks.answered, ended)]
}
