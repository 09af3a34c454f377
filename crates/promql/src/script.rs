//! Scripts of upstream's promqltest: `load`, `clear` and `eval` commands with what they expect.
//! Read here, run by `query` and the command line; queries stay texts, for they may be wrong on
//! purpose. Source of the notation: Prometheus 3.14, `promql/promqltest/README.md` and `test.go`.

mod eval;
#[cfg(test)]
mod tests;

pub use eval::{Eval, EvalTime, Expectations, ExpectedSeries, Outcome, Search, TextMatch};

use crate::series::{SeriesValue, StartTimestamps, is_start_line, parse_series};
use crate::{ErrorKind, ParseError, ast::Place, duration, series};
use model::Labels;

/// Most values of all series of a script together: 16 bytes of script could ask for a million.
pub const SCRIPT_VALUES_MAX: usize = 2_000_000;

/// A script: commands in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// What to do.
    pub commands: Vec<Command>,
}

/// One command and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Line in the script, from 1.
    pub line: usize,
    /// What to do.
    pub kind: CommandKind,
}

/// What a command does.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandKind {
    /// `clear`: forget all samples.
    Clear,
    /// `load 1m`: store samples, the first at the epoch.
    Load(Load),
    /// `eval instant at 5m rate(up[5m])`: evaluate and compare.
    Eval(Box<Eval>),
}

/// Samples to store.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// Distance of the samples.
    pub step_ms: i64,
    /// `load_with_nhcb`: classic histograms are also stored as custom-bucket histograms.
    pub with_nhcb: bool,
    /// Series in the order written.
    pub series: Vec<LoadSeries>,
}

/// A series of a `load` command.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadSeries {
    /// Line in the script, from 1.
    pub line: usize,
    /// Label set.
    pub labels: Labels,
    /// One value per step.
    pub values: Vec<SeriesValue>,
    /// Start timestamps as milliseconds to add to the sample's time, one per value; empty when
    /// the script gives none.
    pub starts: Vec<Option<i64>>,
}

/// Parses a script.
///
/// ```
/// let script = promql::script::parse_script("load 1m\n  up 1 1\n\neval instant at 1m up\n  up 1");
/// assert_eq!(script.unwrap().commands.len(), 2);
/// ```
pub fn parse_script(source: &str) -> Result<Script, ParseError> {
    let mut reader = Reader::new(source);
    let mut commands = Vec::new();
    while let Some(line) = reader.next_command() {
        let word = line.text.split([' ', '\t']).next().unwrap_or_default().to_ascii_lowercase();
        let kind = if word == "clear" {
            CommandKind::Clear
        } else if word.starts_with("load") {
            CommandKind::Load(reader.load(line)?)
        } else if word.starts_with("eval") {
            CommandKind::Eval(Box::new(reader.eval(line)?))
        } else {
            let message = format!("invalid command {}", model::quote(line.text));
            return Err(reader.error(line, message));
        };
        commands.push(Command { line: line.number, kind });
    }
    Ok(Script { commands })
}

/// A line without the spaces around it.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    /// First byte in the script.
    start: usize,
    /// From 1.
    number: usize,
}

/// Hands out the lines of a script; comments count as empty lines, and those end a command.
struct Reader<'a> {
    source: &'a str,
    lines: Vec<Line<'a>>,
    next: usize,
    values_left: usize,
}

impl<'a> Reader<'a> {
    fn new(source: &'a str) -> Self {
        let mut lines = Vec::new();
        let mut start = 0;
        for (index, line) in source.split('\n').enumerate() {
            let text = line.trim();
            let indent = line.len() - line.trim_start().len();
            let text = if text.starts_with('#') { "" } else { text };
            lines.push(Line { text, start: start + indent, number: index + 1 });
            start += line.len() + 1;
        }
        Self { source, lines, next: 0, values_left: SCRIPT_VALUES_MAX }
    }

    /// The next line that is not empty.
    fn next_command(&mut self) -> Option<Line<'a>> {
        while let Some(line) = self.lines.get(self.next) {
            self.next += 1;
            if !line.text.is_empty() {
                return Some(*line);
            }
        }
        None
    }

    /// The next line of the current command.
    fn next_of_block(&mut self) -> Option<Line<'a>> {
        let line = self.lines.get(self.next).filter(|line| !line.text.is_empty())?;
        self.next += 1;
        Some(*line)
    }

    fn error(&self, line: Line<'_>, message: impl Into<String>) -> ParseError {
        let place = Place { start: line.start, end: line.start + line.text.len() };
        ParseError::new(ErrorKind::Syntax, self.source, place, message)
    }

    /// Reads a part of a line; errors get the place within the script.
    fn part<T>(
        &self,
        line: Line<'_>,
        read: impl FnOnce(&str) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        read(line.text).map_err(|error| error.within(self.source, line.start))
    }

    /// A duration that a line contains.
    fn duration(&self, line: Line<'_>, what: &str, text: &str) -> Result<i64, ParseError> {
        duration::read(text).map_err(|why| {
            let text = model::quote(text);
            self.error(line, format!("invalid {what} definition {text}: {why}"))
        })
    }

    fn series(&mut self, line: Line<'_>) -> Result<(Labels, Vec<SeriesValue>), ParseError> {
        let series = self.part(line, parse_series)?;
        let Some(left) = self.values_left.checked_sub(series.values.len()) else {
            let message = format!("script has more than {SCRIPT_VALUES_MAX} values");
            let place = Place { start: line.start, end: line.start + line.text.len() };
            return Err(ParseError::new(ErrorKind::Limit, self.source, place, message));
        };
        self.values_left = left;
        Ok((series.labels, series.values))
    }

    fn load(&mut self, line: Line<'a>) -> Result<Load, ParseError> {
        let (command, step) = line.text.split_once([' ', '\t']).unwrap_or((line.text, ""));
        let step = step.trim();
        let with_nhcb = command == "load_with_nhcb";
        if step.is_empty() || !(with_nhcb || command == "load") {
            let message = "invalid load command. (load[_with_nhcb] <step:duration>)";
            return Err(self.error(line, message));
        }
        let step_ms = self.duration(line, "step", step)?;
        let mut starts = Starts::default();
        let mut series = Vec::new();
        while let Some(line) = self.next_of_block() {
            if is_start_line(line.text) {
                self.start_line(line, &mut starts)?;
            } else {
                series.push(self.load_series(line, &mut starts)?);
            }
        }
        match starts.pending {
            Some((line, _)) => Err(self.error(line, "@st line has no following sample line")),
            None => Ok(Load { step_ms, with_nhcb, series }),
        }
    }

    fn start_line(&self, line: Line<'a>, starts: &mut Starts<'a>) -> Result<(), ParseError> {
        if let Some((pending, _)) = &starts.pending {
            return Err(self.error(*pending, "@st line has no following sample line"));
        }
        let read = self.part(line, series::parse_start_timestamps)?;
        match read.labels {
            Some(_) => starts.pending = Some((line, read)),
            None => starts.default = read.offsets,
        }
        Ok(())
    }

    fn load_series(
        &mut self,
        line: Line<'a>,
        starts: &mut Starts<'a>,
    ) -> Result<LoadSeries, ParseError> {
        let (labels, values) = self.series(line)?;
        let starts = match starts.pending.take() {
            Some((start_line, given)) => {
                if given.labels.as_ref() != Some(&labels) {
                    let message = "@st metric does not match the following sample line metric";
                    return Err(self.error(start_line, message));
                }
                let (found, wanted) = (given.offsets.len(), values.len());
                if found != wanted {
                    let message =
                        format!("@st line has {found} values but sample line has {wanted}");
                    return Err(self.error(start_line, message));
                }
                given.offsets
            }
            None if starts.default.is_empty() => Vec::new(),
            None => starts.default.iter().copied().cycle().take(values.len()).collect(),
        };
        Ok(LoadSeries { line: line.number, labels, values, starts })
    }
}

/// Start timestamps that wait for their series.
#[derive(Default)]
struct Starts<'a> {
    pending: Option<(Line<'a>, StartTimestamps)>,
    default: Vec<Option<i64>>,
}
