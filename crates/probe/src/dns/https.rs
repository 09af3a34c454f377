//! A question over HTTPS (RFC 8484): in the body of a POST request or in the URL of a GET request.
//! The connection is one of its own, as with every probe; HTTP/2 where the server speaks it.

use super::{Missed, missed};
use crate::{Reason, World};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use config::blackbox::DnsOverHttps;
use config::{HttpClientConfig, TlsConfig};
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use net::dns::{self, Answer, Lost};
use net::{Marks, OneRequest, StepClient, TlsFacts};
use std::net::SocketAddr;
use tokio::time::Instant;
use url::Url;

/// Type of questions and answers.
const MESSAGE: HeaderValue = HeaderValue::from_static("application/dns-message");
/// Longest message of DNS.
const ANSWER_BYTES_MAX: usize = 65_535;

/// Asks one server after another by HTTPS.
pub(super) struct Https {
    way: DnsOverHttps,
    client: StepClient,
    server_name: Option<String>,
}

impl Https {
    pub(super) fn new(way: &DnsOverHttps, tls: &TlsConfig, world: &World) -> Self {
        let config = HttpClientConfig { tls: tls.clone(), ..HttpClientConfig::default() };
        let client = StepClient::new(config, world.options.clone());
        Self { way: way.clone(), client, server_name: tls.server_name.clone() }
    }

    /// Asks; the id of the question is 0.
    pub(super) async fn ask(
        &self,
        (host, server): (&str, SocketAddr),
        question: &[u8],
        connected: &mut Option<Instant>,
        facts: &mut Option<TlsFacts>,
    ) -> Result<Answer, Missed> {
        let request = self.request((host, server), question)?;
        let mut marks = Marks::default();
        let sent = self.client.send(request, &mut marks).await;
        *connected = marks.ready;
        let mut answer = sent.map_err(|error| missed(error.into()))?;
        *facts = answer.tls.take();
        let (status, kind) = (answer.status, answer.headers.get(header::CONTENT_TYPE).cloned());
        if status != StatusCode::OK {
            let why = format!("the answer has the status {}, expected 200", status.as_u16());
            return Err((Reason::Status, why));
        }
        if !kind.as_ref().is_some_and(is_message) {
            let found = kind.as_ref().map_or("none", |kind| kind.to_str().unwrap_or("no text"));
            let why = format!("the answer has the type {found}, expected application/dns-message");
            return Err((Reason::Protocol, why));
        }
        let read = answer.into_body_and_trailers(ANSWER_BYTES_MAX).await;
        let (body, _) = read.map_err(|error| missed(error.into()))?;
        let answer = dns::read(&body).map_err(|why| missed(Lost::Form(why)))?;
        if answer.id != 0 {
            let why = format!("answer has the id {}, expected 0", answer.id);
            return Err((Reason::Protocol, why));
        }
        Ok(answer)
    }

    fn request(
        &self,
        (host, server): (&str, SocketAddr),
        question: &[u8],
    ) -> Result<OneRequest, Missed> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let text = format!("https://{host}:{}{}", server.port(), self.way.path);
        let wrong = |error: url::ParseError| (Reason::Config, format!("`{text}`: {error}"));
        let mut url = Url::parse(&text).map_err(wrong)?;
        let mut headers = HeaderMap::from_iter([(header::ACCEPT, MESSAGE)]);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(net::USER_AGENT));
        let (method, body) = if self.way.uses_get {
            let encoded = URL_SAFE_NO_PAD.encode(question);
            url.set_query(Some(&format!("dns={encoded}")));
            (Method::GET, Bytes::new())
        } else {
            headers.insert(header::CONTENT_TYPE, MESSAGE);
            (Method::POST, Bytes::copy_from_slice(question))
        };
        let (address, server_name) = (Some(server), self.server_name.clone());
        Ok(OneRequest { method, url, address, server_name, headers, body })
    }
}

/// Is the type that of messages, parameters aside?
fn is_message(kind: &HeaderValue) -> bool {
    let text = kind.to_str().unwrap_or_default();
    let bare = text.split(';').next().unwrap_or_default().trim();
    bare.eq_ignore_ascii_case("application/dns-message")
}
