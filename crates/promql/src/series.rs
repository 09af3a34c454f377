//! Series descriptions of promqltest scripts and rule unit tests: `up{job="a"} 1+1x5 _ stale`.
//! Read by `script` and by rule tests. Histogram arithmetic stays with `query`: `{{..}}+{{..}}x3`
//! comes as a histogram and three steps, not as four sums.

mod histogram;
mod show;
mod start;
#[cfg(test)]
mod tests;
mod values;

pub use start::{StartTimestamps, is_start_line, parse_start_timestamps};

use crate::ast::UnaryOp;
use crate::parser::{Context, Parser};
use crate::token::TokenKind;
use crate::{ErrorKind, ParseError, ParserOptions};
use model::{Histogram, Labels, METRIC_NAME};
use std::sync::Arc;

/// Most values of one series: a description of a few bytes can ask for any number of them.
pub const VALUES_MAX: usize = 1_000_000;

/// A series and its samples, one per step.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesDescription {
    /// Label set, metric name included.
    pub labels: Labels,
    /// What stands at each step; at most [`VALUES_MAX`].
    pub values: Vec<SeriesValue>,
}

/// What stands at one step of a series description.
#[derive(Clone, Debug, PartialEq)]
pub enum SeriesValue {
    /// `_`: no sample.
    Gap,
    /// A float; `stale` is the staleness marker.
    Float(f64),
    /// `{{schema:1 count:3}}`
    Histogram(SeriesHistogram),
    /// The histogram before this step plus or minus this one.
    HistogramStep(UnaryOp, SeriesHistogram),
}

/// A histogram as described.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesHistogram {
    /// Its counts; always in float form.
    pub histogram: Arc<Histogram>,
    /// `counter_reset_hint` was written: comparisons look at the hint only then.
    pub hint_written: bool,
}

/// Parses a series description; the notation is that of promtool's unit tests.
///
/// ```
/// use promql::series::SeriesValue::{Float, Gap};
/// let series = promql::parse_series("up{job=\"a\"} 1+2x2 _").unwrap();
/// assert_eq!(series.values, [Float(1.0), Float(3.0), Float(5.0), Gap]);
/// ```
pub fn parse_series(source: &str) -> Result<SeriesDescription, ParseError> {
    let (labels, end) = metric(source)?;
    let values = values::read(source, end)?;
    Ok(SeriesDescription { labels, values })
}

/// The label set in front of the values, and where it ends.
fn metric(source: &str) -> Result<(Labels, usize), ParseError> {
    let mut parser = Parser::new(source, ParserOptions::default());
    let mut pairs = Vec::new();
    let mut end = 0;
    let mut name = None;
    if parser.current.kind.is_metric_name() {
        let token = parser.take();
        name = Some((METRIC_NAME.to_owned(), token.place.text(source).to_owned()));
        end = token.place.end;
    }
    // Behind a name, braces must follow at once: `up {{..}}` is a histogram.
    let brace = parser.current;
    if brace.kind == TokenKind::LeftBrace && (name.is_none() || brace.place.start == end) {
        end = parser.label_set(&mut pairs)?;
    }
    pairs.extend(name);
    Ok((Labels::from_pairs(pairs), end))
}

impl Parser<'_> {
    /// `{a="b", "quoted"="c", "metric.name",}`; returns where it ends.
    fn label_set(&mut self, pairs: &mut Vec<(String, String)>) -> Result<usize, ParseError> {
        self.expect(TokenKind::LeftBrace)?;
        loop {
            if let Some(brace) = self.accept(TokenKind::RightBrace) {
                return Ok(brace.place.end);
            }
            pairs.push(self.label_pair()?);
            let comma = self.accept(TokenKind::Comma).is_some();
            if !comma && self.current.kind != TokenKind::RightBrace {
                return Err(self.unexpected_in(label_set("\",\" or \"}\"")));
            }
        }
    }

    fn label_pair(&mut self) -> Result<(String, String), ParseError> {
        let token = self.current;
        let quoted = token.kind == TokenKind::String;
        let name = match token.kind {
            TokenKind::Identifier => token.place.text(self.source).to_owned(),
            TokenKind::String => self.unquote(token)?,
            _ => return Err(self.unexpected_in(label_set("identifier or \"}\""))),
        };
        self.take();
        if self.accept(TokenKind::Assign).is_none() {
            if quoted {
                return Ok((METRIC_NAME.to_owned(), name));
            }
            return Err(self.unexpected_in(label_set("\"=\"")));
        }
        let value = self.current;
        if value.kind != TokenKind::String {
            return Err(self.unexpected_in(label_set("string")));
        }
        self.take();
        Ok((name, self.unquote(value)?))
    }
}

const fn label_set(expected: &'static str) -> Context {
    Context { construct: "label set", expected }
}

/// An error at some bytes of a series description.
fn error(source: &str, start: usize, end: usize, message: impl Into<String>) -> ParseError {
    let place = crate::ast::Place { start, end };
    ParseError::new(ErrorKind::Syntax, source, place, message)
}
