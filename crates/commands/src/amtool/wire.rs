//! Alertmanager's API v2 as its clients see it. Fields stand in the order in which upstream's
//! encoder writes them, because `-o json` prints what was read.

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// Names and texts.
pub(super) type TextMap = BTreeMap<String, String>;

/// An instant, with the offset from UTC in which it is written; written with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time {
    pub(super) at: Timestamp,
    offset: Offset,
}

impl Time {
    /// Go's zero time, which stands for "not given".
    pub(super) const ABSENT: Self = Self::utc(Timestamp::constant(-62_135_596_800, 0));

    pub(super) const fn utc(at: Timestamp) -> Self {
        Self { at, offset: Offset::UTC }
    }

    /// As templates and layouts of Go see it.
    pub(super) fn shown(self) -> gotemplate::Time {
        let zone = match self.offset.seconds() {
            0 => gotemplate::Zone::Utc,
            seconds => gotemplate::Zone::Offset(seconds),
        };
        gotemplate::Time::utc(self.at).with_zone(zone)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.shown().format("2006-01-02T15:04:05.000Z07:00"))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let at = text.parse().map_err(serde::de::Error::custom)?;
        let pieces = Pieces::parse(&text).map_err(serde::de::Error::custom)?;
        let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
        Ok(Self { at, offset })
    }
}

/// An alert of `GET /alerts`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    pub(super) annotations: TextMap,
    pub(super) ends_at: Time,
    pub(super) fingerprint: String,
    pub(super) receivers: Vec<Receiver>,
    pub(super) starts_at: Time,
    pub(super) status: AlertStatus,
    pub(super) updated_at: Time,
    #[serde(default, rename = "generatorURL", skip_serializing_if = "String::is_empty")]
    pub(super) generator_url: String,
    pub(super) labels: TextMap,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Receiver {
    /// Since 0.33.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) labels: Option<TextMap>,
    pub(super) name: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AlertStatus {
    pub(super) inhibited_by: Vec<String>,
    /// Since 0.28.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) muted_by: Option<Vec<String>>,
    pub(super) silenced_by: Vec<String>,
    pub(super) state: String,
}

/// An alert for `POST /alerts`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostedAlert {
    pub(super) annotations: TextMap,
    pub(super) ends_at: Time,
    pub(super) starts_at: Time,
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    pub(super) generator_url: Option<String>,
    pub(super) labels: TextMap,
}

/// A silence as the server keeps it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Silence {
    pub(super) id: String,
    pub(super) status: SilenceStatus,
    pub(super) updated_at: Time,
    #[serde(flatten)]
    pub(super) text: SilenceText,
}

/// What people say about a silence.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SilenceText {
    /// Since 0.32.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) annotations: TextMap,
    pub(super) comment: String,
    pub(super) created_by: String,
    pub(super) ends_at: Time,
    pub(super) matchers: Vec<SilenceMatcher>,
    pub(super) starts_at: Time,
}

/// A silence for `POST /silences`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PostedSilence {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(flatten)]
    pub(super) silence: SilenceText,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct SilenceStatus {
    pub(super) state: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SilenceMatcher {
    /// Absent in silences of old clients, where it means true.
    #[serde(default = "yes")]
    pub(super) is_equal: bool,
    pub(super) is_regex: bool,
    pub(super) name: String,
    pub(super) value: String,
}

fn yes() -> bool {
    true
}

/// Answer of `POST /silences`.
#[derive(Debug, Deserialize)]
pub(super) struct SilenceId {
    #[serde(rename = "silenceID")]
    pub(super) id: String,
}

/// Answer of `GET /status`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    pub(super) cluster: Cluster,
    pub(super) config: ConfigText,
    pub(super) uptime: Time,
    pub(super) version_info: VersionInfo,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Cluster {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) name: String,
    #[serde(default)]
    pub(super) peers: Vec<Member>,
    pub(super) status: String,
}

/// A server of a cluster.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Member {
    pub(super) address: String,
    pub(super) name: String,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct ConfigText {
    pub(super) original: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VersionInfo {
    pub(super) branch: String,
    pub(super) build_date: String,
    pub(super) build_user: String,
    pub(super) go_version: String,
    pub(super) revision: String,
    pub(super) version: String,
}
