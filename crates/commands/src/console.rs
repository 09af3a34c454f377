//! Where subcommands write: answers to standard output, complaints to standard error, in colour
//! only on a terminal and never with `NO_COLOR`. Both are arguments, so that tests can read them.

use std::env;
use std::fmt::{self, Display};
use std::io::{self, BufWriter, IsTerminal, Write};

/// How a subcommand ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As hoped: exit code 0.
    Good,
    /// Works, but lint found something: exit code 3, as promtool.
    Lint,
    /// Not good, or not to be found out: exit code 1.
    Bad,
    /// What was given cannot be used: exit code 2.
    Unusable,
}

impl Verdict {
    /// Exit code of the process.
    pub fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Lint => 3,
            Self::Bad => 1,
            Self::Unusable => 2,
        }
    }
}

/// Both standard streams.
pub struct Console<'a> {
    out: Stream<'a>,
    err: Stream<'a>,
}

struct Stream<'a> {
    writer: Box<dyn Write + 'a>,
    paint: Paint,
}

impl Stream<'_> {
    fn line(&mut self, line: &dyn Display) -> io::Result<()> {
        writeln!(self.writer, "{line}")
    }
}

impl Console<'static> {
    /// The streams of this process.
    pub fn standard() -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let (paint_out, paint_err) = (Paint::of(out.is_terminal()), Paint::of(err.is_terminal()));
        Self {
            out: Stream { writer: Box::new(BufWriter::new(out.lock())), paint: paint_out },
            err: Stream { writer: Box::new(err.lock()), paint: paint_err },
        }
    }
}

impl<'a> Console<'a> {
    /// Streams that a caller reads afterwards, without colours.
    pub fn plain(out: &'a mut Vec<u8>, err: &'a mut Vec<u8>) -> Self {
        let stream = |writer| Stream { writer, paint: Paint::Plain };
        Self { out: stream(Box::new(out)), err: stream(Box::new(err)) }
    }
}

impl Console<'_> {
    /// Writes a line of the answer.
    pub fn say(&mut self, line: impl Display) -> io::Result<()> {
        self.out.line(&line)
    }

    /// Writes a line of the answer that begins with a coloured word.
    pub fn mark(&mut self, indent: &str, mark: Mark, line: impl Display) -> io::Result<()> {
        let word = self.out.paint.mark(mark);
        self.out.line(&format_args!("{indent}{word}: {line}"))
    }

    /// Writes a complaint, after everything that was said before it.
    pub fn complain(&mut self, line: impl Display) -> io::Result<()> {
        self.out.writer.flush()?;
        self.err.line(&line)
    }

    /// Writes a complaint that begins with a coloured word.
    pub fn blame(&mut self, indent: &str, mark: Mark, line: impl Display) -> io::Result<()> {
        let word = self.err.paint.mark(mark);
        self.complain(format_args!("{indent}{word}: {line}"))
    }

    /// Do complaints go to where colours are seen?
    pub fn complains_in_colour(&self) -> bool {
        self.err.paint == Paint::Ansi
    }

    /// Does the answer go to where colours are seen?
    pub fn says_in_colour(&self) -> bool {
        self.out.paint == Paint::Ansi
    }

    /// Gives raw bytes of the answer.
    pub fn answer(&mut self) -> &mut dyn Write {
        &mut self.out.writer
    }

    /// Writes what waits in both streams.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.writer.flush()?;
        self.err.writer.flush()
    }
}

/// The word that a line begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// `SUCCESS`, green.
    Success,
    /// `WARNING`, yellow.
    Warning,
    /// `FAILED`, red.
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paint {
    Plain,
    Ansi,
}

impl Paint {
    fn of(is_terminal: bool) -> Self {
        // https://no-color.org: any value that is not empty.
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
        if is_terminal && !refused && !dumb { Self::Ansi } else { Self::Plain }
    }

    fn mark(self, mark: Mark) -> Painted {
        let (word, code) = match mark {
            Mark::Success => ("SUCCESS", 32),
            Mark::Warning => ("WARNING", 33),
            Mark::Failed => ("FAILED", 31),
        };
        Painted { word, code: (self == Self::Ansi).then_some(code) }
    }
}

struct Painted {
    word: &'static str,
    code: Option<u8>,
}

impl Display for Painted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "\x1b[1;{code}m{}\x1b[0m", self.word),
            None => f.write_str(self.word),
        }
    }
}

/// A text of several lines with its further lines indented as deep as the first.
pub fn indented(text: &str, indent: &str) -> String {
    text.replace('\n', &format!("\n{indent}"))
}

/// An error of the filesystem in words, without its number.
pub fn io_words(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = words.chars();
    let first = chars.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    first + chars.as_str()
}

#[cfg(test)]
mod tests;
