//! `# HELP`, `# TYPE` and `# UNIT` lines: a family's name and a text, in both formats.

use super::cursor::{Cursor, LineBreaks, excerpt};
use super::series::{Quotes, require_utf8, unescape};
use super::{Event, Format};
use crate::{ParseError, ParseErrorKind};
use model::MetricKind;
use std::borrow::Cow;

/// Keyword of a metadata line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Help,
    Type,
    Unit,
}

impl Keyword {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Help => "HELP",
            Self::Type => "TYPE",
            Self::Unit => "UNIT",
        }
    }
}

/// The family's name, bare or quoted, unescaped.
pub(super) fn family_name<'a>(
    cursor: &mut Cursor<'a>,
    keyword: Keyword,
) -> Result<Cow<'a, str>, ParseError> {
    let bare = cursor.take_metric_name();
    if !bare.is_empty() {
        return require_utf8(cursor, bare, "metric name").map(Cow::Borrowed);
    }
    match cursor.take_quoted(LineBreaks::Allowed) {
        Some(quoted) if !quoted.is_empty() => {
            let name = require_utf8(cursor, quoted, "metric name")?;
            Ok(unescape(name, Quotes::Escaped))
        }
        Some(_) | None => Err(cursor.expected(&format!("metric name after {}", keyword.as_str()))),
    }
}

/// The event of a metadata line whose parts are known.
pub(super) fn event<'a>(
    cursor: &Cursor<'a>,
    format: Format,
    keyword: Keyword,
    family: Cow<'a, str>,
    text: &'a [u8],
) -> Result<Event<'a>, ParseError> {
    let quotes = match format {
        Format::Text => Quotes::Plain,
        Format::OpenMetrics => Quotes::Escaped,
    };
    match keyword {
        Keyword::Help => {
            let help = require_utf8(cursor, text, "help text")?;
            Ok(Event::Help { family, help: unescape(help, quotes) })
        }
        Keyword::Type => {
            let kind = kind(format, text).ok_or_else(|| {
                let message = format!("invalid metric type {}", excerpt(text));
                cursor.error(ParseErrorKind::Syntax, message)
            })?;
            Ok(Event::Type { family, kind })
        }
        Keyword::Unit => unit(cursor, family, text),
    }
}

fn kind(format: Format, text: &[u8]) -> Option<MetricKind> {
    match (text, format) {
        (b"counter", _) => Some(MetricKind::Counter),
        (b"gauge", _) => Some(MetricKind::Gauge),
        (b"histogram", _) => Some(MetricKind::Histogram),
        (b"summary", _) => Some(MetricKind::Summary),
        (b"untyped", Format::Text) | (b"unknown", Format::OpenMetrics) => Some(MetricKind::Unknown),
        (b"gaugehistogram", Format::OpenMetrics) => Some(MetricKind::GaugeHistogram),
        (b"info", Format::OpenMetrics) => Some(MetricKind::Info),
        (b"stateset", Format::OpenMetrics) => Some(MetricKind::StateSet),
        (_, Format::Text | Format::OpenMetrics) => None,
    }
}

/// OpenMetrics: a unit, when given, is the last part of the family's name.
fn unit<'a>(
    cursor: &Cursor<'a>,
    family: Cow<'a, str>,
    text: &'a [u8],
) -> Result<Event<'a>, ParseError> {
    let unit = require_utf8(cursor, text, "unit")?;
    let is_suffix = family.strip_suffix(unit).is_some_and(|stem| stem.ends_with('_'));
    if unit.is_empty() || is_suffix {
        return Ok(Event::Unit { family, unit: Cow::Borrowed(unit) });
    }
    let message = format!("unit {unit:?} is not a suffix of metric {family:?}");
    Err(cursor.error(ParseErrorKind::Syntax, message))
}
