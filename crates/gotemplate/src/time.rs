//! Instants, time zones and durations as Go's time package shows them to templates.
//! Calendar and zones come from jiff; layouts (`2006-01-02 15:04`) are read in `layout`.

mod duration;
mod layout;
mod methods;

pub(crate) use layout::parse;
pub(crate) use methods::{DURATION_METHODS, TIME_METHODS};

use crate::types::IntType;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// An instant, to the nanosecond, shown in a time zone; years -9999 to 9999.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    instant: Timestamp,
    zone: Zone,
}

/// A time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    /// UTC
    Utc,
    /// Seconds east of UTC, without a name.
    Offset(i32),
    /// A zone with rules and a name, `Europe/Paris` for example.
    Named(TimeZone),
}

impl Time {
    /// Go's zero time: the first instant of the year 1, in UTC. It stands for "not known".
    pub const ZERO: Self =
        Self { instant: Timestamp::constant(-62_135_596_800, 0), zone: Zone::Utc };

    /// An instant in UTC.
    pub fn utc(instant: Timestamp) -> Self {
        Self { instant, zone: Zone::Utc }
    }

    /// The same instant in another zone.
    pub fn with_zone(&self, zone: Zone) -> Self {
        Self { instant: self.instant, zone }
    }

    /// The instant.
    pub fn instant(&self) -> Timestamp {
        self.instant
    }

    /// The zone it is shown in.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The instant written in a layout of Go's time package.
    pub fn format(&self, layout: &str) -> String {
        layout::format(self, layout)
    }

    /// RFC 3339 with as many decimals as there are, as JSON has it.
    pub fn rfc3339(&self) -> String {
        self.format("2006-01-02T15:04:05.999999999Z07:00")
    }

    /// Later by a duration in nanoseconds; stays within the years that can be shown.
    pub(crate) fn plus(&self, nanoseconds: i64) -> Self {
        let duration = SignedDuration::from_nanos(nanoseconds);
        let instant = self.instant.saturating_add(duration).unwrap_or(self.instant);
        Self { instant, zone: self.zone.clone() }
    }

    /// Nanoseconds since another instant; what does not fit becomes the largest or smallest number.
    pub(crate) fn since(&self, other: &Self) -> i64 {
        let nanoseconds = self.instant.as_nanosecond() - other.instant.as_nanosecond();
        i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
    }

    /// Date and time of day in its zone.
    fn civil(&self) -> DateTime {
        self.offset().to_datetime(self.instant)
    }

    fn offset(&self) -> Offset {
        match &self.zone {
            Zone::Utc => Offset::UTC,
            Zone::Offset(seconds) => Offset::from_seconds(*seconds).unwrap_or(Offset::UTC),
            Zone::Named(zone) => zone.to_offset(self.instant),
        }
    }

    /// Short name of the zone at the instant; empty when it has none.
    fn abbreviation(&self) -> String {
        match &self.zone {
            Zone::Utc => "UTC".into(),
            Zone::Offset(_) => String::new(),
            Zone::Named(zone) => zone.to_offset_info(self.instant).abbreviation().to_owned(),
        }
    }
}

impl Zone {
    /// Name of the zone; empty when it has none.
    pub fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Offset(_) => "",
            Self::Named(zone) => zone.iana_name().unwrap_or(""),
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format("2006-01-02 15:04:05.999999999 -0700 MST"))
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

impl IntType {
    /// What a number of this type says about itself, if it is more than a number.
    pub(crate) fn words(self, number: i64) -> Option<String> {
        let named = |names: &[&str], index: i64, kind: &str| {
            let name = usize::try_from(index).ok().and_then(|index| names.get(index).copied());
            Some(name.map_or_else(|| format!("%!{kind}({number})"), str::to_owned))
        };
        match self {
            Self::Int | Self::Int64 | Self::Uint8 => None,
            Self::Duration => Some(duration::shown(number)),
            Self::Month => named(&MONTHS, number.saturating_sub(1), "Month"),
            Self::Weekday => named(&WEEKDAYS, number, "Weekday"),
        }
    }
}

#[cfg(test)]
mod tests;
