//! Text 0.0.4: white space between tokens, comments, timestamps in milliseconds.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/> and promlex.l of Prometheus 3.14.

use super::cursor::{Cursor, excerpt};
use super::metadata::{self, Keyword};
use super::{Event, Format, Parser, Sample};
use crate::{ParseError, ParseErrorKind, parse_float};
use model::Timestamp;

pub(super) fn next_event<'a>(parser: &mut Parser<'a>) -> Result<Option<Event<'a>>, ParseError> {
    loop {
        let cursor = &mut parser.cursor;
        cursor.skip_blanks();
        cursor.begin_line();
        match cursor.peek() {
            None => return Ok(None),
            Some(b'\n') => drop(cursor.take(1)),
            Some(b'#') => {
                if let Some(event) = comment(cursor)? {
                    return Ok(Some(event));
                }
            }
            Some(_) => {
                let series = parser.layout.read(cursor, Format::Text)?;
                return finish_sample(cursor, series).map(|sample| Some(Event::Sample(sample)));
            }
        }
    }
}

/// A metadata line, or `None` for a comment, which is skipped.
fn comment<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Event<'a>>, ParseError> {
    cursor.take(1);
    let Some(keyword) = keyword(cursor) else {
        cursor.take_line();
        cursor.eat(b'\n');
        return Ok(None);
    };
    let family = metadata::family_name(cursor, keyword)?;
    // One byte separates name and text; a text of blanks only is empty.
    let line = cursor.take_line();
    let blank = line.iter().all(|byte| matches!(byte, b' ' | b'\t'));
    let text = if blank { &[] } else { &line[1..] };
    let event = metadata::event(cursor, Format::Text, keyword, family, text)?;
    cursor.eat(b'\n');
    Ok(Some(event))
}

/// `HELP` or `TYPE` between white space; anything else behind `#` is a comment.
fn keyword(cursor: &mut Cursor<'_>) -> Option<Keyword> {
    if cursor.skip_blanks() == 0 {
        return None;
    }
    let keyword = [Keyword::Help, Keyword::Type]
        .into_iter()
        .find(|keyword| cursor.rest().starts_with(keyword.as_str().as_bytes()))?;
    cursor.take(keyword.as_str().len());
    (cursor.skip_blanks() > 0).then_some(keyword)
}

/// Value, optional timestamp and line break behind a series.
pub(super) fn finish_sample<'a>(
    cursor: &mut Cursor<'a>,
    series: &'a [u8],
) -> Result<Sample<'a>, ParseError> {
    cursor.skip_blanks();
    let number = cursor.take_while(|byte| !matches!(byte, b'{' | b' ' | b'\t' | b'\n'));
    if number.is_empty() {
        return Err(cursor.expected("value after metric"));
    }
    let Some(value) = parse_float(number) else {
        let message = format!("expected value after metric, found {}", excerpt(number));
        return Err(cursor.error(ParseErrorKind::Number, message));
    };
    cursor.skip_blanks();
    let timestamp = timestamp(cursor)?;
    if !cursor.is_end() && !cursor.eat(b'\n') {
        return Err(cursor.expected("timestamp in milliseconds or end of line"));
    }
    Ok(Sample { series, value, timestamp, exemplar: None })
}

/// Digits only: upstream's lexer takes no sign here.
fn timestamp(cursor: &mut Cursor<'_>) -> Result<Option<Timestamp>, ParseError> {
    let digits = cursor.take_while(|byte| byte.is_ascii_digit());
    if digits.is_empty() {
        return Ok(None);
    }
    let parsed = std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok());
    let Some(ms) = parsed else {
        let message = format!("timestamp {} does not fit 64 bits", excerpt(digits));
        return Err(cursor.error(ParseErrorKind::Number, message));
    };
    cursor.skip_blanks();
    Ok(Some(Timestamp::from_ms(ms)))
}
