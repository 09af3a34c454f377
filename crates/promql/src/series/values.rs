//! Values of a series description, separated by spaces: `1 2+3x2 _x4 stale {{count:3}}x2`.
//! `ax3` is a and three repetitions, `a+bx3` is a and three additions; `_x3` is three gaps.

use super::{SeriesHistogram, SeriesValue, VALUES_MAX, error, histogram};
use crate::ast::UnaryOp;
use crate::lexer::{Dialect, scan_number};
use crate::{ErrorKind, ParseError, literal};

/// Reads the values behind byte `at`.
pub(super) fn read(source: &str, at: usize) -> Result<Vec<SeriesValue>, ParseError> {
    let mut reader = Reader { source, at, values: Vec::new() };
    while !reader.rest().is_empty() {
        if !reader.skip_spaces() {
            return Err(reader.unexpected());
        }
        if !reader.rest().is_empty() {
            reader.item()?;
        }
    }
    Ok(reader.values)
}

/// Cursor over the values.
pub(super) struct Reader<'a> {
    pub(super) source: &'a str,
    pub(super) at: usize,
    values: Vec<SeriesValue>,
}

impl<'a> Reader<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    /// Consumes a text if it comes next.
    pub(super) fn accept(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    /// Consumes spaces; were there any?
    pub(super) fn skip_spaces(&mut self) -> bool {
        let spaces = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let count = self.rest().bytes().take_while(spaces).count();
        self.at += count;
        count > 0
    }

    /// Complains about the next character, or the end.
    pub(super) fn unexpected(&self) -> ParseError {
        let Some(c) = self.rest().chars().next() else {
            let message = "unexpected end of input in series values";
            return error(self.source, self.at, self.at, message);
        };
        let shown = model::quote(c.encode_utf8(&mut [0; 4])).to_string();
        let message = format!("unexpected {shown} in series values");
        error(self.source, self.at, self.at + c.len_utf8(), message)
    }

    /// An error about the text from `start` up to here.
    pub(super) fn error_from(&self, start: usize, message: impl Into<String>) -> ParseError {
        error(self.source, start, self.at, message)
    }

    fn item(&mut self) -> Result<(), ParseError> {
        if self.accept("_") {
            let count = if self.accept("x") { self.count()? } else { 1 };
            return self.push(count, |_| SeriesValue::Gap);
        }
        if self.accept("{{") {
            return self.histograms();
        }
        let start = self.at;
        let first = self.float()?;
        let step = match self.sign() {
            Some(sign) => Some(sign * self.number()?),
            None => None,
        };
        if !self.accept("x") {
            return if step.is_none() {
                self.push(1, |_| SeriesValue::Float(first))
            } else {
                Err(self.unexpected())
            };
        }
        let count = self.count_from(start)?;
        let mut value = first;
        self.push(count, |index| {
            // Upstream adds up, it does not multiply: 0.1x3 ends at 0.30000000000000004.
            if let Some(step) = step
                && index > 0
            {
                value += step;
            }
            SeriesValue::Float(value)
        })
    }

    /// A repetition count that comes with the value itself.
    fn count_from(&mut self, start: usize) -> Result<usize, ParseError> {
        let count = self.count()?;
        count.checked_add(1).ok_or_else(|| self.too_many(start))
    }

    /// Adds `count` values.
    fn push(
        &mut self,
        count: usize,
        mut value: impl FnMut(usize) -> SeriesValue,
    ) -> Result<(), ParseError> {
        if count > VALUES_MAX - self.values.len() {
            return Err(self.too_many(self.at));
        }
        self.values.extend((0..count).map(&mut value));
        Ok(())
    }

    fn too_many(&self, start: usize) -> ParseError {
        let place = crate::ast::Place { start, end: self.at };
        let message = format!("series has more than {VALUES_MAX} values");
        ParseError::new(ErrorKind::Limit, self.source, place, message)
    }

    /// A number with an optional sign, or `stale`.
    fn float(&mut self) -> Result<f64, ParseError> {
        if let Some(sign) = self.sign() {
            return Ok(sign * self.number()?);
        }
        if self.word() == "stale" {
            self.at += "stale".len();
            return Ok(model::stale_marker());
        }
        self.number()
    }

    /// Consumes a sign: 1 or -1.
    pub(super) fn sign(&mut self) -> Option<f64> {
        if self.accept("+") {
            Some(1.0)
        } else if self.accept("-") {
            Some(-1.0)
        } else {
            None
        }
    }

    /// A number without sign; `Inf` and `NaN` in any case.
    pub(super) fn number(&mut self) -> Result<f64, ParseError> {
        let start = self.at;
        let word = self.word();
        if word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("nan") {
            self.at += word.len();
            return self.literal(start);
        }
        if !word.is_empty() {
            let end = start + word.len();
            let word = model::quote(word);
            let message = format!(
                "unexpected identifier {word} in series values, expected number or \"stale\""
            );
            return Err(error(self.source, start, end, message));
        }
        let rest = self.rest();
        let is_number = rest.starts_with(|c: char| c.is_ascii_digit())
            || (rest.starts_with('.') && rest[1..].starts_with(|c: char| c.is_ascii_digit()));
        if !is_number {
            return Err(self.unexpected());
        }
        let (length, well_formed) = scan_number(rest.as_bytes(), Dialect::Series);
        self.at += length;
        if !well_formed {
            let text = model::quote(&self.source[start..self.at]).to_string();
            return Err(self.error_from(start, format!("bad number syntax: {text}")));
        }
        self.literal(start)
    }

    fn literal(&self, start: usize) -> Result<f64, ParseError> {
        literal::number(&self.source[start..self.at])
            .map_err(|message| self.error_from(start, message))
    }

    /// Letters, digits, `_` and `:` that begin with a letter.
    pub(super) fn word(&self) -> &'a str {
        let rest = self.rest();
        let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':');
        let length = rest.bytes().take_while(belongs).count();
        if rest.starts_with(|c: char| c.is_ascii_alphabetic()) { &rest[..length] } else { "" }
    }

    /// The number of repetitions behind an `x`.
    fn count(&mut self) -> Result<usize, ParseError> {
        let start = self.at;
        let (length, well_formed) = scan_number(self.rest().as_bytes(), Dialect::Series);
        if !well_formed {
            return Err(self.unexpected());
        }
        self.at += length;
        let text = &self.source[start..self.at];
        let why = match text.parse::<u64>() {
            Ok(count) => return Ok(usize::try_from(count).unwrap_or(usize::MAX)),
            Err(error) if *error.kind() == std::num::IntErrorKind::PosOverflow => {
                "value out of range"
            }
            Err(_) => "invalid syntax",
        };
        let text = model::quote(text);
        let message = format!(
            "invalid repetition in series values: strconv.ParseUint: parsing {text}: {why}"
        );
        Err(self.error_from(start, message))
    }

    /// Behind `{{`: a histogram, its repetitions, or a second histogram added again and again.
    fn histograms(&mut self) -> Result<(), ParseError> {
        let start = self.at - 2;
        let mut first = histogram::read(self)?;
        let sign = if self.rest().starts_with("+{{") {
            UnaryOp::Plus
        } else if self.rest().starts_with("-{{") {
            UnaryOp::Minus
        } else {
            let count = if self.accept("x") { self.count_from(start)? } else { 1 };
            return self.push(count, |_| SeriesValue::Histogram(first.clone()));
        };
        self.at += 3;
        let step = histogram::read(self)?;
        if !self.accept("x") {
            return Err(self.unexpected());
        }
        let count_start = self.at;
        let count = self.count_from(start)?;
        self.require_mergeable(&first, &step, count_start)?;
        // As upstream: the hint of the whole run is compared if the step writes one.
        first.hint_written = step.hint_written;
        self.push(count, |index| match index {
            0 => SeriesValue::Histogram(first.clone()),
            _ => SeriesValue::HistogramStep(sign, step.clone()),
        })
    }

    fn require_mergeable(
        &self,
        first: &SeriesHistogram,
        step: &SeriesHistogram,
        start: usize,
    ) -> Result<(), ParseError> {
        let (from, to) = (step.histogram.schema, first.histogram.schema);
        if to <= from {
            return Ok(());
        }
        let message =
            format!("error combining histograms: cannot merge from schema {from} to {to}");
        Err(self.error_from(start, message))
    }
}
