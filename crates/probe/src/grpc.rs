//! gRPC's health service (`grpc.health.v1.Health/Check`) over HTTP/2, without a library for gRPC:
//! one message there, one back, a status in the trailers.

use crate::http::spans;
use crate::run::{Run, Step};
use crate::tls::{Cipher, tell};
use crate::{Reason, World, names};
use bytes::Bytes;
use config::HttpClientConfig;
use config::blackbox::GrpcProbe;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use model::Labels;
use net::{Answer, ErrorKind, Marks, OneRequest, StepClient, USER_AGENT};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

const CHECK: &str = "/grpc.health.v1.Health/Check";
/// An answer has a few bytes.
const BODY_BYTES_MAX: usize = 64 << 10;
/// Values of `ServingStatus` by their numbers.
const SERVING: [&str; 4] = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
const UNKNOWN_STATUS: u16 = 2;
const DEADLINE_EXCEEDED: u16 = 4;
const UNAVAILABLE: u16 = 14;

/// Probes over gRPC.
pub(crate) struct GrpcProber {
    config: GrpcProbe,
    client: StepClient,
}

impl GrpcProber {
    pub(crate) fn new(config: &GrpcProbe, world: &World) -> Self {
        let client = HttpClientConfig { tls: config.tls_config.clone(), ..Default::default() };
        let client = StepClient::http2_only(client, world.options.clone());
        Self { config: config.clone(), client }
    }

    pub(crate) async fn probe(&self, target: &str, run: &mut Run) -> Step<()> {
        run.flag(names::GRPC_SSL, false);
        run.set(names::GRPC_STATUS, 0.0);
        run.set(names::SSL_EARLIEST, 0.0);
        run.phase(names::GRPC_DURATION, "resolve", Duration::ZERO);
        let bare = target.strip_prefix("https://").or_else(|| target.strip_prefix("http://"));
        let scheme = if self.config.tls { "https" } else { "http" };
        let url = format!("{scheme}://{}", bare.unwrap_or(target));
        let url = Url::parse(&url).and_then(|url| url.join(CHECK));
        let url = url.map_err(|error| {
            run.fail(Reason::Config, "Could not parse target URL", &[("err", &error)])
        })?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or(80);
        let chosen = run.choose_address(self.client.dialer(), &host, self.config.ip).await;
        let (ip, took) = chosen?;
        run.phase(names::GRPC_DURATION, "resolve", took);
        let begun = Instant::now();
        let checked = self.check(url, SocketAddr::new(ip, port), run).await;
        run.phase(names::GRPC_DURATION, "check", begun.elapsed());
        let serving = checked.as_ref().ok().copied();
        for (number, name) in SERVING.into_iter().enumerate() {
            let labels = Labels::from_pairs([("serving_status", name)]);
            let is_it = serving == Some(number);
            run.set_with(names::GRPC_RESPONSE, labels, f64::from(u8::from(is_it)));
        }
        match checked? {
            1 => Ok(()),
            other => {
                let name = SERVING.get(other).copied().unwrap_or("?");
                let details: [(&str, &(dyn std::fmt::Display + Sync)); 1] = [("status", &name)];
                Err(run.fail(Reason::NotServing, "The service does not serve", &details))
            }
        }
    }

    /// Number of the serving status.
    async fn check(&self, url: Url, address: SocketAddr, run: &mut Run) -> Step<usize> {
        let request = OneRequest {
            method: Method::POST,
            url,
            address: Some(address),
            server_name: self.config.tls_config.server_name.clone(),
            headers: headers(),
            body: framed(&self.config.service),
        };
        let mut marks = Marks::default();
        let sent = run.in_time(self.client.send(request, &mut marks)).await;
        spans(&marks, 0, None, run);
        let answer = match sent {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                let late = error.kind() == ErrorKind::Timeout;
                let code = if late { DEADLINE_EXCEEDED } else { UNAVAILABLE };
                run.set(names::GRPC_STATUS, f64::from(code));
                return Err(run.fail_by("can't connect grpc server", &error));
            }
            Err(failed) => {
                run.set(names::GRPC_STATUS, f64::from(DEADLINE_EXCEEDED));
                return Err(failed);
            }
        };
        let tls = answer.tls.clone();
        let (code, status) = self.read(answer, run).await?;
        run.set(names::GRPC_STATUS, f64::from(code));
        if code != 0 {
            let message = "can't connect grpc server";
            return Err(run.fail(Reason::Status, message, &[("code", &code)]));
        }
        // As upstream, which knows the peer of good answers alone.
        if let Some(facts) = &tls {
            run.flag(names::GRPC_SSL, true);
            tell(run, facts, Cipher::Told);
        }
        status.ok_or_else(|| run.fail(Reason::Protocol, "the answer is no message", &[]))
    }

    /// Code of gRPC and number of the serving status.
    async fn read(&self, answer: Answer, run: &mut Run) -> Step<(u16, Option<usize>)> {
        if answer.status != StatusCode::OK {
            return Ok((code_of_http(answer.status), None));
        }
        if let Some(code) = code_of(&answer.headers) {
            return Ok((code, None));
        }
        let read = run.in_time(answer.into_body_and_trailers(BODY_BYTES_MAX)).await?;
        let (body, trailers) = read.map_err(|error| {
            run.set(names::GRPC_STATUS, f64::from(UNAVAILABLE));
            run.fail_by("can't connect grpc server", &error)
        })?;
        Ok((code_of(&trailers).unwrap_or(UNKNOWN_STATUS), serving_status(&body)))
    }
}

fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    let pairs = [
        (header::CONTENT_TYPE, "application/grpc"),
        (header::TE, "trailers"),
        (header::USER_AGENT, USER_AGENT),
    ];
    for (name, value) in pairs {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

fn code_of(headers: &HeaderMap) -> Option<u16> {
    headers.get("grpc-status")?.to_str().ok()?.parse().ok()
}

/// What an answer of HTTP means to gRPC ("HTTP to gRPC Status Code Mapping").
fn code_of_http(status: StatusCode) -> u16 {
    match status.as_u16() {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502 | 503 | 504 => UNAVAILABLE,
        _ => UNKNOWN_STATUS,
    }
}

/// `HealthCheckRequest { service: 1 }` behind its five bytes: not compressed, length.
fn framed(service: &str) -> Bytes {
    let mut message = Vec::new();
    if !service.is_empty() {
        message.push(0x0a);
        varint(service.len() as u64, &mut message);
        message.extend_from_slice(service.as_bytes());
    }
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let head = [&[0][..], &length.to_be_bytes()].concat();
    Bytes::from([head, message].concat())
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.extend(u8::try_from(number & 0x7f | 0x80));
        number >>= 7;
    }
    out.extend(u8::try_from(number));
}

/// `HealthCheckResponse { status: 1 }`: the last value of the field, 0 when it is not there.
fn serving_status(body: &[u8]) -> Option<usize> {
    let (head, message) = body.split_at_checked(5)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
    let mut rest = message.get(..usize::try_from(length).ok()?).filter(|_| head[0] == 0)?;
    let mut status = 0;
    while !rest.is_empty() {
        match take_varint(&mut rest)? {
            0x08 => status = take_varint(&mut rest)?,
            // Fields of later versions.
            tag => match tag & 7 {
                0 => drop(take_varint(&mut rest)?),
                1 => rest = rest.get(8..)?,
                2 => {
                    let length = usize::try_from(take_varint(&mut rest)?).ok()?;
                    rest = rest.get(length..)?;
                }
                5 => rest = rest.get(4..)?,
                _ => return None,
            },
        }
    }
    usize::try_from(status).ok()
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_framed() {
        assert_eq!(&framed("")[..], [0, 0, 0, 0, 0]);
        assert_eq!(&framed("ab")[..], [0, 0, 0, 0, 4, 0x0a, 2, b'a', b'b']);
        let long = framed(&"x".repeat(200));
        assert_eq!(&long[..8], [0, 0, 0, 0, 203, 0x0a, 0xc8, 1]);
    }

    #[test]
    fn answers_are_read_or_refused() {
        assert_eq!(serving_status(&[0, 0, 0, 0, 0]), Some(0));
        assert_eq!(serving_status(&[0, 0, 0, 0, 2, 8, 1]), Some(1));
        assert_eq!(serving_status(&[0, 0, 0, 0, 6, 0x12, 1, 7, 8, 2, 0]), None, "a lone tag");
        assert_eq!(serving_status(&[0, 0, 0, 0, 5, 0x12, 1, 7, 8, 2]), Some(2));
        for wrong in [&[][..], &[0, 0, 0, 0, 2, 8], &[1, 0, 0, 0, 0], &[0, 0, 0, 0, 1, 8]] {
            assert_eq!(serving_status(wrong), None, "{wrong:?}");
        }
    }
}
