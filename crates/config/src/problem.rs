//! What is wrong with a file and where: `prometheus.yml:14:5: unknown key ...`, line and caret.
//! Every loader of this crate collects all problems of a file before it gives up.
//! INV-70: a source line that could show a secret is cut or left out.

use crate::Outlook;
use std::fmt;

/// At most this many problems of one file are kept; a broken file has thousands of the same kind.
pub const PROBLEMS_MAX: usize = 50;
/// Longest source line that is shown, in characters.
const EXCERPT_CHARS_MAX: usize = 160;

/// A position in a file, both counted from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// Beginning of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// File as the caller named it.
    pub file: String,
    /// Where in the file.
    pub place: Place,
    /// What was found and what was expected.
    pub message: String,
    /// The source line, when it may be shown.
    pub excerpt: Option<String>,
}

impl Problem {
    /// A problem in a file; `text` is the whole file.
    pub fn new(file: &str, text: &str, place: Place, message: String) -> Self {
        Self { file: file.into(), place, message, excerpt: excerpt(text, place) }
    }
}

/// Place and message on the first line, then the source line and a caret below its column.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.place, self.message)?;
        if let Some(line) = &self.excerpt {
            let number = self.place.line.to_string();
            let margin = " ".repeat(number.len());
            let indent = " ".repeat(self.place.column.saturating_sub(1));
            write!(f, "\n  {number} | {line}\n  {margin} | {indent}^")?;
        }
        Ok(())
    }
}

/// What kind of trouble a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is no YAML, or too large or too deep.
    Syntax,
    /// The YAML says something that the file format does not allow.
    Invalid,
}

/// A file that was refused as a whole.
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    problems: Vec<Problem>,
    /// Problems beyond [`PROBLEMS_MAX`].
    more: usize,
}

impl Error {
    pub(crate) fn syntax(problem: Problem) -> Self {
        Self { kind: ErrorKind::Syntax, problems: vec![problem], more: 0 }
    }

    /// Sorts the problems by their places; there must be at least one.
    pub(crate) fn invalid(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| (&a.file, a.place).cmp(&(&b.file, b.place)));
        problems.dedup();
        let more = problems.len().saturating_sub(PROBLEMS_MAX);
        problems.truncate(PROBLEMS_MAX);
        Self { kind: ErrorKind::Invalid, problems, more }
    }

    /// Kind, for callers that decide.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// All problems in the order of their places; never empty.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// One text for each problem, and one for how many more there are.
    pub fn texts(&self) -> Vec<String> {
        let more = (self.more > 0).then(|| format!("{} more problems", self.more));
        self.problems.iter().map(ToString::to_string).chain(more).collect()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.texts().join("\n"))
    }
}

impl std::error::Error for Error {}

/// Something that is accepted but does not do what its author may expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// File as the caller named it.
    pub file: String,
    /// Where in the file; nothing when it is about the file as a whole.
    pub place: Option<Place>,
    /// The key it is about, with its path: `scrape_configs.consul_sd_configs`.
    pub key: String,
    /// What to know.
    pub message: String,
    /// What is to be expected, when it is about a key that is not acted on.
    pub outlook: Option<Outlook>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, place, message, .. } = self;
        match place {
            Some(place) => write!(f, "{file}:{place}: {message}"),
            None => write!(f, "{file}: {message}"),
        }
    }
}

/// What was read, what to know about it, and a form that may be shown to anybody.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The configuration in use.
    pub config: T,
    /// What is accepted but not acted on.
    pub warnings: Vec<Warning>,
    /// The configuration as YAML with every secret as `<secret>`.
    pub redacted: String,
}

impl<T> Loaded<T> {
    /// The same with another form of the configuration.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Loaded<U> {
        let Self { config, warnings, redacted } = self;
        Loaded { config: change(config), warnings, redacted }
    }
}

/// The bytes of a file as text.
///
/// # Errors
/// The first byte that is no UTF-8, at its place.
pub fn text_of(file: &str, bytes: Vec<u8>) -> Result<String, Problem> {
    String::from_utf8(bytes).map_err(|error| {
        let (bytes, at) = (error.as_bytes(), error.utf8_error().valid_up_to());
        let hint = match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "; it begins like UTF-16",
            _ => "",
        };
        let message = format!("byte 0x{:02x} found, expected UTF-8{hint}", bytes[at]);
        let text = String::from_utf8_lossy(bytes);
        Problem::new(file, &text, place_behind(&String::from_utf8_lossy(&bytes[..at])), message)
    })
}

/// Where a file goes on that begins with a text.
fn place_behind(text: &str) -> Place {
    let last = lines(text).last().unwrap_or_default();
    Place { line: lines(text).count(), column: last.chars().count() + 1 }
}

/// Lines as places count them: YAML 1.2, 5.4 knows three line breaks, LF, CR LF and CR alone.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split("\r\n").flat_map(|lines| lines.split(['\n', '\r']))
}

/// The line of a place, unless it could show a secret: after the caret such a line is cut, and a
/// line with a secret before the caret, or that looks like key material, is not shown at all.
fn excerpt(text: &str, place: Place) -> Option<String> {
    let line = lines(text).nth(place.line.checked_sub(1)?)?.trim_end();
    // A tab is one column wide here, so that the caret stands where it should.
    let plain = line.chars().map(|c| if c == '\t' { ' ' } else { c });
    let shown: String = plain.take(EXCERPT_CHARS_MAX).collect();
    if shown.trim().is_empty()
        || shown.contains(char::is_control)
        || place.column > EXCERPT_CHARS_MAX
    {
        return None;
    }
    let at =
        shown.char_indices().nth(place.column.saturating_sub(1)).map_or(shown.len(), |(at, _)| at);
    let (before, after) = shown.split_at(at);
    if is_key_material(&shown) || (names_a_secret(before) && before.contains(':')) {
        return None;
    }
    let key_end = after.find([':', ' ', ',', '}', ']']).unwrap_or(after.len());
    if names_a_secret(after) && key_end < after.len() {
        return Some(format!("{before}{} ...", &after[..=key_end]));
    }
    Some(shown)
}

fn names_a_secret(text: &str) -> bool {
    const WORDS: [&str; 10] =
        ["pass", "pasw", "pwd", "secret", "token", "cred", "key", "auth", "bearer", "@"];
    let lower = text.to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
}

/// A single long word without a colon: a line of a PEM block or a bare token.
fn is_key_material(line: &str) -> bool {
    let word = line.trim().trim_start_matches("- ").trim_matches(['"', '\'']);
    word.len() >= 20 && !word.contains([' ', ':', '/', '*'])
}

#[cfg(test)]
mod tests;
