//! Parameters of a request: the form body first, then the query string, as Go's `r.Form`.
//! Times, durations and limits are parsed with upstream's rules and refused with its sentences.

use crate::App;
use crate::body::{self, BodyTrouble, Room};
use crate::queries::Refusal;
use crate::reply::ApiError;
use axum::body::Body;
use axum::extract::FromRequest;
use http::{Method, Request, StatusCode, header};
use model::{Matcher, Pattern, Timestamp};
use promql::PATTERN_BYTES_MAX;
use std::borrow::Cow;
use std::time::Duration;

/// Upstream's text for its smallest time.
const MIN_TIME: &str = "-292273086-05-16T16:47:06Z";
/// Upstream's text for its largest time.
const MAX_TIME: &str = "292277025-08-18T07:12:54.999999999Z";

/// Bytes of an expression, and of the selectors of a question together. A syntax tree takes up to
/// a hundred times as much, and the longest real ones, with names of hosts in a regular expression,
/// have tens of KiB.
const TEXT_BYTES_MAX: usize = 256 << 10;

/// Names and values as they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
    /// Room of a large body, until the request is answered.
    _room: Option<Room>,
}

impl Params {
    /// Parameters of a query string or form.
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(encoded).into_owned().collect();
        Self { pairs, _room: None }
    }

    /// First value of a parameter; empty counts as absent, as upstream has it everywhere.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The parameters as a query string in which one has another value.
    pub(crate) fn encoded_with(&self, name: &str, value: &str) -> String {
        let others = self.pairs.iter().filter(|(found, _)| found != name);
        let mut encoded = url::form_urlencoded::Serializer::new(String::new());
        encoded.extend_pairs(others).append_pair(name, value).finish()
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// A time that must be there.
    pub(crate) fn time(&self, name: &str) -> Result<Timestamp, ApiError> {
        parse_time(self.get(name).unwrap_or_default())
            .map_err(|reason| ApiError::invalid_parameter(name, reason))
    }

    /// A time, or `default`.
    pub(crate) fn time_or(&self, name: &str, default: Timestamp) -> Result<Timestamp, ApiError> {
        let Some(text) = self.get(name) else { return Ok(default) };
        parse_time(text).map_err(|reason| {
            let reason = format!("invalid time value for '{name}': {reason}");
            ApiError::invalid_parameter(name, reason)
        })
    }

    /// A duration in signed nanoseconds, if given.
    pub(crate) fn duration(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let parse =
            |text| parse_duration(text).map_err(|reason| ApiError::invalid_parameter(name, reason));
        self.get(name).map(parse).transpose()
    }

    /// `timeout`: how long the client wants to wait at most.
    pub(crate) fn timeout(&self) -> Result<Option<Duration>, ApiError> {
        let nanos = self.duration("timeout")?;
        Ok(nanos.map(|nanos| Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))))
    }

    /// `limit`: a number of results; 0 and absent mean no limit.
    pub(crate) fn limit(&self) -> Result<Option<usize>, ApiError> {
        let Some(text) = self.get("limit") else { return Ok(None) };
        let invalid = |reason: Cow<'static, str>| ApiError::invalid_parameter("limit", reason);
        let number = parse_int(text).map_err(|reason| invalid(reason.into()))?;
        match usize::try_from(number) {
            Ok(0) => Ok(None),
            Ok(limit) => Ok(Some(limit)),
            Err(_) => Err(invalid("limit must be non-negative".into())),
        }
    }

    /// A number that upstream refuses with a sentence of its own.
    pub(crate) fn number(&self, name: &str, refusal: &str) -> Result<Option<i64>, ApiError> {
        let parse = |text| parse_int(text).map_err(|_reason| ApiError::bad_data(refusal));
        self.get(name).map(parse).transpose()
    }

    /// A truth value as Go's `ParseBool` reads it.
    pub(crate) fn truth(&self, name: &str) -> Result<bool, String> {
        match self.get(name) {
            None | Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
            Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
            Some(other) => {
                Err(format!("strconv.ParseBool: parsing {}: invalid syntax", model::quote(other)))
            }
        }
    }

    /// `query`, not too long.
    pub(crate) fn expression(&self) -> Result<String, ApiError> {
        let text = self.get("query").unwrap_or_default();
        bounded("query", text.len())?;
        Ok(text.to_owned())
    }

    /// `match[]` as texts, in their order, together not too long.
    pub(crate) fn selector_texts(&self) -> Result<Vec<String>, ApiError> {
        bounded("match[]", self.all("match[]").map(str::len).sum())?;
        Ok(self.all("match[]").map(str::to_owned).collect())
    }
}

fn bounded(name: &str, bytes: usize) -> Result<(), ApiError> {
    if bytes <= TEXT_BYTES_MAX {
        return Ok(());
    }
    let reason = format!("{bytes} bytes are longer than {TEXT_BYTES_MAX} bytes");
    Err(ApiError::invalid_parameter(name, reason))
}

/// Selectors as matcher sets; each must have a matcher that the empty text does not satisfy.
///
/// Compiles their regular expressions: to be called where work may take its time.
pub(crate) fn parse_selectors(texts: &[String]) -> Result<Vec<Vec<Matcher>>, String> {
    let (mut sets, mut pattern_bytes) = (Vec::new(), 0);
    for text in texts {
        let set = promql::parse_selector(text).map_err(|error| error.to_string())?;
        let patterns = set.iter().filter_map(Matcher::pattern);
        pattern_bytes += patterns.map(Pattern::compiled_bytes).sum::<usize>();
        if pattern_bytes > PATTERN_BYTES_MAX {
            let mib = PATTERN_BYTES_MAX >> 20;
            return Err(format!("match[] would hold more than {mib} MiB of regular expressions"));
        }
        sets.push(set);
    }
    if sets.iter().any(|set| set.iter().all(Matcher::matches_empty)) {
        return Err("match[] must contain at least one non-empty matcher".into());
    }
    Ok(sets)
}

/// Reads the form body of POST, PUT and PATCH within the limits, and the query string.
impl FromRequest<App> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, app: &App) -> Result<Self, ApiError> {
        let in_query = request.uri().query().unwrap_or_default().to_owned();
        let mut params = Self::default();
        if has_form(&request) {
            let (form, room) = body::read(request, app).await.map_err(form_trouble)?;
            params = Self { _room: room, ..Self::parse(&form) };
        }
        params.pairs.extend(Self::parse(in_query.as_bytes()).pairs);
        Ok(params)
    }
}

fn has_form(request: &Request<Body>) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let media_type = content_type.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    [Method::POST, Method::PUT, Method::PATCH].contains(request.method())
        && media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// In upstream's words, as far as it has any.
fn form_trouble(trouble: BodyTrouble) -> ApiError {
    let wrong = |what: &str| ApiError::bad_data(format!("error parsing form values: {what}"));
    match trouble {
        BodyTrouble::NoRoom => {
            ApiError::busy(Refusal::SharedMemory, "too many large forms at a time")
        }
        BodyTrouble::TooLong(limit) => wrong(&format!("body is longer than {limit} bytes"))
            .with_status(StatusCode::PAYLOAD_TOO_LARGE),
        BodyTrouble::TooSlow => {
            wrong("body came too slowly").with_status(StatusCode::REQUEST_TIMEOUT)
        }
        BodyTrouble::Broken(reason) => wrong(&reason),
    }
}

/// Go's `strconv.Atoi` with its error texts.
fn parse_int(text: &str) -> Result<i64, String> {
    text.parse().map_err(|error: std::num::ParseIntError| {
        let reason = match error.kind() {
            std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => {
                "value out of range"
            }
            _ => "invalid syntax",
        };
        format!("strconv.Atoi: parsing {}: {reason}", model::quote(text))
    })
}

/// Seconds with a fraction, or RFC 3339; rounded to milliseconds as upstream does.
pub(crate) fn parse_time(text: &str) -> Result<Timestamp, String> {
    let refuse = || format!("cannot parse {} to a valid timestamp", model::quote(text));
    match text {
        MIN_TIME => return Ok(Timestamp::MIN),
        MAX_TIME => return Ok(Timestamp::MAX),
        _ => {}
    }
    if let Ok(seconds) = text.parse::<f64>() {
        let ms = seconds.trunc() * 1000.0 + (seconds.fract() * 1000.0).round();
        if !(ms > -9.2e18 && ms < 9.2e18) {
            return Err(refuse());
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole and within i64, checked above"
        )]
        return Ok(Timestamp::from_ms(ms as i64));
    }
    let Ok(instant) = text.parse::<jiff::Timestamp>() else { return Err(refuse()) };
    let ms = instant.as_nanosecond().div_euclid(1_000_000);
    Ok(Timestamp::from_ms(i64::try_from(ms).expect("jiff's years -9999..=9999 fit")))
}

/// Seconds with a fraction, or Prometheus' notation (`1h30m`); signed nanoseconds.
pub(crate) fn parse_duration(text: &str) -> Result<i64, String> {
    let refuse = || format!("cannot parse {} to a valid duration", model::quote(text));
    if let Ok(seconds) = text.parse::<f64>() {
        let nanos = seconds * 1e9;
        if nanos.is_nan() {
            return Err(refuse());
        }
        // i64::MAX rounds up to 2^63 as a float, which does not fit any more.
        if !(-9.223_372_036_854_775e18..=9.223_372_036_854_775e18).contains(&nanos) {
            return Err(format!("{}. It overflows int64", refuse()));
        }
        #[expect(clippy::cast_possible_truncation, reason = "within i64, checked above")]
        return Ok(nanos as i64);
    }
    let Ok(ms) = promql::parse_duration(text) else { return Err(refuse()) };
    ms.checked_mul(1_000_000).ok_or_else(refuse)
}

#[cfg(test)]
mod tests;
