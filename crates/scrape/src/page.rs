//! What we ask for and what came: the `Accept` header and the `Content-Type`.
//! Weights, parameters and texts of errors are those of Prometheus 3.14.

use config::{EscapingScheme, ScrapeProtocol};
use exposition::Format;
use std::fmt::Write as _;

#[cfg(test)]
mod tests;

/// Number of protocols upstream knows; the first choice has this weight plus one.
const PROTOCOLS: usize = ScrapeProtocol::ALL.len();

/// How a body is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageFormat {
    /// One sample a line.
    Lines(Format),
    /// Length-delimited `io.prometheus.client.MetricFamily`.
    Protobuf,
}

/// The `Accept` header for protocols, most wanted first.
pub fn accept_header(protocols: &[ScrapeProtocol], escaping: EscapingScheme) -> String {
    let mut weight = PROTOCOLS + 1;
    let mut header = String::new();
    for protocol in protocols {
        header.push_str(protocol.media_type());
        if has_escaping(*protocol) {
            header.push_str(";escaping=");
            header.push_str(escaping.as_str());
        }
        write!(header, ";q=0.{weight},").expect("writing to a string does not fail");
        weight -= 1;
    }
    header + &format!("*/*;q=0.{weight}")
}

/// Escaping is negotiated in the newer versions only.
const fn has_escaping(protocol: ScrapeProtocol) -> bool {
    match protocol {
        ScrapeProtocol::PrometheusText1_0_0 | ScrapeProtocol::OpenMetricsText1_0_0 => true,
        ScrapeProtocol::PrometheusProto
        | ScrapeProtocol::PrometheusText0_0_4
        | ScrapeProtocol::OpenMetricsText0_0_1 => false,
    }
}

/// The format of an answer: by its `Content-Type`, else the fallback, else an error.
pub fn format_of(
    content_type: Option<&str>,
    fallback: Option<ScrapeProtocol>,
) -> Result<PageFormat, String> {
    let content_type = content_type.unwrap_or_default();
    let media_type = media_type(content_type);
    match (media_type.as_deref(), fallback) {
        (Some("text/plain"), _) => Ok(PageFormat::Lines(Format::Text)),
        (Some("application/openmetrics-text"), _) => Ok(PageFormat::Lines(Format::OpenMetrics)),
        (Some("application/vnd.google.protobuf"), _) => Ok(PageFormat::Protobuf),
        (_, Some(protocol)) => Ok(fallback_format(protocol)),
        (_, None) if content_type.is_empty() => {
            Err("non-compliant scrape target sending blank Content-Type and no \
                 fallback_scrape_protocol specified for target"
                .to_owned())
        }
        (None, None) => Err(format!(
            "cannot parse Content-Type {} and no fallback_scrape_protocol for target",
            model::quote(content_type)
        )),
        (Some(_), None) => Err(format!(
            "received unsupported Content-Type {} and no fallback_scrape_protocol specified for \
             target",
            model::quote(content_type)
        )),
    }
}

/// Type and subtype in lower case; `None` when the header is malformed (RFC 9110, 8.3.1, and Go's
/// `mime.ParseMediaType`, which also takes a semicolon at the end).
fn media_type(content_type: &str) -> Option<String> {
    let (essence, mut rest) = content_type.split_once(';').unwrap_or((content_type, ""));
    let essence = essence.trim().to_lowercase();
    let is_whole = essence.split('/').count() <= 2 && essence.split('/').all(is_token);
    while !rest.trim().is_empty() {
        let (name, value) = rest.split_once('=')?;
        rest = after_value(value.trim_start())?;
        if !is_token(name.trim()) {
            return None;
        }
    }
    is_whole.then_some(essence)
}

/// What stands behind a parameter's value and its semicolon; `None` when either is malformed.
fn after_value(text: &str) -> Option<&str> {
    let behind = if let Some(quoted) = text.strip_prefix('"') {
        let mut escaped = false;
        let end = quoted.find(|c: char| {
            let is_end = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            is_end
        })?;
        &quoted[end + 1..]
    } else {
        let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
        is_token(&text[..end]).then_some(&text[end..])?
    };
    match behind.trim_start().strip_prefix(';') {
        Some(rest) => Some(rest),
        None => behind.trim().is_empty().then_some(""),
    }
}

/// RFC 9110, 5.6.2.
fn is_token(text: &str) -> bool {
    let is_token_char =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_char)
}

const fn fallback_format(protocol: ScrapeProtocol) -> PageFormat {
    match protocol {
        ScrapeProtocol::PrometheusText0_0_4 | ScrapeProtocol::PrometheusText1_0_0 => {
            PageFormat::Lines(Format::Text)
        }
        ScrapeProtocol::OpenMetricsText0_0_1 | ScrapeProtocol::OpenMetricsText1_0_0 => {
            PageFormat::Lines(Format::OpenMetrics)
        }
        ScrapeProtocol::PrometheusProto => PageFormat::Protobuf,
    }
}
