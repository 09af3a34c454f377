//! What a probe saw on its way, for people and for conditions: addresses, phases, the answer.
//! Filled by the probers; nothing here is stored as a series.

use http::header::HeaderMap;
use std::net::IpAddr;
use std::time::Duration;

/// Phases that are remembered at most: eleven requests with five phases each, and a conversation.
const SPANS_MAX: usize = 200;

/// What a probe saw.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Why the probe failed, as a sentence with its cause.
    pub why: Option<String>,
    /// Address that was probed.
    pub address: Option<IpAddr>,
    /// A connection was there, or, where there are none, an answer.
    pub connected: bool,
    /// Status code of HTTP.
    pub status: Option<u16>,
    /// Version of HTTP as Go writes it: `HTTP/1.1`.
    pub version: Option<&'static str>,
    /// Response code of DNS.
    pub rcode: Option<&'static str>,
    /// Version of TLS and its cipher suite.
    pub tls: Option<(&'static str, String)>,
    /// Headers of the last answer, if they were to be kept.
    pub headers: HeaderMap,
    /// Body of the last answer, or what the target said, if that was to be kept.
    pub body: Option<String>,
    /// URLs of requests in their order, when there was a redirect.
    pub urls: Vec<String>,
    /// Phases in the order of their begin.
    pub spans: Vec<Span>,
}

/// A phase of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Name: that of the series where there is one.
    pub phase: &'static str,
    /// Number of the request it belongs to, from 0; more than one when there were redirects.
    pub hop: usize,
    /// Time from the begin of the probe.
    pub start: Duration,
    /// How long it took.
    pub length: Duration,
    /// The probe ended in the middle of it.
    pub is_cut: bool,
}

impl Findings {
    pub(crate) fn span(&mut self, span: Span) {
        if self.spans.len() < SPANS_MAX {
            self.spans.push(span);
        }
    }
}
