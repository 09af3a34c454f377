//! InfluxDB's line protocol: `measurement,tag=value field=1,other=2i 1700000000000000000`.
//! Read line by line without copies; a bad line costs only itself. Escapes, types and comments as
//! in InfluxDB's reference ("Line protocol", v2).

use std::borrow::Cow;

/// Most tags and fields of a line together; InfluxDB's writers send some dozens.
pub const PARTS_MAX: usize = 4096;

/// One point: fields of a measurement at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<'a> {
    /// Number of the line in the body, from 1.
    pub number: usize,
    /// Name of the measurement, never empty.
    pub measurement: Cow<'a, str>,
    /// Tags in the order of the line.
    pub tags: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Fields in the order of the line, at least one.
    pub fields: Vec<(Cow<'a, str>, Field)>,
    /// Instant in the precision that the request names.
    pub timestamp: Option<i64>,
}

/// Value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Field {
    /// A float, an integer, or a boolean as 0 or 1.
    Number(f64),
    /// A text; it is no sample.
    Text,
}

/// A line that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct LineError {
    /// Number of the line, from 1.
    pub line: usize,
    /// Byte in the line, from 1.
    pub column: usize,
    /// What was found and what was expected.
    pub message: String,
}

/// The points of a body.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a str,
    at: usize,
    number: usize,
    begin: usize,
}

impl<'a> Lines<'a> {
    /// The lines of a body; nothing is read yet.
    pub fn of(text: &'a str) -> Self {
        Self { text, at: 0, number: 1, begin: 0 }
    }

    /// The next point; empty lines and comments are passed over.
    pub fn next_line(&mut self) -> Option<Result<Line<'a>, LineError>> {
        loop {
            match self.peek()? {
                b'\n' => self.end_line(),
                b' ' | b'\r' | b'\t' => self.at += 1,
                b'#' => self.skip_line(),
                _ => break,
            }
        }
        let line = self.line();
        // After a mistake the next line begins behind the next line feed.
        self.skip_line();
        Some(line)
    }

    fn line(&mut self) -> Result<Line<'a>, LineError> {
        let number = self.number;
        let measurement = self.token(b", ");
        if measurement.is_empty() {
            return Err(self.fault("a measurement was expected"));
        }
        let mut tags = Vec::new();
        while self.peek() == Some(b',') {
            self.at += 1;
            tags.push(self.tag()?);
            self.check_parts(tags.len())?;
        }
        self.spaces("a space before the fields")?;
        let mut fields = vec![self.field()?];
        while self.peek() == Some(b',') {
            self.at += 1;
            fields.push(self.field()?);
            self.check_parts(tags.len() + fields.len())?;
        }
        let timestamp = self.timestamp()?;
        Ok(Line { number, measurement, tags, fields, timestamp })
    }

    fn tag(&mut self) -> Result<(Cow<'a, str>, Cow<'a, str>), LineError> {
        let name = self.token(b"=, ");
        if name.is_empty() || self.peek() != Some(b'=') {
            return Err(self.fault("`name=value` of a tag was expected"));
        }
        self.at += 1;
        let value = self.token(b", ");
        if value.is_empty() {
            return Err(self.fault("the value of a tag was expected"));
        }
        Ok((name, value))
    }

    fn field(&mut self) -> Result<(Cow<'a, str>, Field), LineError> {
        let name = self.token(b"=, ");
        if name.is_empty() || self.peek() != Some(b'=') {
            return Err(self.fault("`name=value` of a field was expected"));
        }
        self.at += 1;
        if self.peek() == Some(b'"') {
            self.quoted()?;
            return Ok((name, Field::Text));
        }
        let begin = self.at;
        while self.peek().is_some_and(|byte| !matches!(byte, b',' | b' ' | b'\n' | b'\r')) {
            self.at += 1;
        }
        let text = &self.text[begin..self.at];
        let Some(value) = number(text) else {
            self.at = begin;
            return Err(self.fault("a number, a boolean or a text in quotes was expected"));
        };
        Ok((name, Field::Number(value)))
    }

    /// Passes over a text in quotes; line feeds in it belong to it.
    fn quoted(&mut self) -> Result<(), LineError> {
        let (at, number, begin) = (self.at, self.number, self.begin);
        self.at += 1;
        while let Some(byte) = self.peek() {
            let next = self.text.as_bytes().get(self.at + 1);
            match byte {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' if next.is_some_and(|next| b"\"\\".contains(next)) => self.at += 2,
                b'\n' => self.end_line(),
                _ => self.at += 1,
            }
        }
        (self.at, self.number, self.begin) = (at, number, begin);
        Err(self.fault("the quote is not closed"))
    }

    fn timestamp(&mut self) -> Result<Option<i64>, LineError> {
        while matches!(self.peek(), Some(b' ' | b'\r')) {
            self.at += 1;
        }
        let begin = self.at;
        while self.peek().is_some_and(|byte| !matches!(byte, b' ' | b'\n' | b'\r')) {
            self.at += 1;
        }
        let text = &self.text[begin..self.at];
        let timestamp = match text {
            "" => None,
            text => {
                let Ok(timestamp) = text.parse() else {
                    self.at = begin;
                    return Err(self.fault("a whole number was expected as the timestamp"));
                };
                Some(timestamp)
            }
        };
        while matches!(self.peek(), Some(b' ' | b'\r')) {
            self.at += 1;
        }
        match self.peek() {
            None | Some(b'\n') => Ok(timestamp),
            Some(_) => Err(self.fault("the end of the line was expected")),
        }
    }

    /// Text up to a stop, a line feed or the end, without its escapes.
    fn token(&mut self, stops: &[u8]) -> Cow<'a, str> {
        let mut out: Option<String> = None;
        let mut begin = self.at;
        while let Some(byte) = self.peek() {
            if byte == b'\n' || stops.contains(&byte) {
                break;
            }
            let next = self.text.as_bytes().get(self.at + 1);
            if byte == b'\\' && next.is_some_and(|next| b",= \\".contains(next)) {
                out.get_or_insert_default().push_str(&self.text[begin..self.at]);
                begin = self.at + 1;
                self.at += 1;
            }
            self.at += 1;
        }
        let rest = &self.text[begin..self.at];
        match out {
            None => Cow::Borrowed(rest),
            Some(text) => Cow::Owned(text + rest),
        }
    }

    fn spaces(&mut self, expected: &str) -> Result<(), LineError> {
        if self.peek() != Some(b' ') {
            return Err(self.fault(&format!("{expected} was expected")));
        }
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
        Ok(())
    }

    fn check_parts(&self, parts: usize) -> Result<(), LineError> {
        if parts > PARTS_MAX {
            return Err(self.fault(&format!("more than {PARTS_MAX} tags and fields")));
        }
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_line(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                self.at += end;
                self.end_line();
            }
            None => self.at = self.text.len(),
        }
    }

    /// Steps over a line feed.
    fn end_line(&mut self) {
        self.at += 1;
        self.number += 1;
        self.begin = self.at;
    }

    fn fault(&self, message: &str) -> LineError {
        let found = match self.text[self.at..].chars().next() {
            None | Some('\n') => "the line ends".to_owned(),
            Some(c) => format!("found {c:?}"),
        };
        let (line, column) = (self.number, self.at - self.begin + 1);
        LineError { line, column, message: format!("{message}, {found}") }
    }
}

/// A float, an integer with `i` or `u` behind it, or a boolean.
fn number(text: &str) -> Option<f64> {
    match text {
        "t" | "T" | "true" | "True" | "TRUE" => return Some(1.0),
        "f" | "F" | "false" | "False" | "FALSE" => return Some(0.0),
        _ => {}
    }
    if let Some(whole) = text.strip_suffix('i') {
        return whole.parse::<i64>().ok().map(|value| value as f64);
    }
    if let Some(whole) = text.strip_suffix('u') {
        return whole.parse::<u64>().ok().map(|value| value as f64);
    }
    // Rust would read `inf` and `nan`, too; InfluxDB has no such values.
    let begins =
        text.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| begins)
}
