//! Instants and steps as people write them: everything that promtool takes, and times before now.

use std::fmt;
use std::time::SystemTime;

/// Seconds in a range that dates can have; beyond it no server answers anyway.
const SECONDS_MAX: f64 = 1e11;

/// Milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(i64);

impl Instant {
    pub(super) const EPOCH: Self = Self(0);

    pub(crate) fn ms(self) -> i64 {
        self.0
    }

    pub(crate) fn now() -> Self {
        let now = jiff::Timestamp::try_from(SystemTime::now());
        Self(now.unwrap_or(jiff::Timestamp::UNIX_EPOCH).as_millisecond())
    }

    /// Reads Unix seconds, RFC 3339, `now`, or a duration before now (`-1h`, `now-1h`).
    pub(crate) fn parse(text: &str, now: Self) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(seconds) = text.parse::<f64>() {
            return Self::from_seconds(seconds)
                .ok_or_else(|| format!("`{text}` is no time in seconds since 1970"));
        }
        if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(timestamp.as_millisecond()));
        }
        let ago = text.strip_prefix("now").unwrap_or(text);
        if ago.is_empty() && !text.is_empty() {
            return Ok(now);
        }
        let parsed = ago.strip_prefix('-').map(config::parse_duration);
        if let Some(Ok(duration)) = parsed {
            let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
            return Ok(now.before(ms));
        }
        Err(format!(
            "cannot parse {text:?}, expected Unix seconds, RFC 3339 (2026-01-31T08:00:00Z), now, \
             or a time before now like -1h"
        ))
    }

    fn from_seconds(seconds: f64) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "below 1e14 by the check")]
        let ms = || (seconds * 1000.0).round() as i64;
        (seconds.abs() < SECONDS_MAX).then(|| Self(ms()))
    }

    pub(super) fn before(self, ms: i64) -> Self {
        Self(self.0.saturating_sub(ms))
    }

    pub(super) fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Unix seconds, as the API takes them.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let ms = self.0.unsigned_abs();
        write!(f, "{sign}{}", ms / 1000)?;
        match ms % 1000 {
            0 => Ok(()),
            rest => write!(f, ".{rest:03}"),
        }
    }
}

/// Seconds of a step: `60`, `1m`, `1h30m`, `1.5h` (promtool takes Go's durations).
pub(super) fn parse_step(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().or_else(|| {
        let step = config::parse_duration(text).or_else(|_| config::parse_go_duration(text));
        step.ok().map(|step| step.as_secs_f64())
    });
    match seconds {
        Some(seconds) if seconds >= 0.0 && seconds.is_finite() => Ok(seconds),
        Some(_) => Err(format!("`{text}` is below zero or endless")),
        None => Err(format!("cannot parse {text:?}, expected a duration like 15s, 1m or 1h30m")),
    }
}

#[cfg(test)]
mod tests;
