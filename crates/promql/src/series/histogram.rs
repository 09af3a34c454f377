//! A histogram in a series description: `{{schema:1 sum:3 count:22 buckets:[5 10 7] offset:-1}}`.
//! Keys stand in any order, each once; buckets are absolute counts of consecutive buckets.

use super::values::Reader;
use super::{SeriesHistogram, error};
use crate::ParseError;
use model::{CounterReset, Histogram, HistogramCounts, Span};
use std::sync::Arc;

/// What the keys said.
#[derive(Default)]
struct Description {
    histogram: Histogram,
    offset: i32,
    negative_offset: i32,
    hint_written: bool,
    /// Keys seen so far.
    keys: Vec<&'static str>,
}

const KEYS: [&str; 11] = [
    "sum",
    "count",
    "schema",
    "offset",
    "n_offset",
    "buckets",
    "n_buckets",
    "z_bucket",
    "z_bucket_w",
    "custom_values",
    "counter_reset_hint",
];

/// Reads up to and including `}}`; the braces in front are consumed already.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<SeriesHistogram, ParseError> {
    let mut description = Description::default();
    description.histogram.counts = HistogramCounts::Float;
    let spaces = reader.skip_spaces();
    if reader.accept("}}") {
        return Ok(description.finish());
    }
    if spaces {
        // Upstream takes spaces between keys, behind them and in an empty histogram only.
        return Err(reader.unexpected());
    }
    loop {
        description.entry(reader)?;
        let spaces = reader.skip_spaces();
        if reader.accept("}}") {
            return Ok(description.finish());
        }
        if !spaces {
            return Err(unfinished(reader));
        }
    }
}

fn unfinished(reader: &Reader<'_>) -> ParseError {
    let found = reader.rest().chars().next();
    let end = reader.at + found.map_or(0, char::len_utf8);
    let found = crate::lexer::quote_char(found);
    let message = format!("histogram description incomplete unexpected: {found}");
    error(reader.source, reader.at, end, message)
}

impl Description {
    fn finish(mut self) -> SeriesHistogram {
        let span = |offset: i32, buckets: &[f64]| {
            let length = u32::try_from(buckets.len()).unwrap_or(u32::MAX);
            (length > 0).then_some(Span { offset, length })
        };
        let histogram = &mut self.histogram;
        histogram.positive_spans.extend(span(self.offset, &histogram.positive_buckets));
        histogram.negative_spans.extend(span(self.negative_offset, &histogram.negative_buckets));
        let histogram = Arc::new(self.histogram);
        SeriesHistogram { histogram, hint_written: self.hint_written }
    }

    /// `key:value`
    fn entry(&mut self, reader: &mut Reader<'_>) -> Result<(), ParseError> {
        let start = reader.at;
        let rest = reader.rest();
        let letters = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
        let word = &rest[..rest.bytes().take_while(letters).count()];
        if word.is_empty() {
            return Err(unfinished(reader));
        }
        reader.at += word.len();
        let Some(key) = KEYS.iter().find(|key| key.eq_ignore_ascii_case(word)) else {
            let word = model::quote(word);
            let message = format!("bad histogram descriptor found: {word}");
            return Err(reader.error_from(start, message));
        };
        if !reader.accept(":") {
            let message = "missing `:` for histogram descriptor";
            return Err(reader.error_from(start, message));
        }
        if self.keys.contains(key) {
            // Upstream does not say where.
            let message = format!("duplicate key \"{key}\" in histogram");
            return Err(error(reader.source, 0, 0, message));
        }
        self.keys.push(key);
        self.value(key, reader)
    }

    fn value(&mut self, key: &str, reader: &mut Reader<'_>) -> Result<(), ParseError> {
        let histogram = &mut self.histogram;
        match key {
            "schema" => histogram.schema = integer(reader)?,
            "offset" => self.offset = integer(reader)?,
            "n_offset" => self.negative_offset = integer(reader)?,
            "sum" => histogram.sum = signed(reader)?,
            "count" => histogram.count = signed(reader)?,
            "z_bucket" => histogram.zero_count = signed(reader)?,
            "z_bucket_w" => histogram.zero_threshold = reader.number()?,
            "buckets" => histogram.positive_buckets = list(reader)?,
            "n_buckets" => histogram.negative_buckets = list(reader)?,
            "custom_values" => histogram.custom_values = list(reader)?,
            _ => {
                histogram.counter_reset = hint(reader)?;
                self.hint_written = true;
            }
        }
        Ok(())
    }
}

fn signed(reader: &mut Reader<'_>) -> Result<f64, ParseError> {
    let sign = reader.sign().unwrap_or(1.0);
    Ok(sign * reader.number()?)
}

fn integer(reader: &mut Reader<'_>) -> Result<i32, ParseError> {
    let start = reader.at;
    let negative = reader.accept("-");
    let digits = reader.rest().bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Err(reader.unexpected());
    }
    reader.at += digits;
    let text = &reader.source[start..reader.at];
    text.parse().ok().ok_or_else(|| {
        let bound = if negative { i32::MIN } else { i32::MAX };
        let message = format!("number {text} in histogram exceeds {bound}");
        reader.error_from(start, message)
    })
}

/// `[5 10 7]`, at least one number.
fn list(reader: &mut Reader<'_>) -> Result<Vec<f64>, ParseError> {
    if !reader.accept("[") {
        return Err(reader.unexpected());
    }
    let mut numbers = Vec::new();
    loop {
        numbers.push(signed(reader)?);
        let spaces = reader.skip_spaces();
        if reader.accept("]") {
            return Ok(numbers);
        }
        if !spaces {
            return Err(reader.unexpected());
        }
    }
}

fn hint(reader: &mut Reader<'_>) -> Result<CounterReset, ParseError> {
    let start = reader.at;
    let word = reader.word();
    reader.at += word.len();
    match word.to_ascii_lowercase().as_str() {
        "unknown" => Ok(CounterReset::Unknown),
        "reset" => Ok(CounterReset::Reset),
        "not_reset" => Ok(CounterReset::NotReset),
        "gauge" => Ok(CounterReset::Gauge),
        _ => {
            let word = model::quote(word);
            let message = format!("bad histogram descriptor found: {word}");
            Err(reader.error_from(start, message))
        }
    }
}
