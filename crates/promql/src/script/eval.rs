//! The `eval` command: what to evaluate, when, and what is expected of the answer.
//! `expect` lines and the older forms `eval_fail`, `eval_warn`, `eval_info`, `eval_ordered`.

use super::{Line, Reader};
use crate::series::SeriesValue;
use crate::{ParseError, literal};
use model::{Labels, Pattern};
use std::fmt;

/// A query and its expected answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Eval {
    /// The query as written; it may be wrong on purpose.
    pub query: String,
    /// Byte of the script where the query begins.
    pub query_start: usize,
    /// When to evaluate.
    pub time: EvalTime,
    /// Whether it fails, and which annotations it has.
    pub expect: Expectations,
    /// The answer, unless it fails.
    pub outcome: Outcome,
}

/// Instants of an evaluation, in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "start, end and step are what they say")]
pub enum EvalTime {
    /// `instant at 5m`
    Instant { at_ms: i64 },
    /// `range from 0 to 10m step 1m`
    Range { start_ms: i64, end_ms: i64, step_ms: i64 },
}

/// What is expected beside the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectations {
    /// The query fails with such an error.
    pub fail: Option<TextMatch>,
    /// The order of the series matters.
    pub ordered: bool,
    /// Each matches at least one warning; if there are any, each warning matches one.
    pub warn: Vec<TextMatch>,
    /// There are no warnings.
    pub no_warn: bool,
    /// As `warn`, for infos.
    pub info: Vec<TextMatch>,
    /// There are no infos.
    pub no_info: bool,
}

/// How an error or annotation is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextMatch {
    /// Any text.
    Any,
    /// `msg:` exactly this text.
    Exact(String),
    /// `regex:` the expression matches somewhere in the text.
    Regex(Search),
}

/// An expression that is looked for anywhere in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    written: String,
    pattern: Pattern,
}

impl TextMatch {
    /// Is this text expected?
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(expected) => expected == text,
            Self::Regex(search) => search.pattern.is_match(text),
        }
    }
}

/// As in the script, for complaints.
impl fmt::Display for TextMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any text"),
            Self::Exact(text) => f.write_str(text),
            Self::Regex(search) => write!(f, "/{}/", search.written),
        }
    }
}

/// The expected answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A number alone in its line.
    Scalar(f64),
    /// `expect string "..."`
    String(String),
    /// Series with one value each, or one per step of a range; none: an empty answer.
    Series(Vec<ExpectedSeries>),
    /// `expect range vector from 0 to 1m step 10s` in front of the series: the answer of an
    /// instant query is a range vector with samples at these instants; the query is evaluated at
    /// the last of them, as upstream does.
    #[expect(missing_docs, reason = "start, end and step are what they say")]
    RangeVector { start_ms: i64, end_ms: i64, step_ms: i64, series: Vec<ExpectedSeries> },
}

/// A series of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedSeries {
    /// Line in the script, from 1.
    pub line: usize,
    /// Label set.
    pub labels: Labels,
    /// One value per step.
    pub values: Vec<SeriesValue>,
}

/// The answer as its lines come in.
#[derive(Default)]
struct Answer {
    scalar: Option<f64>,
    string: Option<String>,
    range: Option<(i64, i64, i64)>,
    series: Vec<ExpectedSeries>,
}

const SHAPE: &str = "invalid evaluation command. Must be either \
    'eval[_fail|_warn|_ordered] instant [at <offset:duration>] <query>' or \
    'eval[_fail|_warn] range from <from> to <to> step <step> <query>'";

impl<'a> Reader<'a> {
    pub(super) fn eval(&mut self, line: Line<'a>) -> Result<Eval, ParseError> {
        let mut words = Words { rest: line.text };
        let command = words.next();
        let (time, query) = match words.next() {
            "instant" => self.instant(line, &mut words)?,
            "range" => self.range(line, &mut words)?,
            _ => return Err(self.error(line, SHAPE)),
        };
        let mut expect = Expectations::default();
        match (command, time) {
            ("eval", _) => {}
            ("eval_fail", _) => expect.fail = Some(TextMatch::Any),
            ("eval_warn", _) => expect.warn.push(TextMatch::Any),
            ("eval_info", _) => expect.info.push(TextMatch::Any),
            ("eval_ordered", EvalTime::Instant { .. }) => expect.ordered = true,
            _ => return Err(self.error(line, SHAPE)),
        }
        let mut answer = Answer::default();
        while let Some(line) = self.next_of_block() {
            self.eval_line(line, time, &mut expect, &mut answer)?;
        }
        let query_start = line.start + (line.text.len() - query.len());
        let query = query.to_owned();
        Ok(Eval { query, query_start, time, expect, outcome: answer.into_outcome() })
    }

    fn instant(
        &self,
        line: Line<'a>,
        words: &mut Words<'a>,
    ) -> Result<(EvalTime, &'a str), ParseError> {
        if words.next() != "at" {
            return Err(self.error(line, SHAPE));
        }
        let at_ms = self.duration(line, "timestamp", words.next())?;
        let query = self.query(line, words)?;
        Ok((EvalTime::Instant { at_ms }, query))
    }

    fn range(
        &self,
        line: Line<'a>,
        words: &mut Words<'a>,
    ) -> Result<(EvalTime, &'a str), ParseError> {
        let (start_ms, end_ms, step_ms) = self.steps(line, words)?;
        let query = self.query(line, words)?;
        Ok((EvalTime::Range { start_ms, end_ms, step_ms }, query))
    }

    fn query(&self, line: Line<'a>, words: &Words<'a>) -> Result<&'a str, ParseError> {
        let query = words.rest.trim();
        if query.is_empty() { Err(self.error(line, SHAPE)) } else { Ok(query) }
    }

    /// `from 0 to 10m step 1m`
    fn steps(&self, line: Line<'a>, words: &mut Words<'a>) -> Result<(i64, i64, i64), ParseError> {
        let mut texts = [""; 3];
        for (keyword, text) in ["from", "to", "step"].into_iter().zip(&mut texts) {
            if words.next() != keyword {
                return Err(self.error(line, SHAPE));
            }
            *text = words.next();
        }
        let [from, to, step] = texts;
        let start_ms = self.duration(line, "start timestamp", from)?;
        let end_ms = self.duration(line, "end timestamp", to)?;
        if end_ms < start_ms {
            let message = format!(
                "invalid test definition, end timestamp ({to}) is before start timestamp ({from})"
            );
            return Err(self.error(line, message));
        }
        Ok((start_ms, end_ms, self.duration(line, "step", step)?))
    }

    /// A line below the command: an expectation or a part of the answer.
    fn eval_line(
        &mut self,
        line: Line<'a>,
        time: EvalTime,
        expect: &mut Expectations,
        answer: &mut Answer,
    ) -> Result<(), ParseError> {
        let text = line.text;
        if answer.scalar.is_some() {
            return Err(self.error(line, "unexpected line behind a number, which stands alone"));
        }
        // Upstream takes these two below `eval_fail` only.
        let fails = expect.fail.is_some();
        if let Some(message) = text.strip_prefix("expected_fail_message").filter(|_| fails) {
            expect.fail = Some(TextMatch::Exact(message.trim().to_owned()));
        } else if let Some(pattern) = text.strip_prefix("expected_fail_regexp").filter(|_| fails) {
            expect.fail = Some(TextMatch::Regex(self.search(line, pattern.trim())?));
        } else if let Some(steps) = text.strip_prefix("expect range vector") {
            answer.range = Some(self.steps(line, &mut Words { rest: steps.trim_start() })?);
        } else if let Some(string) = text.strip_prefix("expect string") {
            answer.string = Some(self.expected_string(line, string.trim())?);
        } else if text.split(' ').next() == Some("expect") {
            self.expectation(line, expect)?;
        } else if let Some(scalar) = number(text) {
            answer.scalar = Some(scalar);
        } else {
            let (labels, values) = self.series(line)?;
            let instant = matches!(time, EvalTime::Instant { .. });
            if instant && values.len() > 1 && answer.range.is_none() {
                let message = "expecting multiple values in instant evaluation not allowed. \
                               consider using 'expect range vector' directive to enable a range \
                               vector result for an instant query";
                return Err(self.error(line, message));
            }
            answer.series.push(ExpectedSeries { line: line.number, labels, values });
        }
        Ok(())
    }

    fn expected_string(&self, line: Line<'a>, text: &str) -> Result<String, ParseError> {
        if text.is_empty() {
            let message = "expected string literal not valid - a quoted string literal is required";
            return Err(self.error(line, message));
        }
        let length = crate::lexer::scan_string(text).ok();
        let whole = text.starts_with(['"', '`']) && length == Some(text.len());
        let string = if whole { literal::unquote(text).ok() } else { None };
        string.ok_or_else(|| {
            let message = "expected string literal not valid - check that the string is correctly \
                           quoted";
            self.error(line, message)
        })
    }

    fn search(&self, line: Line<'a>, written: &str) -> Result<Search, ParseError> {
        let pattern = Pattern::new(&format!(".*(?:{written}).*")).map_err(|reason| {
            let written = model::quote(written);
            self.error(line, format!("invalid regular expression {written}: {reason}"))
        })?;
        Ok(Search { written: written.to_owned(), pattern })
    }

    /// `expect warn msg: text`
    fn expectation(&self, line: Line<'a>, expect: &mut Expectations) -> Result<(), ParseError> {
        let mut words = Words { rest: line.text };
        words.next();
        let kind = words.next();
        let rest = words.rest.trim();
        let text = match rest.split_once(':') {
            _ if rest.is_empty() => TextMatch::Any,
            Some(("msg", text)) => TextMatch::Exact(text.trim().to_owned()),
            Some(("regex", text)) => TextMatch::Regex(self.search(line, text.trim())?),
            _ => {
                let message = "invalid expect statement, must match `expect <type> \
                               <match_type>: <string>` format";
                return Err(self.error(line, message));
            }
        };
        match kind {
            "fail" if expect.fail.is_some() => {
                let message = "invalid expect lines, multiple expect fail lines are not allowed";
                return Err(self.error(line, message));
            }
            "fail" => expect.fail = Some(text),
            "ordered" => expect.ordered = true,
            "warn" => expect.warn.push(text),
            "no_warn" => expect.no_warn = true,
            "info" => expect.info.push(text),
            "no_info" => expect.no_info = true,
            _ => {
                let message = format!("invalid expected error/annotation type {kind}");
                return Err(self.error(line, message));
            }
        }
        for (name, wanted, unwanted) in [
            ("info", !expect.info.is_empty(), expect.no_info),
            ("warn", !expect.warn.is_empty(), expect.no_warn),
        ] {
            if wanted && unwanted {
                let message =
                    format!("invalid expect lines, {name} and no_{name} cannot be used together");
                return Err(self.error(line, message));
            }
        }
        Ok(())
    }
}

impl Answer {
    fn into_outcome(self) -> Outcome {
        match (self.string, self.scalar, self.range) {
            (Some(string), ..) => Outcome::String(string),
            (None, Some(scalar), _) => Outcome::Scalar(scalar),
            (None, None, Some((start_ms, end_ms, step_ms))) => {
                Outcome::RangeVector { start_ms, end_ms, step_ms, series: self.series }
            }
            (None, None, None) => Outcome::Series(self.series),
        }
    }
}

/// Words of a line, separated by spaces and tabs.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    /// The next word, empty at the end.
    fn next(&mut self) -> &'a str {
        let rest = self.rest.trim_start();
        let (word, rest) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        self.rest = rest;
        word
    }
}

/// A number alone in its line, with an optional sign.
fn number(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let starts = digits.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.');
    starts.then(|| literal::number(digits).ok()).flatten().map(|value| sign * value)
}
