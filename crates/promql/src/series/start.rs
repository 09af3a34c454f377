//! Start timestamps of a `load` block: `metric{a="b"}@st  _ -30s-1mx2 *x3`, offsets from the
//! sample's own time; a line without metric sets the default of the following series.
//! Source of the notation: Prometheus 3.14, `promqltest/test.go`.

use super::{VALUES_MAX, error, metric};
use crate::{ErrorKind, ParseError, ast::Place, duration};
use model::Labels;

/// Offsets of a series' start timestamps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartTimestamps {
    /// Label set they belong to; `None`: the default for the series that follow.
    pub labels: Option<Labels>,
    /// Milliseconds to add to each sample's time, `None` where no start is known; at most
    /// [`VALUES_MAX`].
    pub offsets: Vec<Option<i64>>,
}

/// Does the line give start timestamps? Its first word ends in `@st`.
pub fn is_start_line(line: &str) -> bool {
    split(line).is_some()
}

/// The metric in front of `@st`, and the offsets behind it.
fn split(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let (head, offsets) = line.split_once([' ', '\t'])?;
    Some((head.strip_suffix("@st")?, offsets))
}

/// Parses a line of start timestamps.
pub fn parse_start_timestamps(source: &str) -> Result<StartTimestamps, ParseError> {
    let Some((head, items)) = split(source) else {
        let message = "invalid @st line: missing value sequence";
        return Err(error(source, 0, source.len(), message));
    };
    let mut offsets = Vec::new();
    for item in items.split_ascii_whitespace() {
        // Both are slices of `source`, so the difference is where the item stands.
        let at = item.as_ptr() as usize - source.as_ptr() as usize;
        let place = Place { start: at, end: at + item.len() };
        read_item(item, &mut offsets).map_err(|why| {
            let item = model::quote(item);
            let message = format!("invalid @st sequence: invalid ST item {item}: {why}");
            ParseError::new(ErrorKind::Syntax, source, place, message)
        })?;
    }
    if head.is_empty() {
        return Ok(StartTimestamps { labels: None, offsets });
    }
    let (labels, end) = metric(head)?;
    if end < head.len() {
        return Err(error(source, end, head.len(), "unexpected text behind the metric"));
    }
    Ok(StartTimestamps { labels: Some(labels), offsets })
}

/// `_`, `_x3`, `*`, `*x3`, `-30s`, `-30sx3`, `-30s-1mx3`
fn read_item(item: &str, offsets: &mut Vec<Option<i64>>) -> Result<(), String> {
    if let Some(rest) = item.strip_prefix('_') {
        let count = repetitions(rest)?.unwrap_or(1);
        if count == 0 {
            return Err("invalid repeat count".into());
        }
        return push(offsets, count, |_| None);
    }
    if let Some(rest) = item.strip_prefix('*') {
        let previous = offsets.iter().rev().find_map(|offset| *offset).unwrap_or_default();
        let more = repetitions(rest)?.unwrap_or(0);
        return push(offsets, more.saturating_add(1), |_| Some(previous));
    }
    let (base, rest) = offset(item)?;
    let (step, rest) = match rest.chars().next() {
        Some(sign @ ('+' | '-')) => {
            let (step, rest) =
                offset(&rest[1..]).map_err(|why| format!("invalid step duration: {why}"))?;
            if !rest.starts_with('x') {
                return Err("expected 'x<count>' after step duration".into());
            }
            (if sign == '-' { -step } else { step }, rest)
        }
        _ => (0, rest),
    };
    let more = repetitions(rest)?.unwrap_or(0);
    push(offsets, more.saturating_add(1), |index| {
        let steps = i64::try_from(index).unwrap_or(i64::MAX);
        Some(base.saturating_add(step.saturating_mul(steps)))
    })
}

fn push(
    offsets: &mut Vec<Option<i64>>,
    count: usize,
    offset: impl FnMut(usize) -> Option<i64>,
) -> Result<(), String> {
    if count > VALUES_MAX - offsets.len() {
        return Err(format!("series has more than {VALUES_MAX} values"));
    }
    offsets.extend((0..count).map(offset));
    Ok(())
}

/// `x3`, or nothing.
fn repetitions(text: &str) -> Result<Option<usize>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let Some(count) = text.strip_prefix('x') else {
        let found = crate::lexer::quote_char(text.chars().next());
        return Err(format!("unexpected character {found} after duration"));
    };
    count.parse().ok().map(Some).ok_or_else(|| "invalid repeat count".to_owned())
}

/// A duration of one unit with an optional sign, in milliseconds, and what follows it.
fn offset(text: &str) -> Result<(i64, &str), String> {
    let unsigned = text.trim_start_matches(['+', '-']);
    if text.len() - unsigned.len() > 1 || !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("expected digits in duration {}", model::quote(text)));
    }
    let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    let is_unit = |byte: &u8| byte.is_ascii_alphabetic() && *byte != b'x';
    let unit = unsigned[digits..].bytes().take_while(is_unit).count();
    let (duration, rest) = unsigned.split_at(digits + unit);
    let ms = duration::read(duration)
        .map_err(|why| format!("invalid duration {}: {why}", model::quote(duration)))?;
    Ok((if text.starts_with('-') { -ms } else { ms }, rest))
}
