//! Regular expressions in the syntax of Go's regexp package (RE2), fully anchored.
//! Used by matchers and relabelling. Prometheus 3 compiles `^(?s:EXPR)$`: `.` matches newlines.
//! RE2's Perl classes (`\d \s \w`) and `\b` are ASCII, everything else is Unicode.

use regex::{Captures, Regex, RegexBuilder};
use std::fmt;

/// Compiled size of a small program, as nearly all are; known, so that many can be counted.
const SMALL_BYTES_MAX: usize = 64 << 10;
/// Most bytes that the states of a small program take while it runs.
const SMALL_STATES_BYTES_MAX: usize = 512 << 10;
/// Compiled size limit; RE2 programs of Prometheus users stay far below.
const COMPILED_BYTES_MAX: usize = 10 << 20;
/// Longest accepted expression: as long as an accepted request line, so lists of hosts fit.
const SOURCE_BYTES_MAX: usize = 1 << 20;
/// Most characters of an expression that an error repeats; `…` stands for the rest.
const QUOTED_CHARS_MAX: usize = 200;

/// An anchored regular expression with Prometheus' semantics.
#[derive(Clone)]
pub struct Pattern {
    source: Box<str>,
    plan: Plan,
    compiled_bytes: usize,
}

/// The cheapest way to answer, chosen once.
#[derive(Clone)]
enum Plan {
    /// `.*`
    Anything,
    /// `.+`
    NonEmpty,
    /// `a|b|c` without metacharacters, sorted.
    OneOf(Box<[Box<str>]>),
    /// `abc.*`
    Prefix(Box<str>),
    Program(Regex),
}

/// An expression that does not compile.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot compile regular expression {expression:?}: {reason}")]
pub struct PatternError {
    expression: String,
    reason: String,
}

impl PatternError {
    fn new(source: &str, reason: String) -> Self {
        let cut = source.char_indices().nth(QUOTED_CHARS_MAX).map(|(at, _)| &source[..at]);
        Self {
            expression: cut.map_or_else(|| source.to_owned(), |cut| format!("{cut}…")), reason
        }
    }
}

impl Pattern {
    /// Compiles an expression; expressions above 1 MiB or 10 MiB compiled are refused.
    pub fn new(source: &str) -> Result<Self, PatternError> {
        check_length(source)?;
        let simple = simple_plan(source).map(|plan| Ok((plan, 0)));
        let program = || compile(source).map(|(program, bytes)| (Plan::Program(program), bytes));
        let (plan, compiled_bytes) = simple.unwrap_or_else(program)?;
        Ok(Self { source: source.into(), plan, compiled_bytes })
    }

    /// At most so many bytes of program: 0 when texts are compared, 64 KiB for a small program,
    /// 10 MiB for any other. For those who hold many.
    pub fn compiled_bytes(&self) -> usize {
        self.compiled_bytes
    }

    /// The expression as written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Does the whole text match?
    pub fn is_match(&self, text: &str) -> bool {
        match &self.plan {
            Plan::Anything => true,
            Plan::NonEmpty => !text.is_empty(),
            Plan::OneOf(literals) => literals.binary_search_by(|l| (**l).cmp(text)).is_ok(),
            Plan::Prefix(prefix) => text.starts_with(&**prefix),
            Plan::Program(regex) => regex.is_match(text),
        }
    }

    /// Does a match run a program? It may take long; the other plans compare texts.
    pub fn is_program(&self) -> bool {
        matches!(self.plan, Plan::Program(_))
    }

    /// The texts that can match, when the expression is a plain list of them (sorted).
    pub fn literals(&self) -> Option<&[Box<str>]> {
        match &self.plan {
            Plan::OneOf(literals) => Some(literals),
            Plan::Anything | Plan::NonEmpty | Plan::Prefix(_) | Plan::Program(_) => None,
        }
    }

    /// Fills `$1`, `${1}` and `${name}` of `template` from the match of `text`; `None` without
    /// match.
    ///
    /// Reads templates as Go's `Regexp.Expand` does: a name is as long as possible, `$$` is a
    /// dollar sign, an unknown group is empty, a malformed reference stays as it is.
    pub fn expand(&self, text: &str, template: &str) -> Option<String> {
        if let Plan::Program(regex) = &self.plan {
            let captures = regex.captures(text)?;
            let mut out = String::with_capacity(template.len());
            expand_captures(&captures, template, &mut |part| out.push_str(part));
            return Some(out);
        }
        // The other plans have no groups besides the match, which is the whole text.
        self.is_match(text).then(|| {
            let mut out = String::with_capacity(template.len());
            let group = |name: &str| if name == "0" { text } else { "" };
            fill(template, group, &mut |part| out.push_str(part));
            out
        })
    }
}

/// Gives `push` the parts of a template with its references filled in, as Go's `Regexp.Expand`
/// reads them: see [`Pattern::expand`].
pub fn expand_captures(captures: &Captures<'_>, template: &str, push: &mut dyn FnMut(&str)) {
    fill(template, |name| capture(captures, name), push);
}

fn capture<'t>(captures: &Captures<'t>, name: &str) -> &'t str {
    // Go, `extract`: digits are a number unless the first of several is 0; then they are a name.
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    let group = match name.parse() {
        Ok(index) if is_number && (name == "0" || !name.starts_with('0')) => captures.get(index),
        Ok(_) | Err(_) => captures.name(name),
    };
    group.map_or("", |group| group.as_str())
}

fn fill<'t>(template: &str, group: impl Fn(&str) -> &'t str, push: &mut dyn FnMut(&str)) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        push(before);
        if let Some(plain) = after.strip_prefix('$') {
            push("$");
            rest = plain;
        } else if let Some((name, plain)) = reference(after) {
            push(group(name));
            rest = plain;
        } else {
            push("$");
            rest = after;
        }
    }
    push(rest);
}

/// Splits `name...` or `{name}...` into the name and what follows.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (braced, text) = text.strip_prefix('{').map_or((false, text), |inner| (true, inner));
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = if braced { rest.strip_prefix('}')? } else { rest };
    (!name.is_empty()).then_some((name, rest))
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.source)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

fn simple_plan(source: &str) -> Option<Plan> {
    match source {
        ".*" => return Some(Plan::Anything),
        ".+" => return Some(Plan::NonEmpty),
        _ => {}
    }
    if let Some(prefix) = source.strip_suffix(".*").filter(|prefix| is_literal(prefix)) {
        return Some(Plan::Prefix(prefix.into()));
    }
    let mut literals: Vec<Box<str>> = source.split('|').map(Into::into).collect();
    if !literals.iter().all(|literal| is_literal(literal)) {
        return None;
    }
    literals.sort_unstable();
    literals.dedup();
    Some(Plan::OneOf(literals.into()))
}

fn is_literal(text: &str) -> bool {
    !text.contains(['\\', '.', '+', '*', '?', '(', ')', '|', '[', ']', '{', '}', '^', '$'])
}

/// Compiles an expression that may match anywhere, as Go's `regexp.Compile` does: `.` matches no
/// line feed, `^` and `$` are the ends of the text. Bounds as in [`Pattern::new`].
pub fn search_pattern(source: &str) -> Result<Regex, PatternError> {
    check_length(source)?;
    build(source, |translated| format!("(?:{translated})")).map(|(program, _)| program)
}

fn check_length(source: &str) -> Result<(), PatternError> {
    if source.len() <= SOURCE_BYTES_MAX {
        return Ok(());
    }
    let reason = format!("{} bytes long, at most {SOURCE_BYTES_MAX}", source.len());
    Err(PatternError::new(source, reason))
}

fn compile(source: &str) -> Result<(Regex, usize), PatternError> {
    build(source, |translated| format!("^(?s:{translated})$"))
}

/// The program, and the limit that it is within.
fn build(source: &str, frame: impl Fn(&str) -> String) -> Result<(Regex, usize), PatternError> {
    let error = |reason: String| PatternError::new(source, reason);
    let framed = frame(&ascii_classes(source).map_err(&error)?);
    let build = |bytes_max, states_bytes_max| {
        RegexBuilder::new(&framed).size_limit(bytes_max).dfa_size_limit(states_bytes_max).build()
    };
    match build(SMALL_BYTES_MAX, SMALL_STATES_BYTES_MAX) {
        Ok(program) => return Ok((program, SMALL_BYTES_MAX)),
        Err(regex::Error::CompiledTooBig(_)) => {}
        Err(wrong) => return Err(error(last_line(&wrong.to_string()))),
    }
    let program = build(COMPILED_BYTES_MAX, COMPILED_BYTES_MAX);
    let program = program.map_err(|source| error(last_line(&source.to_string())))?;
    Ok((program, COMPILED_BYTES_MAX))
}

/// The regex crate draws its errors over several lines; the last one says what is wrong.
fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Rewrites what RE2 reads differently: Perl classes and `\b` are ASCII there, `\Q..\E` quotes,
/// `\z` ends the text, and what the regex crate knows beyond RE2 (class set operations, `\<`) is
/// plain.
fn ascii_classes(source: &str) -> Result<String, String> {
    let mut out = String::with_capacity(source.len() + 16);
    let mut chars = source.chars();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let escaped = chars.next().ok_or("trailing backslash at end of expression")?;
                translate_escape(escaped, in_class, &mut chars, &mut out)?;
            }
            '[' if in_class && !chars.as_str().starts_with(':') => out.push_str("\\["),
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                open_class(&mut chars, &mut out);
            }
            '[' => copy_posix_class(&mut chars, &mut out),
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    Ok(out)
}

/// After `[`: a leading `^` and a leading `]` (a plain character in RE2) belong to the opening.
fn open_class(chars: &mut std::str::Chars<'_>, out: &mut String) {
    if chars.as_str().starts_with('^') {
        out.extend(chars.next());
    }
    if chars.as_str().starts_with(']') {
        chars.next();
        out.push_str("\\]");
    }
}

/// `[:alpha:]` inside a class is copied to its end, so that its `]` does not close the class.
fn copy_posix_class(chars: &mut std::str::Chars<'_>, out: &mut String) {
    out.push('[');
    for c in chars.by_ref() {
        out.push(c);
        if c == ']' {
            return;
        }
    }
}

fn translate_escape(
    escaped: char,
    in_class: bool,
    chars: &mut std::str::Chars<'_>,
    out: &mut String,
) -> Result<(), String> {
    match (escaped, in_class) {
        ('d', false) => out.push_str("[0-9]"),
        ('d', true) => out.push_str("0-9"),
        ('w', false) => out.push_str("[0-9A-Za-z_]"),
        ('w', true) => out.push_str("0-9A-Za-z_"),
        ('s', false) => out.push_str("[\\t\\n\\x0c\\r ]"),
        ('s', true) => out.push_str("\\t\\n\\x0c\\r "),
        ('D', _) => out.push_str("[^0-9]"),
        ('W', _) => out.push_str("[^0-9A-Za-z_]"),
        ('S', _) => out.push_str("[^\\t\\n\\x0c\\r ]"),
        ('b', false) => out.push_str("(?-u:\\b)"),
        ('B', false) => out.push_str("(?-u:\\B)"),
        ('Q', false) => {
            let rest = chars.as_str();
            let quoted = rest.split_once("\\E").map_or(rest, |(quoted, _)| quoted);
            out.push_str(&regex_syntax::escape(quoted));
            let skip = quoted.chars().count() + if quoted.len() < rest.len() { 2 } else { 0 };
            chars.by_ref().take(skip).for_each(drop);
        }
        ('u' | 'U' | '<' | '>', _) => {
            return Err(format!("invalid escape sequence: `\\{escaped}`"));
        }
        _ => out.extend(['\\', escaped]),
    }
    Ok(())
}
