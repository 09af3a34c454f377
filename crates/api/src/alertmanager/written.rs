//! Alerts, groups and silences as JSON, over borrowed data: 20,000 alerts are 10 MB, of which only
//! the chunk that is sent exists. Keys stand in the order in which upstream's encoder writes them.

use crate::provider::ReceiverInfo;
use crate::render::{Elements, list};
use alerts::{AlertStatus, GroupStatus, Silence};
use model::{Labels, MatchOp, Matcher, Timestamp};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What is known about receivers, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Receivers(BTreeMap<String, BTreeMap<String, String>>);

impl Receivers {
    pub(super) fn new(receivers: Vec<ReceiverInfo>) -> Self {
        Self(receivers.into_iter().map(|receiver| (receiver.name, receiver.labels)).collect())
    }

    /// Labels of a receiver; none for one that has just gone.
    pub(super) fn labels(&self, name: &str) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.0.get(name).unwrap_or(&NONE)
    }
}

/// A JSON array of alerts.
pub(super) fn alerts(alerts: Vec<AlertStatus>, receivers: Receivers) -> Box<dyn Elements> {
    list(alerts, move |out, alert| write(out, &AlertBody::new(alert, &receivers)))
}

/// A JSON array of groups.
pub(super) fn groups(groups: Vec<GroupStatus>, receivers: Receivers) -> Box<dyn Elements> {
    list(groups, move |out, group| write(out, &GroupBody::new(group, &receivers)))
}

/// A JSON array of silences.
pub(super) fn silences(silences: Vec<Silence>, now: Timestamp) -> Box<dyn Elements> {
    list(silences, move |out, silence| write(out, &SilenceBody::new(silence, now)))
}

/// A JSON array of receivers.
pub(super) fn receivers(receivers: Vec<ReceiverInfo>) -> Box<dyn Elements> {
    list(receivers, |out, ReceiverInfo { name, labels }| {
        write(out, &ReceiverBody { labels, name });
    })
}

fn write(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(out, value).expect("a Vec takes every byte, and keys are texts");
}

struct LabelSet<'a>(&'a Labels);

impl Serialize for LabelSet<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

struct Annotations<'a>(&'a alerts::Texts);

impl Serialize for Annotations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

struct Texts<'a>(&'a [(String, String)]);

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, text)| (name, text)))
    }
}

#[derive(Serialize)]
struct ReceiverBody<'a> {
    labels: &'a BTreeMap<String, String>,
    name: &'a str,
}

/// Names of receivers as a list of receivers.
struct ReceiverList<'a>(&'a [Arc<str>], &'a Receivers);

impl Serialize for ReceiverList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(names, receivers) = self;
        let mut list = serializer.serialize_seq(Some(names.len()))?;
        for name in *names {
            list.serialize_element(&ReceiverBody { labels: receivers.labels(name), name })?;
        }
        list.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AlertBody<'a> {
    annotations: Annotations<'a>,
    ends_at: Written,
    fingerprint: Hex,
    receivers: ReceiverList<'a>,
    starts_at: Written,
    status: StatusBody<'a>,
    updated_at: Written,
    #[serde(rename = "generatorURL", skip_serializing_if = "str::is_empty")]
    generator_url: &'a str,
    labels: LabelSet<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusBody<'a> {
    inhibited_by: Vec<Hex>,
    muted_by: &'a [String],
    silenced_by: &'a [String],
    state: &'static str,
}

impl<'a> AlertBody<'a> {
    fn new(status: &'a AlertStatus, receivers: &'a Receivers) -> Self {
        let alert = &status.alert;
        Self {
            annotations: Annotations(&alert.annotations),
            ends_at: Written(alert.ends_at),
            fingerprint: Hex(status.fingerprint),
            receivers: ReceiverList(&status.receivers, receivers),
            starts_at: Written(alert.starts_at),
            status: StatusBody {
                inhibited_by: status.inhibited_by.iter().copied().map(Hex).collect(),
                muted_by: &status.muted_by,
                silenced_by: &status.silenced_by,
                state: status.state.as_str(),
            },
            updated_at: Written(alert.updated_at),
            generator_url: &alert.generator_url,
            labels: LabelSet(&alert.labels),
        }
    }
}

#[derive(Serialize)]
struct GroupBody<'a> {
    alerts: Vec<AlertBody<'a>>,
    labels: LabelSet<'a>,
    receiver: GroupReceiver<'a>,
}

/// The receiver of a group.
struct GroupReceiver<'a>(&'a str, &'a Receivers);

impl Serialize for GroupReceiver<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(name, receivers) = self;
        ReceiverBody { labels: receivers.labels(name), name }.serialize(serializer)
    }
}

impl<'a> GroupBody<'a> {
    fn new(group: &'a GroupStatus, receivers: &'a Receivers) -> Self {
        Self {
            alerts: group.alerts.iter().map(|alert| AlertBody::new(alert, receivers)).collect(),
            labels: LabelSet(&group.labels),
            receiver: GroupReceiver(&group.receiver, receivers),
        }
    }
}

/// A silence.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SilenceBody<'a> {
    id: &'a str,
    status: SilenceStatus,
    updated_at: Written,
    #[serde(skip_serializing_if = "Texts::is_empty")]
    annotations: Texts<'a>,
    comment: &'a str,
    created_by: &'a str,
    ends_at: Written,
    matchers: Vec<MatcherBody<'a>>,
    starts_at: Written,
}

#[derive(Serialize)]
struct SilenceStatus {
    state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MatcherBody<'a> {
    is_equal: bool,
    is_regex: bool,
    name: &'a str,
    value: &'a str,
}

impl Texts<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> SilenceBody<'a> {
    pub(super) fn new(silence: &'a Silence, now: Timestamp) -> Self {
        Self {
            id: &silence.id,
            status: SilenceStatus { state: silence.state(now).as_str() },
            updated_at: Written(silence.updated_at),
            annotations: Texts(&silence.annotations),
            comment: &silence.comment,
            created_by: &silence.created_by,
            ends_at: Written(silence.ends_at),
            matchers: silence.matchers.iter().map(MatcherBody::from).collect(),
            starts_at: Written(silence.starts_at),
        }
    }
}

impl<'a> From<&'a Matcher> for MatcherBody<'a> {
    fn from(matcher: &'a Matcher) -> Self {
        Self {
            is_equal: matches!(matcher.op(), MatchOp::Equal | MatchOp::Regex),
            is_regex: matches!(matcher.op(), MatchOp::Regex | MatchOp::NotRegex),
            name: matcher.name(),
            value: matcher.value(),
        }
    }
}

/// Sixteen hexadecimal digits.
#[derive(Clone, Copy)]
struct Hex(u64);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0))
    }
}

/// An instant as go-openapi's strfmt writes it: `2026-01-31T08:00:00.123Z`.
#[derive(Clone, Copy)]
pub(super) struct Written(pub(super) Timestamp);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = jiff::Timestamp::from_millisecond(self.0.ms());
        let edge = if self.0.ms() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        let at = jiff::tz::Offset::UTC.to_datetime(instant.unwrap_or(edge));
        let (year, month, day) = (at.year(), at.month(), at.day());
        let (hour, minute, second) = (at.hour(), at.minute(), at.second());
        let ms = at.subsec_nanosecond() / 1_000_000;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
