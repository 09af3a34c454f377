//! OpenMetrics 1.0: exactly one space between tokens, no comments, `# EOF` at the end, timestamps
//! in seconds, exemplars.
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/> and openmetricslex.l of Prometheus 3.14.

use super::cursor::{Cursor, excerpt};
use super::metadata::{self, Keyword};
use super::series::{Layout, Owner};
use super::{Event, Format, Parser, Sample};
use crate::{ParseError, ParseErrorKind, parse_float};
use model::{Labels, Timestamp};

/// What begins an exemplar behind a sample.
const EXEMPLAR: &[u8] = b" # {";

/// An exemplar as written behind a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedExemplar {
    /// Labels of the exemplar.
    pub labels: Labels,
    /// Observed value.
    pub value: f64,
    /// When it was observed, if the target says so.
    pub timestamp: Option<Timestamp>,
}

pub(super) fn next_event<'a>(parser: &mut Parser<'a>) -> Result<Option<Event<'a>>, ParseError> {
    let cursor = &mut parser.cursor;
    cursor.begin_line();
    if cursor.is_end() {
        return Err(missing_end(cursor));
    }
    if !cursor.eat_text(b"# ") {
        let series = parser.layout.read(cursor, Format::OpenMetrics)?;
        return finish_sample(cursor, series).map(|sample| Some(Event::Sample(sample)));
    }
    if cursor.eat_text(b"EOF") {
        cursor.eat(b'\n');
        return if cursor.is_end() { Ok(None) } else { Err(data_after_end(cursor)) };
    }
    metadata_line(cursor).map(Some)
}

fn metadata_line<'a>(cursor: &mut Cursor<'a>) -> Result<Event<'a>, ParseError> {
    let keyword = [Keyword::Help, Keyword::Type, Keyword::Unit]
        .into_iter()
        .find(|keyword| cursor.eat_text(keyword.as_str().as_bytes()));
    let Some(keyword) = keyword.filter(|_| cursor.eat(b' ')) else {
        return Err(cursor.expected("HELP, TYPE, UNIT or EOF after `# `"));
    };
    let family = metadata::family_name(cursor, keyword)?;
    if !cursor.eat(b' ') {
        return Err(cursor.expected(&format!("text in {}", keyword.as_str())));
    }
    let text = cursor.take_line();
    if !cursor.eat(b'\n') {
        return Err(missing_end(cursor));
    }
    metadata::event(cursor, Format::OpenMetrics, keyword, family, text)
}

/// Value, optional timestamp, optional exemplar and line break behind a series.
pub(super) fn finish_sample<'a>(
    cursor: &mut Cursor<'a>,
    series: &'a [u8],
) -> Result<Sample<'a>, ParseError> {
    let value = number(cursor, "metric")?;
    let timestamp = if at_exemplar(cursor) { None } else { timestamp(cursor)? };
    let exemplar = if cursor.eat_text(EXEMPLAR) { Some(Box::new(exemplar(cursor)?)) } else { None };
    if cursor.is_end() {
        return Err(missing_end(cursor));
    }
    if !cursor.eat(b'\n') {
        return Err(cursor.expected("timestamp, exemplar or end of line"));
    }
    Ok(Sample { series, value, timestamp, exemplar })
}

fn at_exemplar(cursor: &Cursor<'_>) -> bool {
    cursor.rest().starts_with(EXEMPLAR)
}

fn exemplar(cursor: &mut Cursor<'_>) -> Result<ParsedExemplar, ParseError> {
    let mut layout = Layout::default();
    layout.braces(cursor, Format::OpenMetrics, Owner::Exemplar)?;
    let value = number(cursor, "exemplar labels")?;
    let timestamp = timestamp(cursor)?;
    Ok(ParsedExemplar { labels: Labels::from_pairs(layout.pairs(cursor)), value, timestamp })
}

fn number(cursor: &mut Cursor<'_>, behind: &str) -> Result<f64, ParseError> {
    let Some(token) = token(cursor) else {
        return Err(cursor.expected(&format!("value after {behind}")));
    };
    parse_float(token).ok_or_else(|| {
        let message = format!("expected value after {behind}, found {}", excerpt(token));
        cursor.error(ParseErrorKind::Number, message)
    })
}

/// Seconds with a fraction, cut to milliseconds.
fn timestamp(cursor: &mut Cursor<'_>) -> Result<Option<Timestamp>, ParseError> {
    let Some(token) = token(cursor) else { return Ok(None) };
    let ms = parse_float(token).map(|seconds| seconds * 1000.0);
    // Beyond 2^53 milliseconds (the year 287,396) neighbours cannot be told apart.
    let Some(ms) = ms.filter(|ms| ms.abs() <= 9_007_199_254_740_992.0) else {
        let message = format!("invalid timestamp {}", excerpt(token));
        return Err(cursor.error(ParseErrorKind::Number, message));
    };
    #[expect(clippy::cast_possible_truncation, reason = "within 2^53; upstream cuts as well")]
    let ms = ms as i64;
    Ok(Some(Timestamp::from_ms(ms)))
}

/// One space and everything up to the next space or line break.
fn token<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let rest = cursor.rest();
    let starts = rest.first() == Some(&b' ') && !matches!(rest.get(1), None | Some(b' ' | b'\n'));
    if !starts {
        return None;
    }
    cursor.take(1);
    Some(cursor.take_while(|byte| !matches!(byte, b' ' | b'\n')))
}

fn missing_end(cursor: &Cursor<'_>) -> ParseError {
    cursor.error(ParseErrorKind::End, "data does not end with # EOF".to_owned())
}

fn data_after_end(cursor: &Cursor<'_>) -> ParseError {
    cursor.error(ParseErrorKind::End, "unexpected data after # EOF".to_owned())
}
