//! The WebSocket prober (RFC 6455): the handshake, then messages that are sent and expected.

mod frame;

use crate::run::{Run, Step};
use crate::talk::{Stream, fill};
use crate::tls::{Cipher, tell};
use crate::{Reason, Variation, World, names};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::blackbox::{IpChoice, TalkStep, WebsocketProbe};
use frame::{CLOSE, TEXT, read_message, write_frame};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use model::LabelsBuilder;
use net::{Offer, StepClient, TlsSteps, USER_AGENT};
use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use sys::Entropy;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::Instant;
use url::Url;

/// Head of an answer at most.
const HEAD_BYTES_MAX: u64 = 64 << 10;
/// What every server appends to the key (RFC 6455, 1.3).
const ACCEPT_SUFFIX: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Probes over WebSocket.
pub(crate) struct WebsocketProber {
    config: WebsocketProbe,
    client: StepClient,
    tls: TlsSteps,
    entropy: Arc<dyn Entropy>,
}

impl WebsocketProber {
    pub(crate) fn new(config: &WebsocketProbe, world: &World) -> Self {
        let vfs = Arc::clone(&world.options.vfs);
        Self {
            client: StepClient::new(config.client.clone(), world.options.clone()),
            tls: TlsSteps::new(config.client.tls.clone(), Offer::Http1, vfs),
            entropy: Arc::clone(&world.entropy),
            config: config.clone(),
        }
    }

    pub(crate) async fn probe(
        &self,
        target: &str,
        variation: &Variation,
        run: &mut Run,
    ) -> Step<()> {
        run.set(names::WEBSOCKET_STATUS, 0.0);
        run.set(names::WEBSOCKET_UPGRADED, 0.0);
        let url = Url::parse(target).map_err(|error| error.to_string());
        let url = url.and_then(|url| match (url.scheme(), url.host_str()) {
            ("ws" | "wss" | "http" | "https", Some(_)) => Ok(url),
            _ => Err("it is no URL of ws or wss".to_owned()),
        });
        let url = url.map_err(|why| {
            run.fail(Reason::Config, "Could not parse target URL", &[("err", &why)])
        })?;
        let head = self.head(&url, variation, run).await?;
        let stream = self.connect(&url, variation, run).await?;
        let begun = Instant::now();
        let upgraded = self.upgrade(stream, &url, &head, run).await;
        run.span("upgrade", begun, Instant::now());
        let mut stream = upgraded?;
        run.set(names::WEBSOCKET_UPGRADED, 1.0);
        if !self.config.steps.is_empty() {
            run.set(names::WEBSOCKET_REGEX, 0.0);
        }
        for (number, step) in self.config.steps.iter().enumerate() {
            run.info("Processing query response entry", &[("entry_number", &number)]);
            self.take_step(&mut stream, step, run).await?;
        }
        // The probe has its answer; how the server takes the farewell does not matter.
        let normal = 1000_u16.to_be_bytes();
        let farewell = write_frame(&mut stream, CLOSE, &normal, self.mask());
        drop(run.in_time(farewell).await);
        Ok(())
    }

    /// The request's head without its key.
    async fn head(&self, url: &Url, variation: &Variation, run: &mut Run) -> Step<HeaderMap> {
        let own = run.in_time(self.client.own_headers()).await?;
        let mut headers =
            own.map_err(|error| run.fail_by("Error generating HTTP client", &error))?;
        let host = url.host_str().unwrap_or_default();
        let authority = url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
        let host = variation.hostname.clone().unwrap_or(authority);
        let fixed = [("user-agent", USER_AGENT), ("host", &host)];
        let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let asked = self.config.headers.iter().chain(&variation.ask.headers).cloned();
        for (name, value) in fixed.chain(asked) {
            let read = HeaderName::from_bytes(name.as_bytes()).ok();
            let Some((name, value)) = read.zip(HeaderValue::from_str(&value).ok()) else {
                let message = "Error creating request";
                return Err(run.fail(Reason::Config, message, &[("header", &name)]));
            };
            headers.insert(name, value);
        }
        Ok(headers)
    }

    async fn connect(&self, url: &Url, variation: &Variation, run: &mut Run) -> Step<Stream> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let is_tls = matches!(url.scheme(), "wss" | "https");
        let port = url.port_or_known_default().unwrap_or(if is_tls { 443 } else { 80 });
        let dialer = self.client.dialer();
        let (ip, _) = run.choose_address(dialer, &host, IpChoice::default()).await?;
        let begun = Instant::now();
        let connected = run.in_time(dialer.connect(SocketAddr::new(ip, port), None)).await;
        run.span("connect", begun, Instant::now());
        let stream = connected?.map_err(|error| run.fail_by("Error dialing websocket", &error))?;
        run.findings.connected = true;
        if !is_tls {
            return Ok(BufReader::new(Box::pin(stream)));
        }
        let name = self.tls.server_name().or(variation.hostname.as_deref()).unwrap_or(&host);
        let begun = Instant::now();
        let shaken = run.in_time(self.tls.shake(name, stream)).await;
        run.span("tls", begun, Instant::now());
        let (stream, facts) =
            shaken?.map_err(|error| run.fail_by("Error dialing websocket", &error))?;
        tell(run, &facts, Cipher::Told);
        Ok(BufReader::new(Box::pin(stream)))
    }

    /// RFC 6455, 4.1: asks for the upgrade and checks the answer.
    async fn upgrade(
        &self,
        mut stream: Stream,
        url: &Url,
        head: &HeaderMap,
        run: &mut Run,
    ) -> Step<Stream> {
        let (high, low) = (self.entropy.next_u64(), self.entropy.next_u64());
        let key = STANDARD.encode((u128::from(high) << 64 | u128::from(low)).to_be_bytes());
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let request = request(if path.is_empty() { "/" } else { path }, head, &key);
        let asked = async {
            stream.write_all(&request).await?;
            stream.flush().await?;
            read_head(&mut stream).await
        };
        let (status, headers) = match run.in_time(asked).await? {
            Ok(answer) => answer,
            Err(error) => {
                let message = "Error dialing websocket";
                return Err(run.fail(Reason::Protocol, message, &[("err", &error)]));
            }
        };
        run.set(names::WEBSOCKET_STATUS, f64::from(status));
        run.findings.status = Some(status);
        if status != 101 {
            let message = "The server does not upgrade";
            return Err(run.fail(Reason::Status, message, &[("status_code", &status)]));
        }
        let accepted = headers.iter().find(|(name, _)| name == "sec-websocket-accept");
        if accepted.is_none_or(|(_, value)| *value != accept_of(&key)) {
            let message = "The server's Sec-WebSocket-Accept is not that of the key";
            return Err(run.fail(Reason::Protocol, message, &[]));
        }
        Ok(stream)
    }

    async fn take_step(&self, stream: &mut Stream, step: &TalkStep, run: &mut Run) -> Step<()> {
        let mut send = step.send.clone();
        if let Some(expect) = &step.expect {
            let begun = Instant::now();
            let read = run.in_time(read_message(stream, self.mask())).await;
            run.span("expect", begun, Instant::now());
            let message = match read? {
                Ok(message) => String::from_utf8_lossy(&message).into_owned(),
                Err(error) => {
                    run.set(names::WEBSOCKET_REGEX, 1.0);
                    let message = "Error reading message";
                    return Err(run.fail(Reason::Protocol, message, &[("err", &error)]));
                }
            };
            run.findings.body = Some(message.clone());
            let details: [(&str, &(dyn Display + Sync)); 2] =
                [("regexp", &expect.text), ("message", &message)];
            if !expect.regex.is_match(&message) {
                run.set(names::WEBSOCKET_REGEX, 1.0);
                return Err(run.fail(Reason::Expect, "Regexp did not match", &details));
            }
            run.info("Regexp matched", &details);
            send = send.map(|template| fill(expect, &message, &template));
            if !step.labels.is_empty() {
                let mut labels = LabelsBuilder::default();
                for (name, template) in &step.labels {
                    labels.set(name, &fill(expect, &message, template));
                }
                run.set_with(names::EXPECT_INFO, labels.build(), 1.0);
            }
        }
        let Some(text) = send.filter(|text| !text.is_empty()) else { return Ok(()) };
        run.info("Sending message", &[("message", &text)]);
        let sent = write_frame(stream, TEXT, text.as_bytes(), self.mask());
        match run.in_time(sent).await? {
            Ok(()) => Ok(()),
            Err(error) => Err(run.fail(Reason::Protocol, "Failed to send", &[("err", &error)])),
        }
    }

    /// RFC 6455, 5.3: a client's frames are masked with unpredictable bytes.
    fn mask(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = self.entropy.next_u64().to_be_bytes();
        [a, b, c, d]
    }
}

fn request(path: &str, headers: &HeaderMap, key: &str) -> Vec<u8> {
    let mut bytes = format!(
        "GET {path} HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
    )
    .into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Status and headers, with names in lower case.
async fn read_head(stream: &mut Stream) -> io::Result<(u16, Vec<(String, String)>)> {
    let wrong = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let mut limited = stream.take(HEAD_BYTES_MAX);
    let mut status = None;
    let mut headers = Vec::new();
    loop {
        let mut line = Vec::new();
        if limited.read_until(b'\n', &mut line).await? == 0 {
            return Err(wrong("the answer's head has no end within 64 KiB"));
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        match (status, line.split_once(':')) {
            (None, _) => {
                let code = line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5));
                let code = code.and_then(|code| code.parse().ok());
                status = Some(code.ok_or_else(|| wrong("the answer is not HTTP/1.1"))?);
            }
            (Some(status), None) if line.is_empty() => return Ok((status, headers)),
            (Some(_), None) => return Err(wrong("a header of the answer has no colon")),
            (Some(_), Some((name, value))) => {
                headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
    }
}

/// RFC 6455, 4.2.2: proof that the server has read the key.
fn accept_of(key: &str) -> String {
    let text = format!("{key}{ACCEPT_SUFFIX}");
    let algorithm = &ring::digest::SHA1_FOR_LEGACY_USE_ONLY;
    STANDARD.encode(ring::digest::digest(algorithm, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accepted_key_is_that_of_the_standard() {
        // RFC 6455, 1.3.
        assert_eq!(accept_of("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
