//! Small pieces that many answers share: label sets as objects, times and durations as texts.

use model::{Labels, Timestamp};
use serde::ser::{Serialize, Serializer};
use std::time::Duration;

/// How Go prints the time that was never set.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// A label set as a JSON object.
#[derive(Debug)]
pub(crate) struct LabelMap(pub(crate) Labels);

impl Serialize for LabelMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

/// Names and texts as a JSON object, in their order.
#[derive(Debug)]
pub(crate) struct TextMap(pub(crate) Vec<(String, String)>);

impl Serialize for TextMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, text)| (name, text)))
    }
}

/// RFC 3339 in UTC; without a time, Go's zero time.
pub(crate) fn rfc3339(time: Option<Timestamp>) -> String {
    let shown = |time: Timestamp| jiff::Timestamp::from_millisecond(time.ms()).ok();
    time.and_then(shown).map_or_else(|| NEVER.into(), |time| time.to_string())
}

/// Prometheus' notation, `1m30s`.
pub(crate) fn duration_text(duration: Duration) -> String {
    promql::format_duration(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}
