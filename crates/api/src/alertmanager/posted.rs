//! Bodies that clients send: read leniently where Go's decoder is, checked in the order and in the
//! words of go-swagger.

use super::reply::Complaint;
use crate::App;
use crate::body::{self, Room};
use alerts::{Alert, Silence};
use axum::body::Body;
use bytes::Bytes;
use config::MatcherMode;
use http::{Request, header};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::{Labels, MatchOp, Matcher, Timestamp};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// A body with the room it takes.
type Read = (Bytes, Option<Room>);

/// Reads a body that must be JSON; an empty one is missing.
pub(super) async fn read(request: Request<Body>, app: &App, name: &str) -> Result<Read, Complaint> {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let media_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_lowercase();
    let encoding = request.headers().get(header::CONTENT_ENCODING).cloned();
    let (bytes, room) = body::read(request, app).await?;
    if bytes.is_empty() {
        return Err(Complaint::required(&format!("{name} in body")));
    }
    if media_type != "application/json" {
        let found = if media_type.is_empty() { "application/octet-stream" } else { &media_type };
        return Err(Complaint::wrong_media_type(found));
    }
    if let Some(encoding) = encoding.filter(|encoding| encoding != "identity") {
        let found = format!("application/json, {}", String::from_utf8_lossy(encoding.as_bytes()));
        return Err(Complaint::wrong_media_type(&found));
    }
    Ok((bytes, room))
}

/// The first value of a body; what follows is not looked at, as by Go's decoder of streams.
fn first_value<'b, T: Deserialize<'b>>(body: &'b [u8]) -> serde_json::Result<T> {
    match str::from_utf8(body) {
        // Checked once, not text by text.
        Ok(text) => T::deserialize(&mut serde_json::Deserializer::from_str(text)),
        Err(_invalid) => T::deserialize(&mut serde_json::Deserializer::from_slice(body)),
    }
}

/// An instant; Go's zero time and the empty text count as absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Instant(Option<Timestamp>);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl Instant {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let zoned = text.parse::<jiff::Timestamp>().ok();
        let instant = zoned.or_else(|| {
            // strfmt reads times without zone as UTC.
            let civil = text.parse::<DateTime>().ok()?;
            civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
        });
        let instant = instant
            .ok_or_else(|| format!("parsing time {}: expected RFC 3339", model::quote(text)))?;
        let is_zero = instant.as_second() == -62_135_596_800;
        let ms = instant.as_nanosecond().div_euclid(1_000_000);
        let ms = i64::try_from(ms).expect("jiff's years -9999..=9999 fit");
        Ok(Self((!is_zero).then(|| Timestamp::from_ms(ms))))
    }
}

/// A text that is copied only where the body writes it with escapes.
#[derive(Deserialize)]
struct Text<'b>(#[serde(borrow)] Cow<'b, str>);

/// The pairs of an object, sorted by name; of a repeated one the last stays.
#[derive(Default)]
struct Pairs<'b>(Vec<(Cow<'b, str>, Cow<'b, str>)>);

impl<'de: 'b, 'b> Deserialize<'de> for Pairs<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'b> Visitor<'b> for PairsVisitor {
    type Value = Pairs<'b>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'b>>(self, mut map: A) -> Result<Pairs<'b>, A::Error> {
        let mut pairs: Vec<(Cow<'b, str>, Cow<'b, str>)> = Vec::with_capacity(8);
        while let Some((Text(name), value)) = map.next_entry::<Text<'b>, Option<Text<'b>>>()? {
            pairs.push((name, value.map(|Text(value)| value).unwrap_or_default()));
        }
        // The order of what is equal stays, and of that the first is kept.
        pairs.reverse();
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        pairs.dedup_by(|(later, _), (first, _)| later == first);
        Ok(Pairs(pairs))
    }
}

impl Pairs<'_> {
    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Are these the names of labels?
    fn check_names(&self, what: &str, mode: MatcherMode) -> Result<(), String> {
        match self.0.iter().find(|(name, _)| !mode.takes_name(name)) {
            Some((name, _)) => Err(format!("invalid {what}: invalid name {}", model::quote(name))),
            None => Ok(()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostedAlert<'b> {
    #[serde(borrow)]
    labels: Option<Pairs<'b>>,
    #[serde(borrow)]
    annotations: Option<Pairs<'b>>,
    starts_at: Option<Instant>,
    ends_at: Option<Instant>,
    #[serde(borrow, rename = "generatorURL")]
    generator_url: Option<Text<'b>>,
}

/// Alerts of a body: those that can be taken, and what is wrong with the others.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) alerts: Vec<Alert>,
    pub(super) mistakes: Vec<String>,
}

/// Reads alerts that arrive now. One that is against the schema refuses all of them.
pub(super) fn alerts(
    body: &[u8],
    now: Timestamp,
    resolve_timeout: Duration,
    mode: MatcherMode,
) -> Result<Batch, Complaint> {
    let posted: Option<Vec<Option<PostedAlert<'_>>>> =
        first_value(body).map_err(|error| Complaint::unreadable("alerts", error))?;
    let posted = posted.unwrap_or_default();
    let mut last_url = "";
    for (index, alert) in posted.iter().enumerate() {
        check_schema(index, alert.as_ref(), &mut last_url)?;
    }
    let mut batch = Batch::default();
    let mut url: Arc<str> = Arc::from("");
    for alert in posted.into_iter().flatten() {
        match alert.finished(now, resolve_timeout, mode, &mut url) {
            Ok(alert) => batch.alerts.push(alert),
            Err(mistake) => batch.mistakes.push(mistake),
        }
    }
    Ok(batch)
}

/// `last_url` is the last one that was found good: the alerts of a rule share theirs.
fn check_schema<'p>(
    index: usize,
    alert: Option<&'p PostedAlert<'_>>,
    last_url: &mut &'p str,
) -> Result<(), Complaint> {
    let url = alert.and_then(|alert| alert.generator_url.as_ref()).map_or("", |url| &url.0);
    if !url.is_empty() && url != *last_url {
        if !url.starts_with('/') && Url::parse(url).is_err() {
            let what = format!("{index}.generatorURL in body");
            return Err(Complaint::not_of_type(&what, "uri", url));
        }
        *last_url = url;
    }
    if alert.is_none_or(|alert| alert.labels.is_none()) {
        return Err(Complaint::required(&format!("{index}.labels in body")));
    }
    Ok(())
}

impl PostedAlert<'_> {
    /// The alert with defaults filled in, as `postAlertsHandler` has it. `last_url` is that of the
    /// alert before: they share it when it is the same.
    fn finished(
        self,
        now: Timestamp,
        resolve_timeout: Duration,
        mode: MatcherMode,
        last_url: &mut Arc<str>,
    ) -> Result<Alert, String> {
        let given = |instant: Option<Instant>| instant.and_then(|instant| instant.0);
        let end = given(self.ends_at);
        let starts_at = given(self.starts_at).or(end).unwrap_or(now);
        let ends_at = end.unwrap_or(now.saturating_add(resolve_timeout));
        if ends_at < starts_at {
            return Err("start time must be before end time".to_owned());
        }
        let mut labels = self.labels.unwrap_or_default();
        labels.0.retain(|(_, value)| !value.is_empty());
        labels.check_names("label set", mode)?;
        if labels.0.is_empty() {
            return Err("at least one label pair required".to_owned());
        }
        let annotations = self.annotations.unwrap_or_default();
        annotations.check_names("annotations", mode)?;
        let url = self.generator_url.as_ref().map_or("", |url| &*url.0);
        if **last_url != *url {
            *last_url = url.into();
        }
        Ok(Alert {
            labels: Labels::from_sorted(labels.iter()),
            annotations: annotations.iter().collect(),
            starts_at,
            ends_at,
            updated_at: now,
            generator_url: Arc::clone(last_url),
            ends_by_timeout: end.is_none(),
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostedSilence {
    id: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
    comment: Option<String>,
    created_by: Option<String>,
    ends_at: Option<Instant>,
    matchers: Option<Vec<PostedMatcher>>,
    starts_at: Option<Instant>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostedMatcher {
    is_equal: Option<bool>,
    is_regex: Option<bool>,
    name: Option<String>,
    value: Option<String>,
}

/// Reads a silence that somebody asks for now; the rules of silences are checked when it is set.
pub(super) fn silence(
    body: &[u8],
    now: Timestamp,
    mode: MatcherMode,
) -> Result<Silence, Complaint> {
    let posted: Option<PostedSilence> =
        first_value(body).map_err(|error| Complaint::unreadable("silence", error))?;
    let required = |what: &str| Complaint::required(&format!("{what} in body"));
    let posted = posted.unwrap_or_default();
    let comment = posted.comment.ok_or_else(|| required("comment"))?;
    let created_by = posted.created_by.ok_or_else(|| required("createdBy"))?;
    let ends_at = posted.ends_at.ok_or_else(|| required("endsAt"))?;
    let matchers = posted.matchers.ok_or_else(|| required("matchers"))?;
    if matchers.is_empty() {
        return Err(Complaint::empty_list("matchers in body"));
    }
    let matchers = matchers.into_iter().enumerate();
    let matchers =
        matchers.map(|(index, matcher)| matcher.checked(index)).collect::<Result<Vec<_>, _>>()?;
    let starts_at = posted.starts_at.ok_or_else(|| required("startsAt"))?;
    let starts_at = starts_at.0.unwrap_or(Timestamp::MIN);
    let ends_at = ends_at.0.unwrap_or(Timestamp::MIN);
    if starts_at >= ends_at {
        let sentence = "Failed to create silence: start time must be before end time";
        return Err(Complaint::bad(sentence));
    }
    if ends_at < now {
        return Err(Complaint::bad("Failed to create silence: end time can't be in the past"));
    }
    let compile = |(index, matcher): (usize, CheckedMatcher)| matcher.compiled(index, mode);
    Ok(Silence {
        id: posted.id.unwrap_or_default(),
        matchers: matchers.into_iter().enumerate().map(compile).collect::<Result<_, _>>()?,
        starts_at,
        ends_at,
        updated_at: now,
        created_by,
        comment,
        annotations: posted.annotations.unwrap_or_default().into_iter().collect(),
    })
}

/// A matcher with everything that the schema demands.
struct CheckedMatcher {
    op: MatchOp,
    name: String,
    value: String,
}

impl PostedMatcher {
    fn checked(self, index: usize) -> Result<CheckedMatcher, Complaint> {
        let required =
            |what: &str| Complaint::required(&format!("matchers.{index}.{what} in body"));
        let is_regex = self.is_regex.ok_or_else(|| required("isRegex"))?;
        let op = match (self.is_equal.unwrap_or(true), is_regex) {
            (true, false) => MatchOp::Equal,
            (false, false) => MatchOp::NotEqual,
            (true, true) => MatchOp::Regex,
            (false, true) => MatchOp::NotRegex,
        };
        let name = self.name.ok_or_else(|| required("name"))?;
        let value = self.value.ok_or_else(|| required("value"))?;
        Ok(CheckedMatcher { op, name, value })
    }
}

impl CheckedMatcher {
    fn compiled(self, index: usize, mode: MatcherMode) -> Result<Matcher, Complaint> {
        let wrong = |why: String| {
            Complaint::bad(format!("invalid silence: invalid label matcher {index}: {why}"))
        };
        if !mode.takes_name(&self.name) {
            return Err(wrong(format!("invalid label name {}", model::quote(&self.name))));
        }
        Matcher::new(self.op, &self.name, &self.value).map_err(|error| wrong(error.to_string()))
    }
}
